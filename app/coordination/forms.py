"""What coordinators fill in."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation, ValidationError

from app.city_words import charter_version, notice_version
from app.contacts import normal_phone
from app.extensions import ctx
from app.forms import ChoiceField, EmailField, Form, LineField, PhoneField, PickField, TickField, needed, quartier_choices
from app.i18n import languages, own_name
from app.kinds import kind_name
from app.models import Channel, CheckKind, Need, Offer, PostedBy
from app.reach import PhoneIfNeeded
from app.resident.forms import NeedForm, needed_if
from app.services.accounts import Caller
from app.services.details import Exact
from app.services.period import EARLIEST
from app.services.places import Spot, middle_of
from app.services.posting import OfferInput
from app.visits.forms import DayField
from app.volunteer.forms import CharterFields, HowFields, PeopleFields, ReachFields, WhatFields, WhenFields, offer_values
from app.where import WhereFields, five_digits
from notifications.words import phone_words

_LINE = re.compile("(?P<address>.+), (?P<postcode>[0-9]{5}) (?P<town>.+)")
"""An address as it is stored."""


def _somewhere(form: Form, field: Field) -> None:
    """An address is needed where neither a pin nor a quartier nor coordinates say the place."""
    if not any(form[name].data for name in (field.name, "spot", "quartier", "lon", "lat")):
        raise StopValidation(_l("Write the address, pick the quartier, or give the coordinates."))


_somewhere.needed = True  # type: ignore[attr-defined]
_THEIRS = {"autocomplete": "off"}
"""The address is not that of whoever types it."""


class PlaceForm(WhereFields):
    """Where an agent puts a post: an address that is looked up, a quartier whose middle stands in for it, or a point in degrees."""

    address = LineField(_l("Number and street"), [_somewhere], render_kw=_THEIRS)
    postcode = LineField(_l("Postcode"), [five_digits], render_kw=_THEIRS | {"inputmode": "numeric", "class": "short"})
    town = LineField(_l("Town"), render_kw=_THEIRS)
    quartier = PickField(_l("Or pick the quartier"), choices=quartier_choices)
    lon = LineField(_l("Longitude (for example 4.8357)"), render_kw={"inputmode": "decimal", "class": "short"})
    lat = LineField(_l("Latitude (for example 45.7640)"), render_kw={"inputmode": "decimal", "class": "short"})

    def validate_lon(self, field: Field) -> None:
        _in_degrees(field, 180, _l("Write the longitude as a number from -180 to 180, for example 4.8357."))
        if self.lat.data and not field.data:
            raise ValidationError(_l("Write the longitude as well."))

    def validate_lat(self, field: Field) -> None:
        _in_degrees(field, 90, _l("Write the latitude as a number from -90 to 90, for example 45.7640."))
        if self.lon.data and not field.data:
            raise ValidationError(_l("Write the latitude as well."))

    @property
    def way_out(self) -> str:
        return _("If the address is right, put the pin on the map, pick the quartier below or give the coordinates.")

    @property
    def place(self) -> Spot:
        """The point, however it was said. Raises ``Outside``."""
        if self.lon.data:
            return Spot(_number(self.lon.data), _number(self.lat.data))
        return self._spot or middle_of(ctx(), int(self.quartier.data))

    def _find(self) -> None:
        if self.lon.data or self.lat.data:
            return
        if self.address.data or self.spot.data:
            super()._find()
        if not (self.errors or self._spot):
            self._lost()  # an agent cannot leave it to an agent


def place_form(exact: Exact | None) -> PlaceForm:
    """The form before it is sent, with the address in it that somebody has just looked at."""
    parts = _LINE.fullmatch(exact.address) if exact else None
    return PlaceForm(data=parts.groupdict() if parts else None)


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


class CheckForm(Form):
    """What an agent has seen of a volunteer. Papers are looked at and handed back: nothing of them is kept."""

    kind = PickField(_l("What have you seen?"), choices=lambda: {kind.value: str(CHECK_WORDS[kind]) for kind in CheckKind})
    seen_on = DayField(_l("Seen on"), _l("Say on which day you have seen it, for example 24/12/2026."))
    until = DayField(
        _l("Counts until"), _l("Say until which day it counts, for example 24/12/2026."), optional=True,
        description=_l("Leave it empty where it does not run out."),
    )  # fmt: skip

    def validate_seen_on(self, field: DayField) -> None:
        if field.day > ctx().now().astimezone(ctx().settings.zone).date():
            raise ValidationError(_l("This day is still to come. Write down what you have seen already."))
        if field.day < EARLIEST:
            raise ValidationError(_l("This is too long ago. Check the year."))

    def validate_until(self, field: DayField) -> None:
        if self.ends and not self.seen_on.errors and self.ends <= self.seen_on.day:
            raise ValidationError(_l("This is not after the day on which it was seen. Check both days."))

    @property
    def ends(self) -> date | None:
        return self.until.day if self.until.data else None


CHECK_WORDS = {
    CheckKind.IDENTITY: _l("An identity document"),
    CheckKind.RECORD: _l("An extract of the criminal record"),
    CheckKind.INTERVIEW: _l("We have talked: an interview"),
    CheckKind.TRAINING: _l("A training was followed"),
}


@dataclass(frozen=True)
class Part:
    """A part of a call: the names of its fields, and of those that are seldom asked for and lie folded up under ``fold``."""

    title: LazyString
    names: tuple[str, ...]
    fold: LazyString | None = None
    seldom: tuple[str, ...] = ()


LONGEST = 100


class CallerForm(Form):
    """Who calls, as they say it."""

    said = LineField(
        _l("Name, phone number, e-mail or street"), [needed(_l("Write what the caller says: a name, a number, a street."))],
        render_kw=_THEIRS | {"maxlength": LONGEST, "autofocus": True},
    )  # fmt: skip


def caller_data(said: str) -> dict[str, str]:
    """What was searched for, in the field that it fits."""
    try:
        normal_phone(said)
    except ValueError:
        return {"email": said, "contact": "email"} if "@" in said else {"name": said}
    return {"phone": said}


def known_data(exact: Exact, last: Need | Offer | None) -> dict[str, Any]:
    """What is known of a caller, for the form."""
    person = exact.person
    assert person, "somebody was looked at"
    data = {
        "name": person.name, "phone": phone_words(person.phone) if person.phone else "", "email": person.email or "",
        "contact": person.contact, "spoken": person.language, "known": str(person.id),
    }  # fmt: skip
    parts = _LINE.fullmatch(last.address) if last else None
    return data | (parts.groupdict() if parts else {}) | ({"languages": last.languages} if last else {})


class CallFields(Form):
    """What every call asks for. ``PARTS`` has the fields in the order of a call; ``where`` stands for all of the place."""

    PARTS: ClassVar[tuple[Part, ...]]
    once = NeedForm.once
    contact = NeedForm.contact
    email = EmailField(
        _l("E-mail address"), [needed_if("contact", "email", _l("Write the e-mail address at which they are reached."))],
        description=_l("Leave it empty if there is none."),
    )  # fmt: skip
    channel = ChoiceField(
        _l("How do they ask?"), _l("Say how they ask."), default=Channel.PHONE.value,
        choices=lambda: {Channel.PHONE.value: _("On the phone"), Channel.COUNTER.value: _("At the counter")},
    )  # fmt: skip
    spoken = PickField(_l("Language for calls, letters and e-mails"), choices=lambda: {each: own_name(each) for each in languages()})
    notice = TickField(_l("I have read the notice on data aloud"), [needed(_l("Read the notice on data aloud, then tick the box."))])

    def unfolded(self, part: Part) -> bool:
        """Whether what is seldom asked for must be seen now."""
        return any(self[name].errors for name in part.seldom)


class CounterForm(CallFields, NeedForm):
    """The resident's form as an agent fills it in during a call or at the counter: what is usual stands there already."""

    PARTS = (
        Part(
            _l("1. What?"), ("category", "parent", "school_level", "details"),
            _l("Several volunteers, help from afar, other languages"), ("helpers_needed", "mode", "languages"),
        ),
        Part(_l("2. Where?"), ("where",)),
        Part(_l("3. When?"), ("urgency", "repeats"), _l("Only at certain hours"), ("week",)),
        Part(
            _l("4. For whom?"), ("for_whom", "name"),
            _l("The caller asks for somebody else"), ("on_behalf_name", "on_behalf_phone", "call"),
        ),
        Part(_l("5. How do we reach them?"), ("contact", "phone", "email", "spoken", "share_contact", "channel")),
        Part(_l("6. To read aloud"), ("notice",)),
    )  # fmt: skip

    on_behalf_name = LineField(
        _l("Name of the caller"), [needed_if("for_whom", PostedBy.RELATIVE, _l("Write the caller’s name: they ask for somebody else."))]
    )
    on_behalf_phone = PhoneField(
        _l("Phone number of the caller"), [needed_if("for_whom", PostedBy.RELATIVE, _l("Write the caller’s own phone number."))]
    )
    phone = PhoneField(
        _l("Phone number"), [PhoneIfNeeded(_l("Write the phone number at which they are reached."))],
        description=_l("Also useful to the volunteer, once both have said yes. Leave it empty if there is none."),
    )  # fmt: skip
    known = HiddenField()
    """Who it is, where the caller was found."""
    twice = TickField(_l("Post it all the same: it is another request"))
    same: int | None = None
    """A request under way that this one seems to repeat."""

    def begin(self) -> None:
        super().begin()
        self.for_whom.choices = {
            PostedBy.SELF.value: _("For the caller"), PostedBy.RELATIVE.value: _("For somebody else, who agrees that the caller asks"),
        }  # fmt: skip
        self.parent.label.text = _("For homework help: the caller is the child’s parent or guardian, and an adult will be at home")
        self.call.label.text = _("Whom should we call?")
        self.call.choices = {PostedBy.SELF.value: _("The person who needs help"), PostedBy.RELATIVE.value: _("The caller")}
        self.school_level.label.text = _("For homework help: the school level")
        self.share_contact.choices = {
            "no": _("No, we ask them first each time"),
            "yes": _("Yes, the volunteer who says yes gets their first name, contact details and address"),
        }  # fmt: skip

    def leave_out(self, off: Collection[str]) -> None:
        """Kinds of help that nobody can ask for where the agent is in charge: said before the call goes on."""
        self.category.choices = {slug: name for slug, name in self.category.choices.items() if slug not in off}
        if off:
            self.category.description = _("Not offered in your area: %(kinds)s.", kinds=", ".join(kind_name(slug) for slug in off))


