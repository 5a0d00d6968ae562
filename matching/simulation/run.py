"""One way of choosing through all weeks of a tape."""

import numba

from matching.simulation import people
from matching.simulation.choosers import Chooser
from matching.simulation.clock import DAY, HALF_HOUR, MORNING, is_day
from matching.simulation.tape import Tape
from matching.simulation.town import Town


def run(tape: Tape, chooser: Chooser) -> Town:
    """The town after the last need was served or given up. The same tape and chooser give the same town."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)  # several make so small a round ten times slower
    try:
        return _play(tape, chooser)
    finally:
        numba.set_num_threads(threads)


def _play(tape: Tape, chooser: Chooser) -> Town:
    town = Town(tape)
    town.at(MORNING, lambda: _half_hour(town, chooser))
    while not town.over:
        case = town.step()
        if case and case.missing and is_day(town.now) and chooser.at_once(case):
            chooser.ask(town, [case])
    return town


def _half_hour(town: Town, chooser: Chooser) -> None:
    """This engine's round; the others try once more for needs that nobody was free for."""
    chooser.ask(town, list(town.open.values()))
    posting_ends = town.tape.weeks * 7 * DAY
    if town.now % DAY == MORNING and town.now < posting_ends:
        _leave_when_bored(town)
    following = town.now + HALF_HOUR
    if town.open or following < posting_ends:
        town.at(following if is_day(following) else following // DAY * DAY + DAY + MORNING, lambda: _half_hour(town, chooser))


def _leave_when_bored(town: Town) -> None:
    today = town.now // DAY
    for offer, helper in town.helpers.items():
        since = helper.asked[-1] if helper.asked else 0
        if helper.here and town.now - since >= people.BORED_AFTER and town.tape.luck("bored", offer, today) < people.BORED_A_DAY:
            helper.here = False
