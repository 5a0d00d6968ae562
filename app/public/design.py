"""Every piece that pages are made of, in every state, on one page: to look at while changing one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.extensions import ctx
from app.forms import (
    ChoiceField,
    EmailField,
    Form,
    LineField,
    PhoneField,
    PickField,
    TickField,
    TicksField,
    UploadField,
    WeekField,
    category_choices,
    mode_choices,
    needed,
)
from app.free_text import FreeTextField
from app.kinds import KINDS
from app.permissions import DEMO, permit
from app.services.second_factor import picture

LONG_NAME = "Marie-Antoinette de La Rochefoucauld-Montmorency"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"

design = Blueprint("design", __name__, template_folder="templates")


class Sample(Form):
    """A field of each kind."""

    postcode = LineField(_l("Postcode"), [needed(_l("Write the postcode."))], render_kw={"class": "short"})
    name = LineField(_l("Your name"), [needed(_l("Write your name."))], description=_l("A first name is enough."))
    email = EmailField(_l("E-mail"))
    phone = PhoneField(_l("Phone"), [needed(_l("Write your phone number."))])
    how = PickField(_l("How"), choices=lambda: {"": _("I do not know")} | mode_choices())
    mode = ChoiceField(_l("How should it be?"), _l("Pick one of these."), choices=mode_choices)
    kinds = TicksField(_l("What can you help with?"), [needed(_l("Tick at least one."))], choices=category_choices)
    week = WeekField(_l("When are you free?"), description=_l("Tick nothing if any time suits you."))
    details = FreeTextField(_l("Good to know"))
    file = UploadField(_l("File"))
    agreed = TickField(_l("I have read the charter and agree."), [needed(_l("Tick the box if you agree."))])


FILLED = {
    "postcode": "69001", "name": LONG_NAME, "email": f"{LONG_WORD.lower()}@example.org", "phone": "06 39 98 12 34", "how": "remote",
    "mode": "in_person", "kinds": ["shopping", "pets"],
    "week": ["Mo-morning", "Sa-afternoon"], "details": f"{LONG_WORD}\nThird floor, no lift. I'll pay 10 €.", "agreed": "y",
}  # fmt: skip
WRONG = {
    "name": "", "email": "camille", "phone": "12", "how": "elsewhere", "mode": "", "week": ["Never"],
    "details": "4970 1012 3456 7893, and the code is 1234.",
}  # fmt: skip


@dataclass(frozen=True)
class Happened:
    at: datetime
    words: str


@design.route("/design", methods=["GET", "POST"])
@permit(DEMO)
def show() -> ResponseReturnValue:
    now = ctx().now()
    forms = {"empty": _form("empty", {}), "filled": _form("filled", FILLED), "wrong": _form("wrong", WRONG)}
    forms["wrong"].validate()
    forms["wrong"].refuse(_("This place is outside our area"))
    story = [
        Happened(now - timedelta(hours=5), _("You asked for help.")),
        Happened(now, _("The volunteer said yes. We asked you whether that suits you.")),
    ]
    scan = picture("https://example.org")
    involves = {slug: words.involves for slug, words in KINDS.items()}
    return render_template(
        "public/design.html", forms=forms, involves=involves, story=story, scan=scan, long_name=LONG_NAME, long_word=LONG_WORD
    )  # fmt: skip


def _form(prefix: str, typed: dict[str, Any]) -> Sample:
    return Sample(formdata=MultiDict({f"{prefix}-{name}": value for name, value in typed.items()}), prefix=prefix, meta={"csrf": False})
