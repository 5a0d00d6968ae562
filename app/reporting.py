"""Telling the town hall that something went wrong: by the link that stands in each mail and on each page of a match, without an account.

The link shows a form in which the match is filled in; only its button sends it, since mail scanners follow links. Of a request for which
nobody came yet, :mod:`app.resident.reporting` has the way in.
"""

from collections.abc import Mapping

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import ctx
from app.forms import ChoiceField, Form
from app.free_text import FreeTextField
from app.links import LinkError, Purpose
from app.models import Channel
from app.permissions import LINK, permit
from app.services import mine, reports, throttle
from app.services.events import Actor
from matching.lifecycle import Side

reporting = Blueprint("reporting", __name__)


def of_a_volunteer() -> Mapping[str, str]:
    """What a resident reports."""
    return {
        "unsafe": _("I felt unsafe"),
        "money": _("Somebody asked for money, a card or a code"),
        "absent": _("The volunteer did not come"),
        "rude": _("Somebody was rude or hurtful"),
        "other": _("Something else"),
    }


def of_a_resident() -> Mapping[str, str]:
    """What a volunteer reports."""
    return {
        "unsafe": _("I felt unsafe, or am worried about somebody"),
        "money": _("Somebody wanted to give or take money, a card or a code"),
        "absent": _("Nobody was there"),
        "rude": _("Somebody was rude or hurtful"),
        "other": _("Something else"),
    }


class ReportForm(Form):
    """Of a resident; of a volunteer the choices are others."""

    reason = ChoiceField(_l("What happened?"), _l("Say what happened."), choices=of_a_volunteer)
    words = FreeTextField(
        _l("Tell us in your own words"), rules=["card"],
        description=_l("Only the safeguarding leads of the town hall read this. Leave out the numbers of cards and codes."),
    )  # fmt: skip


class VolunteersReportForm(ReportForm):
    reason = ChoiceField(_l("What happened?"), _l("Say what happened."), choices=of_a_resident)


FORMS = {Side.RESIDENT: ReportForm, Side.VOLUNTEER: VolunteersReportForm}


@reporting.route("/report/<token>", methods=["GET", "POST"])
@permit(LINK)
def report(token: str) -> ResponseReturnValue:
    match, side = _read(token)
    form = FORMS[side]()
    person_id = match.resident_id if side is Side.RESIDENT else match.volunteer_id
    if form.validate_on_submit():
        throttle.spend(ctx(), [(throttle.REPORT, f"{side} {person_id}")])
        by = Actor(person_id, Channel.LINK)
        reports.report(ctx(), side, match.need_id, match.id, form.reason.data, form.words.data, by)
        return redirect(url_for("reporting.sent", token=token), 303)
    here, home = url_for("reporting.report", token=token), _home(match, side)
    told_at = reports.told_at(ctx(), person_id, match.id)
    page = render_template("report.html", form=form, match=match, side=side, here=here, home=home, told_at=told_at)
    return page, 422 if form.errors else 200


@reporting.get("/report/<token>/sent")
@permit(LINK)
def sent(token: str) -> ResponseReturnValue:
    """What happens next with a report."""
    match, side = _read(token)
    return render_template("reported.html", side=side, home=_home(match, side))


def _read(token: str) -> tuple[mine.MyMatch, Side]:
    match_id, side = ctx().links.read(Purpose.REPORT, token)
    if side not in FORMS:
        raise LinkError(Purpose.REPORT.name)
    return mine.one_match(ctx(), match_id) or abort(410), Side(side)


def _home(match: mine.MyMatch, side: Side) -> str:
    """The page of whoever reports."""
    if side is Side.VOLUNTEER:
        return url_for("my_page.show")
    return url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, match.need_id))
