"""The figures in words: a few large ones with what they were before, and tables, each with what it counts. docs/figures.md has the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from flask_babel import format_decimal, format_percent, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kinds import kind_name
from app.services.cells import MARK, Cell, Count, Number, Row, Share, giving_away, opened, opened_cell, withheld
from app.services.counting import HOURS, Asked, Counted, Group, Half
from config.categories import CATEGORIES
from matching.lifecycle import NeedState
from matching.spread import gini, quantile, spelled_out

STATES = {
    "unconfirmed": _l("waits to be confirmed"), "open": _l("looking for somebody"), "asked": _l("volunteers are asked"),
    "agreed": _l("somebody helps"), "closed": _l("done"), "paused": _l("paused"), "withdrawn": _l("withdrawn"), "expired": _l("ran out"),
}  # fmt: skip
ANSWERS = {
    "yes": _l("yes"), "no": _l("no"), "silent": _l("no answer in time"), "overtaken": _l("settled before an answer"),
    "waiting": _l("still has time to answer"),
}  # fmt: skip
OUTCOMES = {
    "done": _l("helped"), "goes_on": _l("helped, and it goes on"), "absent": _l("not helped: nobody came"),
    "no_time": _l("not helped: no time suited both"), "no_need": _l("not helped: no longer needed"),
    "other": _l("not helped: something else"),
    "by_volunteer": _l("the volunteer could not after all"), "by_resident": _l("the resident took it back"), "called_off": _l("called off"),
    "not_due": _l("not asked yet: the visit is to come, or just over"), "unknown": _l("asked, no answer yet"),
}  # fmt: skip
KNOWN = ("done", "goes_on", "absent", "no_time", "no_need", "other", "by_volunteer", "by_resident", "called_off")
CONTACTS = {"email": _l("E-mail"), "sms": _l("Text message"), "phone": _l("Phone"), "letter": _l("Letter")}
CHANNELS = {
    "web": _l("On the site"), "link": _l("By link"), "phone": _l("By phone"), "counter": _l("At the counter"), "mail": _l("By e-mail"),
    "file": _l("From a spreadsheet"), "system": _l("By the service"),
}  # fmt: skip
TIMES = ((0, 0), (1, 1), (2, 2), (3, 5), (6, 10), (11, None))
MOST_ROWS, MOST_BARS = 25, 12
"""How many rows of a table a page shows, and its picture; the table's files have them all."""


@dataclass(frozen=True)
class Table:
    """``says`` what it counts. ``bars``: the columns that its picture shows, now and before."""

    name: str
    title: str
    says: str
    heads: tuple[str, ...]
    rows: list[Row]
    bars: tuple[int, ...]

    @property
    def few(self) -> bool:
        return bool(withheld(self.rows))

    @property
    def opened(self) -> Self:
        """As everybody may have it."""
        return replace(self, rows=opened(self.rows))

    def words(self, i: int) -> list[str]:
        """The cells of a row as a page says them."""
        beside = i in giving_away(self.rows)
        cells = self.rows[i][1:]
        return [f"{shown(cell)} {MARK}" if beside and cell.number is not None else shown(cell) for cell in cells]

    @property
    def drawn(self) -> list[tuple[str, list[tuple[str, float]]]]:
        """Each bar's name, and in words and as a part of the longest what it shows."""
        shares = any(isinstance(row[at], Share) for row in self.rows for at in self.bars)
        values = [[_value(row[at]) for at in self.bars] for row in self.rows]
        most = 100.0 if shares else max((value for row in values for value in row), default=0.0) or 1.0
        return [
            (row[0], [(shown(row[at]), value / most) for at, value in zip(self.bars, each, strict=True)])  # type: ignore[arg-type]
            for row, each in zip(self.rows[:MOST_BARS], values, strict=False)
        ]


def _value(cell: object) -> float:
    return float(getattr(cell, "number", None) or 0)


def shown(cell: Cell) -> str:
    """A cell as a page says it, marked where few people stand behind it."""
    if cell.number is None:
        return "–"
    words = format_percent(cell.part / cell.whole) if isinstance(cell, Share) else format_decimal(cell.number)
    return f"{words} {MARK}" if cell.few else words


def served(asked: Asked) -> Share:
    return Share(asked.within, asked.ripe, asked.people)


