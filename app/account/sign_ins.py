"""Where somebody is signed in, on a page of theirs, and signing out there."""

from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.proconnect import sign_out
from app.extensions import ctx
from app.identity import here, signed_in
from app.models import Person
from app.permissions import SIGNED_IN, permit
from app.services import sessions

sign_ins = Blueprint("sign_ins", __name__, template_folder="templates", url_prefix="/me/signed-in")


@sign_ins.get("")
@permit(SIGNED_IN)
def show() -> str:
    me = _me()
    half_way = partial(sessions.half_way, person=me)
    return render_template("account/sign_ins.html", sign_ins=sessions.listed(ctx(), me.id), this=here(), half_way=half_way)


@sign_ins.post("/<int(max=2147483647):sign_in_id>/end")
@permit(SIGNED_IN)
def end(sign_in_id: int) -> ResponseReturnValue:
    done = sessions.end(ctx(), _me().id, sign_in_id)
    flash(_("Signed out there.") if done else _("Nothing to do: that one had ended already."))
    return redirect(url_for("sign_ins.show"), 303)


@sign_ins.post("/end")
@permit(SIGNED_IN)
def end_everywhere() -> ResponseReturnValue:
    sessions.end_everywhere(ctx(), _me().id)
    answer = sign_out(url_for("account.sign_in"))
    flash(_("You are signed out everywhere."))
    return answer


def _me() -> Person:
    return signed_in() or abort(403)
