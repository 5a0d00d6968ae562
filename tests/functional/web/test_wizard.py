"""Forms of several pages: nothing is lost, nothing is skipped, and nothing of it stands in an address or a cookie."""

import base64
import json
import zlib
from datetime import timedelta

from app.models import Draft
from app.services import drafts
from tests.asking import answer
from tests.city import City
from tests.pages import Visitor

GONE = "What you had typed is no longer here"


def cookie(client: Visitor) -> str:
    """What the browser keeps, readable to whoever holds it."""
    kept = client.browser.get_cookie("session")
    assert kept is not None
    signed = kept.value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
    return (zlib.decompress(raw) if kept.value.startswith(".") else raw).decode()


def test_back_loses_nothing_not_even_what_is_wrong(client: Visitor) -> None:
    page = answer(client, email="odette@", phone="12")
    assert page.h1 == "How can we reach you?"
    before = client.submit(page, "Back", email="odette@exa", phone="1234")
    assert (before.h1, before.form("Continue").values["name"]) == ("What is your name?", ["Odette Martin"])
    again = client.submit(before, "Continue")
    kept = again.form("Continue").values
    assert (kept["email"], kept["phone"], kept["contact"]) == (["odette@exa"], ["1234"], ["email"])
    assert "Please put this right" not in again.text, "nobody is scolded for what is not finished"


def test_each_page_can_be_loaded_again(client: Visitor) -> None:
    page = answer(client, urgency="")
    assert {"Mo-morning", "Sa-evening"} <= set(client.get(page.path).form("Continue").values["week"])


def test_nobody_skips_ahead(city: City, client: Visitor) -> None:
    for step in ("where", "share", "check", "homework", "their-name"):
        assert client.get(f"/request/new/{step}").path == "/request/new/what"
    client.submit(client.get("/request/new/what"), "Continue", category="shopping")
    assert client.get("/request/new/check").path == "/request/new/where"
    assert client.get("/request/new/how").path == "/request/new/where", "a page that is not asked of them"
    client.get("/request/new/nonsense", 404)


def test_what_is_posted_ahead_is_kept_and_leads_to_the_first_question(client: Visitor) -> None:
    first = client.get("/request/new/what")
    token = first.form("Continue").values["csrf_token"]
    page = client.post("/request/new/name", csrf_token=token, name="Odette", go="on")
    assert page.path == "/request/new/what"
    answer(client, page, category="shopping", urgency="")
    assert client.post("/request/new/name", 400, csrf_token=token, name="Odette", go="sideways").h1


def test_the_first_page_has_no_way_back(client: Visitor) -> None:
    assert "Back" not in client.get("/request/new/what").buttons


def test_a_change_leads_back_to_all_answers(client: Visitor) -> None:
    check = answer(client)
    page = client.submit(client.get(check.link("Change Your name")), "Continue", name="Rose")
    assert (page.path, page.facts["Your name"]) == ("/request/new/check", "Rose")
    before = client.submit(client.get(check.link("Change Where")), "Back", town="Villeurbanne")
    assert before.path == "/request/new/what"
    assert client.submit(before, "Continue").facts["Where"].startswith("4 rue des Essais, 69002 Villeurbanne")


def test_answers_are_in_no_address_and_no_cookie(city: City, client: Visitor) -> None:
    check = answer(client, name="Odette Mystère")
    assert check.path == "/request/new/check"
    for secret in ("Odette", "odette", "Essais", "69002", "shopping", "bags"):
        assert secret not in cookie(client)
        assert not any(secret in address for address, _words in check.links)
    [draft] = city.all(Draft)
    assert draft.id in cookie(client)
    assert "Mystère" in draft.answers, "here, where it lies encrypted"


def test_two_tabs_are_one_request(client: Visitor) -> None:
    check = answer(client)
    name = client.get(check.link("Change Your name"))
    town = client.get(check.link("Change Where"))
    client.submit(name, "Continue", name="Rose Martin")
    page = client.submit(town, "Continue", town="Villeurbanne")
    assert page.facts["Your name"] == "Rose Martin"
    assert "Villeurbanne" in page.facts["Where"]


def test_a_tab_left_open_after_sending_begins_again_kindly(client: Visitor) -> None:
    check = answer(client)
    name = client.get(check.link("Change Your name"))
    client.submit(check, "Send my request")
    page = client.submit(name, "Continue", name="Rose Martin")
    assert page.path == "/request/new/what"


def test_a_draft_that_was_left_leads_kindly_to_the_start(city: City, client: Visitor) -> None:
    check = answer(client)
    name = client.get(check.link("Change Your name"))
    city.clock.advance(seconds=(drafts.LASTS + timedelta(minutes=1)).total_seconds())
    page = client.submit(name, "Continue")
    assert page.path == "/request/new/what"
    assert GONE in page.text
    assert GONE not in client.get("/request/new/what").text, "said once"


def test_drafts_that_were_left_are_deleted(city: City, client: Visitor) -> None:
    client.submit(client.get("/request/new/what"), "Continue", category="pets")
    city.clock.advance(seconds=(drafts.LASTS + timedelta(minutes=1)).total_seconds())
    other = Visitor(client.web)
    other.submit(other.get("/request/new/what"), "Continue", category="shopping")
    assert [json.loads(draft.answers)["what"]["category"] for draft in city.all(Draft)] == [["shopping"]]


def test_nothing_is_left_of_what_was_sent(city: City, client: Visitor) -> None:
    check = answer(client)
    client.submit(check, "Send my request")
    assert city.all(Draft) == []
    assert client.get("/request/new/check").path == "/request/new/what"
    assert client.get("/request/new/what").form("Continue").values.get("category") is None


def test_whoever_comes_back_goes_on_where_they_were(client: Visitor) -> None:
    client.submit(client.get("/request/new/what"), "Continue", category="pets")
    begin = client.get("/request/new")
    assert client.get(begin.link("Go on with my request")).form("Continue").values["category"] == ["pets"]
