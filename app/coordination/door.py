"""The door itself: whoever comes in sees their territory and nothing else, whatever page is added later."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, g, request

from app import i18n
from app.extensions import ctx
from app.identity import actor, signed_in
from app.models import Channel, Match, Need, Offer, Person, Task
from app.permissions import lead_sight
from app.services import details, flags, incidents, mail
from app.services.events import Actor
from app.services.lists import MANY
from app.services.sight import Kind, Sight
from notifications.words import when_words

coordination = Blueprint("coordination", __name__, template_folder="templates", url_prefix="/coordination")

ID = "int(max=2147483647)"
KINDS: dict[str, Kind] = {
    "need_id": Need, "offer_id": Offer, "match_id": Match, "task_id": Task, "person_id": Person, "other_id": Person,
}  # fmt: skip


def sight() -> Sight:
    """What the signed-in agent may see; it is found once a request."""
    if "sight" not in g:
        g.sight = Sight.of(ctx(), signed_in() or abort(403))
    seen: Sight = g.sight
    return seen


def waiting() -> incidents.Waiting:
    """What waits for the signed-in agent; found once a request."""
    if "waiting" not in g:
        g.waiting = incidents.waiting(ctx(), sight(), (signed_in() or abort(403)).id)
    found: incidents.Waiting = g.waiting
    return found


def by_phone() -> Actor:
    """The coordinator, for what somebody says on the phone."""
    return actor(Channel.PHONE)


def when(moment: datetime) -> str:
    """A moment in the words of today, for sentences that are made here."""
    return when_words(moment, ctx().now(), ctx().settings.zone, i18n.language())


@coordination.before_request
def only_what_is_in_sight() -> None:
    """Every address with a thing in it is refused when that thing is out of sight, as if there were none."""
    given: dict[str, Any] = request.view_args or {}
    for name, thing_id in given.items():
        if name in KINDS and not details.may_see(ctx(), sight(), KINDS[name], thing_id):
            abort(404)
    for name, may_read in ("incident_id", incidents.may_read), ("flag_id", flags.may_read):
        if name in given and not may_read(ctx(), lead_sight(), given[name]):
            abort(404)
    if "message_id" in given and not mail.may_see(ctx(), sight(), given["message_id"]):
        abort(404)


@coordination.context_processor
def menu() -> dict[str, Any]:
    """What the menu of these pages says of the work that waits."""
    return {"waiting_tasks": lambda: waiting().tasks if waiting().tasks < MANY else f"{MANY - 1}+"}
