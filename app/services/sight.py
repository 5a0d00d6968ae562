"""What an agent may see: the posts of their territories and of all below them. Whoever has been given none sees nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.context import Context
from app.models import OVERSEE, Match, Need, Offer, Person, PersonTerritory, Role, Task, TaskKind, Territory
from app.services.places import territories
from app.services.tasks import DONE_BY

Kind = type[Need] | type[Offer] | type[Match] | type[Task] | type[Person]


def subtree(territory_id: int) -> Select[int]:
    """The ids of a territory and of all below it."""
    # UNION and not UNION ALL: a ring of parents ends instead of going round for ever.
    top = select(Territory.id).where(Territory.id == territory_id).cte(recursive=True)
    tree = top.union(select(Territory.id).where(Territory.parent_id == top.c.id))
    return select(tree.c.id)


def either_side(inside: Callable[[type[Need] | type[Offer]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a match's need or its offer lies ``inside``."""
    # Each side is looked up by itself: an OR over two joined tables would be asked of every match there is.
    sides = ((Match.need_id, Need), (Match.offer_id, Offer))
    return or_(*[side.in_(select(post.id).where(inside(post)).correlate(None)) for side, post in sides])


def _any(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row for the query's person."""
    # OFFSET 0 keeps PostgreSQL from gathering all rows of the city first: few people are asked about at a time.
    return select(literal(1)).where(*which).correlate(Person).offset(0).exists()


@dataclass(frozen=True)
class Sight:
    """``ids`` are all territories that are seen, those below others too. ``everything``: whatever there is, wherever it lies. ``kinds``
    are those of the tasks that are seen, ``None`` all. ``contacts``: whether a look shows more than what somebody wrote."""

    ids: frozenset[int] = field(default_factory=frozenset)
    everything: bool = False
    kinds: frozenset[TaskKind] | None = None
    contacts: bool = True

    @classmethod
    def of(cls, ctx: Context, person: Person) -> "Sight":
        role = {"kinds": DONE_BY.get(person.role), "contacts": person.role != Role.MODERATOR}
        if person.role == Role.ADMINISTRATOR or (person.role in OVERSEE and person.whole_city):
            return cls(everything=True, **role)
        with ctx.db.read() as session:
            tops = session.scalars(
                select(PersonTerritory.territory_id)
                .join(Person, Person.id == PersonTerritory.person_id)
                .where(Person.id == person.id, Person.role.in_(OVERSEE))
            ).all()
            return cls(territories(session).below(tops), **role)

    def inside(self, territory: InstrumentedAttribute[int | None] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Whether a post with this territory is seen. One that is not on the map yet is seen by all: somebody has to place it."""
        if self.everything:
            return true()
        return or_(territory.is_(None), self._among(territory)) if self.ids else false()

    def of_match(self) -> ColumnElement[bool]:
        """Whether a match is seen: from both sides of a border."""
        return true() if self.everything else either_side(lambda post: self.inside(post.territory_id)) if self.ids else false()

    def of_task(self) -> ColumnElement[bool]:
        """Whether a task is seen. The query joins ``Need`` and ``Offer`` outward. Where the posts are now counts, not where they were."""
        return self._of_task() if self.kinds is None else and_(Task.kind.in_(self.kinds), self._of_task())

    def _of_task(self) -> ColumnElement[bool]:
        if self.everything:
            return true()
        # What agents write, as a lead may of a report, is for those who see everything, unless it is about a post.
        agents = select(Person.id).where(Person.id == Task.person_id, Person.role != Role.NONE).correlate(Task).exists()
        alone = and_(Task.need_id.is_(None), Task.offer_id.is_(None), Task.match_id.is_(None), ~agents)
        return or_(
            and_(Need.id.is_not(None), self.inside(Need.territory_id)),
            and_(Offer.id.is_not(None), self.inside(Offer.territory_id)),
            and_(alone, self.inside(Task.territory_id)),
        )

    def of_person(self) -> ColumnElement[bool]:
        """Whether a person is seen: by one of their posts; whoever has none (an agent, say) by the territories that are theirs, if any."""
        if self.everything:
            return true()
        if not self.ids:
            return false()
        theirs = PersonTerritory.person_id == Person.id
        agent = or_(~_any(theirs), _any(theirs, self._among(PersonTerritory.territory_id)))
        return or_(
            _any(Need.person_id == Person.id, self.inside(Need.territory_id)),
            _any(Offer.person_id == Person.id, self.inside(Offer.territory_id)),
            and_(~_any(Need.person_id == Person.id), ~_any(Offer.person_id == Person.id), agent),
        )

    def find(self, kind: Kind, thing_id: int) -> Select[*tuple[Any, ...]]:
        """The row of ``kind`` with this id, if it is seen."""
        if kind is Match:
            return select(Match).where(Match.id == thing_id, self.of_match())
        if kind is Task:
            found = select(Task).outerjoin(Need, Need.id == Task.need_id).outerjoin(Offer, Offer.id == Task.offer_id)
            return found.where(Task.id == thing_id, self.of_task())
        if kind is Person:
            return select(Person).where(Person.id == thing_id, self.of_person())
        post = kind
        return select(post).where(post.id == thing_id, self.inside(post.territory_id))  # type: ignore[union-attr]

    def among(self, kind: type[Need] | type[Match] | type[Person], ids: Collection[int]) -> Select[int]:
        """Those of the ``ids`` that are seen."""
        seen = self.of_match() if kind is Match else self.of_person() if kind is Person else self.inside(Need.territory_id)
        return select(kind.id).where(kind.id.in_(ids), seen)

    def _among(self, territory: InstrumentedAttribute[int | None] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
        # Written into the statement: they are numbers of ours, and a database takes only so many parameters.
        return territory.in_(bindparam(None, sorted(self.ids), Integer, expanding=True, literal_execute=True))


EVERYTHING, NOTHING = Sight(everything=True), Sight()


def topmost(ctx: Context, sight: Sight) -> list[str]:
    """The names of the territories in sight that lie in no other of them; none for whoever sees everything."""
    if sight.everything:
        return []
    with ctx.db.read() as session:
        here = territories(session)
    return sorted(here.names[i] for i in sight.ids if here.parents.get(i) not in sight.ids)
