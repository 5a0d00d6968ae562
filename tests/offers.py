"""The pages on which somebody offers help, filled in as a visitor does."""

from typing import Any

from tests.city import City
from tests.pages import Page, Visitor

EMAIL, PASSWORD = "sacha@example.org", "four plain words here"
ANSWERS: dict[str, dict[str, Any]] = {
    "what": {"categories": ["shopping", "pets"]},
    "how": {"mode": "in_person"},
    "where": {"address": "12 rue de la Paix", "postcode": "69002", "town": "Lyon", "quartier": ""},
    "radius": {"goes": "home", "radius": "2000", "quartiers": [], "drawn": ""},
    "when": {"week": ["Mo-morning", "Tu-morning", "Sa-afternoon"]},
    "people": {"capacity": "2", "languages": ["fr", "en"]},
    "you": {"name": "Sacha Petit", "email": EMAIL, "phone": "06 39 98 12 34"},
    "charter": {"charter": "y", "age": "y"},
}
"""What is written on each page."""
FIELDS = {name for answers in ANSWERS.values() for name in answers}


def fill_in(city: City, visitor: Visitor, until: str = "check", **given: Any) -> Page:
    """From the start to the page ``until``, which is not filled in."""
    assert set(given) <= FIELDS
    page = visitor.get(visitor.get("/offer/new").link("Start"))
    while step_of(page) != until:
        page = go_on(city, visitor, page, **given)
    return page


def go_on(city: City, visitor: Visitor, page: Page, expect: int = 200, **given: Any) -> Page:
    """Fill in the page that is open and go on; fields of other pages are passed over."""
    usual = ANSWERS[step_of(page)] | ({"quartier": str(city.quartier_id)} if step_of(page) == "where" else {})
    own = {name: value for name, value in given.items() if name in usual}
    return visitor.submit(page, "Continue", expect, **(usual | own))


def step_of(page: Page) -> str:
    return page.path.rpartition("/")[2]


def sign_up(city: City, visitor: Visitor, expect: int = 200, password: str = PASSWORD, **given: Any) -> Page:
    """The whole way to the last button."""
    return visitor.submit(fill_in(city, visitor, **given), "Sign up", expect, password=password)
