"""Many posts at once, written straight into the tables: for what has to be quick or add up, whoever the people are."""

import random
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Match, Need, Offer, Person, Territory
from app.services.people import make_person
from config.categories import CATEGORIES
from matching.lifecycle import LIVE
from tests.city import CENTRE

NEED_STATES = ("open", "asked", "agreed", "paused", "unconfirmed", "closed")
OFFER_STATES = ("active", "active", "active", "paused", "withdrawn")
SPREAD = 0.05
"""Degrees: how far from the centre half of them live."""


def crowd(ctx: Context, needs: int, offers: int, matches: int, seed: int = 1) -> None:
    """So many of each, all by one person, around the centre of the tests' city, in any of its territories. Matches are live ones."""
    rng, now = random.Random(seed), ctx.now()
    with ctx.db.write() as session:
        person = make_person(ctx, now, name="Foule Martin", email=None, phone="+33261910000", language="fr")
        person.approved_at = now
        session.add(person)
        session.flush()
        places = session.scalars(select(Territory.id)).all()
        need_ids = _add(session, Need, [_need(rng, person, rng.choice(places), now) for _ in range(needs)])
        offer_ids = _add(session, Offer, [_offer(rng, person, rng.choice(places), now) for _ in range(offers)])
        pairs = {(rng.choice(need_ids), rng.choice(offer_ids)) for _ in range(matches)} if matches else set()
        while len(pairs) < matches:
            pairs.add((rng.choice(need_ids), rng.choice(offer_ids)))
        session.execute(insert(Match), [_match(rng, pair, now) for pair in sorted(pairs)]) if pairs else None


def _add(session: Session, kind: type[Any], rows: list[dict[str, Any]]) -> list[int]:
    return list(session.scalars(insert(kind).returning(kind.id), rows)) if rows else []


def _post(rng: random.Random, person: Person, territory_id: int, now: datetime) -> dict[str, Any]:
    lon, lat = (rng.gauss(middle, SPREAD / 1.5) for middle in CENTRE)
    return {
        "person_id": person.id, "territory_id": territory_id, "exact_point": f"{lon!r},{lat!r}", "public_lon": lon, "public_lat": lat,
        "address": "1 rue d'Essai", "languages": ["fr"], "mode": "in_person", "channel": "web", "created_at": now, "changed_at": now,
    }  # fmt: skip


def _need(rng: random.Random, person: Person, territory_id: int, now: datetime) -> dict[str, Any]:
    own = {
        "state": rng.choice(NEED_STATES), "category": rng.choice(list(CATEGORIES)), "urgency": rng.choice(("urgent", "normal", "flexible")),
        "details": "du pain et du lait, au troisième étage", "posted_at": now,
    }  # fmt: skip
    return _post(rng, person, territory_id, now) | own


def _offer(rng: random.Random, person: Person, territory_id: int, now: datetime) -> dict[str, Any]:
    own = {"state": rng.choice(OFFER_STATES), "categories": rng.sample(list(CATEGORIES), 2), "radius_m": 2000, "quartiers": []}
    return _post(rng, person, territory_id, now) | own


def _match(rng: random.Random, pair: tuple[int, int], now: datetime) -> dict[str, Any]:
    need_id, offer_id = pair
    return {
        "need_id": need_id, "offer_id": offer_id, "state": rng.choice(sorted(LIVE)), "mode": "in_person", "distance_m": 900,
        "proposed_at": now, "deadline_at": now,
    }  # fmt: skip
