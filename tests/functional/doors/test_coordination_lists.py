"""The coordinators' lists: filters, pages, counts, and the way to one thing by its number."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import delete

from app.models import Match, Need, Role, Task, TaskKind, Territory
from app.services import lists
from app.services.sight import EVERYTHING
from tests.city import City
from tests.crowd import crowd
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import LISTS, SECRETS, counted
from tests.pages import Visitor

SignIn = Callable[..., Visitor]

def test_the_most_pressing_task_comes_first(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False, category="pets")
    city.clock.advance(hours=1)
    city.need(contact="phone", confirmed=False, category="shopping")
    page = sign_in().get("/coordination/")
    assert "2 tasks, most pressing first" in page.text
    assert page.text.index("Request no. 1 Pets") < page.text.index("Request no. 2 Shopping")
    city.clock.advance(hours=4)
    assert "Overdue" in sign_in(role=Role.ADMINISTRATOR).get("/coordination/").text


@pytest.mark.parametrize("seed", range(3))
def test_within_a_section_what_is_lost_in_hours_comes_before_who_waits_and_letters_come_last(city: City, seed: int) -> None:
    """Over all pages, each task once, whatever there is."""
    rng, now = Random(seed), city.clock()
    match, *_ = proposed(city)
    needs = [city.need(urgency=urgency, contact=contact) for urgency in ("urgent", "normal") for contact in ("phone", "letter")]
    people = [city.one(Need, need_id).person_id for need_id in needs]
    expected = {}
    with city.ctx.db.write() as session:
        session.execute(delete(Task))
        for _ in range(60):
            of, kind = rng.choice([0, 1, 2, 3]), rng.choice([*TaskKind])
            task = Task(
                kind=kind, created_at=now, due_at=now + timedelta(hours=rng.randrange(-20, 40) + 0.5), need_id=needs[of],
                person_id=people[of], match_id=rng.choice([None, match.id]),
                reason=rng.choice(["held", "look"]) if kind == "moderate" else None,
            )  # fmt: skip
            session.add(task)
            session.flush()
            local = task.due_at.astimezone(city.ctx.settings.zone).date(), now.astimezone(city.ctx.settings.zone).date()
            section = 0 if kind == "report" else 1 if task.due_at < now else 2 if local[0] == local[1] else 3
            urgent, letter = of < 2, of % 2 == 1 and kind in ("tell", "undelivered")
            at_once = urgent or kind in ("late", "soon") or (kind == "undelivered" and task.match_id)
            can_wait = letter or kind in ("approve", "outcome", "check") or task.reason == "look"
            expected[task.id] = (section, 0 if at_once else 2 if can_wait else 1, task.due_at, task.id)
    pages = [lists.tasks(city.ctx, EVERYTHING, lists.Filter(page=number)).rows for number in (1, 2, 3)]
    assert [row.id for rows in pages for row in rows] == sorted(expected, key=expected.__getitem__)


def test_lists_show_nothing_that_tells_who_it_is(city: City, sign_in: SignIn) -> None:
    proposed(city, contact="phone", details="third floor")
    city.volunteer(email=False, approved=False)
    visitor = sign_in()
    for path in LISTS:
        page = visitor.get(f"/coordination/{path}")
        assert not [secret for secret in SECRETS if secret in page.html]
    assert "looked_at" not in city.events()


def test_filters_stand_in_the_address_and_hold_over_pages(city: City, sign_in: SignIn) -> None:
    for n in range(30):
        city.need(category="pets" if n % 15 else "shopping")
    visitor = sign_in()
    page = visitor.get("/coordination/needs?category=pets&state=open")
    assert "28 requests" in page.text
    page = visitor.get(page.link("Next page"))
    assert "Page 2 of 2" in page.text
    assert len([words for _, words in page.links if words.startswith("No. ")]) == 3
    assert page.form("Filter").values["category"] == ["pets"]
    assert "2 requests" in visitor.get("/coordination/needs?category=shopping").text
    assert "Nothing fits this filter." in visitor.get("/coordination/needs?state=withdrawn").text
    assert "Page 2 of 2" in visitor.get("/coordination/needs?page=99999999999").text, "the last page, when a later one is asked for"


@pytest.mark.parametrize(
    "query", ["state=x&category=y&kind=z&territory=no&page=-1", "territory=99999999999999&page=0", "page=²", "state=&page="]
)
def test_an_odd_filter_is_no_filter(city: City, sign_in: SignIn, query: str) -> None:
    proposed(city)
    visitor = sign_in()
    for path in LISTS:
        visitor.get(f"/coordination/{path}?{query}")


def test_offers_and_matches_are_filtered_by_category_and_place(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    proposed(city)
    city.volunteer(categories=("small_repairs",), north_m=1000)
    visitor = sign_in()
    assert "1 offer," in visitor.get("/coordination/offers?category=small_repairs").text
    assert "1 offer," in visitor.get(f"/coordination/offers?territory={north}").text
    assert "Nothing fits" in visitor.get("/coordination/offers?category=pets").text
    for territory in (south, north):
        assert "1 match," in visitor.get(f"/coordination/matches?territory={territory}").text
    assert "Nothing fits" in visitor.get("/coordination/matches?category=pets").text


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_whatever_its_length(city: City, sign_in: SignIn, path: str) -> None:
    visitor = sign_in()
    quartier(city, "Here", -9000, 9000)
    city.need()
    with counted(city) as none:
        visitor.get(f"/coordination/{path}")
    offers = [city.volunteer(email=False) for _ in range(40)]
    needs = [city.need(contact="phone", confirmed=path != "") for _ in range(40)]
    with city.ctx.db.write() as session:
        for offer_id, need_id in zip(offers, needs, strict=True):
            session.add(
                Match(
                    need_id=need_id, offer_id=offer_id, state="proposed", mode="in_person", distance_m=1, proposed_at=city.clock(),
                    deadline_at=city.clock(),
                )
            )  # fmt: skip
    with counted(city) as many:
        page = visitor.get(f"/coordination/{path}")
        assert "Page 1 of 2" in page.text, page.text
    assert len(many) == len(none)
    each = "the person, the words, the mark, the count, the rows, who looks at them, the places to pick, late mail, the tasks waiting"
    assert len([one for one in many if not one.startswith(("BEGIN", "PRAGMA"))]) <= 9, each


def test_tasks_stand_under_overdue_today_and_later(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False, category="pets")
    city.clock.advance(hours=4, minutes=1)
    city.need(contact="phone", confirmed=False, category="shopping")
    city.volunteer(approved=False, categories=("homework",))
    page = sign_in().get("/coordination/")
    assert "Rather talk?" not in page.text, "agents are whom one calls"
    menu, _, text = page.text.partition("most pressing first")
    order = ["Overdue", "Pets", "Today", "Shopping", "Later", "Homework help"]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert "To do (3)" in menu


def test_a_task_says_what_to_do_for_whom_and_until_when(city: City, sign_in: SignIn) -> None:
    quartier(city, "Bellecour", -9000, 9000)
    city.need(contact="phone", confirmed=False, urgency="urgent")
    city.need(contact="letter", confirmed=False)
    text = sign_in().get("/coordination/").text
    assert "Call: have the request confirmed Request no. 1 Shopping urgentBellecour today 15:05" in text
    assert "Write a letter: have the request confirmed Request no. 2" in text


def test_a_volunteer_is_approved_from_the_list(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(approved=False)
    visitor = sign_in()
    page = visitor.submit(visitor.get("/coordination/"), "Approve")
    assert page.path == f"/coordination/offers/{offer_id}"
    assert "The volunteer is approved" in page.text
    assert city.tasks() == []


@pytest.mark.parametrize("typed", ["no. {}", "{}", " n° {} "])
def test_a_number_leads_to_the_thing(city: City, sign_in: SignIn, typed: str) -> None:
    match, need, offer = proposed(city)
    visitor = sign_in()
    things = {"": f"needs/{need.id}", "needs": f"needs/{need.id}", "offers": f"offers/{offer.id}", "matches": f"matches/{match.id}"}
    for path, thing in things.items():
        page = visitor.get(f"/coordination/{path}?number={typed.format(thing.rpartition('/')[2])}")
        assert page.path == f"/coordination/{thing}"


@pytest.mark.parametrize("typed", ["{}", "999", "99999999999999", "twelve", ""])
def test_a_number_that_is_not_in_sight_is_told_so(city: City, sign_in: SignIn, typed: str) -> None:
    here = quartier(city, "Here", -9000, -1000)
    quartier(city, "There", -1000, 9000)
    page = sign_in(territory_id=here).get(f"/coordination/needs?number={typed.format(city.need())}")
    assert page.h1 == "Requests"
    assert "There is nothing with this number in your area." in page.text


def test_requests_matches_and_tasks_are_filtered_by_urgency_and_the_filters_are_cleared(city: City, sign_in: SignIn) -> None:
    proposed(city, urgency="urgent", contact="phone")
    city.need(category="pets")
    visitor = sign_in()
    for path, words in (("needs", "1 request,"), ("matches", "1 match,"), ("", "1 task,")):
        assert words in visitor.get(f"/coordination/{path}?urgency=urgent").text
        page = visitor.get(f"/coordination/{path}?urgency=flexible")
        assert "Nothing fits this filter." in page.text
        assert "Nothing fits" not in visitor.get(page.link("Clear the filters")).text
    assert "1 offer," in visitor.get("/coordination/offers?urgency=flexible").text, "offers have no urgency"


def test_what_kinds_of_tasks_wait_stands_above_them_and_leads_to_each(city: City, sign_in: SignIn) -> None:
    needs = [city.need(contact="phone", category=category) for category in ("pets", "shopping", "pets")]
    visitor = sign_in()
    assert "What waits" not in visitor.get("/coordination/").html, "of one kind there is nothing to choose"
    with city.ctx.db.write() as session:
        session.execute(delete(Task))
        for need_id, kind in zip(needs, (TaskKind.NOBODY, TaskKind.NOBODY, TaskKind.TELL), strict=True):
            session.add(Task(kind=kind, reason="distance", need_id=need_id, created_at=city.clock(), due_at=city.clock()))
    page = visitor.get("/coordination/")
    assert page.html.index("Nobody found (2)") < page.html.index("Call or write (1)")
    assert "2 tasks," in visitor.get(page.link("Nobody found (2)")).text
    page = visitor.get("/coordination/?category=shopping")
    assert "What waits" not in page.html
    page = visitor.get("/coordination/?urgency=normal")
    assert page.link("Call or write (1)").endswith("?urgency=normal&kind=tell")


def test_areas_of_one_name_are_told_apart_by_what_they_lie_in(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -9000, 0), quartier(city, "North", 0, 9000)
    with city.ctx.db.write() as session:
        for above in (south, north):
            shape = session.get_one(Territory, above).shape
            session.add(Territory(name="Croix", kind="quartier", settings={}, shape=shape, changed_at=city.clock(), parent_id=above))
    page = sign_in().get("/coordination/needs")
    assert "Croix (North)" in page.text and "Croix (South)" in page.text and "South (" not in page.text


def test_a_long_list_says_where_one_is_and_leads_to_both_ends(city: City, sign_in: SignIn) -> None:
    for _ in range(76):
        city.need()
    visitor = sign_in()
    page = visitor.get("/coordination/needs")
    assert "76 requests, 1–25, the newest first" in page.text
    assert "First page" not in page.text
    page = visitor.get(page.link("Last page"))
    assert "76 requests, 76–76" in page.text
    assert "Last page" not in page.text
    assert "Page 1 of 4" in visitor.get(page.link("First page")).text


def test_empty_lists_say_what_comes(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    said = {"": "Nothing waits for you.", "needs": "No request yet.", "offers": "No offer yet.", "matches": "No match yet."}
    for path, words in said.items():
        page = visitor.get(f"/coordination/{path}")
        assert words in page.text
        assert "Clear the filters" not in page.text


def test_a_long_list_is_counted_so_far_and_says_that_there_are_more(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        city.need()
    visitor = sign_in()
    monkeypatch.setattr(lists, "PAGE_SIZE", 1)
    monkeypatch.setattr(lists, "MOST", 3)
    assert "More than" not in visitor.get("/coordination/needs").text, "just so many are not more"
    monkeypatch.setattr(lists, "MOST", 2)
    page = visitor.get("/coordination/needs?page=9")
    assert "More than 2 requests, 2–2, the newest first" in page.text
    assert "Page 2 of 2" in page.text


@pytest.mark.parametrize(("language", "said"), [("en", "1,200 requests"), ("fr", "1 200 demandes")])
def test_large_numbers_are_easy_to_read(city: City, sign_in: SignIn, language: str, said: str) -> None:
    crowd(city.ctx, needs=1200, offers=0, matches=0)
    visitor = sign_in()
    visitor.browser.set_cookie("language", language)
    assert said in visitor.get("/coordination/needs").text
