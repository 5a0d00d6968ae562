"""Telling the town hall by link that something went wrong."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import ctx
from app.forms import ChoiceField
from app.permissions import LINK, permit
from app.reporting import ReportForm
from app.resident.door import by, read, resident
from app.services import reports, throttle


class ResidentsReport(ReportForm):
    reason = ChoiceField(
        _l("What happened?"), _l("Say what happened."),
        choices=lambda: {
            "unsafe": _("I felt unsafe"),
            "money": _("Somebody asked for money, a card or a code"),
            "absent": _("The volunteer did not come"),
            "rude": _("Somebody was rude or hurtful"),
            "other": _("Something else"),
        },
    )  # fmt: skip


@resident.route("/request/<token>/report", methods=["GET", "POST"])
@permit(LINK)
def report(token: str) -> ResponseReturnValue:
    here, form = read(token), ResidentsReport()
    if form.validate_on_submit():
        throttle.spend(ctx(), [(throttle.REPORT, str(here.row.id))])
        met = [match.id for match in here.matches if match.accepted_at]
        reports.report(ctx(), here.row.id, met[-1] if met else None, form.reason.data, form.words.data, by(here))
        return redirect(url_for("resident.reported", token=token), 303)
    return render_template("resident/report.html", form=form, token=token), 422 if form.errors else 200


@resident.get("/request/<token>/reported")
@permit(LINK)
def reported(token: str) -> ResponseReturnValue:
    """What happens next with a report."""
    return render_template("resident/reported.html", row=read(token).row, token=token)
