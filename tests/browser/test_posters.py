"""Posters and leaflets as they are printed: one sheet of A4 with nothing cut off, whose QR code a phone reads; and on the screen."""

from collections.abc import Callable

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from app.models import Territory
from tests.browser.checks import check
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.cities import LONG_NAME

MM = 72 / 25.4
UPRIGHT, LYING = (210, 297), (297, 210)
DOTS_A_POINT = 150 / 72


def quartier(site: Site, name: str = "") -> tuple[int, str]:
    """A quartier of the demonstration, called ``name`` from now on."""
    with site.ctx.db.write() as session:
        row = session.scalars(select(Territory).order_by(Territory.id.desc()).limit(1)).one()
        row.name, row.changed_at = name or row.name, site.ctx.now()
        return row.id, row.name


def printed(visitor: Visitor) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(visitor.page.pdf(prefer_css_page_size=True, print_background=True))


def codes(page: pypdfium2.PdfPage) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(page.render(scale=DOTS_A_POINT).to_numpy(), formats=zxingcpp.BarcodeFormat.QRCode))


def width_mm(code: zxingcpp.Barcode) -> float:
    return (code.position.top_right.x - code.position.top_left.x) / DOTS_A_POINT / MM


@pytest.mark.parametrize("language", ["fr", "en", "fr-en"])
@pytest.mark.parametrize(("sheet", "size", "path", "number"), [("hall", UPRIGHT, "q", 1), ("leaflet", LYING, "b", 2)])
@pytest.mark.parametrize("name", ["", LONG_NAME])
def test_a_sheet_is_one_page_of_a4_that_a_phone_can_read(
    site: Site, visit: Callable[..., Visitor], sheet: str, size: tuple[int, int], path: str, number: int, language: str, name: str
) -> None:
    quartier_id, name = quartier(site, name)
    visitor = visit(language="en", role="coordinator")
    visitor.open(f"/coordination/posters/print?sheet={sheet}&quartier={quartier_id}&language={language}")
    pages = printed(visitor)
    assert len(pages) == 1
    assert pages[0].get_size() == pytest.approx([length * MM for length in size], abs=1)
    found = codes(pages[0])
    assert {code.text for code in found} == {f"{site.url}/{path}/{quartier_id}"} and len(found) == number
    assert {code.ec_level for code in found} == {"M"} and min(map(width_mm, found)) >= 30
    words = "".join(pages[0].get_textpage().get_text_bounded().replace("\x02", "-").split())  # how a hyphen at a line's end is read
    for expected in (site.ctx.settings.city_phone, name, f"{site.url.removeprefix('http://')}/{path}/{quartier_id}"):
        assert words.count("".join(expected.split())) == number
    assert "Toprint" not in words
    assert nothing_is_cut_off(visitor)


def nothing_is_cut_off(visitor: Visitor) -> bool:
    """Whether all that is on the sheet ends above its lower edge, with the margin that printers need."""
    page = visitor.page
    page.emulate_media(media="print")
    last = "Math.max(...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().bottom))"
    edge = "document.querySelector('main').getBoundingClientRect().bottom"
    right = "Math.max(...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))"
    width = "document.querySelector('main').getBoundingClientRect().right"
    fits = page.evaluate(f"{last} <= {edge} + 1 && {right} <= {width} + 1")
    page.emulate_media(media="screen")
    return bool(fits)


def test_a_sheet_for_the_whole_city_has_the_shortest_address(site: Site, visit: Callable[..., Visitor]) -> None:
    visitor = visit(language="fr", role="coordinator")
    visitor.open("/coordination/posters")
    assert visitor.change_by(visitor.page.get_by_role("button", name="prêt à imprimer").click) == 200
    assert [code.text for code in codes(printed(visitor)[0])] == [f"{site.url}/q"]


def test_the_form_that_a_poster_leads_to_has_the_quartier_filled_in(site: Site, visit: Callable[..., Visitor]) -> None:
    quartier_id, _name = quartier(site)
    visitor = visit(language="en")
    visitor.open(f"/q/{quartier_id}")
    page = visitor.page
    page.get_by_role("link", name="Begin").click()
    page.get_by_text("Pets", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Quartier").wait_for()
    assert page.get_by_label("Quartier").input_value() == str(quartier_id)
    assert check(visitor)[0] == []
