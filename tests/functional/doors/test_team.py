"""Who coordinates what: administrators give and take territories."""

from collections.abc import Callable
from typing import Any

from app.models import Event, Person, Role
from app.services import leads
from app.services.events import Actor
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import counted, csrf
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def test_a_territory_is_given_and_taken_and_holds_at_once(city: City, sign_in: Any) -> None:
    south = quartier(city, "South", -9000, 200)
    need_id = city.need()
    coordinator, administrator = sign_in(territory_id=()), sign_in(role=Role.ADMINISTRATOR)
    coordinator.get(f"/coordination/needs/{need_id}", 404)
    page = administrator.get("/coordination/team")
    assert "nothing yet: they see nothing" in page.text
    member = administrator.get(page.link("Ana Costa"))
    choice = str(south)
    city.clock.advance(minutes=2)
    given = administrator.submit(member, "Give it", territory=choice)
    assert "Written down. It holds from now on." in given.text and "Given: South (Ana Costa)" in given.text
    assert coordinator.get("/coordination/").h1 == "Sign in", "what somebody may do has changed: they sign in anew"
    sign_in.again(coordinator).get(f"/coordination/needs/{need_id}")
    city.clock.advance(minutes=2)
    taken = administrator.submit(given, "Take away South")
    assert "Nothing to do" in administrator.submit(given, "Take away South").text
    sign_in.again(coordinator).get(f"/coordination/needs/{need_id}", 404)
    city.clock.advance(minutes=2)
    administrator.submit(taken, "Give it", territory="city")
    sign_in.again(coordinator).get(f"/coordination/needs/{need_id}")
    whole = administrator.submit(administrator.get(member.path), "No longer the whole city")
    assert "They see no request and no offer until you give them a territory." in whole.text
    kinds = [event for event in city.all(Event) if event.kind.startswith("territory_")]
    assert [(event.kind, event.territory_id and str(event.territory_id)) for event in kinds] == [
        ("territory_given", choice), ("territory_taken", choice), ("territory_given", None), ("territory_taken", None)
    ]  # fmt: skip
    assert {city.one(Person, event.actor_id).role for event in kinds} == {"administrator"}


def test_whoever_is_in_charge_of_safety_too_is_said_to_stay_so(city: City, sign_in: SignIn) -> None:
    south = quartier(city, "South", -9000, 200)
    sign_in(territory_id=south)
    ana = max(person.id for person in city.all(Person) if person.role != Role.NONE)
    administrator = sign_in(role=Role.ADMINISTRATOR)
    assert "in charge of safety" not in administrator.get(f"/coordination/team/{ana}").text
    for place in (None, south):
        leads.add(city.ctx, ana, place, Actor())
    page = administrator.submit(administrator.get(f"/coordination/team/{ana}"), "Take away South")
    assert "read what is reported there: " in page.text and "the whole city" in page.text and "South" in page.text
    assert "Safeguarding leads" in administrator.get(page.link("Safeguarding leads")).text


def test_only_who_is_limited_gets_territories_and_only_what_is_there(city: City, sign_in: SignIn) -> None:
    administrator, coordinator = sign_in(role=Role.ADMINISTRATOR), sign_in()
    agents = {person.role: person.id for person in city.all(Person)}
    assert "Give it" not in administrator.get(f"/coordination/team/{agents['administrator']}").buttons
    token = csrf(administrator.get(f"/coordination/team/{agents['coordinator']}"))
    address = f"/coordination/team/{agents['coordinator']}/give"
    administrator.post(address, 400, csrf_token=token, territory="everywhere")
    assert "Nothing to do" in administrator.post(address, csrf_token=token, territory="99999").text
    coordinator.post(address, 403, csrf_token=csrf(coordinator.get("/coordination/")), territory="city")
    assert not [kind for kind in city.events() if kind.startswith("territory_")]


def test_the_list_takes_as_many_queries_with_many_as_with_few(city: City, sign_in: SignIn) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    visitor.get("/coordination/team")
    with counted(city) as few:
        visitor.get("/coordination/team")
    first = city.all(Person)[0]
    with city.ctx.db.write() as session:
        for number in range(60):
            session.add(Person(
                name=f"Agent {number}", language="fr", contact="email", account=True, role=Role.COORDINATOR,
                created_at=first.created_at, changed_at=first.changed_at,
            ))  # fmt: skip
    with counted(city) as many:
        page = visitor.get("/coordination/team")
    assert len(many) == len(few)
    assert "Accounts 1–25 of 61" in page.text
