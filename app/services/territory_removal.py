"""Taking a territory away: what hangs on it, where that goes, and doing it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shapely import from_wkb
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Event, Need, Offer, Person, PersonTerritory, Referent, Task, Territory
from app.services.events import Actor, record
from app.services.team import TAKEN
from app.services.territories import Moves, find_moves, move_posts, set_parents

KEPT_NAME = 80
"""Characters of a name that an event keeps."""


@dataclass(frozen=True)
class Removal:
    """``goes``: to which territory how many posts go, by its name. ``stuck``: posts that no other outline holds, with no territory above
    that could take them; while there are any, it cannot go. ``agents``: who oversees it, and whether something else as well."""

    name: str
    goes: Sequence[tuple[str, int]]
    stuck: int
    below: int
    agents: Sequence[tuple[str, bool]]
    referents: int


def removal(ctx: Context, territory_id: int) -> Removal | None:
    """What :func:`remove` would do now; ``None`` when there is no such territory."""
    with ctx.db.read() as session:
        rows = list(session.scalars(select(Territory)))
        row = next((row for row in rows if row.id == territory_id), None)
        if row is None:
            return None
        names, goes = {each.id: each.name for each in rows}, Counter[str]()
        moves, homeless = _moves(session, rows, row)
        for targets in moves.to.values():
            goes.update({names[target]: len(ids) for target, ids in targets.items()})
        if homeless and row.parent_id:
            goes[names[row.parent_id]] += homeless
        other = aliased(PersonTerritory)
        others = select(func.count()).select_from(other).where(other.person_id == Person.id, other.territory_id != territory_id)
        theirs = select(Person.name, Person.whole_city, others.scalar_subquery().label("others")).join(PersonTerritory)
        agents = session.execute(theirs.where(PersonTerritory.territory_id == territory_id).order_by(Person.name)).all()
        referents = session.scalar(select(func.count()).select_from(Referent).where(Referent.territory_id == territory_id)) or 0
        return Removal(
            row.name, goes.most_common(), 0 if row.parent_id else homeless, sum(each.parent_id == row.id for each in rows),
            [(agent.name, agent.whole_city or agent.others > 0) for agent in agents], referents,
        )  # fmt: skip


def remove(ctx: Context, territory_id: int, by: Actor) -> bool:
    """Take a territory away. Its posts go to the smallest territory that holds them, else to the one above; nobody sees more than before
    but those who oversee where they go. ``False``, and nothing changes: there is no such territory, or its posts have nowhere to go."""
    now = ctx.now()
    with ctx.db.write() as session:
        rows = list(session.scalars(select(Territory).order_by(Territory.id).with_for_update()))
        row = next((row for row in rows if row.id == territory_id), None)
        if row is None:
            return False
        moves, homeless = _moves(session, rows, row)
        if homeless and row.parent_id is None:
            return False
        move_posts(session, moves)
        for kind in (Need, Offer, Task):  # what is left
            session.execute(update(kind).where(kind.territory_id == row.id).values(territory_id=row.parent_id))
        for person_id in session.scalars(select(PersonTerritory.person_id).where(PersonTerritory.territory_id == row.id)).all():
            record(session, TAKEN, now, by, person_id=person_id, reason=row.name[:KEPT_NAME])
        for kept in (PersonTerritory, Referent):
            session.execute(delete(kept).where(kept.territory_id == row.id))
        # What happened in it is told by its name from now on.
        past = update(Event).where(Event.territory_id == row.id)
        session.execute(past.values(territory_id=None, reason=func.coalesce(Event.reason, row.name[:KEPT_NAME])))
        record(session, "territory_removed", now, by, territory_id=row.parent_id, reason=row.name[:KEPT_NAME])
        for child in rows:
            if child.parent_id == row.id:
                child.parent_id, child.parent_chosen, child.changed_at = None, False, now
        session.flush()
        session.delete(row)
        session.flush()
        set_parents([each for each in rows if each is not row], now)
        return True


def _moves(session: Session, rows: Sequence[Territory], gone: Territory) -> tuple[Moves, int]:
    """Where posts go when a territory is gone, and how many of its own no other outline holds."""
    moves = find_moves(session, {row.id: from_wkb(row.shape) for row in rows if row is not gone})
    homeless = 0
    for kind, targets in moves.to.items():
        own = set(session.scalars(select(kind.id).where(kind.territory_id == gone.id)))
        homeless += len(own.difference(*targets.values()))
    return moves, homeless
