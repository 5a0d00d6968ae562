"""The moves of :mod:`matching.lifecycle` as a page of diagrams and tables: ``python -m matching.diagram > docs/lifecycle.md``."""

from collections.abc import Iterator

from matching.lifecycle import MOVES, MatchState, Move, NeedState, OfferState, State, VisitState, is_terminal

KINDS: dict[str, type[State]] = {"A need": NeedState, "An offer": OfferState, "A match": MatchState, "A visit": VisitState}
HEAD = """# The life of needs, offers, matches and visits

Drawn from the moves that `matching/lifecycle.py` declares, by `python -m matching.diagram`; a test says when it is out of date. No other
move can be written: each asks for its row's lock, is checked where it is written (`app/services/moves.py`), and is an event with its time,
its actor, the channel and the reason. Whatever a resident or a volunteer can do, an agent can do for them.
"""


def page() -> str:
    return "\n".join([HEAD, *(part for name, kind in KINDS.items() for part in _kind(name, kind))])


def _kind(name: str, kind: type[State]) -> Iterator[str]:
    moves = [move for move in MOVES if isinstance(move.here, kind)]
    yield f"## {name}\n"
    yield from _diagram(moves, list(kind))
    yield "\n| from | to | whose move | why |\n| --- | --- | --- | --- |"
    for move in moves:
        yield f"| {move.here} | {move.there} | {move.by} | {_words(move)} |"
    yield ""


def _diagram(moves: list[Move], states: list[State]) -> Iterator[str]:
    yield "```mermaid\nstateDiagram-v2"
    yield f"    [*] --> {states[0]}"
    drawn: dict[tuple[State, State], list[str]] = {}
    for move in moves:
        drawn.setdefault((move.here, move.there), []).append(_words(move))
    for (here, there), why in drawn.items():
        yield f"    {here} --> {there}: {', '.join(dict.fromkeys(why))}"
    for state in states:
        if is_terminal(state):
            yield f"    {state} --> [*]"
    yield "```"


def _words(move: Move) -> str:
    return move.why.replace("_", " ")


if __name__ == "__main__":
    print(page(), end="")
