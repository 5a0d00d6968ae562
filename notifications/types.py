"""Column types: moments (always UTC, always with their zone, on both databases), what lies sealed, and blind indexes."""

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment. SQLite forgets zones, so UTC goes in and is put back on the way out. A naive datetime raises ``ValueError``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class Sealed(TypeDecorator[str]):
    """Cipher text, sealed and opened by whoever holds the keys; ``where`` is what it is bound to. A change of keys goes by this type."""

    impl = Text
    cache_ok = True

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where


class BlindIndex(TypeDecorator[str]):
    """The keyed hash of an e-mail address or a phone number. A change of keys finds it by this type."""

    impl = String
    cache_ok = True


def as_utc(moment: dt.datetime) -> dt.datetime:
    """The same moment in UTC; ``ValueError`` when it has no zone (it could mean any of 38 moments)."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(dt.UTC)
