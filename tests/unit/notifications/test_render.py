"""What people read. Subject and text of every message are reviewed files in ``snapshots/``.

After changing words on purpose: ``RENEW_SNAPSHOTS=1 python -m pytest tests/unit/notifications``, then read the difference.
"""

import dataclasses
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages import AgreedToVolunteer, Message, NeedReceived
from notifications.render import render
from notifications.samples import CITY, SAMPLES, ways
from notifications.words import LANGUAGES

SNAPSHOTS = Path(__file__).parent / "snapshots"
EACH = pytest.mark.parametrize(("name", "language"), [(name, language) for name in SAMPLES for language in LANGUAGES])
FOR_THE_WEB = ("confirm_account", "account_exists", "reset_password", "account_changed", "colleague_added", "sign_in_link")


class Page(HTMLParser):
    """What an HTML part shows (``blocks``: the text of each paragraph and item) and loads or leads to (``attributes``)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.blocks = [""]
        self.feed(html)
        self.blocks = [block for block in (" ".join(block.split()) for block in self.blocks) if block]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag in ("p", "li", "h1", "h2", "title", "br"):
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        self.blocks[-1] += data

    def linked(self) -> set[str]:
        return {value for name, value in self.attributes if name == "href"}


@EACH
def test_the_words_are_the_reviewed_ones(name: str, language: str) -> None:
    shown = render(SAMPLES[name], language, CITY)
    file = SNAPSHOTS / f"{name}.{language}.txt"
    actual = f"{shown.subject}\n\n{shown.text}"
    if os.environ.get("RENEW_SNAPSHOTS"):
        file.write_text(actual, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == actual


@pytest.mark.parametrize("name", [n for n, m in SAMPLES.items() if m.kind not in FOR_THE_WEB])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("on_paper", [False, True], ids=["aloud", "on paper"])
def test_without_links_an_agent_can_say_or_print_it(name: str, language: str, on_paper: bool) -> None:
    text = render(SAMPLES[name].without_links(), language, dataclasses.replace(CITY, url=""), on_paper=on_paper).text
    assert "http" not in text
    assert not re.search(r":\n\n(?!- )", text), "a line that leads to nothing"
    assert not re.search(r"your page|votre page|page of your|page de vos|\bclic", text, re.IGNORECASE), "only the web has those"
    assert not re.search(r"calling you|vous appelle\b" if on_paper else "slip below|coupon", text)


def test_no_reviewed_words_are_left_over() -> None:
    expected = {f"{name}.{language}.txt" for name in SAMPLES for language in LANGUAGES}
    assert expected == {file.name for file in SNAPSHOTS.iterdir()}


@EACH
def test_both_parts_say_the_same(name: str, language: str) -> None:
    shown = render(SAMPLES[name], language, CITY, ways(SAMPLES[name].topic))
    text = " ".join(re.sub(r"^- ", "", shown.text, flags=re.MULTILINE).split())
    page = Page(shown.html)
    own = {" ".join(shown.subject.split()), f"À deux pas · {CITY.name}"}
    assert [block for block in page.blocks if block not in text and block not in own] == []
    assert set(re.findall(r"https?://\S+", shown.text)) == page.linked()


@EACH
def test_the_html_part_loads_nothing_and_reads_at_any_size(name: str, language: str) -> None:
    html = render(SAMPLES[name], language, CITY, ways(SAMPLES[name].topic)).html
    page = Page(html)
    assert page.tags.count("h1") == 1
    assert ("lang", language) in page.attributes
    assert not {"img", "script", "link", "style", "iframe", "table"} & set(page.tags)
    assert not re.search(r"url\(|src=|(font-size|width):\s*\d+px", html)


@pytest.mark.parametrize("name", ["agreed_to_volunteer", "agreed_to_resident"])
@pytest.mark.parametrize(("language", "words"), [("fr", "gratuite Carte code chèque"), ("en", "free card PIN cheque")])
def test_contacts_come_with_the_safety_words(name: str, language: str, words: str) -> None:
    text = render(SAMPLES[name], language, CITY).text
    assert [word for word in words.split() if word not in text] == []
    assert text.count(CITY.phone) == 2  # where to report, and who to call


def test_contacts_that_are_not_known_leave_no_empty_line() -> None:
    text = render(SAMPLES["agreed_to_volunteer-remote"], "en", CITY).text
    assert "Phone: 06 39 98 12 34" in text
    assert not re.search(r"E-mail|Address|Details", text)


def test_a_french_sign_never_begins_a_line() -> None:
    for message in SAMPLES.values():
        shown = render(message, "fr", CITY)
        assert not re.search(r" [?!:;»–]", shown.subject + shown.text)


def test_a_language_without_words_is_answered_in_french() -> None:
    assert render(SAMPLES["nobody_yet"], "fr", CITY) == render(SAMPLES["nobody_yet"], "oc", CITY)


def test_a_field_is_never_read_as_markup() -> None:
    hostile = "<script>alert(1)</script><img src=x> {{ city.phone }} {% if %}"
    message = AgreedToVolunteer(hostile, hostile, "in_person", *[hostile] * 6, "https://x.example/\" onclick=\"x")
    shown = render(message, "en", CITY)
    page = Page(shown.html)
    assert not {"script", "img"} & set(page.tags)
    assert "onclick" not in dict(page.attributes)
    assert "{{ city.phone }}" in shown.text


@given(st.text(st.characters()), st.sampled_from(LANGUAGES))
def test_whatever_a_field_holds_the_subject_stays_one_short_line_and_can_be_sent(value: str, language: str) -> None:
    message = dataclasses.replace(SAMPLES["proposal_to_volunteer"], first_name=value, category=value, quartier=value)  # type: ignore[call-arg]
    shown = render(message, language, CITY)
    assert len(shown.subject.splitlines()) == 1
    assert len(shown.subject) <= 150
    (shown.subject + shown.text + shown.html).encode()


def test_a_name_cannot_write_lines_of_its_own() -> None:
    name = "Zoé\r\n\r\nBcc: all@example.org\u2028\u202e\x00"
    text = render(NeedReceived(name, "pets", "https://x.example"), "en", CITY).text
    assert text.startswith("Hello Zoé Bcc: all@example.org,\n\n")


def test_further_lines_of_details_stay_inside_their_item() -> None:
    shown = render(SAMPLES["agreed_to_volunteer"], "fr", CITY)
    assert "1234.\n  Troisième étage" in shown.text
    assert "1234.\nTroisième étage" in shown.html


def test_every_template_folder_belongs_to_a_message() -> None:
    folders = {p.name for p in (Path(__file__).parents[3] / "notifications/templates").iterdir()} - {"_shared"}
    assert folders == {cls.kind for cls in Message.__subclasses__()}
