"""What a coordinator may see: the posts of their territory and of all below it. Whoever has no territory sees all."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.models import Match, Need, Offer, Person, Role, Task, Territory

Kind = type[Need] | type[Offer] | type[Match] | type[Task] | type[Person]


def subtree(territory_id: int) -> Select[int]:
    """The ids of a territory and of all below it."""
    # UNION and not UNION ALL: a ring of parents ends instead of going round for ever.
    top = select(Territory.id).where(Territory.id == territory_id).cte(recursive=True)
    tree = top.union(select(Territory.id).where(Territory.parent_id == top.c.id))
    return select(tree.c.id)


@dataclass(frozen=True)
class Sight:
    """``territory_id`` is the top of what is seen; ``None`` is everything."""

    territory_id: int | None = None

    @classmethod
    def of(cls, person: Person) -> "Sight":
        return cls(None if person.role == Role.ADMINISTRATOR else person.territory_id)

    def inside(self, territory: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
        """Whether a post with this territory is seen. One that is not on the map yet is seen by all: somebody has to place it."""
        if self.territory_id is None:
            return true()
        return or_(territory.is_(None), territory.in_(subtree(self.territory_id)))

    def of_match(self) -> ColumnElement[bool]:
        """Whether a match is seen: from both sides of a border. The query joins ``Need`` and ``Offer``."""
        return or_(self.inside(Need.territory_id), self.inside(Offer.territory_id))

    def of_task(self) -> ColumnElement[bool]:
        """Whether a task is seen. The query joins ``Need`` and ``Offer`` outward. Where the posts are now counts, not where they were."""
        alone = and_(Task.need_id.is_(None), Task.offer_id.is_(None))
        return or_(
            and_(Need.id.is_not(None), self.inside(Need.territory_id)),
            and_(Offer.id.is_not(None), self.inside(Offer.territory_id)),
            and_(alone, self.inside(Task.territory_id)),
        )

    def of_person(self) -> ColumnElement[bool]:
        """Whether a person is seen: by one of their posts; whoever has none (an agent, say) by the territory that is theirs."""
        if self.territory_id is None:
            return true()
        posts = [exists().where(post.person_id == Person.id).correlate(Person) for post in (Need, Offer)]
        return or_(
            exists().where(Need.person_id == Person.id, self.inside(Need.territory_id)).correlate(Person),
            exists().where(Offer.person_id == Person.id, self.inside(Offer.territory_id)).correlate(Person),
            and_(*[~any_post for any_post in posts], self.inside(Person.territory_id)),
        )

    def find(self, kind: Kind, thing_id: int) -> Select[*tuple[Any, ...]]:
        """The row of ``kind`` with this id, if it is seen."""
        if kind is Match:
            return select(Match).join(Match.need).join(Match.offer).where(Match.id == thing_id, self.of_match())
        if kind is Task:
            found = select(Task).outerjoin(Need, Need.id == Task.need_id).outerjoin(Offer, Offer.id == Task.offer_id)
            return found.where(Task.id == thing_id, self.of_task())
        if kind is Person:
            return select(Person).where(Person.id == thing_id, self.of_person())
        post = kind
        return select(post).where(post.id == thing_id, self.inside(post.territory_id))  # type: ignore[union-attr]
