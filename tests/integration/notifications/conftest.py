"""An outbox on each kind of database, a mail server, and the things a relay needs."""

import datetime as dt
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.db import Database
from notifications import outbox
from notifications.messages import Message, NeedReceived
from notifications.outbox import Recipient
from notifications.tables import metadata
from notifications.tables import outbox as table
from tests.smtp import SmtpServer, smtp_server

START = dt.datetime(2026, 11, 30, 9, 0, tzinfo=dt.UTC)


def seal(text: str) -> str:
    """Not a secret, but not the text either: what a test finds unsealed shows."""
    return "sealed:" + text[::-1]


def unseal(text: str) -> str:
    assert text.startswith("sealed:")
    return text.removeprefix("sealed:")[::-1]


@dataclass
class Clock:
    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += dt.timedelta(**by)


@dataclass
class Post:
    """An outbox in a database, with short ways to fill it and to look at it."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def enqueue(
        self, address: str = "zoe@example.org", message: Message | None = None, *, consented: bool = True, **kwargs: Any
    ) -> int | None:
        to = Recipient(address, f"index of {address}", "fr", "Zoé Martin", consented)
        message = message or NeedReceived("Zoé", "shopping", "https://entraide.example.org/page/AAA")
        kwargs = {"about": "need:1", "now": self.clock()} | kwargs
        with self.database.begin() as connection:
            return outbox.enqueue(connection, message, to=to, seal=seal, sender_domain="example.org", **kwargs)

    def rows(self) -> list[Any]:
        with self.database.begin() as connection:
            return list(connection.execute(table.select().order_by(table.c.id)))

    def row(self, id: int | None = None) -> Any:
        return next(row for row in self.rows() if id in (None, row.id))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]


@pytest.fixture
def post(empty_db_url: str) -> Iterator[Post]:
    database = Database(empty_db_url)
    metadata.create_all(database.engine)
    yield Post(database)
    database.close()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and 127.0.0.2 that nobody knows, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(f"127.0.0.{n}")) for n in (1, 2)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return cert_file, key_file


@pytest.fixture(params=[True, False], ids=["known", "unknown"])
def known(request: pytest.FixtureRequest, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether this machine trusts the certificate."""
    if request.param:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    return bool(request.param)


@pytest.fixture
def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """A server's, with that certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made
