"""What was answered, in words, to be read once more before it is sent."""

from typing import NamedTuple

from flask_babel import gettext as _
from wtforms import Field

from app import i18n
from app.forms import Form
from app.kinds import kind_name
from app.models import PostedBy
from app.reach import BY
from app.wizard import Wizard
from notifications.words import hours_words, phone_words


class Answer(NamedTuple):
    question: str
    words: str
    address: str


def answers(wizard: Wizard) -> list[Answer]:
    """Each question with its answer and the address of its page, in the order of the pages."""
    whole = wizard.whole
    asked = {step.name for step in wizard.steps}
    at_once = whole.share_contact.data == "yes"
    rows = {
        "what": [(_("Help with"), kind_name(whole.category.data))],
        "homework": [(_("School level"), whole.school_level.data)],
        "how": [(_("How"), chosen(whole.mode))],
        "where": [(_("Where"), whole.where_words)],
        "when": [(_("When"), _hours(whole.week.data)), (_("How often"), chosen(whole.repeats)), (_("How urgent"), chosen(whole.urgency))],
        "for-whom": [(_("For whom"), _("For me") if whole.for_whom.data == PostedBy.SELF else _("For somebody else, who agrees"))],
        "you": [
            (_("Who asks"), f"{whole.on_behalf_name.data}, {_phone(whole.on_behalf_phone)}"),
            (_("Whom we call"), _("You") if whole.call.data == PostedBy.RELATIVE else _("The person who needs help")),
        ],
        "their-name": [(_("Who needs help"), whole.name.data)],
        "their-contact": [(_("How to reach them"), reached(whole))],
        "name": [(_("Your name"), whole.name.data)],
        "contact": [(_("How to reach you"), reached(whole))],
        "share": [(_("Contact details"), _("Given to the volunteer who says yes") if at_once else _("You are asked first"))],
        "more": [
            (_("For the volunteer"), whole.details.data), (_("Languages"), languages(whole.languages)),
            (_("Volunteers wanted"), whole.helpers_needed.data),
        ],
    }  # fmt: skip
    return [Answer(question, words, wizard.address(name)) for name, pairs in rows.items() if name in asked for question, words in pairs]


def chosen(field: Field) -> str:
    """The words of what was chosen."""
    return str(field.choices.get(field.data, ""))


def languages(field: Field) -> str:
    return ", ".join(str(field.choices[code]) for code in field.data)


def reached(form: Form) -> str:
    return "\n".join(part for part in (str(BY[form.contact.data]), form.email.data, _phone(form.phone)) if part)


def _hours(text: str) -> str:
    words = hours_words(text, i18n.language())
    return words[:1].upper() + words[1:]


def _phone(field: Field) -> str:
    return phone_words(field.data) if field.data else ""
