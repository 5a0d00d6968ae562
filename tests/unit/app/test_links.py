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
