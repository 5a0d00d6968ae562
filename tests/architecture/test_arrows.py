"""Which part may know which: app → matching, app → notifications, all → config; the domain knows no framework, network or clock."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
HOUSE = {"app", "matching", "notifications", "config", "migrations", "tests", "benchmarks"}
MAY_KNOW = {
    "matching": {"matching", "config"},
    "notifications": {"notifications", "config"},
    "config": {"config"},
    "app": {"app", "matching", "notifications", "config", "migrations"},
}
LIBRARIES_OF_MATCHING = {"numpy", "numba", "llvmlite", "shapely", "rtree", "geopy", "opening_hours"}
NOT_IN_MATCHING = {"time", "socket", "ssl", "http", "urllib", "smtplib", "ftplib", "asyncio", "subprocess", "sqlite3", "secrets"}
CLOCK = {"now", "utcnow", "today", "fromtimestamp"}


def modules(package: str) -> list[Path]:
    return sorted((REPOSITORY / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Full names of what a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                folder = path.relative_to(REPOSITORY).parts[: -node.level]
                base = ".".join([*folder, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", sorted(MAY_KNOW))
def test_a_package_knows_only_what_it_may(package: str) -> None:
    assert modules(package)
    wrong = [f"{p.name}: {name}" for p in modules(package) for name in imported(p) if name.split(".")[0] in HOUSE - MAY_KNOW[package]]
    assert wrong == []


def test_matching_knows_no_framework_and_no_network() -> None:
    allowed = (set(sys.stdlib_module_names) - NOT_IN_MATCHING) | MAY_KNOW["matching"] | LIBRARIES_OF_MATCHING
    wrong = [f"{p.name}: {name}" for p in modules("matching") for name in imported(p) if name.split(".")[0] not in allowed]
    assert wrong == []


def test_matching_has_no_clock() -> None:
    read = [
        f"{p.name}:{node.lineno}"
        for p in modules("matching")
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK
    ]
    assert read == []


def test_notifications_knows_no_orm() -> None:
    wrong = [f"{p.name}: {name}" for p in modules("notifications") for name in imported(p) if name.startswith("sqlalchemy.orm")]
    assert wrong == []


def test_migrations_never_follow_the_living_models() -> None:
    wrong = [
        f"{p.name}: {name}" for p in modules("migrations/versions") for name in imported(p) if name.split(".")[0] in HOUSE - {"migrations"}
    ]
    assert wrong == []


def test_the_imports_of_a_module_are_seen() -> None:
    module = REPOSITORY / "tests" / "postgres.py"
    assert {"os", "pathlib.Path"} <= set(imported(module))


def test_one_place_writes_states() -> None:
    """Elsewhere a move would be neither checked nor written down. Posts begin in their first state where they are made."""
    written = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in modules("app")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        for target in node.targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
        if isinstance(part, ast.Attribute) and part.attr == "state"
    ]
    assert [place.partition(":")[0] for place in written] == ["app/services/moves.py"]
