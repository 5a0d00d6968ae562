"""Weekly hours as people write them, in French and English, read into ``opening_hours`` text.

"lundi à vendredi de 18 h à 20 h, samedi matin", "weekday evenings", "not on Sundays". What is read is shown back in words before it
counts, so a sentence is taken generously; but a word that is not known is refused, never passed over.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.week import DAY, PARTS, Span, Week, add, spell
from matching.hours import HoursError, half_hours, parse_hours

DAYTIME: Span = (9 * 60, 20 * 60)
"""What a day without hours means."""
EARLY, LATE = 8 * 60, 22 * 60
"""Where "before 10" begins and "after 6 pm" ends."""


class Unreadable(ValueError):
    """``part`` is the piece of the sentence that could not be read."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


# Phrases become single words first.
_PHRASES = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\bapres[- ]?midi", "afternoon"),
        (r"\bweek[- ]?end", "weekend"),
        (r"\b(tous les|chaque|every|each) (jour|day)s?\b|\btoute la semaine\b|\ball week\b|\b7 ?j(ours)?( ?/ ?| sur )7\b", "daily"),
        (r"\bjours? (de (la )?semaine|ouvres?|ouvrables?)\b|\b(working|week) days?\b", "weekday"),
        (r"\b(toute la|en|la) journee\b|\ball day( long)?\b|\b(during|in) the day\b", "daytime"),
    )
]
_WHOLE = dict.fromkeys(("a convenir", "a convenir ensemble", "to be agreed", "to be agreed between you"), "") | dict.fromkeys(
    ("a toute heure", "n'importe quand", "tout le temps", "toujours", "at any time", "any time", "anytime", "always"), "24/7"
)
_DAY_NAMES = (
    "lundi lun monday mon", "mardi mar tuesday tues tue", "mercredi mer wednesday weds wed", "jeudi jeu thursday thurs thur thu",
    "vendredi ven friday fri", "samedi sam saturday sat", "dimanche dim sunday sun",
)  # fmt: skip
_DAYS = {name: range(day, day + 1) for day, names in enumerate(_DAY_NAMES) for name in names.split()} | {
    "weekend": range(5, 7), "weekday": range(5), "week": range(5), "semaine": range(5), "daily": range(7),
}  # fmt: skip
_HOURS = {
    "matin": PARTS["morning"], "matinee": PARTS["morning"], "morning": PARTS["morning"],
    "afternoon": PARTS["afternoon"], "aprem": PARTS["afternoon"],
    "soir": PARTS["evening"], "soiree": PARTS["evening"], "evening": PARTS["evening"],
    "daytime": DAYTIME,
}  # fmt: skip
_CLOCK = {"midi": 12 * 60, "noon": 12 * 60, "minuit": DAY, "midnight": DAY}
_SMALL = {
    "to": "a au aux to -",
    "until": "till until jusqu'a jusqu'au",
    "and": "et and ou or ni nor , & + /",
    "not": "sauf except excepte hors pas not no jamais never without sans",
    "after": "after apres des from since partir",
    "before": "before avant",
    "between": "entre between",
    "": "le la les l du de d en dans in on the of at during for pour toute tout tous toutes every each chaque o'clock mais but "
        "je suis serai peux libre disponible dispo plutot surtout seulement uniquement i am i'm can free available usually mostly only",
}  # fmt: skip
_TO = ("to", "until")
_KIND = {word: kind for kind, words in _SMALL.items() for word in words.split()}
_TOKEN = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*(?:h|heures?|:|\.)(?:\s*(?P<minute>\d{2})(?!\s*(?:h|:|\d)))?)?\s*(?P<half>[ap]\.?m\b)?(?![a-z0-9])"
    r"|(?P<word>jusqu'au?|o'clock|i'm|n'importe|[a-z]+)|(?P<sign>[-,&+/])|(?P<nothing>[\s'().])|(?P<strange>\S+)"
)


