"""The versions of the texts that people read and agree to; kept with each answer. A changed text gets a new one."""

from datetime import date

NOTICE_VERSION = "2026-5"
CHARTER_VERSION = "2026-1"
ACCESSIBILITY_DATE = date(2026, 11, 25)
"""When the accessibility statement was drawn up."""
