"""What a city may say in its own words: the kinds of help, the notices, the charter, what an agent says. Each is one text of the
catalogue, and everywhere that text stands the city's own stands in its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app import i18n
from app.extensions import ctx
from app.i18n import N_, english
from app.kinds import KINDS
from app.services import wording
from config.notices import CHARTER_VERSION, NOTICE_VERSION
from notifications.render import spaced

_PLACE = re.compile(r"%\(\w+\)s")
_SIGNS = "%{}<>&"
"""What pages and messages take for a field or for a tag: wherever a text is shown, a piece of a field is one that was broken."""
LONGEST = 1000
LONGEST_NAME = 60


@dataclass(frozen=True)
class Said:
    """One text: ``delivered`` is how it stands in the code, ``where`` on which page it is read, ``sample`` what stands for its fields."""

    delivered: str
    group: str
    where: LazyString
    longest: int = LONGEST
    sample: Mapping[str, str] | None = None

    field: ClassVar = _PLACE

    def original(self, language: str) -> str:
        """As it is without the city's own words."""
        return i18n.delivered(self.delivered, language)

    def preview(self, text: str, _language: str) -> str:
        """As it would be read."""
        return text % (self.sample or {})


GROUPS = {
    "kinds": _l("The kinds of help"), "notices": _l("Notices on data"), "charter": _l("The charter"), "scripts": _l("What an agent says"),
}  # fmt: skip
_NOTICES = {
    "notice-use": N_("We use what you wrote to find a volunteer, and for nothing else."),
    "notice-at-once": N_("As you chose, the volunteer who says yes learns your first name, address and phone number at once."),
    "notice-after-both": N_("A volunteer learns your first name, address and phone number only once both of you have said yes."),
    "notice-rights": N_("You may see it, correct it or have it erased at any time."),
}
_SEEN = N_("Agents of the town hall who look after your area see it too; each look at your name or address is written down, and you can read it.")  # fmt: skip # noqa: E501
_LONG = N_("It is erased %(long)s after the last contact with you at the latest.")
_SIGN_UP = N_("By signing up you let the town hall keep what you wrote in order to find neighbours for you.")
_SPOKEN = N_("We use what you tell us to find a volunteer, and for nothing else. A volunteer learns your first name, address and phone number only once both of you have said yes. You may see, correct or erase it at any time by calling us.")  # fmt: skip # noqa: E501
_SPOKEN_OFFER = N_("We use what you tell us to bring you together with neighbours, and for nothing else. A neighbour learns your first name and phone number only once both of you have said yes. You may see, correct or erase it at any time by calling us.")  # fmt: skip # noqa: E501
_SPOKEN_MORE = N_("Agents of the town hall who look after your area see it too; each look at it is written down. It is erased %(long)s after our last contact at the latest.")  # fmt: skip # noqa: E501
_NEIGHBOUR = N_("A neighbour learns your first name, e-mail address and phone number only once both of you have said yes.")
_PAPER = N_("We use what you told us to bring you together with neighbours, and for nothing else. Agents of the town hall who look after your area see it. The other side learns your first name and how to reach you only once you have both said yes, or as you chose. It is erased %(long)s after our last contact at the latest. To see it, correct it or have it erased, call us or go to %(address)s.")  # fmt: skip # noqa: E501
_POSTER = N_("Your data: why, who sees it and for how long: %(address)s, or on the phone.")
_CHARTER = (
    N_("I help for free. I take neither money nor presents."),
    N_("I never take a bank card, a PIN, a password or a cheque."),
    N_("Cash only when there is no other way: a small sum, given back exactly, with the receipt."),
    N_("I come when I said I would. If I cannot, I say so at once."),
    N_("I keep to myself what I see, hear and read."),
    N_("I use names, phone numbers and addresses for this help only, and erase them afterwards."),
    N_("I respect everybody as they are. I sell nothing and preach nothing."),
    N_("I do nothing that I am not sure of: no care, no medicine, no gas, no fuse box, no ladder."),
    N_("With a child, an adult of the family stays at home all the time."),
    N_("Something worries me? I call the town hall. Somebody is in danger? I call 112."),
)
_TELL = {
    "tell-phone": N_("Tell the caller: “We look for a volunteer now. You get a call by %(when)s.”"),
    "tell-email": N_("Tell the caller: “We look for a volunteer now. You get an e-mail as soon as somebody is asked.”"),
    "tell-sms": N_("Tell the caller: “We look for a volunteer now. You get a text message as soon as somebody is asked.”"),
    "tell-letter": N_("Tell the caller: “We look for a volunteer now. You get a letter as soon as somebody is asked.”"),
}
_ASKING, _CALL = _l("At the end of the form for help"), _l("When a request is posted for somebody")
_EVERY = _l("At the end of the forms for help and of a volunteer’s sign-up")
_WHEN = {"when": "12:30"}
_FIELDS = {"long": "2 years", "address": "entraide.example.org/privacy"}
_PARTS = (
    ("name", _l("The name, on all pages"), LONGEST_NAME),
    ("phrase", _l("What follows “help with”, on pages and in messages"), LONGEST_NAME),
    ("involves", _l("What it involves, in the forms"), LONGEST),
)
SAID: dict[str, Said] = {
    **{
        f"{slug}-{part}": Said(english(getattr(kind, part)), "kinds", where, longest)
        for slug, kind in KINDS.items()
        for part, where, longest in _PARTS
    },
    **{key: Said(text, "notices", _ASKING) for key, text in _NOTICES.items()},
    "notice-sign-up": Said(_SIGN_UP, "notices", _l("At the end of a volunteer’s sign-up")),
    "notice-neighbour": Said(_NEIGHBOUR, "notices", _l("At the end of a volunteer’s sign-up")),
    "notice-seen": Said(_SEEN, "notices", _EVERY),
    "notice-long": Said(_LONG, "notices", _EVERY, sample=_FIELDS),
    "notice-spoken": Said(_SPOKEN, "notices", _CALL),
    "notice-spoken-offer": Said(_SPOKEN_OFFER, "notices", _l("When an offer is posted for somebody")),
    "notice-spoken-more": Said(_SPOKEN_MORE, "notices", _l("After that, for a request and for an offer"), sample=_FIELDS),
    "notice-paper": Said(_PAPER, "notices", _l("On letters"), sample=_FIELDS),
    "notice-poster": Said(_POSTER, "notices", _l("On posters and leaflets"), sample=_FIELDS),
    **{
        f"charter-{n}": Said(text, "charter", _l("On the page of the charter and in each volunteer’s sign-up"))
        for n, text in enumerate(_CHARTER, 1)
    },
    **{key: Said(text, "scripts", _CALL, sample=_WHEN if "%(when)s" in text else None) for key, text in _TELL.items()},
}  # fmt: skip


