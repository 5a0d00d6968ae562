"""The city's own words: who changes them, what is refused, where they are read, and the way back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import gettext

from app import create_app
from app.city_words import SAID
from app.models import Person, Role, Wording
from app.services import own_mail, wording
from app.services.events import Actor
from config.notices import CHARTER_VERSION, NOTICE_VERSION
from notifications.own import sentences
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import counted
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
APP = Path(__file__).parents[3] / "app"
NAME, TELL, CHARTER = ("/coordination/words/" + key for key in ("pets-name/en", "tell-phone/en", "charter-1/en"))
NOW = "As it stands now"


@pytest.fixture
def visitor(sign_in: SignIn) -> Visitor:
    return sign_in(role=Role.ADMINISTRATOR)


def change(visitor: Visitor, address: str, text: str, expect: int = 200, button: str = "Change it") -> Page:
    return visitor.submit(visitor.get(address), button, expect, text=text)


def test_only_administrators_change_words(city: City, sign_in: SignIn) -> None:
    coordinator = sign_in()
    for address in ("/coordination/words", NAME):
        coordinator.get(address, 403)
    assert "The words" not in coordinator.get("/coordination/city").text
    assert "The words" in sign_in(role=Role.ADMINISTRATOR).get("/coordination/city").text


@pytest.mark.parametrize("address", ["/coordination/words/nothing/en", "/coordination/words/pets-name/de"])
def test_what_is_not_one_of_the_texts_is_not_found(address: str, visitor: Visitor) -> None:
    visitor.get(address, 404)


@pytest.mark.parametrize("key", SAID)
def test_each_text_is_one_that_a_page_says(key: str) -> None:
    """A text that was reworded in the code and not in the list could be changed without anybody ever reading it."""
    files = [*APP.rglob("*.html"), *APP.rglob("*.py")]
    elsewhere = (file.read_text(encoding="utf-8") for file in files if file.name != "city_words.py")
    joined = "".join(" ".join(text.split()) for text in elsewhere).replace('" "', "")
    assert SAID[key].delivered in joined


def test_a_change_is_read_by_everybody_in_its_language_at_once(city: City, app: Flask, visitor: Visitor) -> None:
    other_process = Visitor(create_app(context=city.ctx))
    assert "Pets" in other_process.get("/request/new/what").text
    page = change(visitor, NAME, "  Cats  and\r\ndogs ")
    assert "These words stand from now on." in page.text
    for reader in (other_process, visitor):
        text = reader.get("/request/new/what").text
        assert "Cats and dogs" in text and "Pets" not in text
    assert "Animaux" in Visitor(app, "fr").get("/request/new/what").text
    assert "Cats and dogs changed" in visitor.get("/coordination/words").text


def test_a_preview_shows_it_as_it_will_read_and_changes_nothing(city: City, visitor: Visitor) -> None:
    page = change(visitor, TELL, "Tell them: a call comes by %(when)s.", button="See how it reads")
    assert "Tell them: a call comes by 12:30." in page.text and "Nothing is changed yet" in page.text
    assert page.form("Change it").values["text"] == ["Tell them: a call comes by %(when)s."]
    assert city.all(Wording) == []
    visitor.submit(page, "Change it")
    assert [row.text for row in city.all(Wording)] == ["Tell them: a call comes by %(when)s."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the words"), ("A call comes.", "Put %(when)s back"), ("By %(when)s, %(name)s.", "Take out %(name)s"),
        ("By %(when)s or %(when)s.", "once only"), ("By %(when)s, 100 % sure.", "Take out the sign %"),
        ("By %(when)d.", "Put %(when)s back"),
        ("By %(when)s %s.", "Take out the sign %"), ("By %(when)s <b>at last</b>.", "Take out the sign <"),
        ("By %(when)s & more.", "Take out the sign &"), ("By %(when)s, {name", "Take out the sign {"),
        ("By %(when)s, {{ name }}.", "Take out the sign {"), ("By %(when)s, %(name).", "Take out the sign %"),
        ("By %(when)s \u202e.", "Take out the sign"), ("By %(when)s " + "x" * 1000, "Shorten this"),
    ],
)  # fmt: skip
def test_a_broken_text_is_refused_by_a_sentence_and_kept_in_its_field(text: str, sentence: str, city: City, visitor: Visitor) -> None:
    for button in ("Change it", "See how it reads"):
        page = change(visitor, TELL, text, 422, button)
        assert sentence in page.text
        assert page.form("Change it").values["text"] == [text]
    assert city.all(Wording) == []


def test_a_name_is_short(visitor: Visitor) -> None:
    assert "Shorten this to 60" in change(visitor, NAME, "x" * 61, 422).text


def test_french_gets_its_spaces(city: City, visitor: Visitor) -> None:
    change(visitor, "/coordination/words/charter-1/fr", "J’aide : c’est « gratuit » !")
    assert city.all(Wording)[0].text == "J’aide\u00a0: c’est «\u00a0gratuit\u00a0»\u00a0!"


def test_each_change_is_kept_with_who_and_when_and_may_stand_again(city: City, visitor: Visitor) -> None:
    for text in ("Cats", "Cats and dogs"):
        change(visitor, NAME, text)
    page = visitor.get(NAME)
    assert "Ana Costa" in page.text and "<del>Pets</del><ins>Cats</ins>" in page.html.replace(" <ins>", "<ins>")
    page = visitor.submit(page, "Use this one again")
    assert "As it stands now Cats The original Pets" in page.text
    page = visitor.submit(page, "Back to the original")
    assert "As it stands now Pets" in page.text and "Back to the original" not in page.text
    assert [row.text for row in city.all(Wording)] == ["Cats", "Cats and dogs", "Cats", None]
    assert {city.one(Person, row.changed_by_id or 0).role for row in city.all(Wording)} == {Role.ADMINISTRATOR}
    assert "Pets" in visitor.get("/request/new/what").text


def test_saving_what_stands_already_is_no_change(city: City, visitor: Visitor) -> None:
    change(visitor, NAME, "Pets")
    assert city.all(Wording) == []


def test_of_two_at_once_the_second_is_told_and_loses_nothing(city: City, visitor: Visitor) -> None:
    page = visitor.get(NAME)
    change(visitor, NAME, "Cats")
    late = visitor.submit(page, "Change it", 422, text="Dogs")
    assert "Somebody else has changed these words meanwhile" in late.text
    assert late.form("Change it").values["text"] == ["Dogs"] and f"{NOW} Cats" in late.text
    assert [row.text for row in city.all(Wording)] == ["Cats"]


def test_a_former_text_of_other_words_cannot_be_taken(city: City, visitor: Visitor) -> None:
    change(visitor, NAME, "Cats")
    change(visitor, TELL, "Call by %(when)s.")
    other = city.all(Wording)[0].id
    page = visitor.get(TELL)
    token = page.form("Change it").values["csrf_token"][0]
    visitor.post(f"{TELL}/back", 400, csrf_token=token, former=str(other), seen="2")
    visitor.post(f"{TELL}/back", 400, csrf_token=token, former="abc", seen="2")


def test_a_changed_notice_has_another_version_that_is_kept_with_each_answer(city: City, client: Visitor, visitor: Visitor) -> None:
    quartier(city, "Les Essais", -9000, 9000)
    assert f"Version {CHARTER_VERSION}." in client.get("/charter").text
    change(visitor, CHARTER, "I help, and gladly.")
    change(visitor, NAME, "Cats")
    change(visitor, "/coordination/words/notice-rights/fr", "Appelez-nous.")
    charter, _name, notice = city.all(Wording)
    page = client.get("/charter")
    assert f"Version {CHARTER_VERSION}+{charter.id}." in page.text and "I help, and gladly." in page.text
    assert f"Version {NOTICE_VERSION}+{notice.id}." in client.get("/privacy").text
    wording.change(city.ctx, "charter-1", "en", None, charter.id, Actor())
    assert f"Version {CHARTER_VERSION}+{notice.id + 1}." in client.get("/charter").text


def test_what_an_agent_says_is_said_with_its_hour(city: City, visitor: Visitor, app: Flask) -> None:
    change(visitor, TELL, "A call comes by %(when)s at the latest.")
    with app.test_request_context(headers={"Cookie": "language=en"}):
        assert gettext(SAID["tell-phone"].delivered, when="noon") == "A call comes by noon at the latest."


def of_message(kind: str, at: int, language: str = "en") -> str:
    """The page of a message's sentence by its number; 0 is the first."""
    wanted = (kind, sentences(kind, language)[at])
    return f"/coordination/words/{next(key for key, each in own_mail.texts(language).items() if each == wanted)}/{language}"


