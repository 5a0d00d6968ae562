"""What holds for all pages: permissions, headers, cookies, CSRF, errors, languages, health."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, abort, request
from sqlalchemy.exc import OperationalError

from app import create_app
from app.links import Links, Purpose
from app.permissions import DEMO, PUBLIC, SIGNED_IN, Permission, declared, permit
from app.public.pages import PAGES
from app.services import accounts, throttle
from app.services.accounts import Role
from tests.city import City
from tests.pages import Page, Visitor

PASSWORD = "four plain words here"
PUBLIC_PAGES = ["/", *PAGES.values(), "/request/lost", "/sign-in", "/account/forgotten", "/offer/new", "/demo/mail"]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def signed_in_as(city: City, web: Flask, role: Role) -> Visitor:
    accounts.add_user(city.ctx, name="Camille Roux", email=f"{role}@example.org", role=role, password=PASSWORD)
    visitor = Visitor(web)
    visitor.submit(visitor.get("/sign-in"), "Sign in", email=f"{role}@example.org", password=PASSWORD)
    return visitor


def behind_a_proxy(city: City) -> Flask:
    """The same city as a real one, TLS ending at one proxy."""
    settings = replace(city.ctx.settings, demo=False, proxies=1, base_url="https://entraide.example.org")
    return create_app(context=replace(city.ctx, settings=settings))


# Permissions


def test_every_page_declares_who_may_open_it(app: Flask) -> None:
    silent = [endpoint for endpoint in app.view_functions if declared(app, endpoint) is None]
    assert silent == []


def test_a_page_that_declares_nothing_is_closed(city: City) -> None:
    web = create_app(context=city.ctx)
    web.add_url_rule("/forgotten", "forgotten_one", lambda: "secret")
    assert Visitor(web).get("/forgotten", 403).h1 == "This page is not for your account"


ALL = {"nobody", *Role}
OPEN_TO = {
    Permission.PUBLIC: ALL, Permission.LINK: ALL, Permission.DEMO: ALL, Permission.SIGNED_IN: set(Role),
    Permission.AGENT: {"caller", "moderator", "coordinator", "administrator"}, Permission.CALL: {"caller", "coordinator", "administrator"},
    Permission.MODERATE: {"moderator", "coordinator", "administrator"}, Permission.COORDINATE: {"coordinator", "administrator"},
    Permission.DATA: {"data_protection", "administrator"}, Permission.LEAD: set(), Permission.ADMINISTRATOR: {"administrator"},
}  # fmt: skip


def test_who_may_open_what(city: City, own_app: Flask) -> None:
    for permission in Permission:
        own_app.add_url_rule(f"/tried/{permission.name}", permission.name, permit(permission)(lambda: "<h1>open</h1>"))
    visitors = {"nobody": Visitor(own_app)} | {role: signed_in_as(city, own_app, role) for role in Role}
    for permission in Permission:
        seen = {role: visitor.browser.get(f"/tried/{permission.name}").status_code for role, visitor in visitors.items()}
        refused = {"nobody": 303} | dict.fromkeys(Role, 403)
        assert seen == refused | dict.fromkeys(OPEN_TO[permission], 200), permission


def test_the_demonstrations_pages_are_not_there_in_a_real_city(city: City) -> None:
    web = behind_a_proxy(city)
    demo_pages = [rule for rule in web.url_map.iter_rules() if declared(web, rule.endpoint) is DEMO]
    assert demo_pages
    for rule in demo_pages:
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule).replace("<name>", "a.eml")
        assert Visitor(web).browser.open(path, method="GET" if "GET" in rule.methods else "POST").status_code == 404


def test_a_head_decides_nothing(city: City, own_app: Flask) -> None:
    decided = []

    def view() -> str:
        if request.method == "GET":
            return "a button"
        decided.append(request.method)
        return "done"

    own_app.add_url_rule("/decide", "decide", permit(PUBLIC)(view), methods=["GET", "POST"])
    answer = own_app.test_client().head("/decide")
    assert (answer.status_code, answer.data, decided) == (200, b"", [])


# Headers and cookies


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, "/no/such/page", "/healthz"])
def test_every_answer_carries_the_security_headers(client: Visitor, path: str) -> None:
    headers = client.browser.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", policy["script-src"])
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert (policy["style-src"], policy["form-action"]) == ("'self'", "'self'")
    assert policy["img-src"] == "'self' data: https://data.geopf.fr", "the map's tiles and no other host's pictures"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_without_tiles_no_other_host_is_allowed(city: City) -> None:
    web = create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, map_tiles="")))
    assert "img-src 'self' data:; " in web.test_client().get("/about").headers["Content-Security-Policy"]


def test_each_answer_has_a_nonce_of_its_own(client: Visitor) -> None:
    assert len({client.browser.get("/how-it-works").headers["Content-Security-Policy"] for _ in range(3)}) == 3


def test_personal_pages_are_not_kept_by_the_browser(city: City, own_app: Flask) -> None:
    own_app.add_url_rule("/personal", "personal", permit(SIGNED_IN)(lambda: "mine"))
    visitor = signed_in_as(city, own_app, Role.NONE)
    assert visitor.browser.get("/personal").headers["Cache-Control"] == "no-store"
    assert visitor.browser.get("/how-it-works").headers["Cache-Control"] == "no-store"
    assert Visitor(own_app).browser.get("/how-it-works").headers["Cache-Control"] == "private, no-cache"
    assert Visitor(own_app).browser.get("/confirm/account/x").headers["Cache-Control"] == "no-store"


def test_cookies_are_for_the_browser_and_this_site_only(client: Visitor) -> None:
    cookies = client.browser.get("/sign-in?lang=fr").headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert "Secure" not in cookie


def test_behind_tls_cookies_are_secure(city: City) -> None:
    web = behind_a_proxy(city)
    cookies = web.test_client().get("/sign-in?lang=fr", headers={"X-Forwarded-Proto": "https"}).headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie for cookie in cookies)
    assert any(cookie.startswith("__Host-session=") for cookie in cookies)


def test_behind_tls_browsers_ask_over_tls_alone(city: City, client: Visitor) -> None:
    headers = behind_a_proxy(city).test_client().get("/how-it-works", headers={"X-Forwarded-Proto": "https"}).headers
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert "Strict-Transport-Security" not in client.browser.get("/how-it-works").headers, "the demonstration has no TLS"


CONTACTS = [("", "https://entraide.example.org/contact"), ("ici@example.org", "mailto:ici@example.org")]


@pytest.mark.parametrize(("email", "contact"), CONTACTS)
def test_whom_to_tell_of_a_hole(city: City, email: str, contact: str) -> None:
    settings = replace(city.ctx.settings, city_email=email, base_url="https://entraide.example.org")
    here = replace(city.ctx, settings=settings, links=Links("x" * 32, settings.root_url))
    answer = create_app(context=here).test_client().get("/.well-known/security.txt")
    said = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert answer.mimetype == "text/plain" and said["Contact"] == contact
    assert said["Canonical"] == "https://entraide.example.org/.well-known/security.txt"
    assert timedelta(days=100) < datetime.fromisoformat(said["Expires"]) - city.clock() < timedelta(days=366)


@pytest.mark.parametrize(("sent", "seen"), [("203.0.113.7", "203.0.113.7"), ("6.6.6.6, 203.0.113.7", "203.0.113.7")])
def test_the_clients_address_is_the_one_that_our_proxy_saw(city: City, sent: str, seen: str) -> None:

    web = behind_a_proxy(city)
    web.add_url_rule("/address", "address", permit(PUBLIC)(lambda: str(request.remote_addr)))
    assert web.test_client().get("/address", headers={"X-Forwarded-For": sent}).text == seen


def test_without_a_proxy_nobody_can_pretend_another_address(own_app: Flask) -> None:

    own_app.add_url_rule("/address", "address", permit(PUBLIC)(lambda: str(request.remote_addr)))
    assert own_app.test_client().get("/address", headers={"X-Forwarded-For": "203.0.113.7"}).text == "127.0.0.1"


# CSRF


def test_no_form_is_taken_without_its_token(app: Flask) -> None:
    open_to_all = (Permission.PUBLIC, Permission.LINK)
    taking = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods and declared(app, rule.endpoint) in open_to_all]
    assert taking
    # A mail program's own button to unsubscribe has no token: its link says whose it is (tests/functional/doors/test_messages.py).
    for rule in (rule for rule in taking if rule.endpoint != "messages.unsubscribe"):
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
        path = re.sub(r"<int.*?>", "1", path)
        path = re.sub(r"<.*?>", "x", path)
        page = Visitor(app).post(path, 400)
        assert page.h1 == "This page had been open for too long"


def test_a_token_lives_as_long_as_its_session(client: Visitor) -> None:
    page = client.get("/account/forgotten")
    client.browser.delete_cookie("session")
    client.submit(page, "Send me the link", 400, email="a@example.org")
    client.submit(client.get("/account/forgotten"), "Send me the link", email="a@example.org")


def test_behind_tls_a_form_from_another_site_is_refused(city: City) -> None:
    browser = behind_a_proxy(city).test_client()
    secure = {"X-Forwarded-Proto": "https", "Host": "entraide.example.org"}
    base = "https://entraide.example.org"
    page = Page(browser.get("/account/forgotten?lang=en", headers=secure, base_url=base).text)
    data = page.form("Send me the link").values | {"email": "a@example.org"}
    answers = [
        browser.post("/account/forgotten", data=data, headers=secure | {"Referer": referrer}, base_url=base).status_code
        for referrer in ("https://evil.example.com/", f"{base}/account/forgotten")
    ]
    assert answers == [400, 200]


# Errors


@pytest.mark.parametrize("code", [400, 403, 404, 405, 410, 413, 418, 429, 500, 503])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_error_is_a_page_that_helps(city: City, code: int, language: str) -> None:
    web = create_app(context=city.ctx)
    web.add_url_rule("/broken", "broken", permit(PUBLIC)(lambda: abort(code)))
    page = Visitor(web, language).get("/broken", code)
    assert page.lang == language
    assert "04 65 71 00 00" in page.text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("purpose", "label", "leads_to"),
    [
        (Purpose.MY_REQUEST, "Send me a new link to my request", "/request/lost"),
        (Purpose.CONFIRM_NEED, "Send me a new link to my request", "/request/lost"),
        (Purpose.RESIDENT_YES, "Send me a new link to my request", "/request/lost"),
        (Purpose.VOLUNTEER_NO, "Sign in to my page", "/sign-in"),
        (Purpose.CONFIRM_ACCOUNT, "Sign up once more", "/offer/new"),
        (Purpose.RESET_PASSWORD, "Send me a new link", "/account/forgotten"),
    ],
)
def test_a_link_that_is_too_old_leads_to_a_new_one(client: Visitor, purpose: Purpose, label: str, leads_to: str) -> None:
    links = Links("s" * 40, "")
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC)):
        path = links.url(purpose, 1, "stamp")
    page = client.get(path, 410)
    assert page.h1 == "This link no longer works"
    assert page.link(label) == leads_to
    cut_off = client.get(path[:-3], 404)
    assert cut_off.h1 == "This link does not work"
    assert cut_off.link(label) == leads_to


def test_an_error_after_a_form_leads_back_to_it(city: City, client: Visitor) -> None:
    def sent(referrer: str) -> Page:
        return Page(client.browser.post("/sign-out", headers={"Referer": referrer}).text)

    assert sent("http://localhost/coordination/needs?state=open").link("Go back") == "/coordination/needs?state=open"
    for elsewhere in ("https://evil.example.com/", ""):
        assert sent(elsewhere).link("Go back") == "/"
    assert Page(client.browser.post("/sign-in").text).link("Go back") == "?"


def test_too_many_tries_say_how_long_to_wait(city: City) -> None:
    web = create_app(context=city.ctx)

    def refuse() -> None:
        raise throttle.TooMany(timedelta(minutes=14, seconds=20))

    web.add_url_rule("/busy", "busy", permit(PUBLIC)(refuse))
    answer = web.test_client().get("/busy?lang=en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "860")
    assert "Try again in 14 minutes." in Page(answer.text).text


def test_a_failure_has_a_number_that_stands_in_the_log(city: City, capfd: pytest.CaptureFixture[str]) -> None:
    web = create_app(context=city.ctx)
    web.add_url_rule("/broken", "broken", permit(PUBLIC)(lambda: 1 / 0))
    page = Visitor(web).get("/broken", 500)
    number = re.search(r"what went wrong: ([0-9a-f]{8})\.", page.text)
    assert number is not None
    failure = next(json.loads(line) for line in "".join(capfd.readouterr()).splitlines() if '"failure"' in line)
    assert failure["request_id"].startswith(number[1])


def test_a_failure_shows_nothing_of_itself(city: City) -> None:
    web = create_app(context=city.ctx)

    def fail() -> None:
        raise ValueError("camille@example.org")

    web.add_url_rule("/broken", "broken", permit(PUBLIC)(fail))
    page = Visitor(web).get("/broken", 500)
    assert page.h1 == "Something went wrong on our side"
    assert "Traceback" not in page.html and "camille" not in page.html


def test_the_page_for_a_database_that_is_away_needs_no_database(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    web = create_app(context=city.ctx)
    visitor = signed_in_as(city, web, Role.NONE)

    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(city.ctx.db, "read", away)
    assert visitor.get("/", 500).h1 == "Something went wrong on our side"
    probe = Visitor(web).browser
    assert (probe.get("/healthz").status_code, probe.get("/readyz").status_code) == (200, 503)


def test_too_large_a_request_is_refused(client: Visitor) -> None:
    page = client.get("/account/forgotten")
    assert client.submit(page, "Send me the link", 413, email="x" * 300_000).h1 == "This is too much at once"


# Languages


def test_the_language_follows_the_switch_then_the_person_then_the_browser_then_the_city(city: City, app: Flask) -> None:
    def seen(visitor: Visitor, path: str = "/how-it-works", **headers: str) -> str:
        return Page(visitor.browser.get(path, headers=headers).text).lang

    somebody = signed_in_as(city, app, Role.NONE)  # whose language is French
    somebody.browser.delete_cookie("language")
    stranger = Visitor(app)
    stranger.browser.delete_cookie("language")
    english = {"Accept-Language": "de, en;q=0.8, fr;q=0.5"}
    assert seen(stranger) == "fr"
    assert seen(stranger, **{"Accept-Language": "de"}) == "fr"
    assert seen(stranger, **english) == "en"
    assert seen(somebody, **english) == "fr"
    assert seen(somebody, "/how-it-works?lang=en") == "en"
    assert seen(somebody) == "en"
    assert seen(stranger, "/how-it-works?lang=xx", **english) == "en"


def test_the_language_switch_keeps_the_filters_of_a_page(client: Visitor) -> None:
    page = client.get("/how-it-works?state=open&state=asked")
    assert page.link("Français") == "?state=open&state=asked&lang=fr"
    assert client.get(f"/how-it-works{page.link('Français')}").lang == "fr"


@pytest.mark.parametrize("path", PUBLIC_PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_public_pages_are_whole_in_both_languages(app: Flask, path: str, language: str) -> None:
    assert Visitor(app, language).get(path).lang == language


# Health


def test_it_says_that_it_is_well(client: Visitor) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.browser.get(path)
        assert (answer.status_code, answer.text) == (200, "ok")


def test_a_coordinator_arrives_in_the_coordinators_room(city: City, app: Flask) -> None:
    accounts.add_user(city.ctx, name="Alix", email="alix@example.org", role=Role.COORDINATOR, password=PASSWORD)
    visitor = Visitor(app)
    page = visitor.submit(visitor.get("/sign-in"), "Sign in", email="alix@example.org", password=PASSWORD)
    assert page.path == "/coordination/"
