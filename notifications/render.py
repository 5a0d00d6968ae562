"""A message in the reader's language, as subject, text and HTML.

Fields become words first (:mod:`notifications.words`), stripped of whatever could end a line or hide; the templates then
place them. In HTML every field is escaped; nothing in a field is ever read as markup or as a header.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

from markupsafe import Markup

from notifications import calendar
from notifications.calendar import CalendarPart, Invitation
from notifications.messages import Item, Message
from notifications.own import HELP, Own, environment
from notifications.words import (
    LANGUAGES,
    NBSP,
    category_words,
    distance_words,
    hours_words,
    length_words,
    moment_words,
    phone_words,
    rhythm_words,
)

_SUBJECT_LENGTH = 150

@dataclass(frozen=True)
class City:
    """What every message says of the city: ``hours`` is ``opening_hours`` text, ``timezone`` an IANA name.

    ``language`` is what whoever reads a language without messages is written in. ``own`` gives the sentences that the city says in its own
    words, as they are when a message is rendered.
    """

    name: str
    phone: str
    hours: str
    url: str
    timezone: str
    language: str = LANGUAGES[0]
    own: Callable[[], Own] = frozenset


@dataclass(frozen=True)
class Ways:
    """Where the reader chooses what they get: all of it at ``wishes_url``; ``stop_url`` stops what this message is of (empty: nobody
    can do without that)."""

    wishes_url: str
    stop_url: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """RFC 2369, and RFC 8058 for mail programs that unsubscribe with one click, which wants TLS."""
        if not self.stop_url:
            return {}
        one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if self.stop_url.startswith("https:") else {}
        return {"List-Unsubscribe": f"<{self.stop_url}>"} | one_click


@dataclass(frozen=True)
class Rendered:
    """``subject`` is one line, safe for a header."""

    subject: str
    text: str
    html: str


def render(message: Message, language: str, city: City, ways: Ways | None = None, *, on_paper: bool = False) -> Rendered:
    """``message`` for a reader of ``language`` (the city's where there is no such translation), with links to choose what they get.

    Without links the text is for an agent to say; ``on_paper`` it is for a letter, whose slip takes the answer.
    """
    language = language if language in LANGUAGES else city.language
    return _rendered(message, language, city, {"ways": ways, "inside": False, "on_paper": on_paper})


def _rendered(message: Message, language: str, city: City, more: dict[str, object]) -> Rendered:
    """``inside`` a digest it is its body alone."""
    words = _words(message, language, city) | more

    def part(name: str) -> str:
        return environment(city.own()).get_template(f"{message.kind}/{language}/{name}").render(words)

    words["subject"] = subject = spaced(_one_line(part("subject.txt"))[:_SUBJECT_LENGTH], language)
    text = re.sub(r"\n{3,}", "\n\n", part("body.txt")).strip() + "\n"
    return Rendered(subject, spaced(text, language), spaced(part("body.html"), language))


def calendar_part(message: Message, language: str, city: City, to: str) -> CalendarPart | None:
    """What ``message`` puts into the calendar of the address ``to``, if anything."""
    invitation = getattr(message, "invitation", None)
    if invitation is None:
        return None
    return calendar_entry(invitation, language, city, to)


def calendar_entry(invitation: Invitation, language: str, city: City, to: str | None = None) -> CalendarPart:
    """The entry for the calendar of the address ``to``; without one, a file that anybody may open."""
    language = language if language in LANGUAGES else city.language
    what = _help_words(invitation.category, language, city)
    return calendar.write(invitation, what, language, city.phone, ZoneInfo(city.timezone), to)


def spaced(text: str, language: str) -> str:
    """French sets a space before these signs, which must not become the end of a line."""
    return re.sub(r" (?=[?!:;»–])|(?<=«) ", NBSP, text) if language == "fr" else text


def _words(message: Message, language: str, city: City) -> dict[str, object]:
    """What the templates see: each field under its own name, ``distance`` for ``distance_m``, ``rhythm`` for ``weeks``."""
    zone = ZoneInfo(city.timezone)
    words: dict[str, object] = {"language": language, "city": city, "hours": hours_words(city.hours or "24/7", language)}
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, dt.datetime):
            words[field.name] = moment_words(value, zone, language)
        elif field.name == "radius_m":
            words["radius"] = length_words(value, language) if value else ""
        elif field.name == "distance_m":
            words["distance"] = "" if value is None else distance_words(value, language)
        elif field.name == "weeks":
            words["rhythm"] = rhythm_words(value, language)
        elif field.name == "items":
            words["items"] = [_item_words(item, zone, language, city) for item in value]
        elif isinstance(value, str):
            words[field.name] = _field_words(field.name, value, language, city)
        else:
            words[field.name] = value
    return words


def _item_words(item: Item, zone: ZoneInfo, language: str, city: City) -> dict[str, str]:
    inside = _rendered(item.message, language, city, {"ways": None, "inside": True, "on_paper": False})
    when = moment_words(item.written_at, zone, language)
    return {"subject": inside.subject, "written_at": when, "text": inside.text, "html": Markup(inside.html)}


def _field_words(name: str, value: str, language: str, city: City) -> str:
    if name == "details":  # the one that people write in several lines
        return "\n".join(line for line in map(_one_line, value.splitlines()) if line)
    if name == "category":
        return _help_words(_one_line(value), language, city)
    if name == "other_phone":
        return phone_words(_one_line(value))
    return hours_words(_one_line(value), language) if name == "when" else _one_line(value)


def _help_words(category: str, language: str, city: City) -> str:
    """A kind of help in the city's own words, or as it is delivered."""
    delivered = category_words(category, language)
    return next((new for kind, spoken, old, new in city.own() if (kind, spoken, old) == (HELP, language, delivered)), delivered)


def _one_line(text: str) -> str:
    """``text`` without line ends, control, invisible and unpaired characters; each run of spaces is one."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
