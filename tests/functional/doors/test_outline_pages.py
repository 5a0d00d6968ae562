"""Territories on pages: outlines imported, drawn, changed and taken away, each looked at before it is stored."""

import io
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from shapely import box, from_wkb, to_geojson

from app import uploads
from app.models import Draft, Event, Need, Person, PersonTerritory, Role, Territory
from app.services import referents
from app.services.events import Actor
from tests.city import CENTRE, DEGREES_A_METRE, City
from tests.functional.doors.conftest import quartier
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
IMPORT = "/coordination/territories/import"


@pytest.fixture
def admin(sign_in: SignIn) -> Visitor:
    return sign_in(role=Role.ADMINISTRATOR)


def band(south_m: float, north_m: float) -> Any:
    return box(CENTRE[0] - 0.05, CENTRE[1] + south_m * DEGREES_A_METRE, CENTRE[0] + 0.05, CENTRE[1] + north_m * DEGREES_A_METRE)


def file(**bands: tuple[float, float]) -> bytes:
    shapes = {name: json.loads(to_geojson(band(*metres))) for name, metres in bands.items()}
    features = [{"type": "Feature", "properties": {"nom": name}, "geometry": shape} for name, shape in shapes.items()]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def send(city: City, admin: Visitor, raw: bytes, expect: int = 200) -> Page:
    city.clock.advance(seconds=1)
    return admin.submit(admin.get(IMPORT), "Look at it", expect, file=(io.BytesIO(raw), "q.geojson"))


def names(city: City) -> set[str]:
    return {row.name for row in city.all(Territory)}


def test_a_file_is_looked_at_before_it_is_stored(city: City, admin: Visitor) -> None:
    need_id = city.need(north_m=1000)
    page = send(city, admin, file(Nord=(0, 5000), Sud=(-5000, 500)))
    for words in ("New: 2. Changed: 0. As before: 0.", "1 request or offer comes to lie in another territory.", "Nord and Sud share"):
        assert words in page.text
    assert names(city) == {"Centre"}
    stored = admin.submit(page, "Store it")
    assert "1 request or offer has moved with it." in stored.text
    assert names(city) == {"Centre", "Nord", "Sud"} and city.all(Draft) == []
    nord = next(row for row in city.all(Territory) if row.name == "Nord")
    assert city.one(Need, need_id).territory_id == nord.id
    assert [event.actor_id is not None for event in city.all(Event) if event.kind == "territory_added"] == [True, True]
    assert "Nothing to do" in admin.submit(send(city, admin, file(Nord=(0, 5000))), "Store it").text
    assert "nothing to look at any more" in admin.get("/coordination/territories/check").text


def test_everything_wrong_with_a_file_is_listed_and_nothing_is_kept(city: City, admin: Visitor) -> None:
    data = json.loads(file(Nord=(0, 5000), Sud=(0, 1)))
    data["features"][1]["geometry"] = {"type": "Point", "coordinates": [4, 45]}
    data["features"].append({"properties": {"nom": "<b>"}, "geometry": None})
    page = send(city, admin, json.dumps(data).encode(), 422)
    for words in ("Feature 2 (Sud): It is a Point", "Feature 3 (<b>): It has no geometry"):
        assert words in page.text
    assert names(city) == {"Centre"} and city.all(Draft) == []
    assert "Choose a file." in admin.submit(admin.get(IMPORT), "Look at it", 422, file=(io.BytesIO(b""), "")).text


def test_what_was_looked_at_is_bound_to_whoever_looked_and_expires(city: City, admin: Visitor, sign_in: SignIn) -> None:
    page = send(city, admin, file(Nord=(0, 5000)))
    [draft] = city.all(Draft)
    assert "Nord" not in str(city.raw("SELECT answers FROM draft"))
    other = sign_in(role=Role.ADMINISTRATOR, territory_id=())
    assert "nothing to look at any more" in other.get(f"/coordination/territories/check?draft={draft.id}").text
    city.clock.advance(days=3)
    assert "nothing to look at any more" in admin.submit(page, "Store it").text
    assert names(city) == {"Centre"}


