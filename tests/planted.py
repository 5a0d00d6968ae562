"""A city in which every kind of thing was made through the services, with names, contacts, places and words that are found again."""

import csv
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp

from app.models import Channel, CheckKind, Flag, Match, Need, Offer, Person, PostedBy, Role, TaskKind
from app.proconnect import Identity
from app.services import (
    accounts,
    alike,
    blocks,
    by_hand,
    checks,
    closing,
    drafts,
    duplicates,
    finding,
    flags,
    importing,
    inbound,
    incidents,
    leads,
    matches,
    merging,
    moderating,
    plans,
    proconnect,
    reports,
    second_factor,
    sessions,
    sharing,
    throttle,
)  # fmt: skip
from app.services.accounts import SignUp
from app.services.audit import Sealer
from app.services.closing import Said
from app.services.events import Actor
from app.services.placing import Where
from app.services.posting import OfferInput, change_offer
from app.services.sight import EVERYTHING
from app.sheets.posts import load_needs
from matching.lifecycle import Side
from notifications import outbox
from notifications.tables import outbox as messages
from tests.city import BY_LINK, City

HOME, STUDIO = (4.83217931, 45.75813377), (4.83391713, 45.76091179)
NAMES = {
    "resident": "Zénobie Quatrelivres", "volunteer": "Barnabé Tournemine", "relative": "Clothilde Vermillac", "agent": "Hippolyte Grandval",
    "imported": "Philomène Orcival", "twin": "Zénobie Quatrelivre",
}  # fmt: skip
EMAILS = {who: f"{name.split()[1].lower()}@boite-{who}.example" for who, name in NAMES.items()}
PHONES = {who: f"+3363998{7431 + 11 * number:04d}" for number, who in enumerate(NAMES)}
ADDRESSES = {"resident": "17 montée des Chazottes", "volunteer": "92 passage du Gazouillis", "imported": "5 impasse Fauvette"}
WORDS = {
    "details": "mon genou droit est en titane", "edited": "porter le panier de quenelles", "why": "trop de titane dans la phrase",
    "draft": "brouillon de mirabelles", "search": "Quatrelivres sonnait mirliton", "note": "la voisine a des ruches", "subject": "Ruches",
    "file": "ordonnance-ruches.pdf", "outcome": "nous avons ri comme des otaries", "report": "il a pris la pendule en bronze",
    "entry": "appelé la gendarmerie de Craponne", "hand": "ils chantent dans la même chorale",
}  # fmt: skip


def plant(city: City, folder: Path) -> None:
    ctx, lon, lat = city.ctx, *HOME
    agent_id = accounts.add_user(
        ctx, name=NAMES["agent"], email=EMAILS["agent"], role=Role.COORDINATOR, password="mot de passe du soir", territories=()
    )  # fmt: skip
    agent = Actor(agent_id, Channel.PHONE)
    leads.add(ctx, agent_id, None, agent)
    offer_id = _volunteer(city, agent)
    home = Where(ADDRESSES["resident"], "69002", "Lyon", lon, lat)
    mine = {"name": NAMES["resident"], "email": EMAILS["resident"], "phone": PHONES["resident"], "where": home}
    asked = city.need(
        **mine, details=WORDS["details"], on_behalf_name=NAMES["relative"], on_behalf_phone=PHONES["relative"],
        posted_by=PostedBy.RELATIVE, by=Actor(channel=Channel.WEB),
    )  # fmt: skip
    city.match()
    (match,) = city.matches(asked)
    _agreed(city, match)
    _reported(city, match, agent)
    other = city.need(**mine, contact="phone", details=f"{WORDS['details']} : appelez le 06 39 98 74 31")
    _read(city, other, agent)
    _written(city, match)
    second = city.volunteer(north_m=137)
    by_hand.agreed(ctx, other, second, WORDS["hand"], agent)
    city.need(**mine, category="pets")
    city.match()
    _same(city, agent)
    _imported(city, folder)
    drafts.save(ctx, None, "need", {"who": {"name": [NAMES["resident"]], "details": [WORDS["draft"]]}})
    drafts.save(ctx, None, "search", {"search": {"said": [WORDS["search"]]}})
    finding.find(ctx, EVERYTHING, WORDS["search"], agent)
    city.volunteer(north_m=220)
    plans.want(ctx, None, agent_id, agent)
    plans.work_out(ctx, city.board, city.waves)
    checks.add_check(ctx, city.one(Offer, offer_id).person_id, CheckKind.IDENTITY, ctx.now().date(), None, agent)
    accounts.sign_in(ctx, EMAILS["volunteer"], "falsch", "192.0.2.77")
    named = proconnect.agent(ctx, Identity("planted-number", city.one(Person, agent_id).email, False, ""))
    sessions.begin(ctx, named, "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", id_token="planted-token")
    secret, _picture = second_factor.to_set_up(ctx, city.one(Person, agent_id))
    assert second_factor.confirm(ctx, agent_id, pyotp.TOTP(secret).at(ctx.now()), agent)
    second_factor.to_set_up(ctx, city.one(Person, agent_id))
    throttle.spend(ctx, [(throttle.LINK_ACCOUNT, EMAILS["resident"])])
    sharing.look_in(ctx, city.tasks()[0].id, agent_id)
    with ctx.db.write() as session:
        blocks.block(session, city.one(Need, asked).person_id, city.one(Offer, second).person_id, ctx.now(), agent)
        index = ctx.keys.index(EMAILS["volunteer"])
        outbox.suppress(session.connection(), index, "5.1.1", ctx.now())
        session.add(Flag(kind="phone", person_id=agent_id, key=ctx.keys.index(PHONES["volunteer"]), number=3, raised_at=ctx.now()))
    Sealer().seal_due(ctx)