def test_the_sentences_of_messages_are_listed_by_message_and_language(visitor: Visitor) -> None:
    page = visitor.get(visitor.get("/coordination/words").link("The words of messages"))
    assert "Merci d’avoir dit oui pour {{ category }}." in page.text  # the city speaks French
    page = visitor.get(page.link("English"))
    assert "Thank you for saying yes to help with {{ category }}." in page.text
    visitor.get("/coordination/words/messages?in=de", 404)


def test_a_sentence_of_a_message_is_seen_within_it_changed_and_taken_back(city: City, visitor: Visitor) -> None:
    address = of_message("accepted_to_volunteer", 1)
    new = "Many thanks for your yes to {{ category }}!"
    page = change(visitor, address, new, button="See how it reads")
    assert "Many thanks for your yes to small repairs!" in page.text and "There is nothing to do until then." in page.text
    assert city.all(Wording) == []
    page = visitor.submit(page, "Change it")
    assert "As it stands now Many thanks" in page.text
    assert f"{new} changed" in visitor.get("/coordination/words/messages?in=en").text
    assert "Thank you for saying yes" in visitor.submit(page, "Back to the original").text
    assert [row.text for row in city.all(Wording)] == [new, None]


def test_a_sentence_is_seen_as_an_e_mail_before_it_counts(city: City, visitor: Visitor) -> None:
    address = of_message("accepted_to_volunteer", 1)
    form = visitor.get(address).form("Change it")
    answer = visitor.browser.post(address, data=form.values | {"text": "Many thanks for {{ category }}!", "go": "html"})
    assert "<p>Many thanks for small repairs!</p>" in answer.text and "There is nothing to do until then." in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"] and "script-src" not in answer.headers["Content-Security-Policy"]
    visitor.post(NAME, 400, **(visitor.get(NAME).form("Change it").values | {"go": "html"}))
    assert city.all(Wording) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Thank you.", "Put {{ category }} back"), ("{{ category }} for {{ first_name }}", "Take out {{ first_name }}"),
        ("{{ category }} {% if x %}", "Take out the sign {"), ("{{ category }} {{7*7}}", "Take out the sign {"),
        ("{{ category.__class__ }}", "Put {{ category }} back"), ("{{ category }} <img src=x>", "Take out the sign <"),
        ("{{ category }} {# more", "Take out the sign {"), ("{{ category }} for {name", "Take out the sign {"),
        ("{{ category }} for %(name)s", "Take out the sign %"), ("{{ category }} for %(name)", "Take out the sign %"),
        ("{{ category }} for %s", "Take out the sign %"), ("{ category }} for you", "Put {{ category }} back"),
        ("{{ category }} {{ category }}", "once only"),
    ],
)  # fmt: skip
def test_a_broken_sentence_of_a_message_is_refused(text: str, sentence: str, city: City, visitor: Visitor) -> None:
    assert sentence in change(visitor, of_message("accepted_to_volunteer", 1), text, 422).text
    assert city.all(Wording) == []


def test_each_sentence_can_be_saved_as_it_is_without_a_change(city: City, visitor: Visitor) -> None:
    for kind, language in (("account_exists", "fr"), ("accepted_to_volunteer", "fr"), ("need_closed", "en")):
        for at in range(len(sentences(kind, language))):
            visitor.submit(visitor.get(of_message(kind, at, language)), "Change it")
    assert city.all(Wording) == []


def test_words_cost_one_query_a_page_and_no_more_however_many_there_are(city: City, client: Visitor) -> None:
    def asked() -> int:
        with counted(city) as made:
            client.get("/charter")
        return sum("wording" in statement for statement in made)

    client.get("/")
    assert asked() == 1
    for n in range(1, 11):
        wording.change(city.ctx, f"charter-{n}", "en", f"Line {n}.", 0, Actor())
    assert asked() == 2, "a change is read once"
    assert asked() == 1