@dataclass
class _Token:
    """``kind``: days, hours, time or one of the small words; ``half`` is the a or p of am and pm, where it was said."""

    kind: str
    said: str = ""
    days: range = range(0)
    hours: Span = (0, 0)
    half: str = ""
    joined: bool = False
    clock: bool = False


def read_week(sentence: str) -> str:
    """The ``opening_hours`` text that ``sentence`` means; that syntax itself is taken too.

    Raises :class:`Unreadable`, also where nobody could be met since half an hour is never in it.

    >>> read_week("Monday and Tuesday 6pm-8pm, Saturday morning")
    'Mo,Tu 18:00-20:00; Sa 09:00-12:00'
    """
    plain = _plain(sentence)
    if plain in _WHOLE:
        return _WHOLE[plain]
    try:
        parse_hours(sentence)
        text = sentence.strip()
    except HoursError:  # no opening_hours as the files have them, so it is read as words
        text = _read_words(sentence, plain)
    if not half_hours(parse_hours(text)):
        raise Unreadable(sentence.strip())
    return text


def _read_words(sentence: str, plain: str) -> str:
    clauses = [clause for part in re.split(r"[;\n]", plain) for clause in _clauses(list(_items(_tokens(part))))]
    yes, no = [0] * 7, [0] * 7
    if all(clause.negative for clause in clauses):
        _Clause().put_into(yes)
    for clause in clauses:
        clause.put_into(no if clause.negative else yes)
    week: Week = [day & ~gone for day, gone in zip(yes, no, strict=True)]
    if not clauses or not any(week):
        raise Unreadable(sentence.strip())
    return spell(week)


