"""The versions of the texts that people read and agree to; kept with each answer. A changed text gets a new one."""

NOTICE_VERSION = "2025-1"
CHARTER_VERSION = "2025-1"
