"""What a quartier's poster says that no other one does: its name, whom to call and when, and the address that leads to its form."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import segno

from app.context import Context
from app.services import lists
from app.services.local import local
from app.services.places import Quartier, all_territories
from app.services.sight import Sight

QUIET = 4
"""Modules of white around a QR code, as the standard asks."""


@dataclass(frozen=True)
class Poster:
    """``quartier`` is empty for the whole city. ``address`` is what the QR code holds, ``typed`` the same as people write it."""

    quartier: str
    phone: str
    hours: str
    address: str
    not_offered: frozenset[str]
    """Kinds of help that nobody can ask for there."""

    @property
    def typed(self) -> str:
        parts = urlsplit(self.address)
        return parts.netloc + parts.path

    @property
    def code(self) -> str:
        """The QR code as SVG, black on white whatever the page's colours are; 15 % of it may be dirty or torn."""
        return segno.make_qr(self.address, error="m").svg_inline(border=QUIET, omitsize=True, dark="#000", light="#fff")


def quartiers(ctx: Context, sight: Sight) -> list[Quartier]:
    """The quartiers that somebody may make posters of, by name."""
    seen = {row.id for row in lists.territories(ctx, sight)}
    return [each for each in all_territories(ctx).quartiers if each.id in seen]


def poster(ctx: Context, sight: Sight, quartier_id: int | None, path: str) -> Poster | None:
    """The poster of a quartier or, with ``None``, of the whole city. ``path`` is where the form's short addresses begin, such as ``/q``.

    ``None`` for a quartier that is not in sight.
    """
    found = next((each for each in quartiers(ctx, sight) if each.id == quartier_id), None)
    if found is None and quartier_id is not None:
        return None
    with ctx.db.read() as session:
        here = local(session, ctx, quartier_id)
    name, end = (found.name, f"/{found.id}") if found else ("", "")
    return Poster(name, here.phone, here.hours, f"{ctx.settings.root_url}{path}{end}", here.not_offered)
