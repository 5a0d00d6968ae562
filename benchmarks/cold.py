"""How long a worker's index takes from nothing to 100,000 offers, each decrypted: ``python -m benchmarks.cold``, on SQLite and PostgreSQL.

Each offer of the index is then compared with what was written; the run fails where one differs, or where it takes more than five seconds.
Of these the last column has what this process worked itself: a machine that does much else takes longer.
"""

import gc
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapely import box, to_wkb
from sqlalchemy import insert

from app.context import Context, make_context
from app.models import Offer, Person, Territory
from app.services.board import ASKED, Board
from app.services.people import OWN
from config.categories import CATEGORIES
from config.settings import load
from matching import hours
from matching.lifecycle import OfferState
from matching.model import Mode
from matching.model import Offer as OfferToMatch
from tests.databases import Databases

OFFERS, LONGEST_S, CHUNK = 100_000, 5.0, 5_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WEEKS = ("", "Mo 09:00-12:00", "Mo-Fr 09:00-12:00; Sa 14:00-18:00", "Sa 10:00-18:00; Su 14:00-18:00")


def main(offers: int = OFFERS) -> None:
    print("| database | offers | s | of them at work |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        slow = _measured("SQLite", databases.sqlite(folder / "city.db"), folder, offers)
        with databases.postgresql() as url:
            slow += _measured("PostgreSQL", url, folder, offers)
    if slow:
        raise SystemExit(f"slower than {LONGEST_S:g} s: {', '.join(slow)}")


def _measured(database: str, url: str, folder: Path, offers: int) -> list[str]:
    ctx = make_context(load({"DATABASE_URL": url, "INSTANCE": str(folder)}, None))
    try:
        expected = _write(ctx, offers)
        gc.collect()
        gc.freeze()  # what is to be compared with is none of a worker's
        board, begun, busy = Board(), time.perf_counter(), time.process_time()
        board.follow(ctx)
        took, worked = time.perf_counter() - begun, time.process_time() - busy
    finally:
        ctx.db.close()
    found = {offer.id: offer for offer in board.index}
    if found != expected:
        raise SystemExit(f"{database}: the index has other offers than were written")
    print(f"| {database} | {offers:,} | {took:.1f} | {worked:.1f} |", flush=True)
    return [database] if took > LONGEST_S else []


def _write(ctx: Context, offers: int) -> dict[object, OfferToMatch]:
    """Offers and their people, with all that is sealed of them; what the index should have of each."""
    rng, expected = random.Random(1), dict[object, OfferToMatch]()
    people: list[dict[str, Any]] = []
    posts: list[dict[str, Any]] = []
    with ctx.db.write() as session:
        shape = to_wkb(box(4.7, 45.6, 5.0, 45.9))
        session.add(Territory(id=1, name="Lyon", kind="city", settings={}, shape=shape, changed_at=NOW))
    for number in range(1, offers + 1):
        person, offer = _one(ctx, rng, number)
        people.append(person)
        posts.append(offer)
        lon, lat = map(float, offer["exact_point"].split(","))
        expected[number] = OfferToMatch(
            id=number, lon=lon, lat=lat, radius_m=offer["radius_m"], categories=frozenset(offer["categories"]),
            hours=hours.parse_hours(offer["availability"]), languages=frozenset(offer["languages"]), mode=Mode(offer["mode"]),
            capacity=offer["capacity"], identities=frozenset((person["email_index"], f"{OWN}{number}", f"{ASKED}{number}")),
        )  # fmt: skip
        if len(people) == CHUNK or number == offers:
            with ctx.db.write() as session:
                session.execute(insert(Person), people)
                session.execute(insert(Offer), posts)
            people, posts = [], []
    return expected


def _one(ctx: Context, rng: random.Random, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    email, lon, lat = f"v{number}@example.org", rng.uniform(4.75, 4.95), rng.uniform(45.65, 45.85)
    person = {
        "id": number, "name": f"Volontaire{number} Dupont", "email": email, "email_index": ctx.keys.index(email), "language": "fr",
        "contact": "email", "email_confirmed_at": NOW, "approved_at": NOW, "created_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    offer = {
        "id": number, "person_id": number, "territory_id": 1, "exact_point": f"{lon},{lat}", "public_lon": lon, "public_lat": lat,
        "address": f"{number} rue d’Essai, 69002 Lyon", "availability": rng.choice(WEEKS), "languages": rng.sample(["fr", "en", "ar"], 2),
        "mode": "in_person", "channel": "web", "categories": rng.sample(sorted(CATEGORIES), 2), "radius_m": rng.choice([500, 1500, 3000]),
        "capacity": rng.randint(1, 3), "state": OfferState.ACTIVE, "created_at": NOW, "confirmed_at": NOW, "changed_at": NOW,
        "quartiers": [],
    }  # fmt: skip
    return person, offer


if __name__ == "__main__":
    main()
