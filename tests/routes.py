"""How each page is reached. A route whose address has no arguments is reached by itself; the others by the values in :data:`WAYS`.

A new route with an argument that is not in the table fails a test, which says so.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from app import create_app
from app.context import Context
from app.crypto import Keyring
from app.db import Database
from app.identity import enter
from app.links import Links, Purpose
from app.models import Incident, Match, Need, Offer, Person, Role, Task, Territory, Visit
from app.permissions import GRANTS, Permission, declared
from app.services import sessions
from app.services.accounts import stamp_of
from app.services.sign_in_links import sign_in_stamp
from config.settings import load
from notifications.tables import wishes
from notifications.topics import Topic
from notifications.transport.file import list_mail
from tests.city import KEYS

ROLES = ("nobody", "volunteer", "coordinator", "administrator")
"""A resident is nobody with a link. The other agents have pages of these, with less on them (test_what_roles_are_shown)."""
SIDES = ("resident", "volunteer")


class Reach:
    """One city's pages: their addresses, and the people of each role."""

    def __init__(self, ctx: Context, web: Flask) -> None:
        self.ctx, self.web = ctx, web
        with ctx.db.read() as session:
            self.people = _people(session)

    def addresses(self, endpoint: str) -> list[str]:
        """Every address that shows this page in another state; none where the city has nothing to show on it."""
        return [address for rule in rules(self.web) if rule.endpoint == endpoint for address in self._of(rule)]

    def meant_for(self, endpoint: str, role: str) -> bool:
        """Whether this role is let in."""
        match declared(self.web, endpoint):
            case Permission.PUBLIC | Permission.LINK | Permission.DEMO:
                return True
            case Permission.SIGNED_IN:
                return role != "nobody"
            case Permission.LEAD:
                return role == "coordinator"  # Claire is the lead in each of tests' cities
            case None:
                raise AssertionError(f"{endpoint} does not say who may open it")
            case permission:
                return role in set(Role) and permission in GRANTS[role]

    def session_cookie(self, role: str) -> tuple[str, str]:
        """The cookie of a browser in which somebody of this role has signed in: its name and its value."""
        return session_cookie(self.ctx, self.web, self.people[role])

    def _of(self, rule: Rule) -> Iterator[str]:
        names = sorted(rule.arguments)
        with self.ctx.db.read() as session:
            choices = [list(self._values(rule, name, session)) for name in names]
        for values in product(*choices):
            built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
            assert built
            yield built[1] + QUERIES.get(rule.endpoint, "")

    def _values(self, rule: Rule, name: str, session: Session) -> Iterable[Any]:
        way = way_of(rule, name)
        if way is not None:
            return way(self, session)
        converter = rule._converters[name]
        assert isinstance(converter, AnyConverter)
        return sorted(converter.items)


def session_cookie(ctx: Context, web: Flask, person: Person) -> tuple[str, str]:
    """The cookie of a browser in which ``person`` has signed in, with both factors: its name and its value."""
    with web.test_request_context() as request:
        enter(person, sessions.begin(ctx, person, "", proven=True))
        answer = web.make_response("")
        web.session_interface.save_session(web, request.session, answer)
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    return name, value


Way = Callable[[Reach, Session], Iterable[Any]]


def rules(web: Flask) -> list[Rule]:
    """Every route that can be opened in a browser."""
    return [rule for rule in web.url_map.iter_rules() if "GET" in (rule.methods or ())]


def is_step(rule: Rule) -> bool:
    """Whether it is a page of a form of several pages, which is reached through the pages before it."""
    return rule.arguments == {"step"}


def endpoints(web: Flask) -> list[str]:
    """Every page but those."""
    return sorted({rule.endpoint for rule in rules(web) if not is_step(rule)})


def way_of(rule: Rule, name: str) -> Way | None:
    """Where the values of an argument come from: the page's own entry, its door's, or that of all doors."""
    door = rule.endpoint.partition(".")[0]
    return next((WAYS[key] for key in (f"{rule.endpoint} {name}", f"{door} {name}", name) if key in WAYS), None)


