"""Matching as the worker does it: rows in, pairs out, a wave of proposals for each need whose time has come."""

import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.orm import Session

from app import metrics
from app.context import Context
from app.links import Purpose
from app.models import Match, Moderation, Need, Person, TaskKind
from app.policy import policy_of
from app.services.blocks import blocked_of
from app.services.board import ASKED, BATCH, Board, need_to_match
from app.services.events import SYSTEM, record
from app.services.moves import lock_need
from app.services.proposing import Proposal, answer_by, propose
from app.services.records import counts, past_of
from app.services.standing_in import barred
from app.services.tasks import open_task
from app.services.telling import tell
from matching import hours, index, ranking
from matching.lifecycle import MatchState, NeedState
from matching.model import Id, Mode, Pair, Urgency
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch
from matching.policy import Terms, terms_of
from matching.rounds import Case, Room, choose, ranked
from matching.waves import DEFAULT_WAVES, Waves
from matching.why import explain
from notifications.messages import NobodyYet

log = logging.getLogger(__name__)

RETRY = timedelta(minutes=10)
"""When a need is tried again that nobody can serve now, or whose round went wrong."""
URGENCIES = list(Urgency)


class UnprovenRound(Exception):
    """The prices of a round do not prove its pairs the best, though it had all its time: a fault of this program. Trying the same again
    does not help, another batch may."""


@dataclass(frozen=True)
class Due:
    """A need that is looked at, the offers whose answer is still awaited, when it was due (if it is), and the offer to ask before all
    others."""

    need: NeedToMatch
    pending: list[int]
    at: datetime | None
    pinned: int | None


def match_due(ctx: Context, board: Board, only: int | None = None, waves: Waves = DEFAULT_WAVES) -> int:
    """Propose for the needs whose time has come (or for ``only`` one of them), the whole batch at its best together; the number of
    proposals. A need for which enough are asked rests until one of them says no or nothing."""
    with ctx.db.read() as session:
        due = _due(session, ctx.now(), only)
    if not due:
        return 0
    asked = 0
    try:
        with metrics.ROUND_S.time():
            chosen = choose_for(ctx, board, due, waves)
    except UnprovenRound as error:
        log.error("%s; nobody is asked", error)
        _put_off(ctx, due)
        return 0
    for each in due:
        proposals = chosen[each.need.id]
        done = propose(ctx, proposals, each.at) if proposals else 0
        asked += done
        if done < len(proposals):
            board.doubt()
        elif len(each.pending) + done < each.need.places:
            _nobody(ctx, board, each, done > 0)
    _rest(ctx, [each for each in due if not chosen[each.need.id] and len(each.pending) >= each.need.places])
    return asked


def _due(session: Session, now: datetime, only: int | None) -> list[Due]:
    """The needs to match now, urgent ones first."""
    return _looked_at(session, Need.next_try_at <= now, true() if only is None else Need.id == only)


def searching(session: Session, within: Collection[int] | None) -> list[Due]:
    """The needs of these territories (``None``: everywhere) for which somebody is still looked for, due or not, urgent ones first."""
    return _looked_at(session, Need.taken < Need.helpers_needed, true() if within is None else Need.territory_id.in_(within))


def _looked_at(session: Session, *which: ColumnElement[bool]) -> list[Due]:
    """Needs with all that a round asks of them. Whoever was asked for a need before shares an identity with it: not again."""
    rows = session.execute(
        select(Need, Person)
        .join(Person, Need.person_id == Person.id)
        .where(Need.state.in_([NeedState.OPEN, NeedState.ASKED]), Need.exact_point.is_not(None), Need.moderation != Moderation.HELD)
        .where(*which)
        .order_by(Need.next_try_at, Need.id)
        .limit(BATCH)
    ).all()
    asked: dict[int, set[str]] = defaultdict(set)
    pending: dict[int, list[int]] = defaultdict(list)
    before = select(Match.need_id, Match.offer_id, Match.state).where(Match.need_id.in_([row.Need.id for row in rows]), counts())
    for need_id, offer_id, state in session.execute(before):
        asked[need_id].add(f"{ASKED}{offer_id}")
        if state == MatchState.PROPOSED:
            pending[need_id].append(offer_id)
    for need_id, offers in barred(session, [row.Need.id for row in rows]).items():
        asked[need_id] |= {f"{ASKED}{offer_id}" for offer_id in offers}
    blocked = blocked_of(session, [row.Person for row in rows]) if rows else {}
    due = [
        Due(
            need_to_match(need, person, asked[need.id], blocked[person.id]), pending[need.id], need.next_try_at, need.pinned_offer_id
        )
        for need, person in rows
    ]  # fmt: skip
    return sorted(due, key=lambda each: URGENCIES.index(each.need.urgency))


