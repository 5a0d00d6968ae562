"""Going through the questions of a request, as a visitor does."""

from typing import Any

from tests.pages import Page, Visitor

ANSWERS: dict[str, Any] = {
    "category": "shopping", "address": "4 rue des Essais", "postcode": "69002", "town": "Lyon", "quartier": "1", "urgency": "normal",
    "for_whom": "self", "name": "Odette Martin", "contact": "email", "email": "odette@example.net", "share_contact": "no",
    "details": "Two bags a week <b>please</b>", "week": ["Mo-morning", "Sa-evening"],
    "parent": "y", "school_level": "CM1", "mode": "in_person",
    "on_behalf_name": "Lea Martin", "on_behalf_phone": "06 39 98 00 01", "agreed": "y", "call": "self",
}  # fmt: skip
SENT = "Your request is here"


def answer(visitor: Visitor, page: Page | None = None, **typed: Any) -> Page:
    """Answer page after page, as far as that goes: to the page with all answers, or to one that comes back.

    On ``page`` only ``typed`` is filled in, the rest stays as it is there.
    """
    usual = {} if page else ANSWERS
    page = page or visitor.get("/request/new/what")
    while "Continue" in page.buttons:
        names = page.form("Continue").names
        page = visitor.submit(page, "Continue", None, **{name: said for name, said in (usual | typed).items() if name in names})
        usual = ANSWERS
        if page.status != 200:
            break
    return page


def ask(visitor: Visitor, expect: int = 200, page: Page | None = None, **typed: Any) -> Page:
    """Answer all questions and send them. What is seen last has the status ``expect``."""
    page = answer(visitor, page, **typed)
    if page.status == 200:
        page = visitor.submit(page, "Send my request", None)
    assert page.status == expect, f"{page.status} {page.h1s}: {page.text[:600]}"
    return page
