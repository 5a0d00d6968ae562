"""Why nobody was found for a need, worked out when a coordinator looks. What comes back knows no address, and pages round its figures."""

from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.context import Context
from app.models import Match, Need, Offer, Person
from app.services.blocks import blocked_of
from app.services.board import need_to_match, offer_to_match
from app.services.lists import offers_of
from app.services.places import territories
from app.services.records import counts
from matching.lifecycle import NeedState, OfferState
from matching.why import WhyNot, why_not

# What the matcher asks for; the rest would be decrypted for nothing.
_OFFER = load_only(
    Offer.exact_point, Offer.radius_m, Offer.quartiers, Offer.drawn, Offer.categories, Offer.availability, Offer.languages, Offer.mode,
    Offer.capacity, Offer.taken,
)  # fmt: skip
_PERSON = load_only(Person.email_index, Person.phone_index)


def why_nobody(ctx: Context, need_id: int) -> WhyNot | None:
    """What became of each offer of the need's kind of help that may be asked; ``None`` unless the need is open and on the map.

    Volunteers of the whole city count, as they do for the matcher.
    """
    with ctx.db.read() as session:
        asking = session.execute(
            select(Need, Person)
            .join(Need.person)
            .where(Need.id == need_id, Need.state == NeedState.OPEN, Need.exact_point.is_not(None))
        ).one_or_none()  # fmt: skip
        if asking is None:
            return None
        need = need_to_match(asking.Need, asking.Person, blocked=blocked_of(session, [asking.Person])[asking.Person.id])
        rows = session.execute(
            select(Offer, Person)
            .join(Offer.person)
            .where(
                Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None), Offer.exact_point.is_not(None), offers_of(need.category)
            )
            .options(_OFFER, _PERSON)
        )  # fmt: skip
        asked = session.scalars(select(Match.offer_id).where(Match.need_id == need_id, counts()))
        here = territories(session)
        return why_not(need, [offer_to_match(offer, person, here) for offer, person in rows], asked=set(asked))
