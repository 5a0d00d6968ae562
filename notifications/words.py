"""Plain data in a reader's words: moments, weekly hours, distances and kinds of help, in French and English.

A language that is not known here is answered in French.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, get_day_names

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
_WORDS = {
    "fr": {"to": "au", "and": "et", "at": "à", "daily": "tous les jours", "always": "à toute heure", "any": "à convenir ensemble"},
    "en": {"to": "to", "and": "and", "at": "at", "daily": "every day", "always": "at any time", "any": "to be agreed between you"},
}
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


def distance_words(distance_m: int, language: str) -> str:
    """About how far: metres up to 1 km, then kilometres with one decimal."""
    if distance_m < 1000:
        figure = f"{distance_m}{NBSP}m"
    else:
        kilometres = f"{distance_m / 1000:.1f}".removesuffix(".0")
        figure = f"{kilometres.replace('.', ',') if language == 'fr' else kilometres}{NBSP}km"
    return f"environ {figure}" if language == "fr" else f"about {figure}"


def walk_words(distance_m: int, language: str) -> str:
    """About how long the way takes: on foot at 4 km/h, by bike at 12 beyond 3 km; streets make it a third longer than a straight line.

    >>> walk_words(800, "en"), walk_words(5000, "fr")
    ('about 15 minutes’ walk', 'environ 30 minutes à vélo')
    """
    rides = distance_m > FURTHEST_WALK_M
    minutes = distance_m * DETOUR / METRES_A_MINUTE["bike" if rides else "foot"]
    rounded = max(2, round(minutes)) if minutes < 13 else 5 * round(minutes / 5)  # beyond, to the minute would say more than is known
    if language == "fr":
        return f"environ {rounded} minutes à {'vélo' if rides else 'pied'}"
    return f"about {rounded} minutes {'by bike' if rides else 'walk'}".replace("minutes walk", "minutes’ walk")


def moment_words(moment: dt.datetime, zone: ZoneInfo, language: str) -> str:
    """Weekday, day, month and clock time in ``zone``, without the year: "lundi 1er juin à 18 h 30"."""
    local = moment.astimezone(zone)
    day = format_date(local.date(), "EEEE d MMMM", locale=language)
    if language == "fr" and local.day == 1:
        day = day.replace(" 1 ", " 1er ")
    return f"{day} {_WORDS[language]['at']} {_clock(f'{local:%H:%M}', language)}"


def hours_words(text: str, language: str) -> str:
    """Weekly hours (``opening_hours`` text) in words. Empty text is any time; what is too special for words stays as it is.

    >>> hours_words("Mo-Fr 09:00-17:00", "en")
    'Monday to Friday, 09:00 – 17:00'
    """
    words = _WORDS[language]
    if not text.strip():
        return words["any"]
    if text.strip() == "24/7":
        return words["always"]
    week = _week(text)
    if week is None:
        return text
    names = [get_day_names("wide", locale=language)[day] for day in range(7)]
    groups = []
    first = 0
    for day in range(1, 8):  # days in a row that have the same hours are told together
        if day == 7 or week[day] != week[first]:
            if week[first]:
                groups.append(f"{_span(first, day - 1, names, words)}, {_times(week[first], language)}")
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


def _span(first: int, last: int, names: list[str], words: dict[str, str]) -> str:
    if (first, last) == (0, 6):
        return words["daily"]
    if first == last:
        return names[first]
    return f"{names[first]} {words['and' if last == first + 1 else 'to']} {names[last]}"


def _times(text: str, language: str) -> str:
    spans = [" – ".join(_clock(end, language) for end in span.split("-")) for span in re.split(", ?", text)]
    *most, last = spans
    return f"{', '.join(most)} {_WORDS[language]['and']} {last}" if most else last


def _clock(text: str, language: str) -> str:
    hour, minute = text.split(":")
    if language != "fr":
        return f"{hour:0>2}:{minute}"
    if (int(hour), minute) in ((0, "00"), (24, "00")):
        return "minuit"
    return f"{int(hour)}{NBSP}h" + (f"{NBSP}{minute}" if minute != "00" else "")
