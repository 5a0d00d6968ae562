"""Who may be the same person: the list, two people beside each other, merging them, telling them apart, undoing."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.account.again import ask_again
from app.buttons import pressed
from app.coordination.door import ID, coordination, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.identity import actor
from app.models import Person
from app.permissions import COORDINATE, permit
from app.services import details, duplicates, merging
from app.services.merging import Cannot, CannotMerge

CANNOT = {
    Cannot.GONE: _l("This has changed meanwhile. Here is how things stand now."),
    Cannot.AGENT: _l("One of them is an agent of the city. Agents are not merged with anybody."),
    Cannot.TOGETHER: _l("These two are being brought together. If it is one person, end their match first."),
    Cannot.APPROVE: _l("One of them is not approved yet. Approve that volunteer, or withdraw their offer, then merge."),
    Cannot.UNDONE: _l("This has been undone already."),
    Cannot.NEWER: _l("One of them was merged again since. Undo that first."),
    Cannot.ADDRESS: _l("The e-mail address of the merged person has another account now, so this cannot be undone."),
    Cannot.ELSEWHERE: _l("One of them is in the area of other colleagues. Ask somebody who sees both to undo it."),
}
BEFOREHAND = CANNOT | {Cannot.GONE: _l("One of them was merged with somebody already. Compare with the one that is left.")}
"""The same, before anybody has pressed a button."""


@coordination.get("/duplicates")
@permit(COORDINATE)
def same_people() -> str:
    return render_template("coordination/same_people.html", pairs=duplicates.shared(ctx(), sight()))


@coordination.get(f"/people/<{ID}:person_id>/same/<{ID}:other_id>")
@permit(COORDINATE)
def same(person_id: int, other_id: int) -> ResponseReturnValue:
    """What is public of both, and after a look what is not."""
    if person_id == other_id:
        return _to_person(person_id)
    return _beside(person_id, other_id)


@coordination.post(f"/people/<{ID}:person_id>/same/<{ID}:other_id>")
@permit(COORDINATE)
def decide_same(person_id: int, other_id: int) -> ResponseReturnValue:
    """``do``: look at both (written down), merge them as chosen, say that they are two, or that they may be one after all."""
    what = pressed("do", "look", "merge", "differ", "perhaps")
    if person_id == other_id:
        abort(404)
    if what == "look":
        for each in (person_id, other_id):
            details.look(ctx(), sight(), Person, each, "same", actor())
        return redirect(url_for("coordination.same", person_id=person_id, other_id=other_id, look="same"), 303)
    if what == "differ":
        duplicates.say_different(ctx(), person_id, other_id, actor())
        flash(_("Written down: they are two people. They are not shown as a pair any more."))
        return _to_person(person_id)
    if what == "perhaps":
        duplicates.say_perhaps(ctx(), person_id, other_id, actor())
        flash(_("Written down: they may be one person after all."))
        return redirect(url_for("coordination.same", person_id=person_id, other_id=other_id), 303)
    if asks := ask_again():
        return asks
    choice = {name: number for name in merging.CHOSEN if (number := whole(request.form.get(name)))}
    try:
        kept = merging.merge(ctx(), sight(), person_id, other_id, choice, actor())
    except CannotMerge as error:
        flash(str(CANNOT[error.why]))
        return _to_person(person_id)
    flash(_("They are one person now. It can be undone on this page."))
    return _to_person(kept)


@coordination.post(f"/people/<{ID}:person_id>/merges/<{ID}:merge_id>/undo")
@permit(COORDINATE)
def undo_merge(person_id: int, merge_id: int) -> ResponseReturnValue:
    if asks := ask_again():
        return asks
    try:
        merging.undo(ctx(), sight(), merge_id, actor())
    except CannotMerge as error:
        flash(str(CANNOT[error.why]))
    else:
        flash(_("They are two people again. What has come since stays here."))
    return _to_person(person_id)


def _beside(person_id: int, other_id: int) -> str:
    """Who has an account stands first: that one is kept."""
    found = [details.person(ctx(), sight(), i) or abort(404) for i in (person_id, other_id)]
    found.sort(key=lambda detail: not detail.row.account)
    ids = [detail.row.id for detail in found]
    exacts = [details.looked(ctx(), sight(), Person, i, "same", actor()) for i in ids] if request.args.get("look") == "same" else []
    if not all(exacts):
        exacts = []
    addresses = [duplicates.last_address(ctx(), sight(), i) for i in ids] if exacts else []
    cannot = merging.why_not(ctx(), *[detail.row for detail in found])
    return render_template(
        "coordination/same.html", details=found, exacts=exacts, addresses=addresses, cannot=BEFOREHAND[cannot] if cannot else None,
        apart=duplicates.are_apart(ctx(), *ids),
    )  # fmt: skip


def _to_person(person_id: int) -> ResponseReturnValue:
    return redirect(url_for("coordination.person", person_id=person_id), 303)
