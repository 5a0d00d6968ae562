"""What an agent does for somebody who asks for their data on the phone or at the counter."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import ID, by_phone, coordination, sight
from app.erase_page import erase_page
from app.extensions import ctx
from app.identity import actor
from app.permissions import COORDINATE, permit
from app.services import own_data, throttle, watching
from app.take_along import FORMS, as_file


@coordination.route(f"/people/<{ID}:person_id>/erase", methods=["GET", "POST"])
@permit(COORDINATE)
def erase(person_id: int) -> ResponseReturnValue:
    here, back = url_for("coordination.erase", person_id=person_id), url_for("coordination.person", person_id=person_id)
    return erase_page(person_id, here, back, by_phone(), redirect(back, 303), agent=True, sight=sight())


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
