"""Who is in charge of what is reported: set by administrators, who read nothing of it unless they name themselves."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.account.again import ask_again
from app.coordination.door import ID, coordination, sight
from app.extensions import ctx
from app.forms import Form, PickField
from app.identity import actor
from app.models import OVERSEE
from app.permissions import ADMINISTRATOR, permit
from app.services import leads as service
from app.services import lists
from app.services.referents import agents


def _places() -> dict[str, str]:
    return {"": _("Everywhere")} | {str(each.id): each.name for each in lists.territories(ctx(), sight())}


class LeadForm(Form):
    person = PickField(_l("Who"), choices=lambda: {str(i): name for i, name in agents(ctx(), OVERSEE).items()})
    territory = PickField(_l("Where"), choices=_places)


@coordination.route("/leads", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def leads() -> ResponseReturnValue:
    form = LeadForm()
    if form.validate_on_submit():
        if asks := ask_again():
            return asks
        place = int(form.territory.data) if form.territory.data else None
        done = service.add(ctx(), int(form.person.data), place, actor())
        flash(_("Named. They are told at once of what is reported from now on.") if done else _("This is so already."))
        return redirect(url_for("coordination.leads"), 303)
    return render_template("coordination/leads.html", form=form, leads=service.all_leads(ctx())), 422 if form.errors else 200


@coordination.post(f"/leads/<{ID}:named_id>/take-out")
@permit(ADMINISTRATOR)
def take_out_lead(named_id: int) -> ResponseReturnValue:
    if asks := ask_again():
        return asks
    left = service.take_out(ctx(), named_id, actor())
    refused = ngettext(
        "Not done: %(num)s report is open that nobody else would read. Put somebody else in charge first.",
        "Not done: %(num)s reports are open that nobody else would read. Put somebody else in charge first.", left,
    )  # fmt: skip
    flash(refused if left else _("Taken out. They no longer read what is reported."))
    return redirect(url_for("coordination.leads"), 303)
