"""Posting for somebody on the phone or at the counter. What an agent posts needs no confirmation."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import coordination, sight
from app.coordination.forms import CounterForm
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.identity import actor
from app.models import Channel, Need, PostedBy
from app.permissions import COORDINATOR, permit
from app.services import details, posting
from app.services.places import NoTerritory, Outside


@coordination.route("/needs/new", methods=["GET", "POST"])
@permit(COORDINATOR)
def new_need() -> ResponseReturnValue:
    form = CounterForm()
    form.begin()
    status = 200
    if form.validate_on_submit():
        try:
            given = form.need(form.spoken.data, PostedBy.AGENT)
            need_id = posting.post_need(ctx(), given, actor(Channel(form.channel.data)))
            flash(_("The request is posted."))
            in_sight = details.may_see(ctx(), sight(), Need, need_id)
            return redirect(url_for("coordination.need", need_id=need_id) if in_sight else url_for("coordination.tasks"), 303)
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
    elif form.errors:
        status = 422
    return render_template("coordination/new_need.html", form=form), status
