"""A volunteer tells the town hall that something went wrong with one of their people."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import ctx
from app.forms import ChoiceField
from app.identity import actor
from app.permissions import SIGNED_IN, permit
from app.reporting import ReportForm
from app.services import reports, throttle
from app.volunteer.my_page import my_page, own_match


class VolunteersReport(ReportForm):
    reason = ChoiceField(
        _l("What happened?"), _l("Say what happened."),
        choices=lambda: {
            "unsafe": _("I felt unsafe, or am worried about somebody"),
            "money": _("Somebody wanted to give or take money, a card or a code"),
            "absent": _("Nobody was there"),
            "rude": _("Somebody was rude or hurtful"),
            "other": _("Something else"),
        },
    )  # fmt: skip


@my_page.route("/requests/<int(max=2147483647):match_id>/report", methods=["GET", "POST"])
@permit(SIGNED_IN)
def report(match_id: int) -> ResponseReturnValue:
    match, form = own_match(match_id), VolunteersReport()
    if form.validate_on_submit():
        throttle.spend(ctx(), [(throttle.REPORT, f"volunteer {match.volunteer_id}")])
        reports.report(ctx(), match.need_id, match_id, form.reason.data, form.words.data, actor())
        flash(_(
            "Thank you for telling us. A coordinator reads it during opening hours, as a rule on the same day, and calls you or writes."
        ))  # fmt: skip
        return redirect(url_for("my_page.show"), 303)
    return render_template("volunteer/report.html", form=form, match=match), 422 if form.errors else 200
