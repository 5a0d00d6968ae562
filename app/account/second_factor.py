"""The second step of an agent's sign-in: the code of their phone, which is set up the first time."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.account.forms import CodeForm
from app.extensions import ctx
from app.identity import enter, half_way, here
from app.models import Person
from app.permissions import PUBLIC, home, permit
from app.services import second_factor as service
from app.services import sessions
from app.services.events import Actor

second_factor = Blueprint("second_factor", __name__, template_folder="templates", url_prefix="/sign-in")


@second_factor.route("/code", methods=["GET", "POST"])
@permit(PUBLIC)
def code() -> ResponseReturnValue:
    """Only for whoever has given an agent's password: to all others there is nothing to type here."""
    person = half_way()
    if person is None:
        return redirect(url_for("account.sign_in"), 303)
    if not service.is_set(ctx(), person.id):
        return redirect(url_for("second_factor.set_up"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        before = service.recovery_codes_left(ctx(), person.id)
        if service.check(ctx(), person.id, form.code.data, Actor(person.id)):
            wanted = _enter(person)
            left = service.recovery_codes_left(ctx(), person.id)
            if left < before:
                flash(ngettext("You have %(num)s recovery code left.", "You have %(num)s recovery codes left.", left))
            return redirect(wanted, 303)
        form.code.errors = [_("This code is not right any more. Type the one that your phone shows now.")]
    to_type = service.code_to_type(ctx(), person.id)
    return render_template("account/code.html", form=form, to_type=to_type), 422 if form.errors else 200


@second_factor.route("/set-up", methods=["GET", "POST"])
@permit(PUBLIC)
def set_up() -> ResponseReturnValue:
    person = half_way()
    if person is None or service.is_set(ctx(), person.id):
        return redirect(url_for("second_factor.code"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        codes = service.confirm(ctx(), person.id, form.code.data, Actor(person.id))
        if codes:
            return render_template("account/recovery_codes.html", codes=codes, onward=_enter(person))
        form.code.errors = [_("This code is not right any more. Type the one that your phone shows now.")]
    secret, picture = service.to_set_up(ctx(), person)
    letters = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    to_type = service.code_to_type(ctx(), person.id)
    page = render_template("account/set_up.html", form=form, letters=letters, picture=picture, to_type=to_type, address=request.path)
    return page, 422 if form.errors else 200


def _enter(person: Person) -> str:
    """All the way in, with a session that begins now; where they were on their way to."""
    before = here()
    id_token = before.id_token if before else ""
    return enter(person, sessions.begin(ctx(), person, request.user_agent.string, proven=True, id_token=id_token)) or home(person)
