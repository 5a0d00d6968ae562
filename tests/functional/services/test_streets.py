"""The table of streets: filled from a file, searched as people write."""

import time
from pathlib import Path

import pytest

from app import cli
from app.models import Street
from app.services import streets
from app.services.streets import Address
from tests.city import KEYS, City
from tests.shared_data import shared_data

LYON = [
    Address("", "Rue de la République", "69002", "Lyon", 4.8357, 45.7630),
    Address("12", "Rue de la République", "69002", "Lyon", 4.8358, 45.7640),
    Address("12 bis", "Rue de la République", "69002", "Lyon", 4.8359, 45.7641),
    Address("40", "Rue de la République", "69002", "Lyon", 4.8350, 45.7600),
    Address("12", "Rue de la République", "69100", "Villeurbanne", 4.8800, 45.7680),
    Address("8", "Rue du 8 Mai 1945", "69100", "Villeurbanne", 4.8900, 45.7700),
    Address("3", "Place de l’Œuvre", "69004", "Lyon", 4.8300, 45.7800),
    Address("5", "Boulevard des Belges", "69006", "Lyon", 4.8500, 45.7700),
    Address("7", "Rue Château-Gaillard", "", "Villeurbanne", 4.8881, 45.7754),
]
BAN = """id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;x;y;lon;lat
a;12;;Rue de l’Essai;69002;69382;Lyon;842000,1;6519000,2;4.8320;45.7578
b;12;bis;Rue de l’Essai;69002;69382;Lyon;842000,1;6519000,2;4.8321;45.7579
c;14;;Rue de l’Essai;69002;69382;Lyon;842000,1;6519000,2;;45.7579
d;zwölf;;Rue de l’Essai;69002;69382;Lyon;842000,1;6519000,2;4.8320;95
e;3;;;69002;69382;Lyon;842000,1;6519000,2;4.8320;45.7578
"""


@pytest.fixture
def lyon(city: City) -> City:
    streets.add(city.ctx, LYON)
    return city


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("12 rue de la republique 69002 Lyon", ["12 Rue de la République, 69002 Lyon"]),
        ("12BIS, r. république lyon", ["12 bis Rue de la République, 69002 Lyon"]),
        ("12 rep", ["12 Rue de la République, 69002 Lyon", "12 Rue de la République, 69100 Villeurbanne"]),
        ("12 rue de la république villeurb", ["12 Rue de la République, 69100 Villeurbanne"]),
        ("8 rue du 8 mai", ["8 Rue du 8 Mai 1945, 69100 Villeurbanne"]),
        ("3 place de l'oeuvre", ["3 Place de l’Œuvre, 69004 Lyon"]),
        ("5 bd belges", ["5 Boulevard des Belges, 69006 Lyon"]),
        ("5 boulevard des Bleges, 69006 Lyon", ["5 Boulevard des Belges, 69006 Lyon"]),
        ("7 rue chateau gaillard, 69100 Vileurbanne", ["7 Rue Château-Gaillard, Villeurbanne"]),
        ("rue des lilas", []),
        ("12", []),
        ("de la", []),
        ("", []),
    ],
)
def test_an_address_is_found_as_people_write_it(lyon: City, typed: str, found: list[str]) -> None:
    assert [one.label for one in streets.find(lyon.ctx, typed)][: len(found) or None] == found


def test_a_house_that_is_not_there_stands_by_its_nearest_neighbour_roughly(lyon: City) -> None:
    [there] = streets.find(lyon.ctx, "12 rue de la république 69002")
    [rough] = streets.find(lyon.ctx, "36 rue de la république 69002")
    [street] = streets.find(lyon.ctx, "rue de la république 69002")
    assert (there.lon, there.approximate) == (4.8358, False)
    assert (rough.address, rough.lon, rough.approximate) == ("36 Rue de la République", 4.8350, True)
    assert (street.lon, street.approximate) == (4.8357, True)


def test_filling_twice_changes_nothing_and_adding_keeps_what_is_there(lyon: City) -> None:
    assert streets.add(lyon.ctx, LYON) == (0, 0)
    assert streets.add(lyon.ctx, [Address("14", "RUE DE LA REPUBLIQUE", "69002", "Lyon", 4.8, 45.76)]) == (0, 1)
    street = lyon.one(Street, 1)
    assert set(street.numbers) == {"12", "12 bis", "14", "40"}
    assert (street.name, len(lyon.all(Street))) == ("Rue de la République", 6)


def run(capsys: pytest.CaptureFixture[str], file: Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["streets", "import", str(file)])
    return int(ended.value.code or 0), *capsys.readouterr()


@pytest.fixture
def here(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command works on the same city."""
    for name, value in {"DATABASE_URL": city.ctx.settings.database_url, "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INSTANCE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_base_adresse_nationale_is_imported_and_bad_rows_are_named(city: City, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "adresses.csv"
    file.write_text(BAN, encoding="utf-8")
    code, out, err = run(capsys, file)
    assert code == 1
    assert "1 streets and 2 houses added or changed, 3 rows refused." in out
    assert f"{file}:4: lon: is missing" in err
    assert f"{file}:5: house_number: is zwölf but must be a number" in err
    assert f"{file}:5: lat: is 95 but must be between -90 and 90" in err
    assert f"{file}:6: street: is missing" in err
    [street] = city.all(Street)
    assert street.numbers == {"12": [4.832, 45.7578], "12 bis": [4.8321, 45.7579]}
    assert "0 streets and 0 houses" in run(capsys, file)[1]


def test_a_citys_own_file_is_imported_whatever_the_order_of_its_columns(city: City, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "streets.csv"
    file.write_text("lat,lon,commune,street,house_number\n45.7578,4.832,Lyon,Rue de l’Essai,12 bis\n", encoding="utf-8")
    assert run(capsys, file)[0] == 0
    assert [one.label for one in streets.find(city.ctx, "12bis essai")] == ["12 bis Rue de l’Essai, Lyon"]


@pytest.mark.parametrize(
    ("text", "said"), [("a,b\n1,2\n", "its first row must name columns"), ("lon,lat\n1,2\n", "lacks the column street")]
)
def test_a_file_of_another_kind_is_refused_as_a_whole(
    city: City, here: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = here / "other.csv"
    file.write_text(text)
    code, _, err = run(capsys, file)
    assert (code, said in err, city.all(Street)) == (2, True, [])


def test_the_addresses_of_a_whole_city_take_seconds(city: City, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    code, out, _ = run(capsys, shared_data() / "lyon" / "addresses.csv")
    assert (code, "45470 houses" in out) == (0, True)
    assert time.perf_counter() - begun < 20
    begun = time.perf_counter()
    assert streets.find(city.ctx, "4 rue chateau gaillard villeurbanne")[0].label == "4 Rue Château-Gaillard, Villeurbanne"
    assert time.perf_counter() - begun < 1
