"""Roles: what each agent can do and no more, and how an administrator gives and takes them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from app.models import Event, Need, Offer, Person, PersonTerritory, RecoveryCode, Referent, Role, SafetyLead, SecondFactor, SignIn, Task
from app.services import details, leads, purging, referents, reports, sharing
from app.services.accounts import sign_in as sign_in_by_password
from app.services.events import Actor
from app.services.sight import Sight
from matching.lifecycle import OfferState, Side
from tests.city import City
from tests.functional.doors.conftest import PASSWORD, proposed, quartier
from tests.pages import Visitor

SignIn_ = Callable[..., Visitor]
WORDS = "Je paie 20 € la visite"


def of_role(city: City, role: Role) -> Person:
    return city.all(Person, role=role)[-1]


def team_events(city: City) -> list[tuple[str, str | None]]:
    return [(event.kind, event.reason) for event in city.all(Event) if event.kind.startswith("role_")]


def test_a_moderator_reads_words_and_learns_nobodys_name_or_number(city: City, sign_in: SignIn_) -> None:
    need_id = city.need(details=WORDS, category="pets", contact="phone", email=None, phone="+33472000001")
    city.volunteer(approved=False)
    resident = city.one(Person, city.one(Need, need_id).person_id)
    (task,) = city.tasks("moderate")
    visitor = sign_in(role=Role.MODERATOR)
    assert "Read a request" in visitor.get("/coordination/").text
    shown = visitor.submit(visitor.get(f"/coordination/tasks/{task.id}"), "Show the words")
    assert "20 €" in shown.text and resident.name not in shown.html and "72 00 00 01" not in shown.text
    assert [event.person_id for event in city.all(Event) if event.kind == "looked_at"] == [resident.id], "a look all the same"
    visitor.get(shown.address)
    same = details.look(city.ctx, Sight.of(city.ctx, of_role(city, Role.MODERATOR)), Need, need_id, "call", Actor())
    assert same and same.person is None and same.address == "" and same.call == ("", "")
    assert "Name, address, phone" not in visitor.get(f"/coordination/needs/{need_id}").text
    assert "The request goes on as it is." in visitor.submit(shown, "It may go on as it is").text


def test_each_role_finds_its_own_tasks_and_no_others(city: City, sign_in: SignIn_) -> None:
    match, need, _offer = proposed(city, contact="phone")
    city.need(details=WORDS, category="pets")
    [held], others = city.tasks("moderate"), [task for task in city.tasks() if task.kind != "moderate"]
    assert others
    caller, moderator = sign_in(role=Role.CALLER), sign_in(role=Role.MODERATOR)
    caller.get(f"/coordination/tasks/{held.id}", 404)
    caller.get(f"/coordination/tasks/{others[0].id}")
    moderator.get(f"/coordination/tasks/{held.id}")
    moderator.get(f"/coordination/tasks/{others[0].id}", 404)
    assert [person.id for person in sharing.colleagues(city.ctx, held.id)] == [of_role(city, Role.MODERATOR).id]
    page = caller.get(f"/coordination/matches/{match.id}")
    assert "The volunteer says yes" in page.buttons
    assert "The volunteer says yes" not in moderator.get(f"/coordination/matches/{match.id}").buttons
    assert "To call" in caller.get(f"/coordination/needs/{need.id}").buttons
    menu = [words for _, words in caller.get("/coordination/needs").links]
    assert "Take a call" in menu and not {"Figures", "The city", "Messages"} & set(menu)


def test_a_moderator_refuses_an_offer_that_waits_and_no_other(city: City, sign_in: SignIn_) -> None:
    waits, approved = city.volunteer(approved=False), city.volunteer()
    visitor = sign_in(role=Role.MODERATOR)
    page = visitor.get(visitor.get(f"/coordination/offers/{waits}").link("Refuse: withdraw the offer"))
    visitor.submit(page, "Yes, withdraw it")
    assert city.one(Offer, waits).state == OfferState.WITHDRAWN
    token = page.forms[-1].values["csrf_token"][0]
    assert "approved this volunteer meanwhile" in visitor.post(f"/coordination/offers/{approved}/refuse", csrf_token=token).text
    assert city.one(Offer, approved).state == OfferState.ACTIVE


def test_a_role_is_given_in_place_of_another_and_holds_at_once(city: City, sign_in: SignIn_) -> None:
    need_id = city.need(details=WORDS, category="pets")
    agent, administrator = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    person = of_role(city, Role.COORDINATOR)
    referents.add(city.ctx, person.id, None, None, Actor())
    (task,) = city.tasks("moderate")
    sharing.assign(city.ctx, task.id, person.id, None, Actor())
    page = administrator.submit(administrator.get(f"/coordination/team/{person.id}"), "Give this role", role="caller")
    assert "A role was given: on the phone (Ana Costa)" in page.text and "Role: on the phone." in page.text
    assert agent.get("/coordination/").h1 == "Sign in", "what they may do has changed: they sign in anew"
    sign_in.again(agent).get("/coordination/figures", 403)  # type: ignore[attr-defined]
    agent.get(f"/coordination/needs/{need_id}")
    assert team_events(city) == [("role_taken", "coordinator"), ("role_given", "caller")]
    assert city.all(Referent) == [] and city.one(Task, task.id).assigned_to_id is None
    assert "Nothing to do" in administrator.submit(page, "Give this role", role="caller").text


def test_the_data_protection_officer_has_numbers_and_no_territory(city: City, sign_in: SignIn_) -> None:
    south = quartier(city, "South", -9000, 200)
    need_id = city.need(contact="phone")
    coordinator, administrator = sign_in(territory_id=south), sign_in(role=Role.ADMINISTRATOR)
    administrator.submit(administrator.get(f"/coordination/needs/{need_id}"), "To call")
    person = of_role(city, Role.COORDINATOR)
    administrator.submit(administrator.get(f"/coordination/team/{person.id}"), "Give this role", role="data_protection")
    assert city.all(PersonTerritory, person_id=person.id) == []
    page = sign_in.again(coordinator).get("/coordination/personal-data")  # type: ignore[attr-defined]
    resident = city.one(Person, city.one(Need, need_id).person_id)
    assert resident.name not in page.html and f"/people/{resident.id}" not in page.html
    assert "Ana Costa administrator to call 1 1" in page.text
    assert "Nobody in the last 30 days." in page.text
    city.clock.advance(days=900)
    assert "Everybody else but agents" in coordinator.get("/coordination/personal-data").text
    for path in ("/coordination/", "/coordination/map", f"/coordination/needs/{need_id}", "/coordination/team"):
        coordinator.get(path, 403)


def test_a_colleague_is_added_chooses_a_password_once_and_sets_up_a_phone(
    city: City, app: Flask, sign_in: SignIn_, told: Callable[[str], list[dict[str, Any]]]
) -> None:
    south = quartier(city, "South", -9000, 200)
    administrator = sign_in(role=Role.ADMINISTRATOR)
    form = administrator.get(administrator.get("/coordination/team").link("Add a colleague"))
    asks = administrator.submit(form, "Add them and send the link", 422, name="Zoé Roy", email="zoe@example.org")
    assert "Say what they do." in asks.text
    given = {"name": "Zoé Roy", "email": "zoe@example.org", "role": "caller", "territory": str(south)}
    page = administrator.submit(form, "Add them and send the link", **given)
    assert "They have not chosen a password yet." in page.text and "South" in page.text
    assert "has an account already" in administrator.submit(form, "Add them and send the link", 422, **given).text
    assert sign_in_by_password(city.ctx, "zoe@example.org", "", "127.0.0.1") is None
    administrator.submit(page, "Send the link once more")
    first, again = (message["password_url"] for message in told("colleague_added"))
    zoe = Visitor(app)
    done = zoe.submit(zoe.get(first), "Keep this password", password=PASSWORD)
    assert done.status == 200
    assert zoe.get(again, 410).status == 410, "the older and the newer link have both done their work"
    asked = zoe.get("/sign-in").form("Sign in").values | {"email": "zoe@example.org", "password": PASSWORD}
    assert zoe.post("/sign-in", **asked).path == "/sign-in/set-up"
    assert "Send the link once more" not in administrator.get(page.path).buttons
    assert "user_added" in city.events()


def test_the_last_administrator_stays_one(city: City, sign_in: SignIn_) -> None:
    administrator = sign_in(role=Role.ADMINISTRATOR)
    here = f"/coordination/team/{of_role(city, Role.ADMINISTRATOR).id}"
    for page in (
        administrator.submit(administrator.get(here), "Give this role", role="caller"),
        administrator.submit(administrator.get(f"{here}/close"), "Yes, close it"),
    ):
        assert "this is the last administrator" in page.text
    assert of_role(city, Role.ADMINISTRATOR).account and team_events(city) == []
    other = sign_in(role=Role.ADMINISTRATOR, territory_id=())
    other.submit(other.get(here), "Give this role", role="coordinator")
    assert team_events(city) == [("role_taken", "administrator"), ("role_given", "coordinator")]


def test_whoever_leaves_leaves_only_a_name(city: City, sign_in: SignIn_) -> None:
    match, need, _offer = proposed(city, contact="phone")
    reports.report(city.ctx, Side.RESIDENT, need.id, match.id, "rude", "", Actor(need.person_id))
    agent, administrator = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    person = of_role(city, Role.COORDINATOR)
    leads.add(city.ctx, person.id, None, Actor())
    (task,) = city.tasks("tell")[:1]
    sharing.assign(city.ctx, task.id, person.id, None, Actor())
    close = administrator.get(administrator.get(f"/coordination/team/{person.id}").link("Close this account"))
    assert "Name another safeguarding lead first." in administrator.submit(close, "Yes, close it").text
    assert city.one(Person, person.id).account
    leads.add(city.ctx, of_role(city, Role.ADMINISTRATOR).id, None, Actor())
    administrator.submit(close, "Yes, close it")
    left = city.one(Person, person.id)
    assert (left.name, left.role, left.account) == ("Ana Costa", "coordinator", False)
    assert (left.email, left.email_index, left.password_hash) == (None, None, None)
    assert agent.get("/coordination/").h1 == "Sign in"
    assert [lead.person_id for lead in city.all(SafetyLead)] == [of_role(city, Role.ADMINISTRATOR).id]
    for kind in (SecondFactor, RecoveryCode, SignIn):
        assert city.all(kind, person_id=person.id) == []
    assert city.one(Task, task.id).assigned_to_id is None
    assert "account_closed" in city.events()
    administrator.get(f"/coordination/team/{person.id}", 404)


def test_a_lost_phone_and_open_sessions_are_seen_to_here(city: City, sign_in: SignIn_) -> None:
    agent, administrator = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    person = of_role(city, Role.COORDINATOR)
    page = administrator.submit(administrator.get(f"/coordination/team/{person.id}"), "Sign them out everywhere")
    assert agent.get("/coordination/").h1 == "Sign in"
    page = administrator.submit(page, "Phone lost: set up a new one")
    assert city.all(SecondFactor, person_id=person.id) == []
    assert [event.actor_id for event in city.all(Event) if event.kind == "second_factor_reset"] == [of_role(city, Role.ADMINISTRATOR).id]
    assert "Signed out everywhere (Ana Costa)" in page.text


def test_waiting_erasures_are_counted_by_why(city: City, sign_in: SignIn_) -> None:
    match, need, offer = proposed(city)
    reports.report(city.ctx, Side.RESIDENT, need.id, match.id, "rude", "", Actor(need.person_id))
    with city.ctx.db.write() as session:
        session.get_one(Person, offer.person_id).erase_asked_at = city.clock() - timedelta(days=1)
        session.get_one(Person, need.person_id).erase_asked_at = city.clock()
    purging.purge_due(city.ctx)
    page = sign_in(role=Role.DATA_PROTECTION).get("/coordination/personal-data")
    assert "Gone through last on" in page.text
    assert "1 person: something was reported of them" in page.text and "1 person: a visit was agreed" in page.text
