"""The sentences of messages as texts that the city may say in its own words (see :mod:`app.city_words`)."""

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from flask_babel import lazy_gettext as _l

from app.city_words import LONGEST, Said
from app.extensions import ctx
from app.services.own_mail import city, texts
from notifications.own import FIELD, Own, subject
from notifications.render import City, Rendered, render
from notifications.samples import CITY, SAMPLES, ways

LONGEST_SUBJECT = 120


@dataclass(frozen=True)
class Sentence(Said):
    """One sentence of the messages of ``kind``, in one language."""

    kind: str = ""

    field: ClassVar = FIELD

    def original(self, language: str) -> str:
        return self.delivered

    def preview(self, text: str, language: str) -> str:
        return "\n\n".join((self.rendered(text, language).subject, self.rendered(text, language).text))

    def rendered(self, text: str, language: str) -> Rendered:
        """The first sample that has the sentence in it, with ``text`` in its place."""
        here = city(ctx())
        others = frozenset(each for each in here.own() if each[:3] != (self.kind, language, self.delivered))
        with_it, without = (self._samples(language, here, others | {(self.kind, language, self.delivered, said)}) for said in (text, "…"))
        return next((shown for shown, other in zip(with_it, without, strict=True) if shown != other), with_it[0])

    def _samples(self, language: str, here: City, own: Own) -> list[Rendered]:
        here = replace(here, own=lambda: own)
        return [render(sample, language, here, ways(sample.topic)) for sample in SAMPLES.values() if sample.kind == self.kind]


def sentence(key: str, language: str) -> Sentence | None:
    """The text of that key, if there is one in the language."""
    if key not in texts(language):
        return None
    kind, delivered = texts(language)[key]
    is_subject = delivered == subject(kind, language)
    where = _l("The subject of a message") if is_subject else _l("A sentence of a message")
    return Sentence(delivered, "messages", where, LONGEST_SUBJECT if is_subject else LONGEST, kind=kind)


def by_message(language: str) -> list[tuple[str, list[tuple[str, Sentence]]]]:
    """All of them in a language, under the subject of their message as it may arrive."""
    found: dict[str, list[tuple[str, Sentence]]] = {}
    for key in texts(language):
        if one := sentence(key, language):
            found.setdefault(one.kind, []).append((key, one))
    return [(_heading(kind, language), each) for kind, each in found.items()]


@cache
def _heading(kind: str, language: str) -> str:
    return render(next(message for message in SAMPLES.values() if message.kind == kind), language, CITY).subject
