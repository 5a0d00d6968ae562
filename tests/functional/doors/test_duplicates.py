"""Who may be the same person: found, compared after a look, merged, told apart, undone; nobody out of sight."""

from collections.abc import Callable

import pytest

from app.models import Alike, Event, Merge, Need, Offer, Person, Role
from app.services import alike, duplicates, finding, merging
from app.services.duplicates import Why
from app.services.events import Actor
from app.services.sight import EVERYTHING, Sight
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import SECRETS, counted, events
from tests.pages import Visitor

SignIn = Callable[..., Visitor]
ALL = EVERYTHING


def person_of(city: City, need_id: int) -> int:
    return city.one(Need, need_id).person_id


def found(city: City, person_id: int, sight: Sight = ALL) -> list[tuple[int, tuple[Why, ...]]]:
    return [(pair.other_id + pair.one_id - person_id, pair.why) for pair in duplicates.of(city.ctx, sight, person_id)[0]]


def twice(city: City) -> tuple[int, int]:
    """The same resident under one number and two spellings."""
    spelled = ("Élodie Lefèvre", "Elodie Lefevre")
    one, other = (person_of(city, city.need(contact="phone", phone="+33261919999", name=name)) for name in spelled)
    return one, other


def test_likeliest_first_by_phone_e_mail_or_by_name_and_address(city: City) -> None:
    me = person_of(city, city.need(name="Élodie Lefèvre", phone="+33261919999", email="elodie@example.net"))
    phone = person_of(city, city.need(contact="phone", name="Marc Petit", phone="+33261919999"))
    alike = person_of(city, city.need(name="LEFEVRE Elodi"))
    all_three = person_of(city, city.need(name="Elodie Lefevre", phone="+33261919999", email="elodie@example.net"))
    city.need(name="Karim Benali")
    assert found(city, me) == [(all_three, (Why.PHONE, Why.EMAIL, Why.ALIKE)), (alike, (Why.ALIKE,)), (phone, (Why.PHONE,))]


def test_a_like_name_at_another_address_is_somebody_else(city: City) -> None:
    me = person_of(city, city.need(name="Élodie Lefèvre"))
    other = city.need(name="Elodie Lefevre")
    with city.ctx.db.write() as session:
        session.get_one(Need, other).address = "210 avenue Jean Jaurès, 69007 Lyon"
    assert found(city, me) == []


def test_who_is_out_of_sight_is_no_pair_and_has_no_page(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -500, 150), quartier(city, "North", 150, 900)
    me = person_of(city, city.need(contact="phone", phone="+33261919999", name="Rosa Gil"))
    other = person_of(city, city.need(contact="phone", phone="+33261919999", name="Rosa Gil", north_m=400))
    assert [pair for pair, _ in found(city, me)] == [other]
    assert found(city, me, Sight(frozenset({south}))) == []
    assert duplicates.shared(city.ctx, Sight(frozenset({north}))) == []
    visitor = sign_in(territory_id=south)
    assert visitor.get(f"/coordination/people/{me}").status == 200
    assert visitor.get(f"/coordination/people/{me}/same/{other}", expect=404).status == 404
    assert visitor.get(f"/coordination/people/{other}/same/{me}", expect=404).status == 404


def test_an_agent_compares_after_a_look_merges_and_undoes(city: City, sign_in: SignIn) -> None:
    one, other = twice(city)
    visitor = sign_in()
    page = visitor.get(f"/coordination/people/{one}")
    assert "same phone number" in page.text
    page = visitor.get(f"/coordination/people/{one}/same/{other}")
    assert not [secret for secret in (*SECRETS, "Lefèvre", "Lefevre") if secret in page.text]
    page = visitor.submit(page, "Show both")
    assert "Élodie Lefèvre" in page.text
    assert {event.person_id for event in events(city, "looked_at")} == {one, other}
    page = visitor.submit(page, "It is the same person", name=str(other))
    assert "They are one person now" in page.text
    assert city.one(Person, one).name == "Elodie Lefevre"
    assert {event.person_id for event in events(city, "people_merged")} == {one, other}
    assert f"Person no. {one}" in visitor.get(f"/coordination/people/{other}").text.replace("\u00a0", " ")
    assert found(city, one) == []
    page = visitor.submit(visitor.get(f"/coordination/people/{one}"), "Undo")
    assert "They are two people again" in page.text
    assert city.one(Person, one).name == "Élodie Lefèvre"
    assert city.one(Person, other).name == "Elodie Lefevre"


def test_two_who_are_told_apart_are_shown_no_more(city: City, sign_in: SignIn) -> None:
    one, other = twice(city)
    visitor = sign_in()
    assert [(pair.one_id, pair.other_id) for pair in duplicates.shared(city.ctx, ALL)] == [(one, other)]
    both = visitor.get(f"/coordination/people/{one}/same/{other}")
    for _ in range(2):
        page = visitor.submit(both, "They are two people")
    assert "Written down" in page.text
    assert found(city, one) == found(city, other) == duplicates.shared(city.ctx, ALL) == []
    assert len(events(city, "people_told_apart")) == 2
    assert city.all(Merge) == []