def choose_for(ctx: Context, board: Board, due: list[Due], waves: Waves) -> dict[Id, list[Proposal]]:
    """Whom to ask, by need."""
    might = {each.need.id: _first_pinned(board.index.candidates(each.need), each.pinned) for each in due}
    offers = {pair.offer: offer for pairs in might.values() for pair in pairs if (offer := board.index.get(pair.offer))}
    named = {int(i) for i in offers} | {i for each in due for i in each.pending}
    now = ctx.now()
    with ctx.db.read() as session:
        past = past_of(session, now, [int(need_id) for need_id in might], named, board.nearby)
    policy = policy_of(ctx.settings)
    terms = terms_of(policy, past)
    cases = {
        each.need.id: Case(
            each.need, ranked(might[each.need.id], terms, board.index.asked), [past.records[i].acceptance for i in each.pending]
        )
        for each in due
    }
    room = Room(offers, past.records, {i: board.days_since(i, now) for i in offers})
    choose(list(cases.values()), room, terms, waves, lambda offer_id: f"{ASKED}{offer_id}", _solve)
    chosen = defaultdict[Id, list[Proposal]](list)
    for case in cases.values():
        for pair in case.chosen:
            rank = 1 + sum(terms.cost_m(other) < terms.cost_m(pair) for other in might[pair.need])
            chosen[pair.need].append(Proposal(pair, rank, explain(case.need, offers[pair.offer], pair, policy, past)))
    return chosen


def _first_pinned(pairs: list[Pair], pinned: int | None) -> list[Pair]:
    """Whom an agent pinned is asked alone, as long as they can be."""
    return [pair for pair in pairs if pair.offer == pinned] or pairs


def _solve(offers: list[OfferToMatch], needs: list[NeedToMatch], terms: Terms) -> list[Pair]:
    # The solver brings the compiler, and a single need should not wait for that.
    from matching.assignment import solve

    solution = solve(offers, needs, terms=terms)
    proof = solution.certificate
    told = (
        f"round of {len(needs)} needs and {len(offers)} offers: {len(solution.pairs)} pairs, "
        f"{proof.violations} prices prove nothing, {proof.gap_m} metres short of proven"
    )
    metrics.VIOLATIONS.inc(proof.violations)
    if not proof.best:
        raise UnprovenRound(told)
    log.info(told)
    return solution.pairs


def _put_off(ctx: Context, due: list[Due]) -> None:
    """Try these again later, so that what went wrong with them together neither stops the worker nor fills its log."""
    with ctx.db.write() as session:
        ids = [each.need.id for each in due]
        session.execute(update(Need).where(Need.id.in_(ids), Need.next_try_at.is_not(None)).values(next_try_at=ctx.now() + RETRY))


def _rest(ctx: Context, complete: list[Due]) -> None:
    """Enough are asked for these: nothing to do until somebody says no or nothing. Whoever did so meanwhile has made it due anew."""
    if complete:
        with ctx.db.write() as session:
            for each in complete:
                session.execute(update(Need).where(Need.id == each.need.id, Need.next_try_at == each.at).values(next_try_at=None))


def warm_up() -> None:
    """Compile the search of the index and the solver, or load what was compiled before, on needs of which one is served, one not for lack
    of room and one since it is too far away."""
    index.warm_up()
    from matching.assignment import solve

    offer = OfferToMatch(id=1, lon=0, lat=0, radius_m=1000, categories=frozenset({"any"}), hours=hours.ANY_TIME, mode=Mode.BOTH)
    here = NeedToMatch(id=1, lon=0, lat=0, category="any", hours=hours.ANY_TIME, mode=Mode.BOTH)
    solve([offer], [here, replace(here, id=2), replace(here, id=3, lat=1, mode=Mode.IN_PERSON)])


def _nobody(ctx: Context, board: Board, due: Due, some: bool) -> None:
    """A place of a need stays free for now: try again later, and let a coordinator know why; the resident is told once."""
    now, need = ctx.now(), due.need
    reason = _why_nobody(board, need)
    with ctx.db.write() as session:
        row = lock_need(session, int(need.id))
        if row is None or row.state not in (NeedState.OPEN, NeedState.ASKED):
            return
        row.next_try_at = now + RETRY
        tries = session.scalars(select(Match.id).where(Match.need_id == row.id)).all()
        task = open_task(
            session, TaskKind.NOBODY, now, event_key=f"nobody:{row.id}:{len(tries)}", reason=reason, person=row.person, need=row,
            due_at=answer_by(session, ctx, row, row.urgency, now),
        )  # fmt: skip
        if task is None:
            return
        record(session, "nobody_found", now, SYSTEM, need_id=row.id, reason=reason)
        if not due.pending and not some:
            message = NobodyYet(row.person.first_name, row.category, ctx.links.url(Purpose.MY_REQUEST, row.id), row.wanted_at)
            tell(session, ctx, row.person, message, now, need=row)


def _why_nobody(board: Board, need: NeedToMatch) -> str:
    """The rule that nobody passes, ``taken`` when eligible volunteers are busy, ``all_asked`` when each was asked before."""
    unasked = replace(need, identities=frozenset(i for i in need.identities if not i.startswith(ASKED)))
    reason = ranking.why_nobody(board.index, unasked)
    return "all_asked" if reason == "taken" and board.index.candidates(unasked) else reason
