"""Who coordinates what, for administrators: territories are given and taken here."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.again import ask_again
from app.coordination.door import ID, coordination
from app.coordination.lists import whole
from app.extensions import ctx
from app.identity import actor
from app.permissions import ADMINISTRATOR, permit
from app.services import team as teams

WHOLE_CITY = "city"
"""What the form says for it."""


@coordination.get("/team")
@permit(ADMINISTRATOR)
def team() -> ResponseReturnValue:
    page = teams.team(ctx(), whole(request.args.get("page")) or 1)
    return render_template("coordination/team.html", page=page, address=lambda number: url_for("coordination.team", page=number))


@coordination.get(f"/team/<{ID}:agent_id>")
@permit(ADMINISTRATOR)
def member(agent_id: int) -> ResponseReturnValue:
    """What one coordinator oversees. Others oversee nothing that could be given or taken."""
    return render_template("coordination/member.html", member=teams.member(ctx(), agent_id) or abort(404), whole_city=WHOLE_CITY)


@coordination.post(f"/team/<{ID}:agent_id>/give")
@permit(ADMINISTRATOR)
def give_territory(agent_id: int) -> ResponseReturnValue:
    if asks := ask_again():
        return asks
    done = teams.give(ctx(), agent_id, _chosen(), actor())
    flash(_("Written down. It holds from now on.") if done else _("Nothing to do: that is how it was already."))
    return redirect(url_for("coordination.member", agent_id=agent_id), 303)


@coordination.post(f"/team/<{ID}:agent_id>/take")
@permit(ADMINISTRATOR)
def take_territory(agent_id: int) -> ResponseReturnValue:
    if asks := ask_again():
        return asks
    done = teams.take(ctx(), agent_id, _chosen(), actor())
    flash(_("Written down. It holds from now on.") if done else _("Nothing to do: that is how it was already."))
    return redirect(url_for("coordination.member", agent_id=agent_id), 303)


def _chosen() -> int | None:
    """The territory that was chosen; ``None`` is the whole city."""
    given = request.form.get("territory", "")
    return teams.WHOLE_CITY if given == WHOLE_CITY else whole(given) or abort(400)
