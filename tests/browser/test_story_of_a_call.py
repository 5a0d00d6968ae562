"""Somebody calls the town hall, and the coordinator posts their request without letting go of the keyboard."""

from collections.abc import Callable

from sqlalchemy import select

from app.models import Channel, Event, Need, Person, PostedBy
from matching.lifecycle import NeedState
from tests.browser.person import Typist
from tests.browser.site import Site
from tests.browser.visitor import Visitor

SECONDS_A_PRESS = 0.28
"""Of somebody who types steadily and listens meanwhile, about 43 words a minute; a Tab counts as much as a letter."""


def test_posting_for_somebody_on_the_phone_by_keyboard_alone(site: Site, visit: Callable[..., Visitor]) -> None:
    coordinator = Typist(visit(language="fr", role="coordinator"))
    coordinator.open("/coordination/")
    coordinator.enter('main a[href="/coordination/call"]')
    coordinator.type("said", "Odette Appel")
    coordinator.enter("main form button[type=submit]")
    coordinator.enter('main a[href*="/needs/new?search="]')
    coordinator.choose("category", "pharmacy")
    coordinator.type("details", "Un sac est à rapporter de la pharmacie du marché.")
    coordinator.type("address", "4 place du Marché")
    coordinator.type("postcode", "69004")
    coordinator.type("town", "Lyon")
    coordinator.type("quartier", "Lyon 4e")
    coordinator.choose("urgency", "urgent")
    coordinator.choose("contact", "phone")
    coordinator.type("phone", "04 65 71 12 34")
    coordinator.tick("notice")
    coordinator.enter("main form button[type=submit]")

    assert coordinator.presses * SECONDS_A_PRESS < 60, f"{coordinator.presses} presses; reading the notice aloud comes on top"
    assert coordinator.page.url.removeprefix(site.url).startswith("/coordination/needs/")
    with site.ctx.db.read() as session:
        need = session.scalars(select(Need).order_by(Need.id.desc()).limit(1)).one()
        posted = session.scalars(select(Event).where(Event.need_id == need.id).order_by(Event.id)).first()
    assert (need.state, need.category, need.urgency, need.posted_by) == (NeedState.OPEN, "pharmacy", "urgent", PostedBy.AGENT)
    assert posted and posted.channel == Channel.PHONE
    assert need.point is not None


def test_posting_for_somebody_known_takes_less_than_half_a_minute_of_typing(site: Site, visit: Callable[..., Visitor]) -> None:
    """From the search to the posted request; reading the notice aloud comes on top of it."""
    with site.ctx.db.read() as session:
        by_phone = Need.person.has(contact="phone"), Need.territory_id.is_not(None)
        which = select(Person.name, Need.category).join(Need.person).where(*by_phone).order_by(Need.id.desc())
        name, category = session.execute(which.limit(1)).one()
    coordinator = Typist(visit(language="fr", role="coordinator"))
    coordinator.open("/coordination/call")
    coordinator.type("said", name)
    coordinator.enter("main form button[type=submit]")
    coordinator.enter('main li form[action$="/call"] button')
    coordinator.choose("category", "pets" if category != "pets" else "shopping")
    coordinator.tick("notice")
    coordinator.page.keyboard.press("Control+Enter")
    coordinator.page.wait_for_url("**/coordination/needs/*")
    assert (coordinator.presses + 2) * SECONDS_A_PRESS < 30, f"{coordinator.presses} presses"
