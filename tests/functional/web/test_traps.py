"""Programmes that fill in public forms are stopped; people who fall into a trap press once more, and nothing is lost."""

import pytest

from app import traps
from app.models import Need
from tests.asking import SENT, answer
from tests.city import City
from tests.pages import Page, Visitor

AGAIN = "Please press the button once more. Nothing is lost."


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traps, "FASTEST_S", 2)


@pytest.fixture
def filled_in(client: Visitor, city: City) -> Page:
    return answer(client)


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = traps.time.time()
    monkeypatch.setattr(traps.time, "time", lambda: now + 3)


def test_what_comes_back_sooner_than_anybody_reads_is_asked_for_again(
    client: Visitor, city: City, filled_in: Page, slowly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.submit(filled_in, "Send my request", 422)
    assert AGAIN in page.text and not city.all(Need)
    assert "4 rue des Essais" in page.text, "nothing is lost"
    page = client.submit(page, "Send my request", 422)
    assert not city.all(Need)
    later(monkeypatch)
    assert SENT in client.submit(page, "Send my request").text, "since it was shown first, and not since the last press"
    assert len(city.all(Need)) == 1


@pytest.mark.parametrize("typed", [{"comments": "Buy now"}, {"shown_at": ""}, {"shown_at": "shown.aaaa.bbbb"}])
def test_what_no_person_fills_in_or_changes_is_asked_for_again(client: Visitor, city: City, filled_in: Page, typed: dict[str, str]) -> None:
    page = client.submit(filled_in, "Send my request", 422, **typed)
    assert AGAIN in page.text and "Buy now" not in page.html
    assert SENT in client.submit(page, "Send my request").text
    assert len(city.all(Need)) == 1


@pytest.mark.parametrize("path", ["/account/forgotten", "/request/lost"])
def test_forms_that_send_mail_have_them_too(client: Visitor, path: str) -> None:
    page = client.submit(client.get(path), "Send me the link", 422, email="v1@example.org", comments="x")
    assert AGAIN in page.text
    client.submit(page, "Send me the link", email="v1@example.org")


def test_no_person_sees_the_field(client: Visitor, filled_in: Page) -> None:
    hidden = filled_in.html.partition('name="comments"')[0].rpartition("<div")[2]
    assert 'class="unseen"' in hidden and 'aria-hidden="true"' in hidden


