"""A round for a territory, looked at before anybody is asked."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app import live
from app.buttons import pressed
from app.coordination.door import coordination, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.identity import actor, signed_in
from app.permissions import COORDINATE, permit
from app.services import lists, plans


@coordination.get("/round")
@permit(COORDINATE)
def round() -> ResponseReturnValue:
    me = signed_in() or abort(403)

    def render(plan: plans.Shown | None) -> str:
        return render_template("coordination/round.html", plan=plan, territories=lists.territories(ctx(), sight()), sight=sight())

    return live.show(("round", me.id, sight()), lambda: plans.latest(ctx(), sight(), me.id), render)


@coordination.post("/round")
@permit(COORDINATE)
def decide_round() -> ResponseReturnValue:
    """Have one worked out, send the one that was looked at, or drop it."""
    me, what = signed_in() or abort(403), pressed("do", "want", "send", "drop")
    if what == "want":
        territory_id = whole(request.form.get("territory"))
        if territory_id is None and not sight().everything:
            abort(400)
        if territory_id is not None and territory_id not in {row.id for row in lists.territories(ctx(), sight())}:
            abort(404)
        plans.want(ctx(), territory_id, me.id, actor())
    elif what == "drop":
        plans.drop(ctx(), me.id)
        flash(_("Dropped: nobody is asked."))
    else:
        sent = plans.send(ctx(), whole(request.form.get("plan")) or abort(400), me.id, actor())
        if sent is None:
            flash(_("This round is too old, or was sent already. Have it worked out once more."))
        else:
            flash(ngettext("%(num)s volunteer is asked.", "%(num)s volunteers are asked.", sent[0]))
            if sent[0] < sent[1]:
                flash(ngettext("%(num)s could not be asked any more.", "%(num)s could not be asked any more.", sent[1] - sent[0]))
    return redirect(url_for("coordination.round"), 303)
