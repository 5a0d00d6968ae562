"""Posting for somebody on the phone or at the counter. What an agent posts needs no confirmation."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import ID, by_phone, coordination, sight, when
from app.coordination.forms import CallerForm, CounterForm, VolunteerForm, caller_data, known_data
from app.coordination.lists import whole
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.identity import actor
from app.models import Channel, Need, Offer, Person, PostedBy, TaskKind
from app.permissions import CALL, permit
from app.services import accounts, details, drafts, duplicates, finding, local, posting, town_hall
from app.services.places import NoTerritory, Outside
from app.services.sight import EVERYTHING, Kind
from app.services.tasks import WITHIN

NEED, OFFER = "coordination/new_need.html", "coordination/new_offer.html"


@coordination.route("/call", methods=["GET", "POST"])
@permit(CALL)
def call() -> ResponseReturnValue:
    """Who calls? What they say never stands in an address: ``search`` there says where it is kept."""
    form = CallerForm()
    if form.validate_on_submit():
        search = drafts.save(ctx(), None, _kept(), {"call": {"said": [form.said.data]}})
        return redirect(url_for("coordination.call", search=search), 303)
    if form.errors:
        return render_template("coordination/call.html", form=form, found=None), 422
    form.said.data = said = _said()
    found = finding.find(ctx(), sight(), said, by_phone()) if said else None
    return render_template("coordination/call.html", form=form, found=found, search=request.args.get("search"))


def _kept() -> str:
    """The kind of draft that holds what this agent searches for: nobody else's address leads to it."""
    return f"call-{actor().person_id}"


def _said() -> str:
    search = request.args.get("search", "")
    kept = drafts.read(ctx(), search, _kept()) if search.isprintable() else {}
    return kept["call"]["said"][0] if kept else ""


@coordination.post(f"/people/<{ID}:person_id>/call")
@permit(CALL)
def known_caller(person_id: int) -> ResponseReturnValue:
    """On to the form for somebody who is known; ``post`` says which. It shows what is known: a look, which is written down."""
    details.look(ctx(), sight(), Person, person_id, "intake", by_phone()) or abort(404)
    form = "coordination.new_offer" if request.form.get("post") == "offer" else "coordination.new_need"
    return redirect(url_for(form, person=person_id), 303)


def _known() -> dict[str, Any]:
    """What stands in the form before it is sent: what is known of the ``person`` who calls, or what was searched for."""
    person_id = whole(request.args.get("person"))
    exact = details.looked(ctx(), sight(), Person, person_id, "intake", by_phone()) if person_id else None
    known = known_data(exact, finding.last_post(ctx(), sight(), person_id)) if exact else caller_data(_said())
    return {"contact": "phone", "town": ctx().city.name} | known


@coordination.route("/needs/new", methods=["GET", "POST"])
@permit(CALL)
def new_need() -> ResponseReturnValue:
    form = CounterForm(data=_known() if request.method == "GET" else None)
    form.begin()
    form.leave_out(local.off_everywhere(ctx(), sight()))
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
@permit(CALL)
def new_offer() -> ResponseReturnValue:
    form = VolunteerForm(data=_known() if request.method == "GET" else None)
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
    row = (details.offer(ctx(), EVERYTHING, offer_id) or abort(404)).row
    _perhaps_known(row.person_id)
    if row.approved_at is None:
        flash(_("Tell the volunteer: “First the town hall accepts you; you hear from us then.”"))
    else:
        flash({
            "phone": _("Tell the volunteer: “We call you when a neighbour needs you.”"),
            "email": _("Tell the volunteer: “You get an e-mail when a neighbour needs you.”"),
            "sms": _("Tell the volunteer: “You get a text message when a neighbour needs you.”"),
            "letter": _("Tell the volunteer: “You get a letter when a neighbour needs you.”"),
        }[row.contact])  # fmt: skip
    return _to_page(Offer, offer_id, url_for("coordination.offer", offer_id=offer_id))


def _to_page(kind: Kind, post_id: int, page: str) -> ResponseReturnValue:
    if details.may_see(ctx(), sight(), kind, post_id):
        return redirect(page, 303)
    flash(_("It lies in the territory of colleagues, who see to it from now on. Its number is %(number)s.", number=post_id))
    return redirect(url_for("coordination.tasks"), 303)


def _perhaps_known(person_id: int) -> None:
    if duplicates.of(ctx(), sight(), person_id)[0]:
        flash(_("Perhaps this person is known already: the page of person no. %(number)s says who it may be.", number=person_id))


def _posted(need_id: int) -> ResponseReturnValue:
    flash(_("The request is posted."))
    row = (details.need(ctx(), EVERYTHING, need_id) or abort(404)).row
    _perhaps_known(row.person_id)
    soon = (row.next_try_at or ctx().now() + WITHIN[TaskKind.PLACE]) + WITHIN[TaskKind.TELL]
    call_by = town_hall.call_by(ctx(), soon, f"need:{need_id}/person:{row.person_id}")
    flash({
        "phone": _("Tell the caller: “We look for a volunteer now. You get a call by %(when)s.”", when=when(call_by)),
        "email": _("Tell the caller: “We look for a volunteer now. You get an e-mail as soon as somebody is asked.”"),
        "sms": _("Tell the caller: “We look for a volunteer now. You get a text message as soon as somebody is asked.”"),
        "letter": _("Tell the caller: “We look for a volunteer now. You get a letter as soon as somebody is asked.”"),
    }[row.contact])  # fmt: skip
    return _to_page(Need, need_id, url_for("coordination.need", need_id=need_id))
