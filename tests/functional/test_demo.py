"""The demonstration city: what is in it, that it holds together, and that it can start over."""

import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from shapely import from_wkb
from sqlalchemy import func, select

from app import create_app
from app.context import Context, make_context
from app.errors import UserError
from app.links import Purpose
from app.models import Attempt, Channel, Draft, Event, Fact, Match, Need, Offer, Person, SignIn, Street, Task, TaskKind, Territory
from app.services import demo, mine, sessions
from app.services.board import Board
from app.services.demo import facts, history
from app.services.demo.tape import Tape
from app.services.matching import match_due
from app.services.proposing import Proposal, propose
from app.services.streets import find
from app.worker import Worker
from config.settings import load
from matching.lifecycle import HELD, LIVE, MatchState, NeedState, OfferState
from matching.model import Mode, Pair
from matching.why import Explanation
from notifications.tables import OutboxState, outbox
from notifications.transport.file import StoredMail, list_mail
from tests.city import KEYS, Clock
from tests.databases import Databases
from tests.pages import Visitor

A_FEW = 20, 10
NOW = datetime(2026, 11, 25, 14, 20, tzinfo=UTC)
"""A Wednesday."""
REACHED = set(NeedState)
"""Nothing makes a need expire yet."""


class Demonstration:
    """A database for the city, and a clock that stands still."""

    def __init__(self, url: str, folder: Path, people: tuple[int, int] = A_FEW, now: datetime = NOW) -> None:
        self.clock = Clock()
        self.clock.moment = now
        given = {"DATABASE_URL": url, "INSTANCE": str(folder), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40, "LOG_LEVEL": "info"}
        self.ctx: Context = replace(make_context(load(given, None)), now=self.clock)
        self.mail_folder = folder / "mail"
        self.people = people

    def fill(self) -> "Demonstration":
        demo.fill(self.ctx, *self.people)
        return self

    def all(self, kind: type[Any], *where: Any) -> list[Any]:
        with self.ctx.db.read() as session:
            return list(session.scalars(select(kind).where(*where).order_by(kind.id)))

    def mail(self, to: str = "") -> list[StoredMail]:
        return list_mail(self.mail_folder, 1000, to)

    def start_over(self) -> None:
        demo.start_over(self.ctx, demo.mark(self.ctx) or "", *self.people)

    def person(self, who: facts.Known) -> Person:
        return next(person for person in self.all(Person) if person.email == who.email)


