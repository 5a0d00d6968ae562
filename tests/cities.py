"""Whole cities to walk through: the demonstration with all its people, and one that has just been set up."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shapely import box, to_wkb

from app.context import Context, make_context
from app.migrate import upgrade
from app.models import Channel, Person, Role, Territory
from app.services import accounts, demo, leads, posting
from app.services.events import Actor
from app.services.people import make_person
from app.worker import make_relay
from config.notices import CHARTER_VERSION, NOTICE_VERSION
from config.settings import load
from tests.city import CENTRE, KEYS
from tests.databases import Databases

DATABASE = "adeuxpas.db"
CITIES = ("full", "empty")
"""What tests walk through; pictures are taken of ``demo``, which nobody has strained."""
LONG_NAME = "Marie-Antoinette Bérangère-Apolline de la Rochefoucauld-Montmorency-Châteaubriant"
LONG_WORD = "Anticonstitutionnellementdisproportionnellementincompréhensible"


class Cities:
    """Makes instance folders, each a copy of one that was filled once in the test session."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def instance(self, name: str, folder: Path) -> Path:
        """The instance folder of the city ``name``, made as ``folder``."""
        with self._databases.only_one_process():
            template = self._databases.shared / f"city-{name}"
            if not template.exists():
                unfinished = template.with_suffix(".unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                with context_of(unfinished) as ctx:
                    upgrade(ctx.settings.resolved_database_url)
                    {"demo": demo.fill, "full": _fill, "empty": _set_up}[name](ctx)
                unfinished.rename(template)
        shutil.copytree(template, folder)
        return folder


@contextmanager
def context_of(folder: Path, port: int = 8000) -> Iterator[Context]:
    """The services on an instance folder, with the keys that all tests share."""
    given = {
        "INSTANCE": str(folder), "DATABASE_URL": f"sqlite:///{folder / DATABASE}", "PORT": str(port),
        "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40, "LOG_LEVEL": "error",
    }  # fmt: skip
    ctx = make_context(load(given, None))
    try:
        yield ctx
    finally:
        ctx.db.close()


def _fill(ctx: Context) -> None:
    """The demonstration, somebody who has not followed the link yet, and what strains a page: long names and long words."""
    demo.fill(ctx)
    by, where = Actor(channel=Channel.WEB), posting.Where("4 place du Marché", "69004", "Lyon", 4.8305, 45.7790)
    offer = posting.OfferInput(categories=("shopping", "conversation"), where=where)
    given = accounts.SignUp(
        name=LONG_NAME, email=f"{'long.' * 10}name@example.org", phone=None, language="fr", password=secrets.token_urlsafe(12),
        charter_version=CHARTER_VERSION, notice_version=NOTICE_VERSION, offer=offer,
    )  # fmt: skip
    accounts.sign_up(ctx, given, by, "127.0.0.1", "127.0.0.1 a browser")
    need = posting.NeedInput(
        name=LONG_NAME, category="conversation", where=where, email=f"{'long.' * 10}name@example.net", details=f"{LONG_WORD} {LONG_WORD}"
    )
    posting.confirm_need(ctx, posting.post_need(ctx, need, by), Actor(channel=Channel.LINK))
    relay = make_relay(ctx)
    while relay.run_once():
        pass


def _set_up(ctx: Context) -> None:
    """A territory and one account of each role; nobody has posted anything."""
    now = ctx.now()
    password = secrets.token_urlsafe(12)
    claire = accounts.add_user(ctx, name="Claire Coordination", email="c@example.org", role=Role.COORDINATOR, password=password)
    accounts.add_user(ctx, name="Alain Administration", email="a@example.org", role=Role.ADMINISTRATOR, password=password)
    for role in (Role.CALLER, Role.MODERATOR, Role.DATA_PROTECTION):
        accounts.add_user(ctx, name=f"Dominique {role}", email=f"{role}@example.org", role=role, password=password)
    leads.add(ctx, claire, None, Actor())
    with ctx.db.write() as session:
        outline = to_wkb(box(CENTRE[0] - 0.2, CENTRE[1] - 0.2, CENTRE[0] + 0.2, CENTRE[1] + 0.2))
        session.add(Territory(name="Centre", kind="city", settings={}, shape=outline, changed_at=now))
        person: Person = make_person(ctx, now, name="Viviane Volontaire", email="v@example.org", phone=None, language="fr")
        person.account, person.email_confirmed_at, person.approved_at = True, now, now
        session.add(person)
