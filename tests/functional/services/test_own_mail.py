"""Sentences of messages in the city's own words: in mail, in its HTML, in what an agent says, and never so that a message breaks."""

import re
from dataclasses import replace

import pytest

from app.models import Need, Person
from app.services import own_mail, telling, wording
from app.services.events import Actor
from app.worker import make_relay
from notifications.messages import MESSAGES
from notifications.own import FIELD, sentences
from notifications.render import City as Town
from notifications.render import calendar_part, render
from notifications.samples import CITY, SAMPLES, ways
from notifications.words import LANGUAGES
from tests.city import City

KIND = "need_received"


def key_of(kind: str, language: str, at: int) -> tuple[str, str]:
    """The key and the words of a message's sentence by its number; 0 is the first."""
    wanted = sentences(kind, language)[at]
    return next(key for key, each in own_mail.texts(language).items() if each == (kind, wanted)), wanted


def own(*each: tuple[str, str, str, str]) -> Town:
    return replace(CITY, own=lambda: frozenset(each))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_another_sentence_changes_its_own_line_in_text_and_html_and_nothing_else(kind: str, language: str) -> None:
    """Whatever may be changed is changed in the text and in the HTML alike; links, buttons and all other lines stay."""
    seen = 0
    for sample in (message for message in SAMPLES.values() if message.kind == kind):
        before = render(sample, language, CITY, ways(sample.topic))
        for old in sentences(kind, language):
            new = " ".join(["Zzz", *(found[0] for found in FIELD.finditer(old))])
            after = render(sample, language, own((kind, language, old, new)), ways(sample.topic))
            assert links(after.text) == links(before.text) and links(after.html) == links(before.html)
            assert after.html.count("Zzz") - (after.subject != before.subject) * after.html.count("<title>Zzz") in (0, 1)
            if after.subject == before.subject:
                lines = [(a, b) for a, b in zip(before.text.splitlines(), after.text.splitlines(), strict=True) if a != b]
                assert len(lines) == after.text.count("Zzz") == after.html.count("Zzz")
            seen += after != before
    assert seen or not sentences(kind, language)


def links(text: str) -> list[str]:
    return re.findall(r"https://[^\s\"<]+", text)


def test_each_message_has_something_to_say_otherwise() -> None:
    assert all(sentences(kind, language) for kind in MESSAGES for language in LANGUAGES)


def test_own_words_are_words_in_html() -> None:
    old = sentences(KIND, "en")[1]
    shown = render(SAMPLES[KIND], "en", own((KIND, "en", old, "{{ first_name }}")), None)
    assert "{{" not in shown.html


def test_mail_goes_out_in_the_citys_words_and_the_original_comes_back(city: City) -> None:
    town = own_mail.city(city.ctx)
    key, delivered = key_of(KIND, "en", 0)
    wording.change(city.ctx, key, "en", "It is written down.", 0, Actor())
    wording.change(city.ctx, key, "fr", "Never read: not a French sentence.", 0, Actor())
    assert render(SAMPLES[KIND], "en", town).subject == "It is written down."
    newest = wording.history(city.ctx, key, "en")[0].id
    wording.change(city.ctx, key, "en", None, newest, Actor())
    assert render(SAMPLES[KIND], "en", own_mail.city(city.ctx)).subject == delivered


def test_a_relay_that_runs_hears_of_a_change(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_mail, "LOOK_EVERY_S", 0)
    relay = make_relay(city.ctx)
    key, _delivered = key_of(KIND, "en", 0)
    wording.change(city.ctx, key, "en", "It is written down.", 0, Actor())
    assert render(SAMPLES[KIND], "en", relay._city).subject == "It is written down."


def test_while_the_database_is_away_the_words_stay_as_they_were(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_mail, "LOOK_EVERY_S", 0)
    town = own_mail.city(city.ctx)
    key, _delivered = key_of(KIND, "en", 0)
    wording.change(city.ctx, key, "en", "It is written down.", 0, Actor())
    assert render(SAMPLES[KIND], "en", town).subject == "It is written down."
    with city.ctx.db.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE wording RENAME TO elsewhere")
    assert render(SAMPLES[KIND], "en", town).subject == "It is written down."
    assert render(SAMPLES[KIND], "en", own_mail.city(city.ctx)).subject != ""


def test_an_agent_says_the_citys_words(city: City) -> None:
    key, _delivered = key_of("need_received", "en", 1)
    wording.change(city.ctx, key, "en", "Your request is with us now.", 0, Actor())
    need = city.one(Need, city.need(contact="phone", language="en"))
    with city.ctx.db.read() as session:
        said = telling.spoken(session, SAMPLES[KIND], city.one(Person, need.person_id), city.ctx, f"need:{need.id}")
    assert "Your request is with us now." in said and "https://" not in said


def test_a_kind_of_help_has_the_citys_words_in_mail_and_calendar(city: City) -> None:
    sample = SAMPLES["agreed_to_volunteer"]
    wording.change(city.ctx, "pharmacy-phrase", "en", "an errand to the chemist", 0, Actor())
    town = own_mail.city(city.ctx)
    shown, entry = render(sample, "en", town), calendar_part(sample, "en", town, "anne@example.org")
    assert "help with an errand to the chemist" in shown.text and "an errand to the chemist" in shown.html
    assert entry and "An errand to the chemist" in "".join(entry.content.decode().split("\r\n "))
    assert "un passage à la pharmacie" in render(sample, "fr", town).text