def _plain(text: str) -> str:
    """Lower case without accents, with one kind of space, dash and apostrophe."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", plain).replace("\u2019", "'")
    plain = re.sub(r"[^\S\n]+", " ", plain).strip().rstrip(".! ")
    for pattern, word in _PHRASES:
        plain = pattern.sub(word, plain)
    return plain


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for found in _TOKEN.finditer(text):
        said = found.group().strip()
        if found["hour"]:
            tokens.append(_time(said, int(found["hour"]), int(found["minute"] or 0), (found["half"] or "")[:1]))
        elif found["word"] or found["sign"]:
            tokens.append(_word(said))
        elif found["strange"]:
            raise Unreadable(said)
    return [token for token in tokens if token.kind]


def _time(said: str, hour: int, minute: int, half: str) -> _Token:
    at = hour * 60 + minute
    if minute > 59 or at > DAY or (half and not 1 <= hour <= 12):
        raise Unreadable(said)
    return _Token("time", said, hours=(_on_the_clock(at, half), 0), half=half)


def _on_the_clock(at: int, half: str) -> int:
    return at % 720 + (720 if half == "p" else 0) if half in ("a", "p") else at


def _word(said: str) -> _Token:
    for one in (said, said.removesuffix("s")):
        if one in _KIND:
            return _Token(_KIND[one], said)
        if one in _CLOCK:
            return _Token("time", said, hours=(_CLOCK[one], 0), half="said")
        if one in _DAYS:
            return _Token("days", said, days=_DAYS[one])
        if one in _HOURS:
            return _Token("hours", said, hours=_HOURS[one])
    raise Unreadable(said)


def _items(tokens: list[_Token]) -> Iterator[_Token]:
    """Days, hours and "not": ranges put together. ``joined``: after "and" or a comma; ``clock``: said by the clock."""
    at, joined = 0, False
    between = any(token.kind == "between" for token in tokens)
    while at < len(tokens):
        token, (link, other) = tokens[at], _following(tokens, at)
        at += 1
        if token.kind == "days" and link in _TO and other.kind == "days":
            first, last = token.days[0], other.days[-1]
            token.days, at = range(first, last + 1 if last >= first else last + 8), at + 2
        elif token.kind == "time":
            if other.kind != "time" or not (link in _TO or (link == "and" and between)):
                raise Unreadable(token.said)
            token, at = _Token("hours", hours=_range(token, other), clock=True), at + 2
        elif token.kind in ("after", "before", "until") and at < len(tokens) and tokens[at].kind == "time":
            if token.kind == "after" and _following(tokens, at)[0] in _TO:
                continue  # "from 6 to 8 pm"
            minute = tokens[at].hours[0]
            span = (minute, LATE) if token.kind == "after" else (EARLY, minute)
            if span[0] >= span[1]:
                raise Unreadable(tokens[at].said)
            token, at = _Token("hours", hours=span, clock=True), at + 1
        if token.kind == "and":
            joined = True
        elif token.kind in ("days", "hours", "not"):
            token.joined, joined = joined, False
            yield token


def _following(tokens: list[_Token], at: int) -> tuple[str, _Token]:
    """The kind of the next token, and the one after it."""
    nothing = _Token("nothing")
    link, other, *_ = [*tokens[at + 1 : at + 3], nothing, nothing]
    return link.kind, other


def _range(first: _Token, last: _Token) -> Span:
    """Two times as a span. "6 to 8 pm" and "11 to 1 pm" say am or pm only once."""
    start, end = first.hours[0], last.hours[0]
    if last.half == "p" and not first.half and start <= 720:
        start = _on_the_clock(start, "p") if _on_the_clock(start, "p") < end else start
    elif first.half == "p" and not last.half and end < 720:
        end += 720
    start, end = start % DAY, end or DAY
    if start == end:
        raise Unreadable(f"{first.said} – {last.said}")
    return start, end if end > start else end + DAY


@dataclass
class _Clause:
    """Days and their hours; all days, or the day's usual hours, where none are said. ``hours_first``: "mornings on Monday"."""

    days: set[int] = field(default_factory=set)
    hours: list[Span] = field(default_factory=list)
    negative: bool = False
    hours_first: bool = False
    last: _Token | None = None

    def ends_before(self, item: _Token, after: _Token | None) -> bool:
        """Whether ``item`` begins another clause. "Evenings and weekends" are two, "mornings on Monday and Tuesday" are one."""
        if item.kind == "hours":
            return self.hours_first and bool(self.days)
        if not self.hours_first:
            return bool(self.hours)
        own_hours = after is not None and after.kind == "hours" and not after.joined
        return item.joined and (own_hours or not self.days)

    def take(self, item: _Token) -> None:
        if item.kind == "days":
            self.days |= {day % 7 for day in item.days}
        else:
            self.hours_first = self.hours_first or not self.days
            self.hours = self._narrowed(item)
        self.last = item

    def _narrowed(self, item: _Token) -> list[Span]:
        """ "Saturday morning 10 to 11" and "6 to 8 in the evening" are one span each."""
        before = self.last
        if before is None or before.kind != "hours" or item.joined or before.clock == item.clock:
            return [*self.hours, item.hours]
        clock, part = (item.hours, before.hours) if item.clock else (before.hours, item.hours)
        later = clock[1] <= 720 and part[0] >= 720
        return [*self.hours[:-1], (clock[0] + 720, clock[1] + 720) if later else clock]

    def put_into(self, week: Week) -> None:
        for day in self.days or range(7):
            for span in self.hours or [(0, DAY) if self.negative else DAYTIME]:
                add(week, day, span)


def _clauses(items: list[_Token]) -> list[_Clause]:
    clauses: list[_Clause] = []
    negative = False
    for item, after in zip(items, [*items[1:], None], strict=False):
        if item.kind == "not":
            negative = True
            continue
        now = clauses[-1] if clauses and clauses[-1].negative == negative else None
        general = next((clause for clause in reversed(clauses) if not clause.negative), None)
        if negative and item.clock and general and not general.hours:
            general.take(item)  # "every day except Sunday, 6 to 8 pm"
        elif now and not now.ends_before(item, after):
            now.take(item)
        else:
            clauses.append(_Clause(negative=negative))
            clauses[-1].take(item)
    return clauses
