"""Changing a request by link, with the pages on which it was asked for, as long as nobody has agreed to it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.error_pages import sentence
from app.extensions import ctx
from app.forms import ChoiceField, Form, PhoneField
from app.permissions import LINK, permit
from app.reach import PhoneIfNeeded, ways
from app.resident.door import by, read, resident
from app.resident.forms import HOMEWORK
from app.resident.steps import More, MoreForHomework, Place, Share, When
from app.services import changing
from app.services.changing import CHANGEABLE, Change, TooFew, TooLate
from app.services.mine import MyRequest
from app.services.places import NoTerritory, Outside
from app.wizard import Step
from matching.hours import parse_hours
from matching.lifecycle import MatchState
from notifications.words import phone_words


class Reach(Form):
    contact = ChoiceField(_l("How should we reach you?"), _l("Say how we should reach you."), choices=ways)
    phone = PhoneField(
        _l("Phone number"), [PhoneIfNeeded(_l("Write the phone number at which we should reach you."))],
        description=_l("The volunteer gets it too, once you have both said yes. Leave it empty if you have none."),
    )  # fmt: skip


PAGES = {
    page.name: page
    for page in (
        Step("where", _l("Where is the help needed?"), Place),
        Step("when", _l("When, and how urgent is it?"), When),
        Step("more", _l("What should the volunteer know?"), More),
        Step("share", _l("May we give the contact details to the volunteer who says yes?"), Share),
        Step("reach", _l("How can we reach you?"), Reach),
    )
}


def changeable(here: MyRequest) -> bool:
    return here.row.state in CHANGEABLE and all(match.state != MatchState.AGREED for match in here.matches)


@resident.route("/request/<token>/change/<any(where, when, more, share, reach):what>", methods=["GET", "POST"])
@permit(LINK)
def change(token: str, what: str) -> ResponseReturnValue:
    """The page on which this was asked, with what was answered. A volunteer who has been asked is only let go after a question."""
    here = read(token)
    form = _form(what, here.row)
    status = 200
    if not changeable(here):
        return _back(token, _too_late())
    if form.validate_on_submit():
        wish = _change(what, form, here.row)
        if wish.differs(here.row) and _waiting(here) and "sure" not in request.form:
            found = form.found_out()
            typed = [(name, value) for name, value in request.form.items(multi=True) if name not in {"csrf_token", *found}]
            typed += [(name, value) for name, values in found.items() for value in values]
            return render_template("resident/sure_change.html", token=token, what=what, typed=typed)
        try:
            changing.change_need(ctx(), here.row.id, wish, by(here))
            return _back(token, _("Your request is changed."))
        except TooLate:
            return _back(token, _too_late())
        except TooFew:
            form.refuse(ngettext(
                "%(num)s volunteer has said yes already. Choose that many or more.",
                "%(num)s volunteers have said yes already. Choose that many or more.", here.row.taken,
            ))  # fmt: skip
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
    if form.errors:
        status = 422
    return render_template("resident/change.html", row=here.row, step=PAGES[what], form=form, token=token), status


def _form(what: str, row: Any) -> Form:
    shape = MoreForHomework if what == "more" and row.category == HOMEWORK else PAGES[what].form
    form = shape(data=_answered(row))
    if what == "reach" and not row.has_email:
        form.contact.choices.pop("email")
    if what == "reach" and row.account:  # it belongs to its e-mail address
        form.contact.choices.pop("sms", None)
    return form


def _answered(row: Any) -> dict[str, Any]:
    return {
        "urgency": row.urgency, "repeats": str(row.repeats), "week": row.availability, "details": row.details, "languages": row.languages,
        "helpers_needed": str(row.helpers_needed), "share_contact": "yes" if row.share_contact else "no", "contact": row.contact,
        "phone": phone_words(row.phone) if row.phone else "",
    }  # fmt: skip


def _change(what: str, form: Any, row: Any) -> Change:
    match what:
        case "where":
            return Change(what, where=form.where)
        case "when":
            others = parse_hours(form.week.data) != parse_hours(row.availability)  # however they are written
            return Change(what, availability=form.week.data if others else None, urgency=form.urgency.data, repeats=int(form.repeats.data))
        case "more":
            number = int(form.helpers_needed.data)
            return Change(what, details=form.details.data, languages=form.languages.data, helpers_needed=number)
        case "share":
            return Change(what, share_contact=form.share_contact.data == "yes")
        case _:
            return Change(what, contact=form.contact.data, phone=form.phone.data)


def _waiting(here: MyRequest) -> bool:
    """Whether a volunteer is asked, or waits for the resident."""
    return any(match.state in (MatchState.PROPOSED, MatchState.ACCEPTED) for match in here.matches)


def _too_late() -> str:
    return _("This can no longer be changed here. Talk to your volunteer, or call us.")


def _back(token: str, words: str) -> ResponseReturnValue:
    flash(words)
    return redirect(url_for("resident.my_request", token=token), 303)
