"""Who reads first what is to be read: set by administrators."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.coordination.door import ID, coordination, sight
from app.extensions import ctx
from app.forms import Form, PickField, category_choices
from app.identity import actor
from app.permissions import ADMINISTRATOR, permit
from app.services import lists
from app.services import referents as service
from app.services.referents import DoesNotOversee, TooManyReferents

SENTENCES = {
    TooManyReferents: _l("There are very many already. Take one out first."),
    DoesNotOversee: _l("This agent does not oversee that area, and would not see what is to be read there. Give them the area first."),
}


def _places() -> dict[str, str]:
    return {"": _("Everywhere")} | {str(each.id): each.name for each in lists.territories(ctx(), sight())}


class ReferentForm(Form):
    person = PickField(_l("Who"), choices=lambda: {str(i): name for i, name in service.agents(ctx()).items()})
    category = PickField(_l("What"), choices=lambda: {"": _("All")} | category_choices())
    territory = PickField(_l("Where"), choices=_places)


@coordination.route("/referents", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def referents() -> ResponseReturnValue:
    form = ReferentForm()
    if form.validate_on_submit():
        try:
            place = int(form.territory.data) if form.territory.data else None
            done = service.add(ctx(), int(form.person.data), form.category.data or None, place, actor())
            flash(_("Added.") if done else _("This is so already."))
            return redirect(url_for("coordination.referents"), 303)
        except (TooManyReferents, DoesNotOversee) as error:
            form.refuse(str(SENTENCES[type(error)]))
    shown = render_template("coordination/referents.html", form=form, referents=service.all_referents(ctx()))
    return shown, 422 if form.errors else 200


@coordination.post(f"/referents/<{ID}:referent_id>/take-out")
@permit(ADMINISTRATOR)
def take_out_referent(referent_id: int) -> ResponseReturnValue:
    service.take_out(ctx(), referent_id, actor())
    flash(_("Taken out. What is to be read belongs to the other referents, or to everybody."))
    return redirect(url_for("coordination.referents"), 303)
