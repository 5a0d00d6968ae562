"""What an agent reads before a volunteer does: from a request's words and what else is known of it to a verdict."""

from dataclasses import dataclass

from app.models import Moderation
from app.wording import Finding, scan

VERDICTS = {
    "card": Moderation.HELD,
    "child": Moderation.HELD,
    "insult": Moderation.HELD,
    "price": Moderation.HELD,
    "many": Moderation.HELD,
    "code": Moderation.LOOK,
    "contact": Moderation.LOOK,
    "link": Moderation.LOOK,
    "young": Moderation.LOOK,
    "health": Moderation.LOOK,
}
"""By rule. What may hurt or cost somebody waits; what only its writer would regret goes on while an agent reads it."""
MANY = 5
"""So many requests of one e-mail address or phone in a week are usual."""


@dataclass(frozen=True)
class Judged:
    """The gravest verdict of the ``findings``, which come in the order of the text. ``many`` marks no passage."""

    verdict: Moderation
    findings: list[Finding]


def judge(text: str, *, homework: bool = False, bought: bool = False, posts: int = 1) -> Judged:
    """``posts`` counts those of the same address within a week, this one included. Where things are ``bought`` money is talked of.

    >>> judge("Merci de passer par ma fenêtre").verdict, judge("10 € de l'heure").verdict
    (<Moderation.CLEAR: 'clear'>, <Moderation.HELD: 'held'>)
    """
    findings = scan(text, homework=homework)
    if posts > MANY:
        findings.append(Finding("many", 0, 0))
    verdicts = VERDICTS | ({"price": Moderation.LOOK} if bought else {})
    found = {verdicts[finding.rule] for finding in findings}
    verdict = next((each for each in (Moderation.HELD, Moderation.LOOK) if each in found), Moderation.CLEAR)
    return Judged(verdict, findings)
