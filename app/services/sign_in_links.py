"""Signing in by a link that comes by e-mail, for volunteers. Agents see other people's homes: a mailbox is not enough for that."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import LinkExpired, Purpose
from app.models import Person, Role, SignIn
from app.services import sessions, throttle
from app.services.accounts import stamp_of
from app.services.people import account_of
from app.services.telling import tell
from notifications.messages import SignInLink


def send(ctx: Context, email: str, address: str) -> None:
    """Send the link, if there is such an account; the page says the same either way. Raises ``TooMany``."""
    throttle.spend(ctx, [(throttle.SIGN_UP_ADDRESS, address), (throttle.SIGN_UP_ACCOUNT, f"link {email}")])
    now = ctx.now()
    with ctx.db.write() as session:
        person = account_of(session, ctx, email)
        if person is not None and person.email_confirmed_at is not None and person.role == Role.NONE:
            url = ctx.links.url(Purpose.SIGN_IN, person.id, sign_in_stamp(session, ctx, person))
            message = SignInLink(person.first_name, url, now + Purpose.SIGN_IN.lasts)
            tell(session, ctx, person, message, now, once=secrets.token_hex(4))


def sign_in_stamp(session: Session, ctx: Context, person: Person) -> str:
    """Another one after each sign-in, so that a link works once, and after a new password."""
    latest = session.scalar(select(func.max(SignIn.id)).where(SignIn.person_id == person.id))
    return f"{stamp_of(ctx, person)}.{latest or 0}"


def check(ctx: Context, person_id: int, stamp: str) -> None:
    """Raises ``LinkExpired`` when the link would sign nobody in; nothing changes."""
    with ctx.db.read() as session:
        _of_link(session, ctx, person_id, stamp)


def sign_in(ctx: Context, person_id: int, stamp: str, agent: str) -> tuple[Person, str]:
    """Whose link it is, and the token of the session that it begins. Raises ``LinkExpired``."""
    with ctx.db.write() as session:
        person = _of_link(session, ctx, person_id, stamp, lock=True)
        return person, sessions.add(session, ctx, person, agent)


def _of_link(session: Session, ctx: Context, person_id: int, stamp: str, *, lock: bool = False) -> Person:
    person = session.get(Person, person_id, with_for_update=lock)
    if person is None or not person.account or person.role != Role.NONE or sign_in_stamp(session, ctx, person) != stamp:
        raise LinkExpired(Purpose.SIGN_IN.name)
    return person
