"""Coordinators' pages: what needs a person, lists, one page a thing, and what an agent does for somebody on the phone."""

from app.coordination import (
    actions,
    choosing,
    figures,
    intake,
    letter,
    lists,
    mail,
    map,
    pages,
    visits,
)
from app.coordination.door import coordination

__all__ = [
    "actions", "choosing", "coordination", "figures", "intake", "letter", "lists", "mail", "map", "pages", "visits",
]  # fmt: skip
