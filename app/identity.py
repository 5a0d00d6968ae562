"""Who is signed in."""

from flask import Flask, g, session
from flask_login import UserMixin, current_user, login_user, logout_user

from app import assets
from app.extensions import ctx, login_manager
from app.models import Channel, Person, Role
from app.services.events import Actor

AFTER_SIGN_IN = "after_sign_in"


class User(UserMixin):
    """A signed-in person. The id holds their session key, so that a new password ends all their sessions."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}:{self.person.session_key}"


def init(web: Flask) -> None:
    # Without the context processor: it would ask the database even for the page that says the database is away.
    login_manager.init_app(web, add_context_processor=False)
    web.before_request(_find)


@login_manager.user_loader
def _load(user_id: str) -> User | None:
    person_id, _, session_key = user_id.partition(":")
    with ctx().db.read() as db:
        person = db.get(Person, int(person_id)) if person_id.isdigit() else None
    return User(person) if person and person.account and person.session_key == session_key else None


def _find() -> None:
    # The files of the look are the same for everybody: no session is read for them.
    g.person = current_user.person if not assets.is_asset() and current_user.is_authenticated else None


def signed_in() -> Person | None:
    """The person who is signed in, as they stood when the request came."""
    person: Person | None = g.get("person")
    return person


def has_role(*roles: Role) -> bool:
    person = signed_in()
    return person is not None and person.role in roles


def enter(person: Person) -> str:
    """Sign ``person`` in with a fresh session; the path they were on their way to, or an empty text."""
    wanted: str = session.get(AFTER_SIGN_IN, "")
    session.clear()
    login_user(User(person))
    return wanted


def leave() -> None:
    logout_user()
    session.clear()


def actor(channel: Channel = Channel.WEB) -> Actor:
    """Who acts in this request, for services that record it."""
    person = signed_in()
    return Actor(person.id if person else None, channel)
