"""Writing down what was seen of a volunteer."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import ID, coordination
from app.coordination.forms import CheckForm
from app.coordination.lists import whole
from app.coordination.pages import person_page
from app.extensions import ctx
from app.identity import actor
from app.models import CheckKind
from app.permissions import COORDINATE, permit
from app.services import checks


@coordination.post(f"/people/<{ID}:person_id>/checks")
@permit(COORDINATE)
def add_check(person_id: int) -> ResponseReturnValue:
    """One more, or what was written down by mistake taken back."""
    mistaken = whole(request.form.get("take_back"))
    if mistaken is not None:
        done = checks.take_back(ctx(), person_id, mistaken, actor())
        flash(_("It counts no more.") if done else _("This has been taken back already."))
        return _to_checks(person_id)
    form = CheckForm()
    if not form.validate_on_submit():
        return person_page(person_id, check=form), 422
    checks.add_check(ctx(), person_id, CheckKind(form.kind.data), form.seen_on.day, form.ends, actor())
    flash(_("Written down, with your name."))
    return _to_checks(person_id)


def _to_checks(person_id: int) -> ResponseReturnValue:
    return redirect(url_for("coordination.person", person_id=person_id, _anchor="checks"), 303)
