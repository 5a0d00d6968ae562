"""Rules that hold for every file of the repository."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LONGEST_FILE = 450
LONGEST_FUNCTION = 70


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is not a clone of the repository, or git is missing")
    return [REPOSITORY / name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com"]
    folders = ["work", "tmp", "root", "home"]
    unwanted = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<![\w.~*-])/{name}/" for name in folders)]).encode())
    found = [f"{p.relative_to(REPOSITORY)}: {m.group().decode()}" for p in tracked() for m in unwanted.finditer(p.read_bytes())]
    assert found == []


def test_files_have_one_subject_and_stay_short() -> None:
    lengths = {str(p.relative_to(REPOSITORY)): len(p.read_text().splitlines()) for p in tracked("*.py", "*.html", "*.css", "*.js")}
    assert {name: length for name, length in lengths.items() if length >= LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    long = []
    for path in tracked("*.py", ":!migrations/versions"):  # a migration is one long list
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno >= LONGEST_FUNCTION:
                long.append(f"{path.relative_to(REPOSITORY)}: {node.name}")
    assert long == []


def test_make_help_lists_every_target() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    listed = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) +\S", listed, re.MULTILINE)) == targets


def test_scripts_stop_at_the_first_error() -> None:
    for script in (p for p in tracked("scripts", ".ci") if not p.suffix):
        text = script.read_text()
        assert re.match(r"#!/(usr/bin/env bash|bin/sh)\n# ", text), script
        assert re.search(r"^set -eu", text, re.MULTILINE), script
        assert script.stat().st_mode & 0o111, script
