"""Signed links."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.links import LinkError, LinkExpired, Links, Purpose

LINKS = Links("s" * 40, "https://entraide.example.org")


def test_a_link_says_its_thing_and_its_stamp() -> None:
    token = LINKS.token(Purpose.RESET_PASSWORD, 12, "stamp")
    assert LINKS.read(Purpose.RESET_PASSWORD, token) == (12, "stamp")
    assert LINKS.read(Purpose.MY_REQUEST, LINKS.token(Purpose.MY_REQUEST, 7)) == (7, "")


def test_a_link_for_one_purpose_serves_no_other() -> None:
    with pytest.raises(LinkError):
        LINKS.read(Purpose.VOLUNTEER_YES, LINKS.token(Purpose.VOLUNTEER_NO, 12))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_link_expires(purpose: Purpose) -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        token = LINKS.token(purpose, 1)
    with time_machine.travel(start + purpose.lasts - timedelta(seconds=1), tick=False):
        LINKS.read(purpose, token)
    with time_machine.travel(start + purpose.lasts + timedelta(seconds=2), tick=False), pytest.raises(LinkExpired):
        LINKS.read(purpose, token)


@pytest.mark.parametrize("token", ["", "x", "WzFd.aaaa.bbbb", "é" * 30])
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(LinkError):
        LINKS.read(Purpose.MY_REQUEST, token)


def test_after_a_change_of_the_secret_old_links_are_read_for_as_long_as_the_old_one_is_kept() -> None:
    old, both, new = (Links(secret, "https://entraide.example.org") for secret in ("s" * 40, f"{'n' * 40},{'s' * 40}", "n" * 40))
    token = old.token(Purpose.MY_REQUEST, 7)
    assert both.read(Purpose.MY_REQUEST, token) == (7, "")
    assert new.read(Purpose.MY_REQUEST, both.token(Purpose.MY_REQUEST, 8)) == (8, "")
    with pytest.raises(LinkError):
        new.read(Purpose.MY_REQUEST, token)
