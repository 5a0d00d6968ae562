"""What is counted leaves to everybody by two exporters alone, which hold back groups of fewer than five people themselves."""

import ast
from pathlib import Path

from app.permissions import Permission
from tests.architecture.test_arrows import imported, modules

APP = Path(__file__).parents[2] / "app"
EXPORTERS = {"app.services.figures"}
OTHERS = {
    "app.services.mail.late_since": "whether mail is late, yes or no",
    "app.services.backlog": "how queues stand, for whoever has METRICS_TOKEN",
    "app.services.addresses": "addresses of the city, of nobody", "app.services.places": "outlines", "app.services.throttle": "no figure",
    "app.services.demo": "the demonstration alone", "app.services.sessions": "the demonstration alone",
    "app.services.second_factor": "the demonstration's code",
}  # fmt: skip
"""What public pages may ask for besides, and why that is no figure about people."""
OPEN = (Permission.PUBLIC, Permission.LINK, Permission.DEMO)


def of_everybody() -> list[Path]:
    """The modules with a page that nobody has to sign in for."""
    return [path for path in modules("app") if _pages(path) & {permission.name for permission in OPEN}]


def _pages(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {
        name.id for call in calls if isinstance(call.func, ast.Name) and call.func.id == "permit"
        for name in call.args if isinstance(name, ast.Name)
    }  # fmt: skip


def test_public_pages_ask_for_no_figures_but_those_of_the_exporters() -> None:
    asked = {name for path in modules("app/public") for name in imported(path) if name.startswith("app.services.")}
    known = (*EXPORTERS, *OTHERS)
    assert sorted(name for name in asked if not any(name == each or name.startswith(f"{each}.") for each in known)) == []


def test_nothing_that_counts_for_agents_is_known_where_nobody_signs_in() -> None:
    counting = ("app.services.counting", "app.services.cells", "app.services.lists", "app.services.overview", "app.services.lacks",
                "app.coordination", "app.files")  # fmt: skip
    pages = of_everybody()
    assert len(pages) > 10
    wrong = [f"{path.name}: {name}" for path in pages for name in imported(path) if name.startswith(counting)]
    assert [each for each in wrong if not each.startswith("take_along")] == []


def test_a_database_query_stands_in_no_public_page() -> None:
    allowed = {"pages.py: sqlalchemy.text"}  # whether the database answers
    said = {f"{path.name}: {name}" for path in modules("app/public") for name in imported(path) if name.startswith("sqlalchemy")}
    assert {each for each in said if not each.endswith("SQLAlchemyError")} <= allowed
