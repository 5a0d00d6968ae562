"""What opens one's account, on a page of one's own: the password, and for agents the code of their phone and the recovery codes."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.again import ask_again
from app.account.forms import ChangePasswordForm, CodeForm
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import actor, here, signed_in
from app.models import STAFF, Person
from app.permissions import SIGNED_IN, permit
from app.services import accounts, second_factor
from app.services.passwords import WeakPassword

own_account = Blueprint("own_account", __name__, template_folder="templates", url_prefix="/me/account")


@own_account.get("")
@permit(SIGNED_IN)
def show() -> str:
    me = signed_in() or abort(403)
    left = second_factor.recovery_codes_left(ctx(), me.id) if me.role in STAFF else None
    return render_template("account/own_account.html", codes_left=left)


@own_account.route("/password", methods=["GET", "POST"])
@permit(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    me, sign_in = signed_in() or abort(403), here() or abort(403)
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            if accounts.change_password(ctx(), me.id, form.old.data, form.password.data, sign_in.id, actor()):
                flash(_("Your password is changed. Wherever else you were signed in, you are signed out."))
                return redirect(url_for("own_account.show"), 303)
            form.old.errors = [_("This is not the password that you have now.")]
        except WeakPassword as error:
            form.password.errors = [sentence(error)]
    return render_template("account/change_password.html", form=form), 422 if form.errors else 200


@own_account.post("/phone-code")
@permit(SIGNED_IN)
def renew_phone_code() -> ResponseReturnValue:
    """Another phone, in two steps on one page: it shows the picture until a code of the new phone comes along."""
    me, sign_in = _agent(), here() or abort(403)
    if (asked := ask_again()) is not None:
        return asked
    form = CodeForm(formdata=request.form if "code" in request.form else None)
    if "code" in request.form and form.validate():
        codes = second_factor.confirm(ctx(), me.id, form.code.data, actor(), sign_in.id)
        if codes:
            return render_template("account/recovery_codes.html", codes=codes, onward=url_for("own_account.show"))
        form.code.errors = [_("This code is not right any more. Type the one that your phone shows now.")]
    secret, picture = second_factor.to_set_up(ctx(), me)
    letters = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    to_type = second_factor.code_to_type(ctx(), me.id, of_next=True)
    page = render_template("account/set_up.html", form=form, letters=letters, picture=picture, to_type=to_type, address=request.path)
    return page, 422 if form.errors else 200


@own_account.post("/recovery-codes")
@permit(SIGNED_IN)
def renew_recovery_codes() -> ResponseReturnValue:
    me = _agent()
    if (asked := ask_again()) is not None:
        return asked
    codes = second_factor.renew_codes(ctx(), me.id, actor())
    return render_template("account/recovery_codes.html", codes=codes, onward=url_for("own_account.show"))


def _agent() -> Person:
    me = signed_in() or abort(403)
    return me if me.role in STAFF else abort(404)
