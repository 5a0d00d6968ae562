"""Figures that everybody may see. One that fewer than :data:`FEWEST` people stand behind is not given at all."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TypeVar

from sqlalchemy import ColumnElement, String, cast, func, or_, select

from app.context import Context
from app.models import Match, Need, Offer, Person
from matching.lifecycle import MatchState, OfferState

T = TypeVar("T")
FEWEST = 5
RECENT = timedelta(days=90)
"""How far back the time until a yes looks."""


@dataclass(frozen=True)
class Figures:
    """``None`` where too few people stand behind a figure."""

    ready: int | None
    """People who are ready to help now."""
    areas: int | None
    """Areas in which somebody is."""
    answered: int | None
    """Requests for which a volunteer and the resident agreed."""
    until_yes: timedelta | None
    """From the confirmed request to a volunteer's yes: half of the recent ones took no longer."""


def figures(ctx: Context) -> Figures:
    """Three queries, whatever the size of the city."""
    active = Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None)
    agreed = or_(Match.state == MatchState.AGREED, Match.outcome == "done")
    first_yes = func.min(Match.accepted_at)
    with ctx.db.read() as session:
        ready, areas = session.execute(
            select(_people(), func.count(Offer.territory_id.distinct())).select_from(Offer).join(Offer.person).where(*active)
        ).one()
        asked_by, answered = session.execute(
            select(_people(), func.count(Need.id.distinct())).select_from(Match).join(Match.need).join(Need.person).where(agreed)
        ).one()
        yeses = session.execute(
            select(people_of(), Need.confirmed_at, first_yes)
            .select_from(Match).join(Match.need).join(Need.person)
            .where(Match.accepted_at > ctx.now() - RECENT, Need.confirmed_at.is_not(None))
            .group_by(Need.id, Need.confirmed_at, Person.id, Person.email_index, Person.phone_index)
        ).all()  # fmt: skip
    times = [max(yes - confirmed, timedelta()) for _, confirmed, yes in yeses]
    return Figures(
        ready=_shown(ready, ready), areas=_shown(areas, ready), answered=_shown(answered, asked_by),
        until_yes=_shown(median(times) if times else None, len({who for who, *_ in yeses})),
    )  # fmt: skip


def _shown(figure: T, people: int) -> T | None:
    return figure if people >= FEWEST else None


def people_of() -> ColumnElement[str]:
    """Whoever asks twice by the same address, or else phone, is one."""
    return func.coalesce(Person.email_index, Person.phone_index, cast(Person.id, String))


def _people() -> ColumnElement[int]:
    return func.count(people_of().distinct())
