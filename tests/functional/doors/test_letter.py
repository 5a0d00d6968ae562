"""A letter for whoever is reached by letter: printed by an agent, in the reader's language, with a slip that comes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import joinedload

from app.links import Purpose
from app.models import Match, Person, Task
from app.services import posting
from app.services.telling import tell
from notifications.messages import OF_NO_MATCH
from notifications.samples import SAMPLES
from tests.city import City
from tests.functional.doors.conftest import proposed
from tests.functional.doors.test_coordination_pages import csrf, events
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
PRINT = "Print the letter"


def change(city: City, person_id: int, **values: Any) -> None:
    with city.ctx.db.write() as session:
        person = session.get_one(Person, person_id)
        for name, value in values.items():
            setattr(person, name, value)


def to_write(city: City, **need: Any) -> Task:
    """The task to write to somebody who has just posted a need."""
    city.need(contact="letter", confirmed=False, **need)
    return city.tasks("tell")[-1]


def printed(visitor: Visitor, task: Task) -> Page:
    return visitor.submit(visitor.get(f"/coordination/tasks/{task.id}"), PRINT)


def test_a_letter_says_who_writes_to_whom_and_what_to_do(city: City, sign_in: SignIn) -> None:
    page = printed(sign_in(), to_write(city, language="en"))
    for words in (
        "Lyon, Monday 23 November 2026", "LyonÀ deux pas04 65 71 00 00", "Résidente1 Martin1 rue d'Essai69002 Lyon",
        "Hello Résidente1,", "Tick your answer on the slip below and send it back to us, or call us on 04 65 71 00 00",
        "Cut here.", "Yes, this request is mine", "No, I have not asked for this", "Please call me.", "Request no. 1",
    ):  # fmt: skip
        assert words in page.text.replace("\u00a0", " ")
    assert "calling" not in page.text
    assert "http" not in page.text, "paper has no links"


def test_a_letter_is_in_the_readers_language_and_its_bar_in_the_agents(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    page = printed(visitor, to_write(city, language="fr"))
    assert page.lang == "fr"
    assert "Lyon, le lundi 23 novembre 2026" in page.text
    assert "Oui, cette demande est la mienne" in page.text
    assert page.link("Back to the task")
    city.clock.advance(days=8)
    change(city, to_write(city).person_id, language="de")
    assert "mardi 1er décembre 2026" in printed(visitor, city.tasks("tell")[-1]).text, "German has no messages: the city's language"


def test_printing_is_a_look_that_is_written_down_and_kept_by_no_browser(city: City, sign_in: SignIn) -> None:
    task, visitor = to_write(city), sign_in()
    asked = visitor.get(f"/coordination/tasks/{task.id}")
    assert "Résidente" not in asked.html
    assert "Résidente" not in visitor.get(f"/coordination/tasks/{task.id}/letter").html
    assert "looked_at" not in city.events()
    visitor.browser.post(f"/coordination/tasks/{task.id}/letter", data={"csrf_token": csrf(asked)})
    answer = visitor.browser.get(f"/coordination/tasks/{task.id}/letter")
    assert "Résidente" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    [look] = events(city, "looked_at")
    assert (look.reason, look.task_id, look.person_id) == ("letter", task.id, task.person_id)
    assert "to write a letter" in visitor.get(f"/coordination/tasks/{task.id}").text


def test_whom_an_agent_calls_and_what_is_no_message_has_no_letter(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    unplaced = {"where": posting.Where("nowhere"), "contact": "letter"}
    city.need(**unplaced)
    visitor = sign_in()
    for task in (city.tasks("tell")[0], city.tasks("place")[0]):
        page = visitor.get(f"/coordination/tasks/{task.id}")
        assert PRINT not in page.text
        visitor.post(f"/coordination/tasks/{task.id}/letter", 404, csrf_token=csrf(page))
    assert "looked_at" not in city.events()


def test_a_volunteer_gets_their_letter_where_they_live(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(email=False)
    change(city, city.all(Person)[-1].id, contact="letter", language="en")
    need_id = city.need(north_m=350, where=city.at(350, "9 rue Voisine"))
    city.match()
    assert city.matches(need_id)[0].offer_id == offer_id
    page = printed(sign_in(), city.tasks("tell")[-1])
    assert "Volontaire1 Dupont7 quai du Départ69002 Lyon" in page.text
    assert page.h1 == "Your offer of help"
    assert "Yes, I can help" in page.text
    assert "rue Voisine" not in page.html


def test_news_has_no_slip(city: City, sign_in: SignIn) -> None:
    match, need, _offer = proposed(city, contact="letter", language="en")
    assert match.need_id == need.id
    task = next(task for task in city.tasks("tell") if task.reason == "proposal_to_resident")
    page = printed(sign_in(), task)
    assert "Your request is moving." in page.text
    assert "Rather talk to somebody? Call" in page.text
    assert "My answer" not in page.text


def test_an_address_that_is_lacking_is_said_to_the_agent(city: City, sign_in: SignIn) -> None:
    task = to_write(city, where=posting.Where("", quartier_id=city.quartier_id))
    assert "No address is known: write it on the envelope" in printed(sign_in(), task).text


def test_a_letter_in_the_post_comes_back_to_the_list_when_its_slip_should(city: City, sign_in: SignIn) -> None:
    task, visitor = to_write(city), sign_in()
    page = visitor.submit(visitor.get(f"/coordination/tasks/{task.id}"), "The letter is in the post: remind me in five days")
    assert "Written down: the letter is in the post. It is on the list again for Saturday 11:05." in page.text
    assert city.one(Task, task.id).due_at == city.clock() + timedelta(days=5)
    assert "Letter posted" in visitor.get(f"/coordination/tasks/{task.id}").text


QUESTIONS = ("accepted_to_resident", "how_was_it-resident", "not_done", "still_needed", "need_paused")


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_has_its_slip(city: City, sign_in: SignIn, name: str) -> None:
    match, need, _offer = proposed(city, contact="letter")
    message = replace(SAMPLES[name], first_name="Odette")
    with city.ctx.db.write() as session:
        person = session.get_one(Person, need.person_id)
        about = None if message.kind in OF_NO_MATCH else session.get_one(Match, match.id, options=[joinedload(Match.need)])
        tell(session, city.ctx, person, message, city.clock(), need=need, match=about)
    page = printed(sign_in(), city.tasks("tell")[-1])
    assert "coupon ci-dessous" in page.text
    assert "Ma réponse" in page.text
    assert page.html.count("<li") >= 3


def test_a_resident_reads_in_their_own_data_that_a_letter_was_written(city: City, sign_in: SignIn, client: Visitor) -> None:
    task = to_write(city)
    printed(sign_in(), task)
    assert "to write a letter" in client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, task.need_id)}/data").text
