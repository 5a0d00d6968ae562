"""The kinds of help that the service knows. Their words are in ``app/kinds.py``, which has an entry for each.

The matcher itself takes any slug; only what is stored in the database is held to this list.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """``remote`` says whether this help can also be given by phone or video; ``children`` that it is for a child: only who offers
    just that hears of it; ``bought`` that things are bought, so that talk of money is natural."""

    slug: str
    remote: bool = False
    children: bool = False
    bought: bool = False


CATEGORIES: dict[str, Category] = {
    c.slug: c
    for c in (
        Category("shopping", bought=True),
        Category("pharmacy", bought=True),
        Category("homework", remote=True, children=True),
        Category("conversation", remote=True),
        Category("accompaniment"),
        Category("paperwork", remote=True),
        Category("small_repairs"),
        Category("pets"),
    )
}
