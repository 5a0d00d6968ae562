"""The way back to a request whose link is lost or too old: an e-mail address, and a new link goes there."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.extensions import ctx
from app.forms import EmailField, needed
from app.permissions import PUBLIC, permit
from app.services.lost import send_my_links
from app.traps import Trapped

lost = Blueprint("lost", __name__, template_folder="templates")


class LostForm(Trapped):
    email = EmailField(
        _l("E-mail address"), [needed(_l("Write the e-mail address that you gave in your request."))],
        description=_l("The one that you gave when you asked for help."),
    )  # fmt: skip


@lost.route("/request/lost", methods=["GET", "POST"])
@permit(PUBLIC)
def ask() -> ResponseReturnValue:
    form = LostForm()
    if form.validate_on_submit():
        send_my_links(ctx(), form.email.data, request.remote_addr or "")
        return render_template("resident/lost_sent.html")
    return render_template("resident/lost.html", form=form), 422 if form.errors else 200
