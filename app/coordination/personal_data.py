"""The page of whoever watches over personal data: numbers for the whole city, and nothing of one resident."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.coordination.door import coordination
from app.extensions import ctx
from app.permissions import DATA, permit
from app.retention import TABLE
from app.services.data_protection import LATELY, overview

ERASED, EMPTIED, DELETED = _l("the person is erased"), _l("emptied: only that there was something stays"), _l("deleted")
KEPT = {
    "unconfirmed": (_l("Sign-ups and requests that nobody ever confirmed"), ERASED),
    "unmet": (_l("People who asked, were never helped and offer nothing"), ERASED),
    "people": (_l("Everybody else but agents"), ERASED),
    "attempts": (_l("Traces of tries to sign in or to post"), DELETED),
    "devices": (_l("Traces of the device with which an account was made"), DELETED),
    "drafts": (_l("Forms that somebody began"), DELETED),
    "plans": (_l("Pairs of a round that was looked at and not sent"), EMPTIED),
    "messages": (_l("Words and address of messages"), EMPTIED),
    "tasks": (_l("Words of tasks that are done"), EMPTIED),
    "notes": (_l("What somebody wrote to the town hall by e-mail"), EMPTIED),
    "incidents": (_l("Words of reports that are closed"), EMPTIED),
    "flags": (_l("Patterns that a safeguarding lead has looked at"), DELETED),
}
"""The rows of :data:`app.retention.TABLE` in the reader's words: what, and what happens then."""


@coordination.get("/personal-data")
@permit(DATA)
def personal_data() -> ResponseReturnValue:
    rows = [(each.name, *KEPT[each.name], each.lasts(ctx().settings)) for each in TABLE]
    return render_template("coordination/personal_data.html", found=overview(ctx()), rows=rows, days=LATELY.days)
