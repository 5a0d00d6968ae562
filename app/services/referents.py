"""To whom a request belongs that is to be read: the referents of its category and its territory; without any, to all who see it."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Row, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import OVERSEE, Need, Person, PersonTerritory, Referent, Role, Task, TaskKind, Territory
from app.services.events import Actor, record
from app.services.places import territories
from app.services.tasks import is_done_by

MOST = 200
READ = tuple(role for role in OVERSEE if is_done_by(role, TaskKind.MODERATE))
"""The roles that read what waits for it."""


class DoesNotOversee(UserError):
    """Another area, or giving them that one, helps."""

    def __init__(self) -> None:
        super().__init__("This agent does not oversee that area: nothing there would ever be read by them.")


class TooManyReferents(UserError):
    """Taking some out helps."""

    def __init__(self) -> None:
        super().__init__(f"There are {MOST} referents already. Take one out first.")


def all_referents(ctx: Context) -> Sequence[Row[*tuple[object, ...]]]:
    """Columns: id, person_id, name, category, quartier; by name."""
    with ctx.db.read() as session:
        rows = session.execute(
            select(Referent.id, Referent.person_id, Person.name, Referent.category, Territory.name.label("quartier"))
            .join(Person, Person.id == Referent.person_id)
            .outerjoin(Territory, Territory.id == Referent.territory_id)
            .limit(MOST)
        ).all()
    return sorted(rows, key=lambda row: (row.name, row.category or "", row.quartier or ""))  # names lie sealed


def agents(ctx: Context, roles: Sequence[Role] = READ) -> dict[int, str]:
    """Who has one of these roles: name by id, in the order of names."""
    with ctx.db.read() as session:
        rows = session.execute(select(Person.id, Person.name).where(Person.role.in_(roles), Person.account).limit(MOST)).all()
    return {row.id: row.name for row in sorted(rows, key=lambda row: row.name)}


def add(ctx: Context, person_id: int, category: str | None, territory_id: int | None, by: Actor) -> bool:
    """``False`` where it is so already. Raises :class:`TooManyReferents` and :class:`DoesNotOversee`."""
    given = {"person_id": person_id, "category": category, "territory_id": territory_id}
    with ctx.db.write() as session:
        there = session.scalars(select(Referent)).all()
        if any((each.person_id, each.category, each.territory_id) == (person_id, category, territory_id) for each in there):
            return False
        if len(there) >= MOST:
            raise TooManyReferents
        if territory_id is not None and _reach(session)(Referent(**given)) == frozenset():
            raise DoesNotOversee
        session.add(Referent(**given))
        record(session, "referent_added", ctx.now(), by, reason=category, person_id=person_id)
        return True


def take_out(ctx: Context, referent_id: int, by: Actor) -> None:
    with ctx.db.write() as session:
        referent = session.get(Referent, referent_id)
        if referent is not None:
            record(session, "referent_taken_out", ctx.now(), by, reason=referent.category, person_id=referent.person_id)
            session.delete(referent)


def names_for(ctx: Context, category: str | None, territory_id: int | None) -> list[str]:
    """Who reads a request of this category in this territory first."""
    with ctx.db.read() as session:
        reach = _reach(session)
        which = select(Referent).where(or_(Referent.category.is_(None), Referent.category == category)).limit(MOST)
        here = {each.person_id for each in session.scalars(which) if (area := reach(each)) is None or territory_id in area}
        return sorted(session.scalars(select(Person.name).where(Person.id.in_(here))))


def _reach(session: Session) -> Callable[[Referent], frozenset[int] | None]:
    """Where somebody reads first: as far as they oversee. ``None``: everywhere."""
    below = territories(session).below
    everywhere = set(session.scalars(select(Person.id).where(or_(Person.role == Role.ADMINISTRATOR, Person.whole_city)).limit(MOST)))
    tops = defaultdict[int, list[int]](list)
    given = select(PersonTerritory.person_id, PersonTerritory.territory_id).join(Person).where(Person.role.in_(OVERSEE))
    for person_id, territory_id in session.execute(given):
        tops[person_id].append(territory_id)

    def reach(referent: Referent) -> frozenset[int] | None:
        where = None if referent.territory_id is None else below([referent.territory_id])
        if referent.person_id in everywhere:
            return where
        theirs = below(tops[referent.person_id])
        return theirs if where is None else where & theirs

    return reach


def mine(session: Session, person_id: int) -> ColumnElement[bool]:
    """Whether a task is somebody's own or everybody's: requests to read may be others'. The query joins ``Need``."""
    everyone = session.scalars(select(Referent).limit(MOST)).all()
    reach = _reach(session)

    def fits(referent: Referent) -> ColumnElement[bool]:
        # What is not on the map yet has no territory, and is nobody's but for those of all territories.
        area = reach(referent)
        here = true() if area is None else func.coalesce(Need.territory_id, 0).in_(area)
        return and_(Need.category == referent.category if referent.category else true(), here)

    own = or_(false(), *(fits(each) for each in everyone if each.person_id == person_id))
    return or_(Task.kind != TaskKind.MODERATE, own, ~or_(false(), *map(fits, everyone)))
