"""What only the demonstration has: its people's doors, each one click away, and starting over."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.extensions import ctx
from app.identity import enter, leave
from app.permissions import DEMO, home, permit
from app.services import demo, sessions

demonstration = Blueprint("demonstration", __name__, url_prefix="/demo", template_folder="templates")


@demonstration.app_template_global()
def demo_mark() -> str | None:
    """What the demonstration of now is known by; nothing where no city has been filled in."""
    return demo.mark(ctx())


@demonstration.post("/as/<any(resident, volunteer, caller, moderator, coordinator, data_protection, administrator):role>")
@permit(DEMO)
def come_in(role: str) -> ResponseReturnValue:
    """Be one of the story's people: the resident by her link, the others with a session of their own."""
    if role == "resident":
        leave()
        return redirect(demo.renees_request(ctx()) or abort(404), 303)
    person = demo.account(ctx(), role) or abort(404)
    enter(person, sessions.begin(ctx(), person, request.user_agent.string, proven=True))
    return redirect(home(person), 303)


@demonstration.post("/start-over")
@permit(DEMO)
def start_over() -> ResponseReturnValue:
    demo.start_over(ctx(), request.form.get("mark", ""))
    leave()
    flash(_("The demonstration is as it was at the beginning. Nobody is signed in any more."))
    return redirect(url_for("public.home"), 303)
