"""A city as large as they come, written straight into the tables in a minute or two: 50,000 people, 10,000 requests that look for
somebody, 100,000 matches, a million messages and events of a year. The same each time, but for what the sealing draws."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shapely import box, to_wkb
from sqlalchemy import Connection, Table, insert

from app.context import Context
from app.models import (
    Alike,
    Event,
    Flag,
    Incident,
    Match,
    Need,
    Offer,
    Outcome,
    Person,
    Role,
    SafetyLead,
    Task,
    TaskKind,
    Territory,
    Visit,
)
from app.services import accounts
from app.services.telling import SEALED_AS, about_words
from config.categories import CATEGORIES
from notifications.tables import outbox, wishes

DISTRICTS, ACROSS = 9, 3
"""Districts of a city of 0.24 degrees, each with as many quartiers, in rows of so many."""
WEST, SOUTH, WIDE = 4.70, 45.64, 0.24
YEAR = timedelta(days=365)
BATCH = 20_000
PASSWORD = "four plain words here"
EVERYTHING, DISTRICT = "everything@example.org", "district@example.org"
"""The coordinators: of the whole city, and of its first district."""
LONG = 1
"""The request, the offer and the match with the longest histories."""
ENDED = (("declined", "volunteer"), ("expired", "silent"), ("cancelled", "settled"))

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """``looking`` are the requests among ``needs`` that look for somebody; ``alike`` the pairs with like names at like addresses."""

    people: int = 50_000
    offers: int = 20_000
    needs: int = 40_000
    looking: int = 10_000
    matches: int = 100_000
    events: int = 500_000
    messages: int = 500_000
    tasks: int = 20_000
    flags: int = 1_000
    alike: int = 1_000

    def part(self, of: int) -> "Size":
        return Size(**{name: number // of for name, number in vars(self).items()})


def fill(ctx: Context, size: Size = Size()) -> None:
    """Into a migrated database without anybody in it."""
    rng, now = random.Random(6), ctx.now()
    with ctx.db.begin() as connection:
        quartiers = _territories(connection, now)
    accounts.add_user(ctx, name="Ana Costa", email=EVERYTHING, role=Role.COORDINATOR, password=PASSWORD)
    accounts.add_user(ctx, name="Bao Diaz", email=DISTRICT, role=Role.COORDINATOR, password=PASSWORD, territories=["District 1"])
    people = list(_people(ctx, rng, size, now))
    needs = [_need(rng, i, size, quartiers, now) for i in range(1, size.needs + 1)]
    offers = [_offer(rng, i, quartiers, now) for i in range(1, size.offers + 1)]
    matches, tasks = _matches(rng, size, needs, offers, now), list(_tasks(rng, size, needs, offers, now))
    with ctx.db.begin() as connection:
        for kind, rows in ((Person, people), (Need, needs), (Offer, offers), (Match, matches)):
            _put(connection, kind.__table__, iter(rows))
        _put(connection, Outcome.__table__, _outcomes(matches))
        _put(connection, Visit.__table__, _visits(matches, now))
        _put(connection, Task.__table__, iter(tasks))
        _put(connection, Event.__table__, _events(rng, size, matches, needs, offers, tasks))
        _put(connection, SafetyLead.__table__, iter([{"person_id": 1, "territory_id": None}, {"person_id": 2, "territory_id": 2}]))
        _put(connection, Incident.__table__, _reports(tasks, offers))
        _put(connection, Flag.__table__, _flags(rng, size, people, now))
        _put(connection, Alike.__table__, ({"one_id": id, "other_id": id + 1} for id in range(3, 2 * size.alike, 2)))
        _put(connection, wishes, _wishes(people, now))
        _put(connection, outbox, _messages(ctx, rng, size, matches, needs, offers, people, now))
    if ctx.db.engine.dialect.name == "sqlite":
        ctx.db.refresh_statistics()
    else:
        with ctx.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            numbered = "SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND column_default LIKE 'nextval%%'"
            for (table,) in connection.exec_driver_sql(numbered).all():
                next_id = f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {next_id}, false)")
            connection.exec_driver_sql("VACUUM ANALYZE")


def _put(connection: Connection, table: Table | Any, rows: Iterator[Row]) -> None:
    while some := list(islice(rows, BATCH)):
        connection.execute(insert(table), some)


def _territories(connection: Connection, now: datetime) -> list[int]:
    """The ids of the quartiers. The city is 1, its districts follow."""
    rows = [_territory(1, "Grande Ville", "city", None, (WEST, SOUTH, WIDE), now)]
    side, quartiers = WIDE / ACROSS, list[int]()
    for d in range(DISTRICTS):
        west, south = WEST + d % ACROSS * side, SOUTH + d // ACROSS * side
        rows.append(_territory(2 + d, f"District {d + 1}", "district", 1, (west, south, side), now))
        for q in range(DISTRICTS):
            part, id = side / ACROSS, 2 + DISTRICTS + d * DISTRICTS + q
            rows.append(_territory(id, f"Quartier {d + 1}-{q + 1}", "quartier", 2 + d,
                                   (west + q % ACROSS * part, south + q // ACROSS * part, part), now))  # fmt: skip
            quartiers.append(id)
    connection.execute(insert(Territory), rows[:1])
    connection.execute(insert(Territory), sorted(rows[1:], key=lambda row: row["id"]))
    return quartiers


def _territory(id: int, name: str, kind: str, parent: int | None, where: tuple[float, float, float], now: datetime) -> Row:
    west, south, side = where
    outline = to_wkb(box(west, south, west + side, south + side))
    return {"id": id, "name": name, "kind": kind, "parent_id": parent, "settings": {}, "shape": outline, "changed_at": now}


def _people(ctx: Context, rng: random.Random, size: Size, now: datetime) -> Iterator[Row]:
    """Everybody but the two coordinators, who are 1 and 2: volunteers first, each with one offer, then residents."""
    for id in range(3, size.people + 1):
        volunteer, came = id <= size.offers + 2, now - rng.random() * YEAR
        email, phone = f"p{id}@example.org", f"+3361{id:07d}"
        yield {
            "id": id, "name": f"Camille{id % 977} Martin{id}", "email": email, "email_index": ctx.keys.index(email), "phone": phone,
            "phone_index": ctx.keys.index(phone), "language": "fr", "contact": "email" if id % 5 else "phone", "account": volunteer,
            "role": "none", "email_confirmed_at": came if volunteer else None,
            "approved_at": came if volunteer and id % 20 else None, "approved_by_id": 1 if volunteer and id % 20 else None,
            "created_at": came, "changed_at": came,
        }  # fmt: skip


def _wishes(people: list[Row], now: datetime) -> Iterator[Row]:
    usual = {"off": [], "rhythm": "at_once", "night": False, "changed_at": now}
    return (usual | {"id": person["id"], "recipient_index": person["email_index"]} for person in people)


def _post(rng: random.Random, id: int, person_id: int, quartiers: list[int], now: datetime) -> Row:
    lon, lat = (start + rng.random() * WIDE for start in (WEST, SOUTH))
    column, line = (min(ACROSS**2 - 1, int((at - start) / WIDE * ACROSS**2)) for at, start in ((lon, WEST), (lat, SOUTH)))
    district, part = line // ACROSS * ACROSS + column // ACROSS, line % ACROSS * ACROSS + column % ACROSS
    placed, came = id % 200 != 0, now - rng.random() ** 2 * YEAR
    return {
        "id": id, "person_id": person_id, "territory_id": quartiers[district * DISTRICTS + part] if placed else None,
        "exact_point": f"{lon!r},{lat!r}" if placed else None, "public_lon": lon if placed else None, "public_lat": lat if placed else None,
        "address": f"{id % 90 + 1} rue des Essais", "availability": "", "languages": ["fr"], "mode": "in_person", "posted_by": "self",
        "channel": rng.choice(("web", "web", "phone", "counter")), "created_at": came, "confirmed_at": came, "changed_at": came,
    }  # fmt: skip


def _need(rng: random.Random, id: int, size: Size, quartiers: list[int], now: datetime) -> Row:
    ended = rng.choices(("closed", "agreed", "withdrawn", "expired"), (20, 4, 4, 2))
    state = rng.choice(("open", "asked")) if id <= size.looking else ended[0]
    row = _post(rng, id, size.offers + 3 + rng.randrange(size.people - size.offers - 2), quartiers, now)
    return row | {
        "state": state, "category": rng.choice(list(CATEGORIES)), "urgency": rng.choice(("urgent", "normal", "flexible")),
        "helpers_needed": 1, "taken": 0, "details": "du pain et du lait, au troisième étage", "posted_at": row["created_at"],
    }  # fmt: skip


def _offer(rng: random.Random, id: int, quartiers: list[int], now: datetime) -> Row:
    state = rng.choices(("active", "paused", "withdrawn"), (15, 3, 2))[0]
    own = {"state": state, "categories": rng.sample(list(CATEGORIES), 2), "radius_m": 2000, "quartiers": [], "capacity": 3, "taken": 0}
    return _post(rng, id, id + 2, quartiers, now) | own


def _matches(rng: random.Random, size: Size, needs: list[Row], offers: list[Row], now: datetime) -> list[Row]:
    """What each request's state says, and those that came to nothing: a few each, hundreds for :data:`LONG`."""
    rows, free = list[Row](), [offer for offer in offers if offer["state"] == "active"]
    for need in needs:
        if need["state"] not in ("asked", "agreed", "closed"):
            continue
        state = rng.choice(("proposed", "accepted")) if need["state"] == "asked" else need["state"]
        offer = rng.choice(free)
        need["taken"] = 0 if state == "proposed" else 1
        if state != "closed":
            offer["taken"] += 1
            if offer["taken"] == offer["capacity"]:
                free[free.index(offer)] = free[-1]
                free.pop()
        rows.append(_match(rng, len(rows) + 1, need, offer, state, "done" if state == "closed" else None, now))
    while len(rows) < size.matches:
        need = needs[LONG - 1] if len(rows) % 200 == 0 else rng.choice(needs)
        offer = offers[LONG - 1] if len(rows) % 200 == 1 else rng.choice(offers)
        rows.append(_match(rng, len(rows) + 1, need, offer, *rng.choice(ENDED), now))
    return rows


