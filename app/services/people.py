"""Making and finding people."""

import secrets
from datetime import datetime

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Person


def normal_email(email: str) -> str:
    """The form in which an address is compared; raises ``ValueError`` when it is not one."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as e:
        raise ValueError("not an e-mail address") from e


def normal_phone(phone: str) -> str:
    """A phone number in E.164; raises ``ValueError`` when it is not one. National numbers are French."""
    try:
        number = phonenumbers.parse(phone, "FR")
    except phonenumbers.NumberParseException as e:
        raise ValueError("not a phone number") from e
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def make_person(
    ctx: Context, now: datetime, *, name: str, email: str | None, phone: str | None, language: str, contact: str | None = None
) -> Person:
    """A person, not yet in a session. ``email`` and ``phone`` are normalised; ``contact`` defaults to what there is."""
    return Person(
        name=name, email=email, email_index=ctx.keys.index(email) if email else None, phone=phone,
        phone_index=ctx.keys.index(phone) if phone else None, language=language,
        contact=contact or ("email" if email else "phone" if phone else "letter"),
        session_key=secrets.token_hex(16), created_at=now, changed_at=now,
    )  # fmt: skip


def account_of(session: Session, ctx: Context, email: str) -> Person | None:
    """The account with this address."""
    try:
        indexes = ctx.keys.indexes(normal_email(email))
    except ValueError:
        return None
    return session.scalar(select(Person).where(Person.account, Person.email_index.in_(indexes)))
