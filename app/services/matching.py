"""Matching as the worker does it: rows in, pairs out. The index follows the database by re-reading what changed."""

import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select, true, update
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Match, Need, Offer, Person, TaskKind
from app.policy import policy_of
from app.services.events import SYSTEM, record
from app.services.matches import Proposal, answer_time, lock_need, propose
from app.services.places import Territories, territories
from app.services.records import Averages, nearby_averages, past_of
from app.services.tasks import open_task
from app.services.telling import tell
from matching import hours, index, ranking
from matching.index import OfferIndex
from matching.lifecycle import NeedState, OfferState
from matching.model import Id, Mode, Pair, Urgency
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch
from matching.policy import Terms, terms_of
from matching.why import explain
from notifications.messages import NobodyYet

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=1)
"""How far each look reaches back, so that a transaction that committed late is seen."""
WHOLE_LOOK = timedelta(minutes=10)
RETRY = timedelta(minutes=10)
"""When a need is tried again that nobody can serve now, or whose round went wrong."""
BATCH = 500
URGENCIES = list(Urgency)
ASKED = "offer:"
"""How an offer that was asked before is named among the identities of a need."""


class UnprovenRound(Exception):
    """The prices of a round do not prove its pairs the best, though it had all its time: a fault of this program. Trying the same again
    does not help, another batch may."""


class Board:
    """The offers that may be asked: active, approved and on the map; those without room stay, to tell busy from nobody. One a worker."""

    def __init__(self) -> None:
        self.index = OfferIndex()
        self.nearby: Averages = {None: 0.0}
        self._seen: dict[int, datetime] = {}
        self._looked_at: datetime | None = None
        self._whole_at: datetime | None = None
        self._territories: Territories | None = None

    def follow(self, ctx: Context) -> None:
        """Bring the index up to the database: what changed since the last look, everything now and then, and all own areas anew when
        a territory has changed."""
        now = ctx.now()
        whole = self._whole_at is None or self._looked_at is None or now - self._whole_at >= WHOLE_LOOK or now < self._looked_at
        look = select(Offer.id, Offer.changed_at)
        with ctx.db.read() as session:
            here = territories(session)
            redrawn, self._territories = here is not self._territories, here
            whole = whole or redrawn
            rows = session.execute(look if whole else look.where(Offer.changed_at > self._looked_at - OVERLAP))  # type: ignore[operator]
            there = {offer_id: changed_at for offer_id, changed_at in rows}
            changed = [offer_id for offer_id, changed_at in there.items() if redrawn or self._seen.get(offer_id) != changed_at]
            for start in range(0, len(changed), BATCH):
                for row in session.execute(_offers().where(Offer.id.in_(changed[start : start + BATCH]))):
                    self._put(row.Offer, row.Person, here)
            if whole:
                self.nearby = nearby_averages(session, now)
        if whole:
            for gone in self._seen.keys() - there.keys():
                self.index.remove(gone)
            self._seen = {i: at for i, at in self._seen.items() if i in there}
            self._whole_at = now
        self._looked_at = now

    def doubt(self) -> None:
        """What the index said was not so: offers may have gone without a trace. The next look is at everything."""
        self._whole_at = None

    def _put(self, offer: Offer, person: Person, here: Territories) -> None:
        self._seen[offer.id] = offer.changed_at
        if offer.state != OfferState.ACTIVE or person.approved_at is None or offer.point is None:
            self.index.remove(offer.id)
            return
        self.index.put(offer_to_match(offer, person, here), offer.last_asked_at)


def offer_to_match(offer: Offer, person: Person, here: Territories) -> OfferToMatch:
    """An offer that is on the map, with the room that it has left, as the matcher knows it; ``here`` has its quartiers."""
    assert offer.point, "an offer without a place cannot be matched"
    lon, lat = offer.point
    return OfferToMatch(
        id=offer.id, lon=lon, lat=lat, radius_m=offer.radius_m, categories=frozenset(offer.categories),
        hours=hours.parse_hours(offer.availability), languages=frozenset(offer.languages), mode=Mode(offer.mode),
        capacity=offer.capacity - offer.taken, identities=_identities(person) | {f"{ASKED}{offer.id}"},
        area=here.own_area(offer.quartiers, offer.drawn),
    )  # fmt: skip


def need_to_match(need: Need, person: Person, asked: Collection[str] = ()) -> NeedToMatch:
    """A need that is on the map, with the places that are left, as the matcher knows it; ``asked`` are more identities of it."""
    assert need.point, "a need without a place cannot be matched"
    lon, lat = need.point
    return NeedToMatch(
        id=need.id, lon=lon, lat=lat, category=need.category, hours=hours.parse_hours(need.availability),
        languages=frozenset(need.languages), mode=Mode(need.mode), urgency=Urgency(need.urgency),
        places=need.helpers_needed - need.taken, identities=_identities(person).union(asked),
    )  # fmt: skip


def _offers() -> Select[tuple[Offer, Person]]:
    return select(Offer, Person).join(Person, Offer.person_id == Person.id)


def _identities(person: Person) -> frozenset[str]:
    return frozenset(filter(None, (person.email_index, person.phone_index, f"person:{person.id}")))


def match_due(ctx: Context, board: Board, only: int | None = None) -> int:
    """Propose for the needs whose time has come (or for ``only`` one of them), the whole batch at its best together; the number of
    proposals."""
    with ctx.db.read() as session:
        needs = _due(session, ctx.now(), only)
    if not needs:
        return 0
    asked = 0
    try:
        chosen = _choose(ctx, board, needs)
    except UnprovenRound as error:
        log.error("%s; nobody is asked", error)
        _put_off(ctx, needs)
        return 0
    for need in needs:
        proposals = chosen[need.id]
        if proposals:
            done = propose(ctx, proposals)
            asked += done
            if done < len(proposals):
                board.doubt()
        if len(proposals) < need.places:
            _nobody(ctx, board, need, bool(proposals))
    return asked


