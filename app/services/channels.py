"""How people are reached: the one place that knows the ways there are."""

from collections.abc import Callable
from dataclasses import dataclass

from app.context import Context
from app.models import Person
from notifications.tables import Channel

Address = tuple[str | None, str | None]


@dataclass(frozen=True)
class Way:
    """One of the values of ``person.contact``. ``sends``: messages travel by themselves, to ``address`` (with its keyed hash); without it
    an agent says what there is to say, or prints it (``on_paper``). ``patience``: how many times as long as by e-mail an answer takes."""

    sends: Channel | None = None
    address: Callable[[Person], Address] = lambda _: (None, None)
    on_paper: bool = False
    patience: int = 1


CALL = Way(patience=3)  # an agent must reach them first, and not at the weekend
WAYS = {
    "email": Way(Channel.EMAIL, lambda person: (person.email, person.email_index)),
    "sms": Way(Channel.SMS, lambda person: (person.phone, person.phone_index)),
    "phone": CALL,
    "letter": Way(on_paper=True, patience=8),  # there and back: about a week
}


def way_to(ctx: Context, person: Person) -> Way:
    """How to reach somebody now: as they wish, or by a call where that cannot be: nothing to write to, or no gateway any more.

    An account belongs to its e-mail address: whoever has the link of a request can set the number, and must not get a new password there.
    """
    way = WAYS["email" if person.account and person.contact == "sms" else person.contact]
    off = way.sends is Channel.SMS and not ctx.settings.sms_url
    return CALL if off or (way.sends and not all(way.address(person))) else way
