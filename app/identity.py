"""Who is signed in."""

from flask import Flask, g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from app import assets
from app.extensions import ctx, login_manager
from app.models import STAFF, Channel, Person, Role, SignIn
from app.services import sessions
from app.services.events import Actor

AFTER_SIGN_IN = "after_sign_in"
PART = "X-Live"
"""The header of what a page asks for by itself: nobody uses the service by that."""


class User(UserMixin):
    """A signed-in person. The id is the token of their sign-in (:mod:`app.services.sessions`)."""

    def __init__(self, token: str, person: Person, here: SignIn | None = None) -> None:
        self.token, self.person, self.here = token, person, here

    def get_id(self) -> str:
        return self.token


def init(web: Flask) -> None:
    # Without the context processor: it would ask the database even for the page that says the database is away.
    login_manager.init_app(web, add_context_processor=False)
    web.before_request(_find)


@login_manager.user_loader
def _load(token: str) -> User | None:
    found = sessions.find(ctx(), token)
    return User(token, found[1], found[0]) if found else None


def _find() -> None:
    # The files of the look are the same for everybody: no session is read for them.
    if assets.is_asset() or not current_user.is_authenticated:
        return
    person, g.sign_in = current_user.person, current_user.here
    if sessions.half_way(g.sign_in, person):
        g.half_way = person
        return
    g.person = person
    if PART not in request.headers:
        sessions.use(ctx(), g.sign_in, g.person)


def signed_in() -> Person | None:
    """The person who is signed in, as they stood when the request came."""
    person: Person | None = g.get("person")
    return person


def half_way() -> Person | None:
    """An agent who has given the password and not the code yet: to all pages but that of the code they are nobody."""
    person: Person | None = g.get("half_way")
    return person


def here() -> SignIn | None:
    """Their sign-in in this browser."""
    found: SignIn | None = g.get("sign_in")
    return found


def has_role(*roles: Role) -> bool:
    person = signed_in()
    return person is not None and person.role in roles


def enter(person: Person, token: str = "") -> str:
    """Sign ``person`` in with a fresh session, or with one that has begun (its ``token``); the path they were on their way to, or an
    empty text."""
    wanted: str = session.get(AFTER_SIGN_IN, "")
    leave()
    # An agent's ends with the browser, whatever the server says.
    session.permanent = person.role not in STAFF
    login_user(User(token or sessions.begin(ctx(), person, request.user_agent.string), person))
    return wanted


def leave() -> None:
    """End the session, here and on the server."""
    before = here()
    if before is not None:
        sessions.end(ctx(), before.person_id, before.id)
    g.person = g.sign_in = g.half_way = None
    logout_user()
    session.clear()


def actor(channel: Channel = Channel.WEB) -> Actor:
    """Who acts in this request, for services that record it."""
    person = signed_in()
    return Actor(person.id if person else None, channel)
