"""A provider of OpenID Connect on a free loopback port, with keys of its own, which lies as it is told to."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from app.proconnect import BACK

CLIENT, SECRET = "a-deux-pas", "provider-secret-of-tests"
_RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
_EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
_OTHER = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Provider:
    """``claims`` and ``about`` are laid over what the ID token and userinfo say; ``answers`` replaces whole pages, by their path."""

    root: str = ""
    now: Callable[[], float] = lambda: 0
    sub: str = "4b1c0f7e-agent"
    email: str = "alix@example.org"
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    algorithm: str = "RS256"
    forged: bool = False
    signs_userinfo: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and parameters of each request."""
    hold: threading.Event = field(default_factory=threading.Event)
    slow: str = ""
    """The path that is not answered until ``hold``."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"{self.root}/api/v2"

    def settings(self) -> dict[str, str]:
        return {"proconnect_issuer": self.issuer, "proconnect_client_id": CLIENT, "proconnect_client_secret": SECRET}

    def answer(self, path: str, given: dict[str, str], bearer: str) -> Answer:
        self.asked.append((path, given))
        if path == self.slow:
            self.hold.wait(20)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/api/v2/.well-known/openid-configuration":
                return _json({"issuer": self.issuer} | self._ends() | self.metadata)
            case "/api/v2/authorize":
                return self._authorize(given)
            case "/api/v2/token":
                return self._token(given)
            case "/api/v2/jwks":
                return _json(KeySet([_RSA, _EC]).as_dict(private=False))
            case "/api/v2/userinfo" if bearer.removeprefix("Bearer ") in self._codes:
                return self._userinfo()
            case "/api/v2/session/end":
                return 302, {"Location": f"{given['post_logout_redirect_uri']}?state={given['state']}"}, b""
        return 401, {}, b""

    def sign(self, claims: dict[str, Any]) -> str:
        key = {"RS256": _OTHER if self.forged else _RSA, "ES256": _EC}.get(self.algorithm)
        if key is not None:
            return jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key)
        parts = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": self.algorithm, "kid": "rsa"}, claims))
        secret = _RSA.as_pem(private=False)  # which everybody has
        return f"{parts}.{_base64(hmac.digest(secret, parts.encode(), 'sha256')) if self.algorithm == 'HS256' else ''}"

    def _ends(self) -> dict[str, str]:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo", "jwks_uri": "jwks"}
        return {name: f"{self.issuer}/{path}" for name, path in (ends | {"end_session_endpoint": "session/end"}).items()}

    def _authorize(self, given: dict[str, str]) -> Answer:
        assert given["response_type"] == "code" and given["client_id"] == CLIENT and given["code_challenge_method"] == "S256"
        assert min(len(given["state"]), len(given["nonce"])) >= 32 and given["redirect_uri"].endswith(BACK)
        code = secrets.token_urlsafe(16)
        self._codes[code] = given
        back = urlencode({"code": code, "state": given["state"], "iss": self.issuer})
        return 302, {"Location": f"{given['redirect_uri']}?{back}"}, b""

    def _token(self, given: dict[str, str]) -> Answer:
        asked = self._codes.pop(given.get("code", ""), None)
        challenge = _base64(hashlib.sha256(given["code_verifier"].encode()).digest())
        right = (given["client_id"], given["client_secret"]) == (CLIENT, SECRET)
        if not right or asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != given["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        now, access = int(self.now()), secrets.token_urlsafe(16)
        self._codes[access] = {}
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.sub, "nonce": asked["nonce"], "iat": now, "exp": now + 60, "acr": "eidas1"}
        return _json({"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": self.sign(_laid(claims, self.claims))})

    def _userinfo(self) -> Answer:
        said = _laid({"iss": self.issuer, "aud": CLIENT, "sub": self.sub, "email": self.email}, self.about)
        if not self.signs_userinfo:
            return _json(said)
        return 200, {"Content-Type": "application/jwt"}, self.sign(said).encode()


def _laid(claims: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """``None`` takes a claim out."""
    return {name: value for name, value in (claims | over).items() if value is not None}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(said: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(said).encode()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def provider(now: Callable[[], float]) -> Iterator[Provider]:
    state = Provider(now=now)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        given = {name: values[0] for name, values in parse_qs(f"{environ['QUERY_STRING']}&{body}".strip("&")).items()}
        status, headers, content = state.answer(environ["PATH_INFO"], given, environ.get("HTTP_AUTHORIZATION", ""))
        start(f"{status} -", list(headers.items()))
        return [content]

    with make_server("127.0.0.1", 0, app, _Server, _Quiet) as server:
        state.root = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            state.hold.set()
            server.shutdown()
            thread.join()
