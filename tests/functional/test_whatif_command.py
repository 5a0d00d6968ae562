"""``adeuxpas whatif`` on two files and on the database."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from shapely import box, to_wkb
from shapely.geometry import mapping

import matching.assignment
from app import cli
from app.models import Match, Offer, Territory
from app.models import Need as NeedRow
from app.services.figures import FEWEST
from matching.model import Need
from matching.solution import Solution
from tests.city import CENTRE, KEYS, City
from tests.shared_data import shared_data

SVG = "{http://www.w3.org/2000/svg}"
HEADER = "reference,name,email,lon,lat,category,urgency,helpers_needed,posted_at\n"
OFFERS = """\
reference,name,email,lon,lat,categories,availability,radius_m
O1,Ann,ann@example.org,4.8500,45.7600,shopping,Sa 09:00-12:00,1000
O2,Bob,bob@example.org,4.8900,45.7600,pets,,1000
"""
AREAS = {"West": box(4.84, 45.75, 4.87, 45.77), "Est & Lumière": box(4.87, 45.75, 4.90, 45.77), "Far <b>": box(5, 45, 5.1, 45.1)}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def whatif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in a folder with two spreadsheets and outlines; its exit code and what it says."""
    posted = (datetime.now(UTC) - timedelta(days=4, hours=1)).isoformat()
    west = "".join(
        f"N{n},Eve,e{n}@example.net,4.8500,45.7600,shopping,{'urgent' if n == 1 else 'normal'},1,{posted}\n" for n in range(1, 7)
    )
    east = "N7,Fay,fay@example.net,4.8900,45.7601,pets,flexible,1,\nN8,Gus,gus@example.net,4.8900,45.7650,shopping,normal,1,\n"
    (tmp_path / "offers.csv").write_text(OFFERS)
    (tmp_path / "needs.csv").write_text(HEADER + west + east)
    write_areas(tmp_path / "areas.geojson", AREAS)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, files: bool = True, areas: bool = True) -> tuple[int, str, str]:
        given = ["--offers", "offers.csv", "--needs", "needs.csv"] if files else []
        with pytest.raises(SystemExit) as ended:
            cli.main(["whatif", *given, *(["--areas", "areas.geojson"] if files and areas else []), *words])
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return run


def write_areas(path: Path, areas: dict[str, object]) -> None:
    features = [{"type": "Feature", "properties": {"name": name}, "geometry": mapping(shape)} for name, shape in areas.items()]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def row(out: str, label: str) -> list[str]:
    """The cells of the first line with this label."""
    line = next(line for line in out.splitlines() if line.startswith(f"  {label} "))
    return line.removeprefix(f"  {label}").split()


def test_more_volunteers_in_an_area_help_there(whatif: Run) -> None:
    code, out, _ = whatif("--more-volunteers", "3", "--in", "west", "--offering", "shopping", "--radius-of", "5000")
    assert code == 0
    assert out.startswith("west: 3 more volunteers offering shopping who go up to 5000 m\n")
    assert row(out, "in all") == ["8", "2", "5", "+3"]
    assert row(out, "urgent") == ["1", "1", "1", "0"]
    assert row(out, "normal") == ["6", "0", "3", "+3"]
    assert row(out, "shopping") == ["7", "1", "4", "+3"]
    assert "3 needs get more help than today, 0 get less." in out
    assert "Proof, today and then: no set of pairs is better (the prices were added up twice, by the solver and by other code)." in out


def test_the_other_changes_alone_and_together(whatif: Run) -> None:
    assert row(whatif("--also-offering", "shopping", "--in", "EST lumiere")[1], "normal") == ["6", "0", "1", "+1"]
    closed = whatif("--fewer-hours", "Su 09:00-12:00")[1]
    assert row(closed, "in all") == ["8", "2", "1", "-1"]
    assert row(closed, "urgent") == ["1", "1", "0", "-1"]
    assert "0 needs get more help than today, 1 gets less." in closed
    assert "1 need gets more help than today, 0 get less." in whatif("--more-volunteers", "1", "--in", "West", "--offering", "shopping")[1]
    assert row(whatif("--wider-radius", "+900%")[1], "in all") == ["8", "2", "2", "0"]
    assert row(whatif("--fewer-hours", "Su 09:00-12:00", "--wider-radius", "+20%", "--in", "Est & Lumière")[1], "in all")[3] == "0"


