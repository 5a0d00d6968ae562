"""What a round should know of the past: how often and when volunteers were asked, how they answered, who got on well."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.models import Match, Need, Offer, Person
from matching.lifecycle import NO_ANSWER, MatchState, OfferState
from matching.policy import Past, Record

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
FEWEST = 5
"""Of fewer offers an average says little: those of the whole city count as nearby."""
MOST_NAMED = 10_000
"""A database takes no statement with many more values; beyond, everybody's rows are read."""
Averages = Mapping[int | None, float]
LATELY = timedelta(minutes=10)
_lately: dict[str, tuple[datetime, Averages]] = {}


def past_of(session: Session, now: datetime, needs: Collection[int], offers: Collection[int], nearby: Averages) -> Past:
    """The past of these needs and offers, in three queries however many they are; ``nearby`` are from :func:`nearby_averages`.

    An answer is a yes, a no, or silence until the deadline. Who took a need on themselves counts as asked, with a yes. Days of
    waiting begin with the need's posting. Two people got on well when a match of theirs was closed as done, whatever the kind of
    help: it is each other whom they know.
    """
    posted = session.execute(select(Need.id, Need.posted_at).where(_one_of(Need.id, needs)))
    return Past(_records(session, now, offers, nearby), {need: _days(at, now) for need, at in posted}, _went_well(session, needs))


def counts() -> ColumnElement[bool]:
    """Matches that say something of their volunteer: not those that ended unanswered through no doing of the two. Whose they are is not
    asked again for the same need."""
    return or_(Match.reason.is_(None), Match.reason.not_in(NO_ANSWER), Match.accepted_at.is_not(None))


def _one_of(column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    return column.in_(ids) if len(ids) <= MOST_NAMED else true()


def _days(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since) / timedelta(days=1))


def _records(session: Session, now: datetime, offers: Collection[int], nearby: Averages) -> dict[int | str, Record]:
    def count(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

    yes = Match.accepted_at.is_not(None)
    no = and_(Match.state == MatchState.DECLINED, Match.reason == "volunteer")
    silence = and_(Match.state == MatchState.EXPIRED, Match.reason == "silent")
    rows = session.execute(
        select(
            Offer.id, Offer.territory_id, func.max(Match.proposed_at).label("asked_at"),
            count(Match.proposed_at > now - WEEK).label("asked_7"),
            count(Match.proposed_at > now - MONTH).label("asked_30"), count(or_(yes, no, silence)).label("answered"),
            count(yes).label("yes"),
        )
        .outerjoin(Match, and_(Match.offer_id == Offer.id, counts()))
        .where(_one_of(Offer.id, offers))
        .group_by(Offer.id, Offer.territory_id)
    ).all()  # fmt: skip
    return {
        row.id: Record(
            days_since=_days(row.asked_at, now) if row.asked_at else None,
            asked_7=row.asked_7, asked_30=row.asked_30, answered=row.answered, yes=row.yes,
            nearby_30=nearby.get(row.territory_id, nearby[None]),
        )
        for row in rows
    }  # fmt: skip


def nearby_averages(session: Session, now: datetime) -> Averages:
    """How often offers that may be asked were asked in thirty days, on average: by territory, under ``None`` in the whole city.

    Over all offers and matches, so nothing to work out for each need; averages change slowly.
    """
    recent = and_(Match.proposed_at > now - MONTH, counts())
    asked = select(Match.offer_id, func.count().label("times")).where(recent).group_by(Match.offer_id).subquery()
    rows = session.execute(
        select(Offer.territory_id, func.count(Offer.id).label("offers"), func.coalesce(func.sum(asked.c.times), 0).label("times"))
        .join(Offer.person)
        .outerjoin(asked, asked.c.offer_id == Offer.id)
        .where(Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None))
        .group_by(Offer.territory_id)
    ).all()
    city = float(sum(row.times for row in rows)) / max(1, sum(row.offers for row in rows))
    return {row.territory_id: float(row.times) / row.offers for row in rows if row.offers >= FEWEST} | {None: city}


def nearby_lately(session: Session, now: datetime) -> Averages:
    """:func:`nearby_averages` as they were ten minutes ago at the most, for pages."""
    url = str(session.get_bind().engine.url)
    known = _lately.get(url)
    if known is None or not timedelta(0) <= now - known[0] < LATELY:
        known = _lately[url] = now, nearby_averages(session, now)
    return known[1]


def _went_well(session: Session, needs: Collection[int]) -> frozenset[tuple[int | str, int | str]]:
    """Pairs of these needs and the offers of people who helped the same residents before."""
    earlier, theirs = aliased(Need), aliased(Offer)
    rows = session.execute(
        select(Need.id, Offer.id)
        .join(earlier, earlier.person_id == Need.person_id)
        .join(Match, and_(Match.need_id == earlier.id, Match.outcome == "done"))
        .join(theirs, theirs.id == Match.offer_id)
        .join(Offer, Offer.person_id == theirs.person_id)
        .where(_one_of(Need.id, needs))
        .distinct()
    )
    return frozenset((need, offer) for need, offer in rows)
