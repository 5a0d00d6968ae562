"""Each person is master of their data: a copy to take along, who has looked, an end to all of it; by link, signed in, through an agent."""

import csv
import io
import json
import re
import zipfile
from itertools import product
from typing import Any

from flask import Flask

from app.coordination.figures import TABLES
from app.links import Purpose
from app.models import Event, Need, Offer, Person, Role
from app.privacy.declared import RIGHTS
from app.services import closing, details, erasing, finding, matches, reports
from app.services.events import Actor
from app.services.sight import EVERYTHING
from app.take_along import FORMS
from matching.lifecycle import Side
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.pages import Visitor
from tests.somebody import everything, traces


def of(city: City, need_id: int, page: str = "") -> str:
    return city.ctx.links.url(Purpose.MY_REQUEST, need_id).removeprefix("http://127.0.0.1:8000") + page


def met(city: City, **need: Any) -> tuple[Need, Offer, int]:
    match, asked, offer = proposed(city, share_contact=True, **need)
    matches.volunteer_answers(city.ctx, match.id, True, Actor(offer.person_id))
    return asked, offer, match.id


def test_each_right_has_its_address(app: Flask) -> None:
    rules = {re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}
    assert sorted({address for each in RIGHTS for address in each.at} - rules) == []


# --- erasing


def test_a_resident_is_asked_and_then_erased(city: City, client: Visitor) -> None:
    need, _offer, _match = met(city)
    page = client.get(of(city, need.id))
    question = client.get(page.link("Erase everything about me"))
    assert all(words in question.text for words in ("What goes", "What stays", "This cannot be undone.", "1 request or offer"))
    assert city.one(Person, need.person_id).name, "a question erases nobody"
    assert client.submit(question, "Yes, erase everything").h1 == "Everything is erased"
    assert city.one(Person, need.person_id).name == ""
    [event] = [event for event in city.all(Event) if event.kind == "erased"]
    assert (event.actor_id, event.channel, event.reason) == (need.person_id, "link", "self")
    for path in ("", "/data", "/erase", "/data/copy.json"):
        client.get(of(city, need.id, path), 410)


def test_what_it_waits_for_is_said_and_it_is_asked_for_once(city: City, client: Visitor) -> None:
    need, offer, match_id = met(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match_id, "rude", "shouted", Actor(offer.person_id))
    question = client.get(of(city, need.id, "/erase"))
    assert "which says nothing against anybody" in question.text
    after = client.submit(question, "Erase it as soon as that is over")
    assert "Asked for on" in after.text and "You need do nothing more." in after.text
    assert "Erase it as soon as that is over" not in after.buttons
    assert "report" not in after.text and "shouted" not in after.text


