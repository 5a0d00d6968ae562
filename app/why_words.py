"""What the matcher says of a need without anybody, or of a pair, in sentences that everybody may read: distances are rounded up."""

from collections.abc import Callable, Mapping

from matching.geo import round_up_100
from matching.model import TAKEN
from matching.why import POLICY_TERMS, Explanation, Term, WhyNot
from notifications.why_words import (
    COULD,
    could_words,
    missed_words,
    offering_words,
    policy_words,
    refused_words,
    term_words,
    total_words,
    waited_words,
)


def nobody_sentences(found: WhyNot, language: str) -> list[str]:
    """Who offers this kind of help, who of them could, and how close the closest of the others comes."""
    could = [could_words(what, count, language) for what in COULD if (count := getattr(found, what))]
    return [offering_words(found.offering, language), *could, *filter(None, [closest_sentence(found, language)])]


def closest_sentence(found: WhyNot, language: str) -> str:
    """How close the closest of those who could not comes; empty where there is none."""
    if found.nearest is None:
        return ""
    # A radius is rounded down, so that what lies beyond it never seems to lie within.
    failed = {refusal.rule: _rounded(refusal.figures, radius=_round_down_100) for refusal in found.nearest.refusals}
    return missed_words(failed, round_up_100(found.nearest.distance_m), language)


def refused_counts(found: WhyNot, language: str) -> list[str]:
    """How many offers each rule refuses; a rule that refuses none is left out."""
    return [refused_words(rule, count, language) for rule, count in found.refused.items() if count]


def what_keeps(found: WhyNot) -> list[str]:
    """What keeps those who come closest: rules, or ``taken``, or ``all_asked``; nothing where somebody can be asked."""
    if found.free:
        return []
    if found.taken:
        return [TAKEN]
    if found.nearest:
        return [refusal.rule for refusal in found.nearest.refusals]
    return ["all_asked"] if found.asked else [found.reason]


def pair_sentence(explanation: Explanation, language: str) -> str:
    """What a pair's metres are for, and what they come to as they are told."""
    told = ", ".join(_term_words(term, language) for term in explanation.terms)
    total = [total_words(sum(map(_told_m, explanation.terms)), language)] if len(explanation.terms) > 1 else []
    waiting = explanation.waiting
    waited = [waited_words(waiting.metres, waiting.figures["days"], language)] if waiting else []
    return " ".join([f"{told[:1].upper()}{told[1:]}.", *total, *waited])


def _told_m(term: Term) -> int:
    """Only what tells of a place is rounded."""
    return term.metres if term.name in POLICY_TERMS else round_up_100(term.metres)


def _term_words(term: Term, language: str) -> str:
    if term.name in POLICY_TERMS:
        return policy_words(term.name, term.metres, term.figures, language)
    return term_words(term.name, _told_m(term), _rounded(term.figures, radius=round_up_100), language)


def _rounded(figures: Mapping[str, float], radius: Callable[[float], int]) -> dict[str, int]:
    lengths = {name: figure for name, figure in figures.items() if name.endswith("_m")}
    return {name: radius(figure) if name == "radius_m" else round_up_100(figure) for name, figure in lengths.items()}


def _round_down_100(metres: float) -> int:
    return max(100, int(metres // 100) * 100)
