"""Changing a request before anybody has agreed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.context import Context
from app.errors import UserError
from app.models import Match, Moderation
from app.services.ending import end_matches_of, settle
from app.services.events import Actor, record
from app.services.moderating import moderate
from app.services.moves import lock_need
from app.services.people import set_phone
from app.services.placing import Where, first_try, locate, move_post
from matching.lifecycle import MatchState, NeedState

CHANGEABLE = frozenset({NeedState.UNCONFIRMED, NeedState.OPEN, NeedState.ASKED, NeedState.PAUSED})
ASKED_FOR_ANOTHER = ("where", "availability", "repeats", "languages")
"""What a volunteer was asked about: with another place, other hours, rhythm or languages somebody else may be the right one."""


class TooLate(UserError):
    """Somebody has agreed meanwhile, or the request has ended: talking to the volunteer or the town hall helps."""


class TooFew(UserError):
    """More volunteers have said yes than are wanted now."""


@dataclass(frozen=True)
class Change:
    """What is new; ``None`` stays as it is. ``what`` is the page that it was typed on."""

    what: str
    where: Where | None = None
    availability: str | None = None
    urgency: str | None = None
    repeats: int | None = None
    languages: Sequence[str] | None = None
    details: str | None = None
    helpers_needed: int | None = None
    share_contact: bool | None = None
    contact: str | None = None
    phone: str | None = None

    def differs(self, need: Any) -> bool:
        """Whether a volunteer who has been asked must be let go."""
        new = {name: getattr(self, name) for name in ASKED_FOR_ANOTHER if getattr(self, name) is not None}
        return any(name == "where" or value != getattr(need, name) for name, value in new.items())


def change_need(ctx: Context, need_id: int, change: Change, by: Actor) -> None:
    """Change a request. Volunteers who were asked for what is no longer so are told, and the search begins again.

    Raises :class:`TooLate`, :class:`TooFew` and ``Outside``.
    """
    spot = locate(ctx, change.where) if change.where else None
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        agreed = select(Match.id).where(Match.need_id == need_id, Match.state == MatchState.AGREED)
        if need is None or need.state not in CHANGEABLE or session.scalar(agreed.limit(1)):
            raise TooLate("This can no longer be changed here.")
        if change.differs(need):
            end_matches_of(session, ctx, now, by, "changed", need=need)
        if change.helpers_needed is not None and change.helpers_needed < need.taken:
            raise TooFew("So many volunteers have said yes already.")
        other_words = change.details is not None and change.details != need.details
        for name in ("availability", "urgency", "repeats", "languages", "details", "helpers_needed", "share_contact"):
            if getattr(change, name) is not None:
                setattr(need, name, getattr(change, name))
        if change.contact is not None:
            need.person.contact, need.person.changed_at = change.contact, now
        if change.phone is not None:
            set_phone(ctx, need.person, change.phone, now)
        if change.where:
            move_post(session, ctx, need, change.where, spot, by)
        if other_words and need.confirmed_at is not None:
            moderate(session, ctx, need, now, by)
            if need.moderation == Moderation.HELD:
                end_matches_of(session, ctx, now, by, "changed", need=need)
        need.changed_at = now
        record(session, "need_changed", now, by, reason=change.what, need_id=need.id)
        settle(session, ctx, need, now, by)
        if need.state == NeedState.OPEN:
            need.next_try_at = first_try(need, now)
