"""What people write by e-mail, as coordinators read it: after a look that is written down, and never as a yes by itself."""

from collections.abc import Callable

import pytest

from app.links import Purpose
from app.models import Match, Note
from app.services.inbound import receive
from matching.lifecycle import MatchState
from notifications.tables import outbox as table
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import events
from tests.mail import sample
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def write(city: City, kind: str, name: str = "answer-outlook-html", to: str = "v1@example.org") -> None:
    """Answer a message of ours by e-mail."""
    with city.ctx.db.read() as session:
        row = session.execute(table.select().where(table.c.kind == kind)).one()
    receive(city.ctx, sample(name, to=to, message_id=row.message_id))


def test_an_answer_is_read_after_a_look_and_the_yes_written_down_there(city: City, sign_in: SignIn) -> None:
    match, _, _ = proposed(city)
    write(city, "proposal_to_volunteer", "answer-gmail-fr")
    visitor = sign_in()
    page = visitor.get(f"/coordination/tasks/{city.tasks('answer')[0].id}")
    assert page.h1 == "Somebody wrote, in answer to “Can you help?”"
    assert "volontiers" not in page.text and "Tick off" not in page.buttons
    page = visitor.submit(visitor.get("/coordination/"), "Read it")
    assert "Oui, volontiers, mais seulement après 18 h." in page.text and "Volontaire1 Dupont" in page.text
    assert "An e-mail is never a yes by itself." in page.text and "another address" not in page.text
    assert [event.reason for event in events(city, "looked_at")] == ["task"]
    visitor.submit(page, "The volunteer says yes")
    assert city.one(Match, match.id).state == MatchState.ACCEPTED


def test_it_stands_on_the_pages_of_what_it_is_about(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city)
    write(city, "proposal_to_volunteer")
    visitor = sign_in()
    for path in (f"matches/{match.id}", f"needs/{need.id}", f"offers/{offer.id}"):
        page = visitor.get(f"/coordination/{path}")
        assert "Wrote to the town hall: ask the volunteer whether they help" in page.text and "by e-mail" in page.text
        assert page.link("Read it") == f"/coordination/tasks/{city.all(Note)[0].task_id}"
        assert "déplacement" not in page.text


def test_another_address_and_attachments_are_said(city: City, sign_in: SignIn) -> None:
    proposed(city)
    write(city, "proposal_to_volunteer", to="daughter@example.com")
    visitor = sign_in()
    page = visitor.submit(visitor.get("/coordination/"), "Read it")
    assert "It came from another address than theirs: daughter@example.com." in page.text
    assert "Attached, and not kept here: attestation.pdf" in page.text


def test_a_stranger_is_read_without_being_anybody(city: City, sign_in: SignIn) -> None:
    receive(city.ctx, b"From: <script@example.com>\nSubject: <b>Hello</b>\n\n<script>alert(1)</script>")
    visitor = sign_in()
    page = visitor.submit(visitor.get("/coordination/"), "Read it")
    assert page.h1 == "Somebody wrote"
    assert "script@example.com" in page.text and "<b>Hello</b>" in page.text and "<script>alert" not in page.html
    assert "Tell them nothing about other people." in page.text and "Call again in two hours" not in page.buttons
    assert "The task is ticked off." in visitor.submit(page, "Done: tick off").text


def test_what_was_written_is_not_shown_to_coordinators_elsewhere(city: City, sign_in: SignIn) -> None:
    elsewhere = quartier(city, "Nord", 5000, 6000)
    proposed(city)
    write(city, "proposal_to_volunteer")
    sign_in(territory_id=elsewhere).get(f"/coordination/tasks/{city.all(Note)[0].task_id}", 404)


def test_people_see_what_is_kept_of_their_own_words(city: City, client: Visitor) -> None:
    _, need, _ = proposed(city)
    data = city.ctx.links.url(Purpose.MY_REQUEST, need.id) + "/data"
    assert "What you wrote to us" not in client.get(data).text
    write(city, "proposal_to_volunteer")
    assert "What you wrote to us" not in client.get(data).text, "the volunteer wrote that"
    write(city, "proposal_to_resident", "answer-gmail-fr", to="r2@example.net")
    assert "Oui, volontiers" in client.get(data).text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_list_has_them_with_a_button_to_read(city: City, sign_in: SignIn, language: str) -> None:
    proposed(city)
    write(city, "proposal_to_volunteer")
    page = sign_in().get(f"/coordination/?lang={language}")
    assert ("Quelqu’un a écrit" if language == "fr" else "Somebody wrote") in page.text
