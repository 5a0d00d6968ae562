"""Who does a task, and agents who see each other on it."""

from collections.abc import Callable

from app.models import Person, Role, Task
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import csrf
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def two(sign_in: SignIn) -> tuple[Visitor, Visitor]:
    return sign_in(), sign_in(role=Role.ADMINISTRATOR)


def test_a_task_is_taken_given_and_given_back(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    ana, boss = two(sign_in)
    page = ana.submit(ana.get("/coordination/"), "I take it")
    assert "The task is yours." in page.text and "You" in page.text
    assert "1 task" in ana.get("/coordination/?whose=mine").text
    assert "Nothing fits" in ana.get("/coordination/?whose=free").text
    assert "Ana Costa" in boss.get("/coordination/").text
    assert "Nothing fits" in boss.get("/coordination/?whose=mine").text
    page = boss.get(f"/coordination/tasks/{task.id}")
    assert "Ana Costa does this" in page.text
    page = boss.submit(page, "I take it")
    assert page.path == f"/coordination/tasks/{task.id}" and "You do this" in page.text
    page = boss.submit(page, "Give", agent=str(ana_id(city)))
    assert "The task is given to your colleague." in page.text
    page = boss.submit(page, "Nobody in particular")
    assert "Nobody in particular does this yet" in page.text
    assert city.events().count("task_assigned") == 3 and "task_let_go" in city.events()


def test_a_task_that_a_colleague_has_taken_meanwhile_stays_theirs(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    ana, boss = two(sign_in)
    before = boss.get(f"/coordination/tasks/{task.id}")
    ana.submit(ana.get("/coordination/"), "I take it")
    page = boss.submit(before, "I take it")
    assert "Somebody has taken this task meanwhile" in page.text and "Ana Costa does this" in page.text
    assert city.one(Task, task.id).assigned_to_id == ana_id(city)


def ana_id(city: City) -> int:
    return city.all(Person, role=Role.COORDINATOR)[0].id


def test_a_task_is_given_only_to_whoever_may_see_it(city: City, sign_in: SignIn) -> None:
    here, there = quartier(city, "Here", -9000, 0), quartier(city, "There", 0, 9000)
    city.need(contact="phone", confirmed=False, north_m=500)
    [task] = city.tasks()
    visitor, elsewhere = sign_in(territory_id=there), sign_in(territory_id=here)
    elsewhere.get(f"/coordination/tasks/{task.id}", 404)
    token = csrf(visitor.get("/coordination/"))
    for agent in (ana_id(city) + 1, 999, city.all(Task)[0].person_id):
        page = visitor.post(f"/coordination/tasks/{task.id}/assign", csrf_token=token, agent=agent)
        assert "is not for this colleague" in page.text
    assert city.one(Task, task.id).assigned_to_id is None


def test_two_agents_on_one_task_see_each_other(city: City, sign_in: SignIn) -> None:
    city.need(contact="phone", confirmed=False)
    [task] = city.tasks()
    ana, boss = two(sign_in)
    assert "has had this task open" not in ana.get(f"/coordination/tasks/{task.id}").text
    assert "has had this task open" not in ana.get(f"/coordination/tasks/{task.id}").text, "nobody meets themselves"
    assert "Ana Costa has had this task open since today" in boss.get(f"/coordination/tasks/{task.id}").text
    assert "Ana Costa has it open" in boss.get("/coordination/").text
    city.clock.advance(minutes=3)
    assert "has had this task open" not in ana.get(f"/coordination/tasks/{task.id}").text
