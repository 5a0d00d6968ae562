"""Everything that the service says by message: one class an event, plain data only.

Fields are what the words are made from, never words themselves: a category is its slug, ``when`` is ``opening_hours`` text
(empty: any time), moments are aware datetimes, ``distance_m`` is already rounded up to 100 m (``None``: not in person).
A message is stored as JSON: :meth:`Message.to_dict` and :func:`from_dict` are each other's reverse.
"""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from notifications.types import as_utc

Urgency = Literal["urgent", "normal", "flexible"]
PairMode = Literal["in_person", "remote"]


@dataclass(frozen=True)
class Message:
    """What all messages share. A wrong field raises ``ValueError`` where the message is made, not where it is sent."""

    kind: ClassVar[str]
    first_name: str

    def __post_init__(self) -> None:
        for name, hint in _field_types(type(self)).items():
            value = getattr(self, name)
            if isinstance(value, dt.datetime):
                object.__setattr__(self, name, as_utc(value))
            elif get_origin(hint) is Literal and value not in get_args(hint):
                raise ValueError(f"{self.kind}: {name} must be one of {', '.join(get_args(hint))}")
            elif name == "distance_m" and (value is None) != (getattr(self, "mode", "") == "remote"):
                raise ValueError(f"{self.kind}: distance_m is told in person, and only then")
            elif name == "distance_m" and value is not None and value % 100:
                raise ValueError(f"{self.kind}: distance_m must be rounded up to 100 m before it is told")

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, with ``kind``."""
        data = {name: getattr(self, name) for name in _field_types(type(self))}
        return {"kind": self.kind} | {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in data.items()}


def from_dict(data: dict[str, Any]) -> Message:
    """The message that :meth:`Message.to_dict` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is none."""
    cls = MESSAGES[data["kind"]]
    hints = _field_types(cls)
    values: dict[str, Any] = {k: v for k, v in data.items() if k != "kind"}
    for name in values.keys() & {name for name, hint in hints.items() if hint is dt.datetime}:
        values[name] = dt.datetime.fromisoformat(values[name])
    return cls(**values)


def _field_types(cls: type[Message]) -> dict[str, Any]:
    if cls not in _FIELD_TYPES:
        hints = get_type_hints(cls)
        _FIELD_TYPES[cls] = {f.name: hints[f.name] for f in fields(cls)}
    return _FIELD_TYPES[cls]


_FIELD_TYPES: dict[type, dict[str, Any]] = {}  # read once: it takes longer than all else at a message


# --- accounts and confirmations


@dataclass(frozen=True)
class ConfirmNeed(Message):
    """To whoever posted a need: is this address yours?"""

    kind = "confirm_need"
    category: str
    confirm_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class ConfirmAccount(Message):
    kind = "confirm_account"
    confirm_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class AccountExists(Message):
    """Somebody signed up with an address that has an account: only its owner learns so."""

    kind = "account_exists"
    sign_in_url: str
    reset_url: str


@dataclass(frozen=True)
class ResetPassword(Message):
    kind = "reset_password"
    reset_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class NeedReceived(Message):
    """After the confirmation: what happens next."""

    kind = "need_received"
    category: str
    my_page_url: str


@dataclass(frozen=True)
class MyLink(Message):
    """To a resident who lost the link to a request."""

    kind = "my_link"
    category: str
    my_page_url: str


@dataclass(frozen=True)
class VolunteerReceived(Message):
    kind = "volunteer_received"
    my_page_url: str
    needs_approval: bool


@dataclass(frozen=True)
class VolunteerApproved(Message):
    kind = "volunteer_approved"
    my_page_url: str


# --- a match, from the question to the contacts


@dataclass(frozen=True)
class ProposalToVolunteer(Message):
    """Never the resident's name, address or free text. ``quartier`` may be empty."""

    kind = "proposal_to_volunteer"
    category: str
    urgency: Urgency
    mode: PairMode
    when: str
    quartier: str
    distance_m: int | None
    deadline: dt.datetime
    yes_url: str
    no_url: str
    my_page_url: str


