"""What is kept for how long, declared once: the worker's purge, ``adeuxpas retention`` and docs/retention.md are made from it.

``python -m app.retention > docs/retention.md`` writes the page; a test says when it is out of date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

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


TABLE = (
    Kept("unconfirmed", "sign-ups and requests that nobody ever confirmed", 60, "the last contact with them", "the person is erased"),
    Kept("unmet", "people who asked, were never helped and offer nothing", 180, "the last contact with them", "the person is erased",
         "unmet_days"),
    Kept("people", "everybody else but agents", 730, "the last contact with them", "the person is erased", "people_days"),
    Kept("attempts", "traces of tries, as keyed hashes", 1 / 24, "the try", "deleted, by the next try or that day"),
    Kept("devices", "keyed hash of the device with which an account was made", 30, "it was made", "deleted", "flag_device_days"),
    Kept("drafts", "forms that somebody began", 2, "the last change", "deleted"),
    Kept("plans", "pairs of a round that an agent looked at and did not send", 1, "it was wanted", "the pairs are emptied"),
    Kept("messages", "words and address of messages, and the files of those that no server took", 90, "they were made",
         "emptied; that it was sent stays"),
    Kept("tasks", "words of tasks that are done", 90, "they were done", "emptied; that it was done stays"),
    Kept("notes", "what somebody wrote to the town hall by e-mail", 365, "it came in", "emptied; that somebody wrote stays"),
    Kept("incidents", "words of reports that are closed, and of the notes on them", 730, "they were closed",
         "emptied; what was decided stays"),
    Kept("flags", "patterns that a lead has looked at", 365, "they looked", "deleted"),
)  # fmt: skip
FOR_GOOD = (
    ("what happened (events), states, kinds of help, dates, territories", "names people by number only: figures and audit rest on it"),
    ("agents, territories, streets, the city's own words",
     "until an administrator takes them out; of agents who left, the name and whatever they did stay"),
)
INTRODUCTION = (
    "Written by `python -m app.retention` from the table in `app/retention.py`, by which the worker goes once a day; a test says when it",
    "is out of date. A request that stands is asked about long before (`NEED_DAYS`, then a week to answer), and ends without an answer.",
    "Contact is whatever a person does, or an agent does for them on the phone, at the counter or from a letter; an agreed match that goes",
    "on is contact too. What erasing leaves: [decision 30](decisions/0030-what-erasing-leaves.md).",
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
        yield f"| {each.what} | {_words(each.lasts(defaults))} | {each.since} | {setting} | {each.then} |"
    for what, why in FOR_GOOD:
        yield f"| {what} | stays | | | {why} |"


def _words(lasts: timedelta) -> str:
    hours = round(lasts.total_seconds() / 3600)
    number, unit = (lasts.days, "day") if lasts.days else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    print(page(), end="")
