"""The pages of a sign-up, in their order; whoever is signed in is asked only for what the account does not say already."""

from flask_babel import lazy_gettext as _l

from app.identity import signed_in
from app.models import Person
from app.volunteer import forms
from app.where import WhereFields
from app.wizard import Step, Values, Wizard
from matching.model import Mode

ENDPOINT = "volunteer.offer_step"


def _meets(values: Values) -> bool:
    return values.get("mode") != Mode.REMOTE


OFFER_STEPS = (
    Step("what", _l("What could you help with?"), forms.WhatFields),
    Step("how", _l("How would you help?"), forms.HowFields),
    Step("where", _l("Where do you live?"), WhereFields),
    Step("radius", _l("Where would you go?"), forms.ReachFields, applies=_meets),
    Step("when", _l("When are you usually free?"), forms.WhenFields),
    Step("people", _l("How many people, and in which languages?"), forms.PeopleFields),
)
CHANGEABLE = {step.name: step for step in OFFER_STEPS}
"""What can be changed of an offer later."""
YOU = Step("you", _l("Who are you?"), forms.YouFields)
CHARTER = Step("charter", _l("What we promise each other"), forms.CharterFields)


def wizard() -> Wizard:
    """This visitor's way; a draft begun before signing in is another one."""
    person = signed_in()
    if person is None:
        return Wizard("sign-up", ENDPOINT, (*OFFER_STEPS, YOU, CHARTER), forms.SignUpForm)
    steps = OFFER_STEPS if _has_promised(person) else (*OFFER_STEPS, CHARTER)
    return Wizard("offer", ENDPOINT, steps, forms.OfferForm)


def _has_promised(person: Person) -> bool:
    return bool(person.charter_version and person.minimum_age_confirmed_at)