@pytest.fixture(scope="module")
def pattern_on_sqlite(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder in which a city has been filled, to be copied."""
    folder = tmp_path_factory.mktemp("pattern")
    city = Demonstration(databases.sqlite(folder / "test.db"), folder)
    with closing(city.ctx.db):
        city.fill()
    return folder


@pytest.fixture(scope="module")
def pattern_on_postgresql(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The same, and the URL of its database."""
    folder = tmp_path_factory.mktemp("pattern")
    with databases.postgresql() as url:
        city = Demonstration(url, folder)
        with closing(city.ctx.db):
            city.fill()
        yield url, folder


@pytest.fixture
def made_on_sqlite(pattern_on_sqlite: Path, tmp_path: Path) -> Iterator[Demonstration]:
    """For what does not depend on the kind of database."""
    shutil.copytree(pattern_on_sqlite, tmp_path, dirs_exist_ok=True)
    city = Demonstration(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    with closing(city.ctx.db):
        yield city


@pytest.fixture
def made_on_postgresql(databases: Databases, pattern_on_postgresql: tuple[str, Path], tmp_path: Path) -> Iterator[Demonstration]:
    pattern, folder = pattern_on_postgresql
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with databases.postgresql(like=pattern) as url:
        city = Demonstration(url, tmp_path)
        with closing(city.ctx.db):
            yield city


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest) -> Demonstration:
    city: Demonstration = request.getfixturevalue(f"made_on_{request.param}")
    return city


# What is in it


def it_holds_together(city: Demonstration) -> None:
    """What the database promises, and what the services keep."""
    matches, events = city.all(Match), city.all(Event)
    live = [match for match in matches if match.state in LIVE]
    for need in city.all(Need):
        done = [m for m in matches if m.need_id == need.id and m.outcome == "done"]
        assert need.taken == sum(match.need_id == need.id and match.state in HELD for match in live) + len(done), need.id
        assert need.state != NeedState.ASKED or any(m.need_id == need.id and m.state != MatchState.AGREED for m in live)
    for offer in city.all(Offer):
        assert offer.taken == sum(match.offer_id == offer.id for match in live), offer.id
    assert all(event.at <= NOW for event in events)
    assert all(match.deadline_at > NOW for match in live if match.state != MatchState.AGREED)
    assert {event.kind for event in events} >= {"need_posted", "need_open", "match_proposed", "match_accepted", "match_agreed"}
    with city.ctx.db.read() as session:
        states = Counter(session.scalars(select(outbox.c.state)))
    assert set(states) == {OutboxState.SENT, OutboxState.REFUSED}, "the worker would send what is told of the past"


BY_THE_CLOCK_ALONE = {TaskKind.LATE, TaskKind.SOON, TaskKind.CHECK}
"""Tasks that come as time goes by, with a worker that runs."""


def test_every_page_of_the_full_city_has_something_to_show(sqlite_url: str, tmp_path: Path) -> None:
    city = Demonstration(sqlite_url, tmp_path, (demo.VOLUNTEERS, demo.RESIDENTS))
    with closing(city.ctx.db):
        city.fill()
        needs, offers, matches, tasks, people = (city.all(kind) for kind in (Need, Offer, Match, Task, Person))
        assert {need.state for need in needs} == REACHED
        assert {offer.state for offer in offers} == set(OfferState)
        assert {match.state for match in matches} == set(MatchState)
        assert {match.outcome for match in matches} == {None, "done", "not_done"}
        assert {task.kind for task in tasks if task.closed_at is None} == set(TaskKind) - BY_THE_CLOCK_ALONE
        assert {need.posted_by for need in needs} == {"self", "relative", "agent"}
        assert {person.contact for person in people} == {"email", "phone", "letter"}
        assert {need.urgency for need in needs} == {"urgent", "normal", "flexible"}
        assert {need.category for need in needs} == set(facts.CALLED_FOR)
        assert len({language for need in needs for language in need.languages}) >= 5
        assert len({need.territory_id for need in needs if need.territory_id}) == 9
        assert len(people) > 350 and len(city.all(Street)) > 60
        assert min(event.at for event in city.all(Event, Event.kind == "need_posted")) > NOW - timedelta(days=15)
        it_holds_together(city)


def test_people_write_in_the_evening_and_less_at_the_weekend(made_on_sqlite: Demonstration) -> None:
    ctx = replace(made_on_sqlite.ctx, rng=random.Random(1))
    moments = [moment.astimezone(ctx.settings.zone) for moment in history.moments(Tape(ctx, NOW, NOW, 1), 1000)]
    hours, days = Counter(m.hour for m in moments), Counter(m.weekday() for m in moments)
    assert sum(hours[h] for h in (17, 18, 19)) > sum(hours[h] for h in (12, 13, 14)) * 2
    assert days[6] * 1.5 < days[1]
    assert all(8 <= m.hour < 22 for m in moments)


def test_a_small_city_holds_together_on_each_database(made: Demonstration) -> None:
    it_holds_together(made)


@pytest.mark.parametrize("hour", [3, 8, 19, 23])
def test_it_holds_together_whenever_it_is_started(sqlite_url: str, tmp_path: Path, hour: int) -> None:
    now = datetime(2026, 11, 22, hour, 7, tzinfo=UTC)  # a Sunday
    city = Demonstration(sqlite_url, tmp_path, (20, 10), now)
    with closing(city.ctx.db):
        the_story_waits_for_an_answer(city.fill())


def test_the_same_seed_plays_the_same_tape(made_on_sqlite: Demonstration, tmp_path: Path) -> None:
    def told(city: Demonstration) -> list[tuple[Any, ...]]:
        return [(event.at, event.kind, event.reason, event.need_id, event.offer_id, event.match_id) for event in city.all(Event)]

    def public(city: Demonstration) -> list[tuple[Any, ...]]:
        return [(need.public_lon, need.public_lat, need.details, need.state) for need in city.all(Need)]

    first = told(made_on_sqlite), public(made_on_sqlite)
    offset = max(need.id for need in made_on_sqlite.all(Need))
    made_on_sqlite.start_over()
    again = told(made_on_sqlite), public(made_on_sqlite)
    assert again[1] == first[1]
    assert [(at, kind, reason) for at, kind, reason, *_ in again[0]] == [(at, kind, reason) for at, kind, reason, *_ in first[0]]
    assert min(need.id for need in made_on_sqlite.all(Need)) > offset, "an old link may not lead to somebody else"


def test_nobody_in_it_could_be_reached(made_on_sqlite: Demonstration) -> None:
    for person in made_on_sqlite.all(Person):
        assert person.email is None or person.email.endswith(("@example.org", "@example.net"))
        assert person.phone is None or person.phone.startswith(("+3363998", "+3346571"))
    for need in made_on_sqlite.all(Need):
        assert need.on_behalf_phone is None or need.on_behalf_phone.startswith("+3363998")


def test_whoever_acts_by_a_link_is_known_by_it(made_on_sqlite: Demonstration) -> None:
    by_link = made_on_sqlite.all(Event, Event.channel == Channel.LINK)
    assert by_link and all(event.actor_id for event in by_link)


def test_the_districts_lie_side_by_side(made_on_sqlite: Demonstration) -> None:
    shapes = [from_wkb(row.shape) for row in made_on_sqlite.all(Territory)]
    assert len(shapes) == 9 and all(shape.is_valid for shape in shapes)
    for i, one in enumerate(shapes):
        assert all(one.intersection(other).area < 1e-12 for other in shapes[i + 1 :])
        assert any(one.touches(other) for other in shapes if other is not one)


def test_the_addresses_of_its_people_are_in_the_table_of_streets(made_on_sqlite: Demonstration) -> None:
    for offer in made_on_sqlite.all(Offer)[:10]:
        street = offer.address.split(",")[0]
        postcode = offer.address.rsplit(" ", 2)[1]
        found = find(made_on_sqlite.ctx, f"{street} {postcode}")[0]
        assert (found.lon, found.lat) == offer.point and not found.approximate


# The story


def the_story_waits_for_an_answer(city: Demonstration) -> None:
    renee, viviane = city.person(facts.RENEE), city.person(facts.VIVIANE)
    (hers,) = city.all(Need, Need.person_id == renee.id)
    request = mine.request_of(city.ctx, hers.id)
    assert request is not None
    told = [(match.state, match.reason) for match in request.matches if match.reason not in ("settled", "silent")]
    assert told == [("declined", "volunteer"), ("accepted", None)]
    page = mine.volunteer_page(city.ctx, viviane.id)
    assert (len(page.waiting), len(page.accepted), len(page.people), page.helped) == (1, 1, 1, 3)
    (offer,) = page.offers
    assert offer.state == OfferState.ACTIVE and offer.taken < offer.capacity


def test_the_story_waits_for_an_answer(made: Demonstration) -> None:
    the_story_waits_for_an_answer(made)


def test_near_viviane_there_are_requests_that_nobody_has_taken(made_on_sqlite: Demonstration) -> None:
    home = [need for need in made_on_sqlite.all(Need, Need.state == NeedState.OPEN) if facts.SQUARE in need.address]
    assert {"pets", "homework", "conversation", "shopping"} <= {need.category for need in home}
    assert all(need.taken == 0 for need in home)


def test_the_worker_finds_nothing_to_do_at_once(made_on_sqlite: Demonstration) -> None:
    made_on_sqlite.clock.advance(minutes=1)
    before = len(made_on_sqlite.all(Match))
    Worker(made_on_sqlite.ctx).run_until_quiet()
    assert len(made_on_sqlite.all(Match)) == before


# Its mail


def test_the_storys_mail_can_be_read_in_its_order_with_its_dates(made: Demonstration) -> None:
    hers = made.mail(facts.RENEE.email)
    assert len(hers) >= 4
    assert [mail.date for mail in hers] == sorted((mail.date for mail in hers), reverse=True)
    assert hers[-1].date < NOW - timedelta(hours=19)
    link = next(part for part in hers[0].text.split() if "/agree/yes/" in part)
    match_id, _ = made.ctx.links.read(Purpose.RESIDENT_YES, link.rsplit("/", 1)[1])
    assert made.all(Match, Match.id == match_id)[0].state == MatchState.ACCEPTED
    everything = [mail.date for mail in made.mail()]
    assert everything == sorted(everything, reverse=True)
    assert max(everything) <= NOW


# Not where it does not belong


def test_it_is_filled_once_and_only_into_an_empty_demonstration(made: Demonstration) -> None:
    with pytest.raises(UserError, match="empty database"):
        demo.fill(made.ctx)
    real = replace(made.ctx, settings=replace(made.ctx.settings, demo=False))
    with pytest.raises(UserError, match="DEMO=1"):
        demo.fill(real)


def test_a_fill_that_is_broken_off_leaves_nothing_behind(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_ctx: Context) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "past_mail", broken)
    city = Demonstration(db_url, tmp_path, (3, 2))
    with closing(city.ctx.db) as db:
        with pytest.raises(KeyboardInterrupt):
            city.fill()
        with db.read() as session:
            for kind in (Person, Need, Offer, Territory, Fact, Event):
                assert session.scalar(select(func.count()).select_from(kind)) == 0


