"""Everything that the service says by message: one class an event, plain data only.

Fields are what the words are made from, never words themselves: a category is its slug, ``when`` is ``opening_hours`` text
(empty: any time), moments are aware datetimes, ``distance_m`` is already rounded up to 100 m (``None``: not in person).
A message is stored as JSON: :meth:`Message.to_dict` and :func:`from_dict` are each other's reverse.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from notifications.calendar import Invitation
from notifications.message import Message as Message
from notifications.message import PairMode, Urgency
from notifications.moderation_messages import EditReason as EditReason
from notifications.moderation_messages import NeedEdited as NeedEdited
from notifications.moderation_messages import NeedRefused as NeedRefused
from notifications.moderation_messages import RefusalReason as RefusalReason
from notifications.safety_messages import ManyLooks as ManyLooks
from notifications.safety_messages import SomethingReported as SomethingReported
from notifications.safety_messages import VolunteerBack as VolunteerBack
from notifications.safety_messages import VolunteerPaused as VolunteerPaused
from notifications.topics import Topic
from notifications.visit_messages import VisitMoved as VisitMoved
from notifications.visit_messages import VisitReminder as VisitReminder
from notifications.visit_messages import VisitsOff as VisitsOff
from notifications.visit_messages import VisitsSkipped as VisitsSkipped


def from_dict(data: dict[str, Any]) -> Message:
    """The message that :meth:`Message.to_dict` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is none."""
    return MESSAGES[data["kind"]]._from({name: value for name, value in data.items() if name != "kind"})


# --- accounts and confirmations


@dataclass(frozen=True)
class ConfirmNeed(Message):
    """To whoever posted a need: is this address yours?"""

    kind = "confirm_need"
    topic = Topic.ACCOUNT
    category: str
    confirm_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class ConfirmAccount(Message):
    kind = "confirm_account"
    topic = Topic.ACCOUNT
    confirm_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class AccountExists(Message):
    """Somebody signed up with an address that has an account: only its owner learns so."""

    kind = "account_exists"
    topic = Topic.ACCOUNT
    sign_in_url: str
    reset_url: str


@dataclass(frozen=True)
class ResetPassword(Message):
    kind = "reset_password"
    topic = Topic.ACCOUNT
    reset_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class ColleagueAdded(Message):
    """To an agent for whom an administrator has made an account."""

    kind = "colleague_added"
    topic = Topic.ACCOUNT
    password_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class AccountChanged(Message):
    """What opens an account is another one: ``what`` is ``password``, ``phone_code``, ``recovery_codes``, ``email`` or
    ``phone``. Whoever did not do it themselves can still act."""

    kind = "account_changed"
    topic = Topic.ACCOUNT
    what: str
    reset_url: str


@dataclass(frozen=True)
class SignInLink(Message):
    kind = "sign_in_link"
    topic = Topic.ACCOUNT
    sign_in_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class NeedReceived(Message):
    """After the confirmation: what happens next. ``read_first``: nobody is asked until the town hall has read it."""

    kind = "need_received"
    topic = Topic.ACCOUNT
    category: str
    my_page_url: str
    read_first: bool = False


@dataclass(frozen=True)
class MyLink(Message):
    """To a resident who lost the link to a request."""

    kind = "my_link"
    topic = Topic.ACCOUNT
    category: str
    my_page_url: str


@dataclass(frozen=True)
class VolunteerReceived(Message):
    kind = "volunteer_received"
    topic = Topic.ACCOUNT
    my_page_url: str
    needs_approval: bool


@dataclass(frozen=True)
class VolunteerApproved(Message):
    kind = "volunteer_approved"
    topic = Topic.ACCOUNT
    my_page_url: str


# --- a match, from the question to the contacts


@dataclass(frozen=True)
class ProposalToVolunteer(Message):
    """Never the resident's name, address or free text. ``quartier`` may be empty; ``weeks`` is how often (0: once), ``at`` the one moment
    where only that one will do."""

    kind = "proposal_to_volunteer"
    topic = Topic.REQUESTS
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
    topic = Topic.PROGRESS
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
    topic = Topic.MATCH
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
    topic = Topic.MATCH
    category: str
    deadline: dt.datetime


@dataclass(frozen=True)
class AgreedToVolunteer(Message):
    """The resident's contact details; those that are not known are empty. ``visit_at`` is a suggestion, ``code`` is what the volunteer
    says at the door."""

    kind = "agreed_to_volunteer"
    topic = Topic.MATCH
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
    topic = Topic.MATCH
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


# --- when it does not come to that


@dataclass(frozen=True)
class MatchEndedToVolunteer(Message):
    """``settled``: another volunteer took the place. ``called_off``: the town hall ended what was agreed."""

    kind = "match_ended_to_volunteer"
    topic = Topic.MATCH
    category: str
    why: Literal["withdrawn", "changed", "resident_declined", "expired", "backed_out", "settled", "called_off"]
    invitation: Invitation | None = None


@dataclass(frozen=True)
class SearchGoesOn(Message):
    """To the resident: this volunteer will not come (``unanswered``: the resident said nothing), the next one is being looked for."""

    kind = "search_goes_on"
    topic = Topic.MATCH
    category: str
    why: Literal["backed_out", "unanswered"]
    my_page_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class NobodyYet(Message):
    """To the resident: nobody was found yet, the city will call. ``wanted_at``: for which moment, where there is but one."""

    kind = "nobody_yet"
    topic = Topic.PROGRESS
    category: str
    my_page_url: str
    wanted_at: dt.datetime | None = None


@dataclass(frozen=True)
class NeedPaused(Message):
    """To a resident who left volunteers without an answer: the search stands still until they say so."""

    kind = "need_paused"
    topic = Topic.MATCH
    category: str
    my_page_url: str


# --- what came of it, and what stands for long


@dataclass(frozen=True)
class HowWasIt(Message):
    """One question to either side of a match; ``again``: they did not answer the first time."""

    kind = "how_was_it"
    topic = Topic.MATCH
    wakes = False
    category: str
    other_name: str
    side: Literal["resident", "volunteer"]
    again: bool
    answer_url: str


@dataclass(frozen=True)
class NotDone(Message):
    """To the resident: the volunteer says that it did not happen. Shall we look for somebody else?"""

    kind = "not_done"
    topic = Topic.MATCH
    wakes = False
    category: str
    my_page_url: str


@dataclass(frozen=True)
class OutcomeToAgent(Message):
    """To whoever took the call: what came of request ``number``."""

    kind = "outcome_to_agent"
    topic = Topic.MATCH
    wakes = False
    category: str
    outcome: Literal["done", "not_done"]
    number: int
    match_url: str


@dataclass(frozen=True)
class StillNeeded(Message):
    """To the resident of a request that has stood open for long: without an answer until ``deadline`` it ends."""

    kind = "still_needed"
    topic = Topic.MATCH
    wakes = False
    category: str
    deadline: dt.datetime
    my_page_url: str


@dataclass(frozen=True)
class StillHelping(Message):
    """To a volunteer who was silent for long: without an answer until ``deadline`` all that is kept of them is erased."""

    kind = "still_helping"
    topic = Topic.MATCH
    wakes = False
    deadline: dt.datetime
    answer_url: str


@dataclass(frozen=True)
class NoNeedNearYou(Message):
    """To a volunteer whom nobody has needed: with ``radius_m`` there would have been ``more`` requests in a month, and ``category`` was
    ``asked`` for so often nearby; 0 and empty where that would change nothing."""

    kind = "no_need_near_you"
    topic = Topic.NEWS
    radius_m: int
    more: int
    category: str
    asked: int
    my_page_url: str


@dataclass(frozen=True)
class NeedClosed(Message):
    kind = "need_closed"
    topic = Topic.PROGRESS
    category: str
    why: Literal["withdrawn", "called_off", "expired"]


# --- what can wait


@dataclass(frozen=True)
class Item:
    """A message of a digest, and when it was written."""

    written_at: dt.datetime
    message: Message


@dataclass(frozen=True)
class Digest(Message):
    """Messages that came together, oldest first."""

    kind = "digest"
    topic = Topic.DIGEST
    items: tuple[Item, ...]

    def to_dict(self) -> dict[str, Any]:
        items = [{"written_at": item.written_at.isoformat(), "message": item.message.to_dict()} for item in self.items]
        return {"kind": self.kind, "first_name": self.first_name, "items": items}

    def without_links(self) -> Self:
        return replace(self, items=tuple(replace(item, message=item.message.without_links()) for item in self.items))

    @property
    def link(self) -> str:
        return next((item.message.link for item in self.items if item.message.link), "")

    @classmethod
    def _from(cls, values: dict[str, Any]) -> Self:
        items = (Item(dt.datetime.fromisoformat(item["written_at"]), from_dict(item["message"])) for item in values["items"])
        return cls(values["first_name"], tuple(items))


MESSAGES: dict[str, type[Message]] = {cls.kind: cls for cls in Message.__subclasses__()}


OF_NO_MATCH = frozenset({
    "confirm_need", "confirm_account", "account_exists", "reset_password", "account_changed", "colleague_added", "sign_in_link",
    "need_received", "my_link", "volunteer_received", "volunteer_approved", "proposal_to_resident", "nobody_yet", "need_paused",
    "outcome_to_agent", "still_needed", "still_helping", "no_need_near_you", "need_closed", "need_edited", "need_refused", "digest",
    "something_reported", "many_looks", "volunteer_paused", "volunteer_back",
})  # fmt: skip
"""All others are about one match, and end with the link to report a problem."""


def topic_of(kind: str) -> Topic:
    """One that this version does not know is not kept back: what is wrong with it shows where it is made."""
    return MESSAGES[kind].topic if kind in MESSAGES else Topic.ACCOUNT
