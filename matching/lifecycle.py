"""The states of needs, offers and matches, and the moves between them, declared once.

Whoever writes a state asks :func:`check`, so that a move that is not declared here cannot happen and a terminal state cannot be
left.
"""

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


State = NeedState | OfferState | MatchState

N, O, M = NeedState, OfferState, MatchState  # noqa: E741
# One table a kind: texts are equal across kinds, and so would be the keys.
NEED_MOVES: dict[State, frozenset[State]] = {
    N.UNCONFIRMED: frozenset({N.OPEN, N.WITHDRAWN, N.EXPIRED}),
    N.OPEN: frozenset({N.ASKED, N.PAUSED, N.WITHDRAWN, N.EXPIRED}),
    N.ASKED: frozenset({N.OPEN, N.AGREED, N.PAUSED, N.WITHDRAWN, N.EXPIRED}),
    N.AGREED: frozenset({N.OPEN, N.ASKED, N.CLOSED, N.WITHDRAWN}),
    N.PAUSED: frozenset({N.OPEN, N.WITHDRAWN, N.EXPIRED}),
    N.CLOSED: frozenset(),
    N.WITHDRAWN: frozenset(),
    N.EXPIRED: frozenset(),
}
OFFER_MOVES: dict[State, frozenset[State]] = {
    O.UNCONFIRMED: frozenset({O.ACTIVE, O.WITHDRAWN}),
    O.ACTIVE: frozenset({O.PAUSED, O.WITHDRAWN}),
    O.PAUSED: frozenset({O.ACTIVE, O.WITHDRAWN}),
    O.WITHDRAWN: frozenset(),
}
MATCH_MOVES: dict[State, frozenset[State]] = {
    M.PROPOSED: frozenset({M.ACCEPTED, M.AGREED, M.DECLINED, M.EXPIRED, M.CANCELLED}),
    M.ACCEPTED: frozenset({M.AGREED, M.DECLINED, M.EXPIRED, M.CANCELLED}),
    M.AGREED: frozenset({M.CLOSED, M.CANCELLED}),
    M.CLOSED: frozenset(),
    M.DECLINED: frozenset(),
    M.EXPIRED: frozenset(),
    M.CANCELLED: frozenset(),
}
MOVES: dict[type[State], dict[State, frozenset[State]]] = {N: NEED_MOVES, O: OFFER_MOVES, M: MATCH_MOVES}

LIVE = frozenset({M.PROPOSED, M.ACCEPTED, M.AGREED})
"""A live match holds one place of its need and one of its offer's capacity."""


class MoveNotAllowed(ValueError):
    """The move is not declared; trying again does not help. Carries both states."""

    def __init__(self, here: State, there: State) -> None:
        super().__init__(f"{type(here).__name__}: {here} cannot become {there}")
        self.here, self.there = here, there


def check(here: State, there: State) -> None:
    """Raise :class:`MoveNotAllowed` unless ``here`` may become ``there``."""
    if type(here) is not type(there) or there not in MOVES[type(here)][here]:
        raise MoveNotAllowed(here, there)
