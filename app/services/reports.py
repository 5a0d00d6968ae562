"""Something went wrong between two people: a task for the coordinators, due at once."""

from sqlalchemy.orm import joinedload

from app.context import Context
from app.models import Match, Need, Offer, TaskKind
from app.services.events import Actor, record
from app.services.tasks import open_task


def report(ctx: Context, need_id: int, match_id: int | None, reason: str, words: str, by: Actor) -> None:
    """Tell the coordinators what happened, in the words of whoever is called back: the match's volunteer or the resident."""
    now = ctx.now()
    with ctx.db.write() as session:
        need = session.get_one(Need, need_id, options=[joinedload(Need.person)])
        match = session.get_one(Match, match_id, options=[joinedload(Match.offer).joinedload(Offer.person)]) if match_id else None
        volunteer = match.offer.person if match and match.offer.person_id == by.person_id else None
        open_task(session, TaskKind.REPORT, now, reason=reason, words=words, person=volunteer or need.person, need=need, match=match)
        record(session, "reported", now, by, reason=reason, need_id=need.id, match_id=match_id)
