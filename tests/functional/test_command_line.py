"""What all commands share: help, and a sentence for every mistake."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app import cli
from app.errors import UserError
from config.settings import SettingsError

REPOSITORY = Path(__file__).parents[2]


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    ctx = click.Context(command)
    for child in command.list_commands(ctx):
        found = command.get_command(ctx, child)
        assert found
        yield from leaves(found, f"{name} {child}")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command
    def command() -> None:
        raise error

    monkeypatch.setattr(cli.group, "get_command", lambda ctx, name: command)


def test_every_command_shows_examples_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name, _ in leaves(cli.group, "adeuxpas"):
        code, out, _ = run(capsys, *name.split()[1:], "--help")
        assert code == 0
        assert f"  {name}" in out.partition("Examples:")[2], name


def test_the_list_of_commands_names_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    shared = {"__init__", "__main__", "setup", "pairing", "history", "values", "passphrase"}
    modules = {path.stem for path in (REPOSITORY / "app" / "cli").glob("*.py")} - shared
    assert {module.rstrip("_") for module in modules} == set(cli.COMMANDS)
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in out] == []


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert (code, out.split()[0]) == (0, "adeuxpas")


def test_a_command_that_does_not_exist_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "marry")
    assert code == 2
    assert "No such command 'marry'" in err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("The lamp is off. Light it."), 2, "The lamp is off. Light it.\n"),
        (SettingsError(["PORT must be a number.", "HOST must be a name."]), 2, "PORT must be a number.\nHOST must be a name.\n"),
        (PermissionError(13, "Permission denied", "a.db"), 2, "a.db: Permission denied\n"),
        (KeyboardInterrupt(), 130, "\n"),
    ],
)
def test_a_mistake_becomes_a_sentence_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    fail_with(monkeypatch, error)
    assert run(capsys, "match") == (code, "", said)


def test_a_programming_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["match"])


def test_a_reader_that_goes_away_is_no_error_worth_a_word() -> None:
    closed = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], stdout=open_and_closed_pipe(), stderr=subprocess.PIPE, cwd=REPOSITORY, check=False
    )
    assert closed.stderr == b""


def open_and_closed_pipe() -> int:
    import os

    read_end, write_end = os.pipe()
    os.close(read_end)
    return write_end
