"""Telling the town hall that something went wrong with a request for which nobody came; with a match it is :mod:`app.reporting`."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.permissions import LINK, permit
from app.reporting import ReportForm
from app.resident.door import by, read, resident
from app.services import reports, throttle
from matching.lifecycle import Side


@resident.route("/request/<token>/report", methods=["GET", "POST"])
@permit(LINK)
def report(token: str) -> ResponseReturnValue:
    here, form = read(token), ReportForm()
    if form.validate_on_submit():
        throttle.spend(ctx(), [(throttle.REPORT, f"{Side.RESIDENT} {here.row.person_id}")])
        reports.report(ctx(), Side.RESIDENT, here.row.id, None, form.reason.data, form.words.data, by(here))
        return redirect(url_for("resident.reported", token=token), 303)
    address, home = (url_for(f"resident.{page}", token=token) for page in ("report", "my_request"))
    return render_template("report.html", form=form, match=None, side=Side.RESIDENT, here=address, home=home), 422 if form.errors else 200


@resident.get("/request/<token>/reported")
@permit(LINK)
def reported(token: str) -> ResponseReturnValue:
    read(token)
    return render_template("reported.html", side=Side.RESIDENT, home=url_for("resident.my_request", token=token))
