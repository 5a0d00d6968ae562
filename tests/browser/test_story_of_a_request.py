"""The whole story: somebody asks for help, a neighbour says yes, both know how to reach each other."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.models import Channel, Match, Need, Offer
from app.models import Person as Row
from app.services import placing, posting
from app.services.accounts import activate_offers
from app.services.events import Actor
from app.services.people import make_person
from matching.lifecycle import MatchState, NeedState
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.visitor import Visitor

RENEE = "renee.story@example.net"
ANSWERS = {
    "category": "shopping", "details": "Un petit panier, le mardi.", "address": "4 place du Marché", "postcode": "69004", "town": "Lyon",
    "quartier": "Lyon 4e", "urgency": "urgent", "for_whom": "self", "name": "Renée Histoire", "contact": "email", "email": RENEE,
    "phone": "06 39 98 12 34", "share_contact": "no", "notice": "y",
}  # fmt: skip
NEXT_DOOR = posting.Where("9 place du Marché", "69004", "Lyon", 4.8309, 45.7793)
YES = {"fr": "oui", "en": "yes"}


@pytest.fixture
def neighbour_next_door(site: Site) -> None:
    """Somebody who surely has time, while the requests that nobody was found for are not tried again: who else is free, and who else is
    waiting, depends on the demonstration's last two weeks."""
    now, ctx, by = site.ctx.now(), site.ctx, Actor(channel=Channel.WEB)
    with ctx.db.write() as session:
        person = make_person(ctx, now, name="Noémie Voisine", email="noemie.story@example.org", phone="+33639980099", language="fr")
        person.account, person.email_confirmed_at, person.approved_at = True, now, now
        session.add(person)
        given = posting.OfferInput(categories=("shopping",), where=NEXT_DOOR, radius_m=3000, languages=("fr", "en"))
        posting.add_offer(session, ctx, person, given, placing.locate(ctx, given.where), now, by)
        activate_offers(session, ctx, person, now, by)
        session.execute(update(Need).where(Need.state == NeedState.OPEN).values(next_try_at=now + timedelta(days=1)))


@pytest.mark.usefixtures("neighbour_next_door")
@pytest.mark.parametrize(("language", "javascript"), [("fr", True), ("en", False)])
def test_from_the_question_to_the_contact_details(site: Site, visit: Callable[..., Visitor], language: str, javascript: bool) -> None:
    resident = Person(visit(language=language, javascript=javascript))
    resident.open("/")
    resident.follow("/request/new")
    asked = resident.answer_all(ANSWERS, "/request/new")
    assert len(asked) == len(set(asked))
    assert "/received" in resident.page.url

    resident.open(site.link_in_mail(RENEE, "/confirm/request/"))
    resident.go_on()
    assert "/request/" in resident.page.url
    site.work()
    match, volunteer = _asked(site)

    neighbour = Person(visit(language=language, javascript=javascript))
    neighbour.open(site.link_in_mail(volunteer.email, "/answer/yes/"))
    assert RENEE not in neighbour.page.content()
    neighbour.go_on()
    neighbour.reads(YES[language])

    resident.open(site.link_in_mail(RENEE, "/agree/yes/"))
    assert volunteer.email not in resident.page.content()
    resident.go_on()
    resident.follow("/request/")
    resident.reads(volunteer.first_name, volunteer.email)
    assert _state(site, match) is MatchState.AGREED

    to_resident, to_volunteer = site.mail_to(RENEE)[0].text, site.mail_to(volunteer.email)[0].text
    assert volunteer.email in to_resident and volunteer.first_name in to_resident
    assert RENEE in to_volunteer and "4 place du Marché" in to_volunteer and "Renée" in to_volunteer
    neighbour.page.reload()
    assert "/me" in neighbour.page.locator("main a").first.get_attribute("href")


def _asked(site: Site) -> tuple[int, Row]:
    """The match of the newest need, and the volunteer who was asked."""
    with site.ctx.db.read() as session:
        newest = select(func.max(Need.id)).scalar_subquery()
        match_id, person = session.execute(select(Match.id, Row).join(Match.offer).join(Offer.person).where(Match.need_id == newest)).one()
        return match_id, person


def _state(site: Site, match_id: int) -> str:
    with site.ctx.db.read() as session:
        return MatchState(session.get_one(Match, match_id).state)