def _due(session: Session, now: datetime, only: int | None) -> list[NeedToMatch]:
    """The needs to match now, urgent ones first. Whoever was asked for a need before shares an identity with it: not again."""
    rows = session.execute(
        select(Need, Person)
        .join(Person, Need.person_id == Person.id)
        .where(Need.state == NeedState.OPEN, Need.next_try_at <= now, Need.exact_point.is_not(None))
        .where(true() if only is None else Need.id == only)
        .order_by(Need.next_try_at, Need.id)
        .limit(BATCH)
    ).all()
    asked: dict[int, set[str]] = defaultdict(set)
    for need_id, offer_id in session.execute(select(Match.need_id, Match.offer_id).where(Match.need_id.in_([r.Need.id for r in rows]))):
        asked[need_id].add(f"{ASKED}{offer_id}")
    needs = [need_to_match(need, person, asked[need.id]) for need, person in rows]
    return sorted(needs, key=lambda n: URGENCIES.index(n.urgency))


def _choose(ctx: Context, board: Board, needs: list[NeedToMatch]) -> dict[Id, list[Proposal]]:
    """Whom to ask, by need: for one need its best volunteers, for several the best set of pairs together."""
    might = {need.id: board.index.candidates(need) for need in needs}
    offers = {pair.offer: offer for pairs in might.values() for pair in pairs if (offer := board.index.get(pair.offer))}
    with ctx.db.read() as session:
        past = past_of(session, ctx.now(), [int(need_id) for need_id in might], [int(offer_id) for offer_id in offers], board.nearby)
    policy = policy_of(ctx.settings)
    terms = terms_of(policy, past)
    alone = len(needs) == 1
    pairs = ranking.best(board.index, needs[0], needs[0].places, terms) if alone else _round(list(offers.values()), needs, terms)
    need_of, chosen = {need.id: need for need in needs}, defaultdict[Id, list[Proposal]](list)
    for pair in pairs:
        rank = 1 + sum(terms.cost_m(other) < terms.cost_m(pair) for other in might[pair.need])
        why = explain(need_of[pair.need], offers[pair.offer], pair, policy, past)
        chosen[pair.need].append(Proposal(pair, rank, why))
    return chosen


def _round(offers: list[OfferToMatch], needs: list[NeedToMatch], terms: Terms) -> list[Pair]:
    # The solver brings the compiler, and a single need should not wait for that.
    from matching.assignment import solve

    solution = solve(offers, needs, terms=terms)
    proof = solution.certificate
    told = (
        f"round of {len(needs)} needs and {len(offers)} offers: {len(solution.pairs)} pairs, "
        f"{proof.violations} prices prove nothing, {proof.gap_m} metres short of proven"
    )
    if not proof.best:
        raise UnprovenRound(told)
    log.info(told)
    return solution.pairs


def _put_off(ctx: Context, needs: list[NeedToMatch]) -> None:
    """Try these again later, so that what went wrong with them together neither stops the worker nor fills its log."""
    with ctx.db.write() as session:
        due = update(Need).where(Need.id.in_([need.id for need in needs]), Need.state == NeedState.OPEN)
        session.execute(due.values(next_try_at=ctx.now() + RETRY))


def warm_up() -> None:
    """Compile the search of the index and the solver, or load what was compiled before, on needs of which one is served, one not for lack
    of room and one since it is too far away."""
    index.warm_up()
    from matching.assignment import solve

    offer = OfferToMatch(id=1, lon=0, lat=0, radius_m=1000, categories=frozenset({"any"}), hours=hours.ANY_TIME, mode=Mode.BOTH)
    here = NeedToMatch(id=1, lon=0, lat=0, category="any", hours=hours.ANY_TIME, mode=Mode.BOTH)
    solve([offer], [here, replace(here, id=2), replace(here, id=3, lat=1, mode=Mode.IN_PERSON)])


def _nobody(ctx: Context, board: Board, need: NeedToMatch, some: bool) -> None:
    """A place of a need stays free for now: try again later, and let a coordinator know why; the resident is told once."""
    now = ctx.now()
    reason = _why_nobody(board, need)
    with ctx.db.write() as session:
        row = lock_need(session, int(need.id))
        if row is None or row.state != NeedState.OPEN:
            return
        row.next_try_at = now + RETRY
        tries = session.scalars(select(Match.id).where(Match.need_id == row.id)).all()
        task = open_task(
            session, TaskKind.NOBODY, now, event_key=f"nobody:{row.id}:{len(tries)}", reason=reason, person=row.person, need=row,
            due_at=now + answer_time(ctx, row.urgency),
        )  # fmt: skip
        if task is None:
            return
        record(session, "nobody_found", now, SYSTEM, need_id=row.id, reason=reason)
        if not some:
            message = NobodyYet(row.person.first_name, row.category, ctx.links.url(Purpose.MY_REQUEST, row.id))
            tell(session, ctx, row.person, message, now, need=row)


def _why_nobody(board: Board, need: NeedToMatch) -> str:
    """The rule that nobody passes, ``taken`` when eligible volunteers are busy, ``all_asked`` when each was asked before."""
    unasked = replace(need, identities=frozenset(i for i in need.identities if not i.startswith(ASKED)))
    reason = ranking.why_nobody(board.index, unasked)
    return "all_asked" if reason == "taken" and board.index.candidates(unasked) else reason
