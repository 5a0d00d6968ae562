"""Residents' pages: asking for help, and following a request by link. No account."""
