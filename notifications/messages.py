"""Everything that the service says by message: one class an event, plain data only.

Fields are what the words are made from, never words themselves: a category is its slug, ``when`` is ``opening_hours`` text
(empty: any time), moments are aware datetimes, ``distance_m`` is already rounded up to 100 m (``None``: not in person).
A message is stored as JSON: :meth:`Message.to_dict` and :func:`from_dict` are each other's reverse.
"""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from notifications import calendar
from notifications.calendar import Invitation
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
        return {"kind": self.kind} | {name: _plain(value) for name, value in data.items()}


def from_dict(data: dict[str, Any]) -> Message:
    """The message that :meth:`Message.to_dict` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is none."""
    cls = MESSAGES[data["kind"]]
    hints = _field_types(cls)
    values: dict[str, Any] = {k: v for k, v in data.items() if k != "kind"}
    for name in values.keys() & {name for name, hint in hints.items() if dt.datetime in (hint, *get_args(hint))}:
        values[name] = values[name] and dt.datetime.fromisoformat(values[name])
    if values.get("invitation"):
        values["invitation"] = calendar.from_dict(values["invitation"])
    return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Invitation):
        return value.to_dict()
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _field_types(cls: type[Message]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls)}


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
    """Never the resident's name, address or free text. ``quartier`` may be empty; ``weeks`` is how often (0: once), ``at`` the one moment
    where only that one will do."""

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
    weeks: int = 0
    at: dt.datetime | None = None


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
    """The resident's contact details; those that are not known are empty. ``visit_at`` is a suggestion, ``code`` is what the volunteer
    says at the door."""

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
    weeks: int = 0
    visit_at: dt.datetime | None = None
    code: str = ""
    visits_url: str = ""
    invitation: Invitation | None = None


@dataclass(frozen=True)
class AgreedToResident(Message):
    """The volunteer's contact details; those that are not known are empty. The rest as in :class:`AgreedToVolunteer`."""

    kind = "agreed_to_resident"
    category: str
    mode: PairMode
    when: str
    other_name: str
    other_email: str
    other_phone: str
    my_page_url: str
    weeks: int = 0
    visit_at: dt.datetime | None = None
    code: str = ""
    visits_url: str = ""
    invitation: Invitation | None = None


# --- visits


@dataclass(frozen=True)
class VisitReminder(Message):
    """The day before. ``other_phone`` and, for whoever goes there, ``address`` may be empty."""

    kind = "visit_reminder"
    category: str
    mode: PairMode
    other_name: str
    other_phone: str
    address: str
    at: dt.datetime
    code: str
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitMoved(Message):
    """A visit of ``was`` is at ``at`` now; with ``weeks``, all after it follow in that rhythm."""

    kind = "visit_moved"
    category: str
    other_name: str
    was: dt.datetime
    at: dt.datetime
    weeks: int
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitsSkipped(Message):
    """``number`` visits from ``at`` to ``last_at`` do not take place; the next one is at ``next_at``. ``may_replace``: the resident is
    asked whether somebody else should come instead."""

    kind = "visits_skipped"
    category: str
    other_name: str
    number: int
    at: dt.datetime
    last_at: dt.datetime
    next_at: dt.datetime
    may_replace: bool
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitsOff(Message):
    """To whoever ended a match themselves: the visits that were planned are off, in the calendar too."""

    kind = "visits_off"
    category: str
    at: dt.datetime
    invitation: Invitation | None = None


# --- when it does not come to that


@dataclass(frozen=True)
class MatchEndedToVolunteer(Message):
    """``settled``: another volunteer took the place."""

    kind = "match_ended_to_volunteer"
    category: str
    why: Literal["withdrawn", "changed", "resident_declined", "expired", "backed_out", "settled"]
    invitation: Invitation | None = None


@dataclass(frozen=True)
class SearchGoesOn(Message):
    """To the resident: this volunteer will not come (``unanswered``: the resident said nothing), the next one is being looked for."""

    kind = "search_goes_on"
    category: str
    why: Literal["backed_out", "unanswered"]
    my_page_url: str
    invitation: Invitation | None = None


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


@dataclass(frozen=True)
class NeedClosed(Message):
    kind = "need_closed"
    category: str
    why: Literal["withdrawn", "expired"]


MESSAGES: dict[str, type[Message]] = {cls.kind: cls for cls in Message.__subclasses__()}
