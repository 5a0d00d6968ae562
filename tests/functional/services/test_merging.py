"""Two people who are one: nothing is lost, and undoing is the identity."""

import json
import random

import pytest
from sqlalchemy import select, text

from app.db import Base
from app.models import Channel, Match, Merge, Need, Offer, Person, Role, Task
from app.services import accounts, blocks, matches, merging
from app.services.events import Actor
from app.services.merging import Cannot, CannotMerge
from app.services.people import make_person
from app.services.sight import EVERYTHING
from notifications.tables import outbox
from tests.city import City

ALL, AGENT = EVERYTHING, Actor(channel=Channel.PHONE)
WRITTEN = {"event", "merge"}
OF_AGENTS = {
    "block.by_id", "event.actor_id", "match.made_by_id", "agent_task.closed_by_id", "agent_task.assigned_to_id", "presence.person_id",
    "wording.changed_by_id", "person.approved_by_id", "merge.by_id", "merge.undone_by_id", "not_same.by_id",
    "person_check.by_id", "referent.person_id", "person_territory.person_id", "plan.agent_id", "incident.lead_id",
    "incident_entry.by_id", "safety_lead.person_id", "flag.looked_by_id", "second_factor.person_id", "recovery_code.person_id",
}  # fmt: skip
STAYS = {"event.person_id", "merge.kept_id", "merge.folded_id", "not_same.one_id", "not_same.other_id", "alike.one_id",
         "alike.other_id", "sign_in.person_id"}  # fmt: skip


def dump(city: City) -> dict[str, list[str]]:
    """Every row of every table, opened, but what is written down and when a row was changed."""
    tables = [*Base.metadata.sorted_tables, *outbox.metadata.sorted_tables]
    with city.ctx.db.read() as session:
        return {
            table.name: sorted(
                repr({name: value for name, value in row.items() if name != "changed_at"})
                for row in session.execute(select(table)).mappings()
            )
            for table in tables
            if table.name not in WRITTEN
        }  # fmt: skip


def whose(city: City, kind: type[Need] | type[Offer], post_id: int) -> int:
    return city.one(kind, post_id).person_id


def refused(city: City, one: int, other: int) -> Cannot:
    with pytest.raises(CannotMerge) as caught:
        merging.merge(city.ctx, ALL, one, other, {}, AGENT)
    return caught.value.why


def merge_id(city: City) -> int:
    return max(merge.id for merge in city.all(Merge))


def test_every_column_that_names_a_person_is_moved_or_is_for_a_reason_not(city: City) -> None:
    names = {
        f"{table.name}.{key.parent.name}" for table in Base.metadata.tables.values() for key in table.foreign_keys
        if key.column.table.name == "person"
    }  # fmt: skip
    moved = {f"{column.class_.__tablename__}.{column.key}" for column in merging.MOVED}
    assert names == moved | OF_AGENTS | STAYS


@pytest.mark.parametrize("seed", range(3))
def test_merging_and_undoing_is_the_identity(city: City, seed: int) -> None:
    rng = random.Random(seed)
    offers = [city.volunteer(north_m=200 * n, email=rng.random() < 0.8) for n in range(3)]
    needs = [city.need(north_m=100 * n, contact=rng.choice(["email", "phone", "letter"])) for n in range(5)]
    city.match()
    for match in city.all(Match)[:2]:
        matches.volunteer_answers(city.ctx, match.id, rng.random() < 0.7, AGENT)
    people = [*(whose(city, Offer, i) for i in offers), *(whose(city, Need, i) for i in needs)]
    with city.ctx.db.write() as session:
        for _ in range(6):
            one, other = rng.sample(people, 2)
            blocks.block(session, one, other, city.clock())
            session.flush()
    done = []
    states = [dump(city)]
    for _ in range(4):
        one, other = rng.sample(people, 2)
        choice = {name: rng.choice([one, other]) for name in merging.CHOSEN}
        city.clock.advance(minutes=1)
        try:
            merging.merge(city.ctx, ALL, one, other, choice, AGENT)
        except CannotMerge:
            continue
        done.append(merge_id(city))
        states.append(dump(city))
    assert done
    for merge in reversed(done):
        states.pop()
        city.clock.advance(minutes=1)
        merging.undo(city.ctx, ALL, merge, AGENT)
        assert dump(city) == states[-1]


def test_what_one_has_becomes_the_others_and_the_folded_row_is_empty(city: City) -> None:
    first, second = city.need(name="Rosa Ferrand"), city.need(contact="phone", name="Roza Ferand")
    kept, folded = whose(city, Need, first), whose(city, Need, second)
    number = city.one(Person, folded).phone
    assert merging.merge(city.ctx, ALL, kept, folded, {"phone": folded}, AGENT) == kept
    assert whose(city, Need, second) == kept
    person, empty = city.one(Person, kept), city.one(Person, folded)
    assert (person.name, person.phone) == ("Rosa Ferrand", number)
    assert person.phone_index == city.ctx.keys.index(number or "")
    assert (empty.name, empty.email, empty.phone, empty.account) == ("", None, None, False)
    assert empty.merged_into_id == kept
    assert not [task for task in city.all(Task) if task.person_id == folded]
    assert refused(city, kept, folded) is Cannot.GONE


