"""What came of it, counted: the same as by hand over every row of a city that was played, in both periods and on both databases."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.models import Event, Match, Need, Offer, Outcome, Person
from app.services import closing, duty, matches
from app.services.cells import Count, Number, Row, Share, exported, opened
from app.services.closing import Said
from app.services.counting import Asked, Counted, Group, Half, count
from app.services.events import Actor
from app.services.period import Period, choices, read_period
from app.services.sight import EVERYTHING, Sight
from config.categories import CATEGORIES
from matching.lifecycle import OfferState, Side
from tests.city import City
from tests.functional.doors.conftest import quartier

KINDS = ("shopping", "pets", "conversation")
DAY = timedelta(hours=24)


def counted(city: City, period: Period, territory_id: int | None = None, sight: Sight | None = None) -> Counted:
    return count(city.ctx, sight or EVERYTHING, period, territory_id, tuple(CATEGORIES))


def play(city: City, days: int) -> None:
    """Some days in which people ask, are asked, say yes, no or nothing, help, or leave."""
    rng = random.Random(5)
    for n in range(12):
        city.volunteer(north_m=rng.choice([-400, 600]), categories=rng.sample(KINDS, 2), capacity=3, approved=n != 0)
    for _ in range(days * 3):
        city.clock.advance(hours=8, minutes=rng.randint(0, 50))
        for _ in range(rng.randint(0, 2)):
            same = {"email": "odile@example.net"} if rng.random() < 0.3 else {}
            city.need(
                north_m=rng.choice([-300, 700]), category=rng.choice(KINDS), confirmed=rng.random() < 0.9,
                contact="email" if same else rng.choice(["email", "phone", "letter"]), by=Actor(channel=rng.choice(["web", "phone"])),
                **same,
            )  # fmt: skip
        city.match()
        for match in city.all(Match):
            city.clock.advance(minutes=rng.randint(0, 2))
            _move(city, rng, match)
    for offer in rng.sample(city.all(Offer), 3):
        duty.move_offer(city.ctx, offer.id, OfferState.WITHDRAWN, Actor())


def _move(city: City, rng: random.Random, match: Match) -> None:
    said = rng.random()
    if match.state == "proposed" and said < 0.7:
        matches.volunteer_answers(city.ctx, match.id, said < 0.5, Actor())
    elif match.state == "accepted":
        matches.resident_answers(city.ctx, match.id, said < 0.9, Actor())
    elif match.state == "agreed" and said < 0.6:
        if said < 0.1:
            matches.back_out(city.ctx, match.id, Actor())
        else:
            outcome = Said.DONE if said < 0.4 else Said.GOING_ON if said < 0.5 else Said.NOT_DONE
            closing.say(city.ctx, match.id, Side.RESIDENT, outcome, Actor(), because="absent" if outcome is Said.NOT_DONE else None)


class ByHand:
    """The same from all rows, one after the other."""

    def __init__(self, city: City, period: Period, territory_id: int | None) -> None:
        zone, self.now = city.ctx.settings.zone, city.clock()
        self.start, self.end = period.start(zone), period.end(zone)
        people = {person.id: person for person in city.all(Person)}
        here = [territory_id] if territory_id else None
        self.needs = [need for need in city.all(Need) if here is None or need.territory_id in here]
        self.offers = {offer.id: offer for offer in city.all(Offer) if here is None or offer.territory_id in here}
        self.all_offers = {offer.id: offer for offer in city.all(Offer)}
        self.matches, self.people = city.all(Match), people
        self.events, self.goes_on = city.all(Event), {said.match_id for said in city.all(Outcome) if said.said == "going_on"}

    def inside(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def who(self, person_id: int) -> object:
        person = self.people[person_id]
        return person.email_index or person.phone_index or person_id

    def wait(self, need: Need) -> timedelta | None:
        agreed = [match.agreed_at for match in self.matches if match.need_id == need.id and match.agreed_at]
        return min(agreed) - need.confirmed_at if agreed and need.confirmed_at else None

    def asked(self, needs: list[Need]) -> Asked:
        ripe = [need for need in needs if need.confirmed_at and need.confirmed_at <= self.now - DAY]
        within = [need for need in ripe if (wait := self.wait(need)) is not None and wait <= DAY]
        return Asked(
            len(needs), len({self.who(need.person_id) for need in needs}), len(ripe), len(within),
            sum(self.wait(need) is not None for need in needs),
        )  # fmt: skip

    def by(self, key: Any) -> dict[str, Asked]:
        needs = [need for need in self.needs if self.inside(need.confirmed_at)]
        return {str(value): self.asked([need for need in needs if key(need) == value]) for value in {key(need) for need in needs}}

    def questions(self) -> list[Match]:
        mine = {need.id for need in self.needs}
        return [match for match in self._questions() if match.need_id in mine]

    def _questions(self) -> list[Match]:
        return [match for match in self.matches if self.inside(match.proposed_at) and match.accepted_at != match.proposed_at]

    def answer(self, match: Match) -> str:
        if match.accepted_at:
            return "yes"
        return {"proposed": "waiting", "declined": "no", "expired": "silent"}.get(match.state, "overtaken")

    def outcome(self, match: Match) -> str:
        if match.outcome:
            return "done" if match.outcome == "done" else match.because or "other"
        if match.state != "agreed":
            return {"backed_out": "by_volunteer", "off_duty": "by_volunteer", "let_go": "by_resident"}.get(match.reason or "", "called_off")
        return "goes_on" if match.id in self.goes_on else "not_due" if match.asked == 0 and match.ask_at else "unknown"

    def times(self) -> dict[int, int]:
        each = Counter(self.all_offers[match.offer_id].person_id for match in self._questions() if match.offer_id in self.offers)
        ready = {
            offer.person_id for offer in self.offers.values()
            if offer.state == "active" and (since := self.people[offer.person_id].approved_at) and since < self.end
        }  # fmt: skip
        never = len(ready - set(each))
        return dict(Counter(each.values())) | ({0: never} if never else {})

    def lost(self) -> int:
        left = {event.offer_id for event in self.events if event.kind == "offer_withdrawn" and self.inside(event.at)}
        people = {self.offers[offer_id].person_id for offer_id in left if offer_id in self.offers}
        return sum(self.people[person_id].approved_at is not None for person_id in people)


def groups(pairs: list[tuple[str, object]]) -> dict[str, Group]:
    return {key: Group(sum(k == key for k, _ in pairs), len({who for k, who in pairs if k == key})) for key in {key for key, _ in pairs}}


def check_half(hand: ByHand, half: Half) -> None:
    needs = [need for need in hand.needs if hand.inside(need.confirmed_at)]
    assert half.requests == hand.asked(needs)
    assert half.by.get("state", {}) == hand.by(lambda need: need.state)
    assert half.by.get("category", {}) == hand.by(lambda need: need.category)
    assert half.by.get("territory", {}) == hand.by(lambda need: need.territory_id)
    assert half.by.get("contact", {}) == hand.by(lambda need: hand.people[need.person_id].contact)
    assert half.by.get("channel", {}) == hand.by(lambda need: need.channel)
    waits = [wait for need in needs if (wait := hand.wait(need)) is not None]
    assert half.waits == Counter(int(wait.total_seconds() // 60) for wait in waits)
    three = [need for need in needs if need.confirmed_at and need.confirmed_at <= hand.now - timedelta(hours=72)]
    in_time = sum((wait := hand.wait(need)) is not None and wait <= timedelta(hours=72) for need in three)
    assert half.by.get("hours", {}).get("72", Asked())[2:4] == (len(three), in_time)
    asked = hand.questions()
    assert half.answers == groups([(hand.answer(match), hand.all_offers[match.offer_id].person_id) for match in asked])
    over = [match for match in asked if match.state not in ("proposed", "accepted")]
    assert (half.over, half.came_true) == (len(over), sum(match.agreed_at is not None for match in over))
    mine = {need.id: need for need in hand.needs}
    agreed = [match for match in hand.matches if match.need_id in mine and hand.inside(match.agreed_at)]
    assert half.outcomes == groups([(hand.outcome(match), hand.who(mine[match.need_id].person_id)) for match in agreed])
    assert half.asked == hand.times()
    assert half.lost == hand.lost()


def test_all_figures_are_those_that_are_counted_by_hand(city: City) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    first = city.clock().date()
    play(city, days=10)
    period = Period(first + timedelta(5), city.clock().date())
    for territory_id in (None, south, north):
        found = counted(city, period, territory_id)
        check_half(ByHand(city, period, territory_id), found.now)
        check_half(ByHand(city, period.before, territory_id), found.before)
        hand = ByHand(city, period, territory_id)
        looking = [need for need in hand.needs if need.state in ("open", "asked")]
        for slug in KINDS:
            mine = [need for need in looking if need.category == slug]
            assert found.looking.get(("", slug), Group()) == Group(len(mine), len({hand.who(need.person_id) for need in mine}))
            active = [offer for offer in hand.offers.values() if offer.state == "active" and slug in offer.categories]
            ready = [offer for offer in active if hand.people[offer.person_id].approved_at]
            assert found.ready.get(("", slug), Group()) == Group(len(ready), len(ready))
    whole = counted(city, period).now
    assert whole.requests.within and whole.requests.ripe > whole.requests.within and len(whole.outcomes) > 2 and whole.lost, "a full city"


def test_an_empty_city_has_no_figures(city: City) -> None:
    found = counted(city, choices(city.clock().date())["usual"])
    assert (found.now.requests, found.now.waits, found.now.asked, found.looking, found.ready) == (Asked(), {}, {}, {}, {})
    assert found.now == found.before


def test_what_was_posted_yesterday_is_no_failure_yet(city: City) -> None:
    city.need()
    period = choices(city.clock().date())["usual"]
    assert counted(city, period).now.requests == Asked(1, 1, 0, 0, 0)
    city.clock.advance(hours=24)
    period = choices(city.clock().date())["usual"]
    assert counted(city, period).now.requests == Asked(1, 1, 1, 0, 0)


def test_a_coordinator_counts_what_is_in_sight_a_match_where_its_request_is(city: City) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    city.volunteer()
    city.need(north_m=350)
    city.match()
    period = choices(city.clock().date())["usual"]
    here, there = (counted(city, period, sight=Sight(frozenset({territory}))).now for territory in (south, north))
    assert (here.requests.count, here.answers, here.asked) == (0, {}, {1: 1})
    assert (there.requests.count, there.answers, there.asked) == (1, {"waiting": Group(1, 1)}, {})
    assert counted(city, period, north, Sight(frozenset({south}))).now.requests == Asked(), "a filter never widens what is in sight"


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (date(2026, 11, 1), 24)], ids=["autumn", "spring", "other"]
)
def test_a_day_ends_at_midnight_in_the_city(city: City, day: date, hours: int) -> None:
    zone, one = city.ctx.settings.zone, Period(day, day)
    assert one.end(zone) - one.start(zone) == timedelta(hours=hours)
    for moment in (one.start(zone) - timedelta(seconds=1), one.start(zone), one.end(zone) - timedelta(seconds=1), one.end(zone)):
        city.clock.moment = moment
        city.need()
    city.clock.moment = datetime(2027, 6, 1, tzinfo=UTC)
    found = counted(city, one)
    assert (found.now.requests.count, found.before.requests.count) == (2, 1)


# --- periods


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    assert Period(date(2026, 3, 1), date(2026, 3, 31)).before == Period(date(2026, 1, 29), date(2026, 2, 28))
    quick = choices(date(2026, 3, 4))
    assert quick["week"] == Period(date(2026, 3, 2), date(2026, 3, 4))
    assert quick["last_month"] == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert quick["usual"].days == 30
    assert choices(date(2026, 1, 1))["year"].days == 1


@pytest.mark.parametrize(
    "days", [("", ""), ("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("0001-01-01", "2026-01-01"), ("x", "y")]
)
def test_two_days_that_are_no_period_are_none(days: tuple[str, str]) -> None:
    assert read_period(*days) is None


# --- few people


ROWS: list[Row] = [
    ("a", Count(90, 60), Share(40, 80, 60)), ("b", Count(4), Share(1, 4, 4)), ("c", Count(9, 7), Share(9, 9, 7)),
    ("d", Count(0), Share(0, 0)),
]  # fmt: skip


def test_coordinators_see_figures_of_few_people_marked() -> None:
    assert exported(ROWS)[1] == ["b", "4 *", "25.0 *"]
    assert exported(ROWS)[0] == ["a", 90, 50]
    assert exported([("x", Count(60, 1), Number(3, 4))])[0] == ["x", "60 *", "3 *"], "one person who asks sixty times is one"
    assert exported([("x", Count(5), Count(0), Number(None, 1))])[0] == ["x", 5, 0, None]
    assert exported([("x", Count(3), Share(0, 0), Number(None, 1))])[0] == ["x", "3 *", None, None], "there is nothing to mark"


def test_the_public_never_sees_them_nor_what_gives_them_away() -> None:
    public = exported(opened(ROWS))
    assert public == [["a", 90, 50], ["b", None, None], ["c", None, None], ["d", 0, None]]
    assert exported(opened(ROWS[:1])) == [["a", 90, 50]]
    assert exported(opened([("x", Count(20), Share(2, 20))])) == [["x", None, None]], "two of twenty are two people"
