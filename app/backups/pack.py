"""The file of a backup: a line of what it is, a line of JSON about it, the dump, and the SHA-256 of all before.

A sealed one has its dump in pieces, each under AES-GCM with a key that scrypt makes from the passphrase and the salt in the header. A
piece is bound to its place, to the header and to whether it is the last one: none can be left out, moved or taken from another backup.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.errors import UserError

MAGIC = b"adeuxpas backup 1\n"
PIECE = 1 << 20
TAG, CHECKSUM, LONGEST_HEADER = 16, 32, 4096


@dataclass(frozen=True)
class Header:
    """``schema`` is the migration that the tables are at, ``keys`` a text that only the city's encryption keys open, ``salt`` (in hex)
    that of the passphrase, empty where there is none."""

    made_at: str
    version: str
    database: str
    schema: str
    keys: str
    salt: str = ""


class _Checked:
    """A file that is written to, and the sum of what went into it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sum.update(data)
        self.file.write(data)


def write(dump: Path, file: Path, header: Header, passphrase: str | None) -> None:
    """Put ``dump`` and its ``header`` into ``file``, sealed where there is a passphrase; on disk when this returns."""
    if passphrase:
        header = Header(**asdict(header) | {"salt": os.urandom(16).hex()})
    about = json.dumps(asdict(header)).encode() + b"\n"
    with dump.open("rb") as source, file.open("xb") as target:
        os.chmod(target.fileno(), 0o600)
        out = _Checked(target)
        out.write(MAGIC + about)
        for piece in _sealed(source, about, passphrase, header.salt) if passphrase else _pieces(source, PIECE):
            out.write(piece)
        target.write(out.sum.digest())
        target.flush()
        os.fsync(target.fileno())


def read_header(file: Path) -> Header:
    """What a backup is, once its checksum is found to be right. Raises :class:`UserError` where it is none, or not whole."""
    with file.open("rb") as source:
        about = _start(source, file)
    try:
        header = Header(**json.loads(about))
    except (TypeError, ValueError):
        raise _no_backup(file) from None
    with file.open("rb") as source:
        left, summed = file.stat().st_size - CHECKSUM, hashlib.sha256()
        while left > 0:
            piece = source.read(min(PIECE, left))
            summed.update(piece)
            left -= len(piece)
        if summed.digest() != source.read():
            raise UserError(f"{file} is not whole: its checksum is wrong. It was cut or changed; take another backup.")
    return header


def read(file: Path, dump: Path, header: Header, passphrase: str | None) -> None:
    """Take the dump out again. Raises :class:`UserError` for a passphrase that is missing or another one."""
    if header.salt and not passphrase:
        raise UserError(f"{file} is encrypted: give its passphrase with --passphrase-file, or in BACKUP_PASSPHRASE.")
    with file.open("rb") as source, dump.open("xb") as target:
        about = _start(source, file)
        left = file.stat().st_size - CHECKSUM - source.tell()
        whole = _pieces(source, PIECE + TAG * bool(header.salt), left)
        try:
            for piece in _opened(whole, about, passphrase or "", header.salt) if header.salt else whole:
                target.write(piece)
        except InvalidTag:
            raise UserError(f"This passphrase does not open {file}.") from None


def _start(source: BinaryIO, file: Path) -> bytes:
    """The line about it; ``source`` then stands where the dump begins."""
    if source.readline(len(MAGIC)) != MAGIC:
        raise _no_backup(file)
    return source.readline(LONGEST_HEADER)


def _no_backup(file: Path) -> UserError:
    return UserError(f"{file} is no backup made by: adeuxpas backup")


def _pieces(source: BinaryIO, size: int, left: int | None = None) -> Iterator[bytes]:
    while piece := source.read(size if left is None else min(size, left)):
        left = None if left is None else left - len(piece)
        yield piece


def _sealed(source: BinaryIO, about: bytes, passphrase: str, salt: str) -> Iterator[bytes]:
    cipher = _cipher(passphrase, salt)
    for number, piece, last in _with_last(_pieces(source, PIECE)):
        yield cipher.encrypt(number.to_bytes(12, "big"), piece, about + last)


def _opened(pieces: Iterator[bytes], about: bytes, passphrase: str, salt: str) -> Iterator[bytes]:
    cipher = _cipher(passphrase, salt)
    for number, piece, last in _with_last(pieces):
        yield cipher.decrypt(number.to_bytes(12, "big"), piece, about + last)


def _cipher(passphrase: str, salt: str) -> AESGCM:
    """A key for this file alone, since its salt is: numbers may serve as nonces."""
    return AESGCM(Scrypt(salt=bytes.fromhex(salt), length=32, n=2**16, r=8, p=1).derive(passphrase.encode()))


def _with_last(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Each piece with its number, and whether it is the last. Of none at all one empty piece is the last."""
    number, held = 0, next(pieces, b"")
    for piece in pieces:
        yield number, held, b"more"
        number, held = number + 1, piece
    yield number, held, b"last"
