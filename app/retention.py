"""What is kept for how long, declared once: the worker's purge, ``adeuxpas retention`` and docs/retention.md are made from it.

``python -m app.retention > docs/retention.md`` writes the page; a test says when it is out of date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from babel.dates import format_timedelta

from app.i18n import N_
from config.settings import Settings, load


@dataclass(frozen=True)
class Kept:
    """A kind of data: for how many ``days`` (or, with ``setting``, as many as it says) ``since`` when, and what happens ``then``."""

    name: str
    what: str
    days: float
    since: str
    then: str
    setting: str = ""

    def lasts(self, settings: Settings) -> timedelta:
        return timedelta(days=getattr(settings, self.setting) if self.setting else self.days)


_CONTACT, _ERASED = N_("the last contact with them"), N_("the person is erased")
TABLE = (
    Kept("unconfirmed", N_("sign-ups and requests that nobody ever confirmed"), 60, _CONTACT, _ERASED),
    Kept("unmet", N_("people who asked, were never helped and offer nothing"), 180, _CONTACT, _ERASED, "unmet_days"),
    Kept("people", N_("everybody else but agents"), 730, _CONTACT, _ERASED, "people_days"),
    Kept("attempts", N_("traces of tries, as keyed hashes"), 1 / 24, N_("the try"), N_("deleted, by the next try or that day")),
    Kept("devices", N_("keyed hash of the device with which an account was made"), 30, N_("it was made"), N_("deleted"),
         "flag_device_days"),
    Kept("drafts", N_("forms that somebody began"), 2, N_("the last change"), N_("deleted")),
    Kept("plans", N_("pairs of a round that an agent looked at and did not send"), 1, N_("it was wanted"), N_("the pairs are emptied")),
    Kept("messages", N_("words and address of messages, and the files of those that no server took"), 90, N_("they were made"),
         N_("emptied; that it was sent stays")),
    Kept("tasks", N_("words of tasks that are done"), 90, N_("they were done"), N_("emptied; that it was done stays")),
    Kept("notes", N_("what somebody wrote to the town hall by e-mail"), 365, N_("it came in"), N_("emptied; that somebody wrote stays")),
    Kept("incidents", N_("words of reports that are closed, and of the notes on them"), 730, N_("they were closed"),
         N_("emptied; what was decided stays")),
    Kept("flags", N_("patterns that a lead has looked at"), 365, N_("they looked"), N_("deleted")),
)  # fmt: skip
FOR_GOOD = (
    (N_("what happened (events), states, kinds of help, dates, territories"), N_("names people by number only: figures and audit rest "
         "on it")),
    (N_("agents, territories, streets, the city's own words"), N_("until an administrator takes them out; of agents who left, the name "
         "and whatever they did stay")),
)
INTRODUCTION = (
    "Written by `python -m app.retention` from the table in `app/retention.py`, by which the worker goes once a day; a test says when it",
    "is out of date. A request that stands is asked about long before (`NEED_DAYS`, then a week to answer), and ends without an answer.",
    "Contact is whatever a person does, or an agent does for them on the phone, at the counter or from a letter; an agreed match that goes",
    "on is contact too. Six weeks before the end volunteers are asked whether they still want to help, by message or by a call to make",
    "(`app/services/silence.py`). What erasing leaves: [decision 30](decisions/0030-what-erasing-leaves.md).",
)


def page() -> str:
    """docs/retention.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What is kept for how long\n"
    yield from (each + "\n" * (each == INTRODUCTION[-1]) for each in INTRODUCTION)
    yield "| what | how long | since | setting | then |\n| --- | --- | --- | --- | --- |"
    defaults = load({"DATABASE_URL": "sqlite:///never-opened.db"}, None)
    for each in TABLE:
        setting = f"`{each.setting.upper()}`" if each.setting else ""
        lasts = lasting(each.lasts(defaults), "en")
        yield f"| {each.what} | {lasts} | {each.since} | {setting} | {each.then} |"
    for what, why in FOR_GOOD:
        yield f"| {what} | stays | | | {why} |"


def lasting(lasts: timedelta, language: str) -> str:
    """In the largest unit in which it is whole: "2 years", "6 months" (of thirty days), "45 days"."""
    units = ("year", timedelta(days=365)), ("month", timedelta(days=30)), ("day", timedelta(days=1))
    unit = next((name for name, one in units if lasts >= one and not lasts % one), "hour")
    return format_timedelta(lasts, granularity=unit, threshold=float("inf"), locale=language)  # type: ignore[arg-type]


if __name__ == "__main__":
    print(page(), end="")
