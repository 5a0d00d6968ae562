"""What all messages share: how their fields are checked, stored and read again."""

import datetime as dt
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from notifications import calendar
from notifications.calendar import Invitation
from notifications.topics import Topic
from notifications.types import as_utc

Urgency = Literal["urgent", "normal", "flexible"]
PairMode = Literal["in_person", "remote"]
_LINKS = ("confirm_url", "answer_url", "my_page_url", "visits_url", "incident_url")


@dataclass(frozen=True)
class Message:
    """What all messages share. A wrong field raises ``ValueError`` where the message is made, not where it is sent."""

    kind: ClassVar[str]
    topic: ClassVar[Topic]
    wakes: ClassVar[bool] = True
    """Whether it may come at night where what it is about is urgent."""
    first_name: str
    report_url: str = field(default="", kw_only=True)
    """Where the reader says that something went wrong; it stands at the end of what is about a match."""

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

    def without_links(self) -> Self:
        """As an agent says or prints it: links are the reader's own, and of no use on the phone."""
        return replace(self, **{f.name: "" for f in fields(self) if f.name.endswith("_url")})

    @property
    def link(self) -> str:
        """The one page for where there is room for one: the reader goes on from there. Empty where there is none."""
        return next((link for link in (getattr(self, name, "") for name in _LINKS) if link), "")

    @classmethod
    def _from(cls, values: dict[str, Any]) -> Self:
        moments = {name for name, hint in _field_types(cls).items() if dt.datetime in (hint, *get_args(hint))}
        given: dict[str, Any] = {n: dt.datetime.fromisoformat(value) if value and n in moments else value for n, value in values.items()}
        if given.get("invitation"):
            given["invitation"] = calendar.from_dict(given["invitation"])
        return cls(**given)


def _plain(value: Any) -> Any:
    if isinstance(value, Invitation):
        return value.to_dict()
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _field_types(cls: type[Message]) -> dict[str, Any]:
    if cls not in _FIELD_TYPES:
        hints = get_type_hints(cls)
        _FIELD_TYPES[cls] = {f.name: hints[f.name] for f in fields(cls)}
    return _FIELD_TYPES[cls]


_FIELD_TYPES: dict[type, dict[str, Any]] = {}  # read once: it takes longer than all else at a message