def _match(rng: random.Random, id: int, need: Row, offer: Row, state: str, reason: str | None, now: datetime) -> Row:
    asked = need["created_at"] + rng.random() * (now - need["created_at"])
    agreed = state in ("agreed", "closed")
    return {
        "id": id, "need_id": need["id"], "offer_id": offer["id"], "state": state, "mode": "in_person", "distance_m": rng.randrange(3000),
        "rank": None, "terms": None, "proposed_at": asked, "deadline_at": asked + timedelta(hours=12),
        "accepted_at": asked if agreed or state == "accepted" else None, "agreed_at": asked if agreed else None,
        "closed_at": asked if state not in ("proposed", "accepted", "agreed") else None, "ask_at": asked if agreed else None,
        "outcome": "done" if state == "closed" else None, "reason": reason, "code": "4321" if agreed else None,
        "rhythm_at": asked if agreed else None,
    }  # fmt: skip


def _outcomes(matches: list[Row]) -> Iterator[Row]:
    return ({"match_id": m["id"], "side": side, "said": "done", "at": m["closed_at"]}
            for m in matches if m["state"] == "closed" for side in ("resident", "volunteer"))  # fmt: skip


def _visits(matches: list[Row], now: datetime) -> Iterator[Row]:
    for match in matches:
        if match["agreed_at"]:
            planned = match["state"] == "agreed"
            at = now + timedelta(days=1) if planned else match["agreed_at"]
            yield {"match_id": match["id"], "slot": at, "at": at, "state": "planned" if planned else "done"}


