"""The messages that go out: what has not arrived, what waits, what went, and one more try."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.coordination.door import ID, coordination, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.identity import actor
from app.layout import up_to_words
from app.permissions import COORDINATE, permit
from app.services.mail import GLANCE, LATELY, MOST, STOPPED, Pile, is_late, mail, try_again, waits_since
from notifications.tables import OutboxState

NAMES = {
    Pile.FAILED: _l("Not arrived"), Pile.SUPPRESSED: _l("Address given up"), Pile.WAITING: _l("On its way"), Pile.HELD: _l("For later"),
    Pile.SENT: _l("Gone out"), Pile.UNWANTED: _l("Not wanted"),
}  # fmt: skip


@coordination.get("/mail")
@permit(COORDINATE)
def messages() -> ResponseReturnValue:
    """What has not arrived comes first: it may need a call."""
    given = request.args.get("pile")
    pile = Pile(given) if given in list(Pile) else Pile.FAILED
    found = mail(ctx(), sight(), pile, whole(request.args.get("page")) or 1)
    since = waits_since(ctx())
    most = dict.fromkeys(Pile, GLANCE) | {pile: MOST}
    entries = [
        (url_for("coordination.messages", pile=each), f"{name} ({up_to_words(found.counts[each], most[each])})", each is pile)
        for each, name in NAMES.items()
    ]
    return render_template(
        "coordination/mail.html", mail=found, page=found.page, pile=pile, name=NAMES[pile], entries=entries, days=LATELY.days,
        since=since, late=is_late(since, ctx().now()),
        address=lambda number: url_for("coordination.messages", pile=pile, page=number),
    )  # fmt: skip


@coordination.post(f"/mail/<{ID}:message_id>/again")
@permit(COORDINATE)
def send_again(message_id: int) -> ResponseReturnValue:
    state, _lifted = try_again(ctx(), message_id, actor())
    if state is None:
        abort(404)
    if state in (OutboxState.WAITING, *STOPPED):
        flash(_("The message is being sent once more. If it does not arrive, it comes back here and on your list of tasks."))
    else:
        flash(_("Nothing to do: this message has gone, or is not wanted any more."))
    return redirect(url_for("coordination.messages"), 303)
