"""Making and finding people."""

from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.contacts import normal_email
from app.context import Context
from app.models import Person, Role
from app.services.streets import plain


def make_person(
    ctx: Context, now: datetime, *, name: str, email: str | None, phone: str | None, language: str, contact: str | None = None
) -> Person:
    """A person, not yet in a session. ``email`` and ``phone`` are normalised; ``contact`` defaults to what there is."""
    return Person(
        name=name, email=email, email_index=ctx.keys.index(email) if email else None, phone=phone,
        phone_index=ctx.keys.index(phone) if phone else None, language=language,
        contact=contact or ("email" if email else "phone" if phone else "letter"),
        created_at=now, changed_at=now,
    )  # fmt: skip


def set_phone(ctx: Context, person: Person, phone: str | None, now: datetime) -> None:
    """Another number, normalised, or none."""
    person.phone, person.phone_index = phone or None, ctx.keys.index(phone) if phone else None
    person.changed_at = now


def set_email(ctx: Context, person: Person, email: str, now: datetime) -> None:
    """Another address, normalised. Whoever typed it has still to show that they read it."""
    person.email, person.email_index, person.email_confirmed_at = email, ctx.keys.index(email), None
    person.changed_at = now


def own_page(ctx: Context, person: Person) -> str:
    """The address of a volunteer's page, for messages; none for somebody who has no account and so cannot sign in."""
    return ctx.links.page("/me") if person.account else ""


def account_of(session: Session, ctx: Context, email: str) -> Person | None:
    """The account with this address."""
    try:
        indexes = ctx.keys.indexes(normal_email(email))
    except ValueError:
        return None
    return session.scalar(select(Person).where(Person.account, Person.email_index.in_(indexes)))


def same_person(session: Session, person: Person) -> list[int]:
    """Somebody with all who were merged into them, and with who has the same e-mail address and name: without an account each request makes
    a person of its own. The address must have been confirmed: anybody can type one. Two people who share it have different names."""
    ids = {person.id}
    if person.email_index and person.email_confirmed_at:
        rows = session.execute(select(Person.id, Person.name).where(Person.email_index == person.email_index, Person.role == Role.NONE))
        ids |= {row.id for row in rows if plain(row.name) == plain(person.name)}
    while more := set(session.scalars(select(Person.id).where(Person.merged_into_id.in_(ids), Person.id.not_in(ids)))):
        ids |= more
    return sorted(ids)


OWN = "person:"
"""How somebody is named who may have neither address nor phone."""


def identities(person: Person | Row[tuple[int, str | None, str | None]]) -> frozenset[str]:
    """What tells somebody apart: two people who share one of these are the same."""
    return frozenset(filter(None, (person.email_index, person.phone_index, f"{OWN}{person.id}")))


def person_with(session: Session, ctx: Context, email: str) -> Person | None:
    """Somebody with this address: their account, else the latest of those who gave it."""
    try:
        indexes = ctx.keys.indexes(normal_email(email))
    except ValueError:
        return None
    which = select(Person).where(Person.email_index.in_(indexes)).order_by(Person.account.desc(), Person.id.desc())
    return session.scalar(which.limit(1))
