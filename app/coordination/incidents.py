"""What was reported, for those in charge of it alone; and writing down for somebody on the phone that something went wrong."""

from collections.abc import Mapping

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import live
from app.buttons import pressed
from app.coordination.door import ID, by_phone, coordination, lead_sight, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.forms import ChoiceField, Form, TextField, needed
from app.identity import actor
from app.models import IncidentOutcome, PostedBy
from app.permissions import CALL, LEAD, permit
from app.reporting import ReportForm
from app.services import details, flags, incidents, leads, reports
from app.services.lists import Page
from matching.lifecycle import Side


def _reasons() -> Mapping[str, str]:
    return {
        "unsafe": _("Somebody felt unsafe, or is worried"),
        "money": _("Money, a card or a code"),
        "absent": _("Somebody did not come, or was not there"),
        "rude": _("Somebody was rude or hurtful"),
        "other": _("Something else"),
    }


class ToldForm(ReportForm):
    side = ChoiceField(
        _l("Who says so?"), _l("Say who told you."),
        choices=lambda: {
            "resident": _("The resident, of the volunteer"),
            "relative": _("Somebody close to the resident, of the volunteer"),
            "agent": _("I noticed it myself, of the volunteer"),
            "volunteer": _("The volunteer, of the resident"),
        },
    )  # fmt: skip
    reason = ChoiceField(_l("What happened?"), _l("Say what happened."), choices=_reasons)


SAYS = {
    "resident": (Side.RESIDENT, PostedBy.SELF), "volunteer": (Side.VOLUNTEER, PostedBy.SELF),
    "relative": (Side.RESIDENT, PostedBy.RELATIVE), "agent": (Side.RESIDENT, PostedBy.AGENT),
}  # fmt: skip
"""Whose report it is, and who says it for them."""


class NoteForm(Form):
    words = TextField(_l("Write down what was said or done"), [needed(_l("Write a few words."))])


class LetOnForm(Form):
    words = TextField(_l("Why may they be asked again?"), [needed(_l("Write a few words."))])


class TogetherForm(Form):
    words = TextField(_l("Why may they meet again?"), [needed(_l("Write a few words."))])


class CloseForm(Form):
    outcome = ChoiceField(
        _l("What came of it?"), _l("Say what came of it."),
        choices=lambda: {
            IncidentOutcome.UNFOUNDED: _("Nothing happened that concerns safety"),
            IncidentOutcome.SETTLED: _("It was talked over with everybody"),
            IncidentOutcome.NO_MORE: _("The person helps, or is helped, no more"),
            IncidentOutcome.PASSED_ON: _("The police or another service has it"),
        },
    )  # fmt: skip
    volunteer = ChoiceField(
        _l("What becomes of the volunteer, unless that is said above?"), _l("Say what becomes of the volunteer."),
        choices=lambda: {
            "goes_on": _("They may be asked again, and what they agreed goes on"),
            "no_more": _("They are off duty, and what they agreed ends: both are told, and others are looked for"),
        },
    )  # fmt: skip
    resident = ChoiceField(
        _l("What becomes of the resident’s requests, unless that is said above?"), _l("Say what becomes of their requests."),
        choices=lambda: {
            "goes_on": _("They go on, and what is on hold is looked at again"),
            "no_more": _("They are withdrawn, and what was agreed ends: everybody concerned is told"),
        },
    )  # fmt: skip
    words = TextField(_l("In a few words"))


GOES_ON = {IncidentOutcome.UNFOUNDED: True, IncidentOutcome.NO_MORE: False}
"""What came of it that says already whether the volunteer goes on."""


@coordination.get("/incidents")
@permit(LEAD)
def incident_list() -> ResponseReturnValue:
    number = whole(request.args.get("page")) or 1

    def render(page: Page) -> str:
        standing = flags.standing(ctx(), lead_sight())
        shared = flags.who_share(ctx(), [flag.key for flag in standing if flag.key])
        people = [flag.person_id for flag in standing if flag.person_id] + [one for group in shared.values() for one in group]
        return render_template(
            "coordination/incidents.html", page=page, flags=standing, shared=shared,
            open_people=incidents.open_people(ctx(), sight(), people),
            address=lambda number: url_for("coordination.incident_list", page=number),
        )  # fmt: skip

    return live.show(("incidents", number, lead_sight()), lambda: incidents.listed(ctx(), lead_sight(), number), render, personal=False)


@coordination.get(f"/incidents/<{ID}:incident_id>")
@permit(LEAD)
def incident(incident_id: int) -> ResponseReturnValue:
    """Whoever opens it has read it, and that is written down."""
    return _page(incident_id)


@coordination.post(f"/incidents/<{ID}:incident_id>/take")
@permit(LEAD)
def take_incident(incident_id: int) -> ResponseReturnValue:
    """``was``: who had it on the page where this was pressed."""
    done = incidents.take(ctx(), incident_id, whole(request.form.get("was")), actor())
    return _done(incident_id, done, _("You have it in hand."))


@coordination.post(f"/incidents/<{ID}:incident_id>/note")
@permit(LEAD)
def note_incident(incident_id: int) -> ResponseReturnValue:
    form = NoteForm(prefix="note-")
    if not form.validate_on_submit():
        return _page(incident_id, note=form), 422
    incidents.note(ctx(), incident_id, form.words.data, actor())
    return _done(incident_id, True, _("Written down, with your name."))


