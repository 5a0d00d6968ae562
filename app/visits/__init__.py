"""The visits of a match: seen, moved and left out, by link without an account, or by an agent for either side."""

from app.visits import pages
from app.visits.door import visits

__all__ = ["pages", "visits"]
