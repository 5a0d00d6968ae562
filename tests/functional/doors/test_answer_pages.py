"""The pages behind the links in mails: a page with one button, and only the button decides."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models import Event, Match, Need, Offer, Task
from app.services import ending, matches, posting
from app.services.events import Actor
from matching.lifecycle import NeedState
from tests.city import City
from tests.functional.doors.conftest import proposed
from tests.pages import Visitor

Told = Callable[[str], list[dict[str, Any]]]
SECRETS = (
    "Résidente", "Martin", "@example.net", "+332619", "02 61 91", "rue d'Essai", "rue d&#39;Essai",
    "Volontaire", "Dupont", "@example.org",
)  # fmt: skip


def world(city: City) -> list[Any]:
    """All that an answer could change."""
    rows = [city.all(kind) for kind in (Match, Need, Offer, Task)]
    return [[(r.id, getattr(r, "state", None), getattr(r, "taken", None), getattr(r, "closed_at", None)) for r in row] for row in rows]


def test_a_mail_scanner_that_follows_all_links_changes_nothing(city: City, client: Visitor, told: Told) -> None:
    city.volunteer()
    first, second = city.need(category="pets", confirmed=False), city.need()
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(second)[0].id, True, Actor())
    mails = [*told("confirm_need"), *told("proposal_to_volunteer"), *told("proposal_to_resident"), *told("accepted_to_resident")]
    links = [value for mail in mails for name, value in mail.items() if name.endswith("_url") and value]
    assert len(links) == 11
    before, events, mail_count = world(city), len(city.all(Event)), len(city.mails())
    for link in links:
        client.get(link)
        client.browser.head(link.removeprefix("http://127.0.0.1:8000"))
    assert world(city) == before
    assert (len(city.all(Event)), len(city.mails())) == (events, mail_count)
    assert city.one(Need, first).state == "unconfirmed"


def test_the_question_tells_the_volunteer_what_they_need_and_never_who_it_is(city: City, client: Visitor, told: Told) -> None:
    proposed(city, availability="Sa 09:00-12:00", urgency="urgent", details="the blue door")
    page = client.get(told("proposal_to_volunteer")[0]["yes_url"])
    assert page.h1 == "Will you help?"
    for words in ("shopping", "face to face", "Saturday", "urgent", "Centre", "about 400 m", "Answer by", "today 1"):
        assert words in page.text
    assert not [secret for secret in (*SECRETS, "blue door") if secret in page.html]
    assert len(page.forms) == 1, "one button and no other"


def test_a_yes_asks_the_resident_and_their_yes_passes_the_contacts_on(city: City, client: Visitor, told: Told) -> None:
    match, need, _ = proposed(city)
    page = client.submit(client.get(told("proposal_to_volunteer")[0]["yes_url"]), "Yes, I will help")
    assert page.h1 == "Thank you for your yes"
    assert city.one(Match, match.id).state == "accepted"

    [asked] = told("accepted_to_resident")
    page = client.get(asked["yes_url"])
    assert "about 400 m" in page.text
    assert not [secret for secret in SECRETS if secret in page.html]
    page = client.submit(page, "Yes, I agree")
    assert page.h1 == "You have both said yes"
    assert city.one(Match, match.id).state == "agreed"
    assert city.one(Need, need.id).state == "agreed"
    assert "Volontaire1" in client.get(page.link("Go to the page of my request")).text

    page = client.get(told("proposal_to_volunteer")[0]["yes_url"])
    assert page.h1 == "You have both said yes"
    assert not [secret for secret in SECRETS if secret in page.html], "contacts are in the mail and behind the sign-in"


@pytest.mark.parametrize(("word", "button"), [("yes", "Yes, I will help"), ("no", "No, not this time")])
def test_pressing_twice_is_pressing_once(city: City, client: Visitor, told: Told, word: str, button: str) -> None:
    proposed(city)
    question = client.get(told("proposal_to_volunteer")[0][f"{word}_url"])
    first = client.submit(question, button)
    before, mails = world(city), city.mails()
    second = client.submit(question, button)
    assert second.text == first.text
    assert (world(city), city.mails()) == (before, mails)


def test_a_no_goes_to_the_next_and_is_thanked_for(city: City, client: Visitor, told: Told) -> None:
    match, need, offer = proposed(city)
    page = client.submit(client.get(told("proposal_to_volunteer")[0]["no_url"]), "No, not this time")
    assert page.h1 == "You said no"
    assert "Thank you for telling us." in page.text
    assert (city.one(Match, match.id).state, city.one(Need, need.id).state, city.one(Offer, offer.id).taken) == ("declined", "open", 0)
    assert client.get(told("proposal_to_volunteer")[0]["yes_url"]).h1 == "You said no", "a no is not turned by an old link"


def test_a_late_yes_is_kindly_refused(city: City, client: Visitor, told: Told) -> None:
    match, _, _ = proposed(city)
    question = client.get(told("proposal_to_volunteer")[0]["yes_url"])
    city.clock.advance(hours=25)
    assert client.get(told("proposal_to_volunteer")[0]["yes_url"]).h1 == "The time to answer is over"
    page = client.submit(question, "Yes, I will help")
    assert page.h1 == "The time to answer is over"
    assert city.one(Match, match.id).state == "expired"


@pytest.mark.parametrize(
    ("happened", "title"),
    [("withdrawn", "This request has ended"), ("backed_out", "You took back your yes"), ("resident_no", "This request has ended")],
)
def test_an_answer_to_what_has_ended_says_so(city: City, client: Visitor, told: Told, happened: str, title: str) -> None:
    match, need, _ = proposed(city)
    question = client.get(told("proposal_to_volunteer")[0]["yes_url"])
    if happened == "withdrawn":
        posting.move_need(city.ctx, need.id, NeedState.WITHDRAWN, Actor())
    else:
        matches.volunteer_answers(city.ctx, match.id, True, Actor())
        ended = matches.back_out if happened == "backed_out" else lambda *given: matches.resident_answers(*given[:2], False, given[2])
        ended(city.ctx, match.id, Actor())
    assert client.submit(question, "Yes, I will help").h1 == title


@pytest.mark.parametrize(
    ("word", "button", "title"), [("yes", "Yes, I agree", "You have both said yes"), ("no", "No, ask somebody else", "You said no")]
)
def test_the_resident_answers_twice_and_is_told_the_same(
    city: City, client: Visitor, told: Told, word: str, button: str, title: str
) -> None:
    match, _, _ = proposed(city)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    question = client.get(told("accepted_to_resident")[0][f"{word}_url"])
    for _ in range(2):
        assert client.submit(question, button).h1 == title


def test_a_resident_who_answers_too_late_learns_how_to_go_on(city: City, client: Visitor, told: Told) -> None:
    match, need, _ = proposed(city)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    question = client.get(told("accepted_to_resident")[0]["yes_url"])
    city.clock.advance(hours=25)
    ending.expire_due(city.ctx)
    page = client.submit(question, "Yes, I agree")
    assert page.h1 == "The time to answer is over"
    client.get(page.link("Go to the page of my request"))
    assert city.one(Need, need.id).state == "open", "the next volunteer is looked for"


def test_each_link_answers_for_its_own_match_and_side_only(city: City, client: Visitor, told: Told) -> None:
    match, _, _ = proposed(city)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    asked, proposal = told("accepted_to_resident")[0], told("proposal_to_volunteer")[0]
    tokens = {name: mail[f"{name}_url"].rpartition("/")[2] for name, mail in (("yes", proposal), ("no", asked))}
    client.get(f"/answer/no/{tokens['yes']}", 404)
    client.get(f"/agree/yes/{tokens['no']}", 404)
    client.get(f"/answer/yes/{tokens['yes'][:-1]}", 404)
