"""Renews the made parts of docs/privacy.md and docs/privacy.fr.md: ``python -m app.privacy``."""

from pathlib import Path

from app.privacy.made import renewed

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": DOCS / "privacy.md", "fr": DOCS / "privacy.fr.md"}

if __name__ == "__main__":
    for language, page in PAGES.items():
        page.write_text(renewed(page.read_text(), language))
