"""A call that is about a match alone, or about a person alone, is seen where that person's post lies, and nowhere else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import migrate
from app.models import Match, Person, Task
from app.services.moves import lock_match
from app.services.telling import about_words, say_instead, tell
from notifications.messages import Message, VisitsOff, VolunteerApproved
from notifications.outbox import Undelivered
from notifications.tables import outbox
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def bring_to_call(city: City, person_id: int, message: Message, match: Match | None = None) -> int:
    """Tell somebody who is called; the number of the task."""
    with city.ctx.db.write() as session:
        person = session.get_one(Person, person_id)
        person.contact = "phone"
        about = {"match": lock_match(session, match.id)} if match else {}
        tell(session, city.ctx, person, message, city.clock(), **about)
    return max(task.id for task in city.tasks())


def undelivered(city: City, match: Match, person_id: int) -> int:
    """Have an agent say what was written to somebody, about a match alone, and did not arrive."""
    with city.ctx.db.write() as session:
        payload = session.scalar(select(outbox.c.payload).where(outbox.c.kind == "proposal_to_volunteer"))
        row = Undelivered(7, "proposal_to_volunteer", payload, about_words(person_id, match_id=match.id), "gone")
        say_instead(session, city.ctx, row, city.clock())
    return max(task.id for task in city.tasks())


@pytest.fixture
def tasks(city: City) -> dict[int, str]:
    """Tasks by number, and where each lies."""
    quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    match, need, offer = proposed(city)
    off = VisitsOff("Ana", "shopping", city.clock() + timedelta(days=1), None)
    return {
        undelivered(city, match, offer.person_id): "South",
        bring_to_call(city, need.person_id, off, match): "North",
        bring_to_call(city, offer.person_id, off, match): "South",
        bring_to_call(city, offer.person_id, VolunteerApproved("Ana", "https://example.org")): "South",
    }


def test_a_task_is_seen_where_the_post_of_whom_it_is_about_lies(city: City, sign_in: SignIn, tasks: dict[int, str]) -> None:
    assert len(tasks) == 4
    for name, territory_id in {row.name: row.id for row in city.raw("SELECT id, name FROM territory")}.items():
        visitor = sign_in(territory_id=territory_id)
        seen = {address for address, _ in visitor.get("/coordination/").links}
        for task_id, where in tasks.items():
            address = f"/coordination/tasks/{task_id}"
            assert (address in seen) == (where == name)
            visitor.get(address, 200 if where == name else 404)


def test_tasks_of_before_are_found_where_they_belong(city: City, tasks: dict[int, str]) -> None:
    url = city.ctx.db.engine.url.render_as_string(hide_password=False)
    lie = {task.id: (task.need_id, task.offer_id, task.territory_id) for task in city.tasks()}
    migrate.downgrade(url, "0027")
    with city.ctx.db.write() as session:
        session.execute(update(Task).where(Task.id.in_(tasks)).values(need_id=None, offer_id=None, territory_id=None))
    migrate.upgrade(url)
    assert {task.id: (task.need_id, task.offer_id) for task in city.tasks()} == {id: place[:2] for id, place in lie.items()}
    alone = {task.id: task.territory_id for task in city.tasks() if not task.match_id}
    assert alone == {id: place[2] for id, place in lie.items() if id in alone} and None not in alone.values()
