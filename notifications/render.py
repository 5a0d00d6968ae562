"""A message in the reader's language, as subject, text and HTML."""

from dataclasses import dataclass

from notifications.messages import Message


@dataclass(frozen=True)
class City:
    """What every message says of the city: ``hours`` is ``opening_hours`` text, ``timezone`` an IANA name."""

    name: str
    phone: str
    hours: str
    url: str
    timezone: str


@dataclass(frozen=True)
class Rendered:
    """``subject`` is one line, safe for a header."""

    subject: str
    text: str
    html: str


def render(message: Message, language: str, city: City) -> Rendered:
    raise NotImplementedError
