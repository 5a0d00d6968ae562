"""Two browsers, or two processes, use what works once at the same moment: one of them wins."""

import threading
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from app.errors import UserError
from app.links import LinkError
from app.models import Need, Person, Role, SecondFactor, SignIn
from app.proconnect import Identity
from app.services import accounts, erasing, proconnect, second_factor, sign_in_links, throttle
from app.services.events import Actor
from app.services.sign_in_links import sign_in_stamp
from tests.city import City

PASSWORD = "four plain words here"
AT_ONCE = 6


def race(*acts: Callable[[], Any]) -> list[Any]:
    """What each gives that was done at once; an error for who was refused."""
    ready, got = threading.Barrier(len(acts)), list[Any]()

    def run(act: Callable[[], Any]) -> None:
        ready.wait(10)
        try:
            got.append(act())
        except (LinkError, UserError) as error:
            got.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == len(acts), "one has failed otherwise"
    return got


def winners(got: list[Any]) -> int:
    return sum(bool(each) and not isinstance(each, Exception) for each in got)


@pytest.fixture
def volunteer(city: City, quick: None) -> int:
    return accounts.add_user(city.ctx, name="Camille Roux", email="camille@example.org", role=Role.NONE, password=PASSWORD)


@pytest.fixture
def agent(city: City, quick: None) -> int:
    made = accounts.add_user(city.ctx, name="Alix Roy", email="alix@example.org", role=Role.COORDINATOR, password=PASSWORD)
    second_factor.give(city.ctx, made)
    return made


def test_a_link_to_set_a_password_sets_one(city: City, volunteer: int) -> None:
    stamp = accounts.stamp_of(city.ctx, city.one(Person, volunteer))
    words = [f"password of browser {number} here" for number in range(AT_ONCE)]
    got = race(*[lambda word=word: accounts.set_password(city.ctx, volunteer, stamp, word, Actor(volunteer)) for word in words])
    assert winners(got) == 1 and city.events().count("password_set") == 1
    assert sum(accounts.verify_password(city.one(Person, volunteer).password_hash, word) for word in words) == 1


def test_an_old_password_is_changed_once(city: City, volunteer: int) -> None:
    words = [f"password of browser {number} here" for number in range(AT_ONCE)]
    change = accounts.change_password
    got = race(*[lambda word=word: change(city.ctx, volunteer, PASSWORD, word, 0, Actor(volunteer)) for word in words])
    assert winners(got) == 1 and city.events().count("password_set") == 1


def test_a_link_that_signs_in_signs_in_once(city: City, volunteer: int) -> None:
    with city.ctx.db.read() as session:
        stamp = sign_in_stamp(session, city.ctx, session.get_one(Person, volunteer))
    got = race(*[lambda: sign_in_links.sign_in(city.ctx, volunteer, stamp, "Firefox")] * AT_ONCE)
    assert winners(got) == len(city.all(SignIn)) == 1


def test_a_link_that_confirms_an_address_confirms_it_once(city: City, volunteer: int) -> None:
    with city.ctx.db.write() as session:
        session.get_one(Person, volunteer).email_confirmed_at = None
    stamp = accounts.stamp_of(city.ctx, city.one(Person, volunteer))
    race(*[lambda: accounts.confirm_account(city.ctx, volunteer, stamp, Actor(volunteer))] * AT_ONCE)
    assert city.events().count("account_confirmed") == 1 and city.kinds().count("volunteer_received") == 1


def test_a_code_of_the_phone_is_taken_once(city: City, agent: int) -> None:
    code = pyotp.TOTP(city.one(SecondFactor, agent).secret).at(int(city.clock().timestamp()))
    assert winners(race(*[lambda: second_factor.check(city.ctx, agent, code, Actor(agent))] * AT_ONCE)) == 1


def test_a_recovery_code_is_taken_once(city: City, agent: int) -> None:
    code = second_factor.renew_codes(city.ctx, agent, Actor(agent))[0]
    assert winners(race(*[lambda: second_factor.check(city.ctx, agent, code, Actor(agent))] * AT_ONCE)) == 1
    assert city.events().count("recovery_code_used") == 1 and second_factor.recovery_codes_left(city.ctx, agent) == 9


def test_a_phone_is_set_up_once(city: City, quick: None) -> None:
    made = accounts.add_user(city.ctx, name="Alix Roy", email="alix@example.org", role=Role.COORDINATOR, password=PASSWORD)
    secrets = race(*[lambda: second_factor.to_set_up(city.ctx, city.one(Person, made))[0]] * AT_ONCE)
    assert len(set(secrets)) == 1
    code = pyotp.TOTP(secrets[0]).at(int(city.clock().timestamp()))
    assert winners(race(*[lambda: second_factor.confirm(city.ctx, made, code, Actor(made))] * AT_ONCE)) == 1
    assert second_factor.recovery_codes_left(city.ctx, made) == second_factor.RECOVERY_CODES


def test_an_address_goes_to_one_identity_of_the_provider(city: City, agent: int) -> None:
    people = [Identity(f"number {number}", "alix@example.org", False, "") for number in range(AT_ONCE)]
    assert winners(race(*[lambda who=who: proconnect.agent(city.ctx, who) for who in people])) == 1
    assert city.events().count("proconnect_linked") == 1


def test_somebody_is_erased_once(city: City) -> None:
    person = city.one(Need, city.need()).person_id
    race(*[lambda: erasing.erase(city.ctx, person, Actor(person), "self")] * AT_ONCE)
    assert city.events().count("erased") == 1 and city.one(Person, person).name == ""


def test_tries_at_once_are_counted_one_by_one(city: City) -> None:
    def spend() -> bool:
        throttle.spend(city.ctx, [(throttle.LINK_ACCOUNT, "camille@example.org")])
        return True

    assert winners(race(*[spend] * AT_ONCE)) == throttle.LINK_ACCOUNT.times
