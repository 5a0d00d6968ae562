"""The same questions put to PostGIS: the nearest by an index that knows place and category, for all needs in one statement."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg

from benchmarks.engine.city import HOURS, LANGUAGES, MODES, Array, City
from benchmarks.engine.neighbours import plane
from benchmarks.engine.timing import Missing
from matching.hours import QUARTERS, half_hours
from matching.model import Mode
from tests import postgres

TABLES = """
CREATE TABLE offer (id int, category smallint, place geometry(Point), reach float8, hours bit(672), languages int, person int);
CREATE TABLE need (turn int, id int, category smallint, place geometry(Point), hours bit(672), languages int, person int);
"""
INDEX = """
CREATE INDEX offer_index ON offer USING gist (category, place);
VACUUM ANALYZE offer;
VACUUM ANALYZE need;
"""
PLAIN = "o.category = n.category"
FULL = f"""{PLAIN} AND o.place <-> n.place <= o.reach AND o.languages & n.languages <> 0
    AND o.hours & n.hours <> repeat('0', {QUARTERS})::bit({QUARTERS}) AND o.person <> n.person"""
NEAREST = """
SELECT {what} FROM (SELECT * FROM need {part}) n CROSS JOIN LATERAL (
    SELECT o.id, o.place <-> n.place AS metres FROM offer o WHERE {conditions} ORDER BY o.place <-> n.place LIMIT {k}
) c
"""


class PostGis:
    """A throw-away server with a city of people who meet in person; raises :class:`Missing` where there is none."""

    def __init__(self, city: City) -> None:
        self._needs = len(city.need_at)
        try:
            server = postgres.start(os.getpid())
        except postgres.NoPostgres as problem:
            raise Missing(str(problem)) from None
        address = server.format(name="postgres").replace("+psycopg", "")
        self._sessions = [psycopg.connect(address, autocommit=True) for _ in range(2)]
        self._db = self._sessions[0]
        try:
            self._db.execute("CREATE EXTENSION postgis").execute("CREATE EXTENSION btree_gist")
        except psycopg.Error:
            self.close()
            raise Missing("PostGIS is not installed in the PostgreSQL server (scripts/postgis)") from None
        self._run(TABLES)
        there, here = plane(city.offer_at), plane(city.need_at)
        offer, category = np.nonzero(city.offers & (city.offer_mode != MODES.index(Mode.REMOTE))[:, None])
        came = np.argsort(np.random.default_rng(1).permutation(len(city.offer_at))[offer], kind="stable")
        offer, category = offer[came], category[came]
        self._copy("offer", (offer, category, there[offer], city.offer_radius[offer],
                             city.offer_hours[offer], city.offer_languages[offer], city.offer_person[offer]))  # fmt: skip
        numbers = np.arange(len(city.need_at))
        self._copy("need", (numbers // 64, numbers, city.need_category, here, city.need_hours, city.need_languages, city.need_person))
        self._run(INDEX)

    def cluster(self) -> None:
        """Lay the offers by category and place, like the index; until then they lie in the order in which they came, as in a service."""
        self._run("CLUSTER offer USING offer_index; ANALYZE offer")

    @property
    def session(self) -> psycopg.Connection:
        return self._db

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def nearest(self, conditions: str, k: int) -> int:
        """All of it worked out in the server, and only the number of pairs sent; as the timings have it."""
        return self._count(self._db, conditions, k, "")

    def nearest_in_two(self, conditions: str, k: int) -> int:
        """Two sessions, half of the needs each: PostgreSQL spreads no statement with a LIMIT inside over its workers."""
        with ThreadPoolExecutor(2) as pool:
            halves = [pool.submit(self._count, db, conditions, k, f"WHERE turn % 2 = {i}") for i, db in enumerate(self._sessions)]
            return sum(half.result() for half in halves)

    @staticmethod
    def _count(db: psycopg.Connection, conditions: str, k: int, part: str) -> int:
        row = db.execute(NEAREST.format(what="count(*), sum(metres)", part=part, conditions=conditions, k=k)).fetchone()
        assert row
        return int(row[0])

    def metres(self, conditions: str, k: int) -> Array:
        """The distances by need, the nearest first; infinite where there are fewer than k."""
        found = self._db.execute(NEAREST.format(what="n.id, c.metres", part="", conditions=conditions, k=k)).fetchall()
        rows = np.array(found, np.float64).reshape(-1, 2)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        need = rows[:, 0].astype(np.int64)
        metres = np.full((self._needs, k), np.inf)
        metres[need, np.arange(len(need)) - np.searchsorted(need, need)] = rows[:, 1]
        return metres

    def _run(self, statements: str) -> None:
        for statement in filter(str.strip, statements.split(";")):
            self._db.execute(statement)

    def _copy(self, table: str, columns: tuple[Array, ...]) -> None:
        codes = sorted({code for spoken in LANGUAGES for code in spoken})
        spoken = [sum(1 << codes.index(code) for code in each) for each in LANGUAGES]
        week = [f"{half_hours(mask):0{QUARTERS}b}" for mask in HOURS]
        *first, hours, languages, person = (column.tolist() for column in columns)
        with self._db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for *values, week_of, tongue, who in zip(*first, hours, languages, person, strict=True):
                texts: list[Any] = [f"POINT({v[0]} {v[1]})" if isinstance(v, list) else v for v in values]
                copy.write_row((*texts, week[week_of], spoken[tongue], who))
