"""Who joins, asks and changes their mind when, over the weeks that the tape plays."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

from app.services.demo.tape import Tape
from app.services.demo.town import Town
from matching.lifecycle import NeedState, OfferState

DAYS = timedelta(days=14)
BEFORE = timedelta(days=42)
"""How long before the two weeks the first volunteers came."""
NEWCOMERS = 0.2
"""Which share of the volunteers came during the two weeks."""
ROUNDS = (10, 15)
"""At which hours the coordinator works off the list."""
HOURS = {8: 2, 9: 4, 10: 5, 11: 5, 12: 3, 13: 3, 14: 4, 15: 4, 16: 5, 17: 9, 18: 11, 19: 9, 20: 5, 21: 2}
WEEKDAYS = (10, 10, 10, 10, 9, 6, 4)
"""When people write, as weights: most of them in the evening, fewer at the weekend."""


def volunteers(tape: Tape, town: Town, number: int) -> None:
    """Most have been there for weeks; of those who come during the two weeks the last ones wait to be approved or to confirm."""
    start, newcomers = tape.end - DAYS, int(number * NEWCOMERS)
    for _ in range(number - newcomers):
        tape.clock += BEFORE / number
        _some_leave(tape, tape.join(town.volunteer()), start)
    for turn, when in enumerate(moments(tape, newcomers)):
        confirmed = turn % 9 != 8
        tape.at(when, partial(tape.join, town.volunteer(), confirmed=confirmed, known=False))


def _some_leave(tape: Tape, person_id: int, since: datetime) -> None:
    what = tape.rng.choices(("stays", "pauses", "was away", "leaves"), (88, 5, 4, 3))[0]
    when = tape.awake(since + tape.rng.random() * DAYS)
    if what != "stays":
        tape.at(when, partial(tape.move_offers, person_id, OfferState.WITHDRAWN if what == "leaves" else OfferState.PAUSED))
    if what == "was away":
        tape.at(tape.awake(when + timedelta(days=2)), partial(tape.move_offers, person_id, OfferState.ACTIVE))


def residents(tape: Tape, town: Town, number: int) -> None:
    """Needs over the two weeks. Some are not confirmed yet, or never; some are paused or taken back."""
    for when in moments(tape, number):
        tape.at(when, partial(_resident, tape, town))


def _resident(tape: Tape, town: Town) -> None:
    rng, given = tape.rng, town.need()
    need_id = tape.post(given)
    if given.posted_by != "agent" and rng.random() < 0.95:
        tape.at(tape.clock + timedelta(minutes=rng.expovariate(1 / 25)), partial(tape.confirm, need_id))
    later = tape.awake(tape.clock + timedelta(days=rng.uniform(0.3, 4)))
    change = rng.choices((None, NeedState.WITHDRAWN, NeedState.PAUSED), (84, 8, 8))[0]
    if change:
        tape.at(later, partial(tape.move_need, need_id, change))


def moments(tape: Tape, number: int) -> list[datetime]:
    """Times within the two weeks at which people write, in order."""
    rng, days = tape.rng, _days(tape)
    found: list[datetime] = []
    while len(found) < number:
        day = rng.choices(days, [WEEKDAYS[day.weekday()] for day in days])[0]
        hour = rng.choices(list(HOURS), list(HOURS.values()))[0]
        moment = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=tape.zone).astimezone(UTC)
        if tape.end - DAYS <= moment <= tape.end:
            found.append(moment)
    return sorted(found)


def rounds(tape: Tape, town: Town) -> None:
    """The town hall works off its list, on working days."""
    for day in _days(tape):
        for hour in ROUNDS if day.weekday() < 5 else ():
            moment = datetime(day.year, day.month, day.day, hour, tzinfo=tape.zone).astimezone(UTC)
            tape.at(moment, partial(tape.work_at_the_town_hall, town))


def _days(tape: Tape) -> list[date]:
    today = tape.end.astimezone(tape.zone).date()
    return [today - timedelta(days=back) for back in range(DAYS.days, -1, -1)]
