"""Why a need has nobody, and what a pair is made of, in a reader's words. Figures come in rounded, as the other side may know them.

The names of rules and terms are those of the matcher. Nothing here names a person, an offer or a place.
"""

from collections.abc import Mapping

from babel.numbers import format_decimal

from notifications.words import distance_words, length_words, say

REFUSED = {
    "category": "another kind of help",
    "mode": "another way, face to face or from afar",
    "distance": "too far away",
    "hours": "free at other hours",
    "language": "other languages",
    "same_person": "the person’s own offer",
    "blocked": "not to be brought together",
    "level": "not verified far enough",
    "paused": "off duty",
}
"""How many offers a rule refuses is told under these words."""
MISSED = {
    "mode": "helps in another way than asked for",
    "distance": "takes requests up to %(radius)s away (this one is %(distance)s away)",
    "hours": "is free at other hours",
    "language": "speaks none of the languages asked for",
    "level": "is not verified as far as asked for",
    "paused": "is off duty",
    "capacity": "is busy with others",
}
"""What is told of the offer that comes closest, by the rules that it fails."""
MISSED_AREA = "goes to an area of their own (this one is %(outside)s outside the area)"
"""In place of the distance's words, where there is an area and no radius."""
COULD = {
    "asked": ("1 of them has this request already.", "%(count)s of them have this request already."),
    "taken": ("1 of them could help but is busy with others.", "%(count)s of them could help but are busy with others."),
    "free": ("1 of them can be asked now.", "%(count)s of them can be asked now."),
}
TERMS = {
    "distance": "%(distance)s away, within this volunteer’s radius of %(radius)s",
    "remote": "from afar, which counts as %(metres)s",
}
"""What a pair's metres are for."""
TERM_AREA = "%(distance)s away, within this volunteer’s area"
"""In place of the distance's words, as above."""
POLICY_TERMS: dict[str, tuple[str, dict[int, str]]] = {
    "rest": ("days_since", {0: "asked today", 1: "asked 1 day ago", 2: "asked %(count)s days ago"}),
    "week": ("asked_7", {1: "asked once in seven days", 2: "asked %(count)s times in seven days"}),
    "load": ("asked_30", {0: "requests in thirty days: %(count)s, on average nearby: %(nearby_30)s"}),
    "silence": (
        "answered",
        {
            0: "no answers yet to know them by",
            1: "answers that were yes, few so far: %(yes)s of %(count)s",
            10: "answers that were yes: %(yes)s of %(count)s",
        },
    ),
    "continuity": ("", {0: "an earlier match of the two went well"}),
}
"""What else a pair's metres are for: the figure that is counted, and the words from which count on."""
MORE, LESS = "%(what)s (counts as %(metres)s more)", "%(what)s (counts as %(metres)s less)"
MORE_BY = {"silence": "%(what)s (counts as %(metres)s more; each yes takes some off)"}
"""In place of ``MORE``: somebody who always said yes has metres left too."""
TOTAL = "In all about %(metres)s."
WAITED = {
    0: "The request has waited less than a day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.",
    1: "The request has waited 1 day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.",
    2: "The request has waited %(count)s days: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.",
}


def offering_words(count: int, language: str) -> str:
    """How many offer this kind of help.

    >>> offering_words(3, "en")
    '3 volunteers offer this.'
    """
    if not count:
        return say("Nobody offers this kind of help.", language)
    return say("1 volunteer offers this." if count == 1 else "%(count)s volunteers offer this.", language, count=str(count))


def could_words(what: str, count: int, language: str) -> str:
    """How many of them could help, and what keeps them: ``what`` is a key of :data:`COULD`, ``count`` at least 1."""
    one, many = COULD[what]
    return say(one if count == 1 else many, language, count=str(count))


def refusal_words(rule: str, language: str) -> str:
    """What one offer fails."""
    return say(REFUSED.get(rule) or MISSED[rule], language)


def refused_words(rule: str, count: int, language: str) -> str:
    """How many offers a rule refuses.

    >>> refused_words("distance", 12, "en")
    'too far away: 12'
    """
    return say("%(what)s: %(count)s", language, what=say(REFUSED[rule], language), count=str(count))


def missed_words(failed: Mapping[str, Mapping[str, int]], distance_m: int, language: str) -> str:
    """What the closest offer fails, one rule or several, with the rounded figures of each; and how far it is, where that fails nothing.

    >>> missed_words({"hours": {}, "language": {}}, 300, "en").replace("\\u00a0", " ")
    'Closest to it: somebody about 300 m away who is free at other hours and speaks none of the languages asked for.'
    """
    *most, last = [
        say(MISSED_AREA if "outside_m" in figures else MISSED[rule], language, **_lengths(figures, language))
        for rule, figures in failed.items()
    ]
    what = say("%(first)s and %(last)s", language, first=", ".join(most), last=last) if most else last
    if "distance" in failed:
        return say("Closest to it: somebody who %(what)s.", language, what=what)
    distance = distance_words(distance_m, language)
    return say("Closest to it: somebody %(distance)s away who %(what)s.", language, distance=distance, what=what)


def term_words(name: str, metres: int, figures: Mapping[str, int], language: str) -> str:
    """What a term of a pair is for.

    >>> term_words("remote", 3000, {}, "en").replace("\\u00a0", " ")
    'from afar, which counts as 3 km'
    """
    phrase = TERM_AREA if name == "distance" and "radius_m" not in figures else TERMS[name]
    return say(phrase, language, metres=length_words(metres, language), **_lengths(figures, language))


def policy_words(name: str, metres: int, figures: Mapping[str, float], language: str) -> str:
    """What a term of a pair is for that is neither the way nor the distance. ``name`` is a key of :data:`POLICY_TERMS`.

    >>> policy_words("rest", 200, {"days_since": 3.2}, "en").replace("\\u00a0", " ")
    'asked 3 days ago (counts as 200 m more)'
    """
    counted, phrases = POLICY_TERMS[name]
    count = int(figures.get(counted, 0))
    parts = {figure: format_decimal(value, "0.#", locale=language) for figure, value in figures.items()}
    what = say(_from_count(phrases, count), language, count=str(count), **parts)
    return say(MORE_BY.get(name, MORE) if metres > 0 else LESS, language, what=what, metres=length_words(abs(metres), language))


def total_words(metres: int, language: str) -> str:
    """What the terms of a pair come to, told as any distance is: to a hundred metres, beyond a thousand in kilometres.

    >>> [total_words(metres, "fr").replace("\\u00a0", " ") for metres in (707, 11538)]
    ['En tout, environ 700 m.', 'En tout, environ 11,5 km.']
    """
    return say(TOTAL, language, metres=length_words(round(metres, -2), language))


def waited_words(metres: int, days: float, language: str) -> str:
    """What a request's waiting is worth.

    >>> waited_words(250, 5.5, "en").replace("\\u00a0", " ")
    'The request has waited 5 days: it comes before one just posted, equally urgent, that is up to 250 m nearer.'
    """
    return say(_from_count(WAITED, int(days)), language, count=str(int(days)), metres=length_words(metres, language))


def _from_count(phrases: Mapping[int, str], count: int) -> str:
    return phrases[max(least for least in phrases if least <= count)]


def _lengths(figures: Mapping[str, int], language: str) -> dict[str, str]:
    """``distance_m`` is about so far; any other length is as it is."""
    return {
        name.removesuffix("_m"): distance_words(figure, language) if name == "distance_m" else length_words(figure, language)
        for name, figure in figures.items()
    }
