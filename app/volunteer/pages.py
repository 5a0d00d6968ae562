"""Signing up to help."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import i18n
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import actor
from app.permissions import PUBLIC, permit
from app.services import accounts
from app.services.places import NoTerritory, Outside
from app.services.posting import OfferInput
from app.volunteer.forms import OfferForm
from config.notices import CHARTER_VERSION, NOTICE_VERSION

volunteer = Blueprint("volunteer", __name__, template_folder="templates")


@volunteer.route("/offer/new", methods=["GET", "POST"])
@permit(PUBLIC)
def new_offer() -> ResponseReturnValue:
    form = OfferForm()
    if form.validate_on_submit():
        try:
            accounts.sign_up(ctx(), _sign_up(form), actor(), request.remote_addr or "")
            return render_template("volunteer/sent.html")
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
    return render_template("volunteer/new_offer.html", form=form), 422 if form.errors else 200


def _sign_up(form: OfferForm) -> accounts.SignUp:
    offer = OfferInput(
        categories=form.categories.data, where=form.where, languages=form.languages.data, mode=form.mode.data,
        availability=form.week.data, radius_m=int(form.radius.data), capacity=int(form.capacity.data),
    )  # fmt: skip
    return accounts.SignUp(
        name=form.name.data, email=form.email.data, phone=form.phone.data or None, language=i18n.language(), password=form.password.data,
        charter_version=CHARTER_VERSION, notice_version=NOTICE_VERSION, offer=offer,
    )  # fmt: skip
