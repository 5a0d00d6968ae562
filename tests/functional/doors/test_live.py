"""Pages that stay up to date: what a browser that asks again each second is told, and what that costs."""

from collections.abc import Callable

import pytest

from app.models import Person, Role, Task
from app.services import leads, reports, tasks
from app.services.ending import expire_due
from app.services.events import Actor
from matching.lifecycle import Side
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import LISTS, counted
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


class Poll:
    """A page that a browser keeps up to date."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        self.visitor, self.path = visitor, f"/coordination/{path}"
        first = visitor.browser.get(self.path)
        assert first.status_code == 200
        self.tag = first.headers["ETag"]
        assert self.tag.strip('"') in first.text, "the page knows its own tag"
        assert first.headers["Cache-Control"] == "no-store"

    def __call__(self) -> int:
        answer = self.visitor.browser.get(self.path, headers={"If-None-Match": self.tag})
        self.tag = answer.headers["ETag"]
        assert answer.status_code == 200 or not answer.data
        return answer.status_code


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.changes.FRESH_S", -1)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_sent_again_only_when_it_differs(city: City, sign_in: SignIn, path: str) -> None:
    here, there = quartier(city, "Here", -9000, 0), quartier(city, "There", 0, 9000)
    poll = Poll(sign_in(territory_id=here), path)
    assert (poll(), poll()) == (304, 304)
    city.volunteer(north_m=500, approved=False)
    city.need(north_m=500, contact="phone", confirmed=False)
    assert poll() == 304, "of another territory"
    city.volunteer(north_m=-500, approved=False)
    city.volunteer(north_m=-500)
    city.need(north_m=-500, contact="phone")
    city.match()
    assert (poll(), poll()) == (200, 304)
    assert there


def test_reports_are_sent_again_when_there_is_a_new_one(city: City, sign_in: SignIn) -> None:
    need_id = city.need()
    visitor = sign_in()
    leads.add(city.ctx, max(person.id for person in city.all(Person) if person.role), None, Actor())
    poll = Poll(visitor, "incidents")
    assert (poll(), poll()) == (304, 304)
    reports.report(city.ctx, Side.RESIDENT, need_id, None, "absent", "", Actor())
    assert (poll(), poll()) == (200, 304)


def test_whoever_may_not_see_a_thing_polls_nothing(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 0)
    quartier(city, "There", 0, 9000)
    need_id = city.need(north_m=500)
    seen = Poll(sign_in(), f"needs/{need_id}")
    outsider = sign_in(territory_id=here)
    answer = outsider.browser.get(seen.path, headers={"If-None-Match": seen.tag})
    assert answer.status_code == 404, "not even that it is unchanged"


def test_the_page_of_one_thing_differs_when_something_happened_to_it(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city)
    visitor = sign_in()
    polls = [Poll(visitor, path) for path in (f"needs/{need.id}", f"offers/{offer.id}", f"matches/{match.id}", f"people/{need.person_id}")]
    city.need(name="Zoé Ailleurs", where=City.at(2000, "9 avenue Foch"), category="pets")
    assert [poll() for poll in polls] == [304] * 4
    city.clock.advance(days=3)
    expire_due(city.ctx)
    assert [poll() for poll in polls] == [200] * 4


def test_somebody_who_comes_to_a_task_is_seen_on_its_page_and_on_the_list(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    ana, boss = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    page, rows = Poll(ana, f"tasks/{task.id}"), Poll(ana, "")
    assert (page(), rows()) == (304, 304)
    boss.get(f"/coordination/tasks/{task.id}")
    assert (page(), rows()) == (200, 200)
    tasks.close_task(city.ctx, task.id, Actor())
    assert (page(), rows()) == (200, 200)


def test_a_task_that_becomes_overdue_moves_without_an_event(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    poll = Poll(sign_in(), "")
    city.clock.moment = task.due_at
    city.clock.advance(seconds=1)
    assert (poll(), poll()) == (200, 304)


def test_an_unchanged_answer_asks_who_it_is_and_for_the_mark(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.changes.FRESH_S", 60)
    city.need(contact="phone", confirmed=False)
    poll = Poll(sign_in(), "")
    with counted(city) as statements:
        assert poll() == 304
    asked = [one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))]
    assert [one.split()[1].partition(".")[0] for one in asked] == ["sign_in"]


def part(visitor: Visitor, path: str) -> str:
    """What a browser gets that has the page as it was before anything happened."""
    answer = visitor.browser.get(f"/coordination/{path}", headers={"If-None-Match": '"old.page"', "X-Live": "part"})
    assert answer.status_code == 200 and answer.headers["ETag"]
    return answer.text


def test_a_browser_that_has_the_page_gets_the_part_that_changes(city: City, sign_in: SignIn) -> None:
    need_id = city.need()
    visitor = sign_in()
    new = part(visitor, "needs")
    assert f'href="/coordination/needs/{need_id}"' in new and 'class="sections"' in new and "data-live-rows" in new
    assert not [each for each in ("<html", "<footer", "<script", "data-live=") if each in new]
    assert "<html" in visitor.browser.get("/coordination/needs", headers={"If-None-Match": '"old.page"'}).text


def test_a_part_is_rendered_once_for_all_who_see_the_same(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.changes.FRESH_S", 60)
    city.need(north_m=-500)
    quartier(city, "Here", -9000, 0)
    one, other, elsewhere = sign_in(), sign_in(role=Role.ADMINISTRATOR), sign_in(territory_id=quartier(city, "There", 0, 9000))
    with counted(city) as first:
        new = part(one, "needs")
    with counted(city) as second:
        assert part(other, "needs") == new
    assert len(second) < len(first) - 2
    one.browser.set_cookie("language", "fr")
    assert part(one, "needs") != new
    assert "/coordination/needs/1" in new and "/coordination/needs/1" not in part(elsewhere, "needs")


def test_what_is_mine_is_said_to_me_alone_and_can_be_sent_from_a_part(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    mine, other = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    pages = [Page(part(visitor, ""), "/coordination/") for visitor in (mine, other)]
    assert len({token for page in pages for form in page.forms for token in form.values.get("csrf_token", ())}) == 2
    mine.submit(pages[0], "I take it")
    assert "You" in Page(part(mine, "")).text and "You" not in Page(part(other, "")).text
    other.submit(pages[1], "Tick off")
    assert city.one(Task, task.id).closed_at is not None


def test_whoever_is_signed_out_is_sent_away(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    poll = Poll(visitor, "")
    visitor.submit(visitor.get("/coordination/"), "Sign out")
    answer = visitor.browser.get("/coordination/", headers={"If-None-Match": poll.tag})
    assert answer.status_code == 303
