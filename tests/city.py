"""A city for tests: a square territory around Bellecour, a clock that only moves when told, people made in one call."""

import base64
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shapely import box, to_wkb
from sqlalchemy import select, text

from app.context import Context
from app.crypto import Keyring, use_keyring
from app.db import Database
from app.links import Links
from app.models import Channel, Event, Match, Need, Offer, Person, Task, Territory
from app.services import matching, placing, posting
from app.services.accounts import activate_offers
from app.services.board import Board
from app.services.events import Actor
from app.services.people import make_person
from app.services.why import explain_due
from config.policy import WEIGHTS
from config.settings import load
from matching.waves import Waves
from notifications.tables import outbox

KEYS = "k1:" + base64.b64encode(b"k" * 32).decode()
CENTRE = (4.8320, 45.7578)
NEARLY_THERE_M = 1
"""Public points stand beside the doors, so that told distances can be read off too."""
DEGREES_A_METRE = 1 / 111_150
ONE_EACH = Waves(wished=0.01, most=1, rest_days=0, tired=1000)
"""One volunteer is asked for each place, so that tests can follow them one by one."""
BY_LINK = Actor(channel=Channel.LINK)


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **passed: float) -> None:
        self.moment += timedelta(**passed)


class City:
    """Services on a database of the test's own. ``north_m`` places people on a line, so that distances can be read off."""

    def __init__(self, url: str, folder: Path) -> None:
        given = {"DATABASE_URL": url, "INSTANCE": str(folder), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40, "LOG_LEVEL": "info"}
        keys = Keyring(KEYS)
        use_keyring(keys)
        self.clock = Clock()
        chosen = replace(load(given, None), public_blur_m=NEARLY_THERE_M)
        links, db = Links("s" * 40, chosen.root_url), Database(chosen.resolved_database_url)
        self.ctx = Context(chosen, db, keys, links, self.clock, random.Random(1))
        self.board, self.waves = Board(), ONE_EACH
        self._count = 0
        with self.ctx.db.write() as session:
            outline = to_wkb(box(CENTRE[0] - 0.2, CENTRE[1] - 0.2, CENTRE[0] + 0.2, CENTRE[1] + 0.2))
            whole = Territory(name="Centre", kind="city", settings={}, shape=outline, changed_at=self.clock())
            session.add(whole)
            session.flush()
            self.quartier_id = whole.id

    def volunteer(self, *, north_m: float = 0, email: bool = True, approved: bool = True, **offer: Any) -> int:
        """An approved volunteer with an active offer; returns the offer's id."""
        self._count += 1
        n, ctx = self._count, self.ctx
        now = ctx.now()
        with ctx.db.write() as session:
            address = f"v{n}@example.org" if email else None
            person = make_person(ctx, now, name=f"Volontaire{n} Dupont", email=address, phone=f"+3363998{n:04d}", language="fr")
            person.account, person.email_confirmed_at, person.approved_at = email, now, now if approved else None
            session.add(person)
            home = self.at(north_m, "7 quai du Départ")
            given = posting.OfferInput(**{"categories": ("shopping",), "where": home, "radius_m": 2000, **offer})
            made = posting.add_offer(session, ctx, person, given, placing.locate(ctx, given.where), now, BY_LINK)
            activate_offers(session, ctx, person, now, BY_LINK)
            return made.id

    def need(self, *, north_m: float = 0, contact: str = "email", confirmed: bool = True, by: Actor | None = None, **need: Any) -> int:
        """A resident's confirmed need; returns its id."""
        self._count += 1
        n = self._count
        usual = {
            "name": f"Résidente{n} Martin",
            "category": "shopping",
            "where": self.at(north_m),
            "contact": contact,
            "email": f"r{n}@example.net" if contact == "email" else None,
            "phone": f"+3326191{n:04d}",
        }
        need_id = posting.post_need(self.ctx, posting.NeedInput(**(usual | need)), by or Actor(channel=Channel.WEB))
        if confirmed:
            posting.confirm_need(self.ctx, need_id, BY_LINK)
        return need_id

    @staticmethod
    def at(north_m: float, address: str = "1 rue d'Essai") -> posting.Where:
        return posting.Where(address, "69002", "Lyon", CENTRE[0], CENTRE[1] + north_m * DEGREES_A_METRE)

    def weigh(self, **weights: int) -> None:
        """These weights of the policy from now on, and none of the others."""
        chosen = {f"policy_{name}": weights.get(name, 7 if name == "rest_days" else 0) for name in WEIGHTS}
        self.ctx = replace(self.ctx, settings=replace(self.ctx.settings, **chosen))

    def match(self) -> int:
        """One look of the matcher, a second later; the number of proposals. Why others have nobody is worked out after it."""
        self.clock.advance(seconds=1)
        self.board.follow(self.ctx)
        done = matching.match_due(self.ctx, self.board, waves=self.waves)
        while explain_due(self.ctx, self.board):
            pass
        return done

    def all(self, kind: type[Any], **where: Any) -> list[Any]:
        with self.ctx.db.read() as session:
            return list(session.scalars(select(kind).filter_by(**where).order_by(*kind.__mapper__.primary_key)))

    def one(self, kind: type[Any], thing: int) -> Any:
        with self.ctx.db.read() as session:
            return session.get_one(kind, thing)

    def matches(self, need_id: int) -> list[Match]:
        return self.all(Match, need_id=need_id)

    def mails(self) -> list[tuple[str, str]]:
        """What was told by mail, in order: kind of message and what it is about."""
        with self.ctx.db.read() as session:
            rows = session.execute(text("SELECT kind, about FROM notification_outbox ORDER BY id"))
            return [(row.kind, row.about) for row in rows]

    def raw(self, query: str) -> list[Any]:
        """Rows as they lie in the database."""
        with self.ctx.db.read() as session:
            return list(session.execute(text(query)))

    def outbox(self) -> list[Any]:
        """Kind, what it is about and when it was made, of each message."""
        with self.ctx.db.read() as session:
            return list(session.execute(select(outbox.c.kind, outbox.c.about, outbox.c.created_at).order_by(outbox.c.id)))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.mails()]

    def tasks(self, kind: str | None = None) -> list[Task]:
        return [task for task in self.all(Task) if task.closed_at is None and kind in (None, task.kind)]

    def events(self) -> list[str]:
        return [event.kind for event in self.all(Event)]


__all__ = ["BY_LINK", "City", "Clock", "Match", "Need", "Offer", "Person"]
