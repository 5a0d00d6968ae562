"""From where visits are looked at: by the link of one of the two sides, or by an agent who speaks for one of them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, g, render_template, url_for

from app.extensions import ctx
from app.links import LinkError, Purpose
from app.models import Channel, Visit
from app.services import details
from app.services import visits as rows
from app.services.events import Actor
from app.services.telling import about_words
from matching.lifecycle import Side

visits = Blueprint("visits", __name__, template_folder="templates")


@dataclass(frozen=True)
class Desk:
    """One side's visits, who acts for it, and the link that they came by (an agent has none)."""

    visits: rows.Visits
    by: Actor
    token: str | None

    @property
    def side(self) -> Side:
        return self.visits.side

    def address(self, page: str, **more: Any) -> str:
        if self.token:
            return url_for(f"visits.{page}", token=self.token, **more)
        return url_for(f"coordination.visits_{page}", match_id=self.visits.match_id, side=self.side, **more)

    def visit(self, visit_id: int) -> Visit:
        """A visit of this match, nobody else's."""
        return self.visits.visit(visit_id) or abort(404)

    def render(self, page: str, **more: Any) -> str:
        frame = "visits/frame.html" if self.token else "coordination/frame.html"
        return render_template(f"visits/{page}.html", desk=self, here=self.visits, frame=frame, **more)


def by_link(token: str) -> Desk:
    match_id, side = ctx().links.read(Purpose.VISITS, token)
    if side not in (Side.RESIDENT, Side.VOLUNTEER):
        raise LinkError(Purpose.VISITS.name)
    here = rows.seen(ctx(), match_id, Side(side)) or abort(410)
    g.about = about_words(here.person_id, match_id=match_id)
    return Desk(here, Actor(here.person_id, Channel.LINK), token)


def by_agent(match_id: int, side: str, by: Actor) -> Desk:
    here = rows.seen(ctx(), match_id, Side(side)) or abort(404)
    if here.other:
        details.saw_name(ctx(), here.other_id, "visit", by)
    return Desk(here, by, None)
