"""What the residents' pages share: the blueprint, and whose request a link is for."""

from flask import Blueprint, abort, g

from app.extensions import ctx
from app.links import Purpose
from app.models import Channel
from app.services import mine
from app.services.events import Actor
from app.services.telling import about_words

resident = Blueprint("resident", __name__, template_folder="templates")


def read(token: str) -> mine.MyRequest:
    """The request that a link of its page is for."""
    need_id, _stamp = ctx().links.read(Purpose.MY_REQUEST, token)
    return found(need_id)


def found(need_id: int) -> mine.MyRequest:
    request = mine.request_of(ctx(), need_id) or abort(410)
    g.about = about_words(request.row.person_id, need_id=need_id)
    return request


def by(request: mine.MyRequest) -> Actor:
    return Actor(request.row.person_id, Channel.LINK)