def lacking(web: Flask) -> list[str]:
    """The arguments of routes for which nobody has said how to reach them."""
    return [
        f"{rule.endpoint} {name}"
        for rule in rules(web)
        for name in sorted(rule.arguments)
        if not is_step(rule) and way_of(rule, name) is None and not isinstance(rule._converters[name], AnyConverter)
    ]


def _people(session: Session) -> dict[str, Person]:
    def first(role: Role) -> Person:
        # The demonstration's volunteer is the first with an account.
        return session.scalars(select(Person).where(Person.role == role, Person.account).order_by(Person.id).limit(1)).one()

    return {"volunteer" if role == Role.NONE else str(role): first(role) for role in Role}


def _one_of_each(kind: type[Any], by: Any, *where: Any) -> Way:
    """The first of each state."""
    return lambda _reach, session: session.scalars(select(func.min(kind.id)).where(*where).group_by(by).order_by(by))


def _own_matches(reach: Reach, session: Session) -> Iterable[int]:
    own = Offer.person_id == reach.people["volunteer"].id
    return session.scalars(select(func.min(Match.id)).join(Offer, Match.offer_id == Offer.id).where(own).group_by(Match.state))


def _own_offers(reach: Reach, session: Session) -> Iterable[int]:
    return session.scalars(select(Offer.id).where(Offer.person_id == reach.people["volunteer"].id))


def _tokens(purpose: Purpose, things: Way) -> Way:
    return lambda reach, session: [reach.ctx.links.token(purpose, thing) for thing in things(reach, session)]


def _account_tokens(purpose: Purpose) -> Way:
    """Links to accounts that have been confirmed and to some that have not."""

    def tokens(reach: Reach, session: Session) -> Iterable[str]:
        confirmed = Person.email_confirmed_at.is_not(None)
        ids = session.scalars(select(func.min(Person.id)).where(Person.account, Person.role == Role.NONE).group_by(confirmed)).all()
        return [reach.ctx.links.token(purpose, person_id, stamp_of(reach.ctx, session.get_one(Person, person_id))) for person_id in ids]

    return tokens


def _sign_in_tokens(reach: Reach, session: Session) -> Iterable[str]:
    return [reach.ctx.links.token(Purpose.SIGN_IN, (person := reach.people["volunteer"]).id, sign_in_stamp(session, reach.ctx, person))]


def _answer_tokens(yes: Purpose, no: Purpose) -> Way:
    """Both links of a match of each state. The one under the other's address is a link that is not right, which has its page too."""
    each = _one_of_each(Match, Match.state)
    return lambda reach, session: [*_tokens(yes, each)(reach, session), *_tokens(no, each)(reach, session)]


def _with_visits(_reach: Reach, session: Session) -> Iterable[int]:
    """A match of help that repeats, one of help given once, and one that has ended."""
    each = select(func.min(Match.id)).join(Match.need).where(Match.rhythm_at.is_not(None)).group_by(Need.repeats, Match.state == "agreed")
    return session.scalars(each.order_by(Need.repeats.desc()))


def _that_repeats(reach: Reach, session: Session) -> Iterable[int]:
    return list(_with_visits(reach, session))[:1]


def _visits(reach: Reach, session: Session) -> Iterable[int]:
    """Of the one that repeats, in each state."""
    own = Visit.match_id.in_(_that_repeats(reach, session))
    return session.scalars(select(func.min(Visit.id)).where(own).group_by(Visit.state))


def _visit_tokens(reach: Reach, session: Session) -> Iterable[str]:
    return [reach.ctx.links.token(Purpose.VISITS, match_id, side) for match_id in _with_visits(reach, session) for side in SIDES]