def test_a_volunteer_is_erased_and_signed_out(city: City, sign_in: Any) -> None:
    _need, offer, _match = met(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get(visitor.get("/me").link("Erase everything about me"))
    assert visitor.submit(page, "Yes, erase everything").h1 == "Everything is erased"
    assert visitor.get("/me").h1 == "Sign in"
    assert city.one(Person, offer.person_id).email is None


def test_an_agent_erases_whom_they_see(city: City, sign_in: Any) -> None:
    need, _offer, _match = met(city)
    other = quartier(city, "Elsewhere", 5000, 6000)
    sign_in(territory_id=other).get(f"/coordination/people/{need.person_id}/erase", 404)
    visitor = sign_in()
    page = visitor.get(visitor.get(f"/coordination/people/{need.person_id}").link("Erase everything about them"))
    done = visitor.submit(page, "Yes, erase everything")
    assert "This person was erased on" in done.text
    theirs = visitor.get(f"/coordination/needs/{need.id}")
    assert "Name, address, phone" not in theirs.text, "there is nothing to look at any more"
    visitor.post(f"/coordination/needs/{need.id}/look", None, csrf_token=theirs.form("Sign out").values["csrf_token"], reason="call")
    assert [event for event in city.all(Event) if event.kind == "looked_at"] == []
    assert "Name, address, phone" not in done.text
    assert "Erased: only that somebody asked or helped is left" in done.text
    [event] = [event for event in city.all(Event) if event.kind == "erased"]
    assert (city.one(Person, event.actor_id).role, event.reason) == (Role.COORDINATOR, "agent")


# --- correcting


def test_an_agent_puts_right_what_somebody_says_is_wrong(city: City, client: Visitor, sign_in: Any, told: Any) -> None:
    offer_id = city.volunteer()
    volunteer, person_id = sign_in(offer_id=offer_id), city.one(Offer, offer_id).person_id
    with city.ctx.db.write() as session:
        session.get_one(Person, person_id).contact = "email"
    old, agent = city.one(Person, person_id).email, sign_in()
    page = agent.get(agent.get(f"/coordination/people/{person_id}").link("Correct the name, the e-mail address or the number"))
    assert str(old) not in page.text, "what was is no part of it: no look is needed"
    done = agent.submit(page, "Put it right", name="Zoé Martin", email="zoe.new@example.org")
    assert "Put right, with your name." in done.text and "Name or contact details put right" in done.text
    now = city.one(Person, person_id)
    assert (now.name, now.email, now.email_confirmed_at) == ("Zoé Martin", "zoe.new@example.org", None)
    sent = city.raw("SELECT kind, recipient_index FROM notification_outbox ORDER BY id")[-2:]
    index = city.ctx.keys.index
    assert [tuple(row) for row in sent] == [("account_changed", index(old)), ("confirm_account", index("zoe.new@example.org"))]
    assert volunteer.get("/me").h1 == "Sign in"
    client.submit(client.get(told("confirm_account")[-1]["confirm_url"]), "Yes, this is my address")
    assert city.one(Person, person_id).email_confirmed_at
    assert "Nothing to do" in agent.submit(page, "Put it right", email="zoe.new@example.org").text


def test_nothing_is_put_right_out_of_sight_for_an_agent_or_with_anothers_account(city: City, sign_in: Any) -> None:
    need_id, offer_id = city.need(), city.volunteer()
    person_id, taken = city.one(Need, need_id).person_id, city.one(Person, city.one(Offer, offer_id).person_id)
    sign_in(territory_id=quartier(city, "Elsewhere", 5000, 6000)).get(f"/coordination/people/{person_id}/correct", 404)
    agent = sign_in()
    me = city.all(Person, role=str(Role.COORDINATOR))[0].id
    assert "Nothing to do" in agent.submit(agent.get(f"/coordination/people/{me}/correct"), "Put it right", name="Somebody Else").text
    assert city.one(Person, me).name != "Somebody Else"
    page = agent.get(f"/coordination/people/{person_id}/correct")
    agent.submit(page, "Put it right", 422, email="no address")
    other = city.one(Offer, city.volunteer(north_m=50)).person_id
    with city.ctx.db.write() as session:
        session.get_one(Person, other).account = True
    page = agent.get(f"/coordination/people/{other}/correct")
    assert "has an account already" in agent.submit(page, "Put it right", 422, email=taken.email).text


# --- taking along


def test_a_resident_takes_everything_along_and_nothing_of_others(city: City, client: Visitor) -> None:
    need, offer, match_id = met(city, details="Third floor")
    reports.report(city.ctx, Side.RESIDENT, need.id, match_id, "money", "He asked for my card.", Actor(need.person_id))
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match_id, "rude", "She shouted.", Actor(offer.person_id))
    closing.say(city.ctx, match_id, Side.RESIDENT, closing.Said.GOING_ON, Actor(need.person_id))
    closing.add_words(city.ctx, match_id, Side.RESIDENT, "It went well", Actor(need.person_id))
    page = client.get(of(city, need.id, "/data"))
    file = client.browser.get(page.link("For another service (JSON)"))
    assert "attachment" in file.headers["Content-Disposition"]
    data = json.loads(file.data)
    me = city.one(Person, need.person_id)
    assert data["person"][0]["name"] == me.name and data["person"][0]["email"] == me.email
    assert data["requests"][0]["details"] == "Third floor" and data["requests"][0]["address"].startswith("1 rue d'Essai")
    assert [each["words"] for each in data["reported"]] == ["He asked for my card."]
    assert data["said_of_help"][0]["words"] == "It went well"
    assert data["matches"][0]["state"] == "agreed" and data["visits"]
    assert {"need_posted", "need_open", "match_agreed", "reported"} <= {each["kind"] for each in data["history"]}
    assert [each["by"] for each in data["history"] if each["kind"] == "reported"] == ["self"]
    assert data["looks"] and data["messages"]
    other = city.one(Person, offer.person_id)
    for form in ("json", "csv"):
        text = client.browser.get(of(city, need.id, f"/data/copy.{form}")).text
        assert not [word for word in (other.name, other.email, other.phone, "7 quai", "shouted", "frozen") if word in text]
    rows = list(csv.reader(io.StringIO(client.browser.get(of(city, need.id, "/data/copy.csv")).data.decode("utf-8-sig"))))
    assert rows[0] == ["section", "number", "name", "value"]
    assert ["person", "1", "name", me.name] in rows and ["requests", "1", "details", "Third floor"] in rows


