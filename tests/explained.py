"""Which event explains which message: nothing is said, by mail or by an agent, that nothing has brought about."""

from collections import defaultdict

from app.models import Event, Task
from tests.city import City

BECAUSE_OF = {
    "confirm_need": {"need_posted"}, "need_received": {"need_open", "need_read"}, "proposal_to_volunteer": {"match_proposed"},
    "proposal_to_resident": {"match_proposed", "need_asked"}, "accepted_to_resident": {"match_accepted"},
    "accepted_to_volunteer": {"match_accepted"}, "agreed_to_volunteer": {"match_agreed"}, "agreed_to_resident": {"match_agreed"},
    "match_ended_to_volunteer": {"match_cancelled", "match_declined", "match_expired"},
    "search_goes_on": {"match_cancelled", "match_expired"}, "nobody_yet": {"nobody_found"}, "need_paused": {"need_paused"},
    "need_closed": {"need_withdrawn", "need_expired"}, "how_was_it": {"outcome_asked"}, "not_done": {"match_closed"},
    "outcome_to_agent": {"match_closed"}, "still_needed": {"still_needed_asked"}, "no_need_near_you": {"no_need_told"},
    "still_helping": {"still_helping_asked"},
    "visit_reminder": {"visit_reminded"}, "visit_moved": {"visit_moved"}, "visits_skipped": {"visit_skipped"},
    "visits_off": {"visit_skipped"}, "need_edited": {"need_edited"}, "need_refused": {"need_refused"},
}  # fmt: skip
"""By kind of message."""
OF_ACCOUNTS = {
    "confirm_account", "account_exists", "reset_password", "account_changed", "colleague_added", "sign_in_link",
    "my_link", "volunteer_received", "volunteer_approved",
}  # fmt: skip


def unexplained(city: City) -> list[str]:
    """The messages, and calls in their place, without an event of the same moment about the same thing."""
    happened: dict[object, set[str]] = defaultdict(set)
    needs = {}
    for event in city.all(Event):
        for name in ("need", "offer", "match"):
            if (number := getattr(event, f"{name}_id")) is not None:
                happened[event.at, f"{name}:{number}"].add(event.kind)
        if event.match_id is not None and event.need_id is not None:
            needs[f"match:{event.match_id}"] = f"need:{event.need_id}"
    said = [(row.kind, row.about.split("/")[:-1], row.created_at) for row in city.outbox()]
    for task in city.all(Task):
        if task.kind == "tell":
            things = {"match": task.match_id, "need": task.need_id, "offer": task.offer_id}
            said.append((task.reason, [f"{name}:{number}" for name, number in things.items() if number], task.created_at))
    wrong = []
    for kind, about, at in said:
        known = {kind for thing in about for kind in happened[at, thing] | happened[at, needs.get(thing)]}
        if kind not in OF_ACCOUNTS and not known & BECAUSE_OF[kind]:
            wrong.append(f"{kind} about {'/'.join(about)} at {at:%d %H:%M}: only {sorted(known)}")
    return wrong
