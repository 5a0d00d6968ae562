"""What becomes of each column of each table when a person is erased.

Rows stay that figures and the audit rest on: when, what kind of help, which quartier, how it went. Nothing in them says who it was. A
table or column without an answer here fails a test.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.models import Alike, Block, Check, Device, Flag, NotSame, PostedBy, RecoveryCode, SecondFactor, SignIn


@dataclass(frozen=True)
class Fate:
    """Of a table's rows about the person: ``empties`` has what stands in a column afterwards (called, where it is drawn anew), all in
    ``stays`` is as it was. ``goes``: the rows are deleted. ``because``: nothing happens to any of its rows, and why."""

    empties: Mapping[str, Any] = field(default_factory=dict)
    stays: Collection[str] = ()
    goes: bool = False
    because: str = ""

    def values(self) -> dict[str, Any]:
        return {name: value() if isinstance(value, Callable) else value for name, value in self.empties.items()}  # type: ignore[arg-type]


ROWS = (
    Block.person_id, Block.other_id, Check.person_id, Device.person_id, Flag.person_id, NotSame.one_id, NotSame.other_id, Alike.one_id,
    Alike.other_id, SignIn.person_id, SecondFactor.person_id, RecoveryCode.person_id,
)  # fmt: skip
"""The columns by which the rows that go are found."""
_POST = {
    "reference": None, "exact_point": None, "public_lon": None, "public_lat": None, "approximate": False, "address": "", "availability": "",
    "languages": list,
}  # fmt: skip
_POST_STAYS = ("id", "person_id", "territory_id", "mode", "posted_by", "channel", "created_at", "confirmed_at", "changed_at", "state")
_AGENTS = "of agents and territories alone"
_NOBODYS = "holds nothing of anybody"
FATES: dict[str, Fate] = {
    "person": Fate(
        {
            "name": "", "email": None, "email_index": None, "phone": None, "phone_index": None, "language": "fr", "contact": "letter",
            "account": False, "password_hash": None, "proconnect": None, "proconnect_index": None, "email_confirmed_at": None,
            "notice_version": None, "charter_version": None, "minimum_age_confirmed_at": None, "frozen_at": None, "erase_asked_at": None,
        },
        # Since when there was a volunteer is a figure. Who was merged into whom is the way to what happened.
        ("id", "role", "whole_city", "approved_at", "approved_by_id", "merged_into_id", "erased_at", "created_at", "changed_at"),
    ),
    "need": Fate(
        _POST | {
            "details": "", "share_contact": False, "on_behalf_name": None, "on_behalf_phone": None, "call": PostedBy.SELF,
            "school_level": None, "pinned_offer_id": None, "next_try_at": None, "check_at": None, "checked_at": None, "paused_until": None,
            "held_at": None,
        },
        (*_POST_STAYS, "category", "urgency", "helpers_needed", "taken", "moderation", "repeats", "wanted_at", "posted_at"),
    ),
    "offer": Fate(
        _POST | {"quartiers": list, "drawn": None, "paused_until": None, "news_at": None},
        (*_POST_STAYS, "categories", "radius_m", "capacity", "taken", "last_asked_at"),
    ),
    "match": Fate(
        {"made_because": "", "terms": None, "code": None, "distance_m": 0},
        (
            "id", "need_id", "offer_id", "state", "mode", "rank", "proposed_at", "deadline_at", "accepted_at", "agreed_at", "closed_at",
            "ask_at", "asked", "outcome", "made_by_id", "reason", "because", "rhythm_at", "extend_at", "sequence",
        ),
    ),
    "visit": Fate(stays=("id", "match_id", "slot", "at", "state", "reason", "reminded_at", "stand_in_id")),
    "outcome": Fate({"words": ""}, ("id", "match_id", "side", "said", "because", "at")),
    "agent_task": Fate(
        {"words": "", "why": None, "why_at": None},
        (
            "id", "kind", "event_key", "about", "reason", "territory_id", "person_id", "need_id", "offer_id", "match_id", "created_at",
            "due_at", "closed_at", "closed_by_id", "assigned_to_id",
        ),
    ),
    "note": Fate(
        {"sender": "", "subject": "", "text": "", "attachments": ""},
        ("id", "at", "channel", "task_id", "person_id", "need_id", "offer_id", "match_id"),
    ),
    "incident": Fate(
        {"words": ""},
        (
            "id", "state", "reason", "channel", "said_by", "reporter_id", "about_id", "need_id", "match_id", "task_id", "apart", "lead_id",
            "outcome", "opened_at", "closed_at",
        ),
    ),
    "incident_entry": Fate({"words": ""}, ("id", "incident_id", "at", "by_id", "kind", "match_id")),
    "merge": Fate({"undo": ""}, ("id", "kept_id", "folded_id", "at", "by_id", "undone_at", "undone_by_id")),
    "block": Fate(goes=True),
    "person_check": Fate(goes=True),
    "device": Fate(goes=True),
    "flag": Fate(goes=True),
    "not_same": Fate(goes=True),
    "alike": Fate(goes=True),
    # Those in which something of theirs was typed, found by reading them: only a browser knows whose one is.
    "draft": Fate(goes=True),
    # The pairs with a post of theirs are taken out.
    "plan": Fate(stays=("id", "territory_id", "agent_id", "state", "wanted_at", "made_at", "pairs", "left")),
    # The kind of each message and whether it went are figures; neither words nor address (``notifications.erase``).
    "notification_outbox": Fate(
        {"payload": "", "recipient": "", "recipient_index": "", "wishes_id": None},
        (
            "id", "kind", "channel", "language", "message_id", "event_key", "about", "reader_id", "state", "urgent", "attempts", "due_at",
            "created_at", "held_until", "reason", "bundled_in", "claimed_by", "claimed_until", "sent_at", "last_error", "handled_at",
        ),
    ),
    "notification_wishes": Fate(goes=True),
    "notification_suppressed_address": Fate(goes=True),
    "notification_received": Fate({"recipient_index": None}, ("id", "fingerprint", "kind", "status", "outbox_id", "at")),
    "sign_in": Fate(goes=True),
    "second_factor": Fate(goes=True),
    "recovery_code": Fate(goes=True),
    "event_seal": Fate(because="hashes of what happened"),
    "event": Fate(because="names people by number only, so that what happened can be audited"),
    "attempt": Fate(because="keyed hashes, each gone within an hour"),
    "person_territory": Fate(because=_AGENTS),
    "safety_lead": Fate(because=_AGENTS),
    "referent": Fate(because=_AGENTS),
    "presence": Fate(because=_AGENTS),
    "wording": Fate(because=_AGENTS),
    "territory": Fate(because=_NOBODYS),
    "street": Fate(because=_NOBODYS),
    "lease": Fate(because=_NOBODYS),
    "fact": Fate(because=_NOBODYS),
}  # fmt: skip
