"""Personal data at rest: AES-GCM with named keys, and blind indexes to find an e-mail or a phone without reading any.

``ENCRYPTION_KEYS`` is ``NAME:BASE64[,NAME:BASE64 …]``: the first key writes, all of them read. A sealed text is
``NAME.BASE64(nonce | ciphertext)``, bound to the column it was written for, so that a value moved to another column does not open.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Dialect

from config.settings import SettingsError
from notifications.types import Sealed

NONCE_BYTES = 12


class CannotDecrypt(ValueError):
    """No key opens the text: a key is missing from ENCRYPTION_KEYS, or the text was changed or moved. Trying again does not help."""


class Keyring:
    """The keys of an installation. Raises :class:`SettingsError` when ``ENCRYPTION_KEYS`` cannot be read."""

    def __init__(self, text: str) -> None:
        self._keys: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, _, encoded = part.partition(":")
            self._keys[name] = _key_of(name, encoded)
        if not self._keys:
            raise SettingsError(["ENCRYPTION_KEYS is empty but must be NAME:KEY[,NAME:KEY …]."])
        self._current = next(iter(self._keys))

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        return {name: AESGCM(key) for name, key in self._keys.items()}

    def seal(self, text: str, where: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), where.encode())
        return f"{self._current}.{base64.b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, where: str) -> str:
        name, _, encoded = sealed.partition(".")
        try:
            raw = base64.b64decode(encoded, validate=True)
            return self._ciphers[name].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], where.encode()).decode()
        except (KeyError, InvalidTag, binascii.Error, ValueError) as e:
            raise CannotDecrypt(f"a text in {where} does not open with the keys at hand") from e

    @property
    def names(self) -> list[str]:
        """The one that writes first."""
        return list(self._keys)

    def is_current(self, sealed: str) -> bool:
        """Whether the key that writes has sealed it."""
        return sealed.startswith(f"{self._current}.")

    def index(self, value: str) -> str:
        """The blind index of a normalised e-mail or phone, under the key that writes."""
        return self._index(self._current, value)

    def indexes(self, value: str) -> list[str]:
        """The blind indexes of ``value`` under every key, for looking up."""
        return [self._index(name, value) for name in self._keys]

    def _index(self, name: str, value: str) -> str:
        key = hmac.digest(self._keys[name], b"blind index", hashlib.sha256)
        return f"{name}.{hmac.digest(key, value.encode(), hashlib.sha256).hex()[:32]}"


def _key_of(name: str, encoded: str) -> bytes:
    form = "ENCRYPTION_KEYS must be NAME:KEY[,NAME:KEY …] with keys of 32 bytes in base64."
    wrong = SettingsError([f"{form} Make one with: echo k1:$(openssl rand -base64 32)"])
    if not re.fullmatch(r"[a-z0-9]{1,12}", name):
        raise wrong
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise wrong from None
    if len(key) != 32:
        raise wrong
    return key


_keyring: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Set the keys of this process. Column types are made at import, before any setting is known, so they ask here."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    if _keyring is None:
        raise RuntimeError("use_keyring() has not been called")
    return _keyring


class EncryptedText(Sealed):
    """A text that lies encrypted in the database; an empty one lies empty, so that what was emptied is found. ``where`` names the column
    it is bound to."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return keyring().seal(value, self.where) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return keyring().unseal(value, self.where) if value else value


class EncryptedJson(EncryptedText):
    """Anything that is JSON, likewise."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else super().process_bind_param(json.dumps(value, ensure_ascii=False), dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        text = super().process_result_value(value, dialect)
        return None if text is None else json.loads(text)
