"""The states of needs, offers, matches and their visits, and the moves between them, declared once.

Whoever writes a state asks :func:`check`, so that a move that is not declared here cannot happen and a terminal state cannot be
left. docs/lifecycle.md is drawn from this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class NeedState(StrEnum):
    UNCONFIRMED = "unconfirmed"
    OPEN = "open"
    ASKED = "asked"
    AGREED = "agreed"
    CLOSED = "closed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OfferState(StrEnum):
    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class MatchState(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    AGREED = "agreed"
    CLOSED = "closed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class VisitState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    """Its time has passed and nobody said otherwise."""
    SKIPPED = "skipped"
    MISSED = "missed"


State = NeedState | OfferState | MatchState | VisitState


class Side(StrEnum):
    """Whose move it is. Whatever a person can do, an agent can do for them: who did it and how is written down with the move."""

    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    EITHER = "either"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another; ``why`` is written down with it."""

    here: State
    there: State
    why: str
    by: Side


N, O, M, V = NeedState, OfferState, MatchState, VisitState  # noqa: E741
RESIDENT, VOLUNTEER, EITHER, SERVICE = Side

MOVES = (
    Move(N.UNCONFIRMED, N.OPEN, "confirmed", RESIDENT),
    Move(N.UNCONFIRMED, N.WITHDRAWN, "withdrawn", RESIDENT),
    Move(N.UNCONFIRMED, N.WITHDRAWN, "called_off", SERVICE),
    Move(N.UNCONFIRMED, N.EXPIRED, "unconfirmed", SERVICE),
    Move(N.OPEN, N.ASKED, "asked", SERVICE),
    Move(N.OPEN, N.ASKED, "accepted", VOLUNTEER),
    Move(N.OPEN, N.AGREED, "agreed", EITHER),
    Move(N.OPEN, N.CLOSED, "done", SERVICE),
    Move(N.OPEN, N.PAUSED, "paused", RESIDENT),
    Move(N.OPEN, N.PAUSED, "resident_silent", SERVICE),
    Move(N.OPEN, N.PAUSED, "not_done", VOLUNTEER),
    Move(N.OPEN, N.WITHDRAWN, "withdrawn", RESIDENT),
    Move(N.OPEN, N.WITHDRAWN, "called_off", SERVICE),
    Move(N.OPEN, N.WITHDRAWN, "refused", SERVICE),
    Move(N.OPEN, N.EXPIRED, "not_needed", SERVICE),
    Move(N.ASKED, N.OPEN, "free", SERVICE),
    Move(N.ASKED, N.AGREED, "agreed", EITHER),
    Move(N.ASKED, N.CLOSED, "done", SERVICE),
    Move(N.ASKED, N.PAUSED, "paused", RESIDENT),
    Move(N.ASKED, N.PAUSED, "resident_silent", SERVICE),
    Move(N.ASKED, N.PAUSED, "not_done", VOLUNTEER),
    Move(N.ASKED, N.WITHDRAWN, "withdrawn", RESIDENT),
    Move(N.ASKED, N.WITHDRAWN, "called_off", SERVICE),
    Move(N.ASKED, N.WITHDRAWN, "refused", SERVICE),
    Move(N.ASKED, N.EXPIRED, "not_needed", SERVICE),
    Move(N.AGREED, N.OPEN, "free", SERVICE),
    Move(N.AGREED, N.ASKED, "asked", SERVICE),
    Move(N.AGREED, N.CLOSED, "done", EITHER),
    Move(N.AGREED, N.WITHDRAWN, "withdrawn", RESIDENT),
    Move(N.AGREED, N.WITHDRAWN, "called_off", SERVICE),
    Move(N.AGREED, N.WITHDRAWN, "refused", SERVICE),
    Move(N.PAUSED, N.OPEN, "resumed", RESIDENT),
    Move(N.PAUSED, N.WITHDRAWN, "withdrawn", RESIDENT),
    Move(N.PAUSED, N.WITHDRAWN, "called_off", SERVICE),
    Move(N.PAUSED, N.WITHDRAWN, "refused", SERVICE),
    Move(N.PAUSED, N.EXPIRED, "not_needed", SERVICE),
    Move(O.UNCONFIRMED, O.ACTIVE, "confirmed", VOLUNTEER),
    Move(O.UNCONFIRMED, O.WITHDRAWN, "withdrawn", VOLUNTEER),
    Move(O.UNCONFIRMED, O.WITHDRAWN, "newer_sign_up", SERVICE),
    Move(O.ACTIVE, O.PAUSED, "paused", VOLUNTEER),
    Move(O.ACTIVE, O.PAUSED, "not_then", VOLUNTEER),
    Move(O.ACTIVE, O.WITHDRAWN, "withdrawn", VOLUNTEER),
    Move(O.PAUSED, O.ACTIVE, "resumed", VOLUNTEER),
    Move(O.PAUSED, O.ACTIVE, "time_over", SERVICE),
    Move(O.PAUSED, O.WITHDRAWN, "withdrawn", VOLUNTEER),
    Move(M.PROPOSED, M.ACCEPTED, "yes", VOLUNTEER),
    Move(M.PROPOSED, M.AGREED, "yes", VOLUNTEER),
    Move(M.PROPOSED, M.DECLINED, "volunteer", VOLUNTEER),
    Move(M.PROPOSED, M.EXPIRED, "silent", SERVICE),
    Move(M.PROPOSED, M.CANCELLED, "settled", SERVICE),
    Move(M.PROPOSED, M.CANCELLED, "off_duty", VOLUNTEER),
    Move(M.PROPOSED, M.CANCELLED, "frozen", SERVICE),
    Move(M.PROPOSED, M.CANCELLED, "changed", RESIDENT),
    Move(M.PROPOSED, M.CANCELLED, "withdrawn", RESIDENT),
    Move(M.ACCEPTED, M.AGREED, "yes", RESIDENT),
    Move(M.ACCEPTED, M.DECLINED, "resident", RESIDENT),
    Move(M.ACCEPTED, M.EXPIRED, "expired", SERVICE),
    Move(M.ACCEPTED, M.CANCELLED, "backed_out", VOLUNTEER),
    Move(M.ACCEPTED, M.CANCELLED, "off_duty", VOLUNTEER),
    Move(M.ACCEPTED, M.CANCELLED, "frozen", SERVICE),
    Move(M.ACCEPTED, M.CANCELLED, "changed", RESIDENT),
    Move(M.ACCEPTED, M.CANCELLED, "withdrawn", RESIDENT),
    Move(M.AGREED, M.CLOSED, "done", EITHER),
    Move(M.AGREED, M.CLOSED, "not_done", EITHER),
    Move(M.AGREED, M.CANCELLED, "backed_out", VOLUNTEER),
    Move(M.AGREED, M.CANCELLED, "off_duty", VOLUNTEER),
    Move(M.AGREED, M.CANCELLED, "called_off", SERVICE),
    Move(M.AGREED, M.CANCELLED, "let_go", RESIDENT),
    Move(M.AGREED, M.CANCELLED, "withdrawn", RESIDENT),
    Move(V.PLANNED, V.DONE, "over", SERVICE),
    Move(V.PLANNED, V.DONE, "done", EITHER),
    Move(V.PLANNED, V.SKIPPED, "resident", RESIDENT),
    Move(V.PLANNED, V.SKIPPED, "volunteer", VOLUNTEER),
    Move(V.PLANNED, V.SKIPPED, "ended", SERVICE),
    Move(V.PLANNED, V.MISSED, "missed", EITHER),
    Move(V.DONE, V.MISSED, "missed", EITHER),
)


