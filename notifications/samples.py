"""One message for each thing that can be said, with the variants that change the words: to read them all, and for the tests."""

import dataclasses
import datetime as dt
from typing import Any

from notifications import messages as m
from notifications.calendar import Invitation
from notifications.render import City, Ways
from notifications.topics import Topic, stopped_with

CITY = City("Lyon", "04 65 71 00 00", "Mo-Fr 09:00-17:00", "https://entraide.example.org", "Europe/Paris")
DEADLINE = dt.datetime(2026, 12, 1, 17, 30, tzinfo=dt.UTC)
ROOT = CITY.url
PAGE = f"{ROOT}/page/AAA"
YES, NO = f"{ROOT}/answer/YYY", f"{ROOT}/answer/NNN"
WHEN = "Mo-Fr 18:00-20:00; Sa 09:00-12:00,14:00-24:00"

VISIT = dt.datetime(2026, 12, 3, 9, 0, tzinfo=dt.UTC)
VISITS = f"{ROOT}/visits/VVV"
_entry = Invitation("match-12@example.org", 0, DEADLINE, VISIT, "entraide@example.org", "pharmacy", "Zoé", "12 rue des Tables, Lyon")
_meeting: dict[str, Any] = {"visit_at": VISIT, "code": "4711", "visits_url": VISITS, "invitation": _entry}
_reminder = m.VisitReminder("Zoé", "shopping", "in_person", "Anne", "06 39 98 56 78", "", VISIT, "4711", VISITS, _entry)
_moved = m.VisitMoved("Zoé", "shopping", "Anne", VISIT, VISIT + dt.timedelta(days=1, hours=5), 0, VISITS, _entry)
_skipped = m.VisitsSkipped(
    "Zoé", "shopping", "Anne", 1, VISIT, VISIT, VISIT + dt.timedelta(weeks=1), may_replace=True, visits_url=VISITS, invitation=_entry
)  # fmt: skip
_off = dataclasses.replace(_entry, sequence=3, whom="", location="", cancelled=True)

_proposal = m.ProposalToVolunteer("Anne", "shopping", "normal", "in_person", WHEN, "Croix-Rousse", 400, DEADLINE, YES, NO, PAGE)
_asked = m.ProposalToResident("Zoé", "shopping", "in_person", 400, DEADLINE, PAGE)
_accepted = m.AcceptedToResident("Zoé", "shopping", "in_person", 1200, DEADLINE, YES, NO, PAGE)
_contacts = m.AgreedToVolunteer(
    "Anne", "pharmacy", "in_person", WHEN, "Zoé Martin", "zoe@example.org", "06 39 98 12 34",
    "12 rue des Tables-Claudiennes, 69001 Lyon", "Code de l’immeuble : 1234.\nTroisième étage, à gauche.", PAGE, **_meeting,
)  # fmt: skip
_helper = m.AgreedToResident("Zoé", "pharmacy", "in_person", "", "Anne Durand", "anne@example.org", "06 39 98 56 78", PAGE, **_meeting)
_edited = m.NeedEdited(
    "Zoé", "shopping", "contact", "Votre numéro reste chez nous.", "Deux packs d’eau.\nTroisième étage.", CITY.phone, PAGE
)  # fmt: skip
_received = m.VolunteerReceived("Anne", PAGE, needs_approval=True)

_news = (m.NobodyYet("Zoé", "pets", PAGE), m.NeedClosed("Zoé", "shopping", "expired"), dataclasses.replace(_asked, category="paperwork"))
_items = tuple(m.Item(DEADLINE - dt.timedelta(days=3 - n, hours=n), message) for n, message in enumerate(_news))

