"""Accounts: sign up, confirm, sign in, a forgotten password, approving a volunteer, making a coordinator."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import false, or_, select, update
from sqlalchemy.orm import Session

from app.contacts import normal_email
from app.context import Context
from app.errors import UserError
from app.links import LinkExpired, Purpose
from app.models import Offer, Person, PersonTerritory, Role, TaskKind, Territory
from app.services import flags, throttle
from app.services.duty import NEWS_EVERY
from app.services.events import SYSTEM, Actor, record
from app.services.local import local
from app.services.moves import move
from app.services.passwords import PASSWORD_LENGTH, check_password
from app.services.people import account_of, make_person, own_page, set_phone
from app.services.placing import locate
from app.services.posting import OfferInput, add_offer
from app.services.sessions import end_all
from app.services.sight import Sight
from app.services.streets import plain
from app.services.tasks import close_tasks_about, open_task
from app.services.telling import hear_requests, tell
from matching.lifecycle import OfferState
from notifications.messages import AccountChanged, AccountExists, ConfirmAccount, ResetPassword, VolunteerApproved, VolunteerReceived

log = structlog.get_logger("adeuxpas.security")
_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))
"""Checked where there is no account, so that the answer takes as long."""


class AddressTaken(UserError):
    """Another address helps."""

    def __init__(self) -> None:
        super().__init__("This address has an account already.")


@dataclass(frozen=True)
class SignUp:
    """A volunteer's sign-up, checked and normalised."""

    name: str
    email: str
    phone: str | None
    language: str
    password: str
    charter_version: str
    notice_version: str
    offer: OfferInput


@dataclass(frozen=True)
class Caller:
    """Who offers help on the phone or at the counter, checked and normalised."""

    name: str
    email: str | None
    phone: str | None
    contact: str
    language: str
    charter_version: str
    notice_version: str


def sign_up(ctx: Context, given: SignUp, by: Actor, address: str, device: str) -> None:
    """Make an account and its offer, both unconfirmed, and send the link. An address that has an account gets another mail: the page
    says the same. ``address`` is the client's, ``device`` what tells it
    from others (:mod:`app.services.flags`). Raises ``Outside``, ``NoTerritory``, ``WeakPassword`` and ``TooMany``."""
    check_password(given.password, given.name, given.email, ctx.settings.city_name)
    throttle.spend(ctx, [(throttle.SIGN_UP_ADDRESS, address), (throttle.SIGN_UP_ACCOUNT, given.email)])
    now = ctx.now()
    found = locate(ctx, given.offer.where)
    password_hash = hash_password(given.password)
    with ctx.db.write() as session:
        known = account_of(session, ctx, given.email)
        if known and known.email_confirmed_at:
            message = AccountExists(known.first_name, ctx.links.page("/sign-in"), ctx.links.page("/account/forgotten"))
            tell(session, ctx, known, message, now, once=secrets.token_hex(4))
            return
        if known:
            # Never confirmed: whoever reads this address's mail now decides, so the newer sign-up takes its place.
            _forget_unconfirmed(session, known, now)
        person = make_person(ctx, now, name=given.name, email=given.email, phone=given.phone, language=given.language)
        person.account, person.password_hash = True, password_hash
        person.charter_version, person.notice_version, person.minimum_age_confirmed_at = given.charter_version, given.notice_version, now
        session.add(person)
        add_offer(session, ctx, person, given.offer, found, now, by)
        flags.seen_device(ctx, session, person.id, device)
        url = ctx.links.url(Purpose.CONFIRM_ACCOUNT, person.id, stamp_of(ctx, person))
        tell(session, ctx, person, ConfirmAccount(person.first_name, url, now + Purpose.CONFIRM_ACCOUNT.lasts), now)


def _forget_unconfirmed(session: Session, person: Person, now: datetime) -> None:
    person.account, person.password_hash = False, None
    offers = session.scalars(select(Offer).where(Offer.person_id == person.id, Offer.state == OfferState.UNCONFIRMED)).all()
    for offer in offers:
        move(session, offer, OfferState.WITHDRAWN, now, SYSTEM, "newer_sign_up")
    session.flush()


