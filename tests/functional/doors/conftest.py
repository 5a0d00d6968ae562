"""What the tests of the residents', volunteers' and coordinators' pages share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from shapely import box, to_wkb
from sqlalchemy import func, select, update

from app.models import Match, Need, Offer, Person, PersonTerritory, Role, SignIn, Territory, Visit
from app.services import accounts, second_factor, wording
from tests.city import CENTRE, DEGREES_A_METRE, City
from tests.pages import Visitor
from tests.routes import session_cookie

NEVER = datetime(2100, 1, 1, tzinfo=UTC)
PASSWORD = "four plain words here"


@pytest.fixture
def sign_in(app: Flask, city: City) -> Callable[..., Visitor]:
    """A browser in which an offer's volunteer, or somebody with a role, has signed in."""
    return Signing(app, city)


class Signing:
    def __init__(self, app: Flask, city: City) -> None:
        self.app, self.city = app, city
        self._people: dict[int, int] = {}

    def __call__(
        self, *, offer_id: int | None = None, role: Role = Role.COORDINATOR, territory_id: int | tuple[int, ...] | None = None
    ) -> Visitor:
        """``territory_id``: one or several, none with ``()``; the whole city without it."""
        theirs = (territory_id,) if isinstance(territory_id, int) else territory_id
        if offer_id is None:
            where = "all" if theirs is None else "-".join(["of", *map(str, theirs)])
            email = f"agent{self.city.clock.moment.microsecond}-{where}-{role}@example.org"
            person_id = accounts.add_user(self.city.ctx, name="Ana Costa", email=email, role=role, password=PASSWORD)
            second_factor.give(self.city.ctx, person_id)
        else:
            person_id = self.city.one(Offer, offer_id).person_id
        with self.city.ctx.db.write() as session:
            session.get_one(Person, person_id).whole_city = offer_id is None and theirs is None
            session.add_all(PersonTerritory(person_id=person_id, territory_id=territory) for territory in theirs or ())
        visitor = Visitor(self.app)
        self._people[id(visitor)] = person_id
        return self.again(visitor)

    def again(self, visitor: Visitor) -> Visitor:
        """Who is in this browser signs in once more. That the pages for it do that is the subject of others."""
        person = self.city.one(Person, self._people[id(visitor)])
        visitor.browser.set_cookie(*session_cookie(self.city.ctx, self.app, person))
        wording.words(self.city.ctx)  # as after any page: what is read once is not counted to the next one
        with self.city.ctx.db.write() as session:
            # Tests jump by days, and how long a sign-in lasts is not their subject (test_sessions).
            newest = update(SignIn).where(SignIn.id == session.scalar(select(func.max(SignIn.id))))
            session.execute(newest.values(seen_at=NEVER, ends_at=NEVER, second_factor_at=NEVER))
        return visitor


def quartier(city: City, name: str, south_m: float, north_m: float, **more: Any) -> int:
    """A band of the city between two distances north of its centre."""
    outline = box(CENTRE[0] - 0.05, CENTRE[1] + south_m * DEGREES_A_METRE, CENTRE[0] + 0.05, CENTRE[1] + north_m * DEGREES_A_METRE)
    with city.ctx.db.write() as session:
        made = Territory(name=name, kind="quartier", settings={}, shape=to_wkb(outline), changed_at=city.clock(), **more)
        session.add(made)
        session.flush()
        return made.id


def proposed(city: City, **need: Any) -> tuple[Match, Need, Offer]:
    """A need whose one volunteer has been asked."""
    offer_id, need_id = city.volunteer(), city.need(north_m=350, **need)
    city.match()
    return city.matches(need_id)[0], city.one(Need, need_id), city.one(Offer, offer_id)


def after_the_visit(city: City) -> None:
    """Go on to an hour after the first visit begins."""
    city.clock.moment = city.all(Visit)[0].at + timedelta(hours=1)
