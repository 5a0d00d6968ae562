"""Signing up to help; whoever has an account and is signed in adds an offer to it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import i18n
from app.city_words import charter_version, notice_version
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.forms import Form
from app.identity import actor, signed_in
from app.kinds import KINDS
from app.permissions import PUBLIC, permit
from app.services import accounts, places
from app.services.passwords import WeakPassword
from app.services.places import NoTerritory, Outside
from app.volunteer.forms import OfferForm, PasswordForm
from app.volunteer.sign_up import wizard
from app.wizard import CHECK, Wizard

volunteer = Blueprint("volunteer", __name__, template_folder="templates")


@volunteer.get("/offer/new")
@permit(PUBLIC)
def new_offer() -> ResponseReturnValue:
    way = wizard()
    return render_template("volunteer/start.html", first=way.address(way.steps[0]), by_hand=_by_hand())


@volunteer.route("/offer/new/<step>", methods=["GET", "POST"])
@permit(PUBLIC)
def offer_step(step: str) -> ResponseReturnValue:
    way = wizard()
    here = way.step(step)
    form = way.form_of(here)
    if request.method == "POST":
        form, onward = way.take(here)
        if onward is not None:
            return onward
    point = _home(way) if step == "radius" else None
    involved = {kind: words.involves for kind, words in KINDS.items()}
    return render_template("volunteer/step.html", wizard=way, step=here, form=form, point=point, involved=involved), _status(form)


@volunteer.route(f"/offer/new/{CHECK}", methods=["GET", "POST"])
@permit(PUBLIC)
def check_offer() -> ResponseReturnValue:
    way, person = wizard(), signed_in()
    elsewhere = way.check()
    if elsewhere is not None:
        return elsewhere
    whole = way.whole
    form = Form() if person else PasswordForm()
    if form.validate_on_submit():
        try:
            if person:
                accounts.add_own_offer(
                    ctx(), person.id, whole.offer, actor(), charter_version=charter_version(), notice_version=notice_version()
                )
                flash(_("Thank you! Your offer is written down."))
            else:
                address = request.remote_addr or ""
                device = f"{address} {request.user_agent.string}"
                accounts.sign_up(ctx(), _sign_up(whole, form.password.data), actor(), address, device)
            way.end()
            return redirect(url_for("my_page.show" if person else "volunteer.sent"), 303)
        except WeakPassword as error:
            form.password.errors = [sentence(error)]
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
            return render_template("volunteer/check.html", wizard=way, whole=whole, form=form, notice_version=notice_version()), status
    return render_template("volunteer/check.html", wizard=way, whole=whole, form=form, notice_version=notice_version()), _status(form)


@volunteer.get("/offer/sent")
@permit(PUBLIC)
def sent() -> ResponseReturnValue:
    return render_template("volunteer/sent.html", by_hand=_by_hand())


def _by_hand() -> bool:
    return ctx().settings.approve_volunteers != "at_once"


def _status(form: Form) -> int:
    return 422 if form.errors else 200


def _home(way: Wizard) -> tuple[float, float] | None:
    """Where the map of the reach has its middle: as far as it is known before anything is sent."""
    where = way.form_of(way.step("where")).where
    if where.lon is not None and where.lat is not None:
        return where.lon, where.lat
    try:
        return places.middle_of(ctx(), where.quartier_id)[:2] if where.quartier_id is not None else None
    except Outside:
        return None


def _sign_up(whole: OfferForm, password: str) -> accounts.SignUp:
    return accounts.SignUp(
        name=whole.name.data, email=whole.email.data, phone=whole.phone.data or None, language=i18n.language(), password=password,
        charter_version=charter_version(), notice_version=notice_version(), offer=whole.offer,
    )  # fmt: skip
