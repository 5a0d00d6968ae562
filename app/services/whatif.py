"""What the database holds for a "what if": who may be asked now, what is open, and the areas."""

from collections import defaultdict
from dataclasses import replace

from shapely import from_wkb
from sqlalchemy import select

from app.context import Context
from app.models import Match, Need, Offer, Person, Territory
from app.scenario import Area, Today
from app.services.blocks import blocked_of
from app.services.board import ASKED, need_to_match, offer_to_match
from app.services.places import territories
from app.services.records import counts
from matching.lifecycle import NeedState, OfferState


def today(ctx: Context) -> Today:
    """Active offers of approved volunteers with the room that they have left, and the open needs; whoever was asked for a need
    before is not asked again for it."""
    now = ctx.now()
    with ctx.db.read() as session:
        standing = session.execute(
            select(Offer, Person)
            .join(Person, Offer.person_id == Person.id)
            .where(Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None), Offer.exact_point.is_not(None))
        ).all()
        wanted = session.execute(
            select(Need, Person)
            .join(Person, Need.person_id == Person.id)
            .where(Need.state == NeedState.OPEN, Need.exact_point.is_not(None))
        ).all()
        asked: dict[int, set[str]] = defaultdict(set)
        for need_id, offer_id in session.execute(
            select(Match.need_id, Match.offer_id).join(Need, Match.need_id == Need.id).where(Need.state == NeedState.OPEN, counts())
        ):
            asked[need_id].add(f"{ASKED}{offer_id}")
        blocked = blocked_of(session, [person for _, person in wanted])
        areas = [Area(row.name, from_wkb(row.shape)) for row in session.scalars(select(Territory).order_by(Territory.id))]
        here = territories(session)
    offers = [offer_to_match(offer, person, here) for offer, person in standing]
    return Today(
        offers=offers,
        models=[replace(known, capacity=offer.capacity) for known, (offer, _) in zip(offers, standing, strict=True)],
        needs=[need_to_match(need, person, asked[need.id], blocked[person.id]) for need, person in wanted],
        waited={need.id: max(0.0, (now - need.posted_at).total_seconds() / 86_400) for need, _ in wanted},
        areas=areas,
    )
