"""Text messages: their words are reviewed files, ``text_messages.fr.txt`` and ``text_messages.en.txt``.

After changing words on purpose: ``RENEW_SNAPSHOTS=1 python -m pytest tests/unit/notifications``, then read the difference.
"""

import os
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages import Digest, Item, NobodyYet, VisitReminder
from notifications.samples import CITY, DEADLINE, SAMPLES
from notifications.short import LONGEST, length, plain, short
from notifications.words import LANGUAGES

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    "^{}\\[~]|€"
)
LONG_LINK = "https://entraide.ville-d-exemple-sur-saone.example.org/request/" + "A" * 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_the_reviewed_ones(language: str) -> None:
    file = Path(__file__).parent / f"text_messages.{language}.txt"
    actual = "\n\n".join(f"[{name}]\n{short(message, language, CITY)}" for name, message in SAMPLES.items()) + "\n"
    if os.environ.get("RENEW_SNAPSHOTS"):
        file.write_text(actual, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == actual


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_fits_in_two_of_the_networks_own_and_has_the_link_and_the_phone(name: str, language: str) -> None:
    message = SAMPLES[name]
    links = {each.name: LONG_LINK for each in fields(message) if each.name.endswith("_url") and getattr(message, each.name)}
    text = short(replace(message, **links), language, replace(CITY, name="Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson"))
    assert length(text) <= LONGEST
    assert set(text) <= GSM
    assert CITY.phone in text
    assert text.count("http") == (1 if short(message, language, CITY).count("http") else 0)
    assert text.count("http") == text.count(LONG_LINK) or isinstance(message, Digest)


@given(st.text(max_size=400))
def test_whatever_a_name_is_the_message_fits(name: str) -> None:
    reminder = SAMPLES["visit_reminder"]
    assert isinstance(reminder, VisitReminder)
    text = short(replace(reminder, other_name=name), "fr", CITY)
    assert length(text) <= LONGEST
    assert set(text) <= GSM
    assert text.endswith(CITY.phone)


def test_accents_that_the_network_lacks_go_and_those_that_it_has_stay() -> None:
    assert plain("Êtes-vous prêt : ça, là, où, é, è, œuvre") == "Etes-vous pret : ca, là, où, é, è, oeuvre"
    assert plain("«\u00a0Noël\u00a0», l’été – 5\u00a0€…") == '"Noel", l\'été - 5 €...'
    assert plain("Łukasz محمد") == "?ukasz ????"
    assert (length("[10 €]"), length("10")) == (9, 2)


def test_a_digest_leads_to_where_its_first_message_leads() -> None:
    one = Item(DEADLINE, NobodyYet("Zoé", "pets", "https://entraide.example.org/page/BBB"))
    assert "https://entraide.example.org/page/BBB\n" in short(Digest("Zoé", (one, one)), "fr", CITY)
