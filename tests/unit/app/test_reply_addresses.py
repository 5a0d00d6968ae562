"""Addresses for answers: each names one message, and none can be made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reply_addresses import ReplyAddresses
from config.settings import SettingsError, load

ADDRESSES = ReplyAddresses([b"secret"], "entraide+{}@example.org")


@given(st.integers(1, 2**31 - 1))
def test_an_address_comes_back_as_its_message(number: int) -> None:
    address = ADDRESSES.of(number)
    assert ADDRESSES.read(address) == ADDRESSES.read(address.upper()) == number
    assert len(address.partition("@")[0]) <= 64


def test_an_address_of_another_message_or_another_city_names_none() -> None:
    mark = ADDRESSES.of(12).partition("@")[0].rpartition(".")[2]
    assert ADDRESSES.read(f"entraide+r.13.{mark}@example.org") == 0
    assert ADDRESSES.read(f"entraide+r.12.{mark[:-1]}@example.org") == 0
    assert ReplyAddresses([b"another"], "entraide+{}@example.org").read(ADDRESSES.of(12)) == 0


@pytest.mark.parametrize("other", ["entraide@example.org", "", "entraide+r.12@example.org", "x-entraide+r.1.aa@example.org"])
def test_any_other_address_is_none_of_them(other: str) -> None:
    assert ADDRESSES.read(other) is None


def test_without_a_pattern_there_are_none() -> None:
    assert (ReplyAddresses([b"secret"], "").of(12), ReplyAddresses([b"secret"], "").read("")) == ("", None)


@pytest.mark.parametrize(
    "pattern", ["entraide@example.org", "{}", "entraide@{}.example.org", "a{}{}@example.org", f"{'a' * 40}+{{}}@x.org"]
)
def test_a_pattern_that_cannot_be_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"MAIL_REPLIES.* must be empty or an e-mail address"):
        load({"MAIL_REPLIES": pattern}, None)


def test_a_mailbox_needs_its_user() -> None:
    with pytest.raises(SettingsError, match="MAIL_IMAP_USERNAME"):
        load({"MAIL_IMAP_SERVER": "imap.example.org"}, None)


def test_after_a_change_of_the_secret_old_addresses_are_known_for_as_long_as_the_old_one_is_kept() -> None:
    both = ReplyAddresses([b"new", b"secret"], "entraide+{}@example.org")
    assert both.read(ADDRESSES.of(12)) == 12
    assert ADDRESSES.read(both.of(12)) == 0
