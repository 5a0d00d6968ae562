"""A real SMTP server on a free loopback port, which can be told to misbehave."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

DROP = "drop the connection"
HANG = "say nothing"
SLOW = "answer kindly, but late"
_LATE_S = 0.05
_WAIT_S = 10


@dataclass(frozen=True)
class Received:
    """A message that the server took; ``answered`` is whether it said so."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    answered: bool


@dataclass
class _Order:
    verb: str
    reply: str
    recipient: str | None
    times: int


@dataclass
class SmtpServer:
    """What was received, in order, and how many connections there were. ``port`` is on 127.0.0.1."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    open_connections: list[Any] = field(default_factory=list)
    pipelining: bool = True
    _orders: list[_Order] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def order(self, verb: str, reply: str, recipient: str | None = None, times: int = 1_000_000) -> None:
        """Answer ``verb`` (CONNECT, MAIL, RCPT, DATA, QUIT) with ``reply``, :data:`DROP`, :data:`HANG` or :data:`SLOW`, ``times`` times.

        After DATA the message is recorded unless the reply refuses it: dropped or left without an answer, it was taken.
        """
        self._orders.append(_Order(verb, reply, recipient, times))

    def forget_orders(self) -> None:
        self._orders.clear()

    def wait_until(self, condition: Callable[["SmtpServer"], bool]) -> None:
        """Wait until ``condition`` holds of this server; fails after some seconds."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), _WAIT_S), "the SMTP server did not get that far"

    @property
    def message_ids(self) -> list[str]:
        return [received.message["Message-ID"] for received in self.received]

    def next_order(self, verb: str, recipients: list[str]) -> str | None:
        for order in self._orders:
            if order.verb == verb and order.times and (order.recipient is None or order.recipient in recipients):
                order.times -= 1
                return order.reply
        return None

    def _change(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()


class _Handler:
    """aiosmtpd's hooks: they answer as ordered, else kindly."""

    def __init__(self, state: SmtpServer) -> None:
        self._state = state

    async def handle_EHLO(self, smtp: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *["250-PIPELINING"] * self._state.pipelining, responses[-1]]

    async def handle_MAIL(self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        reply = await _obey(smtp, self._state.next_order("MAIL", [address]))
        if not reply:
            envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        reply = await _obey(smtp, self._state.next_order("RCPT", [address]))
        if not reply:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        order = self._state.next_order("DATA", envelope.rcpt_tos)
        received = Received(envelope.mail_from or "", list(envelope.rcpt_tos), message, order not in (DROP, HANG))
        if order in (None, DROP, HANG, SLOW):
            self._state._change(received=[*self._state.received, received])
        return await _obey(smtp, order) or "250 taken"

    async def handle_QUIT(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        return await _obey(smtp, self._state.next_order("QUIT", [])) or "221 Bye"


async def _obey(smtp: SMTP, order: str | None) -> str | None:
    """The reply to give; never returns where the order is to give none."""
    if order == DROP:
        assert smtp.transport is not None
        smtp.transport.abort()  # type: ignore[attr-defined]
    if order in (DROP, HANG):
        await asyncio.Event().wait()
    if order == SLOW:
        await asyncio.sleep(_LATE_S)
    return None if order == SLOW else order


class _Smtp(SMTP):
    """One connection, counted."""

    def __init__(self, state: SmtpServer, **options: Any) -> None:
        super().__init__(_Handler(state), **options)
        self._state = state

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:  # it is made anew by STARTTLS
            self._state._change(connections=self._state.connections + 1, open_connections=[*self._state.open_connections, self])
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.loop.call_soon(self._count_as_closed)  # the socket itself is closed right after this

    def _count_as_closed(self) -> None:
        self._state._change(open_connections=[c for c in self._state.open_connections if c is not self])

    async def _handle_client(self) -> None:
        reply = await _obey(self, self._state.next_order("CONNECT", []))
        if reply:
            await self.push(reply)
            await asyncio.Event().wait()
        await super()._handle_client()


@contextmanager
def smtp_server(port: int = 0, state: SmtpServer | None = None, **options: Any) -> Iterator[SmtpServer]:
    """A running server, on a free port unless told which; ``options`` are aiosmtpd's (``authenticator=…``, ``tls_context=…``)."""
    state = state or SmtpServer()
    loop = asyncio.new_event_loop()
    settings: dict[str, Any] = {"hostname": "mail.example.org", "ident": "test", "loop": loop} | options
    # All of the loop's work is done in its own thread: a browser's driver keeps a loop running in the thread of the tests.
    thread = threading.Thread(target=loop.run_forever, name="smtp", daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(2 * _WAIT_S)

    try:
        server = run(loop.create_server(lambda: _Smtp(state, **settings), "127.0.0.1", port))
        state.port = server.sockets[0].getsockname()[1]
        try:
            yield state
        finally:
            loop.call_soon_threadsafe(server.close)
            run(_hang_up(state))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT_S)
        loop.close()


async def _hang_up(state: SmtpServer) -> None:
    """Cut what is still connected, so that nothing outlives the server."""
    for smtp in state.open_connections:
        if smtp.transport is not None:
            smtp.transport.abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), _WAIT_S)
