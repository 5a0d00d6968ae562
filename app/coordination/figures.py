"""Figures for any period beside the one before: on a page, as files, and on one sheet of paper for the council."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import to_user_timezone

from app.account.again import ask_again
from app.coordination import figure_tables
from app.coordination.door import coordination, sight
from app.coordination.figure_tables import MOST_ROWS, Table
from app.coordination.lists import whole
from app.extensions import ctx
from app.files import table_file
from app.i18n import day_of_year, language
from app.identity import actor
from app.permissions import COORDINATE, permit
from app.services import counting, lists, throttle, watching
from app.services.cells import exported
from app.services.counting import Counted
from app.services.period import Period, choices, read_period
from app.services.sight import topmost
from app.services.streets import plain
from config.categories import CATEGORIES
from notifications.words import hours_clock

TABLES = (
    "summary", "states", "kinds", "quartiers", "waits", "answers", "outcomes", "volunteers", "balance-kinds", "balance-quartiers",
    "balance", "contacts", "channels",
)  # fmt: skip
OPEN = "open.csv"
"""The form of a table that everybody may have."""
FORMS = ("csv", "xlsx", OPEN)


def _one_of(names: Sequence[str]) -> str:
    return f"any({', '.join(map(repr, names))})"


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. ``wrong``: its days are none, and the usual period stands in."""

    period: Period
    wrong: bool
    territory_id: int | None
    place: str
    """The name of the territory, or of all that the agent oversees; empty for the whole city."""
    names: Mapping[str, str]
    """Of all territories in sight, by their id as text."""

    @property
    def address(self) -> dict[str, Any]:
        """What a link to the same figures says."""
        days = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        return days | ({"territory": self.territory_id} if self.territory_id else {})

    def count(self) -> tuple[Counted, dict[str, Table], str]:
        """The figures, their tables, and at what time they were counted."""
        at, found = counting.count_lately(ctx(), sight(), self.period, self.territory_id, tuple(CATEGORIES))
        return found, figure_tables.tables(found, self.names), hours_clock(f"{to_user_timezone(at):%H:%M}", language())


def _wanted() -> Wanted:
    first, last = request.args.get("from", ""), request.args.get("to", "")
    given = read_period(first, last)
    names = {str(row.id): row.name for row in lists.territories(ctx(), sight())}
    territory_id = whole(request.args.get("territory"))
    place = names.get(str(territory_id), "")
    chosen = territory_id if place else None
    return Wanted(
        given or choices(_today())["usual"], given is None and bool(first or last), chosen, place or ", ".join(topmost(ctx(), sight())),
        names,
    )  # fmt: skip


def _today() -> Any:
    return ctx().now().astimezone(ctx().settings.zone).date()


def _days(period: Period) -> tuple[str, str]:
    return day_of_year(period.first), day_of_year(period.last)


@coordination.get("/figures")
@permit(COORDINATE)
def figures() -> ResponseReturnValue:
    wanted = _wanted()
    found, tables, at = wanted.count()
    periods = choices(_today())
    quick = {name: url_for(".figures", **(wanted.address | _as_address(period))) for name, period in periods.items()}
    return render_template(
        "coordination/figures.html", wanted=wanted, quick=quick,
        here=[name for name, each in periods.items() if each == wanted.period],
        headlines=figure_tables.headlines(found), worst=figure_tables.worst(tables["quartiers"]),
        worst_told=figure_tables.worst(tables["quartiers"].opened), tables=[tables[name] for name in TABLES],
        days=_days(wanted.period), days_before=_days(wanted.period.before), shown=figure_tables.shown, most_rows=MOST_ROWS, at=at,
    )  # fmt: skip


def _as_address(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


@coordination.get("/figures/report")
@permit(COORDINATE)
def figures_report() -> ResponseReturnValue:
    """One sheet for the council."""
    wanted = _wanted()
    found, counted, at = wanted.count()
    tables = {name: table.opened for name, table in counted.items()}
    return render_template(
        "coordination/figures_report.html", wanted=wanted, headlines=figure_tables.headlines(found, public=True), tables=tables, at=at,
        worst=figure_tables.worst(tables["quartiers"]), days=_days(wanted.period), days_before=_days(wanted.period.before),
        today=day_of_year(_today()), shown=figure_tables.shown,
    )  # fmt: skip


@coordination.route(f"/figures/<{_one_of(TABLES)}:table>.<{_one_of(FORMS)}:form>", methods=["GET", "POST"])
@permit(COORDINATE)
def figures_file(table: str, form: str) -> ResponseReturnValue:
    """A table whole, as a file whose name says of when and where, or what everybody may have of it; posted with the code, where that is
    asked for once more."""
    if asks := ask_again():
        return asks
    wanted = _wanted()
    if wanted.wrong:
        return redirect(url_for(".figures", **{name: request.args.get(name) for name in ("from", "to", "territory")}), 303)
    watching.spend(ctx(), throttle.AGENT_EXPORTS, actor())
    chosen = wanted.count()[1][table]
    parts = (table, *_as_address(wanted.period).values(), _plain(wanted.place))
    rows = exported((chosen.opened if form == OPEN else chosen).rows)
    return table_file("-".join(part for part in parts if part) + f".{form}", chosen.heads, rows)


def _plain(name: str) -> str:
    """A name without accents, for the name of a file."""
    return plain(name).replace(" ", "-")[:40].strip("-")
