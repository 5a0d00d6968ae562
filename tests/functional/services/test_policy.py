"""Whom the service asks with weights on: what it knows of the past, and what is kept of each proposal."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from app.models import Match, Need, Offer
from app.policy import NAMES, policy_of
from app.services import closing, matches, records
from app.services.closing import Said
from app.services.events import Actor
from app.services.records import nearby_averages, past_of
from config.policy import WEIGHTS
from matching.lifecycle import MatchState, Side
from matching.model import Mode
from matching.policy import Past, Policy
from matching.why import Term, from_data
from tests.city import City


def past(city: City, needs: list[int], offers: list[int]) -> Past:
    with city.ctx.db.read() as session:
        return past_of(session, city.ctx.now(), needs, offers, nearby_averages(session, city.ctx.now()))


def asked(city: City, offer: int, days_ago: float, **then: object) -> None:
    """A match of long ago with this volunteer, for a need of its own that is over."""
    need = city.need(category="pets", confirmed=False)
    at = city.clock() - timedelta(days=days_ago)
    with city.ctx.db.write() as session:
        usual = {"state": MatchState.EXPIRED, "reason": "silent", "proposed_at": at, "deadline_at": at, "closed_at": at}
        session.add(Match(need_id=need, offer_id=offer, mode=Mode.IN_PERSON, distance_m=0, **(usual | then)))
        known = session.get_one(Offer, offer)
        known.last_asked_at = max(filter(None, [known.last_asked_at, at]))


def chosen(city: City, need: int) -> int:
    """Whom the one proposal for this need went to."""
    assert city.match() == 1
    (match,) = city.matches(need)
    return int(match.offer_id)


def test_the_settings_are_the_weights() -> None:
    assert set(WEIGHTS) == set(NAMES)


def test_the_defaults_are_a_policy(city: City) -> None:
    assert policy_of(city.ctx.settings) == Policy(**{name: default for name, (default, _) in WEIGHTS.items()})


def yes(city: City, offer: int) -> None:
    asked(city, offer, 300, state="closed", reason=None, accepted_at=city.clock())


TERMS: dict[str, tuple[dict[str, int], Callable[[City, int, int], object]]] = {
    "rest": ({"rest_m": 700}, lambda city, near, _: asked(city, near, 1)),
    "week": ({"week_m": 150}, lambda city, near, _: [asked(city, near, 5) for _ in range(4)]),
    "load": ({"load_m": 150}, lambda city, near, _: [asked(city, near, 20) for _ in range(8)]),
    "silence": ({"silence_m": 2000}, lambda city, near, _: [asked(city, near, 300) for _ in range(9)]),
    "yes": ({"silence_m": 2000}, lambda city, _, far: [yes(city, far) for _ in range(9)]),
}
"""Weights, and what happened to the nearer and the farther volunteer."""


@pytest.mark.parametrize(("on", "others"), [(False, False), (True, False), (True, True)], ids=["off", "one_need", "round"])
@pytest.mark.parametrize("term", TERMS)
def test_each_term_moves_the_choice(city: City, term: str, on: bool, others: bool) -> None:
    near, far = city.volunteer(north_m=100), city.volunteer(north_m=500)
    weights, before = TERMS[term]
    before(city, near, far)
    city.weigh(**(weights if on else {}))
    if others:
        city.need(category="pets")
    assert chosen(city, city.need()) == (far if on else near)


@pytest.mark.parametrize("outcome", ["done", "not_done"])
def test_who_got_on_well_before_meets_again_whatever_the_help(city: City, outcome: str) -> None:
    friend = city.volunteer(north_m=900, categories=("pets", "shopping"))
    first = city.need(category="pets")
    assert chosen(city, first) == friend
    (match,) = city.matches(first)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    matches.resident_answers(city.ctx, match.id, True, Actor())
    closing.say(city.ctx, match.id, Side.EITHER, Said(outcome), Actor())
    other = city.volunteer(north_m=100)
    city.weigh(continuity_m=1000)
    again = city.need()
    assert past(city, [again], []).went_well == frozenset()
    with city.ctx.db.write() as session:
        session.get_one(Need, again).person_id = city.one(Need, first).person_id
    assert past(city, [again], []).went_well == ({(again, friend)} if outcome == "done" else set())
    assert chosen(city, again) == (friend if outcome == "done" else other)


def test_who_waits_longer_comes_first(city: City) -> None:
    city.volunteer()
    near, waiting = city.need(north_m=10), city.need(north_m=200)
    with city.ctx.db.write() as session:
        session.get_one(Need, waiting).posted_at = city.clock() - timedelta(days=5)
    city.weigh(waiting_m=50)
    assert city.match() == 1
    assert [len(city.matches(need)) for need in (near, waiting)] == [0, 1]
    (match,) = city.matches(waiting)
    assert match.terms is not None
    assert (match.terms[-1]["name"], match.terms[-1]["metres"]) == ("waiting", 250)


def test_what_is_known_of_an_offer(city: City) -> None:
    offer, other = city.volunteer(), city.volunteer()
    asked(city, offer, 1)
    asked(city, offer, 6, state="declined", reason="volunteer")
    asked(city, offer, 8, state="declined", reason="resident", accepted_at=city.clock())
    asked(city, offer, 29, state="cancelled", reason="withdrawn")
    asked(city, offer, 31, state="closed", reason=None, outcome="done", accepted_at=city.clock())
    record = past(city, [], [offer, other]).records[offer]
    assert (record.days_since, record.asked_7, record.asked_30, record.answered, record.yes) == (1.0, 2, 3, 4, 2)
    assert past(city, [], [offer]).records.keys() == {offer}
    assert past(city, [], [other]).records[other].days_since is None


def test_nearby_is_the_quartier_and_the_city_where_few_live_there(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    here = [city.volunteer() for _ in range(4)]
    city.volunteer(approved=False)
    elsewhere = [city.volunteer() for _ in range(2)]
    with city.ctx.db.write() as session:
        for offer in elsewhere:
            session.get_one(Offer, offer).territory_id = None
    for _ in range(6):
        asked(city, here[0], 3)
    asked(city, here[1], 40)
    monkeypatch.setattr(records, "FEWEST", 4)
    known = past(city, [], here + elsewhere).records
    assert [known[offer].nearby_30 for offer in (here[0], elsewhere[0])] == [1.5, 1.0]
    monkeypatch.setattr(records, "FEWEST", 5)
    assert past(city, [], here).records[here[0]].nearby_30 == 1.0


@pytest.mark.parametrize("named", [1, 10_000])
def test_the_past_takes_four_queries_however_many_there_are(city: City, named: int, monkeypatch: pytest.MonkeyPatch) -> None:
    offers, needs = [city.volunteer() for _ in range(6)], [city.need() for _ in range(5)]
    monkeypatch.setattr(records, "MOST_NAMED", named)
    sent: list[str] = []
    event.listen(city.ctx.db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    assert past(city, needs, offers).records.keys() == set(offers)
    assert len([each for each in sent if each.startswith("SELECT")]) == 4
    sent.clear()
    past(city, needs[:1], offers[:1])
    assert len([each for each in sent if each.startswith("SELECT")]) == 4


def test_each_proposal_keeps_its_rank_and_its_terms(city: City) -> None:
    near, far = city.volunteer(north_m=100), city.volunteer(north_m=300)
    asked(city, near, 3.5)
    city.weigh(rest_m=800)
    one = city.need()
    assert chosen(city, one) == far
    (match,) = city.matches(one)
    assert match.terms is not None
    [distance] = from_data(one, far, Mode.IN_PERSON, match.terms).terms
    assert (match.rank, distance.name, distance.metres) == (1, "distance", 300)
    matches.volunteer_answers(city.ctx, match.id, False, Actor())
    assert city.match() == 1
    second = city.matches(one)[-1]
    assert second.terms is not None
    terms = from_data(one, near, Mode.IN_PERSON, second.terms).terms
    assert (second.offer_id, second.rank) == (near, 1)
    assert [(term.name, term.metres) for term in terms] == [("distance", 100), ("rest", 400)]
    assert terms[1] == Term("rest", 400, {"days_since": pytest.approx(3.5, abs=0.001)})


def test_in_a_round_the_rank_is_that_among_all_the_need_might_have_had(city: City) -> None:
    city.weigh()
    for metres in (0, 50):
        city.volunteer(north_m=metres)
    needs = [city.need(north_m=metres) for metres in (0, 10)]
    assert city.match() == 2
    assert [match.rank for need in needs for match in city.matches(need)] == [1, 2]


def test_nothing_is_known_of_a_posting_in_the_future(city: City) -> None:
    need = city.need()
    with city.ctx.db.write() as session:
        session.get_one(Need, need).posted_at = datetime(2090, 1, 1, tzinfo=city.clock().tzinfo)
    assert past(city, [need], []).waiting == {need: 0.0}
