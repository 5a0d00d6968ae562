"""The demonstration: an invented city on rough outlines of Lyon's districts, told through the same services as a real one.

The whole of it is one transaction: others see the city when it is complete, or as it was before.
"""

import random
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.orm import Session

import notifications.tables
from app.context import Context
from app.db import Base, Database
from app.errors import UserError
from app.links import Purpose
from app.models import Fact, Need, Offer, Person, Role
from app.policy import NAMES
from app.services import accounts, flags, leads, second_factor, streets
from app.services.demo import facts, history, story
from app.services.demo.mail import past_mail
from app.services.demo.tape import Tape
from app.services.demo.town import DISTRICTS, Town
from app.services.events import SYSTEM
from app.services.outlines import read_file
from app.services.people import account_of
from app.services.territories import Given, import_territories

PASSWORD = "deux-pas-demo"
SEED = 2020
WEIGHTS = {f"policy_{name}": 0 for name in NAMES} | {"policy_week_m": 100, "policy_silence_m": 150, "policy_waiting_m": 50}
"""Of its own: the story should not change with a city's settings."""
FACT = "demo"
VOLUNTEERS, RESIDENTS = 260, 120
DECLINES = 2
"""So that there is a pattern to look at."""
APPEND_ONLY = ("event", "event_seal")
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class SignIn:
    """A way into the demonstration: an address and the common password, or a link."""

    role: str
    email: str = ""
    url: str = ""

    @property
    def how(self) -> str:
        return self.url or f"{self.email}  password {PASSWORD}"


class _OneTransaction(Database):
    """A database whose transactions are all parts of one that is under way."""

    def __init__(self, connection: Connection) -> None:
        self.engine, self._connection = connection.engine, connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        whole = Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with whole as session, session.begin():
            yield session

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self._connection


def fill(ctx: Context, volunteers: int = VOLUNTEERS, residents: int = RESIDENTS) -> None:
    """Fill an empty database. Raises :class:`UserError` when DEMO=0 or somebody is in it already."""
    if not ctx.settings.demo:
        raise UserError("The demonstration city only goes into a demonstration: set DEMO=1, or do without it.")
    with ctx.db.begin() as connection:
        if connection.scalar(select(Person.id).limit(1)) is not None:
            raise UserError("The demonstration city only goes into an empty database. Set INSTANCE to a new folder.")
        _play(ctx, connection, volunteers, residents)


def start_over(ctx: Context, mark: str, volunteers: int = VOLUNTEERS, residents: int = RESIDENTS) -> None:
    """Empty the demonstration and fill it again. Only once for a ``mark``: who clicks twice starts over once."""
    with _one_at_a_time, ctx.db.begin() as connection:
        tables = Base.metadata.sorted_tables + notifications.tables.metadata.sorted_tables
        if connection.dialect.name == "postgresql":
            # Nobody writes meanwhile. The rows that services lock come first, in their order.
            names = dict.fromkeys(["need", "offer", "match", *(table.name for table in tables)])
            connection.execute(text(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE"))
        if mark != _mark(connection):
            return
        refused = _let_go(connection)
        for table in reversed(tables):
            connection.execute(delete(table))
        for statement in refused:
            connection.execute(text(statement))
        _play(ctx, connection, volunteers, residents)


def _let_go(connection: Connection) -> list[str]:
    """Have the database delete what it refuses to in a real city (decision 28); the statements by which it refuses again."""
    if connection.dialect.name == "postgresql":
        for table in APPEND_ONLY:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in APPEND_ONLY]
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _sql in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _name, sql in triggers]


def _play(ctx: Context, connection: Connection, volunteers: int, residents: int) -> None:
    rng, end = random.Random(SEED), ctx.now()
    settings = replace(ctx.settings, geocoder="none", approve_volunteers="by_hand", **WEIGHTS)
    now = replace(ctx, db=_OneTransaction(connection), settings=settings, rng=rng)
    town = Town(rng)
    import_territories(now, Given(read_file(DISTRICTS, "name").outlines, "district"), SYSTEM)
    streets.add(now, town.addresses())
    agents = {
        role: accounts.add_user(now, name=facts.CAST[role].name, email=facts.CAST[role].email, role=role, password=PASSWORD)
        for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.CALLER, Role.MODERATOR, Role.DATA_PROTECTION)
    }  # fmt: skip
    for agent in agents.values():
        second_factor.give(now, agent)
    claire = agents[Role.COORDINATOR]
    leads.add(now, claire, None, SYSTEM)
    password_hash = connection.scalar(select(Person.password_hash).where(Person.id == claire))
    tape = Tape(now, end - history.DAYS - history.BEFORE, end, claire)
    story.tell(tape, town, password_hash or "")
    history.volunteers(tape, town, volunteers)
    history.residents(tape, town, residents)
    history.rounds(tape, town)
    tape.play()
    past_mail(now)
    flags.look_due(replace(now, settings=replace(settings, flag_declines=DECLINES)))
    # Now they changed, for a worker that runs: its index follows by this.
    connection.execute(update(Offer).values(changed_at=ctx.now()))
    connection.execute(Fact.__table__.insert().values(name=FACT, value=secrets.token_hex(8)))  # type: ignore[attr-defined]


def _mark(connection: Connection) -> str | None:
    return connection.scalar(select(Fact.value).where(Fact.name == FACT))


def mark(ctx: Context) -> str | None:
    """What this filling of the demonstration is known by; ``None`` where there is none."""
    with ctx.db.read() as session:
        return _mark(session.connection())


def account(ctx: Context, role: str) -> Person | None:
    """The account of one of the story's people."""
    with ctx.db.read() as session:
        return account_of(session, ctx, facts.CAST[role].email)


def renees_request(ctx: Context) -> str | None:
    """The path of Renée's request, by her own link."""
    with ctx.db.read() as session:
        hers = Person.email_index.in_(ctx.keys.indexes(facts.RENEE.email))
        need = session.scalar(select(Need.id).join(Person, Person.id == Need.person_id).where(hers).order_by(Need.id).limit(1))
    return Purpose.MY_REQUEST.path.format(ctx.links.token(Purpose.MY_REQUEST, need)) if need else None


def sign_ins(ctx: Context) -> list[SignIn]:
    """The ways in, for the terminal; none when this is no demonstration."""
    if mark(ctx) is None:
        return []
    resident = SignIn("resident", url=ctx.links.page(renees_request(ctx) or "/"))
    return [resident, *(SignIn(role, who.email) for role, who in facts.CAST.items() if role != "resident")]
