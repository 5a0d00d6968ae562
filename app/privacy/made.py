"""The parts of docs/privacy.md and docs/privacy.fr.md that are made from what the code declares."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from app.db import Base
from app.i18n import N_, catalogue
from app.privacy.declared import DATA, OUTSIDE, PERMISSIONS, RIGHTS, SEES, TOPICS
from app.retention import FOR_GOOD, TABLE, lasting
from app.services.erasure import FATES
from config.settings import Settings, load
from notifications.messages import MESSAGES
from notifications.tables import metadata
from notifications.topics import CAN_STOP
from notifications.types import BlindIndex, Sealed

Say = Callable[[str], str]
CONTACTS = {"other_name", "other_email", "other_phone", "address", "details", "code"}
"""Fields of messages that name somebody's door, words or contact."""
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str, language: str) -> str:
    """A page with its made parts as they are now."""
    say = catalogue(language).gettext
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]](say, language)}\n\n{part[3]}", text)


def _table(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = (heads, ("---",) * len(heads), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def flows(say: Say, _language: str) -> str:
    """From whom to which tables, to whom, and to which other machines."""
    whose, who = (list(dict.fromkeys(names)) for names in ((each.whose for each in DATA), (each.who for each in SEES)))
    lines = ["```mermaid", "flowchart LR", '  service{{"À deux pas"}}']
    for i, each in enumerate(DATA):
        lines.append(f'  from{whose.index(each.whose)}(["{say(each.whose)}"]) --> data{i}[("{", ".join(each.tables)}")] --> service')
    lines += [f'  service --> to{i}(["{say(name)}"])' for i, name in enumerate(who)]
    lines += [f'  service -->|"{each.setting.upper()}"| out{i}["{say(each.who)}"]' for i, each in enumerate(OUTSIDE)]
    return "\n".join([*lines, "```"])


def data(say: Say, _language: str) -> str:
    heads = say(N_("Who")), say(N_("What")), say(N_("Why")), say(N_("Tables"))
    return _table(heads, ((say(each.whose), say(each.what), say(each.why), _code(each.tables)) for each in DATA))


def columns(say: Say, _language: str) -> str:
    heads = say(N_("Table")), say(N_("Sealed")), say(N_("Keyed hash")), say(N_("Emptied by erasing")), say(N_("Stays"))
    tables = {table.name: table for each in (Base.metadata, metadata) for table in each.sorted_tables}

    def row(name: str) -> tuple[str, ...]:
        fate = FATES[name]
        of = [_code([c.name for c in tables[name].columns if isinstance(c.type, kind)]) for kind in (Sealed, BlindIndex)]
        emptied = say(N_("all: its rows are deleted")) if fate.goes else _code(list(fate.empties))
        stays = say(N_("all")) if fate.because else "" if fate.goes else _code(list(fate.stays))
        return f"`{name}`", *of, emptied, stays

    return _table(heads, (row(name) for name in sorted(FATES)))


def retention(say: Say, language: str) -> str:
    settings = defaults()
    heads = say(N_("What")), say(N_("For how long")), say(N_("Since")), say(N_("Setting")), say(N_("Then"))
    kept = [
        (say(each.what), lasting(each.lasts(settings), language), say(each.since), f"`{each.setting.upper()}`" * bool(each.setting),
         say(each.then))
        for each in TABLE
    ]  # fmt: skip
    stays = [(say(what), say(N_("stays")), "", "", say(why)) for what, why in FOR_GOOD]
    return _table(heads, iter(kept + stays))


def sees(say: Say, _language: str) -> str:
    heads = say(N_("Who")), say(N_("What")), say(N_("Held by"))
    return _table(heads, ((say(each.who), say(each.what), _code(each.held_by)) for each in SEES))


def outside(say: Say, _language: str) -> str:
    heads = say(N_("Setting")), say(N_("Who")), say(N_("What it gets"))
    return _table(heads, ((f"`{each.setting.upper()}`", say(each.who), say(each.gets)) for each in OUTSIDE))


def messages(say: Say, _language: str) -> str:
    """By topic; in bold those that carry somebody's contact, door or words."""
    heads = say(N_("About")), say(N_("Can be stopped")), say(N_("Messages")), say(N_("With contact details or words"))

    def row(topic: str) -> tuple[str, ...]:
        kinds = {name: {field.name for field in fields(kind)} & CONTACTS for name, kind in MESSAGES.items() if kind.topic == topic}
        with_contacts = _code([name for name, there in kinds.items() if there])
        return say(TOPICS[topic]), say(N_("yes")) if topic in CAN_STOP else say(N_("no")), _code(list(kinds)), with_contacts

    return _table(heads, (row(topic) for topic in TOPICS))


def permissions(say: Say, _language: str) -> str:
    return _table((say(N_("Permission")), say(N_("Who"))), ((f"`{each.name}`", say(who)) for each, who in PERMISSIONS.items()))


def rights(say: Say, _language: str) -> str:
    heads = say(N_("Article")), say(N_("Right")), say(N_("How it is used")), say(N_("Address"))
    return _table(heads, ((each.articles, say(each.name), say(each.how), _code(each.at)) for each in RIGHTS))


def defaults() -> Settings:
    return load({"DATABASE_URL": "sqlite:///never-opened.db"}, None)


PARTS: dict[str, Callable[[Say, str], str]] = {
    part.__name__: part for part in (flows, data, columns, retention, sees, outside, messages, permissions, rights)
}
