"""Asking for help, question by question, until it is sent once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.models import Need, Person
from app.services import posting, throttle
from tests.asking import ANSWERS, SENT, answer, ask
from tests.city import City
from tests.pages import Visitor

Told = Callable[[str], list[dict[str, Any]]]
SEND = "Send my request"


def the_need(city: City) -> Need:
    [need] = city.all(Need)
    assert isinstance(need, Need)
    return need


def test_a_request_is_asked_for_sent_and_confirmed_by_the_button(city: City, client: Visitor, told: Told) -> None:
    begin = client.get("/request/new")
    assert begin.h1 == "I need help"
    first = client.get(begin.link("Begin"))
    assert first.h1 == "What do you need help with?"
    assert "Question 1 of 8" in first.text
    received = ask(client)
    assert received.h1 == SENT
    assert "we have sent you an e-mail" in received.text
    need = the_need(city)
    assert (need.state, need.category, need.channel, need.posted_by) == ("unconfirmed", "shopping", "web", "self")
    assert need.details == ANSWERS["details"]
    assert need.availability == "Mo 09:00-12:00; Sa 18:00-20:00"
    person = city.one(Person, need.person_id)
    assert (person.email, person.language, person.notice_version is None) == ("odette@example.net", "en", False)

    [mail] = told("confirm_need")
    page = client.get(mail["confirm_url"])
    assert city.one(Need, need.id).state == "unconfirmed", "a GET must not confirm: mail scanners follow links"
    mine = client.submit(page, "Yes, look for somebody")
    assert mine.h1 == "My request: Shopping"
    assert "looking for somebody" in mine.text
    assert city.one(Need, need.id).state == "open"

    again = client.get(mail["confirm_url"])
    assert again.h1 == "My request: Shopping", "the link in the mail leads on to the request afterwards"
    assert len(told("need_received")) == 1


def test_all_answers_are_read_once_more_and_each_can_be_changed(city: City, client: Visitor) -> None:
    check = answer(client, email="odette@example.net", phone="06 39 98 12 34")
    assert check.h1 == "Check your answers"
    rows = check.facts
    assert rows["Help with"] == "Shopping"
    assert rows["Where"].startswith("4 rue des Essais, 69002 Lyon")
    assert rows["When"] == "Monday, 09:00 – 12:00; Saturday, 18:00 – 20:00"
    assert rows["How to reach you"] == "By e-mail odette@example.net 06 39 98 12 34"
    assert rows["For the volunteer"] == ANSWERS["details"]
    assert city.all(Need) == [], "nothing is sent before"
    changed = client.submit(client.get(check.link("Change How urgent")), "Continue", urgency="urgent")
    assert (changed.h1, changed.facts["How urgent"]) == ("Check your answers", "Urgent: today or tomorrow")
    assert client.submit(changed, SEND).h1 == SENT
    assert the_need(city).urgency == "urgent"


def test_another_kind_of_help_asks_only_what_it_needs(city: City, client: Visitor) -> None:
    check = answer(client)
    homework = client.submit(client.get(check.link("Change Help with")), "Continue", category="homework")
    assert homework.h1 == "About the child"
    how = client.submit(homework, "Continue", parent="y", school_level="6e")
    assert how.h1 == "How should it happen?"
    check = client.submit(how, "Continue", mode="remote")
    assert check.h1 == "Check your answers"
    assert client.submit(check, SEND).h1 == SENT
    assert (the_need(city).mode, the_need(city).school_level) == ("remote", "6e")


def test_what_no_longer_applies_is_not_sent(city: City, client: Visitor) -> None:
    check = answer(client, category="homework", mode="remote")
    assert check.facts["School level"] == "CM1"
    asked = client.submit(client.get(check.link("Change Help with")), "Continue", category="shopping")
    check = answer(client, page=asked, for_whom="self")  # which is not asked about homework
    assert "School level" not in check.facts
    client.submit(check, SEND)
    assert (the_need(city).mode, the_need(city).school_level) == ("in_person", None)


def test_about_homework_nobody_is_asked_for_another_persons_name(city: City, client: Visitor) -> None:
    before = answer(client, for_whom="relative", name="Zoé Martin")
    asked = client.submit(client.get(before.link("Change Help with")), "Continue", category="homework")
    check = answer(client, page=asked, parent="y", school_level="CM1")
    assert check.h1 == "Check your answers"
    assert not {"For whom", "Who needs help", "Who asks"} & set(check.facts)
    client.submit(check, SEND)
    assert (the_need(city).posted_by, the_need(city).on_behalf_name) == ("self", None)
    assert city.one(Person, the_need(city).person_id).name == "Odette Martin"


def test_homework_is_asked_for_by_a_parent_without_the_childs_name(city: City, client: Visitor) -> None:
    page = answer(client, category="homework", details="Ma fille Emma, les fractions")
    assert page.status == 422
    assert "This looks like a child’s name." in page.text
    assert "Leave it as it is" not in page.text, "there is no way round it"
    assert ask(client, page=page, details="Ma fille, les fractions").h1 == SENT
    assert the_need(city).told == "CM1\nMa fille, les fractions"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"category": ""}, "Say what kind of help you need."),
        ({"category": "homework", "parent": []}, "A parent or guardian has to ask"),
        ({"category": "homework", "school_level": ""}, "Choose the child’s class."),
        ({"category": "homework", "school_level": "CM9"}, "Pick one from the list."),
        ({"category": "conversation", "mode": ""}, "Say how it should happen."),
        ({"address": ""}, "Write the number and the street"),
        ({"quartier": "999"}, "Pick one from the list."),
        ({"urgency": "soon"}, "Say how urgent it is."),
        ({"for_whom": ""}, "Say who the help is for."),
        ({"name": " "}, "Write your name."),
        ({"contact": ""}, "Say how we should reach you."),
        ({"contact": "phone"}, "Write the phone number"),
        ({"email": ""}, "Write the e-mail address at which"),
        ({"email": "odette@"}, "Check the e-mail address."),
        ({"share_contact": ""}, "Say whether we should ask you first."),
        ({"details": "x" * 1001}, "Shorten this to 1000 characters."),
        ({"languages": []}, "Tick at least one language."),
        ({"helpers_needed": "11"}, "Pick one from the list."),
        ({"for_whom": "relative", "on_behalf_name": ""}, "Write your own name."),
        ({"for_whom": "relative", "on_behalf_phone": ""}, "Write your own phone number."),
        ({"for_whom": "relative", "agreed": []}, "Ask the person first."),
        ({"for_whom": "relative", "call": ""}, "Say whom we should call."),
        ({"for_whom": "relative", "name": ""}, "Write the name of the person who needs help."),
        ({"for_whom": "relative", "contact": "phone"}, "Write their phone number."),
    ],
)
def test_each_mistake_has_its_sentence_on_its_own_page(city: City, client: Visitor, typed: dict[str, Any], sentence: str) -> None:
    page = answer(client, **typed)
    assert page.status == 422
    assert sentence in page.text
    assert page.title.startswith("Error")
    assert client.get("/request/new/check").h1 == page.h1, "nothing is sent past it"
    assert city.all(Need) == []


def test_somebody_asks_for_somebody_else(city: City, client: Visitor) -> None:
    check = answer(client, for_whom="relative", call="relative", name="Odette Martin")
    assert check.facts["Who asks"] == "Lea Martin, 06 39 98 00 01"
    assert check.facts["Who needs help"] == "Odette Martin"
    client.submit(check, SEND)
    need = the_need(city)
    assert (need.posted_by, need.on_behalf_name, need.on_behalf_phone, need.call) == ("relative", "Lea Martin", "+33639980001", "relative")
    assert city.one(Person, need.person_id).name == "Odette Martin"


def test_whoever_asks_for_themselves_after_all_gives_their_own_name(client: Visitor) -> None:
    check = answer(client, for_whom="relative", name="Odette Martin")
    page = client.submit(client.get(check.link("Change For whom")), "Continue", for_whom="self")
    assert page.h1 == "What is your name?"
    assert page.form("Continue").values["name"] == [""]


def test_who_is_signed_in_need_not_write_who_they_are(city: City, sign_in: Any) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    own = {"name": None, "email": None}
    typed = {name: said for name, said in ANSWERS.items() if name not in own}
    page = visitor.get("/request/new/what")
    while "Continue" in page.buttons:
        names = page.form("Continue").names
        page = visitor.submit(page, "Continue", **{name: said for name, said in typed.items() if name in names})
    assert page.facts["Your name"] == "Volontaire1 Dupont"
    assert "v1@example.org" in page.facts["How to reach you"]
    visitor.submit(page, SEND)
    assert the_need(city).person_id == 1


def test_what_sounds_like_health_or_money_is_pointed_out_once(city: City, client: Visitor) -> None:
    text = "Je suis diabétique, je paie 10 €."
    page = answer(client, details=text)
    assert page.status == 422
    for passage, words in (("diabétique", "about health"), ("je paie", "a price"), ("10 €", "a price")):
        assert f"<mark>{passage}</mark>" in page.html
        assert words in page.text
    assert page.form("Continue").values["details"] == [text], "nothing is lost"
    again = client.submit(page, "Continue", 422)
    assert "Leave it as it is" in again.text
    check = client.submit(again, "Continue", **{"details-as-it-is": "health price"})
    assert check.facts["For the volunteer"] == text
    client.submit(check, SEND)
    assert the_need(city).details == text


def test_another_kind_of_passage_is_pointed_out_again(client: Visitor) -> None:
    page = answer(client, details="Je suis diabétique.")
    check = client.submit(page, "Continue", **{"details-as-it-is": "health"})
    page = client.get(check.link("Change For the volunteer"))
    assert client.submit(page, "Continue", details="Je suis asthmatique.").h1 == "Check your answers"
    page = client.submit(page, "Continue", 422, details="Je suis asthmatique. Le code est 1234.")
    assert "This looks like a code" in page.text


def test_a_card_number_is_never_sent(city: City, client: Visitor) -> None:
    page = answer(client, details="4970 1012 3456 7893")
    assert (page.status, "Take out what is marked here." in page.text) == (422, True)
    form = page.form("Continue")
    answers = form.values | {"go": "on", "details-as-it-is": "card"}
    assert client.post(form.action, 422, **answers).h1 == "Anything else?"
    assert client.get("/request/new/check").h1 == "Anything else?"
    assert city.all(Need) == []


# Sent once


def test_a_second_click_on_send_is_the_same_request(city: City, client: Visitor) -> None:
    check = answer(client)
    for _ in range(2):
        assert client.submit(check, SEND).h1 == SENT
    assert len(city.all(Need)) == 1
    ask(client)
    assert len(city.all(Need)) == 2, "asked again from the start it is another request"


def test_two_clicks_at_the_very_same_time_are_one_request(city: City, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    check = answer(client)
    cookie = client.browser.get_cookie("session")
    assert cookie is not None
    client.submit(check, SEND)
    client.browser.set_cookie("session", cookie.value)  # the second click left before the first was answered
    assert client.submit(check, SEND).h1 == SENT
    assert len(city.all(Need)) == 1
    known, looked = posting._known, []

    def not_yet_there(*given: Any) -> int | None:
        looked.append(given)
        return None if len(looked) == 1 else known(*given)

    monkeypatch.setattr(posting, "_known", not_yet_there)
    given = posting.NeedInput(name="A", category="pets", where=City.at(0), reference=city.all(Need)[0].reference)
    assert posting.post_need(city.ctx, given, posting.Actor()) == city.all(Need)[0].id
    assert len(city.all(Need)) == len(city.all(Person)) == 1


def test_posting_is_slowed_down_and_loses_nothing(client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "POST_ADDRESS", throttle.Limit("post-address", 1, timedelta(hours=1)))
    ask(client)
    page = ask(client, 429)
    assert "To protect everybody we slow this down." in page.text
    assert page.facts["Your name"] == "Odette Martin"


def test_nobody_is_sent_more_than_five_mails_an_hour_by_strangers(city: City, client: Visitor, told: Told) -> None:
    for _ in range(throttle.POST_ACCOUNT.times):
        ask(client)
    refused = ask(client, 429, email="Odette@example.net")
    assert len(told("confirm_need")) == 5
    page = client.get(refused.link("Change How to reach you"))
    client.submit(client.submit(page, "Continue", email="somebody.else@example.net"), SEND)
    assert len(told("confirm_need")) == 6
    ask(client, contact="phone", email="", phone="06 39 98 12 34")
    city.clock.advance(hours=1, minutes=1)
    ask(client)


# What happens next


def test_whoever_is_mailed_reads_until_when_and_how_soon(client: Visitor) -> None:
    page = ask(client, urgency="urgent")
    assert "follow the link in the e-mail, at the latest Monday 30 November 11:05" in page.text
    assert "within minutes" in page.text
    assert "They have 4 hours to answer; nights do not count." in page.text
    assert "04 65 71 00 00" in page.text
    assert page.link("Read the mail") == "/demo/mail", "it is the demonstration"
    assert client.get("/request/received").text == page.text, "it can be loaded again"


def test_whoever_has_no_e_mail_is_called(city: City, client: Visitor) -> None:
    page = ask(client, contact="phone", email="", phone="06 39 98 12 34")
    [task] = city.tasks("tell")
    assert (task.reason, task.due_at) == ("confirm_need", city.clock() + timedelta(hours=4))
    assert "Somebody from the town hall calls you, at the latest today 15:05" in page.text
    assert city.one(Person, the_need(city).person_id).phone == "+33639981234"


def test_whoever_has_neither_gets_a_letter(client: Visitor) -> None:
    assert "The town hall writes to you" in ask(client, contact="letter", email="").text


def test_what_happens_next_is_for_whoever_has_just_asked(client: Visitor) -> None:
    assert client.get("/request/received").h1 == "I need help"


def test_pages_with_answers_are_kept_by_no_browser(client: Visitor) -> None:
    for path in ("/request/new/what", "/request/new"):
        assert client.browser.get(path).headers["Cache-Control"] == "no-store"
