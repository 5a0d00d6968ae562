"""``adeuxpas user add``."""

import pytest
from click.testing import CliRunner

from app.cli import group
from app.models import Person, PersonTerritory, Role, Territory
from app.services.accounts import sign_in
from app.services.sight import EVERYTHING, Sight
from tests.city import KEYS, City
from tests.functional.doors.conftest import quartier


def add(city: City, monkeypatch: pytest.MonkeyPatch, *words: str, password: str = "une longue phrase\n") -> None:
    settings = city.ctx.settings
    given = {"DATABASE_URL": settings.resolved_database_url, "INSTANCE": settings.instance, "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    CliRunner().invoke(group, ["user", "add", *words], input=password, standalone_mode=False, catch_exceptions=False)


def test_a_coordinator_is_added_and_may_sign_in(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    add(city, monkeypatch, "Anne@Ville.example", "--name", "Anne Petit", "--territory", "Centre")
    person = sign_in(city.ctx, "anne@ville.example", "une longue phrase", "127.0.0.1")
    assert person is not None and person.role == "coordinator"
    assert [theirs.territory_id for theirs in city.all(PersonTerritory)] == [city.all(Territory)[0].id]
    assert Sight.of(city.ctx, person) == Sight(frozenset([city.all(Territory)[0].id]))


def test_a_coordinator_may_have_several_territories_or_the_whole_city(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    north, south = quartier(city, "North", 0, 9000), quartier(city, "South", -9000, 0)
    add(city, monkeypatch, "a@ville.example", "--name", "A", "--territory", "North", "--territory", "South")
    add(city, monkeypatch, "b@ville.example", "--name", "B")
    of_two, of_all = city.all(Person)
    assert Sight.of(city.ctx, of_two) == Sight(frozenset([north, south]))
    assert Sight.of(city.ctx, of_all) == EVERYTHING
    with city.ctx.db.write() as session:
        session.get_one(Person, of_all.id).whole_city = False
        session.get_one(Person, of_two.id).role = Role.NONE
    assert [Sight.of(city.ctx, person) for person in city.all(Person)] == [Sight(), Sight()], "who was given nothing sees nothing"


@pytest.mark.parametrize(
    ("words", "password", "sentence"),
    [
        (("anne", "--name", "A"), "une longue phrase\n", "not an e-mail address"),
        (("a@ville.example", "--name", "A"), "court\n", "10 to 200"),
        (("anne@ville.example", "--name", "Anne Petit"), "anne.petit.1950\n", "easy to guess"),
        (("a@ville.example", "--name", "A", "--territory", "Nulle part"), "une longue phrase\n", "0 territories"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_adds_nobody(
    city: City, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], password: str, sentence: str
) -> None:
    with pytest.raises(Exception, match=sentence):
        add(city, monkeypatch, *words, password=password)
    assert city.all(Person) == []


def test_an_address_has_one_account(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    add(city, monkeypatch, "anne@ville.example", "--name", "Anne Petit")
    with pytest.raises(Exception, match="has an account already"):
        add(city, monkeypatch, "ANNE@ville.example", "--name", "Anne Petit")
