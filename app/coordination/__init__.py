"""Coordinators' pages: what needs a person, lists, one page a thing, and what an agent does for somebody on the phone."""

from app.coordination import actions, checks, intake, letter, lists, mail, map, moderating, pages, referents, visits
from app.coordination.door import coordination

__all__ = ["actions", "checks", "coordination", "intake", "letter", "lists", "mail", "map", "moderating", "pages", "referents", "visits"]
