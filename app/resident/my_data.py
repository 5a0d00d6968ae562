"""What is stored of a request and whoever asked, in plain words, and who has seen it; and an end to all of it."""

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.erase_page import erase_page
from app.extensions import ctx
from app.permissions import LINK, permit
from app.resident.door import by, read, resident
from app.resident.forms import urgencies
from app.services import my_request, own_data
from app.take_along import FORMS, as_file


@resident.get("/request/<token>/data")
@permit(LINK)
def my_data(token: str) -> ResponseReturnValue:
    stored = my_request.stored(ctx(), read(token).row.id) or abort(404)
    return render_template(
        "resident/my_data.html", stored=stored, need=stored.need, whose=stored.person, token=token, urgencies=urgencies()
    )  # fmt: skip


@resident.get(f"/request/<token>/data/copy.<any({', '.join(FORMS)}):form>")
@permit(LINK)
def copy(token: str, form: str) -> ResponseReturnValue:
    return as_file(own_data.everything(ctx(), read(token).row.person_id), form)


@resident.route("/request/<token>/erase", methods=["GET", "POST"])
@permit(LINK)
def erase(token: str) -> ResponseReturnValue:
    here, back = read(token), url_for("resident.my_data", token=token)
    done = redirect(url_for("public.erased"), 303)
    return erase_page(here.row.person_id, url_for("resident.erase", token=token), back, by(here), done)
