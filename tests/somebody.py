"""Somebody who has all that one can have, and where anything of them is found."""

import json
from email.message import EmailMessage

from sqlalchemy import select

from app.db import Base
from app.models import Alike, Channel, Device, Flag, IncidentOutcome, Match, NotSame, Offer, Person, Role
from app.services import accounts, blocks, checks, closing, drafts, finding, incidents, matches, merging, plans, posting, reports
from app.services.closing import Said
from app.services.events import Actor
from app.services.inbound import receive
from app.services.people import make_person
from app.services.sight import EVERYTHING
from app.services.telling import SEALED_AS
from app.worker import make_relay
from matching.lifecycle import Side
from notifications.tables import metadata, outbox, suppressed_address
from tests.city import City

NAME, EMAIL, PHONE = "Zéphyrine Quatrebarbes", "zephyrine.quatre@example.net", "+33639987654"
HOME, RELATIVE = "17 impasse des Salamandres", "Théodule Quatrebarbes"
SPELLINGS = (
    "quatrebarbes", "zéphyrine", "zephyrine", "théodule", "zephyrine.quatre", "salamandres", PHONE, "0639987654", "06 39 98 76 54",
    "06.39.98.76.54", "639987654", "+33612000099", "06 12 00 00 99", "secret words", "4.83377", "45.76177",
)  # fmt: skip
AGENT = Actor(channel=Channel.PHONE)


def where() -> posting.Where:
    return posting.Where(HOME, "69002", "Lyon", 4.83377, 45.76177)


def everything(city: City) -> tuple[Person, Match, Match]:
    """Somebody who has all that one can have: asks and helps, with and without an account; who reported and was reported, and the rest.
    The matches that they have as a resident and as a volunteer, both agreed, the visits some days away."""
    ctx = city.ctx
    helper, asker = city.volunteer(), city.need(north_m=500, category="pets")
    offer_id = city.volunteer(categories=("pets",), where=where())
    with ctx.db.write() as session:
        person = session.get_one(Person, session.get_one(Offer, offer_id).person_id)
        for name, value in {"name": NAME, "email": EMAIL, "phone": PHONE, "charter_version": "1", "password_hash": "x"}.items():
            setattr(person, name, value)
        person.email_index, person.phone_index, person.changed_at = ctx.keys.index(EMAIL), ctx.keys.index(PHONE), ctx.now()
    mine = {"name": NAME, "email": EMAIL, "phone": PHONE, "where": where(), "details": "secret words", "share_contact": True}
    need_id = city.need(**mine, on_behalf_name=RELATIVE, on_behalf_phone="+33612000099", reference="Quatrebarbes-1")
    city.need(**mine, category="paperwork", contact="phone")  # nobody helps with it: the task says why
    city.match()
    asks, helps = city.matches(need_id)[0], city.matches(asker)[0]
    for match in (asks, helps):
        matches.volunteer_answers(ctx, match.id, True, AGENT)
        matches.resident_answers(ctx, match.id, True, AGENT)
    while make_relay(ctx).run_once():
        pass
    other = city.one(Offer, helper).person_id
    for match, side, reporter in ((asks, Side.RESIDENT, None), (asks, Side.VOLUNTEER, other)):
        reports.report(ctx, side, need_id, match.id, "rude", "secret words of Quatrebarbes", Actor(reporter))
    lead = accounts.add_user(ctx, name="Ana", email="a@example.org", role=Role.COORDINATOR, password="four plain words here")
    for incident in (1, 2):
        incidents.note(ctx, incident, "secret words of Zéphyrine", Actor(lead))
        incidents.close(ctx, incident, IncidentOutcome.SETTLED, True, "secret words", Actor(lead))
    for match in (asks, helps):
        closing.say(ctx, match.id, Side.RESIDENT, Said.GOING_ON, AGENT)
        closing.add_words(ctx, match.id, Side.RESIDENT, "Mme Quatrebarbes: secret words", AGENT)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = EMAIL, ctx.settings.mail_sender, "Quatrebarbes", "<a@example.net>"
    mail.set_content(f"secret words {PHONE}")
    receive(ctx, mail.as_bytes())
    drafts.save(ctx, None, "need", {"you": {"name": [NAME], "phone": ["06.39.98.76.54"]}})
    checks.add_check(ctx, person.id, checks.CheckKind.IDENTITY, ctx.now().date(), None, Actor(lead))
    with ctx.db.write() as session:
        twin = make_person(ctx, ctx.now(), name="Zephyrine Quatre-Barbes", email=None, phone="+33612000099", language="fr")
        session.add(twin)
        session.flush()
        blocks.block(session, person.id, other, ctx.now())
        session.add_all([Device(key="k", person_id=person.id, at=ctx.now()), NotSame(one_id=other, other_id=person.id, at=ctx.now()),
                         Alike(one_id=other, other_id=person.id),
                         Flag(kind="phone", key=person.phone_index, person_id=person.id, number=3, raised_at=ctx.now())])  # fmt: skip
        session.execute(suppressed_address.insert().values(recipient_index=person.email_index, reason="bounced", since=ctx.now()))
    merging.merge(ctx, EVERYTHING, person.id, twin.id, {}, Actor(lead))
    plans.want(ctx, None, lead, Actor(lead))
    plans.work_out(ctx, city.board)
    assert [found.id for found in finding.find(ctx, EVERYTHING, "quatrebarbes", Actor(lead))][:1]
    return city.one(Person, person.id), city.one(Match, asks.id), city.one(Match, helps.id)


def opened(city: City) -> str:
    """Every row of every table, opened, and every file of the instance but the database itself."""
    parts = []
    with city.ctx.db.read() as session:
        for table in (*Base.metadata.sorted_tables, *metadata.sorted_tables):
            for row in session.execute(select(table)).mappings():
                values = dict(row)
                if table is outbox:
                    values |= {name: city.ctx.keys.unseal(values[name], SEALED_AS) for name in ("payload", "recipient") if values[name]}
                parts.append(f"{table.name} {json.dumps(values, default=str, ensure_ascii=False)}")
    for file in sorted(city.ctx.mail_folder.rglob("*")):
        parts.append(file.read_bytes().decode("utf-8", "replace").replace("=\n", ""))
    return "\n".join(parts)


def traces(text: str, more: tuple[str, ...] = ()) -> list[str]:
    """The lines in which one of them is found in some spelling."""
    return [line for line in text.splitlines() if any(each.lower() in line.lower() for each in (*SPELLINGS, *more))]
