"""What happened to a request so far, as a short story: the steps in their order; the words are in the template."""

from dataclasses import dataclass
from datetime import datetime

from app.services.mine import MyMatch, MyRequest
from matching.lifecycle import MatchState


@dataclass(frozen=True)
class Step:
    at: datetime
    kind: str
    match: MyMatch | None = None
    reason: str | None = None


def story(found: MyRequest) -> list[Step]:
    """The steps, oldest first. Nothing in them tells who a volunteer is, nor that one said no rather than nothing."""
    steps = [Step(found.row.posted_at, "posted")]
    opened = False
    for turn in found.turns:
        steps.append(Step(turn.at, "need_resumed" if turn.kind == "need_opened" and opened else turn.kind, reason=turn.reason))
        opened = opened or turn.kind == "need_opened"
    for match in found.matches:
        steps.append(Step(match.proposed_at, "asked", match))
        if match.accepted_at and match.accepted_at != match.agreed_at:
            steps.append(Step(match.accepted_at, "accepted", match))
        if match.agreed_at:
            steps.append(Step(match.agreed_at, "agreed", match))
        if match.closed_at:
            steps.append(Step(match.closed_at, _ending(match), match))
    return sorted(steps, key=lambda step: step.at)


def _ending(match: MyMatch) -> str:
    if match.state is MatchState.CLOSED:
        return match.outcome or "done"
    if match.reason == "resident":
        return "you_said_no"
    if match.reason == "expired":
        return "you_were_silent"
    if match.reason in ("withdrawn", "changed"):
        return f"you_{match.reason}"
    return "backed_out" if match.accepted_at else "not_this_time"
