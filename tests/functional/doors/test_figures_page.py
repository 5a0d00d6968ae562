"""The coordinators' figures: any period in the address, tables as files, one sheet for the council."""

import csv
import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from app.coordination.figures import TABLES
from app.models import Role
from app.services import matches
from app.services.events import Actor
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import SECRETS, counted
from tests.pages import Visitor

SignIn = Callable[..., Visitor]
PAGE = "/coordination/figures"


def agreed(city: City) -> None:
    match, _, _ = proposed(city)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    matches.resident_answers(city.ctx, match.id, True, Actor())


def test_it_opens_with_the_last_thirty_days_beside_the_thirty_before(city: City, sign_in: SignIn) -> None:
    quartier(city, "Bellecour", -9000, 9000)
    for _ in range(6):
        agreed(city)
    city.clock.advance(days=2)
    page = sign_in().get(PAGE)
    assert "27 October 2026 to 25 November 2026. Before: 27 September 2026 to 26 October 2026." in page.text
    assert "100% served within a day: 6 of 6. Before: –." in page.text
    assert "6 requests. Before: 0." in page.text
    assert "Served least within a day: Bellecour, 6 of 6 requests." in page.text
    assert "1 time" in page.text and "1 times" not in page.text
    assert not [secret for secret in SECRETS if secret in page.html]
    assert "looked_at" not in city.events()


def test_the_quartier_served_least_is_named_where_enough_people_ask(city: City, sign_in: SignIn) -> None:
    quartier(city, "South", -9000, -100)
    quartier(city, "North", -100, 9000)
    for _ in range(5):
        agreed(city)
        city.need(category="pets", north_m=200)
    city.need(category="pets", north_m=-2000)
    city.clock.advance(days=1)
    visitor = sign_in()
    assert "Served least within a day: North, 5 of 10 requests." in visitor.get(PAGE).text
    rows = csv.reader(visitor.browser.get(f"{PAGE}/quartiers.csv").text.splitlines())
    assert [row[:2] for row in rows][1:] == [["North", "10 *"], ["South", "1 *"]], "one gives the other away"


def test_any_period_and_place_stand_in_the_address(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 9000)
    city.need()
    visitor = sign_in()
    page = visitor.get(f"{PAGE}?from=2026-11-01&to=2026-11-22&territory={here}")
    assert "1 November 2026 to 22 November 2026, Here. Before: 10 October 2026 to 31 October 2026." in page.text
    assert "0 requests." in page.text
    assert page.form("Show").values["from"] == ["2026-11-01"]
    page = visitor.get(page.link("This month"))
    assert "1 * requests" in page.text and "territory=" in page.link("CSV Summary")
    assert "Fewer than five people stand behind this figure" in page.text


@pytest.mark.parametrize(
    "query", ["from=2026-11-30&to=2026-11-01", "from=soon", "to=2026-02-31&from=2026-02-01", "from=0001-01-01&to=9999-12-31"]
)
def test_days_that_are_no_period_get_a_sentence_and_the_last_thirty_days(city: City, sign_in: SignIn, query: str) -> None:
    visitor = sign_in()
    page = visitor.get(f"{PAGE}?{query}")
    assert "These two days are no period. Write each as 2026-11-30" in page.text
    assert "25 October 2026 to 23 November 2026" in page.text
    assert "no period" in visitor.get(f"{PAGE}/states.csv?{query}").text


@pytest.mark.parametrize("territory", ["999", "x", "99999999999999999999", "²"])
def test_a_place_that_is_not_known_is_none(city: City, sign_in: SignIn, territory: str) -> None:
    assert "no period" not in sign_in().get(f"{PAGE}?territory={territory}").text


