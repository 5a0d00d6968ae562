"""Every route takes every parameter with hostile values: no failure of ours, nothing of it given back as code, no header of its own."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import hypothesis
import pytest
from flask import Flask
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from app import create_app
from app.context import Context
from app.services.sessions import device_words
from tests.cities import Cities, context_of
from tests.databases import Databases
from tests.pages import Page
from tests.routes import ROLES, Reach, endpoints, rules

SCRIPT, TEMPLATE, HEADER = "<script>hostile(1)</script>", "{{7*191}}${7*191}<%=7*191%>", "Hostile-Header"
HOSTILE = (
    SCRIPT, "\"'><img src=x onerror=hostile(1)>" + SCRIPT, f"javascript:hostile(1)//{SCRIPT}", TEMPLATE,
    f"x\r\n{HEADER}: yes\r\n\r\n{SCRIPT}", "a@b\r\nBcc: c@example.org",
    "' OR '1'='1' --", "1; DROP TABLE person; --", "1) UNION SELECT password_hash FROM person --", "%' AND sleep(9) --", "$(sleep 9)",
    "../../../../etc/passwd", "\0", "a\0b", "\ufffe\u202e\u2066", "\U0001d54f" * 300, "9" * 400, "-1", "0", "1e309", "NaN", "0x10", "١٢٣",
    "²", "%s%n%x", "%00", "=HYPERLINK(1)", "[]", "{}", "[" * 3000, "null", "true", "A" * 20_000, " ", "\t\n", "2026-02-30", "9999-12-31",
    "99:99", "Infinity,Infinity,Infinity,Infinity", "x" * 300 + "@example.org", "+33" + "6" * 60,
)  # fmt: skip
HEADERS = (
    "User-Agent", "Accept-Language", "Referer", "Cookie", "If-None-Match", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded", "Host", "Origin", "X-Live", "Accept-Encoding", "Accept", "Range",
    "If-Modified-Since", "Authorization", "Content-Type", "X-HTTP-Method-Override", "X-Request-ID",
)  # fmt: skip
SQL = (
    "' OR '1'='1' --", "1' AND SLEEP(9) AND 'x'='x", "x'; SELECT pg_sleep(9); --", "1) UNION ALL SELECT NULL,password_hash FROM person --",
    '" OR ""="', "1 AND (SELECT 1 FROM (SELECT COUNT(*) FROM person) x)", "%27%20OR%201=1", "x' || (SELECT sqlite_version()) || '",
)  # fmt: skip
NOT_PRESSED = ("/sign-out",)
"""Whoever presses this presses nothing more."""


@pytest.fixture
def city_of_all(databases: Databases, tmp_path: Path) -> Iterator[tuple[Context, Flask]]:
    with context_of(Cities(databases).instance("demo", tmp_path / "instance")) as ctx:
        yield ctx, create_app(context=ctx)


def picker(what: str) -> random.Random:
    """The same values in each run, so that what is red was broken since; any ones in the long tests."""
    return random.Random(None if os.environ.get("LONG") == "1" else what)


def looked_at(answer: TestResponse, what: str) -> None:
    body = answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/json", "application/geo+json")) else ""
    assert answer.status_code < 500, f"{answer.status_code}: {what}"
    if answer.mimetype == "text/html":
        assert SCRIPT not in body and "<img src=x" not in body, f"given back as it came: {what}"
    assert "1337" not in body.replace("31337", ""), f"worked out: {what}"
    assert HEADER not in answer.headers, f"a header of its own: {what}"
    answer.close()


def pages(web: Flask, reach: Reach, role: str, browser: Client) -> list[Page]:
    """One page of each that this role may open."""
    found = []
    for endpoint in endpoints(web):
        for address in reach.addresses(endpoint)[:1]:
            answer = browser.get(address) if reach.meant_for(endpoint, role) else None
            if answer and answer.status_code == 200 and answer.mimetype == "text/html" and "mail" not in endpoint:
                found.append(Page(answer.text, address))
            if answer:
                answer.close()
    return found


def fields(web: Flask, found: list[Page]) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    """Each field of each form once: method, address, name, and what the form says by itself."""
    seen = set[tuple[str, str, str]]()
    for page in found:
        for form in page.forms:
            rule = rule_of(web, form.action, form.method)
            pressed = [(each["name"], each.get("value", "")) for each in form.buttons if each.get("name")]
            for name in sorted(form.names | {name for name, _ in pressed} - {"csrf_token"}):
                if (rule, form.method, name) not in seen and form.action not in NOT_PRESSED:
                    seen.add((rule, form.method, name))
                    yield form.method, form.action or page.path, name, form.values | {each: [value] for each, value in pressed[:1]}


def queries(web: Flask, found: list[Page]) -> Iterator[tuple[str, str]]:
    """Each parameter that some link gives a page: the page's address, and the parameter's name."""
    seen = set[tuple[str, str]]()
    for page in found:
        for address, _ in page.links:
            parts = urlsplit(address)
            for name, _ in parse_qsl(parts.query, keep_blank_values=True):
                key = rule_of(web, parts.path or page.path, "get"), name
                if address.startswith(("/", "?")) and key not in seen:
                    seen.add(key)
                    yield parts.path or page.path, name


def rule_of(web: Flask, address: str, method: str) -> str:
    try:
        return str(web.url_map.bind("localhost").match(urlsplit(address).path, method.upper())[0])
    except HTTPException:
        return address


@pytest.mark.parametrize("role", ROLES)
def test_no_parameter_of_any_route_breaks_it(city_of_all: tuple[Context, Flask], role: str) -> None:
    ctx, web = city_of_all
    reach, browser, asked, rng = Reach(ctx, web), web.test_client(), 0, picker(role)
    if role != "nobody":
        browser.set_cookie(*reach.session_cookie(role))
    found = pages(web, reach, role, browser)
    for method, address, name, usual in list(fields(web, found)):
        value = rng.choice(HOSTILE)
        given = {key: values for key, values in usual.items() if key != name} | {name: value}
        how = {"data": given} if method == "post" else {"query_string": given}
        looked_at(browser.open(address, method=method.upper(), **how), f"{method} {address} {name}={value[:60]!r}")
        asked += 1
    for address, name in list(queries(web, found)):
        value = rng.choice(HOSTILE)
        looked_at(browser.get(address, query_string={name: value}), f"{address}?{name}={value[:60]!r}")
        asked += 1
    assert asked > {"nobody": 40, "volunteer": 60, "coordinator": 150, "administrator": 150}[role]


@pytest.mark.parametrize("role", ["nobody", "coordinator"])
def test_whatever_is_drawn_for_a_parameter_is_answered(city_of_all: tuple[Context, Flask], role: str) -> None:
    ctx, web = city_of_all
    reach, browser = Reach(ctx, web), web.test_client()
    if role != "nobody":
        browser.set_cookie(*reach.session_cookie(role))
    found = pages(web, reach, role, browser)
    forms = [each for each in fields(web, found) if each[0] == "get" or role == "nobody"]  # a colleague's post ends what others try
    asked = [*forms, *(("get", address, name, dict[str, list[str]]()) for address, name in queries(web, found))]
    text = st.one_of(st.text(max_size=200), st.sampled_from(HOSTILE), st.integers().map(str), st.floats().map(str), st.dates().map(str))

    @hypothesis.settings(max_examples=60, deadline=None, database=None)
    @hypothesis.given(st.sampled_from(range(len(asked))), text)
    def attack(number: int, value: str) -> None:
        method, address, name, usual = asked[number]
        sent = {key: values for key, values in usual.items() if key != name} | {name: value}
        how = {"data": sent} if method == "post" else {"query_string": sent}
        looked_at(browser.open(address, method=method.upper(), **how), f"{method} {address} {name}={value[:60]!r}")

    attack()


@pytest.mark.parametrize("role", ["nobody", "administrator"])
def test_no_argument_of_any_address_breaks_it(city_of_all: tuple[Context, Flask], role: str) -> None:
    ctx, web = city_of_all
    reach, browser, rng = Reach(ctx, web), web.test_client(), picker(role)
    if role != "nobody":
        browser.set_cookie(*reach.session_cookie(role))
    for rule in rules(web):
        for name in rule.arguments:
            parts = rule.rule
            for other in rule.arguments:
                start, end = parts.index("<"), parts.index(">") + 1
                parts = parts[:start] + (quote(rng.choice(HOSTILE)[:200], safe="") if other == name else "1") + parts[end:]
            looked_at(browser.get(parts), f"{rule.rule} {parts[:80]}")


def test_headers_of_a_request_do_not_break_a_page(city_of_all: tuple[Context, Flask]) -> None:
    _ctx, web = city_of_all
    for name in HEADERS:
        for value in (SCRIPT, TEMPLATE, "\x7f" * 50, "9" * 5000, '"', "*;q=NaN", "fr;q=1e309"):
            looked_at(web.test_client().get("/", headers={name: value}), f"{name}: {value[:40]!r}")


@pytest.mark.parametrize("path", ["/", "/no/such/page", "/coordination/tasks"])
def test_no_header_and_no_cookie_reaches_a_query(city_of_all: tuple[Context, Flask], path: str) -> None:
    """As somebody with sqlmap tries them all: an answer is the same as with a header of no meaning."""
    ctx, web = city_of_all
    reach = Reach(ctx, web)
    cookie = "=".join(reach.session_cookie("coordinator"))
    for header in HEADERS:
        if header in ("Host", "Cookie"):
            continue
        plain = web.test_client().get(path, headers={header: "x", "Cookie": cookie})
        for value in SQL:
            answer = web.test_client().get(path, headers={header: value, "Cookie": cookie})
            assert answer.status_code == plain.status_code, f"{header}: {value}"
            looked_at(answer, f"{path} {header}: {value}")
        plain.close()
    for value in SQL:
        cookies = (f"session={value}; language={value}", f"{cookie}{value}; remember_token={value}")
        for header, given in (("Host", value), *[("Cookie", each) for each in cookies]):
            looked_at(web.test_client().get(path, headers={header: given}), f"{path} {header}: {given}")


def test_whoever_signs_in_with_a_hostile_browser_signs_in(city_of_all: tuple[Context, Flask]) -> None:
    """What a browser calls itself is kept in words of ours."""
    _ctx, web = city_of_all
    for value in (*SQL, SCRIPT, TEMPLATE):
        assert device_words(value) == ""
        browser = web.test_client()
        page = Page(browser.get("/sign-in", headers={"User-Agent": value}).text, "/sign-in")
        given = page.forms[-1].values | {"email": "volunteer@example.org", "password": "not the right one"}
        looked_at(browser.post("/sign-in", data=given, headers={"User-Agent": value, "X-Forwarded-For": value}), f"User-Agent: {value}")


def test_a_link_never_leads_where_a_header_says(city_of_all: tuple[Context, Flask]) -> None:
    _ctx, web = city_of_all
    names = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL")
    told = {name: "elsewhere.example" for name in names} | {"Forwarded": "host=elsewhere.example"}
    for headers in (told, {"Host": "elsewhere.example"}, told | {"Host": "elsewhere.example"}):
        for path in ("/", "/sign-in", "/me", "/coordination/"):
            answer = web.test_client().get(path, headers=headers)
            assert not answer.headers.get("Location", "/").startswith(("http", "//")) and "elsewhere.example" not in answer.text
            answer.close()
