"""Residents' pages: asking for help, and following a request by link. No account."""

from app.resident import asking, changing, my_data, pages, reporting
from app.resident.door import resident

__all__ = ["asking", "changing", "my_data", "pages", "reporting", "resident"]
