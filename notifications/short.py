"""A message as a text message: what it is in a few words, one link, and the town hall's phone.

Two of the network's messages at most, in its own alphabet (GSM 03.38). One character from outside of it would make each hold 67 characters
in place of 153, so that ``ê`` becomes ``e``; ``é``, ``è``, ``à``, ``ù`` and ``ç``'s capital are in it.
"""

import re
import unicodedata

from notifications.messages import Message
from notifications.render import City, render
from notifications.words import LANGUAGES

LONGEST = 2 * 153
"""Two messages that belong together; of what each holds some characters say so."""
_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("^{}\\[~]|€")
_LIKE = str.maketrans({
    "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "œ": "oe", "Œ": "OE", "\u00a0": " ",
    "\u202f": " ", "°": "o",
})  # fmt: skip
_TOWN_HALL = {"fr": "Mairie : {}", "en": "Town hall: {}"}


def short(message: Message, language: str, city: City) -> str:
    """``message`` for a reader of ``language``, of :data:`LONGEST` characters at most. No name but what its subject says."""
    language = language if language in LANGUAGES else city.language
    what = plain(render(message, language, city).subject)
    around = [f"À deux pas, {city.name}", message.link, _TOWN_HALL[language].format(city.phone)]
    sender, *rest = [plain(line) for line in around]
    room = LONGEST - length("\n".join(filter(None, (sender, "…", *rest))))
    return "\n".join(filter(None, (sender, _cut(what, room), *rest)))


def length(text: str) -> int:
    """What ``text`` takes of a message's room."""
    return len(text) + sum(char in _DOUBLE for char in text)


def plain(text: str) -> str:
    """``text`` in the network's alphabet: accents that it lacks go, and what it cannot write at all is a question mark."""
    return "".join(_letter(char) for char in re.sub("« ?| ?»", '"', text.translate(_LIKE)))


def _letter(char: str) -> str:
    if char in _ALPHABET or char in _DOUBLE:
        return char
    bare = unicodedata.normalize("NFKD", char)[:1]
    return bare if bare in _ALPHABET else "?"


def _cut(text: str, room: int) -> str:
    if length(text) <= room:
        return text
    while text and length(text) > room - 3:
        text = text[:-1]
    return text.rstrip() + "..."
