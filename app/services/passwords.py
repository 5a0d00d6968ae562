"""Passwords that others would try first are refused; how one is made up is everybody's own affair."""

import re

from app.errors import UserError
from app.services.streets import plain

PASSWORD_LENGTH = (10, 200)
FEWEST_TRIES = 10_000_000
"""A guesser who may try as often as sign-in allows (:mod:`app.services.throttle`) is busy with so many for seven years."""
READ = 72
"""Characters that are looked at: who needs more has a good one."""
SITE = "a deux pas adeuxpas"
LETTERS_OF_THEIR_OWN = 6
"""So many a password has besides the names of its owner, the city and the service, if it has one of those."""


class WeakPassword(UserError):
    """Easy to guess. Another one helps."""

    def __init__(self) -> None:
        super().__init__("This password is easy to guess. Take three or four words that have nothing to do with each other or with you.")


def check_password(password: str, *own: str | None) -> None:
    """Raises :class:`UserError` where it is too short or too long, :class:`WeakPassword` for what is common, breached or a pattern of the
    keyboard, and for what is hardly more than ``own`` (names, an address, the city's name) or the name of the service."""
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise UserError(f"A password has {low} to {high} characters.")
    # Its lists of common passwords, names and words take a moment to read: most processes never need them.
    from zxcvbn import zxcvbn

    words = sorted({word for text in (SITE, *own) for word in re.findall(r"[a-z]{3,}", plain(text or ""))}, key=len, reverse=True)
    rest = re.sub("|".join(words), "", (whole := plain(password).replace(" ", "")))
    if rest != whole and len(re.findall("[a-z]", rest)) < LETTERS_OF_THEIR_OWN:
        raise WeakPassword
    if zxcvbn(password[:READ], user_inputs=words)["guesses"] < FEWEST_TRIES:
        raise WeakPassword
