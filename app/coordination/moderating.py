"""What an agent decides who has read a request: it goes on, it goes on in other words, or it ends here."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import ID, coordination, sight
from app.coordination.pages import task_page
from app.coordination.reading import EditForm, RefuseForm
from app.extensions import ctx
from app.identity import actor
from app.models import Task
from app.permissions import MODERATE, permit
from app.services import details, moderating


@coordination.post(f"/tasks/<{ID}:task_id>/approve")
@permit(MODERATE)
def read_approve(task_id: int) -> ResponseReturnValue:
    return _done(moderating.approve(ctx(), task_id, actor()), _("The request goes on as it is."))


@coordination.post(f"/tasks/<{ID}:task_id>/edit")
@permit(MODERATE)
def read_edit(task_id: int) -> ResponseReturnValue:
    form = EditForm(prefix="edit-")
    if not form.validate_on_submit():
        return task_page(task_id, exact=details.look(ctx(), sight(), Task, task_id, "task", actor()), edit=form), 422
    exact = details.look(ctx(), sight(), Task, task_id, "task", actor())
    if exact and form.details.data == exact.words:
        form.details.errors = [_("These are the words as they stand. Change them, or let the request go on as it is.")]
        return task_page(task_id, exact=exact, edit=form), 422
    done = moderating.edit(ctx(), task_id, form.details.data, form.because.data, form.words.data, actor())
    return _done(done, _("The request goes on in the new words. Its writer is told."))


@coordination.post(f"/tasks/<{ID}:task_id>/refuse")
@permit(MODERATE)
def read_refuse(task_id: int) -> ResponseReturnValue:
    form = RefuseForm(prefix="refuse-")
    if not form.validate_on_submit():
        return task_page(task_id, exact=details.look(ctx(), sight(), Task, task_id, "task", actor()), refuse=form), 422
    done = moderating.refuse(ctx(), task_id, form.because.data, form.words.data, actor())
    return _done(done, _("The request has ended. Its writer is told why, and whom to call."))


def _done(done: bool, words: str) -> ResponseReturnValue:
    flash(words if done else _("Nothing was changed: a colleague has decided already, or the writer has changed or ended the request."))
    return redirect(url_for("coordination.tasks"), 303)