def test_waiting_is_told_of_the_needs_whose_date_is_known(whatif: Run) -> None:
    out = whatif("--more-volunteers", "1", "--in", "West")[1]
    assert row(out, "needs that are served")[:2] == ["4.0", "4.0"]
    assert row(out, "the others")[:2] == ["4.0", "4.0"]


def test_days_are_counted_up_to_a_given_moment(whatif: Run, tmp_path: Path) -> None:
    (tmp_path / "needs.csv").write_text(HEADER + "N1,Eve,e1@example.net,4.8500,45.7600,shopping,,1,2026-01-01T12:00:00+01:00\n")
    out = whatif("--wider-radius", "1500", "--now", "2026-01-11T12:00:00+01:00")[1]
    assert row(out, "needs that are served")[:2] == ["10.0", "10.0"]
    assert "--now goes with --offers and --needs" in whatif("--wider-radius", "1500", "--now", "2026-01-11T12:00:00+01:00", files=False)[2]


def test_nothing_that_changes_is_said_to_be_so(whatif: Run) -> None:
    code, out, _ = whatif("--also-offering", "homework")
    assert code == 0
    assert "No difference" in out
    assert "No difference" not in whatif("--fewer-hours", "Su 09:00-12:00")[1]


def test_without_any_needs_there_is_no_difference(whatif: Run, tmp_path: Path) -> None:
    (tmp_path / "needs.csv").write_text(HEADER)
    code, out, _ = whatif("--more-volunteers", "2", "--map", "map.svg")
    assert (code, row(out, "in all")) == (0, ["0", "0", "0", "0"])
    ElementTree.parse(tmp_path / "map.svg")


def test_the_seed_decides_about_the_new_ones(whatif: Run) -> None:
    first, again, other = (whatif("--more-volunteers", "4", "--in", "West", "--seed", seed)[1] for seed in ("1", "1", "2"))
    assert first == again != other


