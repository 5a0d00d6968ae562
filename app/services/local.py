"""What a territory has of its own besides its outline. What it does not say is as the one above has it, and at last as the city has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Event, Person, Territory
from app.services.events import Actor, record
from app.services.places import territories
from app.services.sight import Sight
from config.categories import CATEGORIES
from config.settings import Settings
from matching.model import Urgency

FROM_SETTINGS = {
    "phone": "city_phone", "hours": "city_hours", "answer_hours_urgent": "answer_hours_urgent",
    "answer_hours_normal": "answer_hours_normal", "answer_hours_flexible": "answer_hours_flexible",
}  # fmt: skip
"""How the city itself has it, by the names of its settings, which also say how each is written."""
_PARSERS = {each.name: each.metadata["parse"] for each in fields(Settings)}
CHANGED = "territory_changed"
TOLD = (CHANGED, *(f"territory_{what}" for what in ("added", "redrawn", "renamed", "under", "removed")))
LATEST = 25


@dataclass(frozen=True)
class Local:
    """``first_posts_wait``: what a volunteer posts first waits for an agent who has read it. ``not_offered``: kinds of help that nobody can
    ask for there, which is so below a territory too. Hours to answer are waking hours."""

    phone: str
    hours: str
    answer_hours_urgent: int
    answer_hours_normal: int
    answer_hours_flexible: int
    first_posts_wait: bool = False
    not_offered: frozenset[str] = frozenset()

    def answer_hours(self, urgency: str) -> int:
        """How many waking hours a volunteer has to answer."""
        hours = {
            Urgency.URGENT: self.answer_hours_urgent, Urgency.NORMAL: self.answer_hours_normal,
            Urgency.FLEXIBLE: self.answer_hours_flexible,
        }  # fmt: skip
        return hours[Urgency(urgency)]


def local(session: Session, ctx: Context, territory_id: int | None) -> Local:
    """How it is in a territory; ``None`` and what does not exist are the city."""
    here, given, off = territories(session), dict[str, Any](), set[str]()
    for i in here.upward(territory_id):
        given = here.settings[i] | given
        off |= set(here.settings[i].get("not_offered", ()))
    known = {name: given[name] for name in (*FROM_SETTINGS, "first_posts_wait") if name in given}
    return Local(**(_city(ctx) | known), not_offered=frozenset(off))


def off_everywhere(ctx: Context, sight: Sight) -> list[str]:
    """Kinds of help that nobody can ask for in any territory that an agent sees."""
    with ctx.db.read() as session:
        here = territories(session)
    seen = here.names if sight.everything else sight.ids & here.names.keys()
    off = [{slug for each in here.upward(i) for slug in here.settings[each].get("not_offered", ())} for i in seen]
    return sorted(set.intersection(*off)) if off else []


def wrong(name: str, value: str) -> bool:
    """Whether a setting cannot be written so."""
    try:
        _PARSERS[FROM_SETTINGS[name]](value)
    except ValueError:
        return True
    return False


@dataclass(frozen=True)
class Own:
    """What a territory says itself, how the one ``above`` has what it does not say (``giver`` by setting: the name of the territory that
    says so, where it is not the city; ``topmost``: nothing is above but the city), and what was changed, the latest first. Columns: at,
    kind, reason (which setting, or the old name), agent."""

    name: str
    says: Mapping[str, Any]
    above: Local
    giver: Mapping[str, str]
    past: Sequence[Row[*tuple[Any, ...]]]
    topmost: bool


def own(ctx: Context, territory_id: int) -> Own | None:
    """What an administrator sees of a territory's settings; ``None`` when there is no such territory."""
    agent = aliased(Person)
    with ctx.db.read() as session:
        here = territories(session)
        if territory_id not in here.names:
            return None
        parent = here.parents[territory_id]
        giver: dict[str, str] = {}
        for i in here.upward(parent):
            giver = dict.fromkeys(here.settings[i], here.names[i]) | giver
        past = session.execute(
            select(Event.at, Event.kind, Event.reason, agent.name.label("agent"))
            .outerjoin(agent, agent.id == Event.actor_id)
            .where(Event.territory_id == territory_id, Event.kind.in_(TOLD))
            .order_by(Event.id.desc())
            .limit(LATEST)
        ).all()
        return Own(here.names[territory_id], here.settings[territory_id], local(session, ctx, parent), giver, past, parent is None)


def change(ctx: Context, territory_id: int, given: Mapping[str, Any], by: Actor) -> bool:
    """Store what a territory says itself: texts as in the settings, ``first_posts_wait`` as ``True``, ``False`` or ``None``, and the list
    ``not_offered``. An empty one is as above. ``False`` when nothing is different or there is no such territory."""
    now = ctx.now()
    says = {name: _PARSERS[FROM_SETTINGS[name]](given[name]) for name in FROM_SETTINGS if given.get(name)}
    if given.get("first_posts_wait") is not None:
        says["first_posts_wait"] = bool(given["first_posts_wait"])
    if off := sorted(set(given.get("not_offered", ())) & CATEGORIES.keys()):
        says["not_offered"] = off
    with ctx.db.write() as session:
        row = session.get(Territory, territory_id, with_for_update=True)
        if row is None:
            return False
        names = (*FROM_SETTINGS, "first_posts_wait", "not_offered")
        changed = [name for name in names if row.settings.get(name) != says.get(name)]
        # What others keep there stays.
        row.settings = {name: value for name, value in row.settings.items() if name not in names} | says
        for name in changed:
            record(session, CHANGED, now, by, territory_id=territory_id, reason=name)
        if changed:
            row.changed_at = now
        return bool(changed)


def _city(ctx: Context) -> dict[str, Any]:
    return {name: getattr(ctx.settings, setting) for name, setting in FROM_SETTINGS.items()}
