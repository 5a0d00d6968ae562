"""The tables. One subject a file, columns and relations only: what happens to them is in ``app/services``."""

from app.models.block import Block
from app.models.check import Check, CheckKind
from app.models.draft import Draft
from app.models.event import Event, EventSeal
from app.models.incident import Device, Flag, Incident, IncidentEntry, IncidentOutcome, IncidentState, SafetyLead
from app.models.match import Match
from app.models.merge import Alike, Merge, NotSame
from app.models.need import Moderation, Need
from app.models.note import Note
from app.models.offer import Offer
from app.models.outcome import Outcome
from app.models.person import OVERSEE, STAFF, Person, PersonTerritory, Role
from app.models.plan import Plan, PlanState
from app.models.plumbing import Attempt, Fact, Lease
from app.models.post import Channel, PostedBy
from app.models.referent import Referent
from app.models.sign_in import RecoveryCode, SecondFactor, SignIn
from app.models.street import Street
from app.models.task import Presence, Task, TaskKind
from app.models.territory import Territory
from app.models.visit import Visit
from app.models.wording import Wording

__all__ = [
    "OVERSEE",
    "STAFF",
    "Alike",
    "Attempt",
    "Block",
    "Channel",
    "Check",
    "CheckKind",
    "Device",
    "Draft",
    "Event",
    "EventSeal",
    "Fact",
    "Flag",
    "Incident",
    "IncidentEntry",
    "IncidentOutcome",
    "IncidentState",
    "Lease",
    "Match",
    "Merge",
    "Moderation",
    "Need",
    "NotSame",
    "Note",
    "Offer",
    "Outcome",
    "Person",
    "PersonTerritory",
    "Plan",
    "PlanState",
    "PostedBy",
    "Presence",
    "RecoveryCode",
    "Referent",
    "Role",
    "SafetyLead",
    "SecondFactor",
    "SignIn",
    "Street",
    "Task",
    "TaskKind",
    "Territory",
    "Visit",
    "Wording",
]  # fmt: skip
