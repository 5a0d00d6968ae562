"""Volunteers' pages."""

from app.volunteer import my_page, reporting

__all__ = ["my_page", "reporting"]
