"""The place of a post in a form: an address that is looked up, a pin on the map, or the quartier, whichever there is.

The page brings back what was found in two hidden fields: ``spot``, the point, and ``spot_of``, the address that it belongs to. So an
address is looked up once; one that is changed is looked up again; and nothing is asked twice. A point may be any inside the territories:
whoever sends another one than was found has put a pin.
"""

import json
import math
import re
from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from app.error_pages import sentence
from app.extensions import ctx
from app.forms import LONGEST_LINE, ChoiceField, Form, LineField, PickField, needed, quartier_choices
from app.services import addresses, streets
from app.services.places import Outside, Spot, inside
from app.services.placing import Where
from app.services.streets import Suggestion
from notifications.words import NBSP

NONE = "none"
_ABOUT = "about"


def spot_text(lon: float, lat: float, *, approximate: bool) -> str:
    """A point as ``spot`` holds it.

    >>> spot_text(4.83, 45.76, approximate=True)
    '4.83,45.76,about'
    """
    return f"{lon},{lat}" + (f",{_ABOUT}" if approximate else "")


def _read_spot(text: str) -> Spot | None:
    lon, lat, *more = [*text.split(","), "", ""]
    try:
        spot = Spot(float(lon), float(lat), more[0] == _ABOUT)
    except ValueError:
        return None
    return spot if math.isfinite(spot.lon) and abs(spot.lon) <= 180 and abs(spot.lat) <= 90 else None


class _Which(ChoiceField):
    """Which of several addresses is meant. Its choices are those found, so that each says all of itself."""

    def pre_validate(self, form: Any) -> None:
        """What is not one of ours is taken for no choice."""

    @property
    def chosen(self) -> list[str] | None:
        """Address, postcode, town and spot."""
        try:
            parts = json.loads(self.data or "")
        except ValueError:
            return None
        good = isinstance(parts, list) and len(parts) == 4 and all(isinstance(p, str) and p.isprintable() for p in parts)
        return parts if good and all(len(part) <= LONGEST_LINE for part in parts) else None


def five_digits(_form: Form, field: Field) -> None:
    """A postcode is none otherwise."""
    if field.data and not re.fullmatch("[0-9]{5}", field.data):
        raise StopValidation(_l("Write the postcode as five digits, for example 69001."))


class WhereFields(Form):
    """An address, and the quartier for when nobody finds that address on the map."""

    spot = HiddenField()
    spot_of = HiddenField()
    which = _Which(_l("Which of these is it?"), "", choices={})
    address = LineField(
        _l("Number and street"), [needed(_l("Write the number and the street, for example 12 rue de la Paix."))],
        description=_l("No neighbour sees it before both of you have said yes."), render_kw={"autocomplete": "street-address"},
    )  # fmt: skip
    postcode = LineField(
        _l("Postcode"), [needed(_l("Write the postcode.")), five_digits],
        render_kw={"autocomplete": "postal-code", "inputmode": "numeric", "class": "short"},
    )  # fmt: skip
    town = LineField(_l("Town"), [needed(_l("Write the town."))], render_kw={"autocomplete": "address-level2"})
    quartier = PickField(
        _l("Quartier"), choices=quartier_choices,
        description=_l("Pick it if you know it: we can then start looking at once, even when the address is not found by itself."),
    )  # fmt: skip

    question: Literal["", "which", "lost"] = ""
    """What the page asks before it goes on: which of several addresses it is, or, with the error, what to do about one not found."""

    @property
    def asks(self) -> bool:
        return set(self.errors) == {"which"}

    @property
    def way_out(self) -> str:
        """What to do about an address that is not found."""
        return _(
            "If the address is right, pick the quartier below. If you do not know the quartier, just go on: somebody from the town hall "
            "looks for the place."
        )  # fmt: skip

    @property
    def where(self) -> Where:
        chosen, spot = self.quartier.data, self._spot
        return Where(
            self.address.data, self.postcode.data, self.town.data, spot and spot.lon, spot and spot.lat,
            quartier_id=int(chosen) if chosen else None, approximate=bool(spot and spot.approximate),
        )  # fmt: skip

    @property
    def where_words(self) -> str:
        """The address, and how well it is known, for the page on which all answers are read once more."""
        line = self.where.line
        if self._spot:
            street = self._spot.approximate
            return _("%(address)s (the street is found)", address=line) if street else _("%(address)s (found on the map)", address=line)
        if self.quartier.data:
            quartier = quartier_choices().get(self.quartier.data, "")
            return _("%(address)s (quartier: %(quartier)s)", address=line, quartier=quartier)
        return _("%(address)s (not on the map yet: we look for it and put it there)", address=line)

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if not (self.address.errors or self.postcode.errors or self.town.errors):
            self._find()
        return good and not self.errors

    def found_out(self) -> dict[str, list[str]]:
        kept = (self.address, self.postcode, self.town, self.spot, self.spot_of)
        return {field.name: [field.data or ""] for field in kept} | {self.which.name: [""]}

    @property
    def _line(self) -> str:
        return "|".join((self.address.data, self.postcode.data, self.town.data))

    @property
    def _spot(self) -> Spot | None:
        return _read_spot(self.spot.data or "") if self.spot_of.data == self._line else None

    def _settle(self, spot: str) -> None:
        self.spot.data, self.spot_of.data = spot, self._line

    def _find(self) -> None:
        if self.which.chosen:
            self.address.data, postcode, self.town.data, spot = self.which.chosen
            self.postcode.data = postcode or self.postcode.data
            self._settle(spot)
        elif self.which.data == NONE:
            self._lost()
        elif self.spot_of.data != self._line:
            self._look_up()
        spot = self._spot
        if spot and not inside(ctx(), spot.lon, spot.lat):
            self.address.errors = [sentence(Outside(ctx().settings.city_phone))]

    def _look_up(self) -> None:
        found = addresses.look_up(ctx(), f"{self.address.data}, {self.postcode.data} {self.town.data}")
        one = addresses.surely(found or [], self.address.data, self.postcode.data, self.town.data)
        near = [each for each in found or () if inside(ctx(), each.lon, each.lat)]
        if one:
            self._settle(spot_text(one.lon, one.lat, approximate=one.approximate))
        elif near:
            self.question = "which"
            self.which.choices = {_all_of(each): each.label for each in near} | {NONE: _("None of these")}
            several = _("We found more than one address, or one that is written differently. Say which one it is.")
            self.which.errors = [several if self._covered else self._elsewhere]
        elif found is None:
            self._settle("")
        else:
            self._lost()

    def _lost(self) -> None:
        """Ask once for the quartier or a pin; without either, somebody of the town hall looks for the place."""
        self._settle("")
        if not self.quartier.data:
            self.question = "lost"
            if self._covered:
                self.address.errors = [_("We did not find this address on the map. Check the number, the street and the postcode.")]
            else:
                self.postcode.errors = [self._elsewhere]

    @property
    def _covered(self) -> bool:
        return not self.postcode.data or streets.covers(ctx(), self.postcode.data, self.town.data)

    @property
    def _elsewhere(self) -> str:
        return _(
            "This seems to be elsewhere: the service only covers %(city)s. Check the postcode and the town, or call %(phone)s: the town "
            "hall knows who helps there.", city=ctx().city.name, phone=ctx().settings.city_phone.replace(" ", NBSP),
        )  # fmt: skip


def _all_of(one: Suggestion) -> str:
    return json.dumps([one.address, one.postcode, one.town, spot_text(one.lon, one.lat, approximate=one.approximate)])
