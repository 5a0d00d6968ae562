"""The quick ways with e-mail addresses and phone numbers find what the libraries find."""

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from app.contacts import normal_email, normal_phone

LOCAL_PARTS = st.text('aZ0._+- "é', min_size=1, max_size=6) | st.text("a.", min_size=60, max_size=70)


@given(
    st.emails()
    | st.text(max_size=30)
    | st.builds("{}@{}".format, LOCAL_PARTS, st.sampled_from(["example.org", "Bücher.de", "x.test", "a-.fr", ""]))
)
def test_an_address_is_taken_exactly_where_the_library_takes_it(text: str) -> None:
    try:
        wanted = validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        with pytest.raises(ValueError, match="not an e-mail address"):
            normal_email(text)
    else:
        assert normal_email(text) == wanted


@given(st.from_regex(r"\A(0|\+33)[1-9]([ .-]?[0-9]{2}){4}\Z"))
def test_a_french_number_is_taken_as_the_library_takes_it(text: str) -> None:
    number = phonenumbers.parse(text, "FR")
    assert phonenumbers.is_possible_number(number)
    assert normal_phone(text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("+33 (0)6.39.98.12.34", "+33639981234"),
        ("0033 6 39 98 12 34", "+33639981234"),
        ("01\u00a099\u00a000\u00a012\u00a034", "+33199001234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1 (212) 555-0100", "+12125550100"),
    ],
)
def test_numbers_come_out_in_one_form(text: str, e164: str) -> None:
    assert normal_phone(text) == e164


@pytest.mark.parametrize("text", ["06 AB 98 12 34", "06 ABC 8 12 34", "112", "06 39 98 12", "06 39 98 12 34 5", "+999 12345678", "tel:06"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        normal_phone(text)
