"""How people behave in the simulation. Each number is a guess unless its source is named; docs/fairness.md lists them."""

import math

from matching.model import Urgency
from matching.simulation.clock import DAY, HOUR

HOUR_WEIGHTS = (0, 0, 0, 0, 0, 0, 1, 3, 7, 10, 10, 8, 5, 5, 7, 8, 7, 6, 5, 4, 3, 2, 1, 0)
"""How needs arrive over the hours of a day."""
DAY_WEIGHTS = (1.3, 1.1, 1.1, 1.1, 1.1, 0.7, 0.6)
"""And over the days of a week, Monday first."""
URGENCIES = {Urgency.URGENT: 0.12, Urgency.NORMAL: 0.68, Urgency.FLEXIBLE: 0.20}
TWO_PLACES = 0.1
"""The share of needs that two volunteers are looked for."""

ANSWER_BY = {Urgency.URGENT: 4 * HOUR, Urgency.NORMAL: 24 * HOUR, Urgency.FLEXIBLE: 48 * HOUR}
"""The service's own deadlines (the settings' defaults)."""
GIVES_UP = {Urgency.URGENT: 2 * DAY, Urgency.NORMAL: 7 * DAY, Urgency.FLEXIBLE: 14 * DAY}
"""How long a resident waits before they find another way."""

WILLING = (3.0, 2.0)
"""The beta distribution of how willing volunteers are at their best: 0.6 on average."""
TIRES, RECOVERS_DAYS = 0.85, 7.0
"""What each recent request leaves of the willingness, and how soon half of a request is forgotten. That requests tire is known (Manshadi
and Rodilitz on online volunteers); how much is a guess."""
AT_THE_EDGE = 0.5
"""What the way to the edge of their own radius leaves of it; in proportion before."""

ANSWERS_AFTER, SPREAD = 2.0 * HOUR, 1.2
"""Waking minutes to an answer: the median of a log-normal distribution, and its sigma. Half of it for urgent needs."""
SILENT = 0.5
"""The share of those who do not say yes that say nothing."""
VISIT_WITHIN = {Urgency.URGENT: 6 * HOUR, Urgency.NORMAL: 3 * DAY, Urgency.FLEXIBLE: 7 * DAY}
"""A visit is over, and its volunteer has room again, at some time within this of the yes."""

BORED_AFTER, BORED_A_DAY = 21 * DAY, 0.04
"""After so long without a request a volunteer leaves with this chance each day."""
TOO_MANY, TOO_MANY_LEAVE = 3, 0.08
"""Each request beyond this many in seven days makes a volunteer leave with this chance instead of answering."""


def tired(before: float, minutes: int) -> float:
    """How many recent requests are still felt, so many minutes later."""
    return before * math.pow(0.5, minutes / DAY / RECOVERS_DAYS)


def says_yes(willing: float, requests_felt: float, share_of_radius: float) -> float:
    """The probability of a yes."""
    return willing * math.pow(TIRES, requests_felt) * (1 - (1 - AT_THE_EDGE) * share_of_radius)