def confirm_account(ctx: Context, person_id: int, stamp: str, by: Actor) -> Person:
    """The address is the person's own: their offers count, and a coordinator is asked to approve them. Raises ``LinkExpired``."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = _of_link(session, ctx, person_id, stamp, lock=True)
        if person.email_confirmed_at is None:
            person.email_confirmed_at = person.changed_at = now
            record(session, "account_confirmed", now, by, person_id=person.id)
            activate_offers(session, ctx, person, now, by)
            message = VolunteerReceived(person.first_name, own_page(ctx, person), person.approved_at is None)
            tell(session, ctx, person, message, now)
        return person


def account_by_link(ctx: Context, person_id: int, stamp: str) -> Person:
    """The account that a link is for; nothing changes. Raises ``LinkExpired`` when a newer sign-up or password has ended the link."""
    with ctx.db.read() as session:
        return _of_link(session, ctx, person_id, stamp)


def stamp_of(ctx: Context, person: Person) -> str:
    """What must still be so when a link to an account comes back: a link to set a password has done its work with the next one."""
    state = f"{person.password_hash} {person.email_index}".encode()
    return hmac.digest(ctx.links.secret, state, hashlib.sha256).hex()[:32]


def _of_link(session: Session, ctx: Context, person_id: int, stamp: str, *, lock: bool = False) -> Person:
    person = session.get(Person, person_id, with_for_update=lock)
    if person is None or not person.account or stamp_of(ctx, person) != stamp:
        raise LinkExpired("account")
    return person


def add_own_offer(ctx: Context, person_id: int, offer: OfferInput, by: Actor, *, charter_version: str, notice_version: str) -> None:
    """One more offer of somebody with a confirmed account: it counts at once, or waits for the approval only. Where the account does not
    say so yet, they have accepted the charter and the notice, and are old enough. Raises ``Outside`` and ``NoTerritory``."""
    now = ctx.now()
    found = locate(ctx, offer.where)
    with ctx.db.write() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        person.charter_version = person.charter_version or charter_version
        person.notice_version = notice_version
        person.minimum_age_confirmed_at = person.minimum_age_confirmed_at or now
        add_offer(session, ctx, person, offer, found, now, by)
        activate_offers(session, ctx, person, now, by)


def post_offer(ctx: Context, sight: Sight, given: Caller, offer: OfferInput, by: Actor) -> int:
    """An offer of somebody on the phone or at the counter, who has accepted the charter there; its id. It counts at once, or waits for
    the approval only. A form sent twice is one offer. Raises ``Outside`` and ``NoTerritory``.

    Nobody gets an account by that: an address that somebody else typed is no way to sign in.
    """
    now = ctx.now()
    found = locate(ctx, offer.where)
    with ctx.db.write() as session:
        there = session.scalar(select(Offer.id).where(Offer.reference == offer.reference))
        if there is not None:
            return there
        person = _caller(session, ctx, sight, given)
        if person is None:
            person = make_person(
                ctx, now, name=given.name, email=given.email, phone=given.phone, language=given.language, contact=given.contact
            )  # fmt: skip
            session.add(person)
        person.charter_version = person.charter_version or given.charter_version
        person.notice_version = given.notice_version
        person.minimum_age_confirmed_at = person.minimum_age_confirmed_at or now
        added = add_offer(session, ctx, person, offer, found, now, by)
        activate_offers(session, ctx, person, now, by)
        return added.id


def _caller(session: Session, ctx: Context, sight: Sight, given: Caller) -> Person | None:
    """Who is in sight under this name and number or address already, accounts first."""
    same = [
        column.in_(ctx.keys.indexes(contact))
        for column, contact in ((Person.phone_index, given.phone), (Person.email_index, given.email)) if contact
    ]  # fmt: skip
    which = select(Person).where(or_(false(), *same), Person.role == Role.NONE, Person.merged_into_id.is_(None), sight.of_person())
    people = session.scalars(which.order_by(Person.account.desc(), Person.id).limit(50).with_for_update(of=Person))
    return next((person for person in people if plain(person.name) == plain(given.name)), None)


def activate_offers(session: Session, ctx: Context, person: Person, now: datetime, by: Actor) -> None:
    """Let a confirmed volunteer's offers count. Without approval they are not proposed to: a task asks a coordinator."""
    offers = session.scalars(select(Offer).where(Offer.person_id == person.id, Offer.state == OfferState.UNCONFIRMED)).all()
    for offer in offers:
        move(session, offer, OfferState.ACTIVE, now, by, "confirmed")
        offer.confirmed_at, offer.news_at = now, now + NEWS_EVERY
    if offers:
        hear_requests(session, person, now)
    wait = any(local(session, ctx, offer.territory_id).first_posts_wait for offer in offers)
    if person.approved_at is None and ctx.settings.approve_volunteers == "at_once" and not wait:
        person.approved_at = now
        record(session, "volunteer_approved", now, by, person_id=person.id, reason="setting")
    if person.approved_at is None and offers:
        open_task(session, TaskKind.APPROVE, now, event_key=f"approve:offer:{offers[0].id}", person=person, offer=offers[0])


