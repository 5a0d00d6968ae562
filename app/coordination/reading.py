"""What an agent fills in who has read a request, and its words with what was found in them."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field
from wtforms.validators import ValidationError

from app.extensions import ctx
from app.forms import ChoiceField, Form, PickField, TextField
from app.moderation import Judged, judge
from app.services import referents
from app.services.details import Exact
from app.services.moderating import EDITS, REFUSALS
from config.categories import CATEGORIES


class _Told(Form):
    words = TextField(_l("In your own words"), description=_l("The writer reads them."), render_kw={"rows": 3})

    def validate_words(self, field: Field) -> None:
        if self["because"].data == "other" and not field.data:
            raise ValidationError(_l("Write the reason in your own words."))


class EditForm(_Told):
    details = TextField(_l("What the volunteer reads"), render_kw={"rows": 5})
    because = PickField(_l("Why?"), choices=lambda: {each: str(EDIT_WORDS[each]) for each in EDITS})


class RefuseForm(_Told):
    because = ChoiceField(_l("Why?"), _l("Say why."), choices=lambda: {each: str(REFUSAL_WORDS[each]) for each in REFUSALS})


EDIT_WORDS = {
    "contact": _l("A phone number or an e-mail address stands in it"),
    "price": _l("It speaks of money"),
    "health": _l("It tells too much of somebody’s health"),
    "code": _l("A code, or where a key is, stands in it"),
    "link": _l("The address of a website stands in it"),
    "insult": _l("It may hurt somebody"),
    "name": _l("Another person’s name stands in it"),
    "other": _l("Another reason, in my own words"),
}
REFUSAL_WORDS = {
    "paid": _l("It is paid work"),
    "not_neighbours": _l("It is more than neighbours can do"),
    "unsafe": _l("It may be dangerous"),
    "rude": _l("It hurts"),
    "advert": _l("It is an advertisement"),
    "twice": _l("We have this request already"),
    "other": _l("Another reason, in my own words"),
}


@dataclass(frozen=True)
class Reading:
    """``belongs_to`` are names of colleagues, none where it is everybody's. After a look: ``text`` with its passages marked, ``rules``
    that found something, and the forms."""

    belongs_to: list[str]
    text: Markup | None = None
    rules: tuple[str, ...] = ()
    edit: EditForm | None = None
    refuse: RefuseForm | None = None


def reading(row: Any, exact: Exact | None, edit: EditForm | None = None, refuse: RefuseForm | None = None) -> Reading:
    """Of a task that asks for it; ``row`` is its public columns."""
    names = referents.names_for(ctx(), row.category, row.territory_id)
    if exact is None:
        return Reading(names)
    judged = judge(exact.words, homework=CATEGORIES[row.category].children)
    rules = dict.fromkeys([each.rule for each in judged.findings] + (["many"] if row.reason == "many" else []))
    edit = edit or EditForm(prefix="edit-", formdata=None, data={"details": exact.words, "because": _first(judged)})
    return Reading(names, marked(exact.words, judged), tuple(rules), edit, refuse or RefuseForm(prefix="refuse-", formdata=None))


def marked(text: str, judged: Judged) -> Markup:
    """The words with each passage between marks."""
    parts, end = [], 0
    for found in judged.findings:
        if found.end:
            parts += [Markup.escape(text[end : found.start]), Markup("<mark>{}</mark>").format(text[found.start : found.end])]
            end = found.end
    return Markup("").join([*parts, Markup.escape(text[end:])]) if text else Markup.escape(_("There are no words in it."))


def _first(judged: Judged) -> str:
    return next((found.rule for found in judged.findings if found.rule in EDITS), "other")
