"""Asking ProConnect, or another provider of OpenID Connect, who somebody is: the authorization code flow with PKCE.

The provider is asked anew each time what its addresses and keys are. Nothing that it says is believed before its signature, and no
redirect is followed: the secret and the code go to the issuer's own host and to no other.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import KeySet
from requests import RequestException, Response

from app.context import Context
from app.errors import UserError

BACK = "/sign-in/proconnect/back"
TIMEOUT_S = 5
"""For each step of a request."""
ALGORITHMS = ["RS256", "ES256"]
"""With keys of the provider alone: neither ``none`` nor a secret that is shared."""
ENDS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint")
CLAIMS = {"id_token": {"acr": {"essential": True}, "amr": {"essential": True}}}
STRONG = ("eidas2", "eidas3", *(f"https://proconnect.gouv.fr/assurance/{how}-2fa" for how in ("self-asserted", "consistency-checked")))
"""Levels (``acr``) that ask for two factors."""


class ProviderError(UserError):
    """Signing in there did not go as it should; ``reason`` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Away(ProviderError):
    """It does not answer, or not in time. Trying again later helps."""


class NotBelieved(ProviderError):
    """What it said is not what it should be. Whoever runs the service should know."""


class Over(ProviderError):
    """The way back is not that of a sign-in under way in this browser, or has been gone before. Beginning again helps."""


class Stopped(ProviderError):
    """The provider let nobody in, or the person turned back there."""


@dataclass(frozen=True)
class Identity:
    """Who it is, as far as the provider says. ``two_factors``: they showed more there than a password."""

    sub: str
    email: str
    two_factors: bool
    id_token: str


def begin(ctx: Context) -> tuple[str, dict[str, str]]:
    """Where the browser goes, and what it brings back of the way there (:func:`finish`). Raises :class:`ProviderError`."""
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    with _session(ctx) as session:
        address = _metadata(ctx, session)["authorization_endpoint"]
        there, _ = session.create_authorization_url(
            address, kept["state"], kept["verifier"], nonce=kept["nonce"], acr_values="eidas1", claims=json.dumps(CLAIMS)
        )
    return there, kept


def finish(ctx: Context, kept: Mapping[str, str], came: Mapping[str, str]) -> Identity:
    """Who came back with these parameters. Raises :class:`ProviderError`."""
    if not kept or not secrets.compare_digest(kept["state"].encode(), came.get("state", "").encode()):
        raise Over("state")
    if came.get("iss", ctx.settings.proconnect_issuer) != ctx.settings.proconnect_issuer:
        raise NotBelieved("iss")
    if "code" not in came:
        raise Stopped("stopped")
    with _session(ctx) as session:
        here = _metadata(ctx, session)
        tokens = _tokens(session, here["token_endpoint"], came["code"], kept["verifier"])
        keys = _keys(_json(_get(session, here["jwks_uri"])))
        id_token = _read(ctx, tokens["id_token"], keys, ("exp", "iat", "nonce"), nonce=kept["nonce"])
        session.token = tokens
        answer = _get(session, here["userinfo_endpoint"], withhold_token=False)
        if not answer.headers.get("Content-Type", "").startswith("application/jwt"):
            raise NotBelieved("unsigned")
        about = _read(ctx, answer.text, keys, ("email",), sub=id_token["sub"])
    if about.get("email_verified") is False:
        raise Stopped("email")
    return Identity(id_token["sub"], str(about["email"]), _two_factors(id_token), tokens["id_token"])


def way_out(ctx: Context, id_token: str) -> str:
    """Where the browser signs out at the provider too, which then sends it to the home page. Raises :class:`ProviderError`."""
    with _session(ctx) as session:
        address = _metadata(ctx, session)["end_session_endpoint"]
    back = {"id_token_hint": id_token, "post_logout_redirect_uri": ctx.links.page("/"), "state": secrets.token_urlsafe(32)}
    return f"{address}?{urlencode(back)}"


def _session(ctx: Context) -> OAuth2Session:
    s = ctx.settings
    return OAuth2Session(
        s.proconnect_client_id, s.proconnect_client_secret, token_endpoint_auth_method="client_secret_post", scope="openid email",
        redirect_uri=ctx.links.page(BACK), code_challenge_method="S256", default_timeout=TIMEOUT_S, leeway=0,
    )  # fmt: skip


def _metadata(ctx: Context, session: OAuth2Session) -> dict[str, str]:
    issuer = ctx.settings.proconnect_issuer
    said = _json(_get(session, f"{issuer}/.well-known/openid-configuration"))
    if said.get("issuer") != issuer:
        raise NotBelieved("issuer")
    ends = {name: said.get(name) for name in ENDS}
    for address in ends.values():
        if not isinstance(address, str) or urlsplit(address)[:2] != urlsplit(issuer)[:2]:
            raise NotBelieved("address")
    return ends  # type: ignore[return-value]


def _get(session: OAuth2Session, address: str, *, withhold_token: bool = True) -> Response:
    try:
        answer: Response = session.get(address, withhold_token=withhold_token, allow_redirects=False)
    except RequestException as error:
        raise Away(type(error).__name__) from None
    except OAuthError:  # the token that it gave is none, or has run out already
        raise NotBelieved("access token") from None
    if answer.status_code >= 500:
        raise Away(f"answer {answer.status_code}")
    if answer.status_code != 200:
        raise NotBelieved(f"answer {answer.status_code}")
    return answer


def _json(answer: Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NotBelieved("no object")
    return said


def _tokens(session: OAuth2Session, address: str, code: str, verifier: str) -> dict[str, str]:
    try:
        said: dict[str, str] = session.fetch_token(address, code=code, code_verifier=verifier, allow_redirects=False)
    except RequestException as error:
        raise Away(type(error).__name__) from None
    except OAuthError as error:  # the code is too old, or was used
        raise Over("code") from error
    except ValueError:
        raise NotBelieved("no object") from None
    if not all(isinstance(said.get(name), str) for name in ("id_token", "access_token")) or str(said.get("token_type")).lower() != "bearer":
        raise NotBelieved("no token")
    return said


def _keys(said: Any) -> KeySet:
    try:
        return KeySet.import_key_set(said)
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotBelieved("keys") from None


def _read(ctx: Context, token: str, keys: KeySet, needed: tuple[str, ...], **same: str) -> dict[str, Any]:
    """What a token says, if the provider signed it for this service and it has not run out. ``same``: what has to stand in it."""
    rules: dict[str, Any] = {name: {"essential": True} for name in ("sub", *needed)}
    rules |= {name: {"essential": True, "value": value} for name, value in same.items()}
    rules["iss"] = {"essential": True, "value": ctx.settings.proconnect_issuer}
    rules["aud"] = {"essential": True, "value": ctx.settings.proconnect_client_id}
    try:
        claims = jwt.decode(token, keys, ALGORITHMS).claims
        jwt.JWTClaimsRegistry(int(ctx.now().timestamp()), leeway=0, **rules).validate(claims)
    except ExpiredTokenError:
        raise NotBelieved("expired") from None
    except (InvalidClaimError, MissingClaimError) as error:
        raise NotBelieved(f"claim {error.claim}") from None
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotBelieved(type(error).__name__) from None
    if isinstance(claims["aud"], list) and claims["aud"] != [ctx.settings.proconnect_client_id]:
        raise NotBelieved("claim aud")
    return claims


def _two_factors(claims: Mapping[str, Any]) -> bool:
    amr = claims.get("amr")
    return (isinstance(amr, list) and "mfa" in amr) or claims.get("acr") in STRONG
