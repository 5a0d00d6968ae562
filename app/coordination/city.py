"""The city's own page: what one sets up or prints there, each with a card. It shows what the visitor may open and nothing else."""

from typing import NamedTuple

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.coordination.door import coordination
from app.permissions import COORDINATE, may, permit


class Card(NamedTuple):
    endpoint: str
    name: LazyString
    sentence: LazyString


CARDS = (
    Card("posters", _l("Posters and leaflets"), _l("To print: for the halls of buildings, and for people who might help.")),
    Card("territories", _l("Territories"), _l("What a district or a quartier has of its own: phone number, hours, times to answer.")),
    Card("team", _l("Who does what"), _l("The agents, their roles and the territories that each of them sees.")),
    Card("referents", _l("Who reads first"), _l("Which agent reads the requests that need a look, by kind of help and by quartier.")),
    Card("leads", _l("Safeguarding leads"), _l("Who is told at once when something is reported, and who alone reads it.")),
    Card("personal_data", _l("Personal data"), _l("What is kept for how long, what went, and who looked at exact data.")),
    Card("same_people", _l("Perhaps the same person"), _l("People who share a number or an address: to look at, and to put together.")),
    Card("words", _l("The words"), _l("The kinds of help, the notices, the charter, what an agent says: in the city’s own words.")),
)


@coordination.get("/city")
@permit(COORDINATE)
def city() -> ResponseReturnValue:
    return render_template("coordination/city.html", cards=[card for card in CARDS if may(f"coordination.{card.endpoint}")])