def test_each_tab_stores_what_it_shows(city: City, admin: Visitor) -> None:
    one, other = send(city, admin, file(Nord=(0, 5000))), send(city, admin, file(Sud=(-5000, 0)))
    admin.submit(one, "Store it")
    assert names(city) == {"Centre", "Nord"}
    admin.submit(other, "Store it")
    assert names(city) == {"Centre", "Nord", "Sud"} and city.all(Draft) == []


class Body(io.BytesIO):
    """A body that knows whether anything of it was read."""

    taken = 0

    def readinto(self, buffer: Any) -> int:
        self.taken += super().readinto(buffer)
        return self.taken

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self.taken += len(part)
        return part


@pytest.mark.parametrize(("announced", "status"), [({"CONTENT_LENGTH": "50000000"}, 413), ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411)])
def test_a_file_over_the_limit_or_of_no_announced_length_is_refused_unread(admin: Visitor, announced: dict[str, Any], status: int) -> None:
    body = Body(b"--b\r\n" * 10_000)
    environ = announced | {"wsgi.input_terminated": True}
    answer = admin.browser.post(IMPORT, input_stream=body, content_type="multipart/form-data; boundary=b", environ_overrides=environ)
    assert (answer.status_code, body.taken) == (status, 0)
    assert status == 411 or "A file may have 10 MB at most" in answer.text