def _tasks(rng: random.Random, size: Size, needs: list[Row], offers: list[Row], now: datetime) -> Iterator[Row]:
    """One in five is open."""
    for id in range(1, size.tasks + 1):
        is_open, kind = id % 5 == 0, rng.choice([*TaskKind])
        post = rng.choice(offers if kind is TaskKind.APPROVE else needs[: size.looking] if is_open else needs)
        made = now - rng.random() * (timedelta(days=3) if is_open else YEAR)
        yield {
            "id": id, "kind": kind, "event_key": f"volume:{id}", "reason": None, "words": "dites-lui que quelqu'un vient demain",
            "territory_id": post["territory_id"], "person_id": post["person_id"],
            "need_id": None if kind is TaskKind.APPROVE else post["id"],
            "offer_id": post["id"] if kind is TaskKind.APPROVE else None, "created_at": made, "due_at": made + timedelta(days=2),
            "closed_at": None if is_open else made + timedelta(days=1), "closed_by_id": None if is_open else 1,
        }  # fmt: skip


def _events(
    rng: random.Random, size: Size, matches: list[Row], needs: list[Row], offers: list[Row], tasks: list[Row]
) -> Iterator[Row]:  # fmt: skip
    """Of each post, each match and each task that was done, then looks at people until there are enough."""
    number = 0
    for kind, posts in (("need", needs), ("offer", offers)):
        for post in posts:
            number += 1
            yield _event(post["created_at"], f"{kind}_posted", person_id=post["person_id"], **{f"{kind}_id": post["id"]})
    for match in matches:
        for kind in ("proposed", match["state"]):
            number += 1
            about = {"need_id": match["need_id"], "offer_id": match["offer_id"], "match_id": match["id"]}
            yield _event(match["proposed_at"], f"match_{kind}", **about)
    for task in tasks:
        if task["closed_at"]:
            number += 1
            about = {name: task[name] for name in ("person_id", "need_id", "offer_id")}
            yield _event(task["closed_at"], "task_closed", actor_id=1, task_id=task["id"], **about)
    for n in range(number, size.events):
        need = needs[LONG - 1] if n % 100 == 0 else rng.choice(needs)
        at = need["created_at"] + timedelta(minutes=n % 1000)
        yield _event(at, "looked_at", actor_id=1, reason="call", person_id=need["person_id"], need_id=need["id"])