def test_messages_go_along(city: City) -> None:
    kept, folded = (whose(city, Need, city.need()) for _ in range(2))
    merging.merge(city.ctx, ALL, kept, folded, {}, AGENT)
    with city.ctx.db.read() as session:
        rows = session.execute(select(outbox.c.reader_id, outbox.c.about)).all()
    assert len(rows) >= 2
    assert all(row.reader_id == kept and row.about.endswith(f"person:{kept}") for row in rows)


def test_an_account_is_kept_with_its_own_address(city: City) -> None:
    offer_id = city.volunteer()
    volunteer, resident = whose(city, Offer, offer_id), whose(city, Need, city.need())
    email = city.one(Person, volunteer).email
    assert merging.merge(city.ctx, ALL, resident, volunteer, {"email": resident}, AGENT) == volunteer
    person = city.one(Person, volunteer)
    assert person.account
    assert person.email == email


def test_two_who_are_brought_together_or_an_agent_or_an_unapproved_offer_are_not_merged(city: City) -> None:
    offer_id, need_id = city.volunteer(), city.need(north_m=100)
    city.match()
    assert refused(city, whose(city, Offer, offer_id), whose(city, Need, need_id)) is Cannot.TOGETHER
    waits = city.volunteer(approved=False)
    assert refused(city, whose(city, Offer, offer_id), whose(city, Offer, waits)) is Cannot.APPROVE
    agent = accounts.add_user(city.ctx, name="Ana Costa", email="ana@example.org", role=Role.COORDINATOR, password="four plain words")
    assert refused(city, whose(city, Need, need_id), agent) is Cannot.AGENT
    assert refused(city, agent, agent) is Cannot.GONE


def test_what_came_after_stays_with_the_one_that_is_kept(city: City) -> None:
    first, second = city.need(), city.need()
    kept, folded = whose(city, Need, first), whose(city, Need, second)
    merging.merge(city.ctx, ALL, kept, folded, {"phone": folded, "name": folded}, AGENT)
    with city.ctx.db.write() as session:
        session.get_one(Person, kept).name = "Rosa Ferrand-Gil"
        session.get_one(Need, first).person_id = kept
    later = city.need()
    with city.ctx.db.write() as session:
        session.get_one(Need, later).person_id = kept
    merging.undo(city.ctx, ALL, merge_id(city), AGENT)
    assert [whose(city, Need, i) for i in (first, second, later)] == [kept, folded, kept]
    assert city.one(Person, kept).name == "Rosa Ferrand-Gil"
    assert city.one(Person, folded).merged_into_id is None


def test_an_undo_that_cannot_be_says_why(city: City) -> None:
    people = [whose(city, Need, city.need()) for _ in range(3)]
    merging.merge(city.ctx, ALL, people[1], people[2], {}, AGENT)
    first = merge_id(city)
    merging.merge(city.ctx, ALL, people[0], people[1], {}, AGENT)
    second = merge_id(city)
    assert {person.merged_into_id for person in city.all(Person)} == {None, people[0]}
    for which, why in ((first, Cannot.NEWER), (second, None), (second, Cannot.UNDONE), (first, None), (9999, Cannot.GONE)):
        if why is None:
            merging.undo(city.ctx, ALL, which, AGENT)
            continue
        with pytest.raises(CannotMerge) as caught:
            merging.undo(city.ctx, ALL, which, AGENT)
        assert caught.value.why is why


def test_an_address_that_has_an_account_meanwhile_keeps_the_two_together(city: City) -> None:
    kept, folded = (whose(city, Offer, city.volunteer()) for _ in range(2))
    email = city.one(Person, folded).email
    merging.merge(city.ctx, ALL, kept, folded, {}, AGENT)
    with city.ctx.db.write() as session:
        other = make_person(city.ctx, city.clock(), name="Rosa", email=email, phone=None, language="fr")
        other.account = True
        session.add(other)
    before = dump(city)
    with pytest.raises(CannotMerge) as caught:
        merging.undo(city.ctx, ALL, merge_id(city), AGENT)
    assert caught.value.why is Cannot.ADDRESS
    assert dump(city) == before


def test_what_takes_it_back_is_sealed(city: City) -> None:
    kept, folded = (whose(city, Need, city.need()) for _ in range(2))
    merging.merge(city.ctx, ALL, kept, folded, {}, AGENT)
    with city.ctx.db.read() as session:
        assert "Martin" not in session.scalar(text("SELECT undo FROM merge"))
    assert json.loads(city.all(Merge)[0].undo)["folded"]["name"].endswith("Martin")
