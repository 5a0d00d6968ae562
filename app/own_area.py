"""Where a volunteer goes, in a form and in words: near their home, or to an area of their own (quartiers ticked, a shape drawn)."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import g
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from shapely import GEOSException, from_geojson, to_geojson
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from app.extensions import ctx
from app.forms import ChoiceField, Form, TicksField
from app.services import places
from app.services.places import Territories
from matching.areas import area_m2, area_of

HOME, AREA = "home", "area"
LONGEST_DRAWN = 10_000
"""Characters: some hundred corners."""
HECTARE_M2 = 10_000
"""Nobody draws less on purpose."""
FEW = 12
"""More quartiers than that stand under the names of their districts."""


def _territories() -> Territories:
    """Asked for once a page."""
    if "territories" not in g:
        g.territories = places.all_territories(ctx())
    held: Territories = g.territories
    return held


def own_area_words(ticked: Iterable[int], drawn: str | None) -> str:
    """Where somebody goes who ticked these quartiers and drew this shape; empty where their radius counts."""
    if not ticked and not drawn:
        return ""
    known = _territories().names
    names = sorted(known[i] for i in set(ticked) & known.keys())
    parts = []
    if names:
        parts.append(ngettext("in %(num)s quartier: %(names)s", "in %(num)s quartiers: %(names)s", len(names), names=", ".join(names)))
    if drawn:
        hectares = area_m2(from_geojson(drawn)) / HECTARE_M2
        if hectares < 100:
            parts.append(_("in an area of %(size)s ha drawn on the map", size=format_decimal(hectares, "@#")))  # two digits count
        else:
            parts.append(_("in an area of %(size)s km² drawn on the map", size=format_decimal(round(hectares / 100, 1))))
    return _("%(quartiers)s, and %(drawn)s", quartiers=parts[0], drawn=parts[1]) if len(parts) == 2 else "".join(parts)


def goes_choices() -> dict[str, str]:
    return {HOME: _("Near my home"), AREA: _("In quartiers that I choose")}


class _QuartiersField(TicksField):
    """``data`` has the ids as texts. It counts only where somebody goes to an area of their own."""

    first_id = "quartiers"

    def pre_validate(self, form: Any) -> None:
        if form.goes.data == AREA:
            super().pre_validate(form)
            if not self.data and not form.drawn.data:
                raise StopValidation(_l("Tick at least one quartier, or choose to go near your home."))

    def groups(self, home: tuple[float, float] | None) -> list[tuple[str, list[Field]]]:
        """The boxes under the names of their districts, or all under no name where they are few; those near ``home`` first."""
        here, boxes = _territories(), {box.data: box for box in self}
        order = sorted(here.quartiers, key=lambda each: here.away_m(each.id, *home)) if home else here.quartiers
        named = len(order) > FEW and len({each.district for each in order}) > 1
        groups: dict[str, list[Field]] = {}
        for each in order:
            groups.setdefault(each.district if named else "", []).append(boxes[str(each.id)])
        return list(groups.items())


class _DrawnField(HiddenField):
    """A shape drawn on the map, as GeoJSON; empty for none. It counts only where somebody goes to an area of their own."""

    first_id = "drawn-area"

    def pre_validate(self, form: Any) -> None:
        if form.goes.data == AREA and self.data:
            self.data = _checked(self.data)


def _checked(drawn: str) -> str:
    """The polygons alone, without whatever else came with them. Raises ``StopValidation``."""
    if len(drawn) > LONGEST_DRAWN:
        raise StopValidation(_l("The drawn area has too many corners. Clear it and draw it with fewer."))
    again = _l("We could not read the drawn area. Clear it and draw it again.")
    try:
        shape = from_geojson(drawn)
    except GEOSException:
        raise StopValidation(again) from None
    try:
        area = area_of([shape])
    except ValueError:
        crossed = _l("The sides of the drawn area cross or touch each other. Clear it and tap its corners one after another.")
        raise StopValidation(again if shape.is_valid else crossed) from None
    if area_m2(area.shape) < HECTARE_M2:
        raise StopValidation(_l("The drawn area is smaller than 1 hectare, a square of 100 m by 100 m. Clear it and draw a larger one."))
    if not any(area.shape.intersects(each) for each in _territories().shapes.values()):
        raise StopValidation(_l("The drawn area is outside the places that the service covers. Clear it and draw it again."))
    return to_geojson(area.shape)


class OwnAreaFields(Form):
    """Near home or an area of one's own. Those who choose their home keep nothing of the other answers."""

    goes = ChoiceField(_l("Where may we ask you to help?"), _l("Say where you would go."), choices=goes_choices, default=HOME)
    quartiers = _QuartiersField(
        _l("Quartiers"), choices=lambda: {str(each.id): each.name for each in _territories().quartiers},
        description=_l("Tick all those to which you would go. We ask you for neighbours there and nowhere else."),
    )  # fmt: skip
    drawn = _DrawnField(_l("An area drawn on the map"))

    @property
    def own_area(self) -> str:
        """The area in words; empty where the radius counts."""
        values = area_values(self.data)
        return own_area_words(values["quartiers"], values["drawn"])


def area_values(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an offer keeps of these fields."""
    if data["goes"] != AREA:
        return {"quartiers": [], "drawn": None}
    return {"quartiers": [int(i) for i in data["quartiers"] or ()], "drawn": data["drawn"] or None}


def area_data(ticked: Iterable[int], drawn: str | None) -> dict[str, Any]:
    """The fields' data for what an offer keeps."""
    own = own_area_words(ticked, drawn)
    return {"goes": AREA if own else HOME, "quartiers": [str(i) for i in ticked], "drawn": drawn or ""}
