"""A resident without account who has lost the link to a request gets a new one by mail."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.context import Context
from app.links import Purpose
from app.models import Need, Person
from app.services import throttle
from app.services.posting import ask_to_confirm
from app.services.telling import tell
from matching.lifecycle import NeedState
from notifications.messages import MyLink

MOST = 5
"""Requests to send links for, the newest first."""
OVER = (NeedState.CLOSED, NeedState.WITHDRAWN, NeedState.EXPIRED)


def send_my_links(ctx: Context, email: str, address: str) -> None:
    """Mail the link of each live request that was made with ``email`` to be told by mail; the page says the same either way.

    A request that was never confirmed gets the link to confirm it. ``address`` is the client's. Raises ``TooMany``.
    """
    throttle.spend(ctx, [(throttle.LINK_ADDRESS, address), (throttle.LINK_ACCOUNT, email)])
    now = ctx.now()
    with ctx.db.write() as session:
        needs = session.scalars(
            select(Need)
            .join(Need.person)
            .options(contains_eager(Need.person))
            .where(Person.email_index.in_(ctx.keys.indexes(email)), Person.contact == "email", Need.state.not_in(OVER))
            .order_by(Need.posted_at.desc(), Need.id.desc())
            .limit(MOST)
        ).all()
        for need in needs:
            once = secrets.token_hex(4)
            if need.state == NeedState.UNCONFIRMED:
                ask_to_confirm(session, ctx, need, now, once=once)
            else:
                message = MyLink(need.person.first_name, need.category, ctx.links.url(Purpose.MY_REQUEST, need.id))
                tell(session, ctx, need.person, message, now, need=need, once=once)
