"""What happened, where it is long: as much as one reads at a time, and all of it by going back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.models import Match, Need
from app.services import history
from app.services.events import SYSTEM, record
from matching.lifecycle import MatchState
from tests.city import City
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
MINUTE = timedelta(minutes=1)
DAYS = 2 * history.SHOWN + 20


def numbers(page: Page) -> list[str]:
    """Which of the events of :func:`busy` a page tells."""
    return re.findall(r"Match no\. (\d+)", page.html)


def test_all_that_happened_is_read_page_by_page_and_each_once(city: City, sign_in: SignIn) -> None:
    need_id, start = city.need(), city.ctx.now()
    with city.ctx.db.write() as session:
        for i in range(DAYS):
            record(session, "still_needed", start + i * MINUTE, SYSTEM, need_id=need_id)
    visitor, told = sign_in(), list[str]()
    page, pages = visitor.get(f"/coordination/needs/{need_id}"), 1
    while True:
        here = [moment for moment in re.findall(r'<time datetime="([^"]+)"', page.html) if moment not in told]
        assert len(re.findall(r"<time datetime=", page.html)) <= history.SHOWN
        told += here
        if "Show what was earlier" not in page.text:
            break
        page, pages = visitor.get(page.link("Show what was earlier")), pages + 1
    assert {moment for moment in told if moment >= start.isoformat()} >= {(start + i * MINUTE).isoformat() for i in range(DAYS)}
    assert pages == 3
    assert "Show what was earlier" in visitor.get(page.link("Back to the latest")).text


def test_matches_of_the_past_are_read_in_the_same_way(city: City, sign_in: SignIn) -> None:
    need_id, offer_id, start = city.need(), city.volunteer(), city.ctx.now()
    with city.ctx.db.write() as session:
        for i in range(history.SHOWN + 5):
            at = start + i * MINUTE
            session.add(
                Match(
                    need_id=need_id, offer_id=offer_id, state=MatchState.DECLINED, mode="in_person", distance_m=100, proposed_at=at,
                    deadline_at=at, closed_at=at, reason="volunteer",
                )
            )
    visitor = sign_in()
    for path in (f"needs/{need_id}", f"offers/{offer_id}"):
        page = visitor.get(f"/coordination/{path}")
        assert len(numbers(page)) == history.SHOWN
        earlier = visitor.get(page.link("Show what was earlier"))
        assert len({*numbers(page), *numbers(earlier)}) == history.SHOWN + 5 and len(numbers(earlier)) == 5


NO_MOMENTS = ["", "never", "2026-01-01", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:00", "\0", "2026-13-01T00:00Z"]


@pytest.mark.parametrize("before", NO_MOMENTS)
def test_what_is_no_moment_asks_for_what_happened_up_to_now(city: City, sign_in: SignIn, before: str) -> None:
    need_id, visitor = city.need(), sign_in()
    for thing in (f"needs/{need_id}", f"people/{city.one(Need, need_id).person_id}"):
        response = visitor.browser.get(f"/coordination/{thing}", query_string={"before": before})
        assert response.status_code == 200 and "Request posted" in response.text
