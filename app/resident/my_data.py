"""What is stored of a request and whoever asked, in plain words, and who has seen it."""

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.permissions import LINK, permit
from app.resident.door import read, resident
from app.resident.forms import urgencies
from app.services import my_request


@resident.get("/request/<token>/data")
@permit(LINK)
def my_data(token: str) -> ResponseReturnValue:
    stored = my_request.stored(ctx(), read(token).row.id) or abort(404)
    return render_template(
        "resident/my_data.html", stored=stored, need=stored.need, whose=stored.person, token=token, urgencies=urgencies()
    )  # fmt: skip
