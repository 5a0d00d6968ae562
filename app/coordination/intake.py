"""Posting for somebody on the phone or at the counter. What an agent posts needs no confirmation."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import ID, by_phone, coordination, sight, when
from app.coordination.forms import LONGEST, CallerForm, CounterForm, VolunteerForm, caller_data, known_data
from app.coordination.lists import whole
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.identity import actor
from app.models import Channel, Person, PostedBy, TaskKind
from app.permissions import COORDINATOR, permit
from app.services import accounts, details, duplicates, finding, posting
from app.services.places import NoTerritory, Outside
from app.services.tasks import WITHIN

NEED, OFFER = "coordination/new_need.html", "coordination/new_offer.html"


@coordination.route("/call", methods=["GET", "POST"])
@permit(COORDINATOR)
def call() -> ResponseReturnValue:
    """Who calls? Searched by what they say, which never stands in an address."""
    form = CallerForm()
    if not form.validate_on_submit():
        return render_template("coordination/call.html", form=form, found=None), 422 if form.errors else 200
    said = form.said.data
    return render_template("coordination/call.html", form=form, found=finding.find(ctx(), sight(), said, by_phone()), said=said)


@coordination.post("/call/new")
@permit(COORDINATOR)
def new_caller() -> ResponseReturnValue:
    """The form for somebody who is not known, with what was searched for in it; ``post`` says what for."""
    said = request.form.get("said", "")[:LONGEST]
    return _form_for(caller_data(said))


@coordination.post(f"/people/<{ID}:person_id>/call")
@permit(COORDINATOR)
def known_caller(person_id: int) -> ResponseReturnValue:
    """The form for somebody who is known, filled in with what they said last; the look is written down."""
    exact = details.look(ctx(), sight(), Person, person_id, "call", by_phone()) or abort(404)
    return _form_for(known_data(exact, finding.last_post(ctx(), sight(), person_id)))


def _form_for(data: dict[str, Any]) -> ResponseReturnValue:
    offers = request.form.get("post") == "offer"
    form = (VolunteerForm if offers else CounterForm)(formdata=None, data={"contact": "phone", "town": ctx().city.name} | data)
    form.begin()
    return render_template(OFFER if offers else NEED, form=form)


@coordination.route("/needs/new", methods=["GET", "POST"])
@permit(COORDINATOR)
def new_need() -> ResponseReturnValue:
    form = CounterForm()
    form.begin()
    status = 200
    if form.validate_on_submit():
        try:
            who = finding.chosen(ctx(), sight(), whole(form.known.data))
            given = replace(form.need(form.spoken.data, PostedBy.AGENT), person_id=who)
            again = form.twice.data or posting.known(ctx(), given.reference)  # sent twice is one request
            same = None if again else finding.same_request(ctx(), sight(), given.category, (given.phone, given.email))
            if same:
                form.same = same
                return render_template(NEED, form=form), 422
            need_id = posting.post_need(ctx(), given, actor(Channel(form.channel.data)))
            return _posted(need_id)
        except (Outside, NoTerritory, posting.NotOffered) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
    elif form.errors:
        status = 422
    return render_template(NEED, form=form), status


@coordination.route("/offers/new", methods=["GET", "POST"])
@permit(COORDINATOR)
def new_offer() -> ResponseReturnValue:
    form = VolunteerForm()
    form.begin()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _offered(accounts.post_offer(ctx(), sight(), form.caller, form.offer, actor(Channel(form.channel.data))))
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
    return render_template(OFFER, form=form), status


def _offered(offer_id: int) -> ResponseReturnValue:
    flash(_("The offer is posted."))
    posted = details.offer(ctx(), sight(), offer_id)
    if posted is None:  # in another coordinator's territory
        return redirect(url_for("coordination.tasks"), 303)
    row = posted.row
    _perhaps_known(row.person_id)
    flash({
        "phone": _("Tell the volunteer: “We call you when a neighbour needs you.”"),
        "email": _("Tell the volunteer: “You get an e-mail when a neighbour needs you.”"),
        "sms": _("Tell the volunteer: “You get a text message when a neighbour needs you.”"),
        "letter": _("Tell the volunteer: “You get a letter when a neighbour needs you.”"),
    }[row.contact])  # fmt: skip
    return redirect(url_for("coordination.offer", offer_id=offer_id), 303)


def _perhaps_known(person_id: int) -> None:
    if duplicates.of(ctx(), sight(), person_id):
        flash(_("Perhaps this person is known already: the page of person no. %(number)s says who it may be.", number=person_id))


def _posted(need_id: int) -> ResponseReturnValue:
    flash(_("The request is posted."))
    posted = details.need(ctx(), sight(), need_id)
    if posted is None:  # in another coordinator's territory
        return redirect(url_for("coordination.tasks"), 303)
    row = posted.row
    _perhaps_known(row.person_id)
    soon = (row.next_try_at or ctx().now() + WITHIN[TaskKind.PLACE]) + WITHIN[TaskKind.TELL]
    flash({
        "phone": _("Tell the caller: “We look for a volunteer now. You get a call by %(when)s.”", when=when(soon)),
        "email": _("Tell the caller: “We look for a volunteer now. You get an e-mail as soon as somebody is asked.”"),
        "sms": _("Tell the caller: “We look for a volunteer now. You get a text message as soon as somebody is asked.”"),
        "letter": _("Tell the caller: “We look for a volunteer now. You get a letter as soon as somebody is asked.”"),
    }[row.contact])  # fmt: skip
    return redirect(url_for("coordination.need", need_id=need_id), 303)
