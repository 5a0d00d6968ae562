"""Something went wrong between two people: a task for the coordinators, due at once."""

from sqlalchemy.orm import joinedload

from app.context import Context
from app.models import Match, Need, TaskKind
from app.services.events import Actor, record
from app.services.tasks import open_task


def report(ctx: Context, need_id: int, match_id: int | None, reason: str, words: str, by: Actor) -> None:
    """Tell the coordinators what happened with a request, in the resident's own words; ``match_id``: with which volunteer."""
    now = ctx.now()
    with ctx.db.write() as session:
        need = session.get_one(Need, need_id, options=[joinedload(Need.person)])
        match = session.get_one(Match, match_id) if match_id else None
        open_task(session, TaskKind.REPORT, now, reason=reason, words=words, person=need.person, need=need, match=match)
        record(session, "reported", now, by, reason=reason, need_id=need.id, match_id=match_id)
