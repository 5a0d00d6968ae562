"""Offers that come and go, kept by others: each in its best public use from Python, all rules asked, in metres on a plane."""

import sqlite3
from typing import Protocol

import numpy as np

from benchmarks.engine.city import HOURS, LANGUAGES, Array, City
from benchmarks.engine.neighbours import plane
from benchmarks.engine.postgis import PostGis
from benchmarks.engine.timing import Missing
from matching.hours import QUARTERS, half_hours

K = 10
WORD = (1 << 62) - 1
WORDS = -(-QUARTERS // 62)
FARTHEST_M = 3000
"""No offer of the city reaches farther."""
Found = list[tuple[int, float]]


class Side(Protocol):
    """Offers and needs go by their numbers in the city. All offers are there at first."""

    name: str

    def nearest(self, need: int) -> Found: ...
    def insert(self, offer: int) -> None: ...
    def delete(self, offer: int) -> None: ...


def spoken_bits() -> list[int]:
    codes = sorted({code for spoken in LANGUAGES for code in spoken})
    return [sum(1 << codes.index(code) for code in each) for each in LANGUAGES]


class OnPostGis:
    name = "PostGIS, prepared statements"
    NEAREST = f"""
    SELECT o.id, o.place <-> n.place FROM offer o, (SELECT ST_MakePoint(%s, %s) AS place) n
    WHERE o.category = %s::smallint AND o.place <-> n.place <= o.reach AND o.languages & %s::int <> 0
        AND o.hours & %s::bit({QUARTERS}) <> repeat('0', {QUARTERS})::bit({QUARTERS}) AND o.person <> %s::int
    ORDER BY o.place <-> n.place LIMIT {K}
    """
    INSERT = f"""
    INSERT INTO offer SELECT %s::int, category, ST_MakePoint(%s, %s), %s::float8, %s::bit({QUARTERS}), %s::int, %s::int
    FROM unnest(%s::smallint[]) category
    """

    def __init__(self, city: City) -> None:
        self._server = PostGis(city)
        self._db = self._server.session
        self._db.execute("CREATE INDEX ON offer (id)")
        self._db.execute("ANALYZE offer")
        spoken, week = spoken_bits(), [f"{half_hours(mask):0{QUARTERS}b}" for mask in HOURS]
        there, here = plane(city.offer_at).tolist(), plane(city.need_at).tolist()
        self._offers = [
            (o, *there[o], float(reach), week[hours], spoken[tongue], int(person), np.flatnonzero(city.offers[o]).tolist())
            for o, (reach, hours, tongue, person) in enumerate(
                zip(city.offer_radius, city.offer_hours, city.offer_languages, city.offer_person, strict=True)
            )
        ]
        self._needs = [
            (*here[n], int(category), spoken[tongue], week[hours], int(person))
            for n, (category, tongue, hours, person) in enumerate(
                zip(city.need_category, city.need_languages, city.need_hours, city.need_person, strict=True)
            )
        ]

    def nearest(self, need: int) -> Found:
        return self._db.execute(self.NEAREST, self._needs[need], prepare=True).fetchall()  # type: ignore[return-value]

    def insert(self, offer: int) -> None:
        self._db.execute(self.INSERT, self._offers[offer], prepare=True)

    def delete(self, offer: int) -> None:
        self._db.execute("DELETE FROM offer WHERE id = %s", (offer,), prepare=True)

    def close(self) -> None:
        self._server.close()


class OnSqlite:
    """A point and a category are a box without width; what the rules ask stands beside it. Boxes around the need grow until ten are
    found within."""

    name = "SQLite R*Tree, in memory"
    COLUMNS = ("x", "y", "reach", "languages", "person", *(f"h{word}" for word in range(WORDS)))
    MEET = " OR ".join(f"h{word} & :h{word}" for word in range(WORDS))
    NEAREST = f"""
    SELECT id / 8, sqrt((x - :x) * (x - :x) + (y - :y) * (y - :y)) AS metres FROM offer
    WHERE east >= :x - :far AND west <= :x + :far AND north >= :y - :far AND south <= :y + :far AND first <= :category
        AND last >= :category AND metres <= min(reach, :far) AND languages & :languages AND person <> :person AND ({MEET})
    ORDER BY metres LIMIT {K}
    """

    def __init__(self, city: City) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        columns = ", ".join(f"+{name}" for name in self.COLUMNS)
        try:
            self._db.execute(f"CREATE VIRTUAL TABLE offer USING rtree(id, west, east, south, north, first, last, {columns})")
        except sqlite3.Error:
            raise Missing("SQLite without R*Tree, or too old for its columns") from None
        categories = city.offers.shape[1]
        assert categories <= 8, "a row's number is made of the offer's and the category's"
        spoken, week = spoken_bits(), [[half_hours(mask) >> 62 * word & WORD for word in range(WORDS)] for mask in HOURS]
        there, here = plane(city.offer_at).tolist(), plane(city.need_at).tolist()
        self._offers = [
            [(o * 8 + c, x, x, y, y, c, c, x, y, int(city.offer_radius[o]), spoken[city.offer_languages[o]], int(city.offer_person[o]),
              *week[city.offer_hours[o]]) for c in np.flatnonzero(city.offers[o]).tolist()]
            for o, (x, y) in enumerate(there)
        ]  # fmt: skip
        self._needs = [
            {"x": x, "y": y, "category": int(city.need_category[n]), "languages": spoken[city.need_languages[n]],
             "person": int(city.need_person[n])} | {f"h{word}": bits for word, bits in enumerate(week[city.need_hours[n]])}
            for n, (x, y) in enumerate(here)
        ]  # fmt: skip
        side = np.ptp(plane(city.offer_at), axis=0).prod()
        self._first_m = [float(np.sqrt(side / max(1, count) * 8 * K)) / 2 for count in city.offers.sum(axis=0)]
        self._insert = f"INSERT INTO offer VALUES ({', '.join('?' * (7 + len(self.COLUMNS)))})"
        with self._db:
            for rows in self._offers:
                self._db.executemany(self._insert, rows)

    def nearest(self, need: int) -> Found:
        asked = self._needs[need]
        asked["far"] = min(self._first_m[asked["category"]], FARTHEST_M)
        while True:
            found = self._db.execute(self.NEAREST, asked).fetchall()
            if len(found) == K or asked["far"] >= FARTHEST_M:
                return found
            asked["far"] = min(2 * asked["far"], FARTHEST_M)

    def insert(self, offer: int) -> None:
        self._db.executemany(self._insert, self._offers[offer])

    def delete(self, offer: int) -> None:
        self._db.executemany("DELETE FROM offer WHERE id = ?", [(row[0],) for row in self._offers[offer]])


class OnTree:
    """A tree for each category and a list of whoever came since, from which all are built anew when it is long. More neighbours than
    wanted are asked for, and the rules sort them out."""

    name = "SciPy cKDTree with a delta"
    AT_FIRST, LONGEST = 64, 512

    def __init__(self, city: City) -> None:
        try:
            from scipy.spatial import cKDTree
        except ImportError:
            raise Missing("SciPy is not installed") from None
        self._tree = cKDTree
        self._city, self._there, self._here = city, plane(city.offer_at), plane(city.need_at)
        self._hours = np.array([[half_hours(a) & half_hours(b) != 0 for b in HOURS] for a in HOURS])
        spoken = spoken_bits()
        self._languages = np.array([[a & b != 0 for b in spoken] for a in spoken])
        self._here_now = np.ones(len(city.offer_at), np.bool_)
        self._build()

    def _build(self) -> None:
        self._members = [np.flatnonzero(offering & self._here_now) for offering in self._city.offers.T]
        self._trees = [self._tree(self._there[offers]) for offers in self._members]
        self._in_tree = self._here_now.copy()
        self._came = np.empty(self.LONGEST, np.int64)
        self._count = 0

    def nearest(self, need: int) -> Found:
        category, at = self._city.need_category[need], self._here[need]
        tree, members = self._trees[category], self._members[category]
        came = self._came[: self._count]
        came = came[self._city.offers[came, category] & ~self._in_tree[came]]
        recent = self._fit(need, came, np.hypot(*(self._there[came] - at).T))
        wanted = self.AT_FIRST
        while True:
            metres, which = tree.query(at, k=min(wanted, tree.n), distance_upper_bound=FARTHEST_M)
            offers, found = self._fit(need, members[which[np.isfinite(metres)]], metres[np.isfinite(metres)])
            if len(offers) >= K or not np.isfinite(metres[-1]) or wanted >= tree.n:
                break
            wanted *= 4
        offers, metres = np.append(offers, recent[0]), np.append(found, recent[1])
        order = np.argsort(metres)[:K]
        return list(zip(offers[order].tolist(), metres[order].tolist(), strict=True))

    def _fit(self, need: int, offers: Array, metres: Array) -> tuple[Array, Array]:
        c = self._city
        fit = (metres <= c.offer_radius[offers]) & self._here_now[offers] & (c.offer_person[offers] != c.need_person[need])
        fit &= self._hours[c.need_hours[need], c.offer_hours[offers]] & self._languages[c.need_languages[need], c.offer_languages[offers]]
        return offers[fit], metres[fit]

    def insert(self, offer: int) -> None:
        self._here_now[offer] = True
        if self._in_tree[offer]:
            return
        if self._count == self.LONGEST:
            self._build()
            return
        self._came[self._count] = offer
        self._count += 1

    def delete(self, offer: int) -> None:
        self._here_now[offer] = False
