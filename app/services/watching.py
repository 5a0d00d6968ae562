"""Agents who look people up, or take figures along, more often than any work asks for have to wait, and the administrators are told."""

from sqlalchemy import select

from app.context import Context
from app.models import Person, Role
from app.services import throttle
from app.services.events import Actor, record
from app.services.telling import tell
from notifications.messages import ManyLooks


def spend(ctx: Context, limit: throttle.Limit, by: Actor) -> None:
    """Count one for an agent. Raises ``TooMany``; then every administrator is told, once a day for each agent."""
    if by.person_id is None:
        return
    try:
        throttle.spend(ctx, [(limit, str(by.person_id))])
    except throttle.TooMany:
        _tell(ctx, limit, by.person_id)
        raise


def _tell(ctx: Context, limit: throttle.Limit, agent_id: int) -> None:
    now = ctx.now()
    today = now.astimezone(ctx.settings.zone).date()
    url = ctx.links.page(f"/coordination/team/{agent_id}")
    with ctx.db.write() as session:
        record(session, "many_looks", now, Actor(agent_id), reason=limit.name, person_id=agent_id)
        agent = session.get_one(Person, agent_id)
        for person in session.scalars(select(Person).where(Person.role == Role.ADMINISTRATOR, Person.account)):
            tell(session, ctx, person, ManyLooks(person.first_name, agent.name, url), now, once=f"{agent_id}-{today:%Y%m%d}")
