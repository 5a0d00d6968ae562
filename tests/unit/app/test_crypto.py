"""Personal data at rest."""

import base64

import pytest

from app.crypto import CannotDecrypt, Keyring
from config.settings import SettingsError

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def test_a_sealed_text_opens_again_and_shows_nothing() -> None:
    keys = Keyring(NEW)
    sealed = keys.seal("Odette Lambert", "person.name")
    assert "Odette" not in sealed and sealed != keys.seal("Odette Lambert", "person.name")
    assert keys.unseal(sealed, "person.name") == "Odette Lambert"


def test_a_sealed_text_moved_to_another_column_does_not_open() -> None:
    keys = Keyring(NEW)
    with pytest.raises(CannotDecrypt):
        keys.unseal(keys.seal("Odette", "person.name"), "person.email")


@pytest.mark.parametrize("damaged", ["", "new.", "new.AAAA", "other.AAAA", "new.!!!"])
def test_what_is_no_sealed_text_is_said_so(damaged: str) -> None:
    with pytest.raises(CannotDecrypt):
        Keyring(NEW).unseal(damaged, "person.name")


def test_after_a_rotation_old_texts_open_and_old_indexes_are_found() -> None:
    before, after = Keyring(OLD), Keyring(f"{NEW},{OLD}")
    assert after.unseal(before.seal("Odette", "person.name"), "person.name") == "Odette"
    assert after.seal("Odette", "person.name").startswith("new.")
    assert before.index("a@example.org") in after.indexes("a@example.org")
    assert after.index("a@example.org") == after.indexes("a@example.org")[0]


@pytest.mark.parametrize("wrong", ["", "k1", "k1:", "k1:AAAA", "k1:%%%", f"K 1:{NEW[4:]}"])
def test_wrong_keys_are_named_at_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="ENCRYPTION_KEYS"):
        Keyring(wrong)
