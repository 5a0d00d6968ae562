"""What coordinators fill in."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import ValidationError

from app.forms import ChoiceField, Form, LineField, PickField, TickField, needed, quartier_choices
from app.i18n import own_name
from app.models import Channel
from app.resident.forms import NeedForm
from config.settings import LANGUAGES


class PlaceForm(Form):
    """A point in degrees, or a quartier whose middle stands in for it."""

    lon = LineField(_l("Longitude (for example 4.8357)"), render_kw={"inputmode": "decimal", "class": "short"})
    lat = LineField(_l("Latitude (for example 45.7640)"), render_kw={"inputmode": "decimal", "class": "short"})
    quartier = PickField(_l("Or pick the quartier"), choices=quartier_choices)

    def validate_lon(self, field: Field) -> None:
        _in_degrees(field, 180, _l("Write the longitude as a number from -180 to 180, for example 4.8357."))
        if not self.quartier.data and not field.data:
            raise ValidationError(_l("Write the longitude and the latitude, or pick a quartier."))

    def validate_lat(self, field: Field) -> None:
        _in_degrees(field, 90, _l("Write the latitude as a number from -90 to 90, for example 45.7640."))
        if self.lon.data and not field.data:
            raise ValidationError(_l("Write the latitude as well."))

    @property
    def point(self) -> tuple[float, float] | None:
        """(lon, lat), or ``None`` when a quartier was picked instead."""
        return (_number(self.lon.data), _number(self.lat.data)) if self.lon.data else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _in_degrees(field: Field, most: int, sentence: str) -> None:
    if not field.data:
        return
    try:
        good = abs(_number(field.data)) <= most  # false for "nan" as well
    except ValueError:
        good = False
    if not good:
        raise ValidationError(sentence)


class CounterForm(NeedForm):
    """The resident's form as an agent fills it in, on the phone or at the counter."""

    SECTIONS = (
        (_l("The call"), ("channel", "spoken")),
        *NeedForm.SECTIONS,
    )

    channel = ChoiceField(
        _l("How do they ask?"), _l("Say how they ask."), default=Channel.PHONE.value,
        choices=lambda: {Channel.PHONE.value: _("On the phone"), Channel.COUNTER.value: _("At the counter")},
    )  # fmt: skip
    spoken = PickField(_l("Language for calls, letters and e-mails"), choices=lambda: {each: own_name(each) for each in LANGUAGES})
    notice = TickField(_l("I have read the notice on data aloud"), [needed(_l("Read the notice on data aloud, then tick the box."))])


