"""The kinds of help in the words of the pages: a name, what stands after "help with", and what it involves."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Words:
    name: LazyString
    phrase: LazyString
    involves: LazyString


KINDS = {
    "shopping": Words(
        _l("Shopping"), _l("shopping"),
        _l(
            "Buying what is on a list and bringing it to the door. "
            "Paid in the shop by who needs it, or the exact sum is given back against the receipt."
        ),
    ),
    "pharmacy": Words(
        _l("Pharmacy"), _l("a trip to the pharmacy"),
        _l("Fetching what is ready at the pharmacy. Nobody has to say what it is for."),
    ),
    "homework": Words(
        _l("Homework help"), _l("a child’s homework"),
        _l("Going over lessons with a child, at their home while an adult is there, or by video."),
    ),
    "conversation": Words(
        _l("Conversation"), _l("a friendly conversation"),
        _l("A chat, a coffee, a game of cards: face to face or on the phone."),
    ),
    "accompaniment": Words(
        _l("Going along"), _l("getting somewhere"),
        _l("Walking with somebody to the doctor, the market or the bus stop, at their pace."),
    ),
    "paperwork": Words(
        _l("Paperwork"), _l("paperwork"),
        _l("Reading a letter together, filling in a form, using a website. Papers and passwords stay with whom they belong to."),
    ),
    "small_repairs": Words(
        _l("Small repairs"), _l("small repairs"),
        _l("Changing a bulb, tightening a screw, hanging a picture. Nothing with gas or the fuse box."),
    ),
    "pets": Words(
        _l("Pets"), _l("a pet"),
        _l("Walking a dog or feeding a cat for a few days."),
    ),
}  # fmt: skip

SCHOOL_LEVELS = {
    "CP": _l("CP (about 6 years old)"), "CE1": _l("CE1 (about 7)"), "CE2": _l("CE2 (about 8)"), "CM1": _l("CM1 (about 9)"),
    "CM2": _l("CM2 (about 10)"), "6e": _l("6e (about 11)"), "5e": _l("5e (about 12)"), "4e": _l("4e (about 13)"),
    "3e": _l("3e (about 14)"), "2de": _l("2de (about 15)"), "1re": _l("1re (about 16)"), "terminale": _l("Terminale (about 17)"),
}  # fmt: skip
"""The classes of French schools, as they are stored and told to the volunteer, and in the words of the form."""


def kind_name(slug: str) -> str:
    """A kind that is not known here is shown as it is."""
    return str(KINDS[slug].name) if slug in KINDS else slug


def kind_phrase(slug: str) -> str:
    return str(KINDS[slug].phrase) if slug in KINDS else slug.replace("_", " ")
