"""Whether a message goes now, later, in a digest or never."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.waking import parse
from notifications.messages import MESSAGES
from notifications.policy import AT_ONCE, Do, Reader, Rules, Verdict, day_start, decide, next_digest
from notifications.topics import CAN_STOP, CAN_WAIT, Topic, stopped_with
from notifications.wishes import Rhythm

PARIS = ZoneInfo("Europe/Paris")
RULES = Rules(PARIS, parse("08:00-21:00"), cap=6)
HIDDEN = [Topic.ACCOUNT, Topic.MATCH]
EVERY = list(Topic)
MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 12, 31)).map(lambda moment: moment.replace(tzinfo=dt.UTC))
ZONES = st.sampled_from(["Europe/Paris", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]).map(ZoneInfo)
HOURS = st.sampled_from(["08:00-21:00", "02:30-22:00", "00:00-23:30", "01:15-02:45"]).map(parse)


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


DAY, NIGHT, MORNING = paris("2026-11-25 14:00"), paris("2026-11-25 23:10"), paris("2026-11-26 08:00")
MONDAY = paris("2026-11-30 08:00")


def verdict(topic: Topic, now: dt.datetime = DAY, *, urgent: bool = False, tried: bool = False, **reader: object) -> Verdict:
    return decide(topic, Reader(**reader), RULES, now, urgent=urgent, tried=tried)  # type: ignore[arg-type]


@pytest.mark.parametrize("topic", EVERY)
def test_by_day_everything_goes_at_once(topic: Topic) -> None:
    assert verdict(topic) == Verdict(Do.SEND)


@pytest.mark.parametrize("topic", EVERY)
def test_at_night_only_what_somebody_waits_for_goes(topic: Topic) -> None:
    expected = Verdict(Do.SEND) if topic is Topic.ACCOUNT else Verdict(Do.HOLD, "quiet hours", MORNING)
    assert verdict(topic, NIGHT) == expected


@pytest.mark.parametrize("topic", EVERY)
def test_what_is_urgent_goes_at_night_unless_the_reader_wants_to_sleep(topic: Topic) -> None:
    goes = topic in (Topic.ACCOUNT, Topic.MATCH, Topic.REQUESTS)
    assert verdict(topic, NIGHT, urgent=True).do == (Do.SEND if goes else Do.HOLD)
    assert verdict(topic, NIGHT, urgent=True, night=True).do == (Do.SEND if topic is Topic.ACCOUNT else Do.HOLD)


@pytest.mark.parametrize("topic", EVERY)
def test_an_address_that_was_never_confirmed_gets_what_confirms_it_and_no_more(topic: Topic) -> None:
    skipped = Verdict(Do.SKIP, "the address was never confirmed")
    assert verdict(topic, consented=False) == (Verdict(Do.SEND) if topic is Topic.ACCOUNT else skipped)


@pytest.mark.parametrize("topic", EVERY)
def test_an_address_that_takes_nothing_gets_nothing(topic: Topic) -> None:
    expected = Verdict(Do.SUPPRESS, "address suppressed: bounced, 2026-11-20")
    assert verdict(topic, suppressed="bounced, 2026-11-20") == expected


@pytest.mark.parametrize("topic", EVERY)
def test_what_a_running_match_needs_cannot_be_stopped(topic: Topic) -> None:
    off = frozenset(Topic)
    assert verdict(topic, off=off).do == (Do.SEND if topic in HIDDEN else Do.SKIP)
    assert stopped_with(topic) <= CAN_STOP


def test_a_digest_stops_only_with_all_that_it_brings() -> None:
    assert verdict(Topic.DIGEST, off=frozenset({Topic.NEWS})).do is Do.SEND
    assert verdict(Topic.DIGEST, off=CAN_WAIT) == Verdict(Do.SKIP, "unsubscribed: news, progress")


@pytest.mark.parametrize("topic", EVERY)
@pytest.mark.parametrize(("rhythm", "until"), [(Rhythm.DAILY, MORNING), (Rhythm.WEEKLY, MONDAY)])
def test_a_digest_takes_what_can_wait_and_nothing_with_a_deadline(topic: Topic, rhythm: Rhythm, until: dt.datetime) -> None:
    expected = Verdict(Do.BUNDLE, f"{rhythm} digest", until) if topic in CAN_WAIT else Verdict(Do.SEND)
    assert verdict(topic, rhythm=rhythm) == expected


@pytest.mark.parametrize("topic", EVERY)
def test_beyond_the_cap_what_can_wait_comes_next_morning(topic: Topic) -> None:
    assert verdict(topic, sent_today=5) == Verdict(Do.SEND)
    expected = Verdict(Do.BUNDLE, "daily cap", MORNING) if topic in CAN_WAIT else Verdict(Do.SEND)
    assert verdict(topic, sent_today=6) == expected


def test_what_may_have_arrived_already_is_not_put_into_a_digest() -> None:
    assert verdict(Topic.PROGRESS, tried=True, rhythm=Rhythm.WEEKLY, sent_today=99) == Verdict(Do.SEND)


@given(st.sampled_from(EVERY), MOMENTS, st.booleans(), st.booleans())
def test_the_demonstration_has_no_night_and_no_cap(topic: Topic, now: dt.datetime, urgent: bool, night: bool) -> None:
    assert decide(topic, Reader(night=night, sent_today=500), AT_ONCE, now, urgent=urgent, tried=False).do is Do.SEND


@given(MOMENTS, ZONES, HOURS, st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY]))
def test_a_digest_is_due_as_people_wake_whatever_the_clocks_do(now: dt.datetime, zone: ZoneInfo, hours: object, rhythm: Rhythm) -> None:
    rules = Rules(zone, hours, 6)  # type: ignore[arg-type]
    due = next_digest(now, rhythm, rules)
    there = due.astimezone(zone)
    assert now < due <= now + dt.timedelta(days=9 if rhythm is Rhythm.WEEKLY else 2, hours=2)
    assert rhythm is Rhythm.DAILY or there.weekday() == 0
    start = dt.datetime.combine(there.date(), rules.waking.start, zone)
    skipped_by_the_clocks = start.astimezone(dt.UTC).astimezone(zone).time() != rules.waking.start
    assert there.time() == rules.waking.start or skipped_by_the_clocks
    assert next_digest(due, rhythm, rules) > due


@given(MOMENTS, ZONES, HOURS)
def test_what_waits_for_the_morning_may_go_then(now: dt.datetime, zone: ZoneInfo, hours: object) -> None:
    rules = Rules(zone, hours, 6)  # type: ignore[arg-type]
    held = decide(Topic.MATCH, Reader(), rules, now, urgent=False, tried=False)
    if held.do is Do.HOLD:
        assert held.until and now < held.until <= now + dt.timedelta(days=2)
        assert decide(Topic.MATCH, Reader(), rules, held.until, urgent=False, tried=False).do is Do.SEND


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-03-28 22:00", "2026-03-29 08:00"), ("2026-10-24 22:00", "2026-10-25 08:00"), ("2026-10-25 02:30", "2026-10-25 08:00")],
)
def test_the_night_in_which_the_clocks_change_ends_at_eight_too(now: str, until: str) -> None:
    assert verdict(Topic.MATCH, paris(now)).until == paris(until)
    assert verdict(Topic.NEWS, paris(now), rhythm=Rhythm.DAILY).until == paris(until)


@given(MOMENTS, ZONES)
def test_the_citys_day_begins_at_its_own_midnight(now: dt.datetime, zone: ZoneInfo) -> None:
    start = day_start(now, replace(RULES, zone=zone))
    assert start <= now < start + dt.timedelta(hours=26)
    assert start.astimezone(zone).date() == now.astimezone(zone).date()


def test_every_message_has_a_topic() -> None:
    assert {kind: cls.topic for kind, cls in MESSAGES.items() if cls.topic not in list(Topic)} == {}
