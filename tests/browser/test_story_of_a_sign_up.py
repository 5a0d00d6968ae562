"""Somebody signs up to help, is approved, and finds their own page."""

from collections.abc import Callable

from sqlalchemy import select

from app.models import Offer
from app.models import Person as Row
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.visitor import Visitor

VICTOR, PASSWORD = "victor.story@example.org", "quatre mots bien choisis"
ANSWERS = {
    "categories": "shopping", "mode": "in_person", "address": "9 place du Marché", "postcode": "69004", "town": "Lyon",
    "quartier": "Lyon 4e",
    "name": "Victor Histoire", "email": VICTOR, "phone": "06 39 98 56 78", "charter": "y", "age": "y", "password": PASSWORD,
    "notice": "y",
}  # fmt: skip


def test_signing_up_with_mouse_and_keyboard(site: Site, visit: Callable[..., Visitor]) -> None:
    volunteer = Person(visit(language="fr"))
    volunteer.open("/")
    volunteer.follow("/offer/new")
    volunteer.answer_all(ANSWERS, "/offer/new")
    volunteer.open(site.link_in_mail(VICTOR, "/confirm/account/"))
    volunteer.go_on()

    volunteer.open("/sign-in")
    volunteer.answer({"email": VICTOR, "password": PASSWORD})
    volunteer.go_on()
    assert volunteer.page.url.endswith("/me")
    offer = _offer(site)
    assert offer.categories == ["shopping"]

    coordinator = Person(visit(language="fr", role="coordinator"))
    coordinator.open(f"/coordination/offers/{offer.id}")
    coordinator.press("/approve")
    assert "/me" in site.mail_to(VICTOR)[0].text or "/sign-in" in site.mail_to(VICTOR)[0].text
    volunteer.page.reload()
    assert volunteer.page.get_by_role("heading", level=1).count() == 1


def _offer(site: Site) -> Offer:
    with site.ctx.db.read() as session:
        account = select(Row.id).where(Row.email_index == site.ctx.keys.index(VICTOR))
        return session.scalars(select(Offer).where(Offer.person_id.in_(account))).one()
