"""A round for a territory, worked out by the worker and looked at by an agent before anybody is asked.

The worker proposes by itself whatever is due; a plan takes in what rests too: requests that wait for the next half hour, or for another
look because nobody could be found.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Need, Offer, Plan, PlanState, Territory
from app.services import matching
from app.services.board import Board
from app.services.events import SYSTEM, Actor, record
from app.services.places import territories
from app.services.proposing import Proposal, propose
from app.services.sight import Sight
from matching.model import Mode, Pair
from matching.waves import DEFAULT_WAVES, Waves
from matching.why import as_data, from_data

HOLDS = timedelta(minutes=15)
"""How long a plan may be sent: later too much has changed."""


@dataclass(frozen=True)
class Planned:
    """A pair of a plan: the request's kind of help and quartier, and the volunteer's quartier. ``seen``: which of both pages may be
    opened."""

    need_id: int
    offer_id: int
    category: str
    urgency: str
    need_quartier: str
    offer_quartier: str
    distance_m: float
    mode: str
    rank: int
    seen: tuple[bool, bool]


@dataclass(frozen=True)
class Shown:
    """An agent's latest plan. ``territory`` is its name, empty for the whole city."""

    id: int
    state: str
    territory: str
    made_at: datetime | None
    holds: bool
    left: int
    pairs: Sequence[Planned]


def want(ctx: Context, territory_id: int | None, agent_id: int, by: Actor) -> None:
    """Have a round worked out; what this agent had before and did not send is dropped."""
    now = ctx.now()
    with ctx.db.write() as session:
        _drop(session, agent_id)
        session.add(Plan(territory_id=territory_id, agent_id=agent_id, state=PlanState.WANTED, wanted_at=now))
        record(session, "round_wanted", now, by, territory_id=territory_id)


def drop(ctx: Context, agent_id: int) -> None:
    with ctx.db.write() as session:
        _drop(session, agent_id)


def _drop(session: Session, agent_id: int) -> None:
    mine = Plan.agent_id == agent_id, Plan.state.in_([PlanState.WANTED, PlanState.READY])
    session.execute(update(Plan).where(*mine).values(state=PlanState.DROPPED, pairs="[]"))


def work_out(ctx: Context, board: Board, waves: Waves = DEFAULT_WAVES) -> int:
    """Work out the plan that has waited longest; 1 if there was one."""
    with ctx.db.read() as session:
        plan = session.scalar(select(Plan).where(Plan.state == PlanState.WANTED).order_by(Plan.id).limit(1))
        if plan is None:
            return 0
        within = None if plan.territory_id is None else territories(session).below([plan.territory_id])
        due = matching.searching(session, within)
    chosen = matching.choose_for(ctx, board, due, waves) if due else {}
    pairs = [
        {"need": p.pair.need, "offer": p.pair.offer, "mode": p.pair.mode, "distance_m": p.pair.distance_m, "rank": p.rank,
         "terms": as_data(p.why) if p.why else None}
        for proposals in chosen.values() for p in proposals
    ]  # fmt: skip
    left = sum(1 for each in due if not chosen.get(each.need.id) and len(each.pending) < each.need.places)
    with ctx.db.write() as session:
        ready = {"state": PlanState.READY, "made_at": ctx.now(), "pairs": json.dumps(pairs), "left": left}
        session.execute(update(Plan).where(Plan.id == plan.id, Plan.state == PlanState.WANTED).values(ready))
        record(session, "round_worked_out", ctx.now(), SYSTEM, territory_id=plan.territory_id)
    return 1


def latest(ctx: Context, sight: Sight, agent_id: int) -> Shown | None:
    """What an agent wanted last, unless it was dropped."""
    with ctx.db.read() as session:
        found = session.execute(
            select(Plan, Territory.name)
            .outerjoin(Territory, Territory.id == Plan.territory_id)
            .where(Plan.agent_id == agent_id)
            .order_by(Plan.id.desc())
            .limit(1)
        ).one_or_none()
        if found is None or found.Plan.state == PlanState.DROPPED:
            return None
        plan, pairs = found.Plan, json.loads(found.Plan.pairs)
        rows: dict[type[Any], dict[int, Any]] = {}
        for kind, name in ((Need, "need"), (Offer, "offer")):
            more = [Need.category, Need.urgency] if kind is Need else []
            which = (
                select(kind.id, Territory.name.label("quartier"), sight.inside(kind.territory_id).label("seen"), *more)
                .outerjoin(Territory, Territory.id == kind.territory_id)
                .where(kind.id.in_([pair[name] for pair in pairs]))
            )
            rows[kind] = {row.id: row for row in session.execute(which)}
        planned = [
            Planned(
                pair["need"], pair["offer"], need.category, need.urgency, need.quartier or "", offer.quartier or "", pair["distance_m"],
                pair["mode"], pair["rank"], (need.seen, offer.seen),
            )
            for pair in pairs
            if (need := rows[Need].get(pair["need"])) and (offer := rows[Offer].get(pair["offer"]))
        ]  # fmt: skip
        holds = plan.made_at is not None and ctx.now() - plan.made_at < HOLDS
        return Shown(plan.id, plan.state, found.name or "", plan.made_at, holds, plan.left, planned)


def send(ctx: Context, plan_id: int, agent_id: int, by: Actor) -> tuple[int, int] | None:
    """Ask whom the plan has; how many were asked, of how many. ``None`` where it is not this agent's, is too old or was sent before."""
    now = ctx.now()
    with ctx.db.write() as session:
        plan = session.get(Plan, plan_id, with_for_update=True)
        mine = plan is not None and plan.agent_id == agent_id and plan.state == PlanState.READY
        if plan is None or not mine or plan.made_at is None or now - plan.made_at >= HOLDS:
            return None
        pairs = json.loads(plan.pairs)
        session.execute(update(Plan).where(Plan.id == plan_id).values(state=PlanState.SENT, pairs="[]"))
        record(session, "round_sent", now, by, territory_id=plan.territory_id)
    proposals: dict[int, list[Proposal]] = defaultdict(list)
    for pair in pairs:
        found = Pair(pair["need"], pair["offer"], Mode(pair["mode"]), pair["distance_m"])
        why = from_data(found.need, found.offer, found.mode, pair["terms"]) if pair["terms"] else None
        proposals[pair["need"]].append(Proposal(found, pair["rank"], why))
    return sum(propose(ctx, each) for each in proposals.values()), len(pairs)
