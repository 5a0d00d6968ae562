"""Signing up to help; whoever has an account and is signed in adds an offer to it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import i18n
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import actor, signed_in
from app.permissions import PUBLIC, permit
from app.services import accounts
from app.services.places import NoTerritory, Outside
from app.volunteer.forms import OfferForm
from config.notices import CHARTER_VERSION, NOTICE_VERSION

volunteer = Blueprint("volunteer", __name__, template_folder="templates")


@volunteer.route("/offer/new", methods=["GET", "POST"])
@permit(PUBLIC)
def new_offer() -> ResponseReturnValue:
    form, person = OfferForm(), signed_in()
    if person:
        form.leave_out_what_is_known(person)
    if form.validate_on_submit():
        try:
            if person:
                accounts.add_own_offer(ctx(), person.id, form.offer, actor())
                flash(_("Thank you! Your offer is written down."))
                return redirect(url_for("my_page.show"), 303)
            accounts.sign_up(ctx(), _sign_up(form), actor(), request.remote_addr or "")
            return render_template("volunteer/sent.html")
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
    return render_template("volunteer/new_offer.html", form=form), 422 if form.errors else 200


def _sign_up(form: OfferForm) -> accounts.SignUp:
    return accounts.SignUp(
        name=form.name.data, email=form.email.data, phone=form.phone.data or None, language=i18n.language(), password=form.password.data,
        charter_version=CHARTER_VERSION, notice_version=NOTICE_VERSION, offer=form.offer,
    )  # fmt: skip
