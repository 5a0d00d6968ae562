"""A person is erased: nothing is left of them anywhere, what counts rest on stays, and whom it concerns is told."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Base
from app.models import Channel, Event, IncidentOutcome, Match, Merge, Need, Offer, Person, Role, Visit
from app.services import accounts, erasing, finding, incidents, matches, merging, reports
from app.services.erasing import Waits
from app.services.erasure import FATES
from app.services.events import SYSTEM, Actor
from app.services.sight import EVERYTHING, NOTHING
from app.services.telling import say_instead
from app.worker import make_relay
from matching.lifecycle import MatchState, NeedState, OfferState, Side
from notifications.outbox import Undelivered, retry
from notifications.tables import metadata, outbox
from tests.city import City
from tests.somebody import everything, opened, traces

AGENT = Actor(channel=Channel.PHONE)


def test_every_column_of_every_table_has_its_answer() -> None:
    tables = {table.name: {column.name for column in table.columns} for each in (Base.metadata, metadata) for table in each.tables.values()}
    assert tables.keys() == FATES.keys()
    for name, fate in FATES.items():
        if not fate.goes and not fate.because:
            assert {*fate.empties, *fate.stays} == tables[name], name
            assert not set(fate.empties) & set(fate.stays), name


def test_nothing_is_left_of_somebody_who_had_everything(city: City, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person, asks, helps = everything(city)
    hashes = (person.email_index or "", person.phone_index or "")
    before = opened(city)
    tables = {line.partition(" ")[0] for line in traces(before, hashes)}
    assert {"person", "need", "offer", "incident", "incident_entry", "note", "outcome", "draft", "merge", "agent_task", "flag",
            "notification_outbox", "notification_wishes", "notification_suppressed_address"} <= tables  # fmt: skip
    assert erasing.erase(city.ctx, person.id, Actor(person.id, Channel.LINK), "self") is None
    assert traces(opened(city), hashes) == []
    assert traces(caplog.text) == []
    known = finding._known[str(city.ctx.db.engine.url)]
    assert traces("\n".join([*known.names.values(), *known.run_on.values(), *known.addresses.values()])) == []
    assert "erased" in city.events()
    assert [city.one(Match, each.id).state for each in (asks, helps)] == [MatchState.CANCELLED] * 2
    told = [about for kind, about in city.mails() if kind in ("match_ended_to_volunteer", "search_goes_on")]
    assert len(told) >= 2, "the other side is told"
    with city.ctx.db.read() as session:
        waiting = session.execute(select(outbox.c.kind, outbox.c.payload).where(outbox.c.state == "waiting")).all()
    assert waiting and all(row.payload for row in waiting)
    while make_relay(city.ctx).run_once():
        pass
    assert traces(opened(city), hashes) == [], "nor in what is sent afterwards"


def test_no_distance_to_their_door_stays_with_anothers_task(city: City) -> None:
    """The volunteer who came closest leaves, then the second: each time it is worked out anew, or nothing is left."""
    offers = [city.one(Offer, city.volunteer(north_m=north_m, radius_m=500)) for north_m in (900, 1500)]
    city.need()
    city.match()
    for offer in offers:
        [task] = city.tasks("nobody")
        assert f'"offer": {offer.id}' in (task.why or "")
        erasing.erase(city.ctx, offer.person_id, Actor(offer.person_id), "self")
        assert [(one.why, one.why_at) for one in city.tasks("nobody")] == [(None, None)]
        city.match()
    assert '"nearest": null' in (city.tasks("nobody")[0].why or "")


def test_what_figures_rest_on_stays(city: City) -> None:
    person, asks, _helps = everything(city)
    need = city.one(Need, asks.need_id)
    rows = {kind: len(city.all(kind)) for kind in (Need, Offer, Match, Visit, Person)}
    with city.ctx.db.read() as session:
        sent = len(session.execute(select(outbox.c.id).where(outbox.c.state == "sent")).all())
    events = {event.id: (event.kind, event.person_id, event.reason) for event in city.all(Event)}
    erasing.erase(city.ctx, person.id, Actor(person.id), "self")
    assert {kind: len(city.all(kind)) for kind in rows} == rows
    assert {event.id: (event.kind, event.person_id, event.reason) for event in city.all(Event) if event.id in events} == events
    left = city.one(Need, need.id)
    assert (left.category, left.territory_id, left.posted_at, left.state) == (
        need.category, need.territory_id, need.posted_at, NeedState.WITHDRAWN,
    )  # fmt: skip
    assert (left.exact_point, left.public_lon, left.address, left.languages) == (None, None, "", [])
    with city.ctx.db.read() as session:
        assert len(session.execute(select(outbox.c.id).where(outbox.c.state == "sent")).all()) == sent
    assert {each.person_id for each in city.all(Need) if each.category != "pets"} == {person.id}, "they are one still"
    assert erasing.erase(city.ctx, person.id, SYSTEM, "self") is None, "a second time changes nothing"
    assert city.events().count("erased") == len({event.person_id for event in city.all(Event) if event.kind == "erased"})
    [merge] = city.all(Merge)
    with pytest.raises(merging.CannotMerge):
        merging.undo(city.ctx, EVERYTHING, merge.id, AGENT)


def agreed(city: City) -> tuple[Need, Offer, Match]:
    offer_id, need_id = city.volunteer(), city.need(share_contact=True)
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, AGENT)
    return city.one(Need, need_id), city.one(Offer, offer_id), city.one(Match, match.id)


def test_it_waits_for_the_visit_of_today_and_is_done_by_itself(city: City) -> None:
    need, _offer, match = agreed(city)
    [visit] = city.all(Visit)
    city.clock.moment = visit.at - timedelta(hours=2)
    for _ in range(2):
        assert erasing.erase(city.ctx, need.person_id, Actor(need.person_id), "self") is Waits.VISIT
    assert city.events().count("erase_asked") == 1
    assert city.one(Match, match.id).state == MatchState.AGREED
    assert erasing.erase_due(city.ctx) == 0
    city.clock.advance(days=1)
    assert erasing.erase_due(city.ctx) == 1
    assert city.one(Person, need.person_id).name == ""
    assert erasing.erase_due(city.ctx) == 0


def test_it_waits_while_a_report_about_them_is_open_and_not_for_their_own(city: City) -> None:
    need, offer, match = agreed(city)
    reports.report(city.ctx, Side.RESIDENT, need.id, match.id, "absent", "nobody came", Actor(need.person_id))
    assert erasing.erase(city.ctx, offer.person_id, Actor(offer.person_id), "self") is Waits.REPORT
    assert erasing.erase(city.ctx, need.person_id, Actor(need.person_id), "self") is None
    assert len(city.tasks("report")) == 1, "what they told is still looked into"
    assert city.one(Offer, offer.id).state == OfferState.ACTIVE
    incidents.close(city.ctx, 1, IncidentOutcome.UNFOUNDED, None, "", AGENT)
    assert erasing.erase_due(city.ctx) == 1
    assert city.one(Offer, offer.id).state == OfferState.WITHDRAWN


def test_somebody_else_with_the_same_address_stays(city: City) -> None:
    shared = {"email": "paul.et.rosa@example.net", "where": City.at(0)}
    hers, his = (city.one(Need, city.need(name=name, **shared)) for name in ("Rosa Ferrand", "Paul Ferrand"))
    again = city.one(Need, city.need(name="ROSA Ferrand", category="paperwork", **shared))
    assert erasing.erase(city.ctx, hers.person_id, Actor(hers.person_id), "self") is None
    assert [city.one(Person, need.person_id).name for need in (hers, again, his)] == ["", "", "Paul Ferrand"]
    with city.ctx.db.read() as session:
        assert session.scalar(select(outbox.c.wishes_id).where(outbox.c.reader_id == his.person_id).limit(1)) is not None


def test_agents_are_not_erased_and_nobody_out_of_sight(city: City) -> None:
    agent = accounts.add_user(city.ctx, name="Ana", email="a@example.org", role=Role.COORDINATOR, password="four plain words here")
    assert erasing.erase(city.ctx, agent, Actor(agent), "self") is Waits.AGENT
    need = city.one(Need, city.need())
    assert erasing.erase(city.ctx, need.person_id, Actor(agent), "agent", NOTHING) is Waits.ELSEWHERE
    assert city.one(Person, need.person_id).erase_asked_at is None


def test_a_bounce_of_a_message_to_nobody_makes_no_task(city: City) -> None:
    need = city.one(Need, city.need())
    while make_relay(city.ctx).run_once():
        pass
    erasing.erase(city.ctx, need.person_id, Actor(need.person_id), "self")
    with city.ctx.db.write() as session:
        row: Any = session.execute(select(outbox).where(outbox.c.state == "sent").limit(1)).one()
        say_instead(session, city.ctx, Undelivered(row.id, row.kind, row.payload, row.about, "gone"), city.clock())
        session.execute(outbox.update().where(outbox.c.id == row.id).values(state="refused", handled_at=city.clock()))
        retry(session.connection(), row.id, city.clock())
    assert city.tasks() == []
    assert make_relay(city.ctx).run_once() == 0


def test_an_address_that_somebody_typed_reaches_nobody_elses_data(city: City) -> None:
    hers = city.one(Need, city.need(name="Rosa Ferrand", email="rosa@example.net"))
    typed = city.one(Need, city.need(name="Rosa Ferrand", email="rosa@example.net", contact="sms", category="pets"))
    assert erasing.erase(city.ctx, typed.person_id, Actor(typed.person_id), "self") is None
    assert city.one(Person, hers.person_id).name == "Rosa Ferrand"
