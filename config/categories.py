"""The kinds of help that the service knows, with what the posting pages need to know of each.

The matcher itself takes any slug; only what is stored in the database is held to this list.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """``remote`` says whether this help can also be given by phone or video. Labels are in each language of the pages."""

    slug: str
    labels: dict[str, str]
    remote: bool = False

    def label(self, language: str) -> str:
        return self.labels.get(language, self.labels["fr"])


CATEGORIES: dict[str, Category] = {
    c.slug: c
    for c in (
        Category("shopping", {"fr": "Courses", "en": "Shopping"}),
        Category("pharmacy", {"fr": "Pharmacie", "en": "Pharmacy"}),
        Category("homework", {"fr": "Aide aux devoirs", "en": "Homework help"}, remote=True),
        Category("conversation", {"fr": "Conversation", "en": "Conversation"}, remote=True),
        Category("accompaniment", {"fr": "Accompagnement", "en": "Going along"}),
        Category("paperwork", {"fr": "Démarches administratives", "en": "Paperwork"}, remote=True),
        Category("small_repairs", {"fr": "Petit bricolage", "en": "Small repairs"}),
        Category("pets", {"fr": "Animaux", "en": "Pets"}),
    )
}
