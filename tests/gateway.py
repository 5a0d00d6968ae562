"""A real gateway for text messages on a free loopback port, which answers as it is told to."""

import http.server
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

DROP = 0
"""Hang up without an answer; the message was taken."""
HANG = -1
"""Say nothing; the message was taken."""
_WAIT_S = 10


@dataclass(frozen=True)
class Taken:
    """A message that the gateway was given, with its headers and its path; ``answered``: it said yes."""

    message: dict[str, str]
    headers: dict[str, str]
    path: str
    answered: bool


@dataclass
class Gateway:
    """What was taken, in order, and how many connections there were. ``port`` is on 127.0.0.1."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refused: int = 0
    connections: int = 0
    leaves: bool = False
    """Whether it hangs up after each answer, without a word of it before."""
    stop: threading.Event = field(default_factory=threading.Event)
    _orders: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)

    def order(self, status: int, headers: dict[str, str] | None = None, *, times: int = 1, body: bytes = b"{}") -> None:
        """Answer so to the next messages; a refusal takes nothing."""
        self._orders += [(status, headers or {}, body)] * times

    def next_order(self) -> tuple[int, dict[str, str], bytes]:
        return self._orders.pop(0) if self._orders else (202, {}, b'{"id": "7"}')

    @property
    def ids(self) -> list[str]:
        return [taken.message["id"] for taken in self.taken]

    def wait_until_left(self) -> None:
        """Until the gateway has hung up on everybody."""
        until = time.monotonic() + _WAIT_S
        while self._open and time.monotonic() < until:
            time.sleep(0.002)
        assert not self._open

    _open: int = 0


@contextmanager
def gateway(tls_context: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    state = Gateway()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            state.connections += 1
            state._open += 1

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()
            state._open -= 1

        def do_POST(self) -> None:
            content: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = state.next_order()
            if status in (DROP, HANG) or 200 <= status < 300:
                state.taken.append(Taken(content, dict(self.headers), self.path, status > 0))
            else:
                state.refused += 1
            if status == HANG:
                state.stop.wait(_WAIT_S)
            if status in (DROP, HANG):
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = state.leaves

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that goes away is nothing to tell."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls_context:
            server.socket = tls_context.wrap_socket(server.socket, server_side=True)
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            state.stop.set()
            server.shutdown()
            thread.join()
