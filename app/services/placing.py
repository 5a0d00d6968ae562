"""Where a post lies: found by its address, put on the map by an agent, moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.context import Context
from app.models import Need, Offer, Person, TaskKind
from app.services import addresses
from app.services.events import Actor, record
from app.services.places import Spot, middle_of, place
from app.services.tasks import close_tasks_about, open_task
from matching.lifecycle import NeedState
from matching.model import Urgency

BATCH = timedelta(minutes=30)
"""Flexible needs wait for the next full half hour, so that several are matched together."""


@dataclass(frozen=True)
class Where:
    """What the writer says of the place. ``quartier_id`` stands in for an address that nobody could find on the map.

    ``approximate``: the point is only that of the street.
    """

    address: str = ""
    postcode: str = ""
    city: str = ""
    lon: float | None = None
    lat: float | None = None
    quartier_id: int | None = None
    approximate: bool = False

    @property
    def line(self) -> str:
        return ", ".join(part for part in (self.address, f"{self.postcode} {self.city}".strip()) if part)


def locate(ctx: Context, where: Where) -> Spot | None:
    """The exact point if it was given or is known for the address, else the middle of the quartier that was picked, else ``None``.

    Outside any transaction, since it may take seconds. Raises ``Outside``.
    """
    if where.lon is not None and where.lat is not None:
        return Spot(where.lon, where.lat, where.approximate)
    found = addresses.locate(ctx, where.address, where.postcode, where.city)
    return found or (middle_of(ctx, where.quartier_id) if where.quartier_id is not None else None)


def settle_place(session: Session, ctx: Context, post: Need | Offer, found: Spot | None, now: datetime) -> None:
    if found is not None:
        place(session, ctx, post, found)
    session.add(post)
    session.flush()
    if found is None:
        about = {"need": post} if isinstance(post, Need) else {"offer": post}
        open_task(session, TaskKind.PLACE, now, person=post.person, **about)  # type: ignore[arg-type]


def first_try(need: Need, now: datetime) -> datetime | None:
    """When the matcher should look at a need for the first time; ``None`` while it is not on the map."""
    if need.exact_point is None:
        return None
    if need.urgency != Urgency.FLEXIBLE:
        return now
    since = timedelta(minutes=now.minute % 30, seconds=now.second, microseconds=now.microsecond)
    return now - since + BATCH


def place_post(ctx: Context, kind: type[Need] | type[Offer], post_id: int, spot: Spot, by: Actor) -> None:
    """An agent puts a post on the map. Raises ``Outside``."""
    now = ctx.now()
    with ctx.db.write() as session:
        post = session.get_one(kind, post_id)
        place(session, ctx, post, spot)
        post.changed_at = now
        if isinstance(post, Need):
            if post.state == NeedState.OPEN:
                post.next_try_at = first_try(post, now)
            close_tasks_about(session, now, TaskKind.PLACE, by, need_id=post_id)
            record(session, "need_placed", now, by, need_id=post_id)
        else:
            close_tasks_about(session, now, TaskKind.PLACE, by, offer_id=post_id)
            record(session, "offer_placed", now, by, offer_id=post_id)


def move_post(session: Session, ctx: Context, post: Need | Offer, where: Where, spot: Spot | None, by: Actor) -> None:
    """Another place for a post, in somebody else's transaction; ``spot`` is what was found, ``None`` leaves it to an agent.

    The public point is drawn again only when the exact one is another: many drawings around one point would give it away.
    """
    now, same_words = ctx.now(), post.address == where.line
    post.address = where.line
    if spot is None and same_words:
        return
    if spot is not None and post.point == (spot.lon, spot.lat):
        post.approximate = spot.approximate
        return
    about: dict[str, Any] = {"need": post} if isinstance(post, Need) else {"offer": post}
    close_tasks_about(session, now, TaskKind.PLACE, by, **{f"{name}_id": post.id for name in about})
    if spot is not None:
        place(session, ctx, post, spot)
        return
    post.exact_point = post.public_lon = post.public_lat = None
    post.approximate = False
    open_task(session, TaskKind.PLACE, now, person=session.get_one(Person, post.person_id), **about)
