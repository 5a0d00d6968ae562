"""One row's cells read one by one, with everything that is wrong with them kept."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, tzinfo

from app.contacts import normal_email, normal_phone
from app.sheets.languages import ISO_639_1
from app.sheets.table import Problem, shown
from matching.hours import ANY_TIME, HoursError, HoursReason, half_hours, parse_hours

_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HOURS: dict[HoursReason, str] = {
    "syntax": "cannot be read as weekly hours such as Mo-Fr 18:00-20:00; Sa 09:00-12:00",
    "unsupported": "may hold weekdays and clock times only, such as Mo-Fr 18:00-20:00; Sa 09:00-12:00",
    "equal_ends": "has a span that begins and ends at the same time: write 00:00-24:00 for a whole day",
}
_TOO_SHORT = "never holds half an hour in whole quarters, such as 10:15-10:45, so nobody could be met: give longer hours, or leave it out"


class Cells:
    """Each method takes a column, trims its cell and gives a default for one that is empty or wrong; ``problems`` has the wrong ones.

    ``decimal_comma`` and ``zone`` are those of :class:`app.sheets.table.Table`. Names, contacts and addresses are never repeated
    in a problem.
    """

    def __init__(self, cells: dict[str, str], *, decimal_comma: bool = False, zone: tzinfo | None = None) -> None:
        self._cells = cells
        self._decimal_comma = decimal_comma
        self._zone = zone
        self.problems: list[Problem] = []

    def refuse(self, column: str, reason: str) -> None:
        self.problems.append(Problem(column, reason))

    def given(self, column: str) -> bool:
        return bool(self._cells.get(column, "").strip())

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        text = self._cells.get(column, "").strip()
        if not text:
            if required:
                self.refuse(column, "is missing")
        elif len(text) > longest:
            self.refuse(column, f"has {len(text)} characters but may have {longest}")
        elif _UNWANTED.search(text):
            self.refuse(column, "has a line break, a control character or one that cannot be read")
        else:
            return text
        return ""

    def lines(self, column: str, longest: int) -> str:
        """A text that may have been typed in several lines, in one."""
        parts = (part.strip(" ,") for part in self._cells.get(column, "").splitlines())
        self._cells[column] = ", ".join(filter(None, parts))
        return self.text(column, longest)

    def whole(self, column: str, low: int, high: int, default: int) -> int:
        text = self.text(column, 40)
        if not text:
            return default
        if _WHOLE.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        self.refuse(column, f"is {shown(text)} but must be a whole number from {low} to {high}")
        return default

    def degrees(self, column: str, limit: int) -> float | None:
        """A coordinate from ``-limit`` to ``limit`` degrees."""
        text = self.text(column, 60)
        if not text:
            return None
        number = text.replace(",", ".", 1) if self._decimal_comma else text
        if not _NUMBER.fullmatch(number):
            self.refuse(column, f"is {shown(text)} but must be a number of degrees such as 45.7640")
        elif not -limit <= float(number) <= limit:
            self.refuse(column, f"is {shown(text)} but must be between -{limit} and {limit}")
        else:
            return float(number)
        return None

    def one_of(self, column: str, allowed: Sequence[str], default: str) -> str:
        text = self.text(column, 200).lower()
        if not text or text in allowed:
            return text or default
        self.refuse(column, f"is {shown(text)} but must be {', '.join(allowed[:-1])} or {allowed[-1]}")
        return default

    def languages(self, column: str) -> tuple[str, ...]:
        codes = self._several(column, 200)
        self._refuse_unknown(column, codes, ISO_639_1.__contains__, "is no two-letter language code such as fr (ISO 639-1)")
        return codes or ("fr",)

    def categories(self, column: str, known: Collection[str] | None) -> tuple[str, ...]:
        """Slugs, of those that are ``known``; of any kind when ``None``."""
        slugs = self._several(column, 2000)
        if not slugs and not self.given(column):
            self.refuse(column, "is missing")
        if known is None:
            self._refuse_unknown(column, slugs, _SLUG.fullmatch, "is no category: small letters, digits, - and _ only")
        else:
            self._refuse_unknown(column, slugs, known.__contains__, f"is no category: they are {', '.join(sorted(known))}")
        return slugs

    def _several(self, column: str, longest: int) -> tuple[str, ...]:
        text = self.text(column, longest).lower()
        values = tuple(dict.fromkeys(value for part in text.split("|") if (value := part.strip())))
        if text and not values:
            self.refuse(column, "holds nothing but separators")
        return values

    def _refuse_unknown(self, column: str, values: Iterable[str], known: Callable[[str], object], reason: str) -> None:
        for value in values:
            if not known(value):
                self.refuse(column, f"{shown(value)} {reason}")

    def email(self, column: str) -> str | None:
        return self._contact(column, normal_email, "is not an e-mail address such as nom@example.org")

    def phone(self, column: str) -> str | None:
        return self._contact(column, normal_phone, "is not a phone number such as 06 39 98 12 34 or +32 2 123 45 67")

    def _contact(self, column: str, normal: Callable[[str], str], reason: str) -> str | None:
        text = self.text(column, 254)
        try:
            return normal(text) if text else None
        except ValueError:
            self.refuse(column, reason)
            return None

    def hours(self, column: str) -> tuple[str, int]:
        """The text and its mask, in which somebody could be met."""
        text = self.text(column, 1000)
        try:
            mask = parse_hours(text)
        except HoursError as e:
            self.refuse(column, _HOURS[e.reason])
            return "", ANY_TIME
        if half_hours(mask):
            return text, mask
        self.refuse(column, _TOO_SHORT)
        return "", ANY_TIME

    def moment(self, column: str) -> datetime | None:
        """A time with its zone; one without takes the table's."""
        text = self.text(column, 60)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.refuse(column, f"is {shown(text)} but must be a time such as 2026-11-02T01:00:00+01:00")
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        if not moment.tzinfo:
            self.refuse(column, f"is {shown(text)} but must end with a zone, such as +01:00")
        elif not 2000 <= moment.year <= 2100:
            self.refuse(column, f"is {shown(text)} but must lie between 2000 and 2100")
        else:
            return moment
        return None
