"""Signed links: each for one purpose and one thing, expiring, without personal data in them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from itsdangerous import BadSignature, URLSafeTimedSerializer


@dataclass(frozen=True)
class _Kind:
    path: str
    lasts: timedelta


class Purpose(Enum):
    """What a link is for: its path on the site and how long it lasts."""

    CONFIRM_NEED = _Kind("/confirm/request/{}", timedelta(days=7))
    CONFIRM_ACCOUNT = _Kind("/confirm/account/{}", timedelta(days=7))
    SIGN_IN = _Kind("/sign-in/link/{}", timedelta(minutes=15))
    RESET_PASSWORD = _Kind("/account/reset/{}", timedelta(hours=2))
    WELCOME = _Kind("/account/welcome/{}", timedelta(days=3))
    VOLUNTEER_YES = _Kind("/answer/yes/{}", timedelta(days=30))
    VOLUNTEER_NO = _Kind("/answer/no/{}", timedelta(days=30))
    RESIDENT_YES = _Kind("/agree/yes/{}", timedelta(days=30))
    RESIDENT_NO = _Kind("/agree/no/{}", timedelta(days=30))
    HOW_IT_WENT = _Kind("/how/{}", timedelta(days=60))
    STILL_HELPING = _Kind("/still-helping/{}", timedelta(days=60))
    VISITS = _Kind("/visits/{}", timedelta(days=400))
    REPORT = _Kind("/report/{}", timedelta(days=400))
    MY_REQUEST = _Kind("/request/{}", timedelta(days=400))
    WISHES = _Kind("/messages/{}", timedelta(days=400))
    UNSUBSCRIBE = _Kind("/unsubscribe/{}", timedelta(days=3650))

    @property
    def path(self) -> str:
        return self.value.path

    @property
    def lasts(self) -> timedelta:
        return self.value.lasts


class LinkError(ValueError):
    """The link is not one of ours, or was changed on its way. Asking for a new one helps."""


class LinkExpired(LinkError):
    """The link was ours and is too old, or has done its work."""


class Links:
    """Makes and reads links. ``secret`` is ``NEW[,OLD …]``: the first signs, all are read. ``root_url`` is where the service answers,
    without a slash at the end."""

    def __init__(self, secret: str, root_url: str) -> None:
        self.secrets = [part.encode() for part in secret.split(",")]
        self.secret = self.secrets[0]
        self._root = root_url

    def token(self, purpose: Purpose, thing: int, stamp: str = "") -> str:
        """A token for ``thing``. With a ``stamp`` that says what must still be so when it comes back it works once."""
        return self._signer(purpose).dumps([thing, stamp] if stamp else [thing])

    def url(self, purpose: Purpose, thing: int, stamp: str = "") -> str:
        return self._root + purpose.path.format(self.token(purpose, thing, stamp))

    def page(self, path: str) -> str:
        """The full address of a page of the site."""
        return self._root + path

    def read(self, purpose: Purpose, token: str) -> tuple[int, str]:
        """The thing and the stamp of a token. Raises :class:`LinkExpired` or :class:`LinkError`."""
        try:
            (thing, *stamp), signed_at = self._signer(purpose).loads(token, return_timestamp=True)
        except (BadSignature, ValueError, TypeError):
            raise LinkError(purpose.name) from None
        # Not by the library's own check of the age, which refuses what was signed before the clock was put back.
        if datetime.now(UTC) - signed_at > purpose.lasts:
            raise LinkExpired(purpose.name)
        return thing, stamp[0] if stamp else ""

    def _signer(self, purpose: Purpose) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secrets[::-1], salt=f"link:{purpose.name}")
