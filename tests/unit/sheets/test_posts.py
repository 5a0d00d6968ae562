"""What may stand in an offer and a need, and what is said of the rest."""

from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sheets.cells import Cells
from app.sheets.languages import ISO_639_1
from app.sheets.posts import NEED_COLUMNS, OFFER_COLUMNS, NeedRow, OfferRow, Refused, load_needs, load_offers, parse_need, parse_offer
from matching.hours import ANY_TIME
from matching.model import Mode, Urgency

OFFER = {"reference": "O1", "name": "Ann", "email": "Ann@Example.org", "lon": "4.85", "lat": "45.76", "categories": "pets|shopping"}
NEED = {"reference": "N1", "name": "Bob", "phone": "06 39 98 12 34", "address": "2 rue Haute", "category": "pets"}


def offer(**cells: str) -> OfferRow:
    given = Cells(OFFER | cells)
    row = parse_offer(2, given)
    assert given.problems == []
    return row


def need(**cells: str) -> NeedRow:
    given = Cells(NEED | cells)
    row = parse_need(2, given)
    assert given.problems == []
    return row


def offer_problems(**cells: str) -> list[str]:
    given = Cells(OFFER | cells)
    parse_offer(2, given)
    return [f"{problem.column}: {problem.reason}" for problem in given.problems]


def need_problems(**cells: str) -> list[str]:
    given = Cells(NEED | cells)
    parse_need(2, given)
    return [f"{problem.column}: {problem.reason}" for problem in given.problems]


def test_an_offer_has_the_defaults_of_the_format() -> None:
    row = offer()
    assert (row.radius_m, row.capacity, row.languages, row.mode, row.hours) == (1500, 1, ("fr",), Mode.IN_PERSON, ANY_TIME)
    assert row.identities == {"ann@example.org"}


def test_a_need_has_the_defaults_of_the_format() -> None:
    row = need()
    assert (row.urgency, row.helpers_needed, row.contact, row.posted_at) == (Urgency.NORMAL, 1, "phone", None)
    assert (row.lon, row.lat, row.identities) == (None, None, {"+33639981234"})
    assert [need(repeats=how).repeats for how in ("", "once", "Weekly", "fortnightly")] == [0, 0, 1, 2]
    assert need(email="b@example.org").contact == "email"


def test_several_values_are_trimmed_and_stand_once() -> None:
    row = offer(categories=" pets | shopping|Pets|", languages="fr|FR| ar")
    assert (row.categories, row.languages) == (("pets", "shopping"), ("fr", "ar"))


def test_any_category_will_do_unless_the_known_ones_are_given() -> None:
    assert offer(categories="dog-walking|aide_2").categories == ("dog-walking", "aide_2")
    cells = Cells(OFFER | {"categories": "pets|rocketry"})
    parse_offer(2, cells, {"pets", "shopping"})
    assert [problem.reason for problem in cells.problems] == ["rocketry is no category: they are pets, shopping"]


def test_there_are_as_many_language_codes_as_the_standard_has() -> None:
    assert len(ISO_639_1) == 184
    assert {"fr", "en", "ar", "tr", "pt", "oc", "br"} < ISO_639_1
    assert all(len(code) == 2 and code.isalpha() and code.islower() for code in ISO_639_1)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"reference": " "}, "reference: is missing"),
        ({"name": ""}, "name: is missing"),
        ({"name": "x" * 201}, "name: has 201 characters but may have 200"),
        ({"name": "Ann\nBob"}, "name: has a line break"),
        ({"name": "Ann\x00"}, "name: has a line break, a control character"),
        ({"name": "Ann \ufffd"}, "name: has a line break, a control character or one that cannot be read"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email: has a line break"),
        ({"email": "personne@"}, "email: is not an e-mail address"),
        ({"email": ""}, "email: is missing, and so is phone"),
        ({"phone": "06 AB 98 12 34"}, "phone: is not a phone number"),
        ({"lon": ""}, "lon: is missing but lat is given"),
        ({"lat": "", "address": "2 rue Haute"}, "lat: is missing but lon is given"),
        ({"lon": "", "lat": ""}, "address: is missing, and so are lon and lat"),
        ({"lon": "0", "lat": "-0.0"}, "lon: and lat are both 0"),
        ({"lat": "145.76"}, "lat: is 145.76 but must be between -90 and 90"),
        ({"lat": "nan"}, "lat: is nan but must be a number"),
        ({"lon": "inf"}, "lon: is inf but must be a number"),
        ({"lon": "1e999"}, "lon: is 1e999 but must be between"),
        ({"lon": "4,85"}, "lon: is 4,85 but must be a number"),
        ({"lon": "4_8"}, "lon: is 4_8 but must be a number"),
        ({"lon": "٤"}, "lon: is ٤ but must be a number"),
        ({"radius_m": "-500"}, "radius_m: is -500 but must be a whole number from 100 to 50000"),
        ({"radius_m": "99"}, "radius_m: is 99 but"),
        ({"radius_m": "50001"}, "radius_m: is 50001 but"),
        ({"radius_m": "1500.5"}, "radius_m: is 1500.5 but"),
        ({"capacity": "0"}, "capacity: is 0 but must be a whole number from 1 to 20"),
        ({"capacity": "21"}, "capacity: is 21 but"),
        ({"categories": ""}, "categories: is missing"),
        ({"categories": "|"}, "categories: holds nothing but separators"),
        ({"categories": "petits travaux"}, "categories: petits travaux is no category"),
        ({"languages": "klingon"}, "languages: klingon is no two-letter language code"),
        ({"mode": "teleport"}, "mode: is teleport but must be in_person, remote or both"),
        ({"availability": "Lundi matin"}, "availability: cannot be read as weekly hours"),
        ({"availability": "Xx 25:00-24:30"}, "availability: cannot be read as weekly hours"),
        ({"availability": "Jan-Mar"}, "availability: may hold weekdays and clock times only"),
        ({"availability": "10:00-10:00"}, "availability: has a span that begins and ends at the same time"),
        *(
            ({"availability": hours}, "availability: never holds half an hour in whole quarters, such as 10:15-10:45")
            for hours in ("off", "Mo off", "Mo 10:01-10:14", "Mo 23:50-24:00", "Mo 10:00-11:00; Mo off", "Mo 10:00-10:20", "Mo 10:01-10:44")
        ),
    ],
)
def test_what_is_wrong_with_an_offer_is_said(cells: dict[str, str], said: str) -> None:
    (problem,) = offer_problems(**cells)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"category": "pets|shopping"}, "category: names 2 categories"),
        ({"category": ""}, "category: is missing"),
        ({"urgency": "now"}, "urgency: is now but must be urgent, normal or flexible"),
        ({"helpers_needed": "0"}, "helpers_needed: is 0 but must be a whole number from 1 to 10"),
        ({"repeats": "monthly"}, "repeats: is monthly but must be once, weekly or fortnightly"),
        ({"helpers_needed": "11"}, "helpers_needed: is 11 but"),
        ({"contact": "pigeon"}, "contact: is pigeon but must be email, phone or letter"),
        ({"contact": "email"}, "contact: is email but the row has no email"),
        ({"phone": ""}, "email: is missing, and so is phone"),
        ({"phone": "", "contact": "phone"}, "email: is missing, and so is phone"),
        ({"posted_at": "2026-11-02T01:00:00"}, "posted_at: is 2026-11-02T01:00:00 but must end with a zone"),
        ({"posted_at": "yesterday"}, "posted_at: is yesterday but must be a time"),
        ({"posted_at": "0001-01-01T00:00:00+14:00"}, "posted_at: is 0001-01-01T00:00:00+14:00 but must lie between"),
    ],
)
def test_what_is_wrong_with_a_need_is_said(cells: dict[str, str], said: str) -> None:
    (problem,) = need_problems(**cells)
    assert problem.startswith(said)


