"""All fields of a need: in the one-page form of agents, and one by one in the steps of residents."""

import secrets
from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation, ValidationError

from app.city_words import notice_version
from app.forms import (
    ChoiceField,
    EmailField,
    Form,
    LineField,
    PhoneField,
    PickField,
    TickField,
    TicksField,
    WeekField,
    category_choices,
    language_choices,
    mode_choices,
    needed,
)
from app.free_text import FreeTextField
from app.kinds import SCHOOL_LEVELS
from app.models import PostedBy
from app.reach import PhoneIfNeeded, ways
from app.services.posting import NeedInput
from app.where import WhereFields
from config.categories import CATEGORIES
from matching.model import Mode, Urgency

HOMEWORK = "homework"
MOST_HELPERS = 10


def needed_if(other: str, value: str, sentence: LazyString) -> Callable[[Form, Field], None]:
    """The field must not be empty when the field ``other`` has this value."""

    def check(form: Form, field: Field) -> None:
        if form[other].data == value and not field.data:
            raise StopValidation(sentence)

    check.needed = True  # type: ignore[attr-defined]
    return check


def rhythms() -> dict[str, str]:
    return {"0": _("Once"), "1": _("Every week"), "2": _("Every two weeks")}


def urgencies() -> dict[str, str]:
    return {
        Urgency.URGENT.value: _("Urgent: today or tomorrow"),
        Urgency.NORMAL.value: _("In the next days"),
        Urgency.FLEXIBLE.value: _("No hurry"),
    }