def _reports(tasks: list[Row], offers: list[Row]) -> Iterator[Row]:
    """What a resident said of a volunteer, for each task that is about such a thing."""
    for task in (each for each in tasks if each["kind"] is TaskKind.REPORT):
        closed = task["closed_at"]
        yield {
            "state": "closed" if closed else "open", "reason": "unsafe", "words": "il a demandé ma carte", "channel": "web",
            "said_by": "self", "reporter_id": task["person_id"], "about_id": offers[task["id"] % len(offers)]["person_id"],
            "need_id": task["need_id"], "match_id": None, "task_id": task["id"], "lead_id": 1 if closed else None,
            "outcome": "settled" if closed else None, "opened_at": task["created_at"], "closed_at": closed,
        }  # fmt: skip


def _flags(rng: random.Random, size: Size, people: list[Row], now: datetime) -> Iterator[Row]:
    for number in range(size.flags):
        yield {
            "kind": "cancels", "person_id": rng.choice(people)["id"], "key": "", "number": 4, "days": 30, "territory_id": 2 + number % 9,
            "raised_at": now - rng.random() * YEAR, "looked_at": now if number % 5 else None, "looked_by_id": 1 if number % 5 else None,
        }  # fmt: skip


def _event(at: datetime, kind: str, **more: Any) -> Row:
    nothing = dict.fromkeys(("actor_id", "reason", "person_id", "need_id", "offer_id", "match_id", "task_id"))
    return {"at": at, "kind": kind, "channel": "web", **nothing, **more}


def _messages(
    ctx: Context, rng: random.Random, size: Size, matches: list[Row], needs: list[Row], offers: list[Row], people: list[Row], now: datetime
) -> Iterator[Row]:
    """About matches, in turn to either side; one in fifty has not gone."""
    payloads = [ctx.keys.seal("{}", SEALED_AS) for _ in range(300)]
    kinds = ("proposal_to_volunteer", "accepted_to_resident", "agreed_to_volunteer", "agreed_to_resident", "how_was_it")
    for id in range(1, size.messages + 1):
        turn, which = divmod(id - 1, len(matches))
        match = matches[which]
        need, offer = needs[match["need_id"] - 1], offers[match["offer_id"] - 1]
        reader = (need if turn % 2 else offer)["person_id"]
        at = match["proposed_at"] + timedelta(hours=id % 7)
        state = rng.choice(("refused", "suppressed", "skipped", "waiting")) if id % 50 == 0 else "sent"
        due = now + timedelta(hours=9) if state == "waiting" else at
        yield {
            "id": id, "kind": kinds[turn], "payload": rng.choice(payloads), "recipient": rng.choice(payloads),
            "recipient_index": people[reader - 3]["email_index"], "wishes_id": reader, "channel": "email", "language": "fr",
            "message_id": f"<{id:032x}@example.org>", "event_key": f"volume:{id}", "reader_id": reader, "state": state, "urgent": False,
            "about": about_words(reader, match_id=match["id"], need_id=need["id"], offer_id=offer["id"]), "attempts": 1, "due_at": due,
            "created_at": at, "held_until": due if state == "waiting" else None, "sent_at": at if state == "sent" else None,
            "handled_at": at if state == "refused" else None,
        }  # fmt: skip