# Starting over


def test_starting_over_puts_everything_back(made: Demonstration) -> None:
    def picture() -> list[Any]:
        return [Counter((kind.__name__, thing.state) for thing in made.all(kind)) for kind in (Need, Offer, Match)]

    before, mails = picture(), len(made.mail())
    sessions.begin(made.ctx, made.person(facts.CLAIRE), "")
    for offer in made.all(Offer)[:5]:
        with made.ctx.db.write() as session:
            session.get_one(Offer, offer.id).state = OfferState.WITHDRAWN
    with made.ctx.db.write() as session:
        session.add(Draft(id="d", kind="need", answers="{}", changed_at=NOW))
        session.add(Attempt(key="k", at=NOW))
    (made.mail_folder / "of-yesterday.eml").write_bytes(b"Subject: old\r\n\r\n")
    made.start_over()
    assert picture() == before and len(made.mail()) == mails
    assert not made.all(Draft) and not made.all(Attempt)
    assert not made.all(SignIn), "nobody is signed in as somebody of before"
    it_holds_together(made)
    the_story_waits_for_an_answer(made)


def test_two_clicks_start_over_once(made: Demonstration) -> None:
    mark = demo.mark(made.ctx) or ""
    clicks = [threading.Thread(target=demo.start_over, args=(made.ctx, mark, *made.people)) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    after = demo.mark(made.ctx)
    assert after not in (mark, None)
    demo.start_over(made.ctx, mark, *made.people)
    assert demo.mark(made.ctx) == after
    it_holds_together(made)


def test_a_worker_that_was_running_asks_the_volunteers_of_now(made: Demonstration) -> None:
    """Its index still has the volunteers of before: none of them is asked, and the new ones are at once."""
    board = Board()
    board.follow(made.ctx)
    old_offer, old_need = made.all(Offer)[0].id, made.all(Need)[0].id
    made.clock.advance(seconds=5)
    made.start_over()
    pair = Pair(need=old_need, offer=old_offer, mode=Mode.IN_PERSON, distance_m=10)
    assert propose(made.ctx, [Proposal(pair, 1, Explanation(old_need, old_offer, pair.mode, ()))]) == 0
    made.clock.advance(seconds=1)
    board.follow(made.ctx)
    assert board.index.get(made.all(Offer)[0].id) is not None, "seen at once"
    simones = next(n for n in made.all(Need, Need.state == NeedState.OPEN, Need.category == "shopping") if facts.SQUARE in n.address)
    with made.ctx.db.write() as session:
        need = session.get_one(Need, simones.id)
        need.availability, need.next_try_at = "", made.clock()  # any day will do now: Viviane can
    for _ in range(2):
        board.follow(made.ctx)
        match_due(made.ctx, board, only=need.id)
    asked = made.all(Match, Match.need_id == need.id, Match.state == MatchState.PROPOSED)
    assert len(asked) == 1
    offers = {offer.id for offer in made.all(Offer)}
    assert asked[0].offer_id in offers and old_offer not in offers


# Its pages


@pytest.fixture
def visitor(made_on_sqlite: Demonstration, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    monkeypatch.setattr(demo, "start_over", partial(demo.start_over, volunteers=A_FEW[0], residents=A_FEW[1]))
    return Visitor(create_app(context=made_on_sqlite.ctx))


@pytest.mark.parametrize(
    ("button", "path", "menu"),
    [("As a volunteer", "/me", "My page"), ("As a coordinator", "/coordination/", "Coordination"),
     ("As an administrator", "/coordination/", "Coordination")],
)  # fmt: skip
def test_one_click_signs_in(visitor: Visitor, button: str, path: str, menu: str) -> None:
    before = visitor.browser.get_cookie("session")
    page = visitor.submit(visitor.get("/"), button)
    assert page.path.startswith(path)
    assert menu in page.text
    assert visitor.browser.get_cookie("session") != before


def test_one_click_leads_to_renees_request_and_signs_others_out(visitor: Visitor) -> None:
    visitor.submit(visitor.get("/"), "As a coordinator")
    page = visitor.submit(visitor.get("/"), "As a resident, by link")
    assert page.path.startswith("/request/")
    assert "Sign out" not in page.text


def test_renees_mail_is_one_click_away_and_only_hers(visitor: Visitor) -> None:
    home = visitor.get("/")
    letters = visitor.get(home.link("Read Renée’s mail"))
    assert "renee.riveraine@example.net" in letters.text and "benevole@example.org" not in letters.text
    everybodys = visitor.get(letters.link("Everybody"))
    assert "benevole@example.org" in everybodys.text


def test_starting_over_is_one_click_and_says_so(visitor: Visitor, made_on_sqlite: Demonstration) -> None:
    visitor.submit(visitor.get("/"), "As a volunteer")
    mark = demo.mark(made_on_sqlite.ctx)
    page = visitor.submit(visitor.get("/"), "Start over")
    assert page.path == "/" and "Nobody is signed in any more." in page.text
    assert "Sign out" not in page.text
    assert demo.mark(made_on_sqlite.ctx) not in (None, mark)


def test_without_a_city_there_is_nobody_to_be(client: Visitor) -> None:
    home = client.get("/")
    assert "This is a demonstration" in home.text
    assert "Start over" not in home.text and "As a volunteer" not in home.text