class NeedForm(WhereFields):
    """What a resident, or somebody for them, asks for. ``once`` tells a second click from a second request."""

    once = HiddenField()
    category = ChoiceField(_l("What kind of help?"), _l("Say what kind of help you need."), choices=category_choices)
    parent = TickField(_l("For homework help: I am the child’s parent or guardian, and an adult will be at home"))
    school_level = PickField(
        _l("School level"), [needed_if("category", HOMEWORK, _l("Choose the school level."))],
        choices=lambda: {"": _("Choose the level")} | {level: str(words) for level, words in SCHOOL_LEVELS.items()},
    )  # fmt: skip
    details = FreeTextField(
        _l("Anything the volunteer should know?"), render_kw={"rows": 4}, homework=lambda form: form["category"].data == HOMEWORK,
        description=_l("No health details, no card numbers, no codes. For homework: never the child’s name."),
    )  # fmt: skip
    helpers_needed = PickField(_l("How many people do you need?"), choices={str(n): str(n) for n in range(1, MOST_HELPERS + 1)})
    mode = ChoiceField(
        _l("How should it happen?"), _l("Say how it should happen."), choices=mode_choices, default=Mode.IN_PERSON.value,
        description=_l("By phone or video is possible for homework help, conversation and paperwork."),
    )  # fmt: skip
    languages = TicksField(_l("Languages you speak"), [needed(_l("Tick at least one language."))], choices=language_choices, default=["fr"])
    urgency = ChoiceField(
        _l("How urgent is it?"), _l("Say how urgent it is."), default=Urgency.NORMAL.value,
        choices=urgencies,
    )  # fmt: skip
    repeats = ChoiceField(
        _l("How often?"), _l("Say how often you need this help."), default="0", choices=rhythms,
        description=_l("The same volunteer can come again and again. You can stop at any time."),
    )  # fmt: skip
    week = WeekField(_l("When does it suit you?"), description=_l("Tick nothing if any time will do."))
    for_whom = ChoiceField(
        _l("Who is the help for?"), _l("Say who the help is for."), default=PostedBy.SELF.value,
        choices=lambda: {PostedBy.SELF.value: _("For me"), PostedBy.RELATIVE.value: _("For somebody else, who agrees that I ask")},
    )  # fmt: skip
    name = LineField(
        _l("Name of the person who needs help"), [needed(_l("Write the name of the person who needs help."))],
        description=_l(
            "First name and surname. For homework help: the parent’s, never the child’s. "
            "The volunteer learns only the first name, after both of you have said yes."
        ),
        render_kw={"autocomplete": "name"},
    )  # fmt: skip
    on_behalf_name = LineField(
        _l("If you ask for somebody else: your own name"),
        [needed_if("for_whom", PostedBy.RELATIVE, _l("Write your own name, since you ask for somebody else."))],
    )
    on_behalf_phone = PhoneField(
        _l("If you ask for somebody else: your own phone number"),
        [needed_if("for_whom", PostedBy.RELATIVE, _l("Write your own phone number, since you ask for somebody else."))],
    )
    call = ChoiceField(
        _l("If you ask for somebody else: whom should we call?"), _l("Say whom we should call."), default=PostedBy.SELF.value,
        choices=lambda: {PostedBy.SELF.value: _("The person who needs help"), PostedBy.RELATIVE.value: _("Me")},
    )  # fmt: skip
    contact = ChoiceField(
        _l("How should we reach the person who needs help?"), _l("Say how we should reach you."),
        choices=lambda: ways(letter=_("By letter, to the address above")),
    )  # fmt: skip
    email = EmailField(
        _l("E-mail address"), [needed_if("contact", "email", _l("Write the e-mail address at which we should reach you."))],
        description=_l("Leave it empty if there is none."),
    )  # fmt: skip
    phone = PhoneField(
        _l("Phone number"), [PhoneIfNeeded(_l("Write the phone number at which we should reach you."))],
        description=_l("Also useful to the volunteer, once both of you have said yes. Leave it empty if there is none."),
    )  # fmt: skip
    share_contact = ChoiceField(
        _l("When a volunteer says yes, may we give them the contact details at once?"), _l("Say whether we should ask you first."),
        default="no",
        choices=lambda: {
            "no": _("No, ask me first each time"),
            "yes": _("Yes, give the volunteer who says yes my first name, contact details and address"),
        },
    )  # fmt: skip
    notice = TickField(_l("I have read how my data is used"), [needed(_l("Read how your data is used, then tick the box."))])

    def begin(self) -> None:
        """Number this form, unless it has come back."""
        self.once.data = self.once.data or secrets.token_urlsafe(12)

    def validate_parent(self, field: Field) -> None:
        if self.category.data == HOMEWORK and not field.data:
            raise ValidationError(_l("For homework help a parent or guardian has to ask. Tick the box if that is you."))

    def validate_for_whom(self, field: Field) -> None:
        if self.category.data == HOMEWORK and field.data == PostedBy.RELATIVE:
            raise ValidationError(_l("The parent asks for homework help, in their own name. Choose the first answer."))

    def validate_mode(self, field: Field) -> None:
        chosen = CATEGORIES.get(self.category.data)
        if chosen and not chosen.remote and field.data != Mode.IN_PERSON:
            raise ValidationError(_l("This kind of help happens face to face. Choose “Face to face”."))

    def need(self, language: str, posted_by: PostedBy | None = None) -> NeedInput:
        """What was typed, for the service."""
        relative, homework = self.for_whom.data == PostedBy.RELATIVE, self.category.data == HOMEWORK
        return NeedInput(
            name=self.name.data, category=self.category.data, where=self.where, email=self.email.data or None,
            phone=self.phone.data or None, contact=self.contact.data, language=language, languages=self.languages.data,
            urgency=Urgency(self.urgency.data), mode=self.mode.data, availability=self.week.data,
            helpers_needed=int(self.helpers_needed.data), repeats=int(self.repeats.data), details=self.details.data,
            share_contact=self.share_contact.data == "yes",
            posted_by=posted_by or PostedBy(self.for_whom.data), on_behalf_name=self.on_behalf_name.data if relative else None,
            on_behalf_phone=self.on_behalf_phone.data if relative else None, call=PostedBy(self.call.data) if relative else PostedBy.SELF,
            school_level=self.school_level.data if homework else None, notice_version=notice_version(),
            reference=f"form:{self.once.data[:40]}" if self.once.data else None,
        )  # fmt: skip
