"""A month of a city: 500 volunteers, 200 needs, a clock that is moved. In the end nothing hangs, and nothing was said without a cause."""

import random
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from app.models import Match, Need, Offer, Visit
from app.services import closing, matches, posting, rearranging, reasons, stale, standing_in
from app.services.closing import Said
from app.services.reasons import Because
from app.worker import BY_THE_CLOCK
from matching.lifecycle import MatchState, NeedState, Side, VisitState, is_terminal
from matching.waves import DEFAULT_WAVES
from tests.city import BY_LINK, City
from tests.explained import unexplained
from tests.volume import volume

KINDS = ("shopping", "pharmacy", "conversation", "pets", "paperwork", "accompaniment")
STEP = timedelta(hours=3)
DAYS, POSTING = 31, 8
"""The month, and in how many of its first days needs are posted: the last of them must have time to end."""
VOLUNTEERS, NEEDS = 500, 200


class Month:
    """Who does what, drawn from one seed: answers, silence, second thoughts, outcomes."""

    def __init__(self, city: City, seed: int) -> None:
        self.city, self.rng = city, random.Random(seed)
        self.answered: set[tuple[int | str, int | str]] = set()
        city.waves = DEFAULT_WAVES
        city.clock.moment = datetime.fromisoformat("2026-11-02T08:05:00+01:00")
        self.end = city.clock.moment + timedelta(days=DAYS)
        self.posts = sorted(city.clock.moment + timedelta(days=self.rng.uniform(0, POSTING)) for _ in range(NEEDS))

    def people(self) -> None:
        for _ in range(VOLUNTEERS):
            kinds = self.rng.sample(KINDS, self.rng.randint(1, 3))
            self.city.volunteer(
                north_m=self.rng.uniform(-5000, 5000), radius_m=self.rng.choice((500, 1500, 3000)), categories=kinds,
                capacity=self.rng.randint(1, 3), email=self.rng.random() < 0.9,
            )  # fmt: skip

    def play(self) -> None:
        while self.city.clock() < self.end:
            while self.posts and self.posts[0] <= self.city.clock():
                self.posts.pop(0)
                self.post()
            for step in BY_THE_CLOCK:
                step(self.city.ctx)
            self.city.match()
            if self.city.ctx.settings.waking_hours.holds(self.city.clock(), self.city.ctx.settings.zone):
                self.answers()
                self.outcomes()
                self.visits()
                self.stale()
            self.city.clock.advance(seconds=STEP.total_seconds() - 1)

    def what_goes_on_ends(self) -> None:
        """Help that goes on is neither done nor on a list; at the end of the month those who are helped need it no more."""
        for match in self.city.all(Match, state=MatchState.AGREED):
            if match.ask_at is not None and match.ask_at > self.city.clock():
                closing.say(self.city.ctx, match.id, Side.RESIDENT, Said.DONE, BY_LINK)

    def post(self) -> None:
        phone = self.rng.random() < 0.35
        more = {"contact": "phone", "posted_by": "agent"} if phone else {}
        urgency = self.rng.choice(("urgent", "normal", "normal", "flexible"))
        need = self.city.need(
            north_m=self.rng.uniform(-5000, 5000), category=self.rng.choice(KINDS), urgency=urgency,  # type: ignore[arg-type]
            share_contact=self.rng.random() < 0.4, repeats=self.rng.choices((0, 1, 2), (80, 14, 6))[0],
            confirmed=phone or self.rng.random() < 0.9, **more,
        )  # fmt: skip
        if self.rng.random() < 0.03:
            posting.move_need(self.city.ctx, need, NeedState.WITHDRAWN, BY_LINK)

    def once(self, match: Match, what: str) -> bool:
        """Whether somebody thinks of it for the first time: who was silent then stays so."""
        fresh = (match.id, what) not in self.answered
        self.answered.add((match.id, what))
        return fresh

    def answers(self) -> None:
        for match in self.city.all(Match, state=MatchState.PROPOSED):
            if self.once(match, "asked") and (luck := self.rng.random()) < 0.75:
                yes = luck < 0.5
                matches.volunteer_answers(self.city.ctx, match.id, yes, BY_LINK)
                if not yes and self.rng.random() < 0.5:
                    reasons.give_reason(self.city.ctx, match.id, self.rng.choice(list(Because)), BY_LINK)
        for match in self.city.all(Match, state=MatchState.ACCEPTED):
            if self.once(match, "accepted") and (luck := self.rng.random()) < 0.9:
                matches.resident_answers(self.city.ctx, match.id, luck < 0.8, BY_LINK)

    def outcomes(self) -> None:
        """Some back out; most answer when they are asked, the others never do."""
        for match in self.city.all(Match, state=MatchState.AGREED):
            if self.once(match, "agreed") and self.rng.random() < 0.08:
                back = matches.back_out if self.rng.random() < 0.5 else matches.let_go
                back(self.city.ctx, match.id, BY_LINK)
            elif match.asked and self.once(match, f"asked {match.asked}") and self.rng.random() < 0.6:
                said = self.rng.choices([Said.DONE, Said.NOT_DONE, Said.GOING_ON], [80, 12, 8])[0]
                side = self.rng.choice((Side.RESIDENT, Side.VOLUNTEER))
                closing.say(self.city.ctx, match.id, side, said, BY_LINK, again=self.rng.random() < 0.8)

    def visits(self) -> None:
        """Some visits are moved, missed or, where they repeat, left out; then somebody else may be looked for."""
        now = self.city.clock()
        for visit in self.city.all(Visit, state=VisitState.PLANNED):
            if ("visit", visit.id) in self.answered or visit.at > now + timedelta(days=2):
                continue
            self.answered.add(("visit", visit.id))
            side, what = self.rng.choice((Side.RESIDENT, Side.VOLUNTEER)), self.rng.choices(("", "move", "skip"), (8, 1, 1))[0]
            with suppress(rearranging.NotAnyMore, rearranging.NotThen):
                if what == "move":
                    rearranging.move_visit(self.city.ctx, visit.id, visit.at + timedelta(days=1), side, BY_LINK)
                elif what == "skip":
                    rearranging.skip(self.city.ctx, visit.id, side, BY_LINK)
                    standing_in.look_for(self.city.ctx, visit.id, BY_LINK)

    def stale(self) -> None:
        for need in self.city.all(Need, state=NeedState.OPEN):
            if need.checked_at == self.city.clock() and self.rng.random() < 0.3:
                stale.still_needed(self.city.ctx, need.id, BY_LINK)


