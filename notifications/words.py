"""Plain data in a reader's words: moments, weekly hours, distances and kinds of help.

``LANGUAGES`` are those that messages are written in. Pages may speak more: their words are learnt from the catalogue (:func:`learn`).
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal

LANGUAGES = ("fr", "en")
NBSP = "\u00a0"

_HELP = {
    "shopping": {"fr": "les courses", "en": "shopping"},
    "pharmacy": {"fr": "un passage à la pharmacie", "en": "a trip to the pharmacy"},
    "homework": {"fr": "les devoirs d’un enfant", "en": "a child’s homework"},
    "conversation": {"fr": "un moment de conversation", "en": "a friendly conversation"},
    "accompaniment": {"fr": "un accompagnement", "en": "getting somewhere"},
    "paperwork": {"fr": "des démarches administratives", "en": "paperwork"},
    "small_repairs": {"fr": "du petit bricolage", "en": "small repairs"},
    "pets": {"fr": "un animal", "en": "a pet"},
}
_WORDS: dict[str, Mapping[str, str]] = {
    "fr": {
        "EEEE d MMMM": "EEEE d MMMM",
        "%(day)s at %(time)s": "%(day)s à %(time)s",
        "%(day)s %(time)s": "%(day)s à %(time)s",
        "today": "aujourd’hui",
        "tomorrow": "demain",
        "yesterday": "hier",
        "%(first)s to %(last)s": "du %(first)s au %(last)s",
        "%(first)s and %(last)s": "%(first)s et %(last)s",
        "every day": "tous les jours",
        "every week": "chaque semaine",
        "every two weeks": "toutes les deux semaines",
        "at any time": "à toute heure",
        "to be agreed between you": "à convenir ensemble",
        "about %(distance)s": "environ %(distance)s",
        "about %(minutes)s minutes’ walk": "environ %(minutes)s minutes à pied",
        "about %(minutes)s minutes by bike": "environ %(minutes)s minutes à vélo",
        "Nobody offers this kind of help.": "Personne ne propose ce type d’aide.",
        "1 volunteer offers this.": "1 bénévole propose cette aide.",
        "%(count)s volunteers offer this.": "%(count)s bénévoles proposent cette aide.",
        "1 of them has this request already.": "1 de ces bénévoles a déjà reçu cette demande.",
        "%(count)s of them have this request already.": "%(count)s de ces bénévoles ont déjà reçu cette demande.",
        "1 of them could help but is busy with others.": "1 de ces bénévoles pourrait aider, mais aide déjà d’autres personnes.",
        "%(count)s of them could help but are busy with others.": (
            "%(count)s de ces bénévoles pourraient aider, mais aident déjà d’autres personnes."
        ),
        "1 of them can be asked now.": "La demande peut être proposée à 1 de ces bénévoles.",
        "%(count)s of them can be asked now.": "La demande peut être proposée à %(count)s de ces bénévoles.",
        "Closest to it: somebody who %(what)s.": "Au plus près\u00a0: une personne qui %(what)s.",
        "Closest to it: somebody %(distance)s away who %(what)s.": "Au plus près\u00a0: une personne à %(distance)s, qui %(what)s.",
        "helps in another way than asked for": "aide d’une autre façon que demandé",
        "takes requests up to %(radius)s away (this one is %(distance)s away)": (
            "se déplace jusqu’à %(radius)s (cette demande est à %(distance)s)"
        ),
        "is free at other hours": "est libre à d’autres heures",
        "speaks none of the languages asked for": "ne parle aucune des langues demandées",
        "is not verified as far as asked for": "n’a pas le niveau de vérification demandé",
        "is off duty": "est en pause",
        "is busy with others": "aide déjà d’autres personnes",
        "goes to an area of their own (this one is %(outside)s outside the area)": (
            "se déplace dans son propre secteur (cette demande est à %(outside)s du secteur)"
        ),
        "%(what)s: %(count)s": "%(what)s\u00a0: %(count)s",
        "another kind of help": "autre type d’aide",
        "another way, face to face or from afar": "autre façon, en personne ou à distance",
        "too far away": "trop loin",
        "free at other hours": "libres à d’autres heures",
        "other languages": "autres langues",
        "the person’s own offer": "proposition de la personne elle-même",
        "not to be brought together": "à ne pas mettre en relation",
        "not verified far enough": "vérification insuffisante",
        "off duty": "en pause",
        "%(distance)s away, within this volunteer’s radius of %(radius)s": (
            "à %(distance)s, dans le rayon de %(radius)s de la ou du bénévole"
        ),
        "%(distance)s away, within this volunteer’s area": "à %(distance)s, dans le secteur de la ou du bénévole",
        "from afar, which counts as %(metres)s": "à distance, ce qui compte pour %(metres)s",
        "%(what)s (counts as %(metres)s more)": "%(what)s (compte pour %(metres)s de plus)",
        "%(what)s (counts as %(metres)s less)": "%(what)s (compte pour %(metres)s de moins)",
        "%(what)s (counts as %(metres)s more; each yes takes some off)": (
            "%(what)s (compte pour %(metres)s de plus\u00a0; chaque oui en enlève)"
        ),
        "In all about %(metres)s.": "En tout, environ %(metres)s.",
        "asked today": "sollicitation aujourd’hui",
        "asked 1 day ago": "sollicitation il y a 1 jour",
        "asked %(count)s days ago": "sollicitation il y a %(count)s jours",
        "asked once in seven days": "1 sollicitation en sept jours",
        "asked %(count)s times in seven days": "%(count)s sollicitations en sept jours",
        "requests in thirty days: %(count)s, on average nearby: %(nearby_30)s": (
            "sollicitations en trente jours\u00a0: %(count)s, en moyenne à proximité\u00a0: %(nearby_30)s"
        ),
        "no answers yet to know them by": "pas encore de réponses connues",
        "answers that were yes, few so far: %(yes)s of %(count)s": "réponses positives, encore peu nombreuses\u00a0: %(yes)s sur %(count)s",
        "answers that were yes: %(yes)s of %(count)s": "réponses positives\u00a0: %(yes)s sur %(count)s",
        "an earlier match of the two went well": "une mise en relation précédente des deux s’est bien passée",
        "The request has waited less than a day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.": (
            "La demande attend depuis moins d’un jour\u00a0: elle passe avant une demande aussi urgente qui vient d’être déposée, "
            "jusqu’à %(metres)s plus proche."
        ),
        "The request has waited 1 day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.": (
            "La demande attend depuis 1 jour\u00a0: elle passe avant une demande aussi urgente qui vient d’être déposée, "
            "jusqu’à %(metres)s plus proche."
        ),
        "The request has waited %(count)s days: it comes before one just posted, equally urgent, that is up to %(metres)s nearer.": (
            "La demande attend depuis %(count)s jours\u00a0: elle passe avant une demande aussi urgente qui vient d’être déposée, "
            "jusqu’à %(metres)s plus proche."
        ),
    },
}
_NEAR = {0: "today", 1: "tomorrow", -1: "yesterday"}
DETOUR = 1.3
"""How much longer a way through streets is than the straight line."""
FURTHEST_WALK_M = 3000
METRES_A_MINUTE = {"foot": 4000 / 60, "bike": 12000 / 60}
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_RULE = re.compile(r"(?:(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*) ?)?(?P<times>off|\d\d?:\d\d-\d\d?:\d\d(?:, ?\d\d?:\d\d-\d\d?:\d\d)*)")


def category_words(slug: str, language: str) -> str:
    """The kind of help as it stands after "aide pour" or "help with"; an unknown slug is shown as it is, without underscores.

    >>> category_words("shopping", "fr")
    'les courses'
    """
    return _HELP[slug][language] if slug in _HELP else slug.replace("_", " ")


def phone_words(phone: str) -> str:
    """A number in E.164 as people write it: a French one nationally, any other one with its country.

    >>> phone_words("+33639981234"), phone_words("+3221234567")
    ('06 39 98 12 34', '+32 2 123 45 67')
    """
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    form = phonenumbers.PhoneNumberFormat.NATIONAL if number.country_code == 33 else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def learn(language: str, words: Mapping[str, str]) -> None:
    """Say the small words of ``language`` so: theirs for each English one of the table above."""
    _WORDS[language] = words


def say(phrase: str, language: str, **parts: str) -> str:
    """One of the small words of the table above, with its parts put in."""
    return _WORDS.get(language, {}).get(phrase, phrase) % parts


def distance_words(distance_m: int, language: str) -> str:
    """About how far: metres up to 1 km, then kilometres with one decimal."""
    return say("about %(distance)s", language, distance=length_words(distance_m, language))


@lru_cache(10_000)  # the same lengths come again and again, and a number takes long to write
def length_words(length_m: int, language: str) -> str:
    """The same without "about"."""
    kilometres = format_decimal(length_m / 1000, "0.#", locale=language)
    return f"{length_m}{NBSP}m" if length_m < 1000 else f"{kilometres}{NBSP}km"


def walk_words(distance_m: int, language: str) -> str:
    """About how long the way takes: on foot at 4 km/h, by bike at 12 beyond 3 km; streets make it a third longer than a straight line.

    >>> walk_words(800, "en"), walk_words(5000, "fr")
    ('about 15 minutes’ walk', 'environ 30 minutes à vélo')
    """
    rides = distance_m > FURTHEST_WALK_M
    minutes = distance_m * DETOUR / METRES_A_MINUTE["bike" if rides else "foot"]
    rounded = max(2, round(minutes)) if minutes < 13 else 5 * round(minutes / 5)  # beyond, to the minute would say more than is known
    return say("about %(minutes)s minutes by bike" if rides else "about %(minutes)s minutes’ walk", language, minutes=str(rounded))


def moment_words(moment: dt.datetime, zone: ZoneInfo, language: str) -> str:
    """Weekday, day, month and clock time in ``zone``, without the year: "lundi 1er juin à 18 h 30"."""
    local = moment.astimezone(zone)
    return say("%(day)s at %(time)s", language, day=day_words(local.date(), language), time=hours_clock(f"{local:%H:%M}", language))


def when_words(moment: dt.datetime, now: dt.datetime, zone: ZoneInfo, language: str) -> str:
    """The same as one says it at ``now``: "hier à 9 h", "lundi à 14 h 10"; with its date from a week away on."""
    local = moment.astimezone(zone)
    away = (local.date() - now.astimezone(zone).date()).days
    if away in _NEAR:
        day = say(_NEAR[away], language)
    elif abs(away) < 7:
        day = get_day_names("wide", locale=language)[local.weekday()]
    else:
        day = day_words(local.date(), language)
    return say("%(day)s %(time)s", language, day=day, time=hours_clock(f"{local:%H:%M}", language))


def day_words(date: dt.date, language: str) -> str:
    """Weekday, day and month: "lundi 1er juin"."""
    words = format_date(date, say("EEEE d MMMM", language), locale=language)
    return words.replace(" 1 ", " 1er ") if language == "fr" and date.day == 1 else words


def rhythm_words(weeks: int, language: str) -> str:
    """How often help is given: each so many weeks; once is the empty text."""
    phrases = {0: "", 1: "every week", 2: "every two weeks"}
    return say(phrases[weeks], language) if weeks else ""


def hours_words(text: str, language: str) -> str:
    """Weekly hours (``opening_hours`` text) in words. Empty text is any time; what is too special for words stays as it is.

    >>> hours_words("Mo-Fr 09:00-17:00", "en")
    'Monday to Friday, 09:00 – 17:00'
    """
    if not text.strip():
        return say("to be agreed between you", language)
    if text.strip() == "24/7":
        return say("at any time", language)
    week = _week(text)
    if week is None:
        return text
    names = [get_day_names("wide", locale=language)[day] for day in range(7)]
    groups = []
    first = 0
    for day in range(1, 8):  # days in a row that have the same hours are told together
        if day == 7 or week[day] != week[first]:
            if week[first]:
                groups.append(f"{_span(first, day - 1, names, language)}, {_times(week[first], language)}")
            first = day
    return (" ; " if language == "fr" else "; ").join(groups) or text


def _week(text: str) -> list[str] | None:
    """The hours of each day from Monday on; a later rule replaces an earlier one on its days, as in ``opening_hours``."""
    week = [""] * 7
    for part in text.strip().rstrip(";").split(";"):
        rule = _RULE.fullmatch(part.strip())
        days = _days(rule["days"]) if rule else None
        if rule is None or days is None:
            return None
        for day in days:
            week[day] = "" if rule["times"] == "off" else rule["times"]
    return week


def _days(text: str | None) -> list[int] | None:
    if text is None:
        return list(range(7))
    days: list[int] = []
    for part in text.split(","):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in _DAYS for end in ends):
            return None
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        days += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return days


def _span(first: int, last: int, names: list[str], language: str) -> str:
    if (first, last) == (0, 6):
        return say("every day", language)
    if first == last:
        return names[first]
    phrase = "%(first)s and %(last)s" if last == first + 1 else "%(first)s to %(last)s"
    return say(phrase, language, first=names[first], last=names[last])


def _times(text: str, language: str) -> str:
    *most, last = [" – ".join(hours_clock(end, language) for end in span.split("-")) for span in re.split(", ?", text)]
    return say("%(first)s and %(last)s", language, first=", ".join(most), last=last) if most else last


def hours_clock(text: str, language: str) -> str:
    """A time of the day, as weekly hours have it.

    >>> hours_clock("9:00", "en")
    '09:00'
    """
    hour, minute = text.split(":")
    if language != "fr":
        return f"{hour:0>2}:{minute}"
    if (int(hour), minute) in ((0, "00"), (24, "00")):
        return "minuit"
    return f"{int(hour)}{NBSP}h" + (f"{NBSP}{minute}" if minute != "00" else "")