def yes_of(half: Half) -> Share:
    """Of those who answered or let it pass."""
    said = [half.answers.get(key, Group()) for key in ("yes", "no", "silent")]
    return Share(said[0].count, sum(group.count for group in said), sum(group.people for group in said))


def until_agreed(half: Half, share: float) -> float:
    """Minutes; not a number where nobody agreed."""
    return quantile(spelled_out(half.waits), share)


def for_one(half: Half) -> Number:
    """Questions to volunteers for one match."""
    each = round(Decimal(half.over) / half.came_true, 1) if half.came_true else None
    return Number(each, sum(group.people for group in half.answers.values()))


def known_of(half: Half) -> Share:
    return Share(*(sum(half.outcomes.get(key, Group()).count for key in keys) for keys in (KNOWN, OUTCOMES)))


def helped(half: Half) -> Count:
    return Count(*map(sum, zip(*(half.outcomes.get(key, Group()) for key in ("done", "goes_on")), strict=True)))


def evenly(half: Half) -> Number:
    """The Gini coefficient of the questions to volunteers, 0 to 1."""
    asked = any(half.asked.get(times) for times in half.asked if times)
    return Number(round(Decimal(gini(spelled_out(half.asked))), 2) if asked else None, sum(half.asked.values()))


def duration(minutes: float) -> str:
    """``3 h 10 min``, ``2 d 4 h``."""
    if minutes != minutes:
        return "–"
    hours, rest = divmod(int(minutes), 60)
    if hours >= 48:
        return _("%(days)s d %(hours)s h", days=hours // 24, hours=hours % 24)
    return _("%(hours)s h %(minutes)02d min", hours=hours, minutes=rest) if hours else _("%(minutes)s min", minutes=rest)


def headlines(found: Counted, *, public: bool = False) -> list[tuple[str, str]]:
    """The figures for whoever has one minute: a number, and what it is with what it was before."""
    now, before = found.now, found.before
    day = served(now.requests)
    waits = [_wait_words(half, hidden=public and Count(half.requests.agreed).few) for half in (now, before)]

    def say(cell: Cell) -> str:
        return shown(opened_cell(cell) if public else cell)

    return [
        (say(Count(*now.requests[:2])), _("requests. Before: %(before)s.", before=say(Count(*before.requests[:2])))),
        (say(day), _("served within a day: %(part)s of %(whole)s. Before: %(before)s.", part=say(Count(day.part)),
                       whole=say(Count(day.whole, day.people)), before=say(served(before.requests)))),
        (waits[0][0], _("until both agreed, for half of them; %(most)s for 95 in 100. Before: %(half)s and %(before)s.",
                        most=waits[0][1], half=waits[1][0], before=waits[1][1])),
        (say(helped(now)), _("times help took place. Before: %(before)s.", before=say(helped(before)))),
        (say(for_one(now)), _("volunteers asked for each match. Before: %(before)s.", before=say(for_one(before)))),
        (say(yes_of(now)), _("of the answers were yes. Before: %(before)s.", before=say(yes_of(before)))),
        (say(Count(now.asked.get(0, 0))), _("volunteers never asked. Before: %(before)s.", before=say(Count(before.asked.get(0, 0))))),
        (say(Count(now.lost)), _("volunteers lost. Before: %(before)s.", before=say(Count(before.lost)))),
    ]  # fmt: skip


def _wait_words(half: Half, *, hidden: bool) -> tuple[str, str]:
    return ("–", "–") if hidden else (duration(until_agreed(half, 0.5)), duration(until_agreed(half, 0.95)))


def worst(quartiers: Table) -> tuple[str, Share] | None:
    """The quartier that is served least within a day, of those with enough people: the table begins with it."""
    for row in quartiers.rows:
        share = row[5]
        if isinstance(share, Share) and share.whole and not Count(share.whole, share.people).few:
            return row[0], share
    return None


def tables(found: Counted, names: Mapping[str, str]) -> dict[str, Table]:
    """All tables by name. ``names``: territories by their id as text."""
    made = [
        _summary(found), _states(found), *_by_place_and_kind(found, names), _waits(found), _answers(found), _outcomes(found),
        _volunteers(found), *_balances(found, names), *_channels(found),
    ]  # fmt: skip
    return {table.name: table for table in made}


def _summary(found: Counted) -> Table:
    def pair(figure: object) -> tuple[Cell, Cell]:
        return figure(found.now), figure(found.before)  # type: ignore[operator,no-any-return]

    def minutes(share: float) -> object:
        return lambda half: Number(None if (wait := until_agreed(half, share)) != wait else int(wait), half.requests.agreed)

    rows: list[Row] = [
        (_("Requests"), *pair(lambda half: Count(*half.requests[:2]))),
        (_("Served within a day, in percent"), *pair(lambda half: served(half.requests))),
        (_("Minutes until both agreed: median"), *pair(minutes(0.5))),
        (_("Minutes until both agreed: 95th percentile"), *pair(minutes(0.95))),
        (_("Volunteers asked for each match"), *pair(for_one)),
        (_("Answers that were yes, in percent"), *pair(yes_of)),
        (_("Outcomes known, in percent"), *pair(known_of)),
        (_("Times help took place"), *pair(helped)),
        (_("Volunteers asked"), *pair(lambda half: Count(sum(many for times, many in half.asked.items() if times)))),
        (_("Volunteers never asked"), *pair(lambda half: Count(half.asked.get(0, 0)))),
        (_("Volunteers lost"), *pair(lambda half: Count(half.lost))),
        (_("How unevenly volunteers are asked (Gini, 0 to 1)"), *pair(evenly)),
    ]
    lost = _("Lost are approved volunteers who withdrew their last offer.")
    uneven = _("Gini: 0 where all are asked equally often, near 1 where few are asked for everything.")
    return Table("summary", _("Summary"), f"{lost} {uneven}", (_("Figure"), _("Now"), _("Before")), rows, ())


def _asked(found: Counted, kind: str, key: str) -> tuple[Asked, Asked]:
    return found.now.by.get(kind, {}).get(key, Asked()), found.before.by.get(kind, {}).get(key, Asked())


def _states(found: Counted) -> Table:
    rows: list[Row] = [(str(STATES[state]), *(Count(*each[:2]) for each in _asked(found, "state", state))) for state in NeedState]
    says = _("Requests confirmed in the period, by how they stand today.")
    return Table("states", _("How requests stand"), says, (_("State"), _("Now"), _("Before")), [row for row in rows if _any(row)], (1, 2))


def _any(row: Row) -> bool:
    return any(cell.number for cell in row[1:])


def _by_place_and_kind(found: Counted, names: Mapping[str, str]) -> list[Table]:
    heads = (_("Requests"), _("Requests before"), _("A day old"), _("Served within a day"), _("Share"), _("Share before"))

    def row(kind: str, key: str, name: str) -> Row:
        now, before = _asked(found, kind, key)
        within = Count(now.within), served(now), served(before)
        return name, Count(*now[:2]), Count(*before[:2]), Count(now.ripe, now.people), *within

    kinds = [row("category", slug, kind_name(slug)) for slug in CATEGORIES]
    places = [row("territory", key, names[key]) for key in names]
    nowhere = row("territory", "", _("not placed yet"))
    places.append(nowhere)
    places.sort(key=lambda each: (each[5].number is None, each[3].few, each[5].number or 0))
    says = _("Both agreed within 24 hours of the confirmation. Only requests that are a day old are counted in the share.")
    first = _("The quartier served least comes first; those without a share come last.")
    return [
        Table("kinds", _("By kind of help"), says, (_("Kind of help"), *heads), kinds, (5, 6)),
        Table("quartiers", _("By quartier"), f"{says} {first}", (_("Quartier"), *heads), [each for each in places if _any(each)], (5, 6)),
    ]


def _waits(found: Counted) -> Table:
    rows: list[Row] = []
    for hours in HOURS:
        now, before = _asked(found, "hours", str(hours))
        name = _("%(hours)s h", hours=hours) if hours < 48 else _("%(days)s days", days=hours // 24)
        rows.append((name, Count(now.ripe, now.people), Count(now.within), served(now), served(before)))
    heads = (_("Within"), _("Requests so old"), _("Both agreed"), _("Share"), _("Share before"))
    says = _("Of the requests that are at least so old, those for which a volunteer and the resident agreed within that time.")
    return Table("waits", _("How soon"), says, heads, rows, (3, 4))


def _groups(words: Mapping[str, object], now: Mapping[str, Group], before: Mapping[str, Group]) -> list[Row]:
    return [(str(name), Count(*now.get(key, Group())), Count(*before.get(key, Group()))) for key, name in words.items()]


def _answers(found: Counted) -> Table:
    heads = (_("Answer"), _("Now"), _("Before"))
    says = _("Volunteers asked in the period, by their answer so far. Whoever offers by themselves to take a request is not counted.")
    return Table("answers", _("What volunteers answered"), says, heads, _groups(ANSWERS, found.now.answers, found.before.answers), (1, 2))


def _outcomes(found: Counted) -> Table:
    rows = _groups(OUTCOMES, found.now.outcomes, found.before.outcomes)
    heads = (_("What came of it"), _("Now"), _("Before"))
    known = known_of(found.now)
    says = _("Matches on which both agreed in the period. The outcome of %(known)s of %(all)s is known.", known=known.part, all=known.whole)
    return Table("outcomes", _("What came of it"), says, heads, rows, (1, 2))


def _volunteers(found: Counted) -> Table:
    def many(half: Half, least: int, most: int | None) -> Count:
        return Count(sum(count for times, count in half.asked.items() if least <= times and (most is None or times <= most)))

    def name(least: int, most: int | None) -> str:
        if most is None:
            return ngettext("more than %(num)s time", "more than %(num)s times", least - 1)
        if least == most:
            return ngettext("%(num)s time", "%(num)s times", most) if most else _("never")
        return _("%(least)s to %(most)s times", least=least, most=most)

    rows: list[Row] = [(name(*times), many(found.now, *times), many(found.before, *times)) for times in TIMES]
    says = _("Volunteers of this area by how often they were asked in the period. Never: those on duty today, approved by the end of it.")
    return Table("volunteers", _("How often volunteers were asked"), says, (_("Asked"), _("Now"), _("Before")), rows, (1, 2))


def _balances(found: Counted, names: Mapping[str, str]) -> list[Table]:
    heads = (_("Requests that look for somebody"), _("Volunteers on duty"))
    places = {**names, "-": _("not placed yet")}

    def row(name: str, place: str, kind: str) -> Row:
        ready = found.ready.get((place, kind), Group())
        return name, Count(*found.looking.get((place, kind), Group())), Count(ready.people, ready.people)

    kinds = [row(kind_name(slug), "", slug) for slug in CATEGORIES]
    quartiers = sorted((each for key, name in places.items() if _any(each := row(name, key, ""))), key=_most_lacking)
    cells = [
        each for key, name in places.items() for slug in CATEGORIES
        if _any(each := row(_("%(quartier)s: %(kind)s", quartier=name, kind=kind_name(slug)), key, slug))
    ]  # fmt: skip
    says = _("Today, whatever the period. A volunteer counts once for each kind of help and where they live, not how far they go.")

    cells.sort(key=_most_lacking)
    return [
        Table("balance-kinds", _("Requests and volunteers by kind of help"), says, (_("Kind of help"), *heads), kinds, (1, 2)),
        Table("balance-quartiers", _("Requests and volunteers by quartier"), says, (_("Quartier"), *heads), quartiers, (1, 2)),
        Table("balance", _("Where volunteers are lacking"), says, (_("Quartier and kind of help"), *heads), cells, (1, 2)),
    ]  # fmt: skip


def _most_lacking(row: Row) -> tuple[float, str]:
    return _value(row[2]) - _value(row[1]), row[0]


def _channels(found: Counted) -> list[Table]:
    def rows(kind: str, words: Mapping[str, object]) -> list[Row]:
        made: list[Row] = []
        for key, name in words.items():
            now, before = _asked(found, kind, key)
            made.append((str(name), Count(*now[:2]), Count(*before[:2]), served(now), served(before)))
        return [row for row in made if _any(row)]

    heads = (_("Requests"), _("Requests before"), _("Served within a day"), _("Share before"))
    reached, came = _("Requests by how their resident is reached."), _("Requests by how they came in.")
    return [
        Table("contacts", _("How residents are reached"), reached, (_("Way"), *heads), rows("contact", CONTACTS), (1, 2)),
        Table("channels", _("How requests came in"), came, (_("Way"), *heads), rows("channel", CHANNELS), (1, 2)),
    ]
