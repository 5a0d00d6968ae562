"""What agents prove themselves with besides a password: a code from their phone (RFC 6238), or a recovery code when that is lost."""

import hashlib
import hmac
import secrets

import pyotp
import segno
import structlog
from markupsafe import Markup
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import STAFF, Person, RecoveryCode, SecondFactor
from app.services import sessions, throttle
from app.services.accounts import tell_changed
from app.services.events import SYSTEM, Actor, record
from app.services.people import account_of

log = structlog.get_logger("adeuxpas.security")
STEP_S = 30
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""


def is_set(ctx: Context, person_id: int) -> bool:
    with ctx.db.read() as session:
        factor = session.get(SecondFactor, person_id)
        return factor is not None and factor.confirmed_at is not None


def to_set_up(ctx: Context, person: Person) -> tuple[str, Markup]:
    """The secret for the phone, in letters and as a picture; the same one until it is confirmed. Whoever has a phone that counts gets the
    secret of the next one: the first counts until then."""
    with ctx.db.write() as session:
        # Two pages opened at once show the same.
        session.get_one(Person, person.id, with_for_update=True)
        factor = session.get(SecondFactor, person.id)
        if factor is None:
            session.add(factor := SecondFactor(person_id=person.id, secret=pyotp.random_base32(), step=0))
        if factor.confirmed_at is not None:
            factor.next_secret = factor.next_secret or pyotp.random_base32()
        secret = factor.next_secret or factor.secret
    address = pyotp.TOTP(secret).provisioning_uri(name=person.email or "", issuer_name=f"À deux pas {ctx.settings.city_name}")
    return secret, picture(address)


def picture(text: str) -> Markup:
    """What a phone reads."""
    return Markup(segno.make_qr(text, error="m").svg_inline(border=4, omitsize=True, dark="#000", light="#fff"))


def confirm(ctx: Context, person_id: int, code: str, by: Actor, here_id: int | None = None) -> list[str]:
    """The phone has it: the recovery codes, which are shown this once. Nothing when the code is not right. In place of another phone: that
    one's codes, and all sessions but the one at which they sit (``here_id``), end, and a mail tells. Raises ``TooMany``."""
    throttle.spend(ctx, [(throttle.CODE_ACCOUNT, str(person_id))])
    now = ctx.now()
    with ctx.db.write() as session:
        factor = session.get(SecondFactor, person_id, with_for_update=True)
        if factor is None or (factor.confirmed_at is not None and not factor.next_secret):
            return []
        step = _step_of(ctx, factor.next_secret or factor.secret, code, after=0)
        if step is None:
            log.warning("second_factor_failed", person=person_id)
            return []
        anew = factor.confirmed_at is not None
        factor.secret, factor.next_secret, factor.step, factor.confirmed_at = factor.next_secret or factor.secret, "", step, now
        record(session, "second_factor_set", now, by, person_id=person_id)
        if anew:
            sessions.end_all(session, person_id, now, but=here_id)
            tell_changed(session, ctx, session.get_one(Person, person_id), "phone_code", now)
        return _new_codes(session, factor)


def renew_codes(ctx: Context, person_id: int, by: Actor) -> list[str]:
    """New recovery codes, shown this once; those before are worth nothing any more. A mail tells."""
    now = ctx.now()
    with ctx.db.write() as session:
        factor = session.get_one(SecondFactor, person_id, with_for_update=True)
        record(session, "recovery_codes_renewed", now, by, person_id=person_id)
        tell_changed(session, ctx, session.get_one(Person, person_id), "recovery_codes", now)
        return _new_codes(session, factor)


def _new_codes(session: Session, factor: SecondFactor) -> list[str]:
    codes = ["-".join(_letters(5) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == factor.person_id))
    session.add_all(RecoveryCode(person_id=factor.person_id, key=_key(factor, each)) for each in codes)
    return codes


def check(ctx: Context, person_id: int, code: str, by: Actor) -> bool:
    """Whether the code is the phone's of now, or one of the recovery codes; each is taken once. Raises ``TooMany``."""
    throttle.spend(ctx, [(throttle.CODE_ACCOUNT, str(person_id))])
    with ctx.db.write() as session:
        factor = session.get(SecondFactor, person_id, with_for_update=True)
        if factor is None or factor.confirmed_at is None:
            return False
        step = _step_of(ctx, factor.secret, code, after=factor.step)
        factor.step = step or factor.step
        right = step is not None or _take_recovery(session, ctx, factor, code, by)
    if right:
        throttle.forgive(ctx, throttle.CODE_ACCOUNT, str(person_id))
    else:
        log.warning("second_factor_failed", person=person_id)
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


def code_to_type(ctx: Context, person_id: int, *, of_next: bool = False) -> str:
    """In the demonstration: a code that would be taken now; empty where all of now have been. ``of_next``: that of the next phone."""
    with ctx.db.read() as session:
        factor = session.get(SecondFactor, person_id)
    if factor is None or not ctx.settings.demo:
        return ""
    secret, after = (factor.next_secret, 0) if of_next else (factor.secret, factor.step)
    _before, now, later = _steps(ctx)
    return next((_code(secret, step) for step in (now, later) if step > after), "")


def _step_of(ctx: Context, secret: str, code: str, *, after: int) -> int | None:
    """The half minute of which the code is; a phone's clock may be half a minute off. A code, and those before it (``after``), is good for
    nothing once it was taken."""
    given = "".join(code.split()).encode()
    return next((step for step in _steps(ctx) if step > after and hmac.compare_digest(_code(secret, step).encode(), given)), None)


def _take_recovery(session: Session, ctx: Context, factor: SecondFactor, code: str, by: Actor) -> bool:
    key = _key(factor, "".join(c for c in code.lower() if c in LETTERS))
    found = session.scalar(
        select(RecoveryCode).where(RecoveryCode.person_id == factor.person_id, RecoveryCode.key == key).with_for_update()
    )  # fmt: skip
    if found is None:
        return False
    session.delete(found)
    record(session, "recovery_code_used", ctx.now(), by, person_id=factor.person_id)
    return True


def _key(factor: SecondFactor, code: str) -> str:
    """Keyed by the secret of the phone, which lies sealed and goes over to new encryption keys: so the codes outlive them."""
    return hmac.digest(factor.secret.encode(), code.replace("-", "").encode(), hashlib.sha256).hex()


def _letters(number: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(number))


def _steps(ctx: Context) -> tuple[int, int, int]:
    now = int(ctx.now().timestamp()) // STEP_S
    return now - 1, now, now + 1


def _code(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).at(step * STEP_S)
