"""What Prometheus reads, and who may."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy.exc import OperationalError

from app.extensions import NAME
from app.worker import make_relay
from tests.city import City

TOKEN = "a-token-of-a-good-length"
Figures = dict[tuple[str, ...], float]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def browser(city: City, app: Flask) -> Iterator[FlaskClient]:
    city.ctx = app.extensions[NAME] = replace(city.ctx, settings=replace(city.ctx.settings, metrics_token=TOKEN))
    yield app.test_client()


def read(browser: FlaskClient) -> Figures:
    """Name and labels' values of each figure."""
    answer = browser.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return {(s.name, *s.labels.values()): s.value for family in parse(answer.text) for s in family.samples}


def test_only_whoever_has_the_token_reads_it(city: City, browser: FlaskClient) -> None:
    for wrong in ({}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer é"}):
        answer = browser.get("/metrics", headers=wrong)
        assert (answer.status_code, "adeuxpas" in answer.text) == (401, False)


def test_without_a_token_in_the_settings_there_is_no_such_page(app: Flask) -> None:
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_requests_are_counted_by_rule_and_never_by_what_a_visitor_chose(browser: FlaskClient) -> None:
    before = read(browser)
    browser.get("/account/reset/camille-roux")
    browser.get("/no/such/camille")
    browser.open("/", method="CAMILLE")
    after = read(browser)
    grown = {key[1:]: value - before.get(key, 0) for key, value in after.items() if key[0] == "adeuxpas_requests_total"}
    assert {key: by for key, by in grown.items() if by and key[1] != "/metrics"} == {
        ("GET", "/account/reset/<token>", "404"): 1,
        ("GET", "none", "404"): 1,
        ("other", "none", "405"): 1,
    }
    took = ("adeuxpas_request_seconds_count", "/account/reset/<token>")
    assert after[took] - before.get(took, 0) == 1
    assert not [key for key in after if "camille" in str(key).lower()]


def test_queues_rounds_and_messages_are_seen(city: City, browser: FlaskClient) -> None:
    before = read(browser)
    city.volunteer(categories=("pets",))
    city.need()
    city.need(contact="phone")
    city.match()
    city.clock.advance(days=3)
    after = read(browser)
    assert (after["adeuxpas_database_up",], after["adeuxpas_needs_waiting",]) == (1, 2)
    assert after["adeuxpas_tasks_overdue",] == len(city.tasks())
    three_days = 3 * 24 * 3600
    assert three_days <= after["adeuxpas_needs_age_seconds",] <= three_days + 10
    assert three_days <= after["adeuxpas_outbox_age_seconds",] <= three_days + 10
    assert three_days - 700 <= after["adeuxpas_match_late_seconds",] <= three_days
    rounds = ("adeuxpas_round_seconds_count",)
    assert after[rounds] - before[rounds] == 1
    assert after["adeuxpas_certificate_violations_total",] == before["adeuxpas_certificate_violations_total",]
    sent = ("adeuxpas_messages_total", "email", "sent")
    due = len(city.mails())
    while make_relay(city.ctx).run_once():
        pass
    assert read(browser)[sent] - before.get(sent, 0) == due > 0


def test_without_a_database_it_says_that(city: City, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(city.ctx.db, "read", away)
    figures = read(browser)
    assert figures["adeuxpas_database_up",] == 0
    assert ("adeuxpas_tasks_overdue",) not in figures
