"""Visits as an entry in the reader's calendar (iCalendar, RFC 5545; sent as RFC 5546 wants it).

One entry a match, under one ``UID`` for ever: help that repeats is one entry with a rule, from which visits are left out or moved. Each
change goes out as the whole entry with a higher ``SEQUENCE``.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from notifications.types import as_utc

LASTS = dt.timedelta(hours=1)
_KNOWN = dt.timedelta(days=10 * 365)
"""For how long the changes of clocks are written out."""
_WORDS = {
    "en": {"with": "{what} with {whom}", "alone": "{what}", "about": "Something came up? Say so in time: À deux pas, {phone}."},
    "fr": {"with": "{what} avec {whom}", "alone": "{what}", "about": "Un empêchement ? Dites-le à temps : À deux pas, {phone}."},
}


@dataclass(frozen=True)
class Invitation:
    """A match in one side's calendar. Moments are UTC; ``weeks`` is its rhythm (0: once), ``skipped`` and ``moved`` (from, to) are what
    differs from it, in order. ``organizer`` is the service's own address; ``location`` and ``whom`` are what this side may know."""

    uid: str
    sequence: int
    made_at: dt.datetime
    starts_at: dt.datetime
    organizer: str
    category: str
    whom: str = ""
    location: str = ""
    weeks: int = 0
    skipped: tuple[dt.datetime, ...] = ()
    moved: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
    cancelled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def from_dict(data: Mapping[str, Any]) -> Invitation:
    """The reverse of :meth:`Invitation.to_dict`."""
    read = dt.datetime.fromisoformat
    moments = {name: read(data[name]) for name in ("made_at", "starts_at")}
    skipped = tuple(map(read, data["skipped"]))
    moved = tuple((read(here), read(there)) for here, there in data["moved"])
    return Invitation(**{**data, **moments, "skipped": skipped, "moved": moved})


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return as_utc(value).isoformat()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class CalendarPart:
    """The bytes of an entry, and what its reader is to do with it (``REQUEST``, ``CANCEL``; ``PUBLISH`` for a file to open)."""

    method: str
    content: bytes


def write(invitation: Invitation, what: str, language: str, phone: str, zone: ZoneInfo, to: str | None = None) -> CalendarPart:
    """The entry in ``language`` for the calendar of the address ``to``; without one, a file that anybody may open. ``what`` is the help."""
    method = "PUBLISH" if to is None else "CANCEL" if invitation.cancelled else "REQUEST"
    calendar = Calendar()
    calendar.add("prodid", "-//A deux pas//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in _events(invitation, zone):
        _describe(event, invitation, what, language, phone, to)
        calendar.add_component(event)
    begins = invitation.starts_at.date()
    calendar.add_missing_timezones(first_date=begins, last_date=begins + _KNOWN)
    return CalendarPart(method, calendar.to_ical())


def _events(invitation: Invitation, zone: ZoneInfo) -> list[Event]:
    """The rule, and an exception for each visit that was moved."""
    rule = _event(invitation.starts_at, zone)
    if not invitation.weeks:
        return [rule]
    rule.add("rrule", {"freq": "weekly", "interval": invitation.weeks})
    if invitation.skipped:
        rule.add("exdate", [at.astimezone(zone) for at in invitation.skipped])
    moved = [(_event(there, zone), here) for here, there in invitation.moved]
    for event, here in moved:
        event.add("recurrence-id", here.astimezone(zone))
    return [rule, *(event for event, _ in moved)]


def _event(starts_at: dt.datetime, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("dtstart", starts_at.astimezone(zone))
    event.add("dtend", (starts_at + LASTS).astimezone(zone))
    return event


def _describe(event: Event, invitation: Invitation, what: str, language: str, phone: str, to: str | None) -> None:
    words = _WORDS[language]
    title = words["with" if invitation.whom else "alone"].format(what=what[:1].upper() + what[1:], whom=invitation.whom)
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.made_at)
    event.add("summary", title)
    event.add("description", words["about"].format(phone=phone))
    event.add("status", "CANCELLED" if invitation.cancelled else "CONFIRMED")
    if invitation.location:
        event.add("location", invitation.location)
    if to is not None:
        organizer = vCalAddress(f"mailto:{invitation.organizer}")
        organizer.params["cn"] = vText("À deux pas")
        event.add("organizer", organizer)
        attendee = vCalAddress(f"mailto:{to}")
        attendee.params["partstat"], attendee.params["rsvp"] = vText("ACCEPTED"), vText("FALSE")  # nobody need answer once more
        event.add("attendee", attendee)
