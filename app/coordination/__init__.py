"""Coordinators' pages: what needs a person, lists, one page a thing, and what an agent does for somebody on the phone."""

from app.coordination import actions, intake, letter, lists, mail, map, pages, team, territories, visits
from app.coordination.door import coordination

__all__ = ["actions", "coordination", "intake", "letter", "lists", "mail", "map", "pages", "team", "territories", "visits"]
