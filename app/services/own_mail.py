"""Sentences of messages in the city's own words: their keys in the table of wordings, and the city as messages are to speak of it."""

import hashlib
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache

from sqlalchemy.exc import SQLAlchemyError

from app.context import Context
from app.services import wording
from config.categories import CATEGORIES
from notifications.messages import MESSAGES
from notifications.own import HELP, Own, sentences
from notifications.render import City
from notifications.words import LANGUAGES, category_words

LOOK_EVERY_S = 1.0


@cache
def texts(language: str) -> dict[str, tuple[str, str]]:
    """Each message and sentence that may be said otherwise, by its key. A sentence that is delivered in other words one day has another
    key: what the city had in place of the old one stands no more."""
    return {_key(kind, each): (kind, each) for kind in MESSAGES for each in sentences(kind, language)} if language in LANGUAGES else {}


def _key(kind: str, sentence: str) -> str:
    return f"mail-{kind}-{hashlib.sha256(sentence.encode()).hexdigest()[:8]}"


def own_of(words: wording.Words) -> Own:
    """The city's own sentences and kinds of help, as messages take them."""
    own: set[tuple[str, str, str, str]] = set()
    for language in LANGUAGES:
        said, delivered = words.texts.get(language, {}), texts(language)
        own |= {(delivered[key][0], language, delivered[key][1], text) for key, text in said.items() if key in delivered}
        own |= {(HELP, language, category_words(slug, language), said[f"{slug}-phrase"]) for slug in CATEGORIES if f"{slug}-phrase" in said}
    return frozenset(own)


def city(ctx: Context) -> City:
    """The city with its own words, looked up again after a second: a relay renders hundreds of messages in one. While the database is
    away they are as they were: no message may fail for it."""
    looked_at, found = float("-inf"), Own(())

    def own() -> Own:
        nonlocal looked_at, found
        if time.monotonic() - looked_at >= LOOK_EVERY_S:
            with suppress(SQLAlchemyError):
                found = own_of(wording.words(ctx))
            looked_at = time.monotonic()
        return found

    return replace(ctx.city, own=own)