@coordination.post(f"/incidents/<{ID}:incident_id>/decide")
@permit(LEAD)
def decide_incident(incident_id: int) -> ResponseReturnValue:
    """What becomes of a match that was agreed."""
    goes_on = pressed("decision", "goes_on", "ended") == "goes_on"
    match_id = whole(request.form.get("match")) or abort(400)
    done = incidents.decide(ctx(), incident_id, match_id, goes_on, actor())
    return _done(incident_id, done, _("It goes on.") if goes_on else _("It has ended. Somebody else is looked for at once."))


@coordination.post(f"/incidents/<{ID}:incident_id>/hold")
@permit(LEAD)
def hold_request(incident_id: int) -> ResponseReturnValue:
    """Nobody new is asked for a request of the resident."""
    need_id = whole(request.form.get("need")) or abort(400)
    return _done(incident_id, incidents.hold(ctx(), incident_id, need_id, actor()), _("On hold: nobody new is asked for it."))


@coordination.post(f"/incidents/<{ID}:incident_id>/let-on")
@permit(LEAD)
def let_on(incident_id: int) -> ResponseReturnValue:
    form = LetOnForm(prefix="on-")
    if not form.validate_on_submit():
        return _page(incident_id, let_on=form), 422
    became = incidents.let_on(ctx(), incident_id, form.words.data, actor())
    words = {
        incidents.LetOn.DONE: _("The volunteer may be asked again, and is told so."),
        incidents.LetOn.OTHERS: _("Written down. Another report about them is open: they are asked nothing new until that is decided too."),
    }
    return _done(incident_id, became in words, words.get(became, ""))


@coordination.post(f"/incidents/<{ID}:incident_id>/together")
@permit(LEAD)
def bring_together(incident_id: int) -> ResponseReturnValue:
    form = TogetherForm(prefix="together-")
    if not form.validate_on_submit():
        return _page(incident_id, together=form), 422
    done = incidents.bring_together(ctx(), incident_id, form.words.data, actor())
    return _done(incident_id, done, _("As far as this report goes, the two may be brought together again."))


@coordination.post(f"/incidents/<{ID}:incident_id>/close")
@permit(LEAD)
def close_incident(incident_id: int) -> ResponseReturnValue:
    form = CloseForm(prefix="close-")
    goes_on = GOES_ON.get(form.outcome.data)
    waits = incidents.undecided(ctx(), incident_id)
    for name in ("volunteer", "resident"):
        if goes_on is not None or name != waits:
            del form[name]
    if not form.validate_on_submit():
        return _page(incident_id, close=form), 422
    if goes_on is None and waits:
        goes_on = form[waits].data == "goes_on"
    done = incidents.close(ctx(), incident_id, IncidentOutcome(form.outcome.data), goes_on, form.words.data, actor())
    return _done(incident_id, done, _("Closed. It is off the list of what is to do."))


@coordination.post(f"/flags/<{ID}:flag_id>/looked-at")
@permit(LEAD)
def flag_looked_at(flag_id: int) -> ResponseReturnValue:
    flags.looked_at(ctx(), flag_id, actor())
    flash(_("Written down: you have looked at it. It comes again if there is half as much more of it."))
    return redirect(url_for("coordination.incident_list"), 303)


@coordination.route(f"/matches/<{ID}:match_id>/report", methods=["GET", "POST"])
@permit(CALL)
def told_report(match_id: int) -> ResponseReturnValue:
    """Somebody says on the phone that something went wrong."""
    form = ToldForm()
    if form.validate_on_submit():
        found = details.match(ctx(), sight(), match_id) or abort(404)
        side, said_by = SAYS[form.side.data]
        reports.report(ctx(), side, found.row.need_id, match_id, form.reason.data, form.words.data, by_phone(), said_by)
        if leads.somebody(ctx(), found.row.need_id):
            flash(_("Written down. The person in charge of safety is told at once; nobody else reads it."))
        else:
            flash(_("Written down. Nobody is in charge of safety here yet: the administrators are told at once to name somebody."))
        return redirect(url_for("coordination.match", match_id=match_id), 303)
    return render_template("coordination/told.html", form=form, match_id=match_id), 422 if form.errors else 200


def _page(incident_id: int, **sent: Form) -> str:
    """With the form that was ``sent`` and needs mending, by its name."""
    empty = {
        "note": NoteForm(None, prefix="note-"), "let_on": LetOnForm(None, prefix="on-"),
        "together": TogetherForm(None, prefix="together-"), "close": CloseForm(None, prefix="close-"),
    }  # fmt: skip
    found = incidents.read(ctx(), incident_id, actor())
    return render_template(
        "coordination/incident.html", found=found, open_to=incidents.open_to(ctx(), sight(), found), form=next(iter(sent.values()), None),
        reasons=_reasons(), waits=found.waits, **empty | sent,
    )  # fmt: skip


def _done(incident_id: int, done: bool, words: str) -> ResponseReturnValue:
    flash(words if done else _("This has changed meanwhile. Here is how things stand now."))
    return redirect(url_for("coordination.incident", incident_id=incident_id), 303)
