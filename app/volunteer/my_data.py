"""What is stored of a volunteer, who has seen it, a copy to take along, and an end to all of it."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.erase_page import erase_page
from app.extensions import ctx
from app.identity import actor, leave, signed_in
from app.models import Person
from app.permissions import SIGNED_IN, permit
from app.services import checks, own_data, team
from app.take_along import FORMS, as_file

my_data = Blueprint("my_data", __name__, template_folder="templates", url_prefix="/me/data")


@my_data.get("")
@permit(SIGNED_IN)
def show() -> ResponseReturnValue:
    me = _me()
    return render_template(
        "volunteer/my_data.html", looks=own_data.looks_of(ctx(), me.id), whose=me, checks=checks.checks_of(ctx(), me.id),
        agent=team.member(ctx(), me.id),
    )  # fmt: skip


@my_data.get(f"/copy.<any({', '.join(FORMS)}):form>")
@permit(SIGNED_IN)
def copy(form: str) -> ResponseReturnValue:
    return as_file(own_data.everything(ctx(), _me().id), form)


@my_data.route("/erase", methods=["GET", "POST"])
@permit(SIGNED_IN)
def erase() -> ResponseReturnValue:
    me, done = _me(), redirect(url_for("public.erased"), 303)
    answer = erase_page(me.id, url_for("my_data.erase"), url_for("my_data.show"), actor(), done)
    if request.method == "POST" and answer is done:
        leave()
    return answer


def _me() -> Person:
    return signed_in() or abort(403)
