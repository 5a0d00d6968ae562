"""A resident's questions, one a page: what is asked on each, and of whom."""

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.forms import (
    ChoiceField,
    EmailField,
    Form,
    LineField,
    PhoneField,
    PickField,
    TickField,
    WeekField,
    mode_choices,
    needed,
)
from app.free_text import FreeTextField
from app.identity import signed_in
from app.kinds import SCHOOL_LEVELS
from app.models import PostedBy
from app.reach import PhoneIfNeeded, ways
from app.resident.forms import HOMEWORK, NeedForm, needed_if
from app.where import WhereFields
from app.wizard import Step, Values
from config.categories import CATEGORIES


def own(name: str) -> Callable[[], str]:
    """What is known of whoever is signed in."""
    return lambda: getattr(signed_in(), name, None) or ""


class What(Form):
    category = NeedForm.category


class Homework(Form):
    parent = TickField(
        _l("I am the child’s parent or guardian, and an adult will be at home during the visits"),
        [needed(_l("A parent or guardian has to ask, and an adult has to be at home. Tick the box if that is so."))],
    )
    school_level = PickField(
        _l("Which class is the child in?"), [needed(_l("Choose the child’s class."))],
        choices=lambda: {"": _("Choose the class")} | {level: str(words) for level, words in SCHOOL_LEVELS.items()},
    )  # fmt: skip


class How(Form):
    mode = ChoiceField(_l("How should it happen?"), _l("Say how it should happen."), choices=mode_choices)


class Place(WhereFields):
    pass


class When(Form):
    urgency = NeedForm.urgency
    repeats = NeedForm.repeats
    week = WeekField(_l("At what times does it suit you?"), description=_l("Tick as many as you like. Tick nothing if any time will do."))


class ForWhom(Form):
    for_whom = ChoiceField(
        _l("Who is the help for?"), _l("Say who the help is for."),
        choices=lambda: {PostedBy.SELF.value: _("For me"), PostedBy.RELATIVE.value: _("For somebody else")},
    )  # fmt: skip


class You(Form):
    on_behalf_name = LineField(
        _l("Your name"), [needed(_l("Write your own name."))], default=own("name"), render_kw={"autocomplete": "name"},
        description=_l("First name and surname."),
    )  # fmt: skip
    on_behalf_phone = PhoneField(
        _l("Your phone number"), [needed(_l("Write your own phone number."))], default=own("phone"),
        description=_l("For the town hall only, in case of questions. The volunteer does not get it."),
    )  # fmt: skip
    agreed = TickField(
        _l("The person knows about this request and agrees to it"),
        [needed(_l("Ask the person first. Tick the box when they agree: without that we may not look for anybody."))],
    )
    call = ChoiceField(
        _l("Whom should we call about this request?"), _l("Say whom we should call."),
        choices=lambda: {PostedBy.SELF.value: _("The person who needs help"), PostedBy.RELATIVE.value: _("Me")},
    )  # fmt: skip


class Name(Form):
    name = LineField(
        _l("Your name"), [needed(_l("Write your name."))], default=own("name"), render_kw={"autocomplete": "name"},
        description=_l("First name and surname. The volunteer learns only the first name, and only once you have both said yes."),
    )  # fmt: skip


class TheirName(Form):
    name = LineField(
        _l("Their name"), [needed(_l("Write the name of the person who needs help."))],
        description=_l("First name and surname. The volunteer learns only the first name, and only once both sides have said yes."),
    )  # fmt: skip


class Contact(Form):
    contact = ChoiceField(_l("How should we reach you?"), _l("Say how we should reach you."), choices=ways)
    email = EmailField(
        _l("E-mail address"), [needed_if("contact", "email", _l("Write the e-mail address at which we should reach you."))],
        default=own("email"), description=_l("Leave it empty if you have none."),
    )  # fmt: skip
    phone = PhoneField(
        _l("Phone number"), [PhoneIfNeeded(_l("Write the phone number at which we should reach you."))],
        default=own("phone"), description=_l("The volunteer gets it too, once you have both said yes. Leave it empty if you have none."),
    )  # fmt: skip


class TheirContact(Form):
    contact = ChoiceField(_l("How should we send news?"), _l("Say how we should send news."), choices=ways)
    email = EmailField(
        _l("E-mail address"), [needed_if("contact", "email", _l("Write the e-mail address at which news should arrive."))],
        description=_l("Theirs, or yours if you read the news for them. Leave it empty if there is none."),
    )  # fmt: skip
    phone = PhoneField(
        _l("Their phone number"), [PhoneIfNeeded(_l("Write their phone number."))],
        description=_l("The volunteer gets it too, once both sides have said yes. Leave it empty if there is none."),
    )  # fmt: skip


class Share(Form):
    share_contact = ChoiceField(
        _l("May we give the contact details to the volunteer who says yes?"), _l("Say whether we should ask you first."),
        choices=lambda: {
            "yes": _("Yes, at once: it goes faster"),
            "no": _("No, ask me first each time"),
        },
    )  # fmt: skip


class More(Form):
    details = FreeTextField(
        _l("What should the volunteer know?"), render_kw={"rows": 5},
        description=_l(
            "For example: two bags, third floor without a lift. No health details, no card numbers, no codes. "
            "The volunteer reads it once you have both said yes."
        ),
    )  # fmt: skip
    languages = NeedForm.languages
    helpers_needed = NeedForm.helpers_needed


class MoreForHomework(More):
    details = FreeTextField(
        _l("What should the volunteer know?"), render_kw={"rows": 5}, homework=lambda _form: True,
        description=_l(
            "For example: reading and sums, twice a week. Never write the child’s name, and nothing about health. "
            "The volunteer reads it once you have both said yes."
        ),
    )  # fmt: skip


class Whole(NeedForm):
    """All answers. That the notice was there to be read is the page's business, and the draft tells one request from another."""

    notice = None


def _homework(values: Values) -> bool:
    return values.get("category") == HOMEWORK


def _for_other(values: Values) -> bool:
    """Homework help is asked for by the parent, in their own name."""
    return values.get("for_whom") == PostedBy.RELATIVE and not _homework(values)


def _remote(values: Values) -> bool:
    kind = CATEGORIES.get(values.get("category") or "")
    return kind is not None and kind.remote


STEPS = (
    Step("what", _l("What do you need help with?"), What),
    Step("homework", _l("About the child"), Homework, _homework),
    Step("how", _l("How should it happen?"), How, _remote),
    Step("where", _l("Where is the help needed?"), Place),
    Step("when", _l("When, and how urgent is it?"), When),
    Step("for-whom", _l("Who is the help for?"), ForWhom, lambda values: not _homework(values)),
    Step("you", _l("Who are you?"), You, _for_other),
    Step("their-name", _l("What is the name of the person who needs help?"), TheirName, _for_other),
    Step("their-contact", _l("How can we reach them?"), TheirContact, _for_other),
    Step("name", _l("What is your name?"), Name, lambda values: not _for_other(values)),
    Step("contact", _l("How can we reach you?"), Contact, lambda values: not _for_other(values)),
    Step("share", _l("May we give the contact details to the volunteer who says yes?"), Share),
    Step("more", _l("Anything else?"), More, lambda values: not _homework(values)),
    Step("more", _l("Anything else?"), MoreForHomework, _homework),
)
