"""Posting, confirming, pausing and withdrawing needs and offers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.links import Purpose
from app.models import Channel, Moderation, Need, Offer, Person, PostedBy, TaskKind
from app.services.channels import way_to
from app.services.ending import end_matches_of, settle
from app.services.events import SYSTEM, Actor, record
from app.services.local import Local, local
from app.services.moderating import moderate
from app.services.moves import lock_need, move
from app.services.people import make_person
from app.services.places import Spot, areas
from app.services.placing import Where, first_try, locate, move_post, settle_place
from app.services.tasks import close_tasks_about, close_tasks_of_need, rest_search
from app.services.telling import tell
from matching.lifecycle import MatchState, MoveNotAllowed, NeedState, OfferState
from matching.model import Urgency
from notifications.messages import ConfirmNeed, NeedClosed, NeedReceived


class NotOffered(UserError):
    """The town hall has switched this kind of help off where the need is; another kind helps, or the phone."""

    def __init__(self, phone: str) -> None:
        super().__init__(f"This kind of help is not offered at this address. Call {phone}: the town hall knows who helps there.")
        self.phone = phone


@dataclass(frozen=True)
class NeedInput:
    """A need as it comes from a form or a file, checked and normalised."""

    name: str
    category: str
    where: Where
    email: str | None = None
    phone: str | None = None
    contact: str | None = None
    language: str = "fr"
    languages: Sequence[str] = ("fr",)
    urgency: Urgency = Urgency.NORMAL
    mode: str = "in_person"
    availability: str = ""
    helpers_needed: int = 1
    repeats: int = 0
    details: str = ""
    share_contact: bool = False
    posted_by: PostedBy = PostedBy.SELF
    on_behalf_name: str | None = None
    on_behalf_phone: str | None = None
    call: PostedBy = PostedBy.SELF
    school_level: str | None = None
    notice_version: str | None = None
    posted_at: datetime | None = None
    reference: str | None = None
    person_id: int | None = None
    """Whom an agent has found to be calling. A form alone says nothing of who somebody is."""


@dataclass(frozen=True)
class OfferInput:
    """An offer as it comes from a form or a file, checked and normalised; ``quartiers`` and ``drawn`` count in place of ``radius_m``."""

    categories: Sequence[str]
    where: Where
    languages: Sequence[str] = ("fr",)
    mode: str = "in_person"
    availability: str = ""
    radius_m: int = 1500
    quartiers: Sequence[int] = ()
    drawn: str | None = None
    capacity: int = 1
    reference: str | None = None
    posted_by: PostedBy = field(default=PostedBy.SELF)


def post_need(ctx: Context, given: NeedInput, by: Actor) -> int:
    """Store a need and ask its writer to confirm it; what an agent posts is confirmed. Returns its id. Raises ``Outside``
    and :class:`NotOffered`. What is not on the map yet goes in: whoever places it knows what is offered there.

    A need with a ``reference`` that is known already is that need: a form sent twice is one request.
    """
    found = locate(ctx, given.where)
    try:
        with ctx.db.write() as session:
            return _known(session, given.reference) or _post(session, ctx, given, found, by)
    except IntegrityError:
        # Sent twice at the very same time: whoever was second finds what the first has stored.
        there = known(ctx, given.reference)
        if there is None:
            raise
        return there


def not_offered(ctx: Context, category: str | None, where: Where) -> NotOffered | None:
    """What :func:`post_need` would raise for this kind of help at a place, as far as the place is known."""
    here = known_there(ctx, where)
    return NotOffered(here.phone) if category in here.not_offered else None


def known_there(ctx: Context, where: Where) -> Local:
    """How it is at a place, as far as the place is known."""
    with ctx.db.read() as session:
        at = where.lon is not None and where.lat is not None
        return local(session, ctx, areas(session).locate(where.lon, where.lat) if at else where.quartier_id)  # type: ignore[arg-type]


def known(ctx: Context, reference: str | None) -> int | None:
    """The id of the need with this reference."""
    with ctx.db.read() as session:
        return _known(session, reference)


def _known(session: Session, reference: str | None) -> int | None:
    return session.scalar(select(Need.id).where(Need.reference == reference)) if reference else None


def _post(session: Session, ctx: Context, given: NeedInput, found: Spot | None, by: Actor) -> int:
    now = ctx.now()
    person = _already_there(session, given, by)
    if person is None:
        person = make_person(
            ctx, now, name=given.name, email=given.email, phone=given.phone, language=given.language, contact=given.contact
        )  # fmt: skip
        session.add(person)
    person.notice_version = given.notice_version
    need = add_need(session, ctx, person, given, found, now, by)
    here = local(session, ctx, need.territory_id)
    if given.category in here.not_offered:
        raise NotOffered(here.phone)
    if given.posted_by == PostedBy.AGENT:
        open_need(session, ctx, need, now, by)
    else:
        ask_to_confirm(session, ctx, need, now)
    return need.id


def _already_there(session: Session, given: NeedInput, by: Actor) -> Person | None:
    """Whoever is signed in and gives their own address posts as themselves; so does whom an agent has found, unless they are told to be
    somebody else: another name, number or address. How they want to be reached may be another than last time."""
    if given.posted_by == PostedBy.AGENT:
        found = session.get(Person, given.person_id) if given.person_id else None
        if found is None or (found.name, found.email, found.phone) != (given.name, given.email, given.phone) or found.merged_into_id:
            return None
        found.contact, found.language = given.contact or found.contact, given.language
        return found
    own = session.get(Person, by.person_id) if by.person_id and given.posted_by == PostedBy.SELF else None
    return own if own and own.email == given.email else None


def add_need(
    session: Session, ctx: Context, person: Person, given: NeedInput, found: Spot | None, now: datetime, by: Actor
) -> Need:
    """An unconfirmed need in somebody else's transaction."""
    need = Need(
        person=person, reference=given.reference, category=given.category, urgency=given.urgency, helpers_needed=given.helpers_needed,
        repeats=given.repeats,
        details=given.details, share_contact=given.share_contact, on_behalf_name=given.on_behalf_name,
        on_behalf_phone=given.on_behalf_phone, call=given.call, school_level=given.school_level, address=given.where.line,
        availability=given.availability,
        languages=list(given.languages), mode=given.mode, posted_by=given.posted_by, channel=by.channel,
        posted_at=given.posted_at or now, created_at=now, changed_at=now, state=NeedState.UNCONFIRMED,
        check_at=now + Purpose.CONFIRM_NEED.lasts,
    )  # fmt: skip
    settle_place(session, ctx, need, found, now)
    record(session, "need_posted", now, by, reason=person.notice_version, need_id=need.id, person_id=person.id)
    return need


