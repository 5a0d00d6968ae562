"""Anything that the two sides, an agent and the clock may do, in any order: what holds always, on both databases."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.models import Match, Need, Offer, Visit
from app.services import changing, closing, duty, matches, moderating, posting, rearranging, reasons, stale, standing_in, taking
from app.services.closing import Said
from app.services.reasons import Because
from app.worker import BY_THE_CLOCK
from matching.lifecycle import MatchState, MoveNotAllowed, NeedState, OfferState, Side, is_terminal
from matching.waves import DEFAULT_WAVES
from tests.city import BY_LINK, City
from tests.databases import Databases
from tests.invariants import all_hold
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
    def all_holds(self) -> None:
        all_hold(self.city)

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        for kind, states in ((Need, NeedState), (Offer, OfferState), (Match, MatchState)):
            for thing in self.city.all(kind):
                before = self.ended.get((kind.__name__, thing.id), thing.state)
                assert thing.state == before
                if is_terminal(states(thing.state)):
                    self.ended[kind.__name__, thing.id] = thing.state


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