def test_who_was_told_apart_may_be_one_after_all(city: City, sign_in: SignIn) -> None:
    one, other = twice(city)
    visitor = sign_in()
    page = visitor.submit(visitor.get(f"/coordination/people/{one}/same/{other}"), "They are two people")
    page = visitor.get(page.link(f"Person no. {other}"))
    assert page.buttons.count("They may be one after all") == 1 and "They are two people" not in page.buttons
    for _ in range(2):
        again = visitor.submit(page, "They may be one after all")
        assert "they may be one person after all" in again.text and "one of us" not in again.text.lower()
    assert {event.person_id for event in events(city, "people_perhaps_same")} == {one, other}
    assert len(events(city, "people_perhaps_same")) == 2
    assert "after all (Ana Costa" in visitor.get(f"/coordination/people/{one}").text
    assert [pair.other_id for pair in duplicates.shared(city.ctx, ALL)] == [other]


def test_who_cannot_be_merged_is_said_to_before_the_form(city: City, sign_in: SignIn) -> None:
    volunteer, resident = city.one(Offer, city.volunteer()).person_id, person_of(city, city.need(north_m=100))
    waits = city.one(Offer, city.volunteer(approved=False, north_m=5000)).person_id
    city.match()
    visitor = sign_in()
    agent = next(person.id for person in city.all(Person) if person.role != Role.NONE)
    folded = person_of(city, city.need(north_m=100))
    merging.merge(city.ctx, ALL, resident, folded, {}, Actor())
    for other, sentence in (
        (resident, "end their match first"), (waits, "One of them is not approved yet"), (agent, "Agents are not merged"),
        (folded, "was merged with somebody already"),
    ):  # fmt: skip
        page = visitor.get(f"/coordination/people/{volunteer}/same/{other}")
        page = visitor.submit(page, "Show both")
        assert sentence in page.text and "It is the same person" not in page.text, sentence
        assert "They cannot be merged now." in page.text


@pytest.mark.parametrize("chosen", [0, 1])
def test_whoever_calls_from_the_number_that_was_not_chosen_is_found(city: City, chosen: int) -> None:
    numbers = ("+33261919999", "+33261918888")
    both = [person_of(city, city.need(contact="phone", phone=number, name="Rosa Gil")) for number in numbers]
    merging.merge(city.ctx, ALL, both[0], both[1], {"phone": both[chosen]}, Actor())
    for number in numbers:
        assert [one.id for one in finding.find(city.ctx, ALL, number, Actor())] == [both[0]], number
    assert duplicates.shared(city.ctx, ALL) == [], "nobody is a pair with what was merged into them"


def test_a_merge_is_undone_only_by_who_sees_both(city: City, sign_in: SignIn) -> None:
    south, _ = quartier(city, "South", -500, 150), quartier(city, "North", 150, 900)
    one = person_of(city, city.need(contact="phone", phone="+33261919999", name="Rosa Gil"))
    other = person_of(city, city.need(contact="phone", phone="+33261918888", name="Rosa Gil", north_m=400))
    merging.merge(city.ctx, ALL, one, other, {}, Actor())
    visitor = sign_in(territory_id=south)
    page = visitor.submit(visitor.get(f"/coordination/people/{one}"), "Undo")
    assert "Ask somebody who sees both" in page.text
    assert city.one(Person, other).merged_into_id == one
    assert city.all(Merge)[0].undone_at is None


def test_who_is_merely_alike_is_on_the_list_after_the_worker_has_looked_until_told_apart(city: City, sign_in: SignIn) -> None:
    one, other = (
        person_of(city, city.need(name=name, where=City.at(0, address)))
        for name, address in (("Élodie Lefèvre", "12 rue des Tapis"), ("LEFEVRE Elodi", "12, rue des Tappis"))
    )
    city.need(name="Élodie Lefèvre", where=City.at(0, "14 cours Gambetta"))
    city.need(name="Karim Benali", where=City.at(0, "12 rue des Tapis"))
    assert duplicates.shared(city.ctx, ALL) == []
    alike.look_due(city.ctx)
    [pair] = duplicates.shared(city.ctx, ALL)
    assert (pair.one_id, pair.other_id, pair.why) == (one, other, (Why.ALIKE,))
    assert duplicates.shared(city.ctx, Sight(frozenset())) == []
    visitor = sign_in()
    assert "name and address alike" in visitor.get("/coordination/duplicates").text
    visitor.submit(visitor.get(f"/coordination/people/{one}/same/{other}"), "They are two people")
    city.clock.advance(hours=2)
    alike.look_due(city.ctx)
    assert duplicates.shared(city.ctx, ALL) == []


def test_whoever_was_merged_is_no_pair_any_more(city: City) -> None:
    one, other = (person_of(city, city.need(name=name)) for name in ("Élodie Lefèvre", "Elodie Lefevre"))
    alike.look_due(city.ctx)
    assert len(duplicates.shared(city.ctx, ALL)) == 1
    merging.merge(city.ctx, ALL, one, other, {}, Actor())
    assert duplicates.shared(city.ctx, ALL) == []
    city.clock.advance(hours=2)
    alike.look_due(city.ctx)
    assert city.all(Alike) == []


def test_the_pages_have_as_many_queries_whatever_there_is(city: City, sign_in: SignIn) -> None:
    visitor, sent = sign_in(), []
    one, _ = twice(city)
    for _ in range(2):
        for address in ("/coordination/duplicates", f"/coordination/people/{one}"):
            visitor.get(address)
            with counted(city) as statements:
                assert visitor.get(address).status == 200
            sent.append(len(statements))
        for _ in range(6):
            twice(city)
    assert sent[:2] == sent[2:]
    assert all(event.person_id is not None for event in city.all(Event) if event.kind == "looked_at")
