"""How much of something a test does: a little in ``make test``, all of it in ``make test-long``."""

import os


def volume(short: int, long: int) -> int:
    return long if os.environ.get("LONG") == "1" else short