def test_a_coordinator_sees_the_figures_of_their_territory_only(city: City, sign_in: SignIn) -> None:
    here, there = quartier(city, "Here", -9000, -1000), quartier(city, "There", -1000, 9000)
    for _ in range(6):
        agreed(city)
    visitor = sign_in(territory_id=here)
    for query in ("", f"?territory={there}"):
        for path in (PAGE, f"{PAGE}/report"):
            page = visitor.get(path + query)
            assert "0 requests." in page.text
            assert "There" not in page.text.split("Figures")[-1]
            assert ", Here. Before:" in page.text, "what it is about, though no place was picked"
    for name in TABLES:
        text = visitor.browser.get(f"{PAGE}/{name}.csv?territory={there}").text
        assert "There" not in text
        assert not [row for row in list(csv.reader(text.splitlines()))[1:] if set(row[1:]) - {"", "0"}]
    assert "6 requests." in sign_in(role=Role.ADMINISTRATOR).get(PAGE).text


def test_each_table_is_a_file_that_no_spreadsheet_runs(city: City, sign_in: SignIn) -> None:
    quartier(city, '=HYPERLINK("http://x")', -9000, 9000)
    accented = quartier(city, "Hôtel-Dieu, quai", -9000, 100)
    agreed(city)
    city.clock.advance(days=1)
    visitor = sign_in()
    page = visitor.get(f"{PAGE}?from=2026-11-01&to=2026-11-30")
    for name in TABLES:
        for form in ("csv", "xlsx", "open.csv"):
            assert f"{PAGE}/{name}.{form}?from=2026-11-01&to=2026-11-30" in [address for address, _ in page.links]
    text = visitor.browser.get(f"{PAGE}/quartiers.csv?from=2026-11-01&to=2026-11-30").data.decode("utf-8-sig")
    assert text.splitlines()[0] == "Quartier,Requests,Requests before,A day old,Served within a day,Share,Share before"
    assert text.splitlines()[1].startswith('"\'=HYPERLINK(""http://x"")",1 *,0,1 *,1 *,100')
    answer = visitor.browser.get(f"{PAGE}/states.xlsx?from=2026-11-01&to=2026-11-30&territory={accented}")
    assert "states-2026-11-01-2026-11-30-hotel-dieu-quai.xlsx" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None and [cell.value for cell in sheet[1]] == ["State", "Now", "Before"]
    visitor.get(f"{PAGE}/people.csv", 404)


def test_the_report_says_nothing_of_fewer_than_five_people(city: City, sign_in: SignIn) -> None:
    quartier(city, "Bellecour", -9000, 9000)
    for _ in range(4):
        agreed(city)
    visitor = sign_in()
    assert "4 * requests" in visitor.get(PAGE).text
    page = visitor.get(f"{PAGE}/report")
    assert page.h1 == "Neighbours helping neighbours: report for the council"
    assert "– requests. Before: 0." in page.text
    assert "*" not in page.text and "Served least" not in page.text


def test_no_file_for_everybody_says_anything_of_fewer_than_five_people(city: City, sign_in: SignIn) -> None:
    quartier(city, "Bellecour", -9000, 9000)
    for _ in range(4):
        agreed(city)
    city.clock.advance(days=1)
    visitor = sign_in()
    for table in TABLES:
        texts = [visitor.browser.get(f"{PAGE}/{table}.{form}").data.decode("utf-8-sig") for form in ("csv", "open.csv")]
        own, everybodys = (list(csv.reader(text.splitlines())) for text in texts)
        assert [row[0] for row in own] == [row[0] for row in everybodys]
        assert not [row for row in everybodys[1:] if set(row[1:]) - {"", "0"}], table


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/report", f"{PAGE}/balance.csv"])
def test_figures_cost_the_same_whatever_the_size_of_the_city(city: City, sign_in: SignIn, path: str) -> None:
    quartier(city, "Here", -9000, 9000)
    visitor = sign_in()
    with counted(city) as none:
        visitor.get(path) if "csv" not in path else visitor.browser.get(path)
    for _ in range(12):
        agreed(city)
    city.clock.advance(minutes=6)
    with counted(city) as many:
        visitor.browser.get(path)
    assert len(many) == len(none)
    each = "the person, the words, the places, the seven subjects, the tasks in the menu; of files, how many this agent has taken"
    assert len([one for one in many if not one.startswith(("BEGIN", "PRAGMA"))]) <= 11 + 3 * ("csv" in path), each
    with counted(city) as again:
        visitor.browser.get(path)
    assert len(again) < len(many), "what was counted a moment ago is shown again"