def now() -> wording.Words:
    """All own words, asked for once a request."""
    if "wording" not in g:
        g.wording = wording.words(ctx())
    return cast(wording.Words, g.wording)


def own_words(language: str) -> dict[str, str]:
    """The city's own texts in a language, by the English that stands in the code."""
    own = now().texts.get(language, {})
    return {SAID[key].delivered: text for key, text in own.items() if key in SAID}


def notice_version() -> str:
    """Which notice on data people read now; kept with their answer."""
    return _version(NOTICE_VERSION, "notices")


def charter_version() -> str:
    return _version(CHARTER_VERSION, "charter")


def _version(delivered: str, group: str) -> str:
    return now().version(delivered, [key for key, said in SAID.items() if said.group == group])


def fields(text: str, said: Said) -> list[str]:
    """What is filled in, as it is written: ``%(when)s``."""
    return [found[0] for found in said.field.finditer(text)]


def tidy(text: str, language: str) -> str:
    """On one line; with the spaces that French sets, so that no sign begins a line."""
    return spaced(re.sub(r"[ \t\r\n]+", " ", text).strip(), language)


def wrong(said: Said, text: str, language: str) -> str:
    """Why ``text`` cannot stand in place of what is delivered, in one sentence; empty when it can."""
    wanted, there = fields(said.original(language), said), fields(text, said)
    if len(text) > said.longest:
        return _("Shorten this to %(longest)s characters.", longest=said.longest)
    if lacking := [each for each in wanted if each not in there]:
        return _("Put %(field)s back where it belongs: something is filled in there.", field=lacking[0])
    if unknown := [each for each in there if each not in wanted]:
        return _("Take out %(field)s: nothing is filled in there.", field=unknown[0])
    if len(there) > len(wanted):
        return _("Write each field once only.")
    rest = said.field.sub("", text)
    if odd := next((sign for sign in rest if sign in _SIGNS or not (sign.isprintable() or sign.isspace())), ""):
        return _("Take out the sign %(sign)s: it cannot be shown everywhere.", sign=odd)
    return ""
