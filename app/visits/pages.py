"""Seeing one's visits, moving and leaving them out. Each page is reached by link, and by agents in :mod:`app.coordination.visits`."""

from flask import Response, abort, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import i18n
from app.extensions import ctx
from app.permissions import LINK, permit
from app.services import own_mail, rearranging, standing_in
from app.services import visits as rows
from app.services.rearranging import AlreadyThen, NotAnyMore, NotThen
from app.services.town_hall import near
from app.visits.door import Desk, by_link, visits
from app.visits.forms import AwayForm, move_form
from matching.lifecycle import Side, VisitState
from notifications.render import calendar_entry

VISIT = "int(max=2147483647):visit_id"
WHAT = "any(skip, missed, replace):what"


@visits.get("/visits/<token>")
@permit(LINK)
def show(token: str) -> ResponseReturnValue:
    return shown(by_link(token))


@visits.route(f"/visits/<token>/<{VISIT}>/move", methods=["GET", "POST"])
@permit(LINK)
def move(token: str, visit_id: int) -> ResponseReturnValue:
    return moved(by_link(token), visit_id)


@visits.route(f"/visits/<token>/<{VISIT}>/<{WHAT}>", methods=["GET", "POST"])
@permit(LINK)
def say(token: str, visit_id: int, what: str) -> ResponseReturnValue:
    return said(by_link(token), visit_id, what)


@visits.route("/visits/<token>/away", methods=["GET", "POST"])
@permit(LINK)
def away(token: str) -> ResponseReturnValue:
    return gone(by_link(token))


@visits.get("/visits/<token>/visit.ics")
@permit(LINK)
def entry(token: str) -> ResponseReturnValue:
    """The visits as a file for one's own calendar."""
    here = by_link(token).visits
    invitation = rows.entry(ctx(), here.match_id, here.side) if here.agreed else None
    if invitation is None:
        abort(404)
    file = calendar_entry(invitation, i18n.language(), near(ctx())(own_mail.city(ctx()), g.about))
    return Response(file.content, mimetype="text/calendar", headers={"Content-Disposition": "attachment; filename=visit.ics"})


def shown(desk: Desk) -> str:
    return desk.render("visits")


def moved(desk: Desk, visit_id: int) -> ResponseReturnValue:
    visit = desk.visit(visit_id)
    if not desk.visits.agreed or visit.state != VisitState.PLANNED:
        return _back(desk, _changed())
    form = move_form(visit.at, desk.visits.weeks > 0)
    if form.validate_on_submit():
        try:
            onward = bool(desk.visits.weeks) and form.which.data == "onward"
            rearranging.move_visit(ctx(), visit_id, form.at, desk.side, desk.by, onward=onward)
            return _back(desk, _("The new time is written down, and the other side is told."))
        except AlreadyThen:
            form.refuse(_("There is a visit at this time already. Choose another time."))
        except NotThen:
            form.refuse(_("This time is past. Choose one that is still to come."))
        except NotAnyMore:
            return _back(desk, _changed())
    return desk.render("move", form=form, visit=visit), 422 if form.errors else 200


def said(desk: Desk, visit_id: int, what: str) -> ResponseReturnValue:
    """A visit is left out, did not take place, or somebody else should come. A page asks first; only its button decides."""
    visit = desk.visit(visit_id)
    if what == "replace" and desk.side is not Side.RESIDENT:
        return _back(desk, _changed())
    if request.method != "POST":
        return desk.render("sure", visit=visit, what=what)
    try:
        return _back(desk, _do(desk, visit_id, what))
    except NotAnyMore:
        return _back(desk, _changed())


def _do(desk: Desk, visit_id: int, what: str) -> str:
    if what == "skip":
        rearranging.skip(ctx(), visit_id, desk.side, desk.by)
        return _("The visit is left out, and the other side is told.")
    if what == "missed":
        rearranging.missed(ctx(), visit_id, desk.side, desk.by)
        return _("Thank you for telling us. It is written down that nobody came.")
    found = standing_in.look_for(ctx(), visit_id, desk.by)
    return _("We are looking for somebody else for that day, and tell you as soon as somebody says yes.") if found else _changed()


def gone(desk: Desk) -> ResponseReturnValue:
    """Leave and holidays: no visits from one day to another."""
    if not desk.visits.agreed or not desk.visits.weeks:
        return _back(desk, _changed())
    form = AwayForm()
    if form.validate_on_submit():
        try:
            number = rearranging.away(ctx(), desk.visits.match_id, form.first.day, form.last.day, desk.side, desk.by)
            nothing = _("There was no visit in these days, so nothing changes.")
            return _back(desk, _("The visits in these days are left out, and the other side is told.") if number else nothing)
        except NotThen:
            form.refuse(_("The last day must come after the first, and be neither past nor more than a year ahead."))
        except NotAnyMore:
            return _back(desk, _changed())
    return desk.render("away", form=form), 422 if form.errors else 200


def _changed() -> str:
    return _("This has changed meanwhile. Here is how things stand now.")


def _back(desk: Desk, words: str) -> ResponseReturnValue:
    flash(words)
    return redirect(desk.address("show"), 303)
