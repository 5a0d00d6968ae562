"""What a territory has of its own besides its outline. What it does not say is as the one above has it, and at last as the city has it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.context import Context
from app.services.places import territories


@dataclass(frozen=True)
class Local:
    """``first_posts_wait``: what a volunteer posts first waits for an agent who has read it."""

    phone: str
    hours: str
    first_posts_wait: bool = False


def local(session: Session, ctx: Context, territory_id: int | None) -> Local:
    """How it is in a territory; ``None`` and what does not exist are the city."""
    here, given, seen = territories(session), dict[str, Any](), set[int]()
    while territory_id is not None and territory_id in here.settings and territory_id not in seen:
        seen.add(territory_id)
        given = here.settings[territory_id] | given
        territory_id = here.parents[territory_id]
    city = {"phone": ctx.settings.city_phone, "hours": ctx.settings.city_hours}
    return Local(**(city | {name: value for name, value in given.items() if name in Local.__dataclass_fields__}))
