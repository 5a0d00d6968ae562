"""The story that is told each time: what Viviane, Renée and their neighbours around the square ask for and answer."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from app.models import Match, Need, Offer, PostedBy
from app.services import closing, matches
from app.services.demo import facts
from app.services.demo.tape import Tape
from app.services.demo.town import Neighbour, Town, slug, where
from app.services.placing import Where
from app.services.posting import NeedInput, OfferInput
from app.services.reports import report
from config.notices import NOTICE_VERSION
from matching.lifecycle import MatchState, NeedState, Side


@dataclass(frozen=True)
class Scene:
    """A need: asked for at a house of the square so many hours before the tape's end, and what became of it, each with its hour."""

    name: str
    house: int
    category: str
    hours_ago: float
    moves: tuple[tuple[float, str], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    confirmed: bool = True


BY_PHONE = {"posted_by": PostedBy.AGENT, "contact": "phone", "email": None}
SCENES = (
    # Renée: the nearest volunteer could not, the next one can, and waits for her yes.
    Scene(facts.RENEE.name, 26, "accompaniment", 20, ((17, "no"), (4, "yes")),
          {"email": facts.RENEE.email, "details": "Aller ensemble au marché le jeudi matin, bras dessus bras dessous.",
           "availability": "Th 09:00-12:00"}),
    # Viviane: three she has helped, one she helps, one who is to say yes, one who waits for her answer.
    Scene("Odette Marchetti", 9, "shopping", 290, ((288, "yes"), (283, "agree"), (240, "done")),
          {"details": "Du lait, des œufs et du pain."}),
    Scene("Georges Lantier", 1, "pharmacy", 215, ((211, "yes"), (206, "agree"), (190, "done")), BY_PHONE),
    Scene("Fernande Colomb", 12, "conversation", 150, ((146, "yes"), (140, "agree"), (96, "done")),
          {"details": "Prendre un café et parler de jardinage.", "mode": "in_person"}),
    Scene("Marguerite Aubanel", 7, "shopping", 75, ((73, "yes"), (70, "agree")),
          {"details": "Un petit panier le mardi : la liste est sur la porte du frigo.", "repeats": 1, "availability": "Tu 09:00-12:00"}),
    Scene("Lucien Sauzet", 14, "pharmacy", 9, ((0.2, "yes"),), {"details": "La commande est prête au comptoir."} | BY_PHONE),
    Scene("Khadija Belkacem", 2, "shopping", 2, (), {"details": "Deux packs d’eau : j’habite au troisième sans ascenseur."}),
    # Nobody can take these, and Viviane sees them near her.
    Scene("Paulette Magnin", 18, "pets", 30, (), {"details": "Promener un vieux chien très doux, vingt minutes le soir."}),
    Scene("Linh Pham", 11, "homework", 26, (),
          {"details": "Les fractions, une heure le mercredi.", "mode": "in_person", "school_level": "CM2"}),
    Scene("Joaquim Da Costa", 16, "conversation", 50, (), {"languages": ("pt",), "mode": "in_person"} | BY_PHONE),
    Scene("Simone Berthier", 20, "shopping", 21, (), {"availability": "Su 10:00-12:00", "details": "Le pain du dimanche."}),
    # What is seldom seen.
    Scene("Armand Verdier", 22, "accompaniment", 120, ((100, "pause"),)),
    Scene("Nicole Charvet", 24, "accompaniment", 60, ((55, "withdraw"),)),
    Scene("Henri Pellet", 30, "accompaniment", 200, ((198, "yes"), (195, "agree"), (170, "not_done"), (160, "withdraw"))),
    Scene("Danièle Ferrand", 32, "accompaniment", 70, ((68, "yes"), (60, "agree"), (3, "report"))),
    Scene("Robert Mercier", 36, "accompaniment", 330, ((328, "yes"), (325, "agree"))),  # nobody has said what came of it
    Scene("Thérèse Rochas", 0, "paperwork", 6, (), {"where": Where(facts.UNKNOWN_PLACES[0], "69004", "Lyon")} | BY_PHONE),
    Scene("Esma Kaya", 28, "accompaniment", 5, confirmed=False),
    Scene("Daniel Ferrand", 32, "paperwork", 4, (), BY_PHONE),  # perhaps Danièle Ferrand, misheard on the phone
)  # fmt: skip


def tell(tape: Tape, town: Town, password_hash: str) -> None:
    """Put the story on the tape."""
    volunteers = (
        (facts.VIVIANE, 4, ("shopping", "pharmacy", "conversation"), 4, "Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00", password_hash),
        (facts.LEA, 27, ("accompaniment",), 1, "", None),
        (facts.BASTIEN, 34, ("accompaniment",), 4, "", None),
    )
    for number, (who, house, categories, capacity, week, secret) in enumerate(volunteers, 1):
        offer = OfferInput(
            categories=categories, where=where(town.at_the_square(house)), radius_m=400, capacity=capacity, availability=week,
            languages=("fr", "en"),
        )  # fmt: skip
        tape.join(Neighbour(who.name, who.email, f"+336399890{number:02d}", offer), password_hash=secret)
    for number, scene in enumerate(SCENES, 1):
        usual = {
            "email": f"{slug(scene.name)}@example.net", "phone": f"+33465719{number:03d}", "notice_version": NOTICE_VERSION,
            "where": where(town.at_the_square(scene.house)),
        }  # fmt: skip
        _play(tape, scene, NeedInput(name=scene.name, category=scene.category, **(usual | scene.more)))


def _play(tape: Tape, scene: Scene, given: NeedInput) -> None:
    def ask() -> None:
        need_id = tape.post(given)
        tape.told.add(need_id)
        for hours_ago, move in scene.moves:
            tape.at(tape.end - timedelta(hours=hours_ago), partial(_move, tape, need_id, move))
        if scene.confirmed and given.posted_by is not PostedBy.AGENT:
            tape.at(tape.clock + timedelta(minutes=7), partial(tape.confirm, need_id))

    tape.at(tape.end - timedelta(hours=scene.hours_ago), ask)


def _move(tape: Tape, need_id: int, move: str) -> None:
    ctx = tape.ctx
    if move in ("pause", "withdraw"):
        tape.move_need(need_id, NeedState.PAUSED if move == "pause" else NeedState.WITHDRAWN)
        return
    state = {"yes": MatchState.PROPOSED, "no": MatchState.PROPOSED, "agree": MatchState.ACCEPTED}.get(move, MatchState.AGREED)
    with ctx.db.read() as session:
        which = select(Match.id, Match.offer_id).where(Match.need_id == need_id, Match.state == state)
        found = session.execute(which.order_by(Match.rank, Match.id).limit(1)).one_or_none()
    if found is None:
        return
    match_id, offer_id = found
    if move in ("yes", "no"):
        matches.volunteer_answers(ctx, match_id, move == "yes", tape.by_link(Offer, offer_id))
    elif move == "agree":
        matches.resident_answers(ctx, match_id, True, tape.by_link(Need, need_id))
    elif move == "report":
        report(ctx, Side.RESIDENT, need_id, match_id, "absent", facts.REPORTED, tape.by_link(Need, need_id))
    else:
        closing.say(ctx, match_id, Side.EITHER, closing.Said(move), tape.claire)
