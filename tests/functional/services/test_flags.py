"""Patterns for the safeguarding leads: what raises a flag, and what does not raise it again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.context import Context
from app.models import Device, Flag, Match, Offer, Person
from app.services import flags, matches
from app.services.events import Actor
from app.services.sight import EVERYTHING
from tests.city import City


@pytest.fixture
def ctx(city: City) -> Context:
    few = replace(city.ctx.settings, flag_isolated=2, flag_cancels=2, flag_declines=2, flag_accounts=2)
    return replace(city.ctx, settings=few)


def look(city: City, ctx: Context) -> list[tuple[str, int]]:
    """What stands the day after."""
    city.clock.advance(days=1)
    flags.look_due(ctx)
    return [(flag.kind, flag.number) for flag in flags.standing(ctx, EVERYTHING)]


def helped(city: City, number: int, contact: str = "phone", offer_id: int | None = None) -> int:
    """A volunteer who agreed with so many residents."""
    offer_id = offer_id or city.volunteer(capacity=50)
    for _ in range(number):
        need_id = city.need(contact=contact, share_contact=True)
        city.match()
        matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, True, Actor())
    return offer_id


def test_one_volunteer_with_many_residents_who_are_hardly_heard(city: City, ctx: Context) -> None:
    helped(city, 3, contact="email")
    assert look(city, ctx) == []
    helped(city, 2)
    assert look(city, ctx) == [("isolated", 2)]


def test_a_flag_comes_again_only_when_it_has_grown_by_half(city: City, ctx: Context) -> None:
    offer_id = helped(city, 2)
    assert look(city, ctx) == [("isolated", 2)]
    [flag] = city.all(Flag)
    assert (flag.person_id, flag.territory_id) == (city.one(Offer, offer_id).person_id, city.one(Offer, offer_id).territory_id)
    assert look(city, ctx) == [("isolated", 2)], "it stands, once"
    flags.looked_at(ctx, flag.id, Actor())
    assert look(city, ctx) == []
    helped(city, 1, offer_id=offer_id)
    assert look(city, ctx) == [("isolated", 3)]
    helped(city, 2, offer_id=offer_id)
    assert look(city, ctx) == [("isolated", 5)], "what stands is brought up to date"
    assert len(city.all(Flag)) == 2


def test_they_are_looked_for_once_a_day(city: City, ctx: Context) -> None:
    assert look(city, ctx) == []
    helped(city, 2)
    assert flags.look_due(ctx) == 0
    city.clock.advance(days=1)
    assert flags.look_due(ctx) == 1


def test_repeated_cancellations_and_many_declines(city: City, ctx: Context) -> None:
    helped(city, 2, contact="email")
    for match in city.all(Match):
        matches.back_out(ctx, match.id, Actor())
    assert look(city, ctx) == [("cancels", 2)]
    for _ in range(2):
        city.volunteer(capacity=9)
    need_id = city.need()
    for _ in range(3):
        city.match()
        for match in city.matches(need_id):
            if match.state == "proposed":
                matches.volunteer_answers(ctx, match.id, False, Actor())
    assert len(city.matches(need_id)) == 3
    assert sorted(look(city, ctx)) == [("cancels", 2), ("declined", 3)]
    city.clock.advance(days=100)
    with city.ctx.db.write() as session:
        session.execute(delete(Flag))
    assert look(city, ctx) == [], "what is long ago does not count"


def test_many_accounts_with_one_phone_or_from_one_device(city: City, ctx: Context) -> None:
    people = [city.one(Offer, city.volunteer()).person_id for _ in range(3)]
    with ctx.db.write() as session:
        for person_id in people[:2]:
            session.get_one(Person, person_id).phone_index = "blind"
            session.get_one(Person, person_id).account = True
        for person_id in people[1:]:
            flags.seen_device(ctx, session, person_id, "198.51.100.7 Firefox")
    [key, _] = [device.key for device in city.all(Device)]
    assert "198.51.100.7" not in key and "Firefox" not in key
    assert sorted(look(city, ctx)) == [("device", 2), ("phone", 2)]
    assert flags.who_share(ctx, ["blind", key]) == {"blind": people[:2], key: people[1:]}
    city.clock.advance(days=40)
    look(city, ctx)
    assert city.all(Device) == [], "forgotten"


def test_nobody_is_blocked_by_a_flag(city: City, ctx: Context) -> None:
    helped(city, 2)
    assert look(city, ctx) == [("isolated", 2)]
    need_id = city.need()
    city.match()
    assert len(city.matches(need_id)) == 1
    assert city.one(Person, city.all(Flag)[0].person_id).frozen_at is None
    assert timedelta(days=ctx.settings.flag_days) > timedelta(0)
