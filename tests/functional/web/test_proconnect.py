"""Signing in with ProConnect, against a provider on this machine that tells the truth or lies."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
from flask import Flask

from app import proconnect as client_of
from app.crypto import Keyring, use_keyring
from app.errors import UserError
from app.extensions import NAME
from app.models import Person, Role, SecondFactor, SignIn
from app.services import accounts, proconnect, rotation, second_factor
from tests.city import KEYS, City
from tests.pages import Page, Visitor
from tests.proconnect import Provider, provider

EMAIL, PASSWORD = "alix@example.org", "four plain words here"
STRONG = {"amr": ["pwd", "mfa"]}


@pytest.fixture
def city(sqlite_url: str, tmp_path: Path) -> Iterator[City]:
    """On one kind of database: what is tried here is said by the provider."""
    made = City(sqlite_url, tmp_path)
    yield made
    made.ctx.db.close()


@pytest.fixture
def there(city: City, app: Flask) -> Iterator[Provider]:
    with provider(lambda: city.clock().timestamp()) as running:
        city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, **running.settings()))
        app.extensions[NAME] = city.ctx
        yield running


@pytest.fixture
def agent(city: City, there: Provider) -> int:
    made = accounts.add_user(city.ctx, name="Alix Roy", email=EMAIL, role=Role.COORDINATOR, password=PASSWORD)
    second_factor.give(city.ctx, made)
    return made


def way_back(visitor: Visitor) -> str:
    """Where the provider sends the browser, having been sent there."""
    answer = visitor.browser.get(visitor.get("/sign-in").link("Agents: sign in with ProConnect"))
    assert answer.status_code == 303
    back = requests.get(answer.location, allow_redirects=False, timeout=5).headers["Location"]
    return back.removeprefix("http://127.0.0.1:8000")


def come_back(visitor: Visitor, expect: int = 200) -> Page:
    return visitor.get(way_back(visitor), expect)


def lines(capsys: pytest.CaptureFixture[str], event: str) -> list[dict[str, str]]:
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [line for line in told if line["event"] == event]


def test_without_the_settings_there_is_no_such_way(client: Visitor) -> None:
    assert "ProConnect" not in client.get("/sign-in").text
    client.get("/sign-in/proconnect", 404)
    client.get("/sign-in/proconnect/back?code=x&state=y", 404)


def test_an_agent_is_found_by_the_address_and_then_types_the_code(city: City, there: Provider, client: Visitor, agent: int) -> None:
    client.get("/coordination/needs")
    page = come_back(client)
    assert page.h1 == "Type the code of your phone"
    code = pyotp.TOTP(city.one(SecondFactor, agent).secret).at(int(city.clock().timestamp()))
    assert client.submit(page, "Go on", code=code).path == "/coordination/needs", "where they were on their way to"
    assert "proconnect_linked" in city.events()
    assert city.one(Person, agent).proconnect == there.sub
    assert there.sub not in repr(city.raw("SELECT * FROM person")) + repr(city.raw("SELECT * FROM sign_in"))


@pytest.mark.parametrize("claims", [STRONG, {"acr": "eidas2"}, {"acr": "https://proconnect.gouv.fr/assurance/self-asserted-2fa"}])
def test_two_factors_there_stand_for_the_code(there: Provider, client: Visitor, agent: int, claims: dict[str, object]) -> None:
    there.claims, there.algorithm = claims, "ES256"
    assert come_back(client).path == "/coordination/"


@pytest.mark.parametrize("claims", [{"amr": "mfa"}, {"amr": ["pwd"]}, {"acr": "eidas1"}, {"acr": None}, {"acr": ["eidas2"]}])
def test_anything_else_does_not(there: Provider, client: Visitor, agent: int, claims: dict[str, object]) -> None:
    there.claims = claims
    assert come_back(client).h1 == "Type the code of your phone"


def test_whoever_has_no_code_yet_sets_it_up_in_any_case(city: City, there: Provider, client: Visitor) -> None:
    accounts.add_user(city.ctx, name="Alix Roy", email=EMAIL, role=Role.COORDINATOR, password=PASSWORD)
    there.claims = STRONG
    assert come_back(client).h1 == "Set up the code of your phone"


def test_later_the_number_counts_and_the_address_no_more(city: City, there: Provider, app: Flask, agent: int) -> None:
    there.claims = STRONG
    come_back(Visitor(app))
    there.email = "alix.roy@ville.example"
    assert come_back(Visitor(app)).path == "/coordination/"
    there.sub, there.email = "somebody-else", EMAIL  # who was given the address
    assert come_back(Visitor(app), 403).h1 == "We could not sign you in with ProConnect"
    proconnect.forget(city.ctx, EMAIL)
    assert come_back(Visitor(app)).path == "/coordination/"
    assert city.one(Person, agent).proconnect == "somebody-else"
    with pytest.raises(UserError, match="No account"):
        proconnect.forget(city.ctx, "nobody@example.org")


def test_nobody_gets_an_account_and_the_sentence_is_the_same(city: City, there: Provider, app: Flask, agent: int) -> None:
    city.volunteer()
    there.claims = STRONG
    unconfirmed = accounts.add_user(city.ctx, name="Not Yet", email="new@example.org", role=Role.COORDINATOR, password=PASSWORD)
    with city.ctx.db.write() as session:
        session.get_one(Person, unconfirmed).email_confirmed_at = None
    pages = set()
    for email in ("nobody@example.org", "v1@example.org", "new@example.org", "no address"):
        there.email, there.sub = email, f"number of {email}"
        pages.add(come_back(Visitor(app), 403).text)
    assert len(pages) == 1
    there.email, there.about = EMAIL, {"email_verified": False}
    assert come_back(Visitor(app), 403).h1 == "You were not signed in"
    assert len(city.all(Person)) == 3 and city.all(SignIn) == []


LIES = {
    "wrong issuer": ({"claims": {"iss": "https://elsewhere.example"}}, "claim iss"),
    "no issuer": ({"claims": {"iss": None}}, "claim iss"),
    "for another service": ({"claims": {"aud": "another"}}, "claim aud"),
    "for others too": ({"claims": {"aud": ["a-deux-pas", "another"]}}, "claim aud"),
    "another sign-in's nonce": ({"claims": {"nonce": "n" * 43}}, "claim nonce"),
    "no nonce": ({"claims": {"nonce": None}}, "claim nonce"),
    "run out": ({"claims": {"exp": 1}}, "expired"),
    "never running out": ({"claims": {"exp": None}}, "claim exp"),
    "of the future": ({"claims": {"iat": 4102444800}}, "claim iat"),
    "nobody": ({"claims": {"sub": ""}}, "claim sub"),
    "another key": ({"forged": True}, "BadSignatureError"),
    "no signature": ({"algorithm": "none"}, "UnsupportedAlgorithmError"),
    "the public key as a secret": ({"algorithm": "HS256"}, "UnsupportedAlgorithmError"),
    "userinfo of somebody else": ({"about": {"sub": "somebody-else"}}, "claim sub"),
    "userinfo for another service": ({"about": {"aud": "another"}}, "claim aud"),
    "userinfo of another issuer": ({"about": {"iss": "https://elsewhere.example"}}, "claim iss"),
    "userinfo without a signature": ({"signs_userinfo": False}, "unsigned"),
    "metadata of another issuer": ({"metadata": {"issuer": "https://elsewhere.example"}}, "issuer"),
    "keys elsewhere": ({"metadata": {"jwks_uri": "https://elsewhere.example/jwks"}}, "address"),
    "no way out": ({"metadata": {"end_session_endpoint": None}}, "address"),
    "tokens that lead elsewhere": ({"answers": {"/api/v2/token": (307, {"Location": "https://elsewhere.example"}, b"")}}, "no object"),
    "userinfo that leads elsewhere": ({"answers": {"/api/v2/userinfo": (302, {"Location": "https://x.example"}, b"")}}, "answer 302"),
    "no keys": ({"answers": {"/api/v2/jwks": (200, {}, b'{"keys": [{"kty": "odd"}]}')}}, None),
    "keys that are no JSON": ({"answers": {"/api/v2/jwks": (200, {}, b"<html>")}}, "no object"),
    "no token": ({"answers": {"/api/v2/token": (200, {}, b'{"token_type": "Bearer", "access_token": "x"}')}}, "no token"),
    "a token that is none": (
        {"answers": {"/api/v2/token": (200, {}, b'{"token_type": "Bearer", "access_token": "x", "id_token": "x"}')}}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_nobody_comes_in_by_a_lie(
    city: City, there: Provider, client: Visitor, agent: int, lie: str, capsys: pytest.CaptureFixture[str]
) -> None:
    back = way_back(client)
    told, reason = LIES[lie]
    for name, value in ({"claims": STRONG} | told).items():
        setattr(there, name, STRONG | value if name == "claims" else value)
    capsys.readouterr()
    assert client.get(back, 502).h1 == "What ProConnect said is not right"
    (line,) = lines(capsys, "proconnect")
    assert line["error"] == "NotBelieved" and reason in (None, line["reason"])
    assert city.all(SignIn) == [] and client.get("/coordination/").h1 == "Sign in"


def test_a_way_back_is_gone_once_and_in_one_browser(there: Provider, app: Flask, agent: int) -> None:
    there.claims = STRONG
    mine, theirs = Visitor(app), Visitor(app)
    back = way_back(mine)
    assert theirs.get(back, 400).h1 == "This way to sign in is used up", "somebody else's, sent as a link"
    way_back(theirs)
    theirs.get(back, 400)
    cookie = mine.browser.get_cookie("session")
    assert mine.get(back).path == "/coordination/"
    mine.get(back, 400)
    assert cookie
    theirs.browser.set_cookie("session", cookie.value)  # an old cookie, and the code again
    theirs.get(back, 400)


def test_a_way_back_from_another_provider_is_not_gone(there: Provider, client: Visitor, agent: int) -> None:
    back = way_back(client).replace("iss=http", "iss=https")
    assert client.get(back, 502).h1 == "What ProConnect said is not right"


def test_whoever_turns_back_there_is_told_that_nothing_changed(there: Provider, client: Visitor, agent: int) -> None:
    state = parse_qs(urlsplit(way_back(client)).query)["state"][0]
    page = client.get(f"/sign-in/proconnect/back?error=access_denied&error_description=<b>x&state={state}", 403)
    assert page.h1 == "You were not signed in" and "<b>" not in page.html


@pytest.mark.parametrize("path", ["/api/v2/.well-known/openid-configuration", "/api/v2/token", "/api/v2/jwks", "/api/v2/userinfo"])
def test_a_provider_that_fails_is_said_to_be_away(there: Provider, client: Visitor, agent: int, path: str) -> None:
    back = way_back(client)
    there.answers = {path: (503, {}, b"busy")}
    assert client.get(back, 503).h1 == "ProConnect does not answer"


def test_a_provider_that_is_slow_or_gone_is_not_waited_for(
    city: City, there: Provider, client: Visitor, agent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_of, "TIMEOUT_S", 0.2)
    back = way_back(client)
    there.slow = "/api/v2/token"
    assert client.get(back, 503).h1 == "ProConnect does not answer"
    gone = replace(city.ctx.settings, proconnect_issuer="http://127.0.0.1:1/api/v2")
    client.web.extensions[NAME] = replace(city.ctx, settings=gone)
    assert client.get("/sign-in/proconnect", 503).h1 == "ProConnect does not answer"


def test_signing_out_leads_out_there_too(city: City, there: Provider, client: Visitor, agent: int) -> None:
    there.claims = STRONG
    page = come_back(client)
    (sign_in,) = city.all(SignIn)
    out = client.submit(page, "Sign out")
    assert out.h1 == "You are signed out here"
    way = urlsplit(out.link("Sign out of ProConnect"))
    given = {name: value[0] for name, value in parse_qs(way.query).items()}
    assert way.path == "/api/v2/session/end"
    assert (given["id_token_hint"], given["post_logout_redirect_uri"]) == (sign_in.id_token, "http://127.0.0.1:8000/")
    assert client.get("/coordination/").h1 == "Sign in" and city.one(SignIn, sign_in.id).id_token == ""


def test_signing_out_works_while_the_provider_is_away(there: Provider, client: Visitor, agent: int) -> None:
    there.claims = STRONG
    page = come_back(client)
    there.answers = {"/api/v2/.well-known/openid-configuration": (500, {}, b"")}
    out = client.submit(page, "Sign out")
    assert out.path == "/" and "You are signed out here." in out.text
    assert client.get("/coordination/").h1 == "Sign in"


def test_whoever_signed_in_otherwise_signs_out_here_alone(there: Provider, client: Visitor, agent: int) -> None:
    page = client.get("/sign-in")
    home = client.submit(page, "Sign in", email=EMAIL, password=PASSWORD)
    assert client.submit(home, "Sign out").path == "/" and there.asked == []


def test_the_number_is_found_under_a_new_key(city: City, there: Provider, app: Flask, agent: int) -> None:
    there.claims = STRONG
    come_back(Visitor(app))
    keys = Keyring(f"k2:{base64.b64encode(b'n' * 32).decode()},{KEYS}")
    use_keyring(keys)
    city.ctx = app.extensions[NAME] = replace(city.ctx, keys=keys)
    there.email = "other@example.org"
    assert come_back(Visitor(app)).path == "/coordination/"
    rotation.rotate(city.ctx, lambda _: None)
    assert city.raw("SELECT proconnect_index FROM person WHERE proconnect_index IS NOT NULL")[0][0].startswith("k2.")
    assert come_back(Visitor(app)).path == "/coordination/"
