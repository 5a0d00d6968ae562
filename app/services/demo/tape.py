"""Two weeks of the town, played through the services under a clock of their own: what people do, and what the worker does after it."""

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import select

from app.context import Context
from app.models import Channel, Match, Need, Offer, Person, Task, TaskKind
from app.services import closing, duty, matches, placing, posting, tasks, visits
from app.services.accounts import activate_offers, approve
from app.services.board import Board
from app.services.closing import Said, ask_due
from app.services.demo.town import Neighbour, Town
from app.services.duty import come_back
from app.services.ending import expire_due
from app.services.events import Actor
from app.services.matches import Answer
from app.services.matching import match_due
from app.services.people import make_person
from app.services.places import Spot
from app.services.stale import check_due
from config.notices import CHARTER_VERSION, NOTICE_VERSION
from matching.lifecycle import MoveNotAllowed, NeedState, OfferState, Side

BY_WEB = Actor(channel=Channel.WEB)
AGAIN = timedelta(days=1)
"""How often the matcher tries a need that nobody can serve: seldom, since the tape is played while somebody waits."""
AWAKE, ASLEEP = 8, 22
OFFICE = (9, 17)
Step = Callable[[], object]


class Tape:
    """Steps in the order of their times up to ``end``. After each, the matcher and the deadlines follow as in the worker.

    ``claire`` is the coordinator who answers the phone. People answer by chance, except for needs that are ``told``: a story's own.
    """

    def __init__(self, ctx: Context, start: datetime, end: datetime, claire: int) -> None:
        self.clock, self.end, self.rng, self.zone = start, end, ctx.rng, ctx.settings.zone
        self.ctx = replace(ctx, now=lambda: self.clock)
        self.claire, self.at_her_desk = Actor(claire, Channel.PHONE), Actor(claire, Channel.WEB)
        self.told: set[int] = set()
        self._steps: list[tuple[datetime, int, Step]] = []
        self._order = count()
        self._board = Board()
        self._again: dict[int, datetime] = {}
        self._last_match = 0

    def at(self, when: datetime, step: Step) -> None:
        """Do ``step`` at ``when``, unless the tape has ended by then."""
        if when <= self.end:
            heapq.heappush(self._steps, (when, next(self._order), step))

    def play(self) -> None:
        while self._steps:
            when, _, step = heapq.heappop(self._steps)
            self.clock = max(self.clock, when)
            with suppress(MoveNotAllowed):  # overtaken by what somebody else did
                step()
            self._follow()
        self.clock = self.end
        self._again.clear()
        self._follow()

    def _follow(self) -> None:
        """What the worker does, need by need: the solver for many at once takes long to load, and here nobody is waiting for it."""
        for step in (expire_due, come_back, ask_due, check_due, visits.pass_due, visits.extend_due):
            step(self.ctx)
        with self.ctx.db.read() as session:
            looked_for = Need.state.in_([NeedState.OPEN, NeedState.ASKED])
            which = select(Need.id).where(looked_for, Need.next_try_at <= self.clock).order_by(Need.id)
            due = session.scalars(which).all()
        for need_id in due:
            if self._again.get(need_id, self.clock) <= self.clock:
                self._board.follow(self.ctx)
                asked = match_due(self.ctx, self._board, only=need_id)
                self._again[need_id] = self.clock + (timedelta() if asked else AGAIN)
        if due:
            self._look_at_new_matches()

    def _look_at_new_matches(self) -> None:
        with self.ctx.db.read() as session:
            new = session.scalars(select(Match).where(Match.id > self._last_match).order_by(Match.id)).all()
        for match in new:
            self._last_match = match.id
            self.wake(match.deadline_at)
            if match.need_id not in self.told:
                self._will_answer(match.id, match.offer_id, match.need_id)

    def wake(self, when: datetime) -> None:
        """Let the worker look at what is due just after ``when``."""
        self.at(when + timedelta(seconds=1), lambda: None)

    # People

    def join(self, neighbour: Neighbour, *, password_hash: str | None = None, confirmed: bool = True, known: bool = True) -> int:
        """A volunteer signs up; ``known`` to the town hall already, or to be approved. The person's id."""
        ctx, now, given = self.ctx, self.clock, neighbour.offer
        with ctx.db.write() as session:
            person = make_person(ctx, now, name=neighbour.name, email=neighbour.email, phone=neighbour.phone, language="fr")
            person.account, person.minimum_age_confirmed_at, person.password_hash = True, now, password_hash
            person.charter_version, person.notice_version = CHARTER_VERSION, NOTICE_VERSION
            person.email_confirmed_at = now if confirmed else None
            person.approved_at, person.approved_by_id = (now, self.claire.person_id) if confirmed and known else (None, None)
            session.add(person)
            posting.add_offer(session, ctx, person, given, placing.locate(ctx, given.where), now, BY_WEB)
            if confirmed:
                activate_offers(session, ctx, person, now, BY_WEB)
            return person.id

    def post(self, given: posting.NeedInput) -> int:
        """Somebody asks for help; who does so on the web confirms it by the link in the mail."""
        by = replace(self.claire, channel=self.rng.choice((Channel.PHONE, Channel.PHONE, Channel.COUNTER)))
        need_id = posting.post_need(self.ctx, given, by if given.posted_by == "agent" else BY_WEB)
        self.wake(self.clock + placing.BATCH)
        return need_id

    def by_link(self, kind: type[Need] | type[Offer], post_id: int) -> Actor:
        """Whose post it is, by the link in their mail."""
        with self.ctx.db.read() as session:
            return Actor(session.scalars(select(kind.person_id).where(kind.id == post_id)).one(), Channel.LINK)

    def confirm(self, need_id: int) -> None:
        posting.confirm_need(self.ctx, need_id, self.by_link(Need, need_id))

    def _will_answer(self, match_id: int, offer_id: int, need_id: int) -> None:
        """The volunteer says yes, no or nothing; then the resident does."""
        answer = self.rng.choices(("yes", "no", "nothing"), (74, 14, 12))[0]
        if answer == "nothing":
            return
        when = self.awake(self.clock + timedelta(hours=self.rng.expovariate(1 / 4)))

        def step() -> None:
            said = matches.volunteer_answers(self.ctx, match_id, answer == "yes", self.by_link(Offer, offer_id))
            if said is Answer.AGREED:
                self._will_end(match_id, offer_id)
            elif said is Answer.ACCEPTED:
                self._resident_will_answer(match_id, offer_id, need_id)

        self.at(when, step)

    def _resident_will_answer(self, match_id: int, offer_id: int, need_id: int) -> None:
        with self.ctx.db.read() as session:
            deadline = session.scalars(select(Match.deadline_at).where(Match.id == match_id)).one()
            contact = session.scalars(select(Person.contact).join(Need, Need.person_id == Person.id).where(Need.id == need_id)).one()
        self.wake(deadline)
        answer = self.rng.choices(("yes", "no", "nothing"), (84, 6, 10))[0]
        if answer == "nothing":
            return
        by_mail = contact == "email"
        soon = self.clock + timedelta(hours=self.rng.expovariate(1 / 5))

        def step() -> None:
            by = self.by_link(Need, need_id) if by_mail else self.claire
            if matches.resident_answers(self.ctx, match_id, answer == "yes", by) is Answer.AGREED:
                self._will_end(match_id, offer_id)

        self.at(self.awake(soon) if by_mail else self.office(soon), step)

    def _will_end(self, match_id: int, offer_id: int) -> None:
        """They meet; mostly it goes well, some take their yes back, and of some nobody hears what came of it."""
        how = self.rng.choices(("done", "not_done", "backed_out", "nothing"), (72, 6, 8, 14))[0]
        when = self.awake(self.clock + timedelta(days=self.rng.uniform(0.7, 5)))
        if how == "backed_out":
            self.at(when, lambda: matches.back_out(self.ctx, match_id, self.by_link(Offer, offer_id)))
        elif how != "nothing":
            self.at(self.office(when), lambda: closing.say(self.ctx, match_id, Side.EITHER, Said(how), self.claire))

    def move_need(self, need_id: int, there: NeedState) -> None:
        posting.move_need(self.ctx, need_id, there, self.by_link(Need, need_id))

    def move_offers(self, person_id: int, there: OfferState) -> None:
        with self.ctx.db.read() as session:
            offers = session.scalars(select(Offer.id).where(Offer.person_id == person_id)).all()
        for offer_id in offers:
            duty.move_offer(self.ctx, offer_id, there, Actor(person_id, Channel.WEB))

    # The town hall

    def work_at_the_town_hall(self, town: Town) -> None:
        """One round of the coordinator: calls made, most addresses placed, volunteers approved who have waited for a day."""
        with self.ctx.db.read() as session:
            old = Task.closed_at.is_(None), Task.created_at < self.clock - timedelta(hours=1)
            waiting = session.scalars(select(Task).where(*old).order_by(Task.id)).all()
        for task in waiting:
            if task.kind == TaskKind.TELL and self.rng.random() < 0.85:
                tasks.close_task(self.ctx, task.id, self.at_her_desk)
            elif task.kind == TaskKind.PLACE and task.need_id and task.need_id not in self.told and self.rng.random() < 0.5:
                spot, _ = town.somewhere(1000)
                placing.place_post(self.ctx, Need, task.need_id, Spot(spot.lon or 0, spot.lat or 0), self.at_her_desk)
            elif task.kind == TaskKind.NOBODY and self.rng.random() < 0.4 and self.clock - task.created_at > timedelta(days=1):
                tasks.close_task(self.ctx, task.id, self.at_her_desk)  # somebody was found in another way, or the resident was told
            elif task.kind == TaskKind.APPROVE and task.person_id and self.clock - task.created_at > timedelta(days=1):
                approve(self.ctx, task.person_id, self.at_her_desk)

    # Times

    def awake(self, when: datetime) -> datetime:
        """``when``, or the morning after it if people sleep then."""
        local = when.astimezone(self.zone)
        if AWAKE <= local.hour < ASLEEP:
            return when
        day = local.date() + timedelta(days=local.hour >= ASLEEP)
        return self._on(day, AWAKE + self.rng.random() * 2)

    def office(self, when: datetime) -> datetime:
        """``when``, or the next hour at which somebody answers at the town hall."""
        local = when.astimezone(self.zone)
        first, last = OFFICE
        if local.weekday() < 5 and first <= local.hour < last:
            return when
        day = local.date() + timedelta(days=local.hour >= first)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return self._on(day, first + self.rng.random() * 2)

    def _on(self, day: date, hour: float) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return (midnight + timedelta(hours=hour)).astimezone(UTC)