SAMPLES: dict[str, m.Message] = {
    "confirm_need": m.ConfirmNeed("Zoé", "paperwork", f"{ROOT}/confirm/CCC", DEADLINE),
    "confirm_account": m.ConfirmAccount("Anne", f"{ROOT}/confirm/CCC", DEADLINE),
    "account_exists": m.AccountExists("Anne", f"{ROOT}/sign-in", f"{ROOT}/reset"),
    "reset_password": m.ResetPassword("", f"{ROOT}/reset/RRR", DEADLINE),
    "colleague_added": m.ColleagueAdded("Anne", f"{ROOT}/account/welcome/WWW", DEADLINE),
    **{f"account_changed_{what}": m.AccountChanged("Anne", what, f"{ROOT}/account/forgotten")
       for what in ("password", "phone_code", "recovery_codes", "email", "phone")},
    "sign_in_link": m.SignInLink("Anne", f"{ROOT}/sign-in/link/SSS", DEADLINE),
    "need_received": m.NeedReceived("Zoé", "conversation", PAGE),
    "need_received-read_first": m.NeedReceived("Zoé", "conversation", PAGE, read_first=True),
    "need_edited": _edited,
    "need_edited-all_taken_out": dataclasses.replace(_edited, why="other", words="", details=""),
    "need_refused": m.NeedRefused("Zoé", "small_repairs", "not_neighbours", "Un électricien doit venir.\nNous en connaissons.", CITY.phone),
    "need_refused-other": m.NeedRefused("Zoé", "small_repairs", "other", "", CITY.phone),
    "my_link": m.MyLink("Zoé", "paperwork", PAGE),
    "volunteer_received": _received,
    "volunteer_received-at_once": dataclasses.replace(_received, needs_approval=False),
    "volunteer_approved": m.VolunteerApproved("Anne", PAGE),
    "volunteer_approved-no_account": m.VolunteerApproved("Anne", ""),
    "proposal_to_volunteer": _proposal,
    "proposal_to_volunteer-urgent": dataclasses.replace(_proposal, urgency="urgent", category="pets", quartier="", distance_m=1200),
    "proposal_to_volunteer-flexible-remote": dataclasses.replace(
        _proposal, urgency="flexible", category="homework", mode="remote", distance_m=None, when=""
    ),
    "proposal_to_volunteer-weekly": dataclasses.replace(_proposal, weeks=1),
    "proposal_to_volunteer-one_day": dataclasses.replace(_proposal, at=VISIT),
    "proposal_to_resident": _asked,
    "proposal_to_resident-several": dataclasses.replace(_asked, number=3),
    "proposal_to_resident-remote": dataclasses.replace(_asked, category="conversation", mode="remote", distance_m=None),
    "accepted_to_resident": _accepted,
    "accepted_to_resident-remote": dataclasses.replace(_accepted, category="paperwork", mode="remote", distance_m=None),
    "accepted_to_volunteer": m.AcceptedToVolunteer("Anne", "small_repairs", DEADLINE),
    "agreed_to_volunteer": _contacts,
    "agreed_to_volunteer-remote": dataclasses.replace(
        _contacts, category="homework", mode="remote", address="", details="", other_email=""
    ),
    "agreed_to_volunteer-weekly": dataclasses.replace(_contacts, weeks=1),
    "agreed_to_resident": _helper,
    "agreed_to_resident-fortnightly": dataclasses.replace(_helper, weeks=2),
    "agreed_to_resident-remote": dataclasses.replace(_helper, category="conversation", mode="remote", other_phone=""),
    "visit_reminder": _reminder,
    "visit_reminder-volunteer": dataclasses.replace(_reminder, first_name="Anne", other_name="Zoé", address="12 rue des Tables, Lyon"),
    "visit_reminder-remote": dataclasses.replace(_reminder, mode="remote", other_phone=""),
    "visit_moved": _moved,
    "visit_moved-onward": dataclasses.replace(_moved, weeks=1),
    "visits_skipped": _skipped,
    "visits_skipped-several": dataclasses.replace(
        _skipped, number=3, last_at=VISIT + dt.timedelta(weeks=2), next_at=VISIT + dt.timedelta(weeks=3), may_replace=False
    ),
    "visits_off": m.VisitsOff("Anne", "shopping", VISIT, _off),
    **{
        f"match_ended_to_volunteer-{why}": m.MatchEndedToVolunteer("Anne", "accompaniment", why)
        for why in ("withdrawn", "changed", "resident_declined", "expired", "backed_out", "settled", "called_off")
    },
    **{f"search_goes_on-{why}": m.SearchGoesOn("Zoé", "small_repairs", why, PAGE) for why in ("backed_out", "unanswered")},
    "how_was_it-resident": m.HowWasIt("Zoé", "shopping", "Anne", "resident", False, PAGE),
    "how_was_it-volunteer-again": m.HowWasIt("Anne", "shopping", "Zoé", "volunteer", True, PAGE),
    "not_done": m.NotDone("Zoé", "small_repairs", PAGE),
    "outcome_to_agent-done": m.OutcomeToAgent("Claire", "pharmacy", "done", 12, PAGE),
    "outcome_to_agent-not_done": m.OutcomeToAgent("Claire", "pharmacy", "not_done", 12, PAGE),
    "still_needed": m.StillNeeded("Zoé", "paperwork", DEADLINE, PAGE),
    "still_helping": m.StillHelping("Anne", DEADLINE, f"{ROOT}/still-helping/TOKEN"),
    "no_need_near_you": m.NoNeedNearYou("Anne", 3000, 4, "pets", 5, PAGE),
    "no_need_near_you-nothing": m.NoNeedNearYou("Anne", 0, 0, "", 0, PAGE),
    "nobody_yet": m.NobodyYet("Zoé", "pets", PAGE),
    "nobody_yet-for_one_day": m.NobodyYet("Zoé", "pets", PAGE, VISIT),
    "need_paused": m.NeedPaused("Zoé", "shopping", PAGE),
    "many_looks": m.ManyLooks("Alain", "Claire Petit", f"{ROOT}/coordination/team/7"),
    "something_reported": m.SomethingReported("Claire", f"{ROOT}/coordination/incidents/7", named=True),
    "something_reported-nobody_named": m.SomethingReported("Alain", f"{ROOT}/coordination/leads", named=False),
    "volunteer_paused": m.VolunteerPaused("Anne", CITY.phone),
    "volunteer_back": m.VolunteerBack("Anne", PAGE),
    "need_closed-withdrawn": m.NeedClosed("Zoé", "shopping", "withdrawn"),
    "need_closed-called_off": m.NeedClosed("Zoé", "shopping", "called_off"),
    "need_closed-expired": m.NeedClosed("Zoé", "shopping", "expired"),
    "digest": m.Digest("Zoé", _items),
    "digest-one": m.Digest("Zoé", _items[:1]),
}


SAMPLES = {
    name: each if each.kind in m.OF_NO_MATCH else dataclasses.replace(each, report_url=f"{ROOT}/report/PPP")
    for name, each in SAMPLES.items()
}


def ways(topic: Topic) -> Ways | None:
    """The links at the end of a message."""
    if topic is Topic.ACCOUNT:
        return None
    return Ways(f"{ROOT}/messages/WWW", f"{ROOT}/unsubscribe/SSS" if stopped_with(topic) else "")
