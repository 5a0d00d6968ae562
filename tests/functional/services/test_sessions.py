"""Where people are signed in: how long it lasts, and that ended is ended."""

from datetime import timedelta

import pytest

from app.models import Person, Role, SignIn
from app.services import accounts, sessions
from app.services.sessions import VOLUNTEER_LONGEST, device_words
from tests.city import City

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Times are compared alike on both kinds of database."""
    return sqlite_url


def somebody(city: City, role: Role = Role.NONE) -> Person:
    person_id = accounts.add_user(city.ctx, name="Camille Roux", email=f"{role}@example.org", role=role, password="four plain words here")
    return city.one(Person, person_id)


def used(city: City, token: str) -> bool:
    found = sessions.find(city.ctx, token)
    if found:
        sessions.use(city.ctx, *found)
    return found is not None


def test_only_a_hash_of_the_token_is_kept(city: City) -> None:
    token = sessions.begin(city.ctx, somebody(city), FIREFOX)
    (row,) = city.raw("SELECT * FROM sign_in")
    assert token not in repr(row)
    assert row.device == "Firefox, Windows"


def test_an_agent_who_does_nothing_for_an_hour_is_out(city: City) -> None:
    token = sessions.begin(city.ctx, somebody(city, Role.COORDINATOR), "", proven=True)
    for _ in range(3):
        city.clock.advance(minutes=59)
        assert used(city, token)
    city.clock.advance(minutes=61)
    assert not used(city, token)


def test_an_agent_signs_in_again_after_twelve_hours(city: City) -> None:
    token = sessions.begin(city.ctx, somebody(city, Role.ADMINISTRATOR), "", proven=True)
    for _ in range(23):
        city.clock.advance(minutes=30)
        assert used(city, token)
    city.clock.advance(minutes=31)
    assert not used(city, token)


def test_a_volunteer_who_comes_by_each_month_stays_signed_in_for_half_a_year(city: City) -> None:
    token, begun = sessions.begin(city.ctx, somebody(city), ""), city.clock()
    while city.clock() + timedelta(days=29) < begun + VOLUNTEER_LONGEST:
        city.clock.advance(days=29)
        assert used(city, token)
    city.clock.moment = begun + VOLUNTEER_LONGEST
    assert not used(city, token)


def test_use_is_written_down_once_a_minute(city: City) -> None:
    token, begun = sessions.begin(city.ctx, somebody(city), ""), city.clock()
    city.clock.advance(seconds=59)
    used(city, token)
    assert city.all(SignIn)[0].seen_at == begun
    city.clock.advance(seconds=1)
    used(city, token)
    assert city.all(SignIn)[0].seen_at == city.clock()


def test_what_has_ended_is_not_brought_back_by_a_request_that_was_under_way(city: City) -> None:
    person = somebody(city)
    token = sessions.begin(city.ctx, person, "")
    found = sessions.find(city.ctx, token)
    assert found
    city.clock.advance(minutes=5)
    sessions.end_everywhere(city.ctx, person.id)
    sessions.use(city.ctx, *found)
    assert not used(city, token)


def test_ended_ones_are_deleted_after_two_days(city: City) -> None:
    person = somebody(city)
    kept = sessions.begin(city.ctx, person, "")
    sessions.begin(city.ctx, person, "")
    sessions.end(city.ctx, person.id, city.all(SignIn)[1].id)
    city.clock.advance(days=2)
    assert sessions.delete_ended(city.ctx) == 0
    city.clock.advance(seconds=1)
    assert sessions.delete_ended(city.ctx) == 1
    assert used(city, kept)


@pytest.mark.parametrize(("agent", "words"), [
    (FIREFOX, "Firefox, Windows"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139.0", "Edge, Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
     "Safari, iPhone"),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36", "Chrome, Android"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15", "Safari, Mac"),
    ("curl/8.5", ""),
    ("", ""),
])  # fmt: skip
def test_a_device_is_called_as_people_call_it(agent: str, words: str) -> None:
    assert device_words(agent) == words
