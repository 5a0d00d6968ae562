"""Sentences of messages in the city's own words.

A message's text and its HTML have the same sentences. One that stands alone, a line of ``body.txt`` that is a whole paragraph of
``body.html``, or the subject, may be another one; links, buttons, lists, what is said in some cases only and what is about safety stay. So
nobody can break a message: what is put in its place is words and the fields that stood there before.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

FIELD = re.compile(r"\{\{ ([a-z_.]+) \}\}")
SUBJECT, TEXT, HTML = "subject.txt", "body.txt", "body.html"
Own = frozenset[tuple[str, str, str, str]]
"""Kind of message, language, the sentence as it is delivered, and what stands in its place. Under :data:`HELP` stand the words of a kind
of help, as :func:`notifications.words.category_words` has them."""
HELP = "help"


@cache
def sentences(kind: str, language: str) -> tuple[str, ...]:
    """What may be said otherwise in a message, its subject first, as its templates have it: fields stand in them as ``{{ name }}``."""
    paragraphs = set(_source(kind, language, HTML).splitlines())
    lines = [line for line in dict.fromkeys(_source(kind, language, TEXT).splitlines()) if f"<p>{line}</p>" in paragraphs]
    return tuple(line for line in (subject(kind, language), *lines) if _is_plain(line))


def subject(kind: str, language: str) -> str:
    """A message's subject, as its template has it."""
    return _source(kind, language, SUBJECT).strip()


def _source(kind: str, language: str, name: str) -> str:
    return (files("notifications") / "templates" / kind / language / name).read_text(encoding="utf-8")


def _is_plain(line: str) -> bool:
    """Whether it is words and fields alone."""
    return bool(line) and not set("{}%<>&") & set(FIELD.sub("", line))


class _Loader(PackageLoader):
    def __init__(self, own: Own) -> None:
        super().__init__("notifications")
        self._own = own

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        source, path, fresh = super().get_source(environment, template)
        for kind, language, old, new in self._own:
            if template == f"{kind}/{language}/{HTML}":
                source = _in_place(source, f"<p>{old}</p>", f"<p>{new}</p>")
            elif template in (f"{kind}/{language}/{TEXT}", f"{kind}/{language}/{SUBJECT}"):
                source = _in_place(source, old, new)
        return source, path, fresh


def _in_place(source: str, old: str, new: str) -> str:
    return "\n".join(new if line == old else line for line in source.split("\n"))


@lru_cache(maxsize=4)
def environment(own: Own) -> Environment:
    """Where templates are rendered, by the city's own words; the latest few are kept."""
    return Environment(
        loader=_Loader(own),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
