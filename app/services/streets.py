"""The city's own table of streets: filled from a file, searched as people write, without accents or whole words."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from sqlalchemy import Row, select

from app.context import Context
from app.models import Street

_SHORT = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "bvd": "boulevard", "ch": "chemin", "fg": "faubourg",
    "fbg": "faubourg", "imp": "impasse", "pl": "place", "r": "rue", "rte": "route", "sq": "square", "st": "saint", "ste": "sainte",
    "dr": "docteur", "gal": "general", "mal": "marechal", "pdt": "president", "pr": "professeur",
}  # fmt: skip
_SMALL = {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les"}
_PART_OF_TOWN = {"arr", "arrondissement", "cedex", "e", "eme", "er"}
"""What may stand behind a town's name and names a part of it, as numbers do."""
_NUMBER = re.compile(r"\s*(\d{1,4})\s*(bis|ter|quater|[a-h])?(?=[\s,]|$)[\s,]*", re.IGNORECASE)
_POSTCODE = re.compile(r"\b(\d{5})\b")
_AS_ALIKE = 0.8
"""How alike two names must be, from 0 to 1, for one to be taken for the other with a slip of the pen."""
_MOST_COMPARED = 2000


class Address(NamedTuple):
    """A house, or a street's own point where ``number`` is empty. ``number``: ``12`` or ``12 bis``. The postcode may be empty."""

    number: str
    street: str
    postcode: str
    town: str
    lon: float
    lat: float


class Added(NamedTuple):
    """How many streets are new, and how many houses are new or have moved."""

    streets: int
    houses: int


@dataclass(frozen=True)
class Suggestion:
    """An address that may be the one that was meant. ``approximate``: the street is known but not the house."""

    address: str
    postcode: str
    town: str
    lon: float
    lat: float
    approximate: bool = False

    @property
    def label(self) -> str:
        return f"{self.address}, {self.postcode} {self.town}".replace(",  ", ", ")


def plain(text: str) -> str:
    """Lower case, without accents and signs.

    >>> plain("Place de l’Œuvre, Château-Gaillard")
    'place de l oeuvre chateau gaillard'
    """
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in bare if not unicodedata.combining(c))))


def meaning(address: str) -> str:
    """What two ways of writing one address have in common.

    >>> meaning("12bis, bd de l’Europe") == meaning("12 Bis Boulevard de l'Europe")
    True
    """
    number, street = split_number(address)
    return " ".join([number, *(_SHORT.get(word, word) for word in plain(street).split() if word not in _SMALL)])


def same_town(one: str, other: str) -> bool:
    """Whether two ways of writing a town mean the same one.

    >>> same_town("LYON 4e", "Lyon"), same_town("St Étienne", "Saint-Etienne"), same_town("Marseille", "Lyon")
    (True, True, False)
    """
    return _town_words(one) == _town_words(other)


def _town_words(town: str) -> list[str]:
    left_out = _SMALL | _PART_OF_TOWN
    return [_SHORT.get(word, word) for word in plain(town).split() if word not in left_out and not word[0].isdigit()]


def split_number(address: str) -> tuple[str, str]:
    """The house number at the beginning, ``12 bis``, and the rest."""
    found = _NUMBER.match(address)
    return (" ".join(filter(None, found.groups())).lower(), address[found.end() :]) if found else ("", address.strip())


def add(ctx: Context, rows: Iterable[Address]) -> Added:
    """Put addresses into the table; what is there already stays, so that a file can be imported again after a change."""
    streets: dict[tuple[str, str, str], dict[str, list[float]]] = defaultdict(dict)
    names: dict[tuple[str, str, str], str] = {}
    for row in rows:
        key = (row.postcode, row.town, plain(row.street))
        names.setdefault(key, row.street)
        streets[key][row.number] = [row.lon, row.lat]
    new = moved = 0
    with ctx.db.write() as session:
        wanted = select(Street).where(Street.postcode.in_({postcode for postcode, _, _ in streets}))
        known = {(street.postcode, street.town, street.key): street for street in session.scalars(wanted)}
        for key, houses in streets.items():
            own = houses.pop("", None)
            street = known.get(key)
            before = street.numbers if street else {}
            numbers = before | houses
            moved += sum(before.get(number) != point for number, point in houses.items())
            if street is None:
                postcode, town, plain_name = key
                street = Street(name=names[key], key=plain_name, postcode=postcode, town=town)
                session.add(street)
                new += 1
            if own or numbers != before:
                street.numbers = numbers
                street.lon, street.lat = own or _middle(list(numbers.values()))
    return Added(new, moved)


