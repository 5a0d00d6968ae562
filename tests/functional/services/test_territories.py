"""Outlines into the database: by the command and by the services that pages call as well."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shapely import Point, box, from_wkb
from sqlalchemy import update

from app.cli import group
from app.models import Event, Need, Offer, Territory
from app.services import territories
from app.services.events import Actor
from app.services.outlines import Outline
from app.services.placing import Where
from app.services.territories import Given, Imported, import_territories
from matching.areas import area_m2
from tests.city import CENTRE, DEGREES_A_METRE, KEYS, City

Run = Callable[..., Result]
BY = Actor()


@pytest.fixture
def run(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    url = city.ctx.settings.resolved_database_url
    given = {"DATABASE_URL": url, "INSTANCE": str(tmp_path), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    command = ("territory", "import")
    return lambda *words: CliRunner().invoke(
        group, [*command, *map(str, words), "--name-property", "nom"], standalone_mode=False, catch_exceptions=False
    )  # fmt: skip


def outline(name: str, size: float) -> dict[str, Any]:
    (x, y), d = CENTRE, size
    return {"type": "Feature", "properties": {"nom": name}, "geometry": box(x - d, y - d, x + d, y + d).__geo_interface__}


def collection(path: Path, *features: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def band(name: str, south_m: float, north_m: float, number: int = 1) -> Outline:
    south, north = (CENTRE[1] + metres * DEGREES_A_METRE for metres in (south_m, north_m))
    return Outline(number, name, box(CENTRE[0] - 0.05, south, CENTRE[0] + 0.05, north))


def add(city: City, *bands: tuple[str, float, float], **more: Any) -> Imported:
    city.clock.advance(seconds=1)
    outlines = [band(*each, number=number) for number, each in enumerate(bands, 1)]
    return import_territories(city.ctx, Given(outlines, **({"kind": "quartier"} | more)), BY)


def named(city: City) -> dict[str, Territory]:
    return {row.name: row for row in city.all(Territory)}


def test_a_post_belongs_to_the_smallest_territory_that_holds_it(city: City, run: Run, tmp_path: Path) -> None:
    file = collection(tmp_path / "q.geojson", outline("Petit", 0.01), outline("Grand", 0.05))
    first = run(file)
    assert "2 added" in first.output and "Petit and Grand share" in first.stderr
    assert "2 as before" in run(file).output
    places = named(city)
    assert places["Petit"].parent_id == places["Centre"].id
    need = city.one(Need, city.need())
    assert need.territory_id == places["Petit"].id


def test_all_that_is_wrong_with_a_file_is_listed_and_nothing_is_half_done(city: City, run: Run, tmp_path: Path) -> None:
    point = {"type": "Feature", "properties": {"nom": "Pt"}, "geometry": {"type": "Point", "coordinates": [4, 45]}}
    file = collection(tmp_path / "q.geojson", outline("Bon", 0.01), point, "nonsense")
    with pytest.raises(Exception, match=r"nothing is imported") as caught:
        run(file)
    assert "Feature 2 (Pt): It is a Point" in str(caught.value) and "Feature 3: It has no text" in str(caught.value)
    assert len(city.all(Territory)) == 1


def test_latitude_before_longitude_is_recognised_by_where_the_others_lie(city: City, run: Run, tmp_path: Path) -> None:
    swapped = outline("Nord", 0.01)
    swapped["geometry"] = box(CENTRE[1], CENTRE[0], CENTRE[1] + 0.01, CENTRE[0] + 0.01).__geo_interface__
    with pytest.raises(Exception, match="longitude comes first"):
        run(collection(tmp_path / "q.geojson", swapped))
    assert len(city.all(Territory)) == 1


def test_posts_move_with_the_outlines_in_the_same_transaction(city: City, run: Run, tmp_path: Path) -> None:
    add(city, ("Nord", 0, 5000), ("Sud", -5000, 0))
    here, there, unplaced = city.need(north_m=1000), city.need(north_m=4000), city.need(where=Where("rue inconnue", "69002", "Lyon"))
    offer_id = city.volunteer(north_m=1200)
    before = city.one(Need, here)
    file = collection(
        tmp_path / "q.geojson",
        *({"type": "Feature", "properties": {"nom": each.name}, "geometry": each.shape.__geo_interface__}
          for each in (band("Nord", 2000, 5000), band("Sud", -5000, 2000))),
    )  # fmt: skip
    assert "2 posts lie in another territory now; 0 lie in none" in run(file).output
    places = named(city)
    assert {city.one(Need, here).territory_id, city.one(Offer, offer_id).territory_id} == {places["Sud"].id}
    assert city.one(Need, there).territory_id == places["Nord"].id
    assert city.one(Need, unplaced).territory_id is None
    after = city.one(Need, here)
    assert (after.public_lon, after.public_lat, after.exact_point) == (before.public_lon, before.public_lat, before.exact_point)
    kinds = [event.kind for event in city.all(Event) if event.kind.startswith("territory_")]
    assert sorted(kinds) == ["territory_added"] * 2 + ["territory_redrawn"] * 2


def test_a_post_in_a_hole_belongs_to_the_one_above_and_one_in_no_outline_stays(city: City) -> None:
    holed = Outline(1, "Nord", band("Nord", 0, 5000).shape.difference(band("", 900, 1100).shape.buffer(-1e-4)))
    inside, around = city.need(north_m=1000), city.need(north_m=3000)
    import_territories(city.ctx, Given([holed], "quartier"), BY)
    places = named(city)
    assert city.one(Need, inside).territory_id == places["Centre"].id
    assert city.one(Need, around).territory_id == places["Nord"].id
    city.clock.advance(seconds=1)
    smaller = [Outline(1, name, box(CENTRE[0] - 0.2, CENTRE[1] + 0.1, CENTRE[0] + 0.2, CENTRE[1] + 0.2)) for name in ("Nord",)]
    centre = Given([Outline(1, "Centre", box(CENTRE[0] - 0.3, CENTRE[1] + 0.1, CENTRE[0] + 0.3, CENTRE[1] + 0.3))], "city")
    import_territories(city.ctx, Given(smaller, "quartier"), BY)
    done = import_territories(city.ctx, centre, BY)
    assert done.left == 2
    assert city.one(Need, inside).territory_id == places["Centre"].id


def test_what_a_preview_says_is_what_is_done(city: City) -> None:
    add(city, ("Nord", 0, 5000), ("Sud", -5000, 0))
    for north_m in (-3000, -100, 100, 1500, 4900):
        city.need(north_m=north_m)
    given = Given([band("Nord", 1000, 5000), band("Sud", -5000, 0, 2), band("Milieu", -200, 1000, 3)], "quartier")
    said = territories.preview(city.ctx, given)
    assert [line.becomes for line in said.lines] == ["changed", "same", "new"] and said.moved == 2
    assert [{overlap.one, overlap.other} for overlap in said.overlaps] == [{"Sud", "Milieu"}]
    assert len(named(city)) == 3, "a look changes nothing"
    done = import_territories(city.ctx, given, BY)
    assert (done.lines, done.moved, done.left) == (said.lines, said.moved, said.left)
    assert [{overlap.one, overlap.other} for overlap in done.overlaps] == [{"Sud", "Milieu"}]
    assert all(line.becomes == "same" for line in territories.preview(city.ctx, given).lines)


def test_a_sliver_between_neighbours_is_no_overlap(city: City) -> None:
    assert add(city, ("Nord", -20, 5000), ("Sud", -5000, 0)).overlaps == []


def test_whoever_is_chosen_to_lie_above_stays_so_until_somebody_takes_it_back(city: City) -> None:
    add(city, ("Nord", 0, 9000), ("Sud", -9000, 0), kind="district")
    places = named(city)
    add(city, ("Pont", 100, 300), parent_id=places["Sud"].id)
    assert named(city)["Pont"].parent_id == places["Sud"].id
    add(city, ("Pont", 100, 400))
    pont = named(city)["Pont"]
    assert pont.parent_id == places["Sud"].id, "an import does not undo it"
    add(city, ("Le Pont", 100, 400), territory_id=pont.id)
    assert named(city)["Le Pont"].parent_id == places["Nord"].id
    for above in (pont.id, 9999):
        assert add(city, ("Le Pont", 100, 400), territory_id=pont.id, parent_id=above).troubles
    ring = Given([band("Nord", 0, 9000)], "district", parent_id=named(city)["Le Pont"].id)
    assert [trouble.what for trouble in import_territories(city.ctx, ring, BY).troubles] == ["ring"]


def test_after_any_redrawing_each_post_is_where_looking_one_by_one_would_put_it(city: City) -> None:
    rng = random.Random(7)
    needs = [city.need(north_m=rng.uniform(-4000, 4000)) for _ in range(12)]
    for _ in range(4):
        edges = sorted(rng.uniform(-5000, 5000) for _ in range(4))
        add(city, ("A", edges[0], edges[2]), ("B", edges[1], edges[3]), ("C", edges[0], edges[1]))
        rows = [(area_m2(from_wkb(row.shape)), str(row.id), row.id, from_wkb(row.shape)) for row in city.all(Territory)]
        for need_id in needs:
            need = city.one(Need, need_id)
            assert need.territory_id == min(row for row in rows if row[3].covers(Point(*need.point)))[2]


def test_two_areas_beside_each_other_never_get_one_name(city: City) -> None:
    add(city, ("Haut", 0, 9000), ("Bas", -9000, 0), kind="district")
    add(city, ("Nord", 0, 3000), ("Sud", -3000, 0), ("Est", 5000, 6000))
    places = named(city)
    twice = add(city, ("Port", 3000, 4000), ("port", 4000, 5000))
    assert [(each.what, each.number) for each in twice.troubles] == [("twin", 1), ("twin", 2)]
    assert add(city, ("NORD", 100, 200)).troubles, "imported beside it under another case"
    renamed = add(city, ("Nord", 5000, 6000), territory_id=places["Est"].id)
    assert [each.what for each in renamed.troubles] == ["twin"]
    assert add(city, ("Nord", -3000, -2000), territory_id=places["Est"].id).troubles == (), "in another district it is another one"
    assert len(city.all(Territory)) == 6 and [row.name for row in city.all(Territory)].count("Nord") == 2


def test_areas_that_had_one_name_before_are_brought_in_again(city: City) -> None:
    add(city, ("Nord", 0, 3000), ("Sud", -3000, 0))
    with city.ctx.db.write() as session:
        session.execute(update(Territory).where(Territory.name == "Sud").values(name="Nord"))
    again = add(city, ("Nord", 0, 3000), ("Nord", -2500, 0))
    assert [line.becomes for line in again.lines] == ["same", "changed"]


def test_of_outlines_that_all_lie_on_one_another_only_so_many_pairs_are_compared(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    compared, intersection, many = [], territories.intersection, 300

    def counted(one: Any, others: Any) -> Any:
        compared.append(others.size)
        return intersection(one, others)

    monkeypatch.setattr(territories, "intersection", counted)
    outlines = [band(f"Q{number}", number, number + 5000, number) for number in range(1, many + 1)]
    would = territories.preview(city.ctx, Given([*outlines], "quartier", parent_id=named(city)["Centre"].id))
    assert len(would.overlaps) == territories.MOST_OVERLAPS
    assert sum(compared) <= territories.MOST_OVERLAPS + many
