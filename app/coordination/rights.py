"""What an agent does for somebody who asks for their data on the phone or at the counter."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.coordination.door import ID, by_phone, coordination, sight
from app.erase_page import erase_page
from app.extensions import ctx
from app.forms import EmailField, Form, LineField, PhoneField
from app.identity import actor
from app.models import Person
from app.permissions import CALL, COORDINATE, permit
from app.services import correcting, details, own_data, throttle, watching
from app.services.accounts import AddressTaken
from app.take_along import FORMS, as_file


@coordination.route(f"/people/<{ID}:person_id>/erase", methods=["GET", "POST"])
@permit(COORDINATE)
def erase(person_id: int) -> ResponseReturnValue:
    here, back = url_for("coordination.erase", person_id=person_id), url_for("coordination.person", person_id=person_id)
    return erase_page(person_id, here, back, by_phone(), redirect(back, 303), agent=True, sight=sight())


class CorrectForm(Form):
    """What is left empty stays."""

    name = LineField(_l("Name"))
    email = EmailField(_l("E-mail address"), description=_l("Read it back to them, letter by letter."))
    phone = PhoneField(_l("Phone number"))


@coordination.route(f"/people/<{ID}:person_id>/correct", methods=["GET", "POST"])
@permit(CALL)
def correct(person_id: int) -> ResponseReturnValue:
    if not details.may_see(ctx(), sight(), Person, person_id):
        abort(404)
    form = CorrectForm()
    if form.validate_on_submit():
        given = {"name": form.name.data, "email": form.email.data, "phone": form.phone.data}
        try:
            done = correcting.correct(ctx(), sight(), person_id, by_phone(), **given)
            flash(_("Put right, with your name.") if done else _("Nothing to do: that is how it was already."))
            return redirect(url_for("coordination.person", person_id=person_id), 303)
        except AddressTaken:
            form.email.errors = [_("This address has an account already. Are they the same person? Then merge the two on their page.")]
    return render_template("coordination/correct.html", form=form, person_id=person_id), 422 if form.errors else 200


@coordination.post(f"/people/<{ID}:person_id>/copy.<any({', '.join(FORMS)}):form>")
@permit(COORDINATE)
def copy(person_id: int, form: str) -> ResponseReturnValue:
    """A copy of somebody's data, to give to them: a look, which they see."""
    watching.spend(ctx(), throttle.AGENT_EXPORTS, actor())
    data = own_data.for_agent(ctx(), sight(), person_id, actor())
    if data is None:
        flash(_("This person has posts in areas that you do not oversee, or is erased."))
        return redirect(url_for("coordination.person", person_id=person_id), 303)
    return as_file(data, form)
