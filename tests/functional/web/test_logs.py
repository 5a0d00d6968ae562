"""What the logs say, and what they never say."""

import json
import logging

import pytest
from flask import Flask

from app import create_app
from app.permissions import PUBLIC, permit
from app.services import accounts
from app.services.accounts import Role
from tests.city import City
from tests.pages import Visitor


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def test_a_request_is_one_line_with_its_rule_and_neither_token_nor_person(
    city: City, client: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    accounts.add_user(city.ctx, name="Camille Roux", email="camille@example.org", role=Role.NONE, password="four plain words here")
    client.submit(client.get("/sign-in"), "Sign in", 422, email="camille@example.org", password="wrong wrong wrong")
    client.submit(client.get("/account/forgotten"), "Send me the link", email="camille@example.org")
    client.browser.get("/account/reset/a-token-that-nobody-may-see?name=Camille")
    client.browser.get("/no/such/Camille")
    out = "".join(capfd.readouterr())
    lines = [json.loads(line) for line in out.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["rule"], line["status"]) for line in requests] == [
        ("GET", "/sign-in", 200),
        ("POST", "/sign-in", 422),
        ("GET", "/account/forgotten", 200),
        ("POST", "/account/forgotten", 200),
        ("GET", "/account/reset/<token>", 404),
        ("GET", "none", 404),
    ]
    assert all(line["ms"] >= 0 for line in requests)
    assert len({line["request_id"] for line in requests}) == len(requests)
    assert not [word for word in ("amille", "Roux", "a-token", "wrong") if word in out]


def test_a_failure_is_logged_with_its_place_and_without_its_text(city: City, capfd: pytest.CaptureFixture[str]) -> None:
    web = create_app(context=city.ctx)

    def fail() -> None:
        raise ValueError("camille@example.org")

    web.add_url_rule("/broken/<token>", "broken", permit(PUBLIC)(lambda token: fail()))
    answer = web.test_client().get("/broken/secret")
    out = "".join(capfd.readouterr())
    (failure,) = [line for line in map(json.loads, out.splitlines()) if line["event"] == "failure"]
    assert (failure["error"], failure["rule"]) == ("ValueError", "/broken/<token>")
    assert failure["at"][-1].endswith(" fail")
    assert failure["request_id"] == answer.headers["X-Request-ID"]
    assert "camille" not in out and "secret" not in out


def test_lines_of_libraries_come_in_the_same_form(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("camille@example.org")
    except ValueError:
        logging.getLogger("a.library").exception("it broke")
    line = json.loads(capfd.readouterr().err)
    assert (line["event"], line["level"], line["error"]) == ("it broke", "error", "ValueError")