def test_a_file_that_comes_drop_by_drop_is_not_waited_for_without_end(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LONGEST_S", 0.3)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as body:
        theirs.sendall(b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n{")
        environ = {"gunicorn.socket": ours, "wsgi.input": body, "CONTENT_LENGTH": "5000"}
        begun = time.monotonic()
        answer = admin.browser.post(IMPORT, content_type="multipart/form-data; boundary=b", environ_overrides=environ)
    assert answer.status_code == 400
    assert time.monotonic() - begun < 30


def test_other_pages_take_no_more_than_before_and_others_may_not_send_a_file(admin: Visitor, sign_in: SignIn, client: Visitor) -> None:
    assert admin.browser.post("/coordination/territories/new", data={"drawn": "x" * 300_000}).status_code == 413
    assert sign_in().browser.post(IMPORT, data={"x": "y" * 300_000}).status_code == 403


def test_a_territory_is_drawn_changed_renamed_and_put_under_another(city: City, admin: Visitor) -> None:
    page = admin.get(admin.get("/coordination/territories").link("Draw a territory"))
    assert "Draw its outline" in admin.submit(page, "Look at it", 422, name="Nord").text
    crossed = '{"type":"Polygon","coordinates":[[[4.8,45.7],[4.9,45.8],[4.9,45.7],[4.8,45.8],[4.8,45.7]]]}'
    assert "crosses itself near longitude 4.85" in admin.submit(page, "Look at it", 422, name="Nord", drawn=crossed).text
    square, away = "[[4.8,45.7],[4.9,45.7],[4.9,45.8],[4.8,45.8],[4.8,45.7]]", "[[5,46],[5.1,46],[5.1,46.1],[5,46.1],[5,46]]"
    outside = f'{{"type":"Polygon","coordinates":[{square},{away}]}}'
    assert "A hole in it lies outside of it, near longitude 5" in admin.submit(page, "Look at it", 422, name="Nord", drawn=outside).text
    admin.submit(admin.submit(page, "Look at it", name="Nord", drawn=to_geojson(band(0, 5000))), "Store it")
    nord = next(row for row in city.all(Territory) if row.name == "Nord")
    assert nord.parent_id == city.quartier_id
    need_id = city.need(north_m=4000)
    city.clock.advance(seconds=1)
    other = quartier(city, "Autre", -9000, -8000)
    page = admin.get(admin.get(f"/coordination/territories/{nord.id}").link("Change its outline or name"))
    city.clock.advance(seconds=1)
    again = admin.submit(page, "Look at it", name="Le Nord", parent=str(other), drawn=to_geojson(band(0, 3000)))
    assert "Changed: 1." in again.text and "1 request or offer comes" in again.text
    admin.submit(again, "Store it")
    after = city.one(Territory, nord.id)
    assert (after.name, after.parent_id, from_wkb(after.shape).equals(band(0, 3000))) == ("Le Nord", other, True)
    assert city.one(Need, need_id).territory_id == city.quartier_id
    page = admin.get(f"/coordination/territories/{nord.id}")
    for words in ("Added", "Redrawn", "Renamed; before: Nord", "Another territory chosen in which it lies"):
        assert words in page.text
    # Without an outline it keeps the one that it has.
    page = admin.get(page.link("Change its outline or name"))
    city.clock.advance(seconds=1)
    admin.submit(admin.submit(page, "Look at it", name="Nord", drawn="", parent=""), "Store it")
    assert from_wkb(city.one(Territory, nord.id).shape).equals(band(0, 3000))
    assert city.one(Territory, nord.id).parent_id == city.quartier_id
    assert "cannot lie in itself" in admin.submit(page, "Look at it", 422, parent=str(nord.id)).text


def test_removing_a_territory_says_what_goes_where_and_who_loses_sight(city: City, admin: Visitor, sign_in: SignIn) -> None:
    nord, below = quartier(city, "Nord", 0, 5000, parent_id=city.quartier_id), quartier(city, "Petit", 100, 200)
    with city.ctx.db.write() as session:
        session.get_one(Territory, below).parent_id = nord
    need_id, inner = city.need(north_m=1000), city.need(north_m=150)
    sign_in(territory_id=nord)
    [agent] = [row.person_id for row in city.all(PersonTerritory)]
    referents.add(city.ctx, agent, None, nord, Actor())
    city.clock.advance(seconds=1)
    page = admin.get(admin.get(f"/coordination/territories/{nord}").link("Remove it"))
    said = ("1 request or offer goes to Centre.", "1 territory lies", "Ana Costa oversees it and nothing else", "1 rule on who reads")
    for words in said:
        assert words in page.text
    assert "Nord is removed." in admin.submit(page, "Yes, remove it").text
    assert names(city) == {"Centre", "Petit"} and city.all(PersonTerritory) == []
    assert (city.one(Need, need_id).territory_id, city.one(Need, inner).territory_id) == (city.quartier_id, below)
    assert city.one(Territory, below).parent_id == city.quartier_id
    assert "Taken away: Nord" in admin.get(f"/coordination/team/{agent}").text
    assert "Nord, which lay in it, was removed" in admin.get(f"/coordination/territories/{city.quartier_id}").text
    assert city.one(Person, agent).whole_city is False


def test_a_territory_whose_posts_would_lie_nowhere_stays(city: City, admin: Visitor) -> None:
    city.need()
    page = admin.get(f"/coordination/territories/{city.quartier_id}/remove")
    assert "It cannot go yet." in page.text and "Yes, remove it" not in page.buttons
    admin.browser.post(f"/coordination/territories/{city.quartier_id}/remove", data={"csrf_token": page_token(page)})
    assert names(city) == {"Centre"}


def page_token(page: Page) -> str:
    return page.forms[0].values["csrf_token"][0]


def test_the_look_says_where_each_outline_lies_and_what_is_odd_about_it(city: City, admin: Visitor) -> None:
    admin.submit(send(city, admin, file(Haut=(0, 9000))), "Store it")
    haut = next(row.id for row in city.all(Territory) if row.name == "Haut")
    data = json.loads(file(Dedans=(1000, 2000), Moitie=(-1000, 1000), Dehors=(-3000, -2000)))
    data["features"].append({
        "type": "Feature", "properties": {"nom": "Paris"}, "geometry": json.loads(to_geojson(box(2.3, 48.8, 2.4, 48.9))),
    })  # fmt: skip
    page = send(city, admin, json.dumps(data).encode())
    assert "Lies in" in page.text and "far from all other areas" in page.text.split("Paris")[-1]
    assert "nothing larger" in page.text.split("Paris")[-1]
    city.clock.advance(seconds=1)
    form = admin.get(IMPORT)
    chosen = admin.submit(form, "Look at it", 200, file=(io.BytesIO(json.dumps(data).encode()), "q.geojson"), parent=str(haut)).text
    rows = {name: chosen.split(name)[-1].split("new", 1)[1][:60] for name in ("Dedans", "Moitie", "Dehors")}
    assert "Haut" in rows["Dedans"] and "but" not in rows["Dedans"].split("Moitie")[0]
    assert "but only 50 % of it" in rows["Moitie"] and "but outside of it" in rows["Dehors"]