@pytest.mark.parametrize("db_url", ["sqlite", "postgresql"][: volume(1, 2)], indirect=True)
@pytest.mark.parametrize("seed", [1])
def test_after_a_month_everything_is_done_or_on_somebodys_list(city: City, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    month = Month(city, seed)
    month.people()
    month.play()
    month.what_goes_on_ends()

    needs, everyone = city.all(Need), city.all(Match)
    listed = {task.need_id for task in city.tasks()}
    hanging = [need for need in needs if not is_terminal(NeedState(need.state)) and need.id not in listed]
    assert [(need.id, need.state, need.check_at) for need in hanging] == []
    for match in everyone:
        if match.state == MatchState.AGREED and city.clock() - match.agreed_at > timedelta(days=14):
            said = [closing.said_by(city.ctx, match.id, side) for side in (Side.VOLUNTEER, Side.RESIDENT)]
            assert match.need_id in listed or any(said), f"match {match.id} has no outcome, and nobody was told"
    assert unexplained(city) == []

    states, endings = Counter(need.state for need in needs), Counter((match.state, match.reason) for match in everyone)
    visits = Counter(visit.state for visit in city.all(Visit))
    assert min(visits[state] for state in (VisitState.DONE, VisitState.SKIPPED)) > 5
    assert all(visit.state != VisitState.PLANNED or visit.at > city.clock() - timedelta(hours=4) for visit in city.all(Visit))
    assert states[NeedState.CLOSED] > 0.4 * len(needs)
    assert {reason for _, reason in endings} >= {"settled", "silent", "volunteer"}
    for offer in city.all(Offer):
        assert offer.taken == sum(match.offer_id == offer.id and match.closed_at is None for match in everyone)
    with capsys.disabled():
        kinds = Counter(city.kinds())
        print(f"\na month of {len(needs)} needs: {dict(states)}; {len(everyone)} requests; {sum(kinds.values())} messages: {dict(kinds)}")
