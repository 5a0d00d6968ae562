"""A backup is the whole database of one moment, made while everything runs; it comes back whole, or nothing changes."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app import cli, migrate
from app.backups import dumps, pack
from app.backups.work import back_up
from app.db import Database
from app.errors import UserError
from app.models import Event, Match, Need, Person
from app.services import matches
from tests import postgres
from tests.city import BY_LINK, KEYS, City
from tests.databases import Databases
from tests.invariants import all_hold

PASSPHRASE = "a long one for the night"
Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def programmes(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own are found beside the server that the tests have."""
    with suppress(postgres.NoPostgres):
        monkeypatch.setenv("PATH", str(postgres.programmes()), prepend=":")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command on a database; its exit code and what it said."""

    def run(url: str, *arguments: str, keys: str = KEYS) -> tuple[int, str]:
        for name, value in {"DATABASE_URL": url, "INSTANCE": str(tmp_path), "ENCRYPTION_KEYS": keys, "SECRET_KEY": "s" * 40}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        return int(ended.value.code or 0), "".join(capsys.readouterr())

    return run


@pytest.fixture
def scratch(request: pytest.FixtureRequest, city: City, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database of the city's kind."""
    if city.ctx.db.engine.dialect.name == "sqlite":
        yield f"sqlite:///{tmp_path / 'scratch.db'}"
    else:
        with databases.postgresql(migrated=False) as url:
            yield url


@contextmanager
def restored(city: City, url: str) -> Iterator[City]:
    """The same city, looking at another database."""
    own, db = city.ctx, Database(url)
    city.ctx = replace(own, db=db)
    try:
        yield city
    finally:
        city.ctx = own
        db.close()


def url_of(city: City) -> str:
    return city.ctx.settings.resolved_database_url


def test_what_was_acknowledged_before_is_in_a_backup_made_while_writes_go_on(
    city: City, scratch: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", PASSPHRASE)
    for north_m in (100, 300, 900):
        city.volunteer(north_m=north_m, capacity=2)
    acknowledged, stop = [city.need(north_m=50)], threading.Event()
    city.match()
    matches.volunteer_answers(city.ctx, city.all(Match)[0].id, True, BY_LINK)

    def go_on() -> None:
        while not stop.is_set():
            acknowledged.append(city.need(details="Du pain"))

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        before, file = len(acknowledged), tmp_path / "night"
        assert run(url_of(city), "backup", str(file), "--encrypt")[0] == 0
        after = len(acknowledged)
    finally:
        stop.set()
        writer.join()
    assert after > before, "writes went on"
    assert file.read_bytes().count(b"CREATE TABLE") == 0
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob(".*")] == []

    code, said = run(scratch, "restore", str(file))
    assert code == 0 and said.startswith("Restored: "), said
    with restored(city, scratch):
        found = {need.id for need in city.all(Need)}
        assert set(acknowledged[:before]) <= found <= set(acknowledged)
        assert {event.need_id for event in city.all(Event) if event.kind == "need_posted"} == found
        assert city.all(Person)[3].name == "Résidente4 Martin"
        all_hold(city)
        assert city.need() > max(found), "ids go on where they were"


def test_what_is_there_is_only_replaced_when_that_is_said(city: City, run: Run, tmp_path: Path) -> None:
    file, url = str(tmp_path / "night"), url_of(city)
    kept = city.need()
    code, said = run(url, "backup", file)
    assert code == 0 and "ENCRYPTION_KEYS and SECRET_KEY are not in it" in said
    assert Path(file).read_bytes().count(b"CREATE TABLE") > 0
    code, said = run(url, "backup", file)
    assert code == 2 and said.endswith(f"{file} is there already: a backup never replaces another file. Give it another name.\n")
    lost = city.need()
    code, said = run(url, "restore", file)
    assert code == 2 and "The database is not empty." in said
    assert {need.id for need in city.all(Need)} == {kept, lost}
    city.ctx.db.close()
    code, said = run(url, "restore", file, "--replace")
    assert code == 0, said
    assert [need.id for need in city.all(Need)] == [kept]


def test_an_older_version_s_tables_are_brought_up_to_date(city: City, scratch: str, run: Run, tmp_path: Path) -> None:
    city.ctx.db.close()
    migrate.downgrade(url_of(city), "0027")
    back_up(city.ctx, tmp_path / "old", None)
    assert run(scratch, "restore", str(tmp_path / "old"))[0] == 0
    assert migrate.is_current(scratch)


