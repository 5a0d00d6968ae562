"""Whose account an identity of the provider is: an agent's, found by the confirmed address once and by the provider's number ever after."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import STAFF, Person
from app.proconnect import Identity
from app.services.events import SYSTEM, Actor, record
from app.services.people import account_of


class NoAgent(UserError):
    """No agent's account goes with it. Nothing says whether there is another account: the sentence is the same."""


def agent(ctx: Context, who: Identity) -> Person:
    """The agent who this is. Nobody gets an account by it. Raises :class:`NoAgent`."""
    now = ctx.now()
    with ctx.db.write() as session:
        known = _known(session, ctx, who)
        if known is not None:
            return _overseeing(known)
        found = account_of(session, ctx, who.email)
        person = session.get(Person, found.id, with_for_update=True, populate_existing=True) if found else None
        # An address may be given to somebody else one day: it counts for an account only until the provider's number is known.
        if person is None or person.email_confirmed_at is None or person.proconnect is not None:
            raise NoAgent("No agent’s account goes with this identity.")
        _overseeing(person)
        person.proconnect, person.proconnect_index, person.changed_at = who.sub, ctx.keys.index(who.sub), now
        record(session, "proconnect_linked", now, Actor(person.id), person_id=person.id)
        return person


def forget(ctx: Context, email: str) -> None:
    """The next sign-in goes by the address once more. Raises :class:`UserError` for no such account."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = account_of(session, ctx, email)
        if person is None or person.proconnect is None:
            raise UserError("No account with this address goes with an identity of ProConnect.")
        person.proconnect, person.proconnect_index, person.changed_at = None, None, now
        record(session, "proconnect_forgotten", now, SYSTEM, person_id=person.id)


def _known(session: Session, ctx: Context, who: Identity) -> Person | None:
    return session.scalar(select(Person).where(Person.account, Person.proconnect_index.in_(ctx.keys.indexes(who.sub))))


def _overseeing(person: Person) -> Person:
    if person.role not in STAFF:
        raise NoAgent("No agent’s account goes with this identity.")
    return person