def _table(moves: Iterable[Move], kind: type[State]) -> dict[State, dict[State, frozenset[str]]]:
    mine = [move for move in moves if isinstance(move.here, kind)]
    return {
        here: {there: frozenset(m.why for m in mine if (m.here, m.there) == (here, there)) for there in kind if _leads(mine, here, there)}
        for here in kind
    }


def _leads(moves: Iterable[Move], here: State, there: State) -> bool:
    return any((move.here, move.there) == (here, there) for move in moves)


# One table a kind: texts are equal across kinds, and so would be the keys.
_TABLES: dict[type[State], dict[State, dict[State, frozenset[str]]]] = {kind: _table(MOVES, kind) for kind in (N, O, M, V)}
NEED_MOVES = _TABLES[N]
"""By state, where it may go from there and why."""

LIVE = frozenset({M.PROPOSED, M.ACCEPTED, M.AGREED})
"""A live match holds one of its offer's capacity."""
HELD = frozenset({M.ACCEPTED, M.AGREED})
"""A match with the volunteer's yes holds one place of its need as well: the first yes takes the place."""
NO_ANSWER = frozenset({"settled", "off_duty", "frozen", "changed", "withdrawn"})
"""Why a request ended that its volunteer had not answered, through no doing of the two. It leaves no trace in any ranking, and the
volunteer may be asked again for the same need."""


class MoveNotAllowed(ValueError):
    """The move is not declared; trying again does not help. Carries both states."""

    def __init__(self, here: State, there: State) -> None:
        super().__init__(f"{type(here).__name__}: {here} cannot become {there}")
        self.here, self.there = here, there


def check(here: State, there: State, why: str | None = None) -> None:
    """Raise :class:`MoveNotAllowed` unless ``here`` may become ``there``, and for this reason where one is given."""
    reasons = _TABLES[type(here)][here].get(there) if type(here) is type(there) else None
    if reasons is None or (why is not None and why not in reasons):
        raise MoveNotAllowed(here, there)


def is_terminal(state: State) -> bool:
    """Whether there is no way out of a state."""
    return not _TABLES[type(state)][state]
