"""The coordinators' list of what needs a person: ticking off, and reading it on a narrow page."""

import re
from collections.abc import Callable

import pytest

from app.models import Task
from app.services import duty, posting
from app.services.events import Actor
from matching.lifecycle import OfferState
from tests.city import City
from tests.functional.doors.conftest import proposed
from tests.functional.doors.test_coordination_pages import LISTS, csrf, events
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def test_a_task_is_ticked_off_once(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    visitor = sign_in()
    page = visitor.get("/coordination/")
    page_after = visitor.submit(page, "Tick off")
    assert "The task is ticked off." in page_after.text
    assert "Nothing waits for you." in page_after.text
    assert "Somebody had ticked this task off already." in visitor.submit(page, "Tick off").text
    assert events(city, "task_closed")[0].actor_id == city.all(Task)[0].closed_by_id
    assert "1 task ticked off" in visitor.get("/coordination/?state=closed").text


@pytest.mark.parametrize("kind", ["approve", "place"])
def test_a_task_that_ends_by_itself_is_not_ticked_off(city: City, sign_in: SignIn, kind: str) -> None:
    where = {"where": posting.Where("nowhere")} if kind == "place" else {}
    offer_id = city.volunteer(approved=kind == "place", **where)
    [task] = city.tasks(kind)
    visitor = sign_in()
    pages = [visitor.get(f"/coordination/{path}") for path in ("", f"tasks/{task.id}")]
    assert all("Tick off" not in page.text for page in pages)
    page = visitor.post(f"/coordination/tasks/{task.id}/close", csrf_token=csrf(pages[0]))
    assert "This task ends by itself once the volunteer is approved or the place is on the map." in page.text
    assert len(city.tasks(kind)) == 1

    duty.move_offer(city.ctx, offer_id, OfferState.WITHDRAWN, Actor())
    if city.tasks(kind):
        assert "The task is ticked off." in visitor.submit(visitor.get("/coordination/"), "Tick off").text


def test_each_cell_of_a_list_knows_the_name_of_its_column(city: City, sign_in: SignIn) -> None:
    proposed(city, contact="phone")
    city.volunteer(email=False)
    visitor = sign_in()
    for path in LISTS:
        html = visitor.get(f"/coordination/{path}").html
        heads = re.findall('<th scope="col">(.*?)</th>', html)
        assert html.count("<td") == html.count("<td data-label=") > 0
        assert re.findall('<td data-label="(.*?)">', html)[: len(heads)] == heads