@dataclass(frozen=True)
class ProposalToResident(Message):
    """So many were asked, the nearest about so far away, until when, and what happens next."""

    kind = "proposal_to_resident"
    category: str
    mode: PairMode
    distance_m: int | None
    deadline: dt.datetime
    my_page_url: str
    number: int = 1


@dataclass(frozen=True)
class AcceptedToResident(Message):
    """A volunteer said yes: do you agree that you both get each other's contact details?"""

    kind = "accepted_to_resident"
    category: str
    mode: PairMode
    distance_m: int | None
    deadline: dt.datetime
    yes_url: str
    no_url: str
    my_page_url: str


@dataclass(frozen=True)
class AcceptedToVolunteer(Message):
    """Thanks; ``deadline`` is how long the resident has to answer."""

    kind = "accepted_to_volunteer"
    category: str
    deadline: dt.datetime


@dataclass(frozen=True)
class AgreedToVolunteer(Message):
    """The resident's contact details; those that are not known are empty."""

    kind = "agreed_to_volunteer"
    category: str
    mode: PairMode
    when: str
    other_name: str
    other_email: str
    other_phone: str
    address: str
    details: str
    my_page_url: str


@dataclass(frozen=True)
class AgreedToResident(Message):
    """The volunteer's contact details; those that are not known are empty."""

    kind = "agreed_to_resident"
    category: str
    mode: PairMode
    when: str
    other_name: str
    other_email: str
    other_phone: str
    my_page_url: str


# --- when it does not come to that


@dataclass(frozen=True)
class MatchEndedToVolunteer(Message):
    """``settled``: another volunteer took the place."""

    kind = "match_ended_to_volunteer"
    category: str
    why: Literal["withdrawn", "changed", "resident_declined", "expired", "backed_out", "settled"]


@dataclass(frozen=True)
class SearchGoesOn(Message):
    """To the resident: this volunteer will not come (``unanswered``: the resident said nothing), the next one is being looked for."""

    kind = "search_goes_on"
    category: str
    why: Literal["backed_out", "unanswered"]
    my_page_url: str


@dataclass(frozen=True)
class NobodyYet(Message):
    """To the resident: nobody was found yet, the city will call."""

    kind = "nobody_yet"
    category: str
    my_page_url: str


@dataclass(frozen=True)
class NeedPaused(Message):
    """To a resident who left volunteers without an answer: the search stands still until they say so."""

    kind = "need_paused"
    category: str
    my_page_url: str


# --- what came of it, and what stands for long


@dataclass(frozen=True)
class HowWasIt(Message):
    """One question to either side of a match; ``again``: they did not answer the first time."""

    kind = "how_was_it"
    category: str
    other_name: str
    side: Literal["resident", "volunteer"]
    again: bool
    answer_url: str


@dataclass(frozen=True)
class NotDone(Message):
    """To the resident: the volunteer says that it did not happen. Shall we look for somebody else?"""

    kind = "not_done"
    category: str
    my_page_url: str


@dataclass(frozen=True)
class OutcomeToAgent(Message):
    """To whoever took the call: what came of request ``number``."""

    kind = "outcome_to_agent"
    category: str
    outcome: Literal["done", "not_done"]
    number: int
    match_url: str


@dataclass(frozen=True)
class StillNeeded(Message):
    """To the resident of a request that has stood open for long: without an answer until ``deadline`` it ends."""

    kind = "still_needed"
    category: str
    deadline: dt.datetime
    my_page_url: str


@dataclass(frozen=True)
class NoNeedNearYou(Message):
    """To a volunteer whom nobody has needed: with ``radius_m`` there would have been ``more`` requests in a month, and ``category`` was
    ``asked`` for so often nearby; 0 and empty where that would change nothing."""

    kind = "no_need_near_you"
    radius_m: int
    more: int
    category: str
    asked: int
    my_page_url: str


@dataclass(frozen=True)
class NeedClosed(Message):
    kind = "need_closed"
    category: str
    why: Literal["withdrawn", "expired"]


MESSAGES: dict[str, type[Message]] = {cls.kind: cls for cls in Message.__subclasses__()}