def test_a_volunteer_takes_theirs_along(city: City, sign_in: Any) -> None:
    need, offer, _match = met(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get(visitor.get("/me").link("See my data, and who has seen it"))
    data = json.loads(visitor.browser.get(page.link("For another service (JSON)")).data)
    assert data["offers"][0]["address"].startswith("7 quai du Départ") and data["requests"] == []
    assert city.one(Person, need.person_id).name not in json.dumps(data, ensure_ascii=False)


def test_an_agent_makes_the_copy_and_the_person_sees_that(city: City, client: Visitor, sign_in: Any) -> None:
    need, _offer, _match = met(city)
    visitor = sign_in()
    page = visitor.get(f"/coordination/people/{need.person_id}")
    form = next(form for form in page.forms if form.action.endswith("copy.json"))
    file = visitor.browser.post(form.action, data={name: values[0] for name, values in form.values.items()})
    assert json.loads(file.data)["person"][0]["name"] == city.one(Person, need.person_id).name
    assert "to give you a copy of your data" in client.get(of(city, need.id, "/data")).text


# --- who saw what


def test_a_volunteer_sees_who_looked_when_in_what_role_from_where_and_why(city: City, sign_in: Any) -> None:
    _need, offer, _match = met(city)
    visitor = sign_in(offer_id=offer.id)
    assert "a resident, since you had both said yes" in visitor.get("/me/data").text
    here = city.quartier_id
    sign_in(territory_id=here)
    agent = max(person.id for person in city.all(Person))
    details.look(city.ctx, EVERYTHING, Offer, offer.id, "call", Actor(agent))
    finding.find(city.ctx, EVERYTHING, city.one(Person, offer.person_id).name, Actor(agent))
    text = visitor.get("/me/data").text
    assert "a coordinator of the town hall, Centre (to call)" in text
    assert "a coordinator of the town hall, Centre (saw your name in a search, while on the phone)" in text


def test_agents_read_that_the_person_sees_it(city: City, sign_in: Any) -> None:
    need, offer, _match = met(city)
    visitor = sign_in()
    for path in (f"needs/{need.id}", f"offers/{offer.id}", f"people/{need.person_id}"):
        assert "the person sees on their page that a coordinator looked, when and why" in visitor.get(f"/coordination/{path}").text


def test_no_export_holds_anything_of_somebody_who_was_erased(city: City, client: Visitor, sign_in: Any) -> None:
    person, asks, helps = everything(city)
    others = [city.one(Offer, asks.offer_id).person_id, city.one(Need, helps.need_id).person_id]
    visitor = sign_in()
    token = next(form for form in visitor.get("/coordination/").forms if form.method == "post").values["csrf_token"][0]

    def exports() -> dict[str, str]:
        found = {"geojson": visitor.browser.get("/coordination/map.geojson?bbox=4.7,45.6,5,45.9&zoom=22").text}
        found |= {f"{table}.csv": visitor.browser.get(f"/coordination/figures/{table}.csv").text for table in TABLES}
        for table in TABLES:
            workbook = zipfile.ZipFile(io.BytesIO(visitor.browser.get(f"/coordination/figures/{table}.xlsx").data))
            found[f"{table}.xlsx"] = "".join(workbook.read(name).decode() for name in workbook.namelist())
        for other, form in product(others, FORMS):
            answer = visitor.browser.post(f"/coordination/people/{other}/copy.{form}", data={"csrf_token": token})
            assert "attachment" in answer.headers["Content-Disposition"]
            found[f"{other}.{form}"] = answer.text
        return found

    before = exports()
    erasing.erase(city.ctx, person.id, Actor(person.id), "self")
    after = exports()
    assert {name: traces(text) for name, text in after.items() if traces(text)} == {}
    # Of the five posts that were drawn together two are left, one of each side.
    assert '"needs":3' in before["geojson"] and '"offers":2' in before["geojson"]
    assert '"needs":3' not in after["geojson"] and '"offers":2' not in after["geojson"]


def test_the_name_that_an_agent_sees_with_the_visits_is_a_look_too(city: City, sign_in: Any) -> None:
    _need, offer, match_id = met(city)
    visitor, agent = sign_in(offer_id=offer.id), sign_in()
    for _ in range(2):
        assert "Visits with" in agent.get(f"/coordination/matches/{match_id}/visits/resident").h1
    text = visitor.get("/me/data").text
    assert text.count("a coordinator of the town hall (to arrange a visit)") == 1
