"""Volunteers whom nobody has needed for a while hear so, honestly, with what would change it: at most once a month, and by e-mail only."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import Need, Offer, Person
from app.services.board import need_to_match, offer_to_match
from app.services.duty import NEWS_EVERY
from app.services.events import SYSTEM, record
from app.services.people import own_page
from app.services.places import territories
from app.services.telling import tell
from config.categories import CATEGORIES
from matching.eligibility import check
from matching.lifecycle import NeedState, OfferState
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch
from matching.model import Pair
from matching.whatif import also, wider
from notifications.messages import NoNeedNearYou

OFTEN = 3
"""From so many requests on a kind of help is often asked for nearby."""
LOOKED_AT = 2000


def tell_due(ctx: Context, limit: int = 50) -> int:
    """Tell the volunteers whose time has come; how many offers were looked at."""
    now = ctx.now()
    due = select(Offer.id).where(Offer.state == OfferState.ACTIVE, Offer.news_at <= now).order_by(Offer.news_at).limit(limit)
    with ctx.db.read() as session:
        offers = session.scalars(due).all()
        needs = _recent(session, ctx) if offers else []
    for offer_id in offers:
        with ctx.db.write() as session:
            offer = session.get_one(Offer, offer_id, options=[joinedload(Offer.person)], with_for_update={"of": Offer})
            if offer.state == OfferState.ACTIVE and offer.news_at is not None and offer.news_at <= now:
                _tell(session, ctx, offer, needs)
    return len(offers)


def _recent(session: Session, ctx: Context) -> list[NeedToMatch]:
    """Needs of the last month, wherever they stand now."""
    rows = session.execute(
        select(Need, Person)
        .join(Need.person)
        .where(Need.posted_at > ctx.now() - NEWS_EVERY, Need.state != NeedState.UNCONFIRMED, Need.exact_point.is_not(None))
        .order_by(Need.posted_at.desc())
        .limit(LOOKED_AT)
    )
    return [need_to_match(need, person) for need, person in rows]


def _tell(session: Session, ctx: Context, offer: Offer, needs: Sequence[NeedToMatch]) -> None:
    now, person = ctx.now(), offer.person
    offer.news_at = now + NEWS_EVERY
    if person.approved_at is None or person.frozen_at is not None or person.contact != "email" or offer.taken or offer.point is None:
        return
    mine = offer_to_match(offer, person, territories(session))
    wide = wider([mine], share=1)[0]
    more = 0 if mine.area else _served(wide, needs) - _served(mine, needs)
    category, asked = _often(mine, needs)
    record(session, "no_need_told", now, SYSTEM, offer_id=offer.id)
    message = NoNeedNearYou(
        first_name=person.first_name, radius_m=wide.radius_m if more > 0 else 0, more=max(0, more), category=category, asked=asked,
        my_page_url=own_page(ctx, person),
    )  # fmt: skip
    tell(session, ctx, person, message, now, offer=offer, once=f"{now:%Y-%m-%d}")


def _served(offer: OfferToMatch, needs: Sequence[NeedToMatch]) -> int:
    return sum(isinstance(check(need, offer), Pair) for need in needs)


def _often(offer: OfferToMatch, needs: Sequence[NeedToMatch]) -> tuple[str, int]:
    """The kind of help that they do not offer and that is asked for most often where they go; none where none often is."""
    others = frozenset(name for name, kind in CATEGORIES.items() if not kind.children) - offer.categories
    with_all = also([offer], others)[0]
    asked = Counter(need.category for need in needs if need.category in others and isinstance(check(need, with_all), Pair))
    category, times = max(asked.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    return (category, times) if times >= OFTEN else ("", 0)
