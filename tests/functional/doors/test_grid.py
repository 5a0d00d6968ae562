"""Who may open what: every role at every page of the coordinators' door, for what lies here, elsewhere and across a border.

The pages come from the route table. A page of a thing has its answer by the name of its argument (:data:`THINGS`): a new argument fails
until somebody says here where such a thing lies. Whatever a page without a thing shows (lists, map, files, what a search finds) holds no
number of a thing out of sight: the numbers are long enough to be found in any format.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from app.models import Flag, Incident, Match, Need, Offer, Person, Role, Task, Visit
from app.permissions import GRANTS, LINK, PUBLIC, SIGNED_IN, Permission, declared
from app.services import accounts, leads, matches, reports
from app.services.events import Actor
from matching.lifecycle import Side
from notifications.tables import outbox
from tests.city import City
from tests.functional.doors.conftest import PASSWORD, quartier
from tests.pages import Visitor

SOUTH, NORTH = "south", "north"
BOTH, SOUTHERN = frozenset((SOUTH, NORTH)), frozenset((SOUTH,))
LEAD = "coordinator of the south"
"""Is in charge of safety there besides. Nobody else reads what was reported, whatever they oversee."""
FIRST = {"need": 7_100_000, "offer": 7_200_000, "match": 7_300_000, "agent_task": 7_400_000, "person": 7_500_000, "visit": 7_600_000,
         "notification_outbox": 7_700_000, "incident": 7_800_000, "flag": 7_900_000}  # fmt: skip
NUMBER = re.compile(r"(?<![0-9])7[1-9][0-9]{5}(?![0-9])")
OVERSEES = {
    "coordinator of the south": SOUTHERN, "coordinator of the north": frozenset((NORTH,)), "coordinator of both": BOTH,
    "coordinator of nothing": frozenset[str](), "coordinator of the city": BOTH, "administrator": BOTH, "caller of the south": SOUTHERN,
    "moderator of the south": SOUTHERN, "moderator of the city": BOTH, "data protection officer": frozenset[str](),
}  # fmt: skip
"""What each role that comes in sees. Nobody and a volunteer do not come in."""
WORKS = {"coordinator": Role.COORDINATOR, "administrator": Role.ADMINISTRATOR, "caller": Role.CALLER, "moderator": Role.MODERATOR,
         "data": Role.DATA_PROTECTION}  # fmt: skip
"""The role by the first word of its name."""
THINGS: dict[str, Callable[["Case"], dict[int, frozenset[str]]]] = {
    "need_id": lambda case: {case.need: frozenset((case.lives,))},
    "offer_id": lambda case: {case.offer: frozenset((case.helps,))},
    "match_id": lambda case: {case.match: frozenset((case.lives, case.helps))},
    "task_id": lambda case: {case.task: frozenset((case.lives,))},
    "person_id": lambda case: {case.resident: frozenset((case.lives,)), case.volunteer: frozenset((case.helps,))},
    "territory_id": lambda case: {case.territory: BOTH},
    "incident_id": lambda case: {case.incident: frozenset((case.lives,))},
    "flag_id": lambda case: {case.flag: frozenset((case.lives,))},
    "agent_id": lambda case: {case.agent: BOTH},
    "message_id": lambda case: dict.fromkeys(case.messages, frozenset((case.helps,))),
}
"""For each argument: the things of a case, and from where each is seen. Of a pair across a border the match alone is seen from both."""
OTHERS: dict[str, Callable[["Case"], Any]] = {
    "visit_id": lambda case: case.visit,
    "referent_id": lambda _case: 1,
    "named_id": lambda _case: 1,
    "merge_id": lambda _case: 1,
    "key": lambda _case: "shopping-name",
    "wording_language": lambda _case: "fr",
}
"""Arguments that say more about a thing."""


OF_ALL = (PUBLIC, LINK, SIGNED_IN, Permission.DEMO)


def role_of(name: str) -> Role:
    return WORKS[name.partition(" ")[0]]


@dataclass(frozen=True)
class Case:
    """A request from ``lives`` that a volunteer from ``helps`` takes on."""

    lives: str
    helps: str
    need: int
    offer: int
    match: int
    task: int
    visit: int
    resident: int
    volunteer: int
    messages: tuple[int, ...]
    incident: int
    flag: int
    agent: int
    territory: int


@dataclass(frozen=True)
class Grid:
    app: Flask
    cases: list[Case]
    visitors: dict[str, Visitor]
    territories: dict[str, int]

    def rules(self) -> Iterator[Rule]:
        return (rule for rule in self.app.url_map.iter_rules() if rule.endpoint.startswith("coordination."))

    def things(self, rule: Rule) -> list[tuple[str, frozenset[str]]]:
        """The addresses of a page of a thing, and from where each is seen."""
        found = []
        for case in self.cases:
            if "other_id" in rule.arguments and case.lives != case.helps:
                continue
            if "other_id" in rule.arguments:  # two people: both have to be in sight
                built = rule.build({"person_id": case.resident, "other_id": case.volunteer})
                assert built
                found.append((built[1], frozenset((case.lives,))))
                continue
            more = {name: self._other(rule, name, case) for name in rule.arguments - THINGS.keys()}
            for name in rule.arguments & THINGS.keys():
                for thing, seen in THINGS[name](case).items():
                    built = rule.build({**more, name: thing})
                    assert built
                    found.append((built[1], seen))
        return found

    def bare(self, rule: Rule) -> str:
        """The address of a page without a thing."""
        built = rule.build({name: self._other(rule, name, self.cases[0]) for name in rule.arguments})
        assert built
        return built[1]

    def out_of_sight(self, role: str) -> set[int]:
        things = [found for case in self.cases for name, way in THINGS.items() if name != "territory_id" for found in way(case).items()]
        return {thing for thing, seen in things if not seen & OVERSEES[role]}

    def lets_in(self, rule: Rule, role: str) -> bool:
        permission = declared(self.app, rule.endpoint)
        if permission is Permission.LEAD:
            return role == LEAD
        assert permission not in (None, *OF_ALL), f"{rule.endpoint} is not for agents only"
        return role in OVERSEES and permission in GRANTS[role_of(role)]

    def sees(self, rule: Rule, role: str, seen: frozenset[str]) -> bool:
        """Whether a thing that is seen from there is in sight. The tasks of these cases are calls, which a moderator has nothing to do
        with."""
        of_task = "task_id" in rule.arguments and role_of(role) is Role.MODERATOR
        return rule.arguments.isdisjoint(THINGS) or "agent_id" in rule.arguments or (bool(seen & OVERSEES[role]) and not of_task)

    @staticmethod
    def _other(rule: Rule, name: str, case: Case) -> Any:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            return sorted(converter.items)[0]
        assert name in OTHERS, f"say in THINGS from where a {name} is seen, or in OTHERS what it is: {rule.endpoint} has one in its address"
        return OTHERS[name](case)


@pytest.fixture
def grid(app: Flask, city: City, sign_in: Callable[..., Visitor]) -> Grid:
    _number(city)
    south, north = quartier(city, SOUTH, -9000, 200), quartier(city, NORTH, 200, 9000)
    # Pets, shopping and paperwork keep the three pairs apart.
    agent = accounts.add_user(city.ctx, name="B C", email="b@example.org", role=Role.COORDINATOR, password=PASSWORD, territories=[SOUTH])
    cases = [
        _case(city, agent, *where) for where in ((SOUTH, -2000, SOUTH, -2200, "pets"), (NORTH, 2000, NORTH, 2200, "shopping"),
                                          (NORTH, 300, SOUTH, 0, "paperwork"))
    ]  # fmt: skip
    visitors = {
        "nobody": Visitor(app), "volunteer": sign_in(offer_id=cases[0].offer), "administrator": sign_in(role=Role.ADMINISTRATOR),
        "coordinator of the south": sign_in(territory_id=south), "coordinator of the north": sign_in(territory_id=north),
        "coordinator of both": sign_in(territory_id=(south, north)), "coordinator of nothing": sign_in(territory_id=()),
        "coordinator of the city": sign_in(), "caller of the south": sign_in(role=Role.CALLER, territory_id=south),
        "moderator of the south": sign_in(role=Role.MODERATOR, territory_id=south), "moderator of the city": sign_in(role=Role.MODERATOR),
        "data protection officer": sign_in(role=Role.DATA_PROTECTION, territory_id=(south, north)),
    }  # fmt: skip
    [lead] = [person for person in city.all(Person) if person.email and f"-of-{south}-coordinator" in person.email]
    leads.add(city.ctx, lead.id, south, Actor())
    return Grid(app, cases, visitors, {SOUTH: south, NORTH: north})


def _number(city: City) -> None:
    with city.ctx.db.write() as session:
        for table, first in FIRST.items():
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first})"))
            else:
                session.execute(text(f"DELETE FROM sqlite_sequence WHERE name = '{table}'"))
                session.execute(text(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {first})"))


def _case(city: City, agent: int, lives: str, north_m: float, helps: str, volunteer_north_m: float, category: str) -> Case:
    offer_id = city.volunteer(north_m=volunteer_north_m, categories=(category,))
    need_id = city.need(north_m=north_m, category=category, contact="phone", details="third floor")
    assert city.match() == 1
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    matches.resident_answers(city.ctx, match.id, True, Actor())
    need, offer = city.one(Need, need_id), city.one(Offer, offer_id)
    [visit] = city.all(Visit, match_id=match.id)
    task = city.all(Task, need_id=need_id)[0]
    with city.ctx.db.read() as session:
        messages = session.scalars(select(outbox.c.id).where(outbox.c.reader_id == offer.person_id)).all()
    assert messages and task.person_id == need.person_id
    reports.report(city.ctx, Side.VOLUNTEER, need_id, match.id, "unsafe", "afraid", Actor(offer.person_id))
    with city.ctx.db.write() as session:
        flag = Flag(kind="declined", person_id=need.person_id, number=8, days=90, raised_at=city.clock(), territory_id=need.territory_id)
        session.add(flag)
        session.flush()
    incident = max(each.id for each in city.all(Incident))
    ids = need_id, offer_id, match.id, task.id, visit.id, need.person_id, offer.person_id
    return Case(lives, helps, *ids, tuple(messages), incident, flag.id, agent, city.quartier_id)


def _token(visitor: Visitor) -> str:
    return str(next(form for form in visitor.get("/sign-in").forms if form.method == "post").values["csrf_token"][0])


def _stored(city: City) -> list[Any]:
    return [city.raw(f"SELECT * FROM {table} ORDER BY id") for table in (*FIRST, "event")]


def test_every_role_gets_its_answer_from_every_page(city: City, grid: Grid) -> None:
    tokens = {role: _token(visitor) for role, visitor in grid.visitors.items()}
    tried = 0
    said: list[str] = []
    before = _stored(city)
    writes: list[Callable[[], None]] = []
    for rule in grid.rules():
        addresses = grid.things(rule) or [(grid.bare(rule), BOTH)]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for role, visitor in grid.visitors.items():
                for path, seen in addresses if role in OVERSEES else addresses[:1]:
                    tried += 1
                    may = grid.lets_in(rule, role) and grid.sees(rule, role, seen)

                    def ask(path: str = path, method: str = method, role: str = role, may: bool = may, visitor: Visitor = visitor) -> None:
                        data = {"csrf_token": tokens[role]} if method == "POST" else None
                        status = visitor.browser.open(path, method=method, data=data).status_code
                        refused = {"nobody": (303,), "volunteer": (403,)}.get(role, (403, 404))
                        # A button without what it says may find nothing to do: that is 404 too.
                        fails = (403,) if method == "POST" else (403, 404)
                        if (status in fails or status >= 500) if may else status not in refused:
                            said.append(f"{role}, {method} {path}: {status}, {'may' if may else 'may not'}")

                    # What changes something for good comes last.
                    # What is read there is written down.
                    reads = rule.endpoint == "coordination.incident" or rule.endpoint.startswith("coordination.visits_")
                    writes.append(ask) if may and (method == "POST" or reads) else ask()
    assert said == []
    assert tried > 700
    assert _stored(city) == before, "whoever is refused has changed nothing, and a look that was refused is no look"
    for ask in writes:
        ask()
    assert said == []


def test_no_list_file_or_search_holds_a_thing_out_of_sight(grid: Grid) -> None:
    shown: dict[str, set[int]] = {role: set() for role in OVERSEES}
    for role in OVERSEES:
        hidden = grid.out_of_sight(role)
        for rule in grid.rules():
            if rule.arguments & THINGS.keys() or "GET" not in (rule.methods or ()) or not grid.lets_in(rule, role):
                continue
            foreign = grid.territories[NORTH if role == "coordinator of the south" else SOUTH]
            for query in ("", f"?territory={foreign}", "?q=Martin", "?state=closed"):
                body = grid.visitors[role].browser.get(grid.bare(rule) + query, follow_redirects=True).text
                found = {int(number) for number in NUMBER.findall(body)}
                assert not found & hidden, f"{role} is shown a thing out of sight on {grid.bare(rule)}{query}"
                shown[role] |= found
    for role, sees in OVERSEES.items():
        own = {case.match for case in grid.cases if {case.lives, case.helps} & sees}
        assert own <= shown[role], f"{role} finds what is theirs"
    assert shown["coordinator of nothing"] == set()


def test_a_number_that_is_typed_leads_only_to_what_is_in_sight(grid: Grid) -> None:
    south, _north, across = grid.cases
    visitor = grid.visitors["coordinator of the north"]
    typed = {("needs", south.need): 200, ("offers", south.offer): 200, ("offers", across.offer): 200, ("matches", south.match): 200,
             ("needs", across.need): 303, ("matches", across.match): 303}  # fmt: skip
    answers = {key: visitor.browser.get(f"/coordination/{key[0]}?number={key[1]}").status_code for key in typed}
    assert answers == typed


def test_the_numbers_are_those_of_the_things(city: City, grid: Grid) -> None:
    """Were they small, they would be found nowhere, or everywhere."""
    for kind in (Need, Offer, Match, Task, Person):
        assert all(thing.id > FIRST["need"] for thing in city.all(kind))
