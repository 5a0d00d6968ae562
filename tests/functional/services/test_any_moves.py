"""Anything that the two sides, an agent and the clock may do, in any order: what holds always, on both databases."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from app.models import Block, Event, Match, Moderation, Need, Offer, Visit
from app.services import changing, closing, duty, matches, mine, moderating, posting, rearranging, reasons, stale, standing_in, taking
from app.services.closing import Said
from app.services.reasons import Because
from app.worker import BY_THE_CLOCK
from matching.lifecycle import HELD, LIVE, MatchState, MoveNotAllowed, NeedState, OfferState, Side, VisitState, is_terminal
from matching.waves import DEFAULT_WAVES
from tests.city import BY_LINK, City
from tests.databases import Databases
from tests.explained import unexplained
from tests.volume import volume

PICK = st.integers(0, 10_000)
"""Which of the things that there are; more numbers than things, so that old ones are picked too."""


WORDS = st.sampled_from(["", "Du pain", "Je paie 20 € la visite", "Ma chimio du jeudi"])


class AnyMoves(RuleBasedStateMachine):
    """A small city in which everything may happen."""

    fresh: Callable[[], City]

    def __init__(self) -> None:
        super().__init__()
        self.city = type(self).fresh()
        self.city.waves = DEFAULT_WAVES
        self.ended: dict[tuple[str, int], str] = {}

    def teardown(self) -> None:
        self.city.ctx.db.close()

    @initialize()
    def some_are_there(self) -> None:
        for north_m in (100, 400, 900):
            self.city.volunteer(north_m=north_m, capacity=2)
        self.city.need()

    def pick(self, kind: type[Any], number: int) -> Any:
        things = self.city.all(kind)
        return things[number % len(things)] if things else None

    # What people do

    @rule(north_m=st.sampled_from([0, 300, 1500]), capacity=st.integers(1, 2), email=st.booleans())
    def a_volunteer_comes(self, north_m: int, capacity: int, email: bool) -> None:
        self.city.volunteer(north_m=north_m, capacity=capacity, email=email)

    @rule(
        helpers=st.integers(1, 2), share=st.booleans(), phone=st.booleans(), repeats=st.integers(0, 2),
        urgency=st.sampled_from(["urgent", "normal", "flexible"]), details=WORDS,
    )  # fmt: skip
    def a_resident_asks(self, helpers: int, share: bool, phone: bool, repeats: int, urgency: Any, details: str) -> None:
        contact = {"contact": "phone", "posted_by": "agent"} if phone else {}
        given = {"helpers_needed": helpers, "share_contact": share, "urgency": urgency, "repeats": repeats, "details": details, **contact}
        self.city.need(confirmed=not phone, **given)

    @rule(number=PICK, details=WORDS)
    def the_resident_writes_other_words(self, number: int, details: str) -> None:
        with suppress(changing.TooLate):
            changing.change_need(self.city.ctx, self.pick(Need, number).id, changing.Change("more", details=details), BY_LINK)

    @rule(number=PICK, what=st.sampled_from(["approve", "edit", "refuse"]))
    def an_agent_reads(self, number: int, what: str) -> None:
        if waiting := self.city.tasks("moderate"):
            task_id, ctx = waiting[number % len(waiting)].id, self.city.ctx
            if what == "approve":
                moderating.approve(ctx, task_id, BY_LINK)
            elif what == "edit":
                moderating.edit(ctx, task_id, "Du pain", "price", "", BY_LINK)
            else:
                moderating.refuse(ctx, task_id, "paid", "", BY_LINK)

    @rule(number=PICK, yes=st.booleans())
    def the_volunteer_answers(self, number: int, yes: bool) -> None:
        if match := self.pick(Match, number):
            matches.volunteer_answers(self.city.ctx, match.id, yes, BY_LINK)

    @rule(number=PICK, yes=st.booleans())
    def the_resident_answers(self, number: int, yes: bool) -> None:
        if match := self.pick(Match, number):
            matches.resident_answers(self.city.ctx, match.id, yes, BY_LINK)

    @rule(number=PICK, because=st.sampled_from(Because))
    def the_volunteer_says_why(self, number: int, because: Because) -> None:
        if match := self.pick(Match, number):
            reasons.give_reason(self.city.ctx, match.id, because, BY_LINK)

    @rule(number=PICK, because=st.sampled_from([matches.PREVENTED, matches.UNAVAILABLE]))
    def the_volunteer_backs_out(self, number: int, because: str) -> None:
        if match := self.pick(Match, number):
            matches.back_out(self.city.ctx, match.id, BY_LINK, because)

    @rule(number=PICK, because=st.sampled_from([matches.OTHER_TIME, matches.SOMEBODY_ELSE]))
    def the_resident_lets_go(self, number: int, because: str) -> None:
        if match := self.pick(Match, number):
            matches.let_go(self.city.ctx, match.id, BY_LINK, because)

    @rule(number=PICK, side=st.sampled_from([Side.RESIDENT, Side.VOLUNTEER, Side.EITHER]), said=st.sampled_from(Said), again=st.booleans())
    def somebody_says_what_came_of_it(self, number: int, side: Side, said: Said, again: bool) -> None:
        if match := self.pick(Match, number):
            closing.say(self.city.ctx, match.id, side, said, BY_LINK, again=again)

    @rule(number=PICK, there=st.sampled_from([NeedState.PAUSED, NeedState.OPEN, NeedState.WITHDRAWN]))
    def the_resident_moves_the_need(self, number: int, there: NeedState) -> None:
        with suppress(MoveNotAllowed):
            posting.move_need(self.city.ctx, self.pick(Need, number).id, there, BY_LINK)

    @rule(number=PICK)
    def the_resident_still_needs_it(self, number: int) -> None:
        stale.still_needed(self.city.ctx, self.pick(Need, number).id, BY_LINK)

    @rule(number=PICK, there=st.sampled_from([OfferState.PAUSED, OfferState.ACTIVE, OfferState.WITHDRAWN]))
    def the_volunteer_moves_the_offer(self, number: int, there: OfferState) -> None:
        with suppress(MoveNotAllowed):
            duty.move_offer(self.city.ctx, self.pick(Offer, number).id, there, BY_LINK)

    @rule(need=PICK, offer=PICK)
    def a_volunteer_takes_a_need(self, need: int, offer: int) -> None:
        taking.offer_to_take(self.city.ctx, self.pick(Offer, offer).person_id, self.pick(Need, need).id, BY_LINK)

    @rule(number=PICK, side=st.sampled_from([Side.RESIDENT, Side.VOLUNTEER]), what=st.sampled_from(["skip", "miss", "move", "stand in"]))
    def a_visit_is_not_as_planned(self, number: int, side: Side, what: str) -> None:
        if visit := self.pick(Visit, number):
            with suppress(rearranging.NotAnyMore, rearranging.NotThen):
                if what == "move":
                    rearranging.move_visit(self.city.ctx, visit.id, visit.at + timedelta(days=3), side, BY_LINK)
                elif what == "stand in":
                    standing_in.look_for(self.city.ctx, visit.id, BY_LINK)
                else:
                    {"skip": rearranging.skip, "miss": rearranging.missed}[what](self.city.ctx, visit.id, side, BY_LINK)

    # What the service and the clock do

    @rule()
    def the_matcher_looks(self) -> None:
        self.city.match()

    @rule(hours=st.sampled_from([1, 5, 14, 30, 24 * 8, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.city.clock.advance(hours=hours)
        for step in BY_THE_CLOCK:
            step(self.city.ctx)

    # What holds always

    @invariant()
    def nobody_has_more_than_they_offered_and_no_place_two_helpers(self) -> None:
        everyone = self.city.all(Match)
        live = Counter(match.offer_id for match in everyone if match.state in LIVE)
        held = Counter(match.need_id for match in everyone if match.state in HELD or match.outcome == "done")
        for offer in self.city.all(Offer):
            assert offer.taken == live[offer.id] <= offer.capacity
        for need in self.city.all(Need):
            assert need.taken == held[need.id] <= need.helpers_needed

    @invariant()
    def a_need_stands_as_its_matches_do(self) -> None:
        for need in self.city.all(Need):
            states = {match.state for match in self.city.matches(need.id) if match.state in LIVE}
            free = need.taken < need.helpers_needed
            if need.state == NeedState.OPEN:
                assert free and MatchState.PROPOSED not in states and need.next_try_at is not None
            elif need.state == NeedState.ASKED:
                assert MatchState.PROPOSED in states if free else MatchState.ACCEPTED in states
            elif need.state == NeedState.AGREED:
                assert not free and states == {MatchState.AGREED}
            elif need.state == NeedState.PAUSED:
                assert states <= {MatchState.AGREED}
            else:
                assert not states, "nobody waits for what has ended"

    @invariant()
    def nobody_is_asked_for_what_has_to_be_read_first(self) -> None:
        read = {task.need_id for task in self.city.tasks("moderate")}
        for need in self.city.all(Need):
            live = [match for match in self.city.matches(need.id) if match.state in LIVE]
            assert not (need.moderation == Moderation.HELD and live)
            if need.moderation in (Moderation.HELD, Moderation.LOOK) and need.wanted_at is None and not is_terminal(NeedState(need.state)):
                assert need.id in read, "nobody is left waiting unread"

    @invariant()
    def nobody_is_expected_once_it_has_ended(self) -> None:
        states = {match.id: match.state for match in self.city.all(Match)}
        for visit in self.city.all(Visit, state=VisitState.PLANNED):
            assert states[visit.match_id] == MatchState.AGREED

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        for kind, states in ((Need, NeedState), (Offer, OfferState), (Match, MatchState)):
            for thing in self.city.all(kind):
                before = self.ended.get((kind.__name__, thing.id), thing.state)
                assert thing.state == before
                if is_terminal(states(thing.state)):
                    self.ended[kind.__name__, thing.id] = thing.state

    @invariant()
    def no_contact_is_shown_before_both_agreed(self) -> None:
        agreed = {match.id: match.agreed_at for match in self.city.all(Match)}
        shown = [event for event in self.city.all(Event) if event.kind == "contacts_shown"]
        assert all(agreed[event.match_id] is not None and agreed[event.match_id] <= event.at for event in shown)
        told = [row.about for row in self.city.outbox() if row.kind.startswith("agreed_to_")]
        assert all(agreed[int(about.split("/")[0].removeprefix("match:"))] for about in told)
        for need in self.city.all(Need)[-3:]:
            seen = mine.request_of(self.city.ctx, need.id)
            assert seen is not None
            assert all((match.contact is not None) == (match.state is MatchState.AGREED) for match in seen.matches)

    @invariant()
    def the_resident_was_asked_before_their_contacts_went(self) -> None:
        answers = {(e.match_id, e.kind) for e in self.city.all(Event) if e.kind in ("match_accepted", "match_agreed")}
        share = {need.id: need.share_contact for need in self.city.all(Need)}
        for match in self.city.all(Match):
            if match.agreed_at is not None and not share[match.need_id]:
                assert (match.id, "match_accepted") in answers

    @invariant()
    def nothing_is_said_that_nothing_brought_about(self) -> None:
        assert unexplained(self.city) == []

    @precondition(lambda self: self.city.all(Block))
    @invariant()
    def who_is_kept_apart_is_not_brought_together(self) -> None:
        since = {frozenset((block.person_id, block.other_id)): block.created_at for block in self.city.all(Block)}
        person_of = {offer.id: offer.person_id for offer in self.city.all(Offer)}
        resident = {need.id: need.person_id for need in self.city.all(Need)}
        for match in self.city.all(Match):
            apart = since.get(frozenset((person_of[match.offer_id], resident[match.need_id])))
            assert apart is None or match.proposed_at <= apart


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_holds_always_whatever_happens(database: str, databases: Databases, tmp_path: Path) -> None:
    class Here(AnyMoves):
        pass

    opened: list[Any] = []

    def fresh() -> City:
        folder = tmp_path / uuid4().hex
        folder.mkdir()
        if database == "sqlite":
            return City(databases.sqlite(folder / "test.db"), folder)
        context = databases.postgresql()
        url = context.__enter__()
        opened.append(context)
        return City(url, folder)

    Here.fresh = staticmethod(fresh)  # type: ignore[assignment]
    try:
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=volume(12, 150), stateful_step_count=volume(25, 60), deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    finally:
        for context in opened:
            context.__exit__(None, None, None)
