"""Where help is lacking: requests for which nobody has agreed, by quartier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy import and_, case, exists, func, select

from app.context import Context
from app.models import Match, Need, Territory
from app.services.lists import Filter, wanted
from app.services.sight import Sight
from matching.lifecycle import MatchState, NeedState

MOST_AREAS = 100
SHADES = 4
UNMET = (NeedState.OPEN, NeedState.ASKED)


@dataclass(frozen=True)
class Lack:
    """A quartier's requests for which nobody has agreed (``unmet``), out of those open, asked or agreed (``of``)."""

    id: int
    name: str
    unmet: int
    of: int


@dataclass(frozen=True)
class Lacks:
    """The quartiers that lack help, worst first, at most :data:`MOST_AREAS` of the ``total``."""

    areas: Sequence[Lack] = ()
    total: int = 0
    classes: Sequence[range] = ()
    """The numbers of unmet requests that each shade stands for, the lightest first."""

    def shade(self, lack: Lack) -> int:
        """From 1, the lightest."""
        return next(n for n, numbers in enumerate(self.classes, 1) if lack.unmet in numbers)


def lacks(ctx: Context, sight: Sight, given: Filter) -> Lacks:
    """By the filter's territory, category and urgency; one query."""
    agreed = exists().where(Match.need_id == Need.id, Match.state == MatchState.AGREED).correlate(Need)
    unmet = func.sum(case((and_(Need.state.in_(UNMET), ~agreed), 1), else_=0))
    counted = (
        select(Need.territory_id, unmet.label("unmet"), func.count().label("of"))
        .where(
            Need.state.in_((*UNMET, NeedState.AGREED)),
            sight.inside(Need.territory_id),
            *wanted(replace(given, state=None, box=None), Need.state, Need.category == given.category, [Need], urgency=Need.urgency),
        )
        .group_by(Need.territory_id)
        .subquery()
    )
    rows = (
        select(Territory.id, Territory.name, counted.c.unmet, counted.c.of, func.count().over())
        .join(counted, counted.c.territory_id == Territory.id)
        .where(counted.c.unmet > 0)
        .order_by(counted.c.unmet.desc(), Territory.name, Territory.id)
        .limit(MOST_AREAS)
    )
    with ctx.db.read() as session:
        found = session.execute(rows).all()
    areas = [Lack(*row[:4]) for row in found]
    return Lacks(areas, found[0][4], classes(areas[0].unmet)) if areas else Lacks()


def classes(most: int) -> list[range]:
    """1 to ``most`` in up to :data:`SHADES` parts of about the same width."""
    edges = [most * n // SHADES for n in range(SHADES + 1)]
    return [range(low + 1, high + 1) for low, high in pairwise(edges) if high > low]
