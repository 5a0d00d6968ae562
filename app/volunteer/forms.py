"""Forms of volunteers: one of each page of the sign-up, and all of them together."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import i18n
from app.forms import (
    ChoiceField,
    EmailField,
    Form,
    LineField,
    NewPasswordField,
    PhoneField,
    PickField,
    TickField,
    TicksField,
    WeekField,
    category_choices,
    language_choices,
    mode_choices,
    needed,
)
from app.models import Offer
from app.own_area import OwnAreaFields, area_data, area_values
from app.services.posting import OfferInput
from app.traps import Trapped
from app.where import WhereFields
from matching.model import Mode
from notifications.words import distance_words, walk_words

RADII_M = (300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10000)
USUAL_RADIUS_M = 1500
MOST_PEOPLE = 20


def radius_choices(own: int = USUAL_RADIUS_M) -> dict[str, str]:
    """How far, in metres, and how long that takes; ``own`` is there too."""
    language = i18n.language()
    radii = sorted({*RADII_M, own})
    return {str(metres): f"{walk_words(metres, language).capitalize()} ({distance_words(metres, language)})" for metres in radii}


def people_choices(own: int = 1) -> dict[str, str]:
    numbers = range(1, max(MOST_PEOPLE, own) + 1)
    return {str(number): _("One person") if number == 1 else _("%(number)s people", number=number) for number in numbers}


class WhatFields(Form):
    categories = TicksField(
        _l("Kinds of help"), [needed(_l("Tick at least one kind of help."))], choices=category_choices,
        description=_l("Tick all that you would be glad to do. You may change it later."),
    )  # fmt: skip


class HowFields(Form):
    mode = ChoiceField(
        _l("Face to face or from afar"), _l("Say how you would help."), choices=mode_choices, default=Mode.IN_PERSON.value,
        description=_l("By phone or video is possible for homework help, conversation and paperwork."),
    )  # fmt: skip


class ReachFields(OwnAreaFields):
    radius = PickField(_l("From your home"), choices=radius_choices, default=str(USUAL_RADIUS_M))


class WhenFields(Form):
    week = WeekField(_l("Usual week"), description=_l("Tick nothing if it does not matter."))


class PeopleFields(Form):
    capacity = PickField(
        _l("People at the same time"), choices=people_choices, default="1",
        description=_l("While you help that many, we ask you for nobody else. One is a good start."),
    )  # fmt: skip
    languages = TicksField(
        _l("Languages you speak"), [needed(_l("Tick at least one language."))], choices=language_choices, default=["fr"],
    )  # fmt: skip


class YouFields(Form):
    name = LineField(
        _l("Your name"), [needed(_l("Write your name."))],
        description=_l("First name and surname. The person you help sees your first name only."), render_kw={"autocomplete": "name"},
    )  # fmt: skip
    email = EmailField(
        _l("E-mail address"), [needed(_l("Write your e-mail address."))],
        description=_l("We write to you there when a neighbour needs you."),
    )  # fmt: skip
    phone = PhoneField(_l("Phone"), description=_l("Passed on only once you and your neighbour have both said yes."))


class PhoneForm(Form):
    phone = YouFields.phone


class CharterFields(Form):
    charter = TickField(
        _l("I agree with this charter."), [needed(_l("Tick the box to accept the charter: without it we cannot take your offer."))],
    )  # fmt: skip
    age = TickField(_l("I am 16 or older."), [needed(_l("Tick the box if you are 16 or older. Younger people cannot sign up yet."))])


class PasswordForm(Trapped):
    """The last page's; a password is never kept with the other answers."""

    password = NewPasswordField(_l("Choose a password"), description=_l("At least 10 characters. Several words make a good one."))


class OfferForm(WhatFields, HowFields, WhereFields, ReachFields, WhenFields, PeopleFields):
    """All that an offer needs."""

    @property
    def offer(self) -> OfferInput:
        return OfferInput(where=self.where, **offer_values(self.data))


class SignUpForm(OfferForm, YouFields, CharterFields):
    """An offer, and who makes it."""


def fill_from(form: Form, offer: Offer) -> None:
    """A form of the sign-up with what an offer says; its own figures can be picked even where the sign-up has others."""
    if "radius" in form:
        form.radius.choices = radius_choices(offer.radius_m)
    if "capacity" in form:
        form.capacity.choices = people_choices(offer.capacity)
    if not form.is_submitted():
        form.process(
            data={
                "categories": offer.categories, "mode": offer.mode, "radius": str(offer.radius_m), "week": offer.availability,
                "capacity": str(offer.capacity), "languages": offer.languages, **area_data(offer.quartiers, offer.drawn),
            },
        )  # fmt: skip


def offer_values(data: dict[str, Any]) -> dict[str, Any]:
    """An offer's values from those of the fields that are there, by the names that the services use."""
    values = {
        "categories": data.get("categories"), "mode": data.get("mode"), "availability": data.get("week"),
        "languages": data.get("languages"), "radius_m": data.get("radius") and int(data["radius"]),
        "capacity": data.get("capacity") and int(data["capacity"]),
    }  # fmt: skip
    own = area_values(data) if "goes" in data else {}
    return {name: value for name, value in values.items() if value is not None} | own
