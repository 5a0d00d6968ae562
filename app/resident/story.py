"""What happened to a request so far, as a short story: the steps in their order; the words are in the template."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from app.services.mine import MyMatch, MyRequest
from matching.lifecycle import MatchState


@dataclass(frozen=True)
class Step:
    """``number`` volunteers were asked together, of whom ``match`` is the nearest; ``waits``: some have still to answer."""

    at: datetime
    kind: str
    match: MyMatch | None = None
    reason: str | None = None
    number: int = 1
    waits: bool = False


def story(found: MyRequest) -> list[Step]:
    """The steps, oldest first. Nothing in them tells who a volunteer is, nor that one said no rather than nothing."""
    steps = [Step(found.row.posted_at, "posted")]
    opened = False
    held = {turn.at for turn in found.turns if turn.kind == "need_held"}
    for turn in found.turns:
        first = "need_confirmed" if turn.at in held else "need_open"
        kind = turn.kind if turn.kind != "need_open" else "need_resumed" if opened else first
        steps.append(Step(turn.at, kind, reason=turn.reason))
        opened = opened or turn.kind == "need_open"
    for _, asked in groupby(found.matches, key=lambda match: match.proposed_at):
        steps += _wave(list(asked))
    return sorted(steps, key=lambda step: step.at)


def _wave(asked: list[MyMatch]) -> list[Step]:
    """What came of volunteers who were asked together: each yes, and once that none of them can come."""
    nearest = min(asked, key=lambda match: (match.distance_m is None, match.distance_m))
    waits = any(match.state is MatchState.PROPOSED for match in asked)
    steps = [Step(nearest.proposed_at, "asked", nearest, number=len(asked), waits=waits)]
    for match in asked:
        if match.accepted_at and match.accepted_at != match.agreed_at:
            steps.append(Step(match.accepted_at, "accepted", match))
        if match.agreed_at:
            steps.append(Step(match.agreed_at, "agreed", match))
        if match.accepted_at and match.closed_at:
            steps.append(Step(match.closed_at, _ending(match), match))
    ended = [match.closed_at for match in asked if match.closed_at and not match.accepted_at]
    if len(ended) == len(asked):
        last = max(asked, key=lambda match: match.closed_at or match.proposed_at)
        if last.reason != "settled":
            steps.append(Step(max(ended), _ending(last), last, number=len(asked)))
    return steps


def _ending(match: MyMatch) -> str:
    if match.state is MatchState.CLOSED:
        return match.outcome or "done"
    if match.reason == "resident":
        return "you_said_no"
    if match.reason == "expired":
        return "you_were_silent"
    if match.reason in ("withdrawn", "changed", "let_go"):
        return f"you_{match.reason}"
    return "backed_out" if match.accepted_at else "not_this_time"