def add_offer(
    session: Session, ctx: Context, person: Person, given: OfferInput, found: Spot | None, now: datetime, by: Actor
) -> Offer:
    """An unconfirmed offer in somebody else's transaction."""
    offer = Offer(
        person=person, reference=given.reference, categories=sorted(set(given.categories)), radius_m=given.radius_m,
        quartiers=sorted(set(given.quartiers)), drawn=given.drawn, capacity=given.capacity, address=given.where.line,
        availability=given.availability, languages=list(given.languages), mode=given.mode, posted_by=given.posted_by, channel=by.channel,
        created_at=now, changed_at=now, state=OfferState.UNCONFIRMED,
    )  # fmt: skip
    settle_place(session, ctx, offer, found, now)
    record(session, "offer_posted", now, by, reason=person.notice_version, offer_id=offer.id, person_id=person.id)
    return offer


def ask_to_confirm(session: Session, ctx: Context, need: Need, now: datetime, *, once: str | None = None) -> None:
    """Send the link that confirms a need, in somebody else's transaction; ``once`` tells a second time from the first."""
    message = ConfirmNeed(
        first_name=need.person.first_name, category=need.category, confirm_url=ctx.links.url(Purpose.CONFIRM_NEED, need.id),
        expires_at=now + Purpose.CONFIRM_NEED.lasts,
    )  # fmt: skip
    tell(session, ctx, need.person, message, now, need=need, once=once)


def confirm_need(ctx: Context, need_id: int, by: Actor) -> Need | None:
    """Confirm a need; a second time changes nothing. ``None`` when it is gone."""
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        if need and need.state == NeedState.UNCONFIRMED:
            if by.channel is Channel.LINK and need.person.contact != "sms":
                need.person.email_confirmed_at = ctx.now()
            open_need(session, ctx, need, ctx.now(), by)
        return need


