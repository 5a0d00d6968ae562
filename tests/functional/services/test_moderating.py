"""Requests are read before anybody is asked, where their words need it; what an agent decides is told to their writer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from app.models import Channel, Match, Moderation, Need, Task, Territory
from app.services import changing, closing, matches, moderating, posting, standing_in, taking, tasks
from app.services.accounts import add_user
from app.services.changing import Change
from app.services.closing import Said
from app.services.events import Actor
from app.services.matches import Answer
from app.services.mine import volunteer_page
from matching.lifecycle import MatchState, NeedState, Side
from tests.city import BY_LINK, City


@pytest.fixture
def agent(city: City) -> Actor:
    given: dict[str, Any] = {"name": "Ana Costa", "email": "ana@example.org", "role": "coordinator", "password": "four plain words"}
    return Actor(add_user(city.ctx, **given), Channel.WEB)


def held(city: City, **need: Any) -> tuple[int, Task]:
    need_id = city.need(**{"details": "Je paie 20 € la visite", "category": "pets", **need})
    return need_id, next(task for task in city.tasks("moderate") if task.need_id == need_id)


def test_what_needs_no_reading_is_matched_at_once(city: City) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id = city.need(details="Deux packs d’eau, au 60 rue de l’Europe, troisième étage.")
    assert city.match() == 1 and city.tasks("moderate") == []
    assert city.one(Need, need_id).moderation == Moderation.CLEAR


def test_what_is_held_is_proposed_to_nobody_and_nobody_can_take_it(city: City) -> None:
    offer_id = city.volunteer(categories=("pets", "shopping"))
    need_id, task = held(city)
    assert city.one(Need, need_id).moderation == Moderation.HELD and task.reason == "held"
    person_id = city.one(Task, task.id).person_id
    volunteer_id = city.raw(f"SELECT person_id FROM offer WHERE id = {offer_id}")[0][0]
    for _ in range(3):
        city.clock.advance(minutes=31)
        assert city.match() == 0
    assert volunteer_page(city.ctx, volunteer_id).near == []
    assert taking.offer_to_take(city.ctx, volunteer_id, need_id, BY_LINK) == "over"
    assert city.all(Match) == [] and city.tasks("nobody") == [] and person_id is not None
    assert "nobody_yet" not in city.kinds()


def test_what_is_to_be_looked_at_goes_on_meanwhile(city: City) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id = city.need(details="Appelez le 06 39 98 12 34")
    assert city.match() == 1
    (task,) = city.tasks("moderate")
    assert (task.need_id, task.reason) == (need_id, "look")


def test_what_is_urgent_is_to_be_read_at_once(city: City) -> None:
    _, urgent = held(city, urgency="urgent")
    _, normal = held(city)
    assert urgent.due_at == urgent.created_at and normal.due_at == normal.created_at + moderating.HELD_WITHIN


def test_nothing_is_read_before_it_is_confirmed(city: City) -> None:
    need_id = city.need(details="Espèce d'imbécile", confirmed=False)
    assert city.tasks("moderate") == []
    posting.confirm_need(city.ctx, need_id, BY_LINK)
    assert len(city.tasks("moderate")) == 1


def test_what_an_agent_posts_has_been_read(city: City, agent: Actor) -> None:
    city.need(details="Elle paie 20 € la visite", contact="phone", posted_by="agent", by=agent)
    assert city.tasks("moderate") == []


def test_many_of_one_address_wait(city: City) -> None:
    for number in range(7):
        city.need(email="one@example.net", phone=f"+3326191{number + 900:04d}", details="Du pain")
    assert [task.reason for task in city.tasks("moderate")] == ["many", "many"]
    city.need(email="another@example.net", details="Du pain")
    assert len(city.tasks("moderate")) == 2
    city.clock.advance(days=8)
    city.need(email="one@example.net", details="Du pain")
    assert len(city.tasks("moderate")) == 2


def test_an_approved_one_is_matched_and_its_writer_hears_that_the_search_begins(city: City, agent: Actor) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id, task = held(city)
    assert moderating.approve(city.ctx, task.id, agent)
    assert city.match() == 1
    assert city.kinds().count("need_received") == 2
    assert city.one(Task, task.id).closed_by_id == agent.person_id and city.one(Need, need_id).moderation == Moderation.CLEAR
    assert not moderating.approve(city.ctx, task.id, agent), "a second time changes nothing"


def test_other_words_are_told_and_what_it_said_before_is_kept_sealed(city: City, agent: Actor) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id, task = held(city)
    assert moderating.edit(city.ctx, task.id, "Deux packs d’eau", "price", "L’aide est gratuite.", agent)
    assert city.one(Need, need_id).details == "Deux packs d’eau" and city.match() == 1
    assert city.one(Task, task.id).words == "Je paie 20 € la visite"
    assert "paie" not in city.raw(f"SELECT words FROM agent_task WHERE id = {task.id}")[0][0]
    assert "need_edited" in city.kinds() and "need_edited" in city.events()


def test_a_refused_one_ends_and_whoever_was_asked_hears_it(city: City, agent: Actor) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id = city.need(details="Ma chimio du jeudi")
    city.match()
    city.clock.advance(hours=1)  # its mail has gone out
    (task,) = city.tasks("moderate")
    assert moderating.refuse(city.ctx, task.id, "not_neighbours", "Appelez le service de soins.", agent)
    need = city.one(Need, need_id)
    assert (need.state, need.moderation, need.next_try_at) == (NeedState.WITHDRAWN, Moderation.REFUSED, None)
    assert [match.state for match in city.matches(need_id)] == [MatchState.CANCELLED]
    assert "need_refused" in city.kinds() and city.tasks() == []
    assert "need_closed" not in city.kinds(), "it is told once, with its reason"


def test_whoever_has_no_mail_is_called_about_it(city: City, agent: Actor) -> None:
    need_id, task = held(city, contact="phone")
    moderating.refuse(city.ctx, task.id, "paid", "", agent)
    (call,) = city.tasks("tell")
    assert (call.need_id, call.reason) == (need_id, "need_refused") and city.ctx.settings.city_phone in call.words


def test_of_two_agents_one_decides(city: City, agent: Actor) -> None:
    need_id, task = held(city)
    with ThreadPoolExecutor(2) as both:
        approved = both.submit(moderating.approve, city.ctx, task.id, agent)
        refused = both.submit(moderating.refuse, city.ctx, task.id, "paid", "", agent)
        done = approved.result(), refused.result()
    assert sorted(done) == [False, True]
    assert city.one(Need, need_id).moderation == (Moderation.CLEAR if done[0] else Moderation.REFUSED)


def test_other_words_of_its_writer_are_judged_anew(city: City, agent: Actor) -> None:
    city.volunteer(categories=("pets", "shopping"))
    need_id, task = held(city)
    changing.change_need(city.ctx, need_id, Change("more", details="Deux packs d’eau"), BY_LINK)
    assert city.one(Need, need_id).moderation == Moderation.CLEAR and city.tasks("moderate") == []
    assert not moderating.approve(city.ctx, task.id, agent), "those words are gone"
    assert city.match() == 1
    changing.change_need(city.ctx, need_id, Change("more", details="Bande d'abrutis"), BY_LINK)
    assert [match.state for match in city.matches(need_id)] == [MatchState.CANCELLED]
    assert city.match() == 0 and len(city.tasks("moderate")) == 1


def test_the_same_words_are_not_read_twice(city: City, agent: Actor) -> None:
    need_id, task = held(city)
    moderating.approve(city.ctx, task.id, agent)
    changing.change_need(city.ctx, need_id, Change("more", details="Je paie 20 € la visite", helpers_needed=2), BY_LINK)
    assert city.one(Need, need_id).moderation == Moderation.CLEAR


def test_it_is_not_ticked_off_unread_but_goes_with_its_request(city: City, agent: Actor) -> None:
    need_id, task = held(city)
    with pytest.raises(tasks.StillToDo):
        tasks.close_task(city.ctx, task.id, agent)
    posting.move_need(city.ctx, need_id, NeedState.WITHDRAWN, BY_LINK)
    assert city.tasks() == []
    assert standing_in.expire_due(city.ctx) == 0


def test_what_has_ended_cannot_be_refused(city: City, agent: Actor) -> None:
    need_id, task = held(city, urgency="urgent")
    with city.ctx.db.write() as session:
        session.get_one(Need, need_id).state = NeedState.CLOSED
    assert not moderating.refuse(city.ctx, task.id, "paid", "", agent)


def test_first_posts_of_volunteers_wait_where_a_territory_wants_it(city: City) -> None:
    city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, approve_volunteers="at_once"))
    city.volunteer(approved=False)
    assert city.tasks("approve") == []
    city.clock.advance(seconds=1)
    with city.ctx.db.write() as session:
        here = session.get_one(Territory, city.quartier_id)
        here.settings, here.changed_at = {"first_posts_wait": True}, city.ctx.now()
    city.volunteer(approved=False)
    assert len(city.tasks("approve")) == 1


def test_what_goes_on_and_is_done_is_no_longer_to_be_read(city: City) -> None:
    city.volunteer(categories=("pets",))
    need_id = city.need(details="Appelez le 06 39 98 12 34", category="pets", share_contact=True)
    assert [task.reason for task in city.tasks("moderate")] == ["look"] and city.match() == 1
    [match] = city.matches(need_id)
    assert matches.volunteer_answers(city.ctx, match.id, True, Actor()) is Answer.AGREED and city.tasks("moderate")
    (task,) = city.tasks("moderate")
    closing.say(city.ctx, match.id, Side.EITHER, Said.DONE, Actor())
    assert not moderating.approve(city.ctx, task.id, Actor())
    assert city.one(Need, need_id).state == NeedState.CLOSED and city.tasks("moderate") == []
