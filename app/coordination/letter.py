"""A letter to whoever is reached by letter: a page to print, in the reader's language, with a slip that comes back."""

from flask import abort, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import i18n
from app.coordination.door import ID, coordination, sight
from app.extensions import ctx
from app.identity import actor
from app.models import Task
from app.permissions import CALL, permit
from app.services import details
from app.services.telling import about_words
from notifications.words import LANGUAGES, day_words


@coordination.post(f"/tasks/<{ID}:task_id>/letter")
@permit(CALL)
def write_letter(task_id: int) -> ResponseReturnValue:
    """Whoever prints a letter sees who it is to: that is a look."""
    if not _detail(task_id).row.by_letter:
        abort(404)
    details.look(ctx(), sight(), Task, task_id, "letter", actor())
    return redirect(url_for("coordination.letter", task_id=task_id), 303)


@coordination.get(f"/tasks/<{ID}:task_id>/letter")
@permit(CALL)
def letter(task_id: int) -> ResponseReturnValue:
    """Opened by its button and not by its address alone."""
    row = _detail(task_id).row
    exact = details.looked(ctx(), sight(), Task, task_id, "letter", actor())
    if exact is None:
        return redirect(url_for("coordination.task", task_id=task_id), 303)
    settings = ctx().settings
    if exact.person:
        g.about = about_words(exact.person.id, need_id=row.need_id, offer_id=row.offer_id, match_id=row.match_id)
    today = ctx().now().astimezone(settings.zone).date()
    agent = {
        "language": i18n.language(), "back": _("Back to the task"),
        "how": _("To print, on both sides: press Ctrl and P. Fold the sheet twice: the address shows in the window of a long envelope."),
        "lacking": "" if exact.address else _("No address is known: write it on the envelope, or call."),
    }  # fmt: skip
    language = exact.person.language if exact.person else ""
    with i18n.speaking(language if language in LANGUAGES else settings.language):
        date = f"{day_words(today, i18n.language())} {today.year}"
        return render_template(
            "coordination/letter.html", row=row, exact=exact, date=date, address=settings.city_address, agent=agent
        )


def _detail(task_id: int) -> details.Detail:
    return details.task(ctx(), sight(), task_id) or abort(404)
