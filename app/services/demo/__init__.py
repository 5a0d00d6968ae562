"""The demonstration: a small invented city on rough outlines of Lyon's districts, told through the same services as a real one."""

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shapely import Point, from_wkb
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select

from app.context import Context
from app.errors import UserError
from app.links import Purpose
from app.models import Channel, Fact, Match, Need, Offer, Person, PostedBy, Role, Territory
from app.services import matches, posting
from app.services.accounts import activate_offers, add_user, hash_password
from app.services.events import Actor
from app.services.matching import Board, match_due
from app.services.people import make_person
from app.services.territories import import_territories, read_outlines
from matching.model import Urgency

DISTRICTS = Path(__file__).with_name("demo_districts.geojson")
PASSWORD = "deux-pas-demo"
COORDINATOR, ADMINISTRATOR, VOLUNTEER = "coordination@example.org", "administration@example.org", "benevole@example.org"
VOLUNTEERS, RESIDENTS = 60, 24
BY_WEB, BY_LINK, BY_PHONE = Actor(channel=Channel.WEB), Actor(channel=Channel.LINK), Actor(channel=Channel.PHONE)
FIRST = (
    "Adèle", "Amine", "Béatrice", "Camille", "Djibril", "Émile", "Fatou", "Georges", "Hélène", "Ibrahim", "Jeanne", "Karim", "Louise",
    "Marcel", "Nadia", "Odette", "Paul", "Rosa", "Simone", "Tran", "Ursule", "Victor", "Yvonne", "Zacharie",
)  # fmt: skip
LAST = ("Ardant", "Belkacem", "Clavel", "Duval", "Esposito", "Fournel", "Gonin", "Haddad", "Jacquet", "Kone", "Laroche", "Meunier")
STREETS = ("rue des Tisserands", "place du Marché", "montée des Vignes", "rue de la Passerelle", "quai des Mariniers", "allée des Platanes")
WEEKS = ("", "", "Mo-Fr 18:00-20:00", "Sa 09:00-12:00", "Mo-Su 09:00-19:00", "We 14:00-18:00; Sa 09:00-12:00", "Tu,Th 14:00-18:00")
CATEGORIES_OFFERED = (
    ("shopping", "conversation", "pharmacy"), ("shopping",), ("conversation", "shopping"), ("homework", "paperwork"), ("accompaniment",),
    ("pets", "shopping"),
)  # fmt: skip
CATEGORIES_NEEDED = ("shopping", "conversation", "shopping", "pharmacy", "homework", "paperwork", "accompaniment", "small_repairs")
DETAILS = {
    "shopping": "Un petit panier, deux fois par mois.", "conversation": "Prendre un café et parler de livres.", "homework": "Niveau 6e.",
}  # fmt: skip
HOME = posting.Where("4 place du Marché", "69004", "Lyon", 4.8305, 45.7790)
NEXT_DOOR = posting.Where("9 place du Marché", "69004", "Lyon", 4.8309, 45.7793)


@dataclass(frozen=True)
class SignIn:
    """A way into the demonstration: an address and the common password, or a link."""

    role: str
    email: str = ""
    url: str = ""

    @property
    def how(self) -> str:
        return self.url or f"{self.email}  password {PASSWORD}"


def fill(ctx: Context) -> None:
    """Fill an empty database. Raises :class:`UserError` when DEMO=0 or somebody is in it already."""
    if not ctx.settings.demo:
        raise UserError("The demonstration city only goes into a demonstration: set DEMO=1, or do without it.")
    with ctx.db.read() as session:
        if session.scalar(select(Person.id).limit(1)) is not None:
            raise UserError("The demonstration city only goes into an empty database. Set INSTANCE to a new folder.")
    rng = random.Random(2020)
    import_territories(ctx, read_outlines(DISTRICTS, "name"), "district")
    add_user(ctx, name="Claire Coordination", email=COORDINATOR, role=Role.COORDINATOR, password=PASSWORD)
    add_user(ctx, name="Alain Administration", email=ADMINISTRATOR, role=Role.ADMINISTRATOR, password=PASSWORD)
    _volunteers(ctx, rng)
    _residents(ctx, rng)
    _answers(ctx)
    with ctx.db.write() as session:
        session.add(Fact(name="demo", value="1"))


def _shapes(ctx: Context) -> list[BaseGeometry]:
    with ctx.db.read() as session:
        return [from_wkb(shape) for shape in session.scalars(select(Territory.shape).order_by(Territory.id))]


def _somewhere(rng: random.Random, shapes: list[BaseGeometry]) -> posting.Where:
    """An invented address, at a point in one of the shapes."""
    while True:
        middle = rng.choice(shapes).representative_point()
        lon, lat = round(middle.x + rng.gauss(0, 0.005), 6), round(middle.y + rng.gauss(0, 0.004), 6)
        if any(shape.covers(Point(lon, lat)) for shape in shapes):
            return posting.Where(f"{rng.randrange(1, 90)} {rng.choice(STREETS)}", "69000", "Lyon", lon, lat)


