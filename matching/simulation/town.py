"""The town as it stands at one moment of a run: who was asked for what, who said what, who has room, who has left."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from matching.model import Id, Need, Pair
from matching.policy import Record
from matching.simulation import people
from matching.simulation.clock import DAY, after_awake, is_day
from matching.simulation.tape import Posted, Tape, Volunteer


@dataclass(slots=True, eq=False)
class Request:
    """``ended`` is the minute at which the volunteer had their room again: after a no, silence, or the visit."""

    pair: Pair
    asked: int
    acceptance: float
    pending: bool = True
    yes: bool = False
    ended: int | None = None


@dataclass(slots=True, eq=False)
class Helper:
    """A volunteer. ``asked`` are minutes; ``felt`` is how many requests were still felt at the last of them."""

    volunteer: Volunteer
    here: bool = True
    taken: int = 0
    asked: list[int] = field(default_factory=list)
    felt: float = 0.0
    answered: int = 0
    yes: int = 0
    visits: int = 0

    @property
    def room(self) -> int:
        return self.volunteer.offer.capacity - self.taken if self.here else 0


@dataclass(slots=True, eq=False)
class Case:
    """A need. ``served`` is the minute at which its last place was agreed."""

    posted: Posted
    requests: dict[Id, Request] = field(default_factory=dict)
    agreed: int = 0
    served: int | None = None
    given_up: bool = False

    @property
    def need(self) -> Need:
        return self.posted.need

    @property
    def missing(self) -> int:
        """Places that nobody has agreed to."""
        return self.need.places - self.agreed if self.served is None and not self.given_up else 0

    @property
    def pending(self) -> list[Request]:
        return [request for request in self.requests.values() if request.pending]


Action = Callable[[], Case | None]
"""Something that happens; the case that may need somebody else because of it."""


class Town:
    """Nobody has more open requests and visits than room, is asked at night, or twice for a need (ValueError)."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.now = 0
        self.helpers = {i: Helper(volunteer) for i, volunteer in tape.volunteers.items()}
        self.cases: dict[Id, Case] = {}
        self.open: dict[Id, Case] = {}
        self._events: list[tuple[int, int, Action]] = []
        self._turn = count()
        for posted in tape.posted:
            self.at(posted.minute, lambda posted=posted: self._arrive(posted))  # type: ignore[misc]

    def at(self, minute: int, action: Action) -> None:
        heappush(self._events, (minute, next(self._turn), action))

    @property
    def over(self) -> bool:
        return not self._events

    def step(self) -> Case | None:
        """Let the next thing happen."""
        self.now, _, action = heappop(self._events)
        return action()

    def candidates(self, case: Case) -> list[Pair]:
        """Who may be asked now, the nearest first: eligible, still here, with room, not asked for this need before."""
        return [pair for pair in self.tape.pairs[case.need.id] if pair.offer not in case.requests and self.helpers[pair.offer].room > 0]

    def asked_within(self, helper: Helper, days: int) -> int:
        return len(helper.asked) - bisect_left(helper.asked, self.now - days * DAY)

    def days_since(self, offer: Id) -> float | None:
        asked = self.helpers[offer].asked
        return (self.now - asked[-1]) / DAY if asked else None

    def record(self, offer: Id, nearby_30: float = 0.0) -> Record:
        """What a service knows of the volunteer."""
        helper = self.helpers[offer]
        asked_7, asked_30 = self.asked_within(helper, 7), self.asked_within(helper, 30)
        return Record(self.days_since(offer), asked_7, asked_30, helper.answered, helper.yes, nearby_30)

    def ask(self, case: Case, pair: Pair) -> None:
        """Send a request. What comes of it was settled by the tape and by how tired the volunteer is."""
        helper = self.helpers[pair.offer]
        if not is_day(self.now) or helper.room <= 0 or pair.offer in case.requests:
            raise ValueError(f"{pair} may not be asked now")
        request = case.requests[pair.offer] = Request(pair, self.now, self.record(pair.offer).acceptance)
        felt = people.tired(helper.felt, self.now - helper.asked[-1]) if helper.asked else 0.0
        too_many = self.asked_within(helper, 7) >= people.TOO_MANY
        helper.asked.append(self.now)
        helper.taken += 1
        helper.felt = felt + 1
        key, luck = (case.need.id, pair.offer), self.tape.luck
        deadline = self.now + people.ANSWER_BY[case.need.urgency]
        answer = after_awake(self.now, self.tape.answer_minutes(case.need, pair.offer))
        if too_many and luck("too many", *key) < people.TOO_MANY_LEAVE:
            yes, silent = False, True
            self.at(self.now, lambda: self._leave(helper))
        else:
            offer = helper.volunteer.offer
            yes = luck("yes", *key) < people.says_yes(helper.volunteer.willing, felt, pair.distance_m / offer.radius_m)
            silent = not yes and luck("silent", *key) < people.SILENT
        if silent or answer > deadline:
            self.at(deadline, lambda: self._refuse(case, request))
        else:
            self.at(answer, lambda: self._agree(case, request) if yes else self._refuse(case, request))

    def _arrive(self, posted: Posted) -> Case:
        case = self.cases[posted.need.id] = self.open[posted.need.id] = Case(posted)
        self.at(self.now + people.GIVES_UP[posted.need.urgency], lambda: self._give_up(case))
        return case

    def _leave(self, helper: Helper) -> None:
        helper.here = False

    def _agree(self, case: Case, request: Request) -> None:
        if not request.pending:
            return
        helper, need = self.helpers[request.pair.offer], case.need
        request.pending, request.yes = False, True
        helper.answered, helper.yes = helper.answered + 1, helper.yes + 1
        case.agreed += 1
        if case.agreed == need.places:
            case.served = self.now
            self._let_go(case)
        lasts = self.tape.luck("visit", need.id, request.pair.offer) * people.VISIT_WITHIN[need.urgency]
        self.at(self.now + round(lasts), lambda: self._visited(request))

    def _refuse(self, case: Case, request: Request) -> Case | None:
        """A no, or nothing until the deadline."""
        if not request.pending:
            return None
        request.pending = False
        self.helpers[request.pair.offer].answered += 1
        self._free(request)
        return case

    def _visited(self, request: Request) -> None:
        self.helpers[request.pair.offer].visits += 1
        self._free(request)

    def _give_up(self, case: Case) -> None:
        if case.missing:
            case.given_up = True
            self._let_go(case)

    def _let_go(self, case: Case) -> None:
        """Nobody else is needed: open requests are called off."""
        del self.open[case.need.id]
        for request in case.pending:
            request.pending = False
            self._free(request)

    def _free(self, request: Request) -> None:
        request.ended = self.now
        self.helpers[request.pair.offer].taken -= 1
