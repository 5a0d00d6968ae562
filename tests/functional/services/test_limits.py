"""What passes, and what is slowed down: a town hall behind one address, and an agent who looks up more people than any work asks for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.models import Attempt, Need, Person, Role
from app.services import accounts, details, finding, posting, throttle
from app.services.accounts import SignUp
from app.services.events import Actor
from app.services.sight import EVERYTHING
from app.services.throttle import TooMany
from tests.city import City

HALL, PASSWORD, WRONG = "192.0.2.1", "four plain words here", "not the right words"
Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def staff(city: City, quick: None) -> list[str]:
    """Sixty people who come to work."""
    emails = [f"agent{number}@ville.example" for number in range(60)]
    hashed = accounts.hash_password(PASSWORD)
    for email in emails:
        person = accounts.add_user(city.ctx, name="Ana Costa", email=email, role=Role.COORDINATOR, password="x")
        with city.ctx.db.write() as session:
            session.get_one(Person, person).password_hash = hashed
    return emails


def sign_in(city: City, email: str, password: str = PASSWORD) -> bool:
    return accounts.sign_in(city.ctx, email, password, HALL) is not None


def test_a_whole_town_hall_signs_in_behind_one_address_and_guessing_from_there_is_stopped(city: City, staff: list[str]) -> None:
    for number, email in enumerate(staff):
        city.clock.advance(seconds=10)
        assert number % 3 or not sign_in(city, email, WRONG), "every third mistypes once"
        assert sign_in(city, email)
    assert all(sign_in(city, email) for email in staff), "and again, after lunch"
    for number in range(throttle.SIGN_IN_ADDRESS.times - len(staff) // 3):
        assert not sign_in(city, f"guessed{number}@ville.example", WRONG)
    with pytest.raises(TooMany):
        sign_in(city, "guessed@ville.example", WRONG)


def test_whoever_has_an_account_does_not_guess_on_by_signing_in_between(city: City, staff: list[str]) -> None:
    for number in range(throttle.SIGN_IN_ADDRESS.times):
        assert number % 5 or sign_in(city, staff[0])
        assert not sign_in(city, f"guessed{number}@ville.example", WRONG)
    with pytest.raises(TooMany):
        sign_in(city, "guessed@ville.example", WRONG)
    with pytest.raises(TooMany):
        sign_in(city, staff[0])
    city.clock.advance(minutes=16)
    assert sign_in(city, staff[0])


def test_a_day_of_signing_up_at_the_counter_passes(city: City, quick: None) -> None:
    where = city.at(0)
    for number in range(40):
        given = SignUp("Camille Roux", f"v{number}@example.net", None, "fr", PASSWORD, "1", "1", posting.OfferInput(("shopping",), where))
        accounts.sign_up(city.ctx, given, Actor(), HALL, "")
        throttle.spend(city.ctx, [(throttle.POST_ADDRESS, HALL), (throttle.POST_ACCOUNT, f"r{number}@example.net")])
    assert len(city.all(Person)) == 40


@pytest.fixture
def agent(city: City, monkeypatch: pytest.MonkeyPatch) -> Actor:
    for name in ("AGENT_LOOKS", "AGENT_SEARCHES", "AGENT_EXPORTS"):
        monkeypatch.setattr(throttle, name, replace(getattr(throttle, name), times=3))
    for role in (Role.ADMINISTRATOR, Role.COORDINATOR):
        made = accounts.add_user(city.ctx, name=f"Alix {role}", email=f"{role}@ville.example", role=role, password=PASSWORD)
    return Actor(made)


def test_an_agent_who_looks_at_hundreds_waits_and_the_administrators_are_told_once(city: City, agent: Actor, told: Told) -> None:
    needs = [city.need() for _ in range(5)]
    for _ in range(4):
        assert details.look(city.ctx, EVERYTHING, Need, needs[0], "call", agent), "the same look again is none more"
    for need in needs[1:3]:
        assert details.look(city.ctx, EVERYTHING, Need, need, "call", agent)
    for need in needs[3:]:
        with pytest.raises(TooMany):
            details.look(city.ctx, EVERYTHING, Need, need, "call", agent)
    (message,) = told("many_looks")
    assert (message["first_name"], message["agent"]) == ("Alix", "Alix coordinator")
    assert city.events().count("looked_at") == 3 and "many_looks" in city.events()
    city.clock.advance(minutes=61)
    assert details.look(city.ctx, EVERYTHING, Need, needs[3], "call", agent)


def test_so_does_one_who_searches_for_hundreds(city: City, agent: Actor, told: Told) -> None:
    for _ in range(3):
        finding.find(city.ctx, EVERYTHING, "Martin", agent)
    with pytest.raises(TooMany):
        finding.find(city.ctx, EVERYTHING, "Dupont", agent)
    finding.find(city.ctx, EVERYTHING, "Dupont", Actor(agent.person_id and agent.person_id - 1))
    assert len(told("many_looks")) == 1


def test_searches_are_counted_for_all_processes_in_few_rows(city: City) -> None:
    here, there, limit = throttle.Searches(), throttle.Searches(), throttle.SEARCH_ADDRESS

    def tries(process: throttle.Searches, subject: str = HALL) -> int:
        """How many of a great many pass."""
        for number in range(limit.times * 2):
            try:
                process.spend(city.ctx, limit, subject)
            except TooMany:
                return number
        return limit.times * 2

    for _ in range(limit.times // 2):
        here.spend(city.ctx, limit, HALL)
    assert tries(there) == limit.times // 2
    assert tries(here) < throttle.AT_ONCE, "what the other has let through counts"
    assert tries(here) == 0 == tries(there)
    assert tries(there, "192.0.2.2") == limit.times
    assert len(city.all(Attempt)) == 2 * limit.times // throttle.AT_ONCE
    city.clock.advance(minutes=11)
    assert tries(here) == limit.times