def test_the_table_has_every_area_and_no_reference(whatif: Run, tmp_path: Path) -> None:
    whatif("--more-volunteers", "3", "--in", "West", "--radius-of", "5000", "--offering", "shopping", "--output", "table.csv")
    text = (tmp_path / "table.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    by_area = {r["of"]: (r["wanted"], r["today"], r["then"]) for r in rows if r["measure"] == "places served by area"}
    assert by_area.keys() == {"West", "Est & Lumière"}
    assert by_area["Est & Lumière"][:2] == ("2", "1")
    assert not re.search(r"\bN\d|\bO\d|example", text)


def test_the_map_shows_areas_and_new_volunteers_but_nobody_who_lives_there(whatif: Run, tmp_path: Path) -> None:
    whatif("--more-volunteers", "3", "--in", "West", "--radius-of", "5000", "--offering", "shopping", "--map", "map.svg")
    text = (tmp_path / "map.svg").read_text()
    picture = ElementTree.fromstring(text)
    assert len(text) < 200_000
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title", "").startswith("West: 3 more volunteers")
    assert picture.findtext(f"{SVG}desc", "").startswith("Today 2 of 8 places served, then 5 of 8")
    today, then = picture.findall(f"{SVG}svg")
    assert (len(today.findall(f"{SVG}circle")), len(then.findall(f"{SVG}circle"))) == (0, 3)
    named = [title.text or "" for title in then.iter(f"{SVG}title")]
    assert any(name.startswith("West: ") and name.endswith("of 6 places served") for name in named)
    assert f"Est & Lumière: fewer than {FEWEST} places wanted" in named
    assert not [word for word in ("4.85", "45.76", "example", "O1", "N1") if word in text]


def test_a_name_in_the_picture_is_no_markup(whatif: Run, tmp_path: Path) -> None:
    assert whatif("--more-volunteers", "1", "--in", "Far <b>", "--map", "map.svg")[0] == 0
    assert "Far <b>" in ElementTree.parse(tmp_path / "map.svg").getroot().findtext(f"{SVG}title", "")


def test_areas_of_one_name_are_meant_together(whatif: Run, tmp_path: Path) -> None:
    write_areas(tmp_path / "areas.geojson", {"West": AREAS["West"]})
    outlines = json.loads((tmp_path / "areas.geojson").read_text())
    outlines["features"] *= 2
    (tmp_path / "areas.geojson").write_text(json.dumps(outlines))
    code, _, err = whatif("--more-volunteers", "1", "--in", "West")
    assert (code, err) == (0, "2 areas have the name West: all of them are meant.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--also-offering", "shoping"], "'shoping' is no kind of help here. The nearest: shopping"),
        (["--wider-radius", "900", "--in", "Est Lumiere 2"], "'Est Lumiere 2' is no area here. The nearest: Est & Lumière"),
        (["--wider-radius", "900", "--in", "Zzz"], "None of the 3 has a name like that: they are Est & Lumière, Far <b>, West."),
        ([], "Give a change"),
        (["--offering", "pets"], "--more-volunteers"),
        (["--wider-radius", "far"], "far"),
        (["--wider-radius", "60000"], "60000"),
        (["--wider-radius", "50%"], "nor a share more, such as +50%"),
        (["--fewer-hours", "sometimes"], "weekly hours such as"),
        (["--fewer-hours", "off"], "'off' never holds half an hour"),
        (["--more-volunteers", "1", "--offering", ","], "',' names no kind of help"),
        (["--also-offering", ""], "'' names no kind of help"),
        (["--wider-radius", "900", "--output", "table.txt"], "ends in .csv or .xlsx"),
        (["--wider-radius", "900", "--map", "map.png"], "ends in .svg"),
        (["--more-volunteers", "-1"], "-1"),
        (["--wider-radius", "900", "--output", "offers.csv"], "same file"),
        (["--wider-radius", "900", "--map", "nowhere/map.svg"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_writes_nothing(whatif: Run, tmp_path: Path, words: list[str], sentence: str) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = whatif(*words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_areas_are_asked_for_where_they_are_needed(whatif: Run) -> None:
    assert "--areas FILE.geojson" in whatif("--wider-radius", "900", "--in", "West", areas=False)[2]
    assert "--areas FILE.geojson" in whatif("--wider-radius", "900", "--map", "map.svg", areas=False)[2]
    assert whatif("--wider-radius", "900", areas=False)[0] == 0


def test_nobody_to_be_like_is_a_sentence(whatif: Run, tmp_path: Path) -> None:
    (tmp_path / "offers.csv").write_text(OFFERS.splitlines()[0] + "\n")
    code, _, err = whatif("--more-volunteers", "1")
    assert (code, err) == (2, "Nobody offers anything today, so there is nobody whom new volunteers could be like.\n")


def test_rows_left_out_end_with_one(whatif: Run, tmp_path: Path) -> None:
    with (tmp_path / "offers.csv").open("a") as file:
        file.write("O3,Cyd,cyd@example.org,nonsense,45.7600,pets,,1000\n")
    code, out, err = whatif("--wider-radius", "4000")
    assert code == 1
    assert "offers.csv:4: lon" in err and row(out, "in all")


def test_pairs_that_do_not_stand_the_check_are_no_answer(whatif: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    right = matching.assignment.solve

    def careless(offers: list[object], needs: list[Need], *_: object) -> Solution:
        found = right(offers, needs)  # type: ignore[arg-type]
        return Solution(found.pairs * 2, found.unserved, found.certificate)

    monkeypatch.setattr(matching.assignment, "solve", careless)
    code, out, _ = whatif("--wider-radius", "4000")
    assert (code, out) == (3, "")


def test_the_city_of_lyon_fits_into_a_small_picture(whatif: Run, tmp_path: Path) -> None:
    lyon = shared_data() / "lyon"
    files = ["--offers", str(lyon / "offers.csv"), "--needs", str(lyon / "needs.csv"), "--areas", str(lyon / "quartiers.geojson")]
    code, out, _ = whatif(*files, "--fewer-hours", "Sa-Su 09:00-18:00", "--map", "map.svg", files=False)
    assert code == 0
    assert int(row(out, "in all")[3]) < 0
    by_area = out.partition("places served by area\n")[2].partition("metres to meet")[0].splitlines()
    assert len(by_area) == 12 and min(int(line.split()[-1]) for line in by_area) <= -5
    assert re.search(r"Something changes in \d+ more areas: --output FILE has them all", out)
    picture = ElementTree.parse(tmp_path / "map.svg")
    assert (tmp_path / "map.svg").stat().st_size < 200_000
    ids = {path.get("id") for path in picture.iter(f"{SVG}path")}
    assert ids and {use.get("href", "")[1:] for use in picture.iter(f"{SVG}use")} == ids


class TestOnTheDatabase:
    @pytest.fixture(autouse=True)
    def here(self, city: City, whatif: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The command works on the same city."""
        given = {"DATABASE_URL": city.ctx.settings.resolved_database_url, "INSTANCE": str(tmp_path)}
        for name, value in (given | {"ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}).items():
            monkeypatch.setenv(name, value)

    def test_open_needs_and_the_room_that_is_left_count(self, city: City, whatif: Run) -> None:
        city.volunteer()
        asked, left = city.need(), city.need()
        city.match()
        assert (len(city.matches(asked)), len(city.matches(left))) in {(1, 0), (0, 1)}
        city.volunteer(approved=False)
        city.need(confirmed=False)
        out = whatif("--more-volunteers", "1", "--in", "centre", "--offering", "shopping", "--radius-of", "50000", files=False)[1]
        assert row(out, "in all") == ["1", "0", "1", "+1"]

    def test_whoever_was_asked_for_a_need_is_not_asked_again(self, city: City, whatif: Run) -> None:
        offer_id, need_id = city.volunteer(capacity=3), city.need()
        city.match()
        with city.ctx.db.write() as session:
            session.get_one(Match, city.matches(need_id)[0].id).state = "declined"
            session.get_one(Offer, offer_id).taken = 0
            session.get_one(NeedRow, need_id).state, session.get_one(NeedRow, need_id).taken = "open", 0
        assert row(whatif("--wider-radius", "3000", files=False)[1], "in all") == ["1", "0", "0", "0"]

    def test_the_smallest_territory_counts_and_is_on_the_map(self, city: City, whatif: Run, tmp_path: Path) -> None:
        lon, lat = CENTRE
        with city.ctx.db.write() as session:
            inner = to_wkb(box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01))
            session.add(Territory(name="Bellecour", kind="quartier", settings={}, shape=inner, changed_at=city.clock()))
        for _ in range(5):
            city.need()
        city.need(north_m=5000)
        city.volunteer()
        whatif("--more-volunteers", "2", "--in", "Bellecour", "--map", "map.svg", "--output", "t.csv", files=False)
        rows = {
            r["of"]: r["wanted"]
            for r in csv.DictReader((tmp_path / "t.csv").read_text().splitlines())
            if r["measure"] == "places served by area"
        }
        assert rows == {"Bellecour": "5", "Centre": "1"}
        assert "of 5 places served" in (tmp_path / "map.svg").read_text()

    def test_files_and_outlines_come_together(self, whatif: Run) -> None:
        assert "neither for the database" in whatif("--offers", "offers.csv", "--wider-radius", "900", files=False)[2]
        assert "has its own areas" in whatif("--areas", "areas.geojson", "--wider-radius", "900", files=False)[2]