def open_need(session: Session, ctx: Context, need: Need, now: datetime, by: Actor, *, told: bool = True) -> None:
    """Let the matcher have a need: urgent and normal ones at once, flexible ones with the next batch.

    Whoever gets no messages is not told so: they confirmed by talking to an agent, who has said what happens next. Raises
    ``MoveNotAllowed`` where a safeguarding lead holds it.
    """
    if need.held_at is not None:
        raise MoveNotAllowed(NeedState(need.state), NeedState.OPEN)
    move(session, need, NeedState.OPEN, now, by, "confirmed" if need.state == NeedState.UNCONFIRMED else "resumed")
    if need.confirmed_at is None and need.wanted_at is None:  # for one visit, they are the words of the need that it stands in for
        moderate(session, ctx, need, now, by)
    need.confirmed_at = need.confirmed_at or now
    need.check_at, need.checked_at = now + timedelta(days=ctx.settings.need_days), None
    need.next_try_at = first_try(need, now)
    close_tasks_about(session, now, TaskKind.TELL, by, need_id=need.id, reason=ConfirmNeed.kind)
    if told and way_to(ctx, need.person).sends:
        message = NeedReceived(
            first_name=need.person.first_name, category=need.category, my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
            read_first=need.moderation == Moderation.HELD,
        )  # fmt: skip
        tell(session, ctx, need.person, message, now, need=need)


def move_need(ctx: Context, need_id: int, there: NeedState, by: Actor, until: datetime | None = None) -> Need:
    """Pause (``until`` then, or for good), resume or withdraw a need; volunteers who hold a place are told. A pause keeps what was agreed.

    Raises ``MoveNotAllowed`` and ``LookupError``.
    """
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        if need is None:
            raise LookupError(need_id)
        need.paused_until = until if there is NeedState.PAUSED else None
        if need.state != there:
            move_locked(session, ctx, need, there, now, by)
        return need


def move_locked(
    session: Session, ctx: Context, need: Need, there: NeedState, now: datetime, by: Actor, *, called_off: bool = False
) -> None:
    """The same in somebody else's transaction, whose the need's row is; ``called_off``: it is the town hall that withdraws it."""
    if there is NeedState.OPEN:
        open_need(session, ctx, need, now, by, told=False)
        settle(session, ctx, need, now, by)
        return
    why = "called_off" if called_off else str(there)
    move(session, need, there, now, by, why)
    need.next_try_at = None
    end_matches_of(session, ctx, now, by, "withdrawn", need=need, keep=() if there is NeedState.WITHDRAWN else [MatchState.AGREED])
    if there is NeedState.PAUSED:
        rest_search(session, now, by, need.id)
    if there is NeedState.WITHDRAWN:
        close_tasks_of_need(session, now, by, need.id)
        tell(session, ctx, need.person, NeedClosed(need.person.first_name, need.category, why), now, need=need)


def go_on_due(ctx: Context, limit: int = 200) -> int:
    """Needs that were paused until a time are looked at again; how many."""
    now = ctx.now()
    due = select(Need.id).where(Need.paused_until <= now, Need.state == NeedState.PAUSED).order_by(Need.paused_until).limit(limit)
    with ctx.db.read() as session:
        needs = session.scalars(due).all()
    for need_id in needs:
        with ctx.db.write() as session:
            need = lock_need(session, need_id)
            if need is not None and need.state == NeedState.PAUSED and need.paused_until and need.paused_until <= now:
                need.paused_until = None
                open_need(session, ctx, need, now, SYSTEM, told=False)
                settle(session, ctx, need, now, SYSTEM)
    return len(needs)


def change_offer(ctx: Context, offer_id: int, by: Actor, *, where: Where | None = None, **values: Any) -> bool:
    """Change an offer's place, categories, mode, availability, languages, radius_m, quartiers, drawn or capacity; the worker's index
    follows by ``changed_at``.

    What was asked or agreed stays. ``False``, and nothing changes, where the capacity would be less than what is taken. Raises ``Outside``.
    """
    spot = locate(ctx, where) if where else None
    now = ctx.now()
    with ctx.db.write() as session:
        offer = session.get_one(Offer, offer_id, with_for_update=True)
        if values.get("capacity", offer.capacity) < offer.taken:
            return False
        for name, value in values.items():
            setattr(offer, name, sorted(set(value)) if name in ("categories", "quartiers") else value)
        if where:
            move_post(session, ctx, offer, where, spot, by)
        offer.changed_at = now
        record(session, "offer_changed", now, by, reason="where" if where else None, offer_id=offer.id)
        return True
