"""Coordinators' pages: what needs a person, lists, one page a thing, and what an agent does for somebody on the phone."""

from app.coordination import (
    actions,
    checks,
    choosing,
    city,
    duplicates,
    figures,
    incidents,
    intake,
    leads,
    letter,
    lists,
    mail,
    map,
    moderating,
    outlines,
    pages,
    personal_data,
    posters,
    referents,
    rights,
    rounds,
    team,
    territories,
    visits,
    words,
)
from app.coordination.door import coordination

__all__ = [
    "actions", "checks", "choosing", "city", "coordination", "duplicates", "figures", "incidents", "intake", "leads", "letter", "lists",
    "mail", "map", "moderating", "outlines", "pages", "personal_data", "posters", "referents", "rights", "rounds", "team", "territories",
    "visits", "words",
]  # fmt: skip