def _volunteer(city: City, agent: Actor) -> int:
    ctx, where = city.ctx, Where(ADDRESSES["volunteer"], "69003", "Lyon", *STUDIO)
    given = SignUp(
        NAMES["volunteer"], EMAILS["volunteer"], PHONES["volunteer"], "fr", "le perroquet jaune", "1", "1",
        OfferInput(("shopping",), where, radius_m=5000),
    )  # fmt: skip
    accounts.sign_up(ctx, given, BY_LINK, "192.0.2.77", "192.0.2.77 Mozilla")
    (person,) = [person for person in city.all(Person) if person.name == NAMES["volunteer"]]
    accounts.confirm_account(ctx, person.id, accounts.stamp_of(ctx, person), BY_LINK)
    accounts.approve(ctx, person.id, agent)
    (offer,) = city.all(Offer, person_id=person.id)
    lon, lat = STUDIO
    corners = [[lon - 0.02, lat - 0.02], [lon + 0.02, lat - 0.02], [lon, lat + 0.02], [lon - 0.02, lat - 0.02]]
    assert change_offer(ctx, offer.id, BY_LINK, drawn=f'{{"type": "Polygon", "coordinates": [{corners}]}}')
    return int(offer.id)


def _agreed(city: City, match: Match) -> None:
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    matches.resident_answers(city.ctx, match.id, True, BY_LINK)
    closing.say(city.ctx, match.id, Side.RESIDENT, Said.GOING_ON, BY_LINK)
    assert closing.add_words(city.ctx, match.id, Side.RESIDENT, WORDS["outcome"], BY_LINK)


def _reported(city: City, match: Match, agent: Actor) -> None:
    reports.report(city.ctx, Side.RESIDENT, match.need_id, match.id, "money", WORDS["report"], BY_LINK)
    incidents.note(city.ctx, 1, WORDS["entry"], agent)


def _read(city: City, need_id: int, agent: Actor) -> None:
    (task,) = [task for task in city.tasks(TaskKind.MODERATE) if task.need_id == need_id]
    assert moderating.edit(city.ctx, task.id, WORDS["edited"], "contact", WORDS["why"], agent)


def _written(city: City, match: Match) -> None:
    with city.ctx.db.read() as session:
        sent = session.execute(messages.select().where(messages.c.about.like(f"match:{match.id}/%")).order_by(messages.c.id)).first()
    assert sent is not None
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{NAMES['resident']} <{EMAILS['resident']}>", "entraide@example.org", WORDS["subject"]
    mail["In-Reply-To"] = sent.message_id
    mail.set_content(WORDS["note"])
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=WORDS["file"])
    inbound.receive(city.ctx, mail.as_bytes())


def _same(city: City, agent: Actor) -> None:
    """Two people who are one, two who are alike, and two who are not the same."""
    one, other, third = (
        city.one(Need, city.need(name=NAMES["twin"], email=EMAILS["twin"], phone=PHONES[who], confirmed=False)).person_id
        for who in ("twin", "imported", "agent")
    )
    merging.merge(city.ctx, EVERYTHING, one, other, {"phone": other}, agent)
    duplicates.say_different(city.ctx, one, third, agent)
    city.clock.advance(hours=2)
    alike.look_due(city.ctx)
    flags.look_due(city.ctx)


def _imported(city: City, folder: Path) -> None:
    path, (lon, lat) = folder / "needs.csv", HOME
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reference", "name", "email", "phone", "address", "lon", "lat", "category", "contact"])
        who = [NAMES["imported"], EMAILS["imported"], PHONES["imported"], ADDRESSES["imported"]]
        writer.writerow(["N-4711", *who, lon, lat, "shopping", "phone"])
    done = importing.import_needs(city.ctx, load_needs(path, zone=ZoneInfo("Europe/Paris")).rows, lambda _: None)
    assert done.added == 1
