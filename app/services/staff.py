"""The city's agents: who joins, which role they have, and what becomes of their account (decision 31)."""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.links import Purpose
from app.models import OVERSEE, STAFF, Person, PersonTerritory, Presence, RecoveryCode, Referent, Role, SecondFactor, SignIn, Task, TaskKind
from app.services import leads
from app.services.accounts import make_agent, stamp_of
from app.services.erasure import FATES
from app.services.events import Actor, record
from app.services.sessions import end_all
from app.services.tasks import is_done_by
from app.services.telling import tell
from notifications import erase as messages
from notifications.messages import ColleagueAdded
from notifications.tables import outbox
from notifications.transport.file import remove_mail

GIVEN, TAKEN = "role_given", "role_taken"


class LastAdministrator(UserError):
    """Another administrator first helps."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator who can sign in. Make somebody else an administrator first.")


class StillInCharge(UserError):
    """Another safeguarding lead first, or closing those reports, helps."""

    def __init__(self) -> None:
        super().__init__("Open reports would be read by nobody any more. Name another safeguarding lead first.")


def invite(ctx: Context, *, name: str, email: str, role: Role, places: Collection[int], everywhere: bool, by: Actor) -> int:
    """A new colleague, who is sent a link to choose a password; their id. Raises
    :class:`AddressTaken <app.services.accounts.AddressTaken>`."""
    with ctx.db.write() as session:
        person = make_agent(
            session, ctx, by, name=name, email=email, role=role, password_hash=None, places=places, everywhere=everywhere
        )  # fmt: skip
        _send_link(session, ctx, person)
        return person.id


def invite_again(ctx: Context, person_id: int, by: Actor) -> bool:
    """The link once more, for whoever has not used the one before; whether it went."""
    with ctx.db.write() as session:
        person = agent(session, person_id, lock=True)
        if person is None or person.password_hash is not None:
            return False
        _send_link(session, ctx, person)
        record(session, "invited_again", ctx.now(), by, person_id=person_id)
        return True


def _send_link(session: Session, ctx: Context, person: Person) -> None:
    now, url = ctx.now(), ctx.links.url(Purpose.WELCOME, person.id, stamp_of(ctx, person))
    tell(session, ctx, person, ColleagueAdded(person.first_name, url, now + Purpose.WELCOME.lasts), now, once=secrets.token_hex(4))


def agent(session: Session, person_id: int, *, lock: bool = False) -> Person | None:
    """An agent who may sign in, or shall."""
    found = select(Person).where(Person.id == person_id, Person.role.in_(STAFF), Person.account)
    return session.scalar(found.with_for_update() if lock else found)


def change_role(ctx: Context, person_id: int, role: Role, by: Actor) -> bool:
    """Give another role in place of the one before, and end all sessions; ``False`` where there is no such agent, or they have it already.
    Raises :class:`LastAdministrator` and :class:`StillInCharge`."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = _alone(session, person_id)
        if person is None or person.role == role:
            return False
        record(session, TAKEN, now, by, person_id=person_id, reason=person.role)
        record(session, GIVEN, now, by, person_id=person_id, reason=role)
        person.role, person.changed_at = role, now
        _let_go(session, person, now, by)
        end_all(session, person_id, now)
        return True


def end_sessions(ctx: Context, person_id: int, by: Actor) -> bool:
    """Sign an agent out wherever they are signed in."""
    with ctx.db.write() as session:
        if agent(session, person_id) is None:
            return False
        end_all(session, person_id, ctx.now())
        record(session, "sessions_ended", ctx.now(), by, person_id=person_id)
        return True


def close(ctx: Context, person_id: int, by: Actor) -> bool:
    """An agent leaves: nothing of theirs is left to sign in with, to write to or to call. Their name stays beside what they decided, which
    the city answers for. Raises :class:`LastAdministrator` and :class:`StillInCharge`."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = _alone(session, person_id)
        if person is None:
            return False
        record(session, TAKEN, now, by, person_id=person_id, reason=person.role)
        record(session, "account_closed", now, by, person_id=person_id)
        address = {person.email_index}
        for name, value in FATES["person"].values().items():
            if name != "name":
                setattr(person, name, value)
        person.changed_at = now
        _let_go(session, person, now, by)
        for column in (SignIn.person_id, SecondFactor.person_id, RecoveryCode.person_id, Presence.person_id):
            session.execute(delete(column.class_).where(column == person_id))
        last = session.scalar(select(func.max(outbox.c.id))) or 0
        copies = messages.erase(session.connection(), readers=[person_id], others=(), up_to=last, about=lambda _about: False, now=now)
        still = session.scalars(select(Person.email_index).where(Person.email_index.in_(address), Person.id != person_id))
        messages.forget_address(session.connection(), address.difference(still, [None]))  # type: ignore[arg-type]
    remove_mail(ctx.mail_folder, copies)
    return True


def _alone(session: Session, person_id: int) -> Person | None:
    """An agent whose role may go, while nobody takes another administrator's. Raises :class:`LastAdministrator`."""
    locked = select(Person).where(or_(Person.id == person_id, Person.role == Role.ADMINISTRATOR), Person.account).order_by(Person.id)
    people = session.scalars(locked.with_for_update()).all()
    person = next((each for each in people if each.id == person_id and each.role in STAFF), None)
    others = [each for each in people if each.id != person_id and each.password_hash is not None]
    if person is not None and person.role == Role.ADMINISTRATOR and not any(each.role == Role.ADMINISTRATOR for each in others):
        raise LastAdministrator
    return person


def _let_go(session: Session, person: Person, now: datetime, by: Actor) -> None:
    """What somebody holds that their role, or its end, does not go with."""
    stays = person.account and person.role in OVERSEE
    if not stays:
        person.whole_city = False
        session.execute(delete(PersonTerritory).where(PersonTerritory.person_id == person.id))
        session.flush()
        if not leads.take_out_all(session, person.id, now, by):
            raise StillInCharge
    if not stays or not is_done_by(person.role, TaskKind.MODERATE):
        session.execute(delete(Referent).where(Referent.person_id == person.id))
    theirs = Task.assigned_to_id == person.id, Task.closed_at.is_(None)
    others = [kind for kind in TaskKind if not (stays and is_done_by(person.role, kind))]
    session.execute(update(Task).where(*theirs, Task.kind.in_(others)).values(assigned_to_id=None))
