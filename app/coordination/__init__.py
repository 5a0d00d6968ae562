"""Coordinators' pages: what needs a person, lists, one page a thing, and what an agent does for somebody on the phone."""

from app.coordination import (
    actions,
    choosing,
    city,
    duplicates,
    figures,
    intake,
    letter,
    lists,
    mail,
    map,
    pages,
    posters,
    visits,
    words,
)
from app.coordination.door import coordination

__all__ = [
    "actions", "choosing", "city", "coordination", "duplicates", "figures", "intake", "letter", "lists", "mail", "map", "pages", "posters",
    "visits", "words",
]  # fmt: skip
