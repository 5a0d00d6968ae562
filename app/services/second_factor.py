"""What agents prove themselves with besides a password: a code from their phone (RFC 6238), or a recovery code when that is lost."""

import hmac
import secrets

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import STAFF, Person, RecoveryCode, SecondFactor
from app.services import sessions, throttle
from app.services.events import SYSTEM, Actor, record
from app.services.people import account_of

STEP_S = 30
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""


def is_set(ctx: Context, person_id: int) -> bool:
    with ctx.db.read() as session:
        factor = session.get(SecondFactor, person_id)
        return factor is not None and factor.confirmed_at is not None


def to_set_up(ctx: Context, person: Person) -> tuple[str, Markup]:
    """The secret for the phone, in letters and as a picture; the same one until it is confirmed."""
    with ctx.db.write() as session:
        # Two pages opened at once show the same.
        session.get_one(Person, person.id, with_for_update=True)
        factor = session.get(SecondFactor, person.id)
        if factor is None:
            session.add(factor := SecondFactor(person_id=person.id, secret=pyotp.random_base32(), step=0))
        secret = factor.secret
    address = pyotp.TOTP(secret).provisioning_uri(name=person.email or "", issuer_name=f"À deux pas {ctx.settings.city_name}")
    return secret, picture(address)


def picture(text: str) -> Markup:
    """What a phone reads."""
    return Markup(segno.make_qr(text, error="m").svg_inline(border=4, omitsize=True, dark="#000", light="#fff"))


def confirm(ctx: Context, person_id: int, code: str, by: Actor) -> list[str]:
    """The phone has it: the recovery codes, which are shown this once. Nothing when the code is not right. Raises ``TooMany``."""
    throttle.spend(ctx, [(throttle.CODE_ACCOUNT, str(person_id))])
    now = ctx.now()
    with ctx.db.write() as session:
        factor = session.get(SecondFactor, person_id, with_for_update=True)
        if factor is None or factor.confirmed_at is not None or not _take(ctx, factor, code):
            return []
        factor.confirmed_at = now
        codes = ["-".join(_letters(5) for _ in range(2)) for _ in range(RECOVERY_CODES)]
        session.add_all(RecoveryCode(person_id=person_id, key=ctx.keys.index(_named(person_id, each))) for each in codes)
        record(session, "second_factor_set", now, by, person_id=person_id)
        return codes


def check(ctx: Context, person_id: int, code: str, by: Actor) -> bool:
    """Whether the code is the phone's of now, or one of the recovery codes; each is taken once. Raises ``TooMany``."""
    throttle.spend(ctx, [(throttle.CODE_ACCOUNT, str(person_id))])
    with ctx.db.write() as session:
        factor = session.get(SecondFactor, person_id, with_for_update=True)
        if factor is None or factor.confirmed_at is None:
            return False
        right = _take(ctx, factor, code) or _take_recovery(session, ctx, person_id, code, by)
    if right:
        throttle.forgive(ctx, throttle.CODE_ACCOUNT, str(person_id))
    return right


def recovery_codes_left(ctx: Context, person_id: int) -> int:
    with ctx.db.read() as session:
        return session.scalar(select(func.count(RecoveryCode.id)).where(RecoveryCode.person_id == person_id)) or 0


def reset_of(ctx: Context, email: str) -> None:
    """:func:`reset` from the command line. Raises :class:`UserError` for no such agent."""
    with ctx.db.read() as session:
        person = account_of(session, ctx, email)
    if person is None or not reset(ctx, person.id, SYSTEM):
        raise UserError("No agent has this address.")


def reset(ctx: Context, person_id: int, by: Actor) -> bool:
    """Somebody lost phone and recovery codes: they set it up anew at their next sign-in. ``False``: there is no such agent."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.get(Person, person_id, with_for_update=True)
        if person is None or not person.account or person.role not in STAFF:
            return False
        for kind in (SecondFactor, RecoveryCode):
            session.execute(delete(kind).where(kind.person_id == person.id))
        sessions.end_all(session, person.id, now)
        record(session, "second_factor_reset", now, by, person_id=person.id)
        return True


def give(ctx: Context, person_id: int) -> None:
    """One that nobody's phone has, for the demonstration, whose page says the code (:func:`code_to_type`)."""
    with ctx.db.write() as session:
        session.add(SecondFactor(person_id=person_id, secret=pyotp.random_base32(), step=0, confirmed_at=ctx.now()))


def code_to_type(ctx: Context, person_id: int) -> str:
    """In the demonstration: a code that would be taken now; empty where all of now have been."""
    with ctx.db.read() as session:
        factor = session.get(SecondFactor, person_id)
    if factor is None or not ctx.settings.demo:
        return ""
    _before, now, after = _steps(ctx)
    return next((_code(factor, step) for step in (now, after) if step > factor.step), "")


def _take(ctx: Context, factor: SecondFactor, code: str) -> bool:
    """A phone's clock may be half a minute off. A code, and those before it, is good for nothing once it was taken."""
    for step in _steps(ctx):
        if step > factor.step and hmac.compare_digest(_code(factor, step), "".join(code.split())):
            factor.step = step
            return True
    return False


def _take_recovery(session: Session, ctx: Context, person_id: int, code: str, by: Actor) -> bool:
    keys = ctx.keys.indexes(_named(person_id, "".join(c for c in code.lower() if c in LETTERS)))
    found = session.scalar(select(RecoveryCode).where(RecoveryCode.person_id == person_id, RecoveryCode.key.in_(keys)).with_for_update())
    if found is None:
        return False
    session.delete(found)
    record(session, "recovery_code_used", ctx.now(), by, person_id=person_id)
    return True


def _named(person_id: int, code: str) -> str:
    return f"recovery {person_id} {code.replace('-', '')}"


def _letters(number: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(number))


def _steps(ctx: Context) -> tuple[int, int, int]:
    now = int(ctx.now().timestamp()) // STEP_S
    return now - 1, now, now + 1


def _code(factor: SecondFactor, step: int) -> str:
    return pyotp.TOTP(factor.secret).at(step * STEP_S)