def _some_wishes(_reach: Reach, session: Session) -> Iterable[int]:
    """Those of a volunteer and of a resident."""
    people = (select(func.min(Person.id)).where(Person.account, Person.email_index.is_not(None)), select(func.max(Need.person_id)))
    index = select(Person.email_index).where(Person.id.in_([person.scalar_subquery() for person in people]))
    return session.scalars(select(wishes.c.id).where(wishes.c.recipient_index.in_(index)).order_by(wishes.c.id))


def _unsubscribe_tokens(reach: Reach, session: Session) -> Iterable[str]:
    """One for each kind of message that can be stopped, and one that is not right."""
    wishes_id = session.scalar(select(func.min(wishes.c.id)))
    return [reach.ctx.links.token(Purpose.UNSUBSCRIBE, wishes_id, topic) for topic in Topic if topic != Topic.MATCH] if wishes_id else []


def _letters(reach: Reach, _session: Session) -> Iterable[str]:
    return [mail.name for mail in list_mail(Path(reach.ctx.settings.instance) / "mail", 3)]


NEEDS, OFFERS = _one_of_each(Need, Need.state), _one_of_each(Offer, Offer.state)
WAYS: dict[str, Way] = {
    "need_id": NEEDS,
    "offer_id": OFFERS,
    "match_id": _one_of_each(Match, Match.state),
    "task_id": _one_of_each(Task, Task.kind),
    "person_id": _one_of_each(Person, Person.role),
    "territory_id": lambda _reach, session: session.scalars(select(func.min(Territory.id))),
    "agent_id": _one_of_each(Person, Person.role, Person.role != Role.NONE),
    "other_id": _one_of_each(Person, Person.role),
    "my_page match_id": _own_matches,
    "my_page offer_id": _own_offers,
    "resident token": _tokens(Purpose.MY_REQUEST, NEEDS),
    "resident.confirm token": _tokens(Purpose.CONFIRM_NEED, NEEDS),
    "resident.agree token": _answer_tokens(Purpose.RESIDENT_YES, Purpose.RESIDENT_NO),
    "answers.still_helping token": _tokens(Purpose.STILL_HELPING, _own_offers),
    "answers token": _answer_tokens(Purpose.VOLUNTEER_YES, Purpose.VOLUNTEER_NO),
    "reporting token": lambda reach, session: [
        reach.ctx.links.token(Purpose.REPORT, match_id, side)
        for match_id in _one_of_each(Match, Match.state)(reach, session)
        for side in SIDES
    ],
    "incident_id": _one_of_each(Incident, Incident.state),
    "visits token": _visit_tokens,
    "visit_id": _visits,
    "coordination.visits_show match_id": _with_visits,
    **{f"coordination.visits_{page} match_id": _that_repeats for page in ("move", "say", "away")},
    "account.confirm token": _account_tokens(Purpose.CONFIRM_ACCOUNT),
    "account.by_link token": _sign_in_tokens,
    "account.welcome token": _account_tokens(Purpose.WELCOME),
    "account.reset token": _account_tokens(Purpose.RESET_PASSWORD),
    "messages.show token": _tokens(Purpose.WISHES, _some_wishes),
    "messages.unsubscribe token": _unsubscribe_tokens,
    "mailbox name": _letters,
    "coordination key": lambda _reach, _session: ["shopping-name", "tell-phone"],
    "coordination wording_language": lambda _reach, _session: ["fr", "en"],
    "short number": lambda _reach, session: [session.scalar(select(func.max(Territory.id))) or 0, "none"],
    "static filename": lambda _reach, _session: ["style.css"],
}

QUERIES = {"coordination.geojson": "?bbox=4.7,45.6,5,45.9&zoom=12"}
"""What a page cannot do without besides its path."""


def web_without_city() -> Flask:
    """The application as far as its routes go: nothing is asked of its database."""
    settings = load({"DATABASE_URL": "sqlite:///never-opened.db"}, None)
    links, db = Links("s" * 40, settings.root_url), Database(settings.resolved_database_url)
    return create_app(context=Context(settings, db, Keyring(KEYS), links))
