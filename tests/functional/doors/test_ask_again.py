"""What would do most harm in somebody else's hands asks for the code once more."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.models import Event, Need, Person, Role, SignIn
from app.services import throttle
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import csrf
from tests.pages import Page, Visitor

ONCE_MORE = "Type the code of your phone once more"
FILE = "/coordination/figures/summary.csv?from=2026-11-01&to=2026-11-30"


@pytest.fixture
def agent(city: City, sign_in: Callable[..., Visitor]) -> Visitor:
    """An administrator who signed in eleven minutes ago."""
    visitor = sign_in(role=Role.ADMINISTRATOR)
    with city.ctx.db.write() as session:
        session.get_one(SignIn, city.all(SignIn)[-1].id).second_factor_at = city.clock()
    city.clock.advance(minutes=11)
    return visitor


def said(page: Page) -> str:
    return page.html.partition("The code is:")[2].partition("<strong>")[2][:6]


def test_a_territory_is_given_once_the_code_is_there_and_nothing_is_chosen_twice(
    city: City, agent: Visitor, sign_in: Callable[..., Visitor]
) -> None:
    south = quartier(city, "South", -9000, 200)
    sign_in(territory_id=())
    ana = max(person.id for person in city.all(Person) if person.role == Role.COORDINATOR)
    asks = agent.submit(agent.get(f"/coordination/team/{ana}"), "Give it", territory=str(south))
    assert asks.h1 == ONCE_MORE and "territory_given" not in city.events()
    wrong = agent.submit(asks, "Go on", 422, proof="000000")
    assert wrong.h1 == ONCE_MORE and "territory_given" not in city.events()
    done = agent.submit(wrong, "Go on", proof=said(wrong))
    assert "Given: South" in done.text
    (given,) = [event for event in city.all(Event) if event.kind == "territory_given"]
    assert given.territory_id == south
    assert "Taken away: South" in agent.submit(done, "Take away South").text, "not asked again for ten minutes"


def test_a_table_of_figures_is_a_file_once_the_code_is_there(city: City, agent: Visitor) -> None:
    asks = agent.get(FILE)
    assert asks.h1 == ONCE_MORE
    form = asks.form("Go on")
    answer = agent.browser.post(form.action, data=form.values | {"proof": said(asks)})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "2026-11-01" in answer.headers["Content-Disposition"]
    assert agent.browser.get(FILE).mimetype == "text/csv"


def test_so_do_merging_and_naming_who_is_in_charge(city: City, agent: Visitor) -> None:
    people = [city.one(Need, city.need(contact="phone")).person_id for _ in range(2)]
    page = agent.get("/coordination/leads")
    ana = page.forms[-1].values["person"][0] if "person" in page.forms[-1].names else str(people[0])
    beside = f"/coordination/people/{people[0]}/same/{people[1]}"
    for address, fields in (
        (beside, {"do": "merge"}), (f"/coordination/people/{people[0]}/merges/1/undo", {}),
        ("/coordination/leads", {"person": ana, "territory": ""}), ("/coordination/leads/1/take-out", {}),
    ):  # fmt: skip
        assert agent.post(address, csrf_token=csrf(page), **fields).h1 == ONCE_MORE, address
    assert not {"people_merged", "lead_named"} & set(city.events())
    assert agent.post(beside, csrf_token=csrf(page), do="differ").path == f"/coordination/people/{people[0]}", "that harms nobody"


def test_who_takes_table_after_table_along_has_to_wait(agent: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "AGENT_EXPORTS", throttle.Limit("agent-exports", 2, timedelta(hours=1)))
    asks = agent.get(FILE)
    agent.browser.post(asks.form("Go on").action, data=asks.form("Go on").values | {"proof": said(asks)})
    assert [agent.browser.get(FILE).status_code for _ in range(2)] == [200, 429]
