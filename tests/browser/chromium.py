"""The browser of these tests: the system's Chromium, which reaches this machine only. ``python -m tests.browser.chromium`` finds it."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def programme() -> str | None:
    """Where it is; nothing where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def started(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


if __name__ == "__main__":
    print(programme() or "no Chromium is installed (Debian's package chromium has one)")
    sys.exit(programme() is None)