def _middle(points: list[list[float]]) -> list[float]:
    """The point that is nearest to the middle of all: a street may bend, and its middle lie beside it."""
    lon, lat = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return min(points, key=lambda point: (point[0] - lon) ** 2 + (point[1] - lat) ** 2)


def is_empty(ctx: Context) -> bool:
    """Whether no street has been put in."""
    with ctx.db.read() as session:
        return session.scalar(select(Street.id).limit(1)) is None


def covers(ctx: Context, postcode: str, town: str) -> bool:
    """Whether an address with this postcode may be in the table: where it has none of that postcode, the place is elsewhere. Streets
    without postcode go by their town; an empty table cannot tell."""
    with ctx.db.read() as session:
        rows = session.execute(select(Street.postcode, Street.town).distinct()).all()
    return not rows or any(row.postcode == postcode or (not row.postcode and same_town(row.town, town)) for row in rows)


def find(ctx: Context, text: str, limit: int = 6) -> list[Suggestion]:
    """The addresses that ``text`` may mean, the likeliest first: a number, words of a street's name, a postcode, a town, as far as
    they are typed. A name with a slip of the pen is found where no other is."""
    number, rest = split_number(text)
    before, postcode, after = [*_POSTCODE.split(rest, maxsplit=1), "", ""][:3]
    words = plain(before).split()
    if not any(word not in _SMALL for word in words):
        return []
    with ctx.db.read() as session:
        rows = session.execute(select(Street.id, Street.key, Street.postcode, Street.town)).all()
        here = [row for row in rows if not postcode or row.postcode in ("", postcode)]
        towns = {part for row in here for part in plain(row.town).split()}
        words += [word for word in plain(after).split() if any(part.startswith(word) for part in towns)]
        ids = _ranked(words, here)[: 4 * limit] or _alike(words, here, towns, limit) or _ranked(words, rows)[:limit]
        streets = {street.id: street for street in session.scalars(select(Street).where(Street.id.in_(ids)))}
    found = [_suggestion(streets[each], number) for each in ids]
    return sorted(found, key=lambda one: bool(number) and one.approximate)[:limit]


def _ranked(words: list[str], rows: Sequence[Row[int, str, str, str]]) -> list[int]:
    ranked = sorted((*rank, row.key, row.postcode, row.id) for row in rows if (rank := _rank(words, row)))
    return [row_id for *_, row_id in ranked]


def _rank(words: list[str], row: Row[int, str, str, str]) -> tuple[int, int, int] | None:
    """How far a street is from what was typed, or ``None`` when a word of it is neither in its name nor in its town."""
    name, town = row.key.split(), plain(row.town).split()
    hit: set[int] = set()
    only_begun = 0
    for word in words:
        forms = {word, _SHORT.get(word, word)}
        at = next((i for i, part in enumerate(name) if i not in hit and part in forms), None)
        if at is None:
            at = next((i for i, part in enumerate(name) if i not in hit and part.startswith(tuple(forms))), None)
            only_begun += at is not None
        if at is not None:
            hit.add(at)
        elif word not in _SMALL and not any(part.startswith(word) for part in (*town, row.postcode)):
            return None
    if not any(name[i] not in _SMALL for i in hit):
        return None
    missing = sum(i not in hit and part not in _SMALL for i, part in enumerate(name))
    return missing, only_begun, len(name)


def _alike(words: list[str], rows: Sequence[Row[int, str, str, str]], towns: set[str], limit: int) -> list[int]:
    """Streets whose name differs by a slip of the pen."""
    if len(rows) > _MOST_COMPARED:
        return []
    typed = " ".join(_SHORT.get(word, word) for word in words if word not in towns)
    close = get_close_matches(typed, {row.key for row in rows}, limit, _AS_ALIKE)
    return [row.id for key in close for row in rows if row.key == key][:limit]


def _suggestion(street: Street, number: str) -> Suggestion:
    """The house, or the nearest number's place, or the street's."""
    full = number.removesuffix(" b") + " bis" if number.endswith(" b") and number not in street.numbers else number
    address = f"{full} {street.name}".strip()
    if full in street.numbers:
        return Suggestion(address, street.postcode, street.town, *street.numbers[full])
    lon, lat = street.lon, street.lat
    if number and street.numbers:
        wanted = int(number.split()[0])
        lon, lat = street.numbers[min(street.numbers, key=lambda each: (abs(int(each.split()[0]) - wanted), each))]
    return Suggestion(address, street.postcode, street.town, lon, lat, approximate=True)
