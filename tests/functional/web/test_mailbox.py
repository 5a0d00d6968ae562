"""The demonstration's mail on a page."""

from pathlib import Path

import pytest

from notifications.transport.base import Envelope, Mailbox
from notifications.transport.file import FileTransport
from tests.city import City
from tests.pages import Visitor

TEXT = "Bonjour <b>Odile</b>,\n\nOui : http://127.0.0.1:8000/how-it-works.\n"
HTML = "<!doctype html><title>Mail</title><p>Bonjour <script>alert(1)</script></p>"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def sent(city: City, tmp_path: Path) -> None:
    transport = FileTransport(tmp_path / "mail", Mailbox("entraide@example.org"))
    envelope = Envelope(Mailbox("odile@example.net"), "Une <question>", TEXT, HTML, "<one@example.org>", city.ctx.now())
    transport.send(envelope, lambda: None, lambda: None)


def test_without_any_mail_the_page_says_so(client: Visitor) -> None:
    assert "Nothing has been sent yet." in client.get("/demo/mail").text


@pytest.mark.usefixtures("sent")
def test_a_message_is_listed_read_and_its_links_lead_to_this_server(client: Visitor) -> None:
    listed = client.get("/demo/mail")
    page = client.get(listed.link("Une <question>"))
    assert page.h1 == "Une <question>"
    assert "Bonjour <b>Odile</b>," in page.text
    assert "http://localhost/how-it-works" in [address for address, _ in page.links]


@pytest.mark.usefixtures("sent")
def test_the_html_of_a_message_is_shown_where_nothing_in_it_can_run(client: Visitor) -> None:
    page = client.get(client.get("/demo/mail").link("Une <question>"))
    assert "alert(1)" not in page.html
    answer = client.browser.get(page.link("See it as a mail program shows it"))
    assert "alert(1)" in answer.text
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy and "sandbox" in policy
    assert not any(part.startswith("script-src") for part in policy)


@pytest.mark.parametrize("name", ["nothing.eml", "..%2f..%2fdemo-keys", ".hidden.eml", "x"])
def test_only_messages_can_be_read(client: Visitor, name: str) -> None:
    assert client.browser.get(f"/demo/mail/{name}").status_code == 404
    assert client.browser.get(f"/demo/mail/{name}/html").status_code == 404
