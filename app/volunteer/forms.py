"""Forms of volunteers."""

from flask_babel import lazy_gettext as _l

from app import i18n
from app.forms import (
    ChoiceField,
    EmailField,
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
from app.models import Person
from app.services.posting import OfferInput
from app.where import WhereFields
from matching.model import Mode
from notifications.words import distance_words

RADII_M = (300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10000)


def radius_choices() -> dict[str, str]:
    return {str(metres): distance_words(metres, i18n.language()) for metres in RADII_M}


class OfferForm(WhereFields):
    """One page: what one offers, where and when, and the account."""

    categories = TicksField(_l("What could you help with?"), [needed(_l("Tick at least one kind of help."))], choices=category_choices)
    mode = ChoiceField(_l("How would you help?"), _l("Say how you would help."), choices=mode_choices, default=Mode.IN_PERSON.value)
    radius = PickField(_l("How far would you go from home?"), choices=radius_choices, default="1500")
    week = WeekField(_l("When are you usually free?"), description=_l("Tick nothing if it does not matter."))
    capacity = PickField(
        _l("How many people could you help at the same time?"), choices={str(n): str(n) for n in range(1, 21)}, default="1",
    )  # fmt: skip
    languages = TicksField(
        _l("Which languages do you speak?"), [needed(_l("Tick at least one language."))], choices=language_choices, default=["fr"],
    )  # fmt: skip
    name = LineField(
        _l("Your name"), [needed(_l("Write your name."))], description=_l("The person you help sees your first name only."),
        render_kw={"autocomplete": "name"},
    )  # fmt: skip
    email = EmailField(
        _l("E-mail address"), [needed(_l("Write your e-mail address."))],
        description=_l("We write to you there when a neighbour needs you."),
    )  # fmt: skip
    phone = PhoneField(_l("Phone"), description=_l("Passed on only once you and your neighbour have both said yes."))
    password = NewPasswordField(_l("Choose a password"), description=_l("At least 10 characters. Several words make a good one."))
    charter = TickField(
        _l("I help for free, I never take a bank card, a PIN or a cheque, and I keep what I learn to myself."),
        [needed(_l("Tick the box to accept the charter: without it we cannot take your offer."))],
    )  # fmt: skip
    age = TickField(_l("I am 16 or older."), [needed(_l("Tick the box if you are 16 or older. Younger people cannot sign up yet."))])

    def leave_out_what_is_known(self, person: Person) -> None:
        """Whoever has signed in is asked for nothing that the account says already."""
        accepted = {"charter": person.charter_version, "age": person.minimum_age_confirmed_at}
        for name in ("name", "email", "phone", "password", *(name for name, known in accepted.items() if known)):
            del self[name]

    @property
    def offer(self) -> OfferInput:
        return OfferInput(
            categories=self.categories.data, where=self.where, languages=self.languages.data, mode=self.mode.data,
            availability=self.week.data, radius_m=int(self.radius.data), capacity=int(self.capacity.data),
        )  # fmt: skip
