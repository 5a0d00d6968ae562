"""E-mail addresses and phone numbers in the one form in which they are stored and compared."""

import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

_PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]{1,32}(\.[A-Za-z0-9_+-]{1,31})?")
_PLAIN_FRENCH = re.compile(r"(?:0|\+33)([1-9])((?:[ .-]?[0-9]{2}){4})")
_PHONE_CHARACTERS = re.compile(r"[0-9+(). /\u00a0\u202f-]{4,40}")
_NO_TEXTS = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.VOIP)
_DIGITS_ONLY = str.maketrans("", "", " .-")


def normal_email(text: str) -> str:
    """The address in lower case. Raises ``ValueError`` when it is not one; whether mail arrives there is not asked.

    >>> normal_email("Anaïs.B@Example.org")
    'anaïs.b@example.org'
    """
    local, _, domain = text.rpartition("@")
    try:
        if _PLAIN_LOCAL_PART.fullmatch(local) and len(domain) < 190:
            return f"{local}@{_normal_domain(domain)}".lower()
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError as e:
        raise ValueError("not an e-mail address") from e


@lru_cache(maxsize=10_000)
def _normal_domain(domain: str) -> str:
    """Files hold a million addresses but few domains."""
    return validate_email(f"a@{domain}", check_deliverability=False).domain


def normal_phone(text: str) -> str:
    """The number in E.164; a national number is French. Raises ``ValueError`` when it is not one.

    Numbers of ranges that no operator has been given yet pass: what is possible, not what is assigned, is asked.

    >>> normal_phone("06 39 98 12 34"), normal_phone("+32 2 123 45 67")
    ('+33639981234', '+3221234567')
    """
    if plain := _PLAIN_FRENCH.fullmatch(text):
        return f"+33{plain[1]}{plain[2].translate(_DIGITS_ONLY)}"
    if not _PHONE_CHARACTERS.fullmatch(text):
        raise ValueError("not a phone number")
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException as e:
        raise ValueError("not a phone number") from e
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def takes_texts(number: str) -> bool:
    """Whether text messages may arrive at a number in E.164. Of ranges that tell nothing they may.

    >>> takes_texts("+33639981234"), takes_texts("+33465710000")
    (True, False)
    """
    return phonenumbers.number_type(phonenumbers.parse(number)) not in _NO_TEXTS
