"""Signing in (by password, or by a link) and out, a forgotten password, and the links that confirm an address or set a password.

A link's page only shows a button: mail scanners follow links, so that nothing may happen before the POST.
"""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.forms import ForgottenForm, NewPasswordForm, SignInForm
from app.account.proconnect import sign_out as leave_everywhere
from app.context import Context
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import enter, leave, signed_in
from app.links import Purpose
from app.models import Channel
from app.permissions import LINK, PUBLIC, home, permit
from app.services import accounts, sign_in_links
from app.services.events import Actor
from app.services.passwords import WeakPassword

account = Blueprint("account", __name__, template_folder="templates")


@account.route("/sign-in", methods=["GET", "POST"])
@permit(PUBLIC)
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if form.validate_on_submit():
        person = accounts.sign_in(ctx(), form.email.data, form.password.data, request.remote_addr or "")
        if person is not None:
            return redirect(enter(person) or home(person), 303)
        form.refuse(_("The e-mail address or the password is not right, or the address has not been confirmed yet."))
    by_provider = bool(ctx().settings.proconnect_issuer)
    return render_template("account/sign_in.html", form=form, by_provider=by_provider), 422 if form.errors else 200


@account.post("/sign-out")
@permit(PUBLIC)
def sign_out() -> ResponseReturnValue:
    return leave_everywhere(url_for("public.home"))


@account.route("/account/forgotten", methods=["GET", "POST"])
@permit(PUBLIC)
def forgotten() -> ResponseReturnValue:
    return _by_mail(accounts.forgotten, "forgotten")


@account.route("/account/link", methods=["GET", "POST"])
@permit(PUBLIC)
def ask_link() -> ResponseReturnValue:
    """For whoever would rather not type a password."""
    return _by_mail(sign_in_links.send, "link")


def _by_mail(send: Callable[[Context, str, str], None], page: str) -> ResponseReturnValue:
    """A link to an account goes to the address that is typed, if there is one; the pages of both kinds say the same either way."""
    form = ForgottenForm()
    if form.validate_on_submit():
        send(ctx(), form.email.data, request.remote_addr or "")
        return render_template(f"account/{page}_sent.html")
    return render_template(f"account/{page}.html", form=form), 422 if form.errors else 200


@account.route("/sign-in/link/<token>", methods=["GET", "POST"])
@permit(LINK)
def by_link(token: str) -> ResponseReturnValue:
    person_id, stamp = ctx().links.read(Purpose.SIGN_IN, token)
    if request.method != "POST":
        sign_in_links.check(ctx(), person_id, stamp)
        return render_template("account/by_link.html")
    person, begun = sign_in_links.sign_in(ctx(), person_id, stamp, request.user_agent.string)
    return redirect(enter(person, begun) or "/me", 303)


@account.route("/confirm/account/<token>", methods=["GET", "POST"])
@permit(LINK)
def confirm(token: str) -> ResponseReturnValue:
    person_id, stamp = ctx().links.read(Purpose.CONFIRM_ACCOUNT, token)
    person = accounts.account_by_link(ctx(), person_id, stamp)
    already = person.email_confirmed_at is not None
    if not already and request.method != "POST":
        return render_template("account/confirm.html")
    if not already:
        person = accounts.confirm_account(ctx(), person_id, stamp, Actor(person_id, Channel.LINK))
    return render_template("account/confirmed.html", approved=person.approved_at is not None, already=already)


@account.route("/account/reset/<token>", methods=["GET", "POST"])
@permit(LINK)
def reset(token: str) -> ResponseReturnValue:
    return _new_password(*ctx().links.read(Purpose.RESET_PASSWORD, token))


@account.route("/account/welcome/<token>", methods=["GET", "POST"])
@permit(LINK)
def welcome(token: str) -> ResponseReturnValue:
    """The first password of a colleague whom an administrator has added."""
    return _new_password(*ctx().links.read(Purpose.WELCOME, token))


def _new_password(person_id: int, stamp: str) -> ResponseReturnValue:
    accounts.account_by_link(ctx(), person_id, stamp)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            accounts.set_password(ctx(), person_id, stamp, form.password.data, Actor(person_id, Channel.LINK))
        except WeakPassword as error:
            form.password.errors = [sentence(error)]
        else:
            if signed_in() is not None:
                leave()
            return render_template("account/password_set.html")
    return render_template("account/password.html", form=form), 422 if form.errors else 200