def test_who_wants_a_letter_needs_neither_email_nor_phone() -> None:
    assert need(phone="", contact="letter").contact == "letter"


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    said = offer_problems(reference="", email="x", lon="a", lat="b", capacity="c", languages="xx|yy")
    assert [problem.split(":")[0] for problem in said] == ["lon", "lat", "reference", "email", "languages", "languages", "capacity"]


def test_no_name_contact_or_address_is_repeated_in_a_report() -> None:
    secret = "Secret\n"
    said = offer_problems(name=secret + "x", email=secret + "x", phone=secret + "x", address=secret + "x", city=secret + "x")
    assert len(said) == 4, "an address may be typed in several lines"
    assert "Secret" not in " ".join(said)


@given(st.dictionaries(st.sampled_from(sorted({*OFFER_COLUMNS, *NEED_COLUMNS})), st.text(max_size=30)))
def test_no_cells_whatever_raise_anything(cells: dict[str, str]) -> None:
    for parse, good in ((parse_offer, OFFER), (parse_need, NEED)):
        for row in (Cells(cells), Cells(good | cells, decimal_comma=True, zone=UTC)):
            parse(2, row)
            assert all(problem.reason.isprintable() for problem in row.problems)


def test_the_second_row_with_a_reference_is_refused_even_when_the_first_was(tmp_path: Path) -> None:
    path = tmp_path / "offers.csv"
    path.write_text(
        "reference,name,email,lon,lat,categories\n1,Ann,,4,45,pets\n1,Bob,b@example.org,4,45,pets\n2,Cy,c@example.org,4,45,pets\n"
    )
    first, second, third = load_offers(path, zone=UTC).rows
    assert isinstance(first, Refused) and isinstance(second, Refused) and isinstance(third, OfferRow)
    assert [tuple(problem) for problem in second.problems] == [("reference", "is already used in line 2")]


def test_a_semicolon_file_may_have_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "needs.csv"
    path.write_text("reference;name;email;lon;lat;category\n1;Ann;a@example.org;4,85;45.76;pets\n2;Bob;b@example.org;4,8,5;45;pets\n")
    first, second = load_needs(path, zone=UTC).rows
    assert isinstance(first, NeedRow) and isinstance(second, Refused)
    assert (first.lon, first.lat) == (4.85, 45.76)


@pytest.mark.parametrize(
    "moment", ["31/12/2025", "2025-13-45", "45000", "hier", "2025-12-31", "2025-12-31T10:00:00+99:00", "9999-12-31T23:59:59Z", "٢٠٢٥-١٢-٣١"]
)
def test_a_date_in_an_odd_form_is_refused_with_the_form_that_is_needed(moment: str) -> None:
    [problem] = need_problems(posted_at=moment)
    assert problem.startswith("posted_at: is ") and "must" in problem


@pytest.mark.parametrize("number", ["9" * 5000, "1e2", "1e308", "inf", "nan", "٣", "1_0"])
def test_a_number_however_huge_or_odd_is_refused(number: str) -> None:
    assert [problem.partition(":")[0] for problem in need_problems(helpers_needed=number)] == ["helpers_needed"]