class VolunteerForm(CallFields, WhatFields, HowFields, WhereFields, WhenFields, PeopleFields, CharterFields):
    """The same for somebody who offers help."""

    PARTS = (
        Part(_l("1. What?"), ("categories",), _l("Help from afar, several people, other languages"), ("mode", "capacity", "languages")),
        Part(_l("2. Where?"), ("where", "radius")),
        Part(_l("3. When?"), (), _l("Only at certain hours"), ("week",)),
        Part(_l("4. Who?"), ("name",)),
        Part(_l("5. How do we reach them?"), ("contact", "phone", "email", "spoken", "channel")),
        Part(_l("6. To read aloud"), ("charter", "age", "notice")),
    )

    name = LineField(_l("Name of the volunteer"), [needed(_l("Write the name of the volunteer."))], render_kw=_THEIRS)
    phone = PhoneField(
        _l("Phone number"), [PhoneIfNeeded(_l("Write the phone number at which they are reached."))],
        description=_l("Passed on only once the volunteer and the neighbour have both said yes."),
    )  # fmt: skip
    radius = ReachFields.radius
    charter = TickField(
        _l("I have read the charter aloud, and they agree with it"),
        [needed(_l("Read the charter aloud, then tick the box. Without their yes we cannot take the offer."))],
    )  # fmt: skip
    age = TickField(_l("They are 16 or older"), [needed(_l("Tick the box if they are 16 or older. Younger people cannot sign up yet."))])

    def begin(self) -> None:
        self.once.data = self.once.data or secrets.token_urlsafe(12)
        self.contact.label.text = _("How should we reach the volunteer?")

    @property
    def caller(self) -> Caller:
        return Caller(
            name=self.name.data, email=self.email.data or None, phone=self.phone.data or None, contact=self.contact.data,
            language=self.spoken.data, charter_version=charter_version(), notice_version=notice_version(),
        )  # fmt: skip

    @property
    def offer(self) -> OfferInput:
        reference = f"form:{self.once.data[:40]}"
        return OfferInput(where=self.where, posted_by=PostedBy.AGENT, reference=reference, **offer_values(self.data))
