"""Only declared moves can be made, terminal states are closed, and the page of diagrams says what is declared."""

import re
from itertools import product
from pathlib import Path

import pytest

from matching.diagram import page
from matching.lifecycle import (
    HELD,
    LIVE,
    MOVES,
    NO_ANSWER,
    MatchState,
    MoveNotAllowed,
    NeedState,
    OfferState,
    State,
    VisitState,
    check,
    is_terminal,
)

STATES: list[State] = [*NeedState, *OfferState, *MatchState, *VisitState]
DOCS = Path(__file__).parents[3] / "docs"
TERMINAL = {
    "need": {"closed", "withdrawn", "expired"}, "offer": {"withdrawn"}, "match": {"closed", "declined", "expired", "cancelled"},
    "visit": {"skipped", "missed"},
}  # fmt: skip


def test_what_is_not_declared_cannot_happen() -> None:
    declared = {(type(move.here), move.here, move.there) for move in MOVES}
    for here, there in product(STATES, STATES):
        if type(here) is type(there) and (type(here), here, there) in declared:
            check(here, there)
        else:
            with pytest.raises(MoveNotAllowed):
                check(here, there)


def test_a_move_needs_a_reason_of_its_own() -> None:
    for move in MOVES:
        check(move.here, move.there, move.why)
        with pytest.raises(MoveNotAllowed):
            check(move.here, move.there, "because")
    with pytest.raises(MoveNotAllowed):
        check(MatchState.AGREED, MatchState.CANCELLED, "settled")


def test_terminal_states_are_those_of_an_end() -> None:
    for kind in (NeedState, OfferState, MatchState, VisitState):
        name = kind.__name__.removesuffix("State").lower()
        assert {str(state) for state in kind if is_terminal(state)} == TERMINAL[name]
    assert not any(is_terminal(state) for state in LIVE)
    assert HELD < LIVE


def test_a_request_that_left_no_trace_ended_without_its_volunteers_answer() -> None:
    whys = {(move.here, move.why) for move in MOVES}
    assert all((MatchState.PROPOSED, why) in whys for why in NO_ANSWER)


def test_the_page_of_diagrams_is_up_to_date() -> None:
    assert (DOCS / "lifecycle.md").read_text() == page()
    drawn = re.findall(r"^    (\w+) --> (\w+): ", page(), re.MULTILINE)
    assert len(drawn) == len({(type(move.here), move.here, move.there) for move in MOVES})
