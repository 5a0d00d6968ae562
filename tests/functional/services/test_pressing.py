"""What turns pressing by time alone."""

from datetime import timedelta

import pytest

from app.models import Channel, Match, Need
from app.services import matches, posting
from app.services.events import Actor
from app.services.pressing import press_due
from app.services.tasks import close_task
from matching.lifecycle import NeedState
from tests.city import City
from tests.functional.doors.conftest import proposed


def test_a_resident_who_lets_a_volunteer_wait_is_to_be_called(city: City) -> None:
    match, _, _ = proposed(city)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    deadline = city.one(Match, match.id).deadline_at
    assert press_due(city.ctx) == 0
    city.clock.moment = deadline - timedelta(hours=4)
    assert (press_due(city.ctx), press_due(city.ctx)) == (1, 0)
    [task] = city.tasks("late")
    assert (task.due_at, task.match_id) == (deadline, match.id)
    assert "veut bien vous aider" in task.words and "http" not in task.words
    matches.resident_answers(city.ctx, match.id, True, Actor(channel=Channel.LINK))
    assert press_due(city.ctx) == 1
    assert city.tasks("late") == []
    assert "task_overtaken" in city.events()


def test_whoever_is_to_be_called_anyway_is_no_second_task(city: City) -> None:
    match, _, _ = proposed(city, contact="phone")
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    city.clock.moment = city.one(Match, match.id).deadline_at - timedelta(hours=1)
    assert press_due(city.ctx) == 0


@pytest.mark.parametrize(("reason", "within"), [("urgent", 6), ("wanted", 24)])
def test_a_request_near_its_time_that_nobody_has_agreed_to(city: City, reason: str, within: int) -> None:
    city.volunteer()
    need_id = city.need(urgency="urgent" if reason == "urgent" else "normal")
    near = city.clock() + timedelta(hours=24 if reason == "urgent" else 72)
    if reason == "wanted":
        with city.ctx.db.write() as session:
            session.get_one(Need, need_id).wanted_at = near
    assert city.match() == 1
    city.clock.moment = near - timedelta(hours=within, minutes=1)
    assert press_due(city.ctx) == 0
    city.clock.advance(minutes=2)
    assert (press_due(city.ctx), press_due(city.ctx)) == (1, 0)
    [task] = city.tasks("soon")
    assert (task.reason, task.due_at) == (reason, near)
    posting.move_need(city.ctx, need_id, NeedState.WITHDRAWN, Actor())
    press_due(city.ctx)
    assert city.tasks("soon") == []


def test_what_was_ticked_off_does_not_come_back_for_the_same_time(city: City) -> None:
    city.volunteer()
    city.need(urgency="urgent")
    city.match()
    city.clock.advance(hours=19)
    assert press_due(city.ctx) == 1
    [task] = city.tasks("soon")
    close_task(city.ctx, task.id, Actor())
    assert press_due(city.ctx) == 0


def test_a_request_that_nobody_can_serve_has_one_task(city: City) -> None:
    city.need(urgency="urgent")
    city.match()
    city.clock.advance(hours=19)
    assert press_due(city.ctx) == 0
    assert [task.kind for task in city.tasks()] == ["nobody"]
