"""What a transport is, what it carries, and what its failures mean for trying again."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from notifications.calendar import CalendarPart


@dataclass(frozen=True)
class Mailbox:
    """An address, and the name shown with it (may be empty)."""

    address: str
    name: str = ""


@dataclass(frozen=True)
class Envelope:
    """One message for one person; ``message_id`` (with its angle brackets) and ``date`` are the same at each try. ``headers`` are what it
    has besides, by their names. ``reply_to`` is the address to which answers and delivery reports come; empty: the sender's.
    ``calendar`` goes with it as a part that calendars read, and as a file to open by hand."""

    to: Mailbox
    subject: str
    text: str
    html: str
    message_id: str
    date: dt.datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    reply_to: str = ""
    calendar: CalendarPart | None = None


Settle = Callable[[], None]
Prepare = Callable[[], Envelope | None]


class Transport(Protocol):
    """Carries messages, one at a time."""

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        """Return once the message is accepted; else raise a :class:`DeliveryError`.

        Both callables are work for while the other side makes us wait. ``settle`` finishes what the message before has left to do: it is
        called before the other side could take this one, and what it raises goes through, then this one was not sent. ``prepare`` gives
        the envelope that comes next, if there is any; it may be called once this one is handed over, and raises nothing.
        """

    def close(self) -> None:
        """Let go of connections; the next :meth:`send` opens them again. Never raises."""


class DeliveryError(Exception):
    """The message was not accepted. ``reason`` is short and names nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transient(DeliveryError):
    """Not this time: trying again helps, not before ``retry_after_s`` seconds if the other side said so."""

    def __init__(self, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Unavailable(Transient):
    """Nothing can be sent at present, whomever it is for: a server that is down or set up wrongly. Trying again helps, later, and
    no message is to blame."""


class Interrupted(Transient):
    """The other side broke off while the message was on its way, or said that it is about to. Perhaps it is going down, perhaps that is
    its answer to this message, which it may even have taken. Trying again helps, and may repeat it."""


class Permanent(DeliveryError):
    """This message or its address will never be accepted: trying again does not help."""


class UnknownAddress(Permanent):
    """There is nobody at this address: it helps neither to try again nor to write anything else to it."""