class TestARefusal:
    """It is one sentence, and the database stays as it is."""

    @pytest.fixture(params=["sqlite"])
    def db_url(self, sqlite_url: str) -> str:
        return sqlite_url

    @pytest.fixture
    def file(self, city: City, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("BACKUP_PASSPHRASE", PASSPHRASE)
        assert run(url_of(city), "backup", str(tmp_path / "night"), "--encrypt")[0] == 0
        return tmp_path / "night"

    def said(self, run: Run, scratch: str, file: Path, *more: str, keys: str = KEYS) -> str:
        code, said = run(scratch, "restore", str(file), *more, keys=keys)
        assert code == 2 and said.count("\n") == 1
        assert not Path(scratch.removeprefix("sqlite:///")).exists()
        return said

    def test_of_a_wrong_or_missing_passphrase(self, file: Path, scratch: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        other = file.with_name("passphrase")
        other.write_text("another long one\n")
        assert "does not open" in self.said(run, scratch, file, "--passphrase-file", str(other))
        monkeypatch.delenv("BACKUP_PASSPHRASE")
        assert "give its passphrase" in self.said(run, scratch, file)
        other.write_text("short\n")
        assert "12 characters" in self.said(run, scratch, file, "--passphrase-file", str(other))

    @pytest.mark.parametrize("cut", [1, 5000])
    def test_of_a_file_that_was_cut_or_changed(self, file: Path, scratch: str, run: Run, cut: int) -> None:
        whole = file.read_bytes()
        file.write_bytes(whole[:-cut])
        assert "is not whole" in self.said(run, scratch, file)
        file.write_bytes(whole[:-cut] + bytes([whole[-cut] ^ 1]) + whole[len(whole) - cut + 1 :])
        assert "is not whole" in self.said(run, scratch, file)

    def test_of_what_is_no_backup(self, file: Path, scratch: str, run: Run) -> None:
        for content in (b"", b"adeuxpas backup 1\n", b"adeuxpas backup 1\n[]\n" + b"x" * 40, b"\x00" * 100):
            file.write_bytes(content)
            assert "is no backup" in self.said(run, scratch, file)

    def test_of_other_encryption_keys(self, file: Path, scratch: str, run: Run) -> None:
        assert "ENCRYPTION_KEYS has not the key (k1)" in self.said(run, scratch, file, keys=KEYS.replace("k1:", "k2:"))

    def test_of_a_newer_version(self, city: City, scratch: str, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.backups.work._schema", lambda ctx: "9999")
        newer = file.with_name("newer")
        assert run(url_of(city), "backup", str(newer))[0] == 0
        assert json.loads(newer.read_bytes().splitlines()[1])["schema"] == "9999"
        assert "newer version" in self.said(run, scratch, newer)

    def test_of_encryption_without_a_passphrase(self, city: City, run: Run, tmp_path: Path) -> None:
        code, said = run(url_of(city), "backup", str(tmp_path / "night"), "--encrypt")
        assert code == 2 and said.startswith("--encrypt needs a passphrase")
        assert not (tmp_path / "night").exists()


def test_a_piece_of_a_sealed_dump_cannot_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "PIECE", 100)
    dump, file, out = tmp_path / "dump", tmp_path / "file", tmp_path / "out"
    for size in (0, 100, 250):
        dump.write_bytes(b"d" * size)
        pack.write(dump, file, pack.Header("", "", "sqlite", "", ""), PASSPHRASE)
        pack.read(file, out, pack.read_header(file), PASSPHRASE)
        assert out.read_bytes() == dump.read_bytes()
        out.unlink()
        file.unlink()
    pack.write(dump, file, pack.Header("", "", "sqlite", "", ""), PASSPHRASE)
    header, content = pack.read_header(file), file.read_bytes()
    begin = content.index(b"\n", len(pack.MAGIC)) + 1
    for left_out in (slice(begin, begin + 116), slice(begin + 232, len(content) - 32)):
        file.write_bytes(content[: left_out.start] + content[left_out.stop :])
        with pytest.raises(UserError, match="does not open"):
            pack.read(file, out, header, PASSPHRASE)
        out.unlink()


def test_without_postgresql_s_programmes_it_is_said_which_to_install(
    postgresql_url: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run(postgresql_url, "backup", str(tmp_path / "night"))
    assert (code, "apt install postgresql-client" in said) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = tmp_path / "pg_dump"
    spy.write_text('#!/bin/sh\necho "$@ | $PGPASSWORD" > ' + str(tmp_path / "seen") + "\n")
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    dumps.dump("postgresql+psycopg://anna:p%20w'd@db.example:5433/city?sslmode=require", tmp_path / "out")
    line, password = (tmp_path / "seen").read_text().strip().split(" | ")
    assert password == "p w'd"
    assert line.startswith("--dbname=host=db.example dbname=city user=anna port=5433 sslmode=require --format=custom")