def approve(ctx: Context, person_id: int, by: Actor) -> None:
    """The city accepts a volunteer, with the time and by whom."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.approved_at is not None:
            return
        person.approved_at, person.approved_by_id, person.changed_at = now, by.person_id, now
        session.execute(update(Offer).where(Offer.person_id == person.id).values(changed_at=now))
        record(session, "volunteer_approved", now, by, person_id=person.id)
        for offer_id in session.scalars(select(Offer.id).where(Offer.person_id == person.id)):
            close_tasks_about(session, now, TaskKind.APPROVE, by, offer_id=offer_id)
        tell(session, ctx, person, VolunteerApproved(person.first_name, own_page(ctx, person)), now)


def sign_in(ctx: Context, email: str, password: str, address: str) -> Person | None:
    """The account, if the password is right and the e-mail address confirmed. Raises :class:`throttle.TooMany`."""
    here = f"{email} {address}"
    throttle.spend(ctx, [(throttle.SIGN_IN_ADDRESS, address), (throttle.SIGN_IN_HERE, here), (throttle.SIGN_IN_ACCOUNT, email)])
    with ctx.db.read() as session:
        person = account_of(session, ctx, email)
    right = verify_password(person.password_hash if person else None, password)
    if person is None or not right or person.email_confirmed_at is None:
        reason = "account" if person is None else "confirmation" if right else "password"
        log.warning("sign_in_failed", person=person and person.id, reason=reason)
        return None
    throttle.give_back(ctx, throttle.SIGN_IN_ADDRESS, address)
    throttle.forgive(ctx, throttle.SIGN_IN_HERE, here)
    throttle.forgive(ctx, throttle.SIGN_IN_ACCOUNT, email)
    return person


def forgotten(ctx: Context, email: str, address: str) -> None:
    """Send a link to set a new password, if there is such an account; the page says the same either way."""
    throttle.spend(ctx, [(throttle.SIGN_UP_ADDRESS, address), (throttle.SIGN_UP_ACCOUNT, f"forgotten {email}")])
    now = ctx.now()
    with ctx.db.write() as session:
        person = account_of(session, ctx, email)
        if person is not None and person.email_confirmed_at is not None:
            url = ctx.links.url(Purpose.RESET_PASSWORD, person.id, stamp_of(ctx, person))
            message = ResetPassword(person.first_name, url, now + Purpose.RESET_PASSWORD.lasts)
            tell(session, ctx, person, message, now, once=secrets.token_hex(4))


def set_password(ctx: Context, person_id: int, stamp: str, password: str, by: Actor) -> Person:
    """A new password by link. All sessions and older links end. Raises ``LinkExpired`` when the link has done its work already, and
    ``WeakPassword``."""
    person = account_by_link(ctx, person_id, stamp)
    check_password(password, person.name, person.email, ctx.settings.city_name)
    password_hash, now = hash_password(password), ctx.now()
    with ctx.db.write() as session:
        person = _of_link(session, ctx, person_id, stamp, lock=True)
        person.password_hash, person.changed_at = password_hash, now
        person.email_confirmed_at = person.email_confirmed_at or now
        end_all(session, person.id, now)
        record(session, "password_set", now, by, person_id=person.id)
        return person


def change_password(ctx: Context, person_id: int, old: str, new: str, here_id: int, by: Actor) -> bool:
    """A new password of somebody who knows the old one; ``False`` where they do not. All sessions but the one at which they sit
    (``here_id``) and all older links end, and a mail tells. Raises ``WeakPassword`` and ``TooMany``."""
    throttle.spend(ctx, [(throttle.CODE_ACCOUNT, f"password {person_id}")])
    now = ctx.now()
    with ctx.db.read() as session:
        person = session.get_one(Person, person_id)
    if not verify_password(person.password_hash, old):
        log.warning("password_wrong", person=person_id)
        return False
    check_password(new, person.name, person.email, ctx.settings.city_name)
    password_hash, before = hash_password(new), person.password_hash
    with ctx.db.write() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.password_hash != before:  # a link, or another browser, was quicker
            return False
        person.password_hash, person.changed_at = password_hash, now
        end_all(session, person.id, now, but=here_id)
        record(session, "password_set", now, by, person_id=person.id)
        tell_changed(session, ctx, person, "password", now)
    return True


def tell_changed(session: Session, ctx: Context, person: Person, what: str, now: datetime) -> None:
    """Have whoever it was not learn that their account is another one."""
    message = AccountChanged(person.first_name, what, ctx.links.page("/account/forgotten"))
    tell(session, ctx, person, message, now, once=secrets.token_hex(4))


def change_phone(ctx: Context, person_id: int, phone: str | None, by: Actor) -> None:
    """Another phone number of somebody with an account, normalised, or none."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        set_phone(ctx, person, phone, now)
        # The worker's index tells by the number who is the same person.
        session.execute(update(Offer).where(Offer.person_id == person.id).values(changed_at=now))
        record(session, "phone_changed", now, by, person_id=person.id)
        if person.email and person.contact == "email":
            tell_changed(session, ctx, person, "phone", now)


