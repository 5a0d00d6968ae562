"""A real IMAP server (RFC 3501, as much as reading one mailbox takes) on a free loopback port, which can be told to misbehave."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DROP = "drop the connection"


@dataclass
class Mail:
    uid: int
    raw: bytes
    seen: bool = False


@dataclass
class ImapServer:
    """One mailbox of one user. ``port`` is on ``host``; ``said`` are the commands that came, without their arguments."""

    username: str = "entraide"
    password: str = "s3cret"
    host: str = "127.0.0.1"
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    orders: dict[str, str] = field(default_factory=dict)
    """What to answer to a command in place of doing it: ``NO …``, or :data:`DROP`."""

    def deliver(self, raw: bytes) -> Mail:
        self.mails.append(Mail(101 + len(self.mails), raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
        return self.mails[-1]

    @property
    def unread(self) -> list[int]:
        return [mail.uid for mail in self.mails if not mail.seen]


class _Session(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        box: ImapServer = self.server.box
        self.put(b"* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            words = rest.split(" ", 2)
            verb = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            box.said.append(verb)
            order = box.orders.get(verb)
            if order == DROP:
                return
            self.put(f"{tag} {order or self.answer(box, verb, words)}".encode())
            if verb == "LOGOUT":
                return
            if verb == "STARTTLS":
                self.request = self.server.later.wrap_socket(self.request, server_side=True)
                super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def answer(self, box: ImapServer, verb: str, words: list[str]) -> str:
        rest = words[2] if len(words) > 2 else ""
        match verb:
            case "CAPABILITY":
                plain = self.server.later and not isinstance(self.request, ssl.SSLSocket)
                self.put(b"* CAPABILITY IMAP4rev1" + b" STARTTLS" * bool(plain))
            case "STARTTLS":
                return "OK go on"
            case "LOGIN":
                if [word.strip('"') for word in words[1:]] != [box.username, box.password]:
                    return "NO [AUTHENTICATIONFAILED] not with that password"
            case "SELECT":
                self.put(f"* {len(box.mails)} EXISTS".encode())
                return "OK [READ-WRITE] selected"
            case "UID SEARCH":
                assert rest == "UNSEEN"
                self.put(" ".join(["* SEARCH", *map(str, box.unread)]).encode())
            case "UID FETCH":
                self.fetch(box, rest)
            case "UID STORE":
                uid = int(rest.split()[0])
                assert rest.endswith(r"+FLAGS.SILENT (\Seen)")
                next(mail for mail in box.mails if mail.uid == uid).seen = True
            case "LOGOUT":
                self.put(b"* BYE see you")
            case _:
                return "BAD unknown"
        return "OK done"

    def fetch(self, box: ImapServer, rest: str) -> None:
        asked = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert asked, rest
        for number, mail in enumerate(box.mails, start=1):
            if mail.uid == int(asked[1]):
                raw = mail.raw[: int(asked[2])]
                self.put(f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(raw)}}}".encode())
                self.wfile.write(raw)
                self.put(b")")

    def put(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    box: ImapServer
    tls: ssl.SSLContext | None
    later: ssl.SSLContext | None

    def get_request(self) -> tuple[Any, Any]:
        sock, address = super().get_request()
        return (self.tls.wrap_socket(sock, server_side=True) if self.tls else sock), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or does not like the certificate, is no error here."""


@contextmanager
def imap_server(tls: ssl.SSLContext | None = None, *, later: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[ImapServer]:
    """A running server with an empty mailbox; it speaks ``tls`` from the start, or ``later`` by STARTTLS."""
    with _Server((host, 0), _Session) as server:
        server.box, server.tls, server.later = ImapServer(host=host, port=server.server_address[1]), tls, later
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="imap")
        thread.start()
        try:
            yield server.box
        finally:
            server.shutdown()
            thread.join()