def _volunteers(ctx: Context, rng: random.Random) -> None:
    """Approved volunteers with offers; the first has the demonstration's account, the last three still wait for approval."""
    now, shapes = ctx.now() - timedelta(days=3), _shapes(ctx)
    password_hash = hash_password(PASSWORD)
    with ctx.db.write() as session:
        for number in range(VOLUNTEERS):
            name = "Viviane Volontaire" if number == 0 else f"{rng.choice(FIRST)} {rng.choice(LAST)}"
            email = VOLUNTEER if number == 0 else f"benevole{number}@example.org"
            person = make_person(ctx, now, name=name, email=email, phone=f"+336399800{number:02d}", language="fr")
            person.account, person.email_confirmed_at, person.minimum_age_confirmed_at = True, now, now
            person.charter_version = person.notice_version = "2026-11"
            person.password_hash = password_hash if number == 0 else None
            person.approved_at = now if number < VOLUNTEERS - 3 else None
            session.add(person)
            categories = CATEGORIES_OFFERED[number % len(CATEGORIES_OFFERED)]
            given = posting.OfferInput(
                categories=categories, where=_somewhere(rng, shapes) if number else HOME, radius_m=rng.choice((800, 1500, 2500)),
                capacity=rng.choice((1, 1, 2)) if number else 3, availability=rng.choice(WEEKS) if number else "",
                mode="both" if "conversation" in categories else "in_person",
                languages=("fr", "en") if number % 5 == 0 else ("fr",),
            )  # fmt: skip
            posting.add_offer(session, ctx, person, given, posting.locate(ctx, given.where), now, BY_WEB)
            activate_offers(session, ctx, person, now, BY_WEB)


def _residents(ctx: Context, rng: random.Random) -> None:
    """Residents with needs of all urgencies, one after the other; every third one has no e-mail and comes by phone."""
    shapes, board = _shapes(ctx), Board()
    for number in range(RESIDENTS):
        by_phone = number % 3 == 2
        category = CATEGORIES_NEEDED[number % len(CATEGORIES_NEEDED)]
        given = posting.NeedInput(
            name="Renée Riveraine" if number == 0 else f"{rng.choice(FIRST)} {rng.choice(LAST)}", category=category,
            where=NEXT_DOOR if number in (1, 2) else _somewhere(rng, shapes), email=None if by_phone else f"voisin{number}@example.net",
            phone=f"+334657100{number:02d}",
            urgency=(Urgency.NORMAL, Urgency.NORMAL, Urgency.URGENT)[number % 3], availability=rng.choice(WEEKS),
            details=DETAILS.get(category, ""), share_contact=number % 4 == 1,
            posted_by=PostedBy.AGENT if by_phone else PostedBy.SELF, notice_version="2026-11",
        )  # fmt: skip
        need_id = posting.post_need(ctx, given, BY_PHONE if by_phone else BY_WEB)
        if not by_phone and number != RESIDENTS - 2:
            posting.confirm_need(ctx, need_id, BY_LINK)
        board.follow(ctx)
        match_due(ctx, board)


def _answers(ctx: Context) -> None:
    """Some of the first proposals answered, so that each state is there to be seen. Viviane's own and Renée's stay open."""
    with ctx.db.read() as session:
        viviane = session.scalar(select(Offer.id).order_by(Offer.id).limit(1))
        renee = session.scalar(select(Need.id).order_by(Need.id).limit(1))
        open_ones = session.execute(select(Match.id, Match.offer_id, Match.need_id).order_by(Match.id)).all()
    for turn, match in enumerate(m for m in open_ones if m.offer_id != viviane):
        if match.need_id == renee:
            matches.volunteer_answers(ctx, match.id, True, BY_LINK)
        elif turn % 4 != 3:
            answer = matches.volunteer_answers(ctx, match.id, turn % 4 != 2, BY_LINK)
            if answer is matches.Answer.ACCEPTED and turn % 4 == 0:
                matches.resident_answers(ctx, match.id, True, BY_LINK)


def sign_ins(ctx: Context) -> list[SignIn]:
    """The ways in, for the first page and the terminal; none when this is no demonstration."""
    with ctx.db.read() as session:
        if session.get(Fact, "demo") is None:
            return []
        need = session.scalar(select(Need.id).order_by(Need.id).limit(1))
    return [
        SignIn("resident", url=ctx.links.url(Purpose.MY_REQUEST, need or 0)),
        SignIn("volunteer", VOLUNTEER),
        SignIn("coordinator", COORDINATOR),
        SignIn("administrator", ADMINISTRATOR),
    ]