def add_user(ctx: Context, *, name: str, email: str, role: Role, password: str, territories: Collection[str] = ()) -> int:
    """An agent, from the command line; without ``territories`` for the whole city.

    Raises :class:`AddressTaken`, and :class:`UserError` when not exactly one territory has one of these names.
    """
    password_hash = hash_password(password)
    with ctx.db.write() as session:
        places = {_territory_called(session, name) for name in territories}
        given = {"name": name, "email": email, "role": role, "password_hash": password_hash, "places": places, "everywhere": not places}
        return make_agent(session, ctx, Actor(), **given).id


def make_agent(
    session: Session, ctx: Context, by: Actor, *, name: str, email: str, role: Role, password_hash: str | None, places: Collection[int],
    everywhere: bool,
) -> Person:  # fmt: skip
    """An account with a role, for these territories or ``everywhere``; with a password its address is theirs. Raises
    :class:`AddressTaken`."""
    if account_of(session, ctx, email):
        raise AddressTaken
    now = ctx.now()
    person = make_person(ctx, now, name=name, email=normal_email(email), phone=None, language=ctx.settings.language)
    person.account, person.role, person.password_hash = True, role, password_hash
    person.email_confirmed_at = now if password_hash else None
    limited = role != Role.DATA_PROTECTION  # who sees no territory at all
    person.whole_city = everywhere and limited
    session.add(person)
    session.flush()
    session.add_all(PersonTerritory(person_id=person.id, territory_id=place) for place in sorted(places) if limited)
    record(session, "user_added", now, by, person_id=person.id, reason=role)
    return person


def _territory_called(session: Session, name: str) -> int:
    found = session.scalars(select(Territory.id).where(Territory.name == name)).all()
    if len(found) != 1:
        raise UserError(f"{len(found)} territories are called {name!r}: give the name of one, as it was imported.")
    return found[0]


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long where there is none."""
    try:
        return _hasher.verify(password_hash or _NOBODYS_HASH, password[: PASSWORD_LENGTH[1]]) and password_hash is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
