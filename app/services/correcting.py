"""What an agent puts right of how somebody is called and reached, once they have said so on the phone or at the counter."""

import secrets

from sqlalchemy import update

from app.context import Context
from app.links import Purpose
from app.models import Need, Offer, Person, Role
from app.services.accounts import AddressTaken, stamp_of, tell_changed
from app.services.events import Actor, record
from app.services.people import account_of, set_email, set_phone
from app.services.sessions import end_all
from app.services.sight import Sight
from app.services.telling import tell
from notifications.messages import ConfirmAccount


def correct(ctx: Context, sight: Sight, person_id: int, by: Actor, *, name: str = "", email: str = "", phone: str = "") -> bool:
    """``email`` and ``phone`` are normalised; what is empty stays. ``False``: there is nobody to correct, or nothing. An account is told at
    its old address, signed out, and sent a link to confirm the new one. Raises :class:`AddressTaken`."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.scalar(sight.find(Person, person_id).with_for_update(of=Person))
        if person is None or person.role != Role.NONE or person.erased_at is not None or person.merged_into_id is not None:
            return False
        changed = [what for what, (new, old) in {
            "name": (name, person.name), "email": (email, person.email), "phone": (phone, person.phone),
        }.items() if new and new != old]  # fmt: skip
        if "email" in changed and person.account:
            if account_of(session, ctx, email) is not None:
                raise AddressTaken
            tell_changed(session, ctx, person, "email", now)
            end_all(session, person.id, now)
        if "name" in changed:
            person.name = name
        if "email" in changed:
            set_email(ctx, person, email, now)
            if person.account:
                url = ctx.links.url(Purpose.CONFIRM_ACCOUNT, person.id, stamp_of(ctx, person))
                message = ConfirmAccount(person.first_name, url, now + Purpose.CONFIRM_ACCOUNT.lasts)
                tell(session, ctx, person, message, now, once=secrets.token_hex(4))
        if "phone" in changed:
            set_phone(ctx, person, phone, now)
        if changed:
            person.changed_at = now
            for kind in (Offer, Need):  # the worker's index tells by them who is the same person
                session.execute(update(kind).where(kind.person_id == person.id).values(changed_at=now))
            record(session, "person_corrected", now, by, reason=", ".join(changed), person_id=person.id)
        return bool(changed)
