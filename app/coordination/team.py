"""Who does what, for administrators: colleagues come and go here, and roles and territories are given and taken."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.account.again import ask_again
from app.buttons import pressed
from app.coordination.door import ID, coordination, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.forms import ChoiceField, EmailField, Form, LineField, PickField, needed
from app.identity import actor
from app.models import STAFF, Role
from app.permissions import ADMINISTRATOR, permit
from app.services import lists, second_factor, staff
from app.services import team as teams
from app.services.accounts import AddressTaken
from app.services.staff import LastAdministrator, StillInCharge

WHOLE_CITY, NOWHERE = "city", "none"
"""What forms say for it."""
WORDS = {
    Role.CALLER: _l("On the phone: calls, letters, answers and outcomes"),
    Role.MODERATOR: _l("Moderation: reads requests and approves offers, without names and numbers"),
    Role.COORDINATOR: _l("Coordinator: all of that, and pairs, rounds, merges, copies and figures"),
    Role.DATA_PROTECTION: _l("Data protection officer: what is kept and who looked, in numbers"),
    Role.ADMINISTRATOR: _l("Administrator: everything, and who has which role"),
}
REFUSED = {
    LastAdministrator: _l("Nothing was changed: this is the last administrator. Make somebody else an administrator first."),
    StillInCharge: _l("Nothing was changed: open reports would be read by nobody any more. Name another safeguarding lead first."),
}


def _places() -> dict[str, str]:
    places = {str(each.id): each.name for each in lists.territories(ctx(), sight())}
    return {NOWHERE: _("Nothing yet"), WHOLE_CITY: _("The whole city")} | places


class ColleagueForm(Form):
    name = LineField(_l("Name"), [needed(_l("Write their name."))])
    email = EmailField(_l("E-mail address"), [needed(_l("Write their e-mail address."))], description=_l("Where the link goes."))
    role = ChoiceField(_l("What do they do?"), _l("Say what they do."), choices=lambda: {str(each): str(WORDS[each]) for each in STAFF})
    territory = PickField(
        _l("Where?"), choices=_places,
        description=_l("More can be given afterwards. Administrators and the data protection officer need none."),
    )  # fmt: skip


@coordination.get("/team")
@permit(ADMINISTRATOR)
def team() -> ResponseReturnValue:
    page = teams.team(ctx(), whole(request.args.get("page")) or 1)
    return render_template("coordination/team.html", page=page, address=lambda number: url_for("coordination.team", page=number))


@coordination.route("/team/new", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def new_colleague() -> ResponseReturnValue:
    form = ColleagueForm()
    if form.validate_on_submit():
        if asks := ask_again():
            return asks
        where = form.territory.data
        given = {"name": form.name.data, "email": form.email.data, "role": Role(form.role.data), "everywhere": where == WHOLE_CITY}
        try:
            made = staff.invite(ctx(), **given, places=[] if where in (WHOLE_CITY, NOWHERE) else [int(where)], by=actor())
        except AddressTaken:
            form.email.errors = [_("This address has an account already. A volunteer who becomes a colleague needs another one.")]
        else:
            flash(_("Added. They have a mail with a link to choose a password."))
            return redirect(url_for("coordination.member", agent_id=made), 303)
    return render_template("coordination/new_colleague.html", form=form), 422 if form.errors else 200


@coordination.get(f"/team/<{ID}:agent_id>")
@permit(ADMINISTRATOR)
def member(agent_id: int) -> ResponseReturnValue:
    """What one agent may do, and where."""
    found = teams.member(ctx(), agent_id) or abort(404)
    return render_template(
        "coordination/member.html", member=found, whole_city=WHOLE_CITY, limited=found.person.role in teams.LIMITED,
        roles=[role for role in STAFF if role != found.person.role], has_phone=second_factor.is_set(ctx(), agent_id),
    )  # fmt: skip


@coordination.post(f"/team/<{ID}:agent_id>/give")
@permit(ADMINISTRATOR)
def give_territory(agent_id: int) -> ResponseReturnValue:
    return _change(agent_id, lambda: teams.give(ctx(), agent_id, _chosen(), actor()))


@coordination.post(f"/team/<{ID}:agent_id>/take")
@permit(ADMINISTRATOR)
def take_territory(agent_id: int) -> ResponseReturnValue:
    return _change(agent_id, lambda: teams.take(ctx(), agent_id, _chosen(), actor()))


@coordination.post(f"/team/<{ID}:agent_id>/role")
@permit(ADMINISTRATOR)
def give_role(agent_id: int) -> ResponseReturnValue:
    role = Role(pressed("role", *STAFF))
    return _change(agent_id, lambda: staff.change_role(ctx(), agent_id, role, actor()))


@coordination.post(f"/team/<{ID}:agent_id>/invite")
@permit(ADMINISTRATOR)
def invite_again(agent_id: int) -> ResponseReturnValue:
    return _change(agent_id, lambda: staff.invite_again(ctx(), agent_id, actor()))


@coordination.post(f"/team/<{ID}:agent_id>/second-factor")
@permit(ADMINISTRATOR)
def new_second_factor(agent_id: int) -> ResponseReturnValue:
    return _change(agent_id, lambda: second_factor.reset(ctx(), agent_id, actor()))


@coordination.post(f"/team/<{ID}:agent_id>/end-sessions")
@permit(ADMINISTRATOR)
def end_sessions(agent_id: int) -> ResponseReturnValue:
    return _change(agent_id, lambda: staff.end_sessions(ctx(), agent_id, actor()))


@coordination.route(f"/team/<{ID}:agent_id>/close", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def close_account(agent_id: int) -> ResponseReturnValue:
    if request.method != "POST":
        person = (teams.member(ctx(), agent_id) or abort(404)).person
        return render_template("coordination/close_account.html", person=person, address=request.path)
    return _change(agent_id, lambda: staff.close(ctx(), agent_id, actor()), url_for("coordination.team"))


def _change(agent_id: int, change: Callable[[], bool], then: str = "") -> ResponseReturnValue:
    """After the code once more: what an administrator does about an agent, who is signed out by it."""
    if asks := ask_again():
        return asks
    here = url_for("coordination.member", agent_id=agent_id)
    try:
        done = change()
    except (LastAdministrator, StillInCharge) as error:
        flash(str(REFUSED[type(error)]))
        return redirect(here, 303)
    flash(_("Written down. It holds from now on.") if done else _("Nothing to do: that is how it was already."))
    return redirect(then or here, 303)


def _chosen() -> int | None:
    """The territory that was chosen; ``None`` is the whole city."""
    given = request.form.get("territory", "")
    return teams.WHOLE_CITY if given == WHOLE_CITY else whole(given) or abort(400)
