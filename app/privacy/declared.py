"""Whose data, what and why; who sees it; which other machines get some of it; how each right is used.

The public page and the impact assessment (``python -m app.privacy``) are made from it; tests say when a table, a setting that names
another machine, or a permission has no entry here. How long each kind is kept: :mod:`app.retention`; what erasing leaves:
:mod:`app.services.erasure`.
"""

from dataclasses import dataclass

from app.i18n import N_
from app.permissions import Permission
from notifications.topics import Topic


@dataclass(frozen=True)
class Data:
    """``whose``, ``what`` and ``why`` are for everybody to read; ``tables`` is where it lies."""

    whose: str
    what: str
    why: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Sees:
    """``who`` reads something and what that is, as one sentence; ``held_by`` is the code that lets no one see more."""

    who: str
    what: str
    held_by: tuple[str, ...]


@dataclass(frozen=True)
class Outside:
    """Another machine, where ``setting`` names one, and what it gets. ``said`` is for the public; empty where everybody knows."""

    setting: str
    who: str
    gets: str
    said: str = ""


@dataclass(frozen=True)
class Right:
    """A right by its articles of the GDPR, and ``how`` it is used, at which addresses."""

    articles: str
    name: str
    how: str
    at: tuple[str, ...]


RESIDENTS, VOLUNTEERS, EVERYBODY, AGENTS = N_("Residents"), N_("Volunteers"), N_("Everybody"), N_("Agents of the town hall")
DATA = (
    Data(RESIDENTS, N_("Name, how to reach you, address, kind of help, when, how urgent, languages, what you wrote; for homework help "
                       "the school level"),
         N_("To find a volunteer and to tell you how things stand"), ("person", "need", "draft")),
    Data(N_("Whoever asks for somebody else"), N_("Your name and phone number"), N_("To call you if that was wished"), ("need", "draft")),
    Data(VOLUNTEERS, N_("Name, e-mail address, phone number if given, address, what you offer, how far or where, and when, languages, a "
                        "password that cannot be read"),
         N_("To ask you when somebody near you needs it"), ("person", "offer", "draft")),
    Data(VOLUNTEERS, N_("Which charter you accepted, that you are 16 or older, when and by whom you were accepted"), N_("For the city’s "
         "insurance"),
         ("person",)),
    Data(VOLUNTEERS, N_("Which of your papers the town hall has seen, and on which day; never the papers themselves"),
         N_("So that whoever needs it meets somebody who was checked"), ("person_check",)),
    Data(EVERYBODY, N_("What was done with a request or an offer and when; the messages that were sent, and what you wrote to us by "
                       "e-mail"),
         N_("To answer your questions and to see that all went right"),
         ("match", "visit", "outcome", "plan", "agent_task", "note", "event", "event_seal", "notification_outbox", "notification_wishes",
          "notification_suppressed_address", "notification_received")),
    Data(EVERYBODY, N_("Which version of this page you were shown, and who of the town hall has looked at your data, when and why"),
         N_("So that you can see it, and the city can prove it"), ("person", "event")),
    Data(EVERYBODY, N_("Whom you never want to meet again; that two entries are of one person, or of two"),
         N_("So that two people are not brought together, and nobody is taken for somebody else"), ("block", "merge", "not_same", "alike")),
    Data(EVERYBODY, N_("What was reported, in the words of whoever reported it, and what was decided"), N_("For everybody’s safety"),
         ("incident", "incident_entry")),
    Data(EVERYBODY, N_("What is counted to notice abuse: many times a yes taken back, many refusals, many accounts from one device"),
         N_("For everybody’s safety"), ("flag", "device")),
    Data(EVERYBODY, N_("Where you are signed in; traces of tries, which cannot be read as addresses"), N_("So that nobody else gets in"),
         ("sign_in", "attempt")),
    Data(AGENTS, N_("Name, e-mail address, what they may do and see, the secret of their second factor, what they did"),
         N_("So that only whom the city let in gets in, and it can be seen who did what"),
         ("person", "person_territory", "safety_lead", "referent", "presence", "wording", "sign_in", "second_factor", "recovery_code",
              "event")),
)  # fmt: skip
SEES = (
    Sees(N_("Volunteer who is asked"), N_("Before anybody has said yes, a volunteer sees the kind of help, the quartier, about how far "
                                          "it is and when. No name, no address, no phone number."),
         ("notifications/messages.py", "tests/functional/services/test_public_location.py")),
    Sees(N_("Resident who waits"), N_("Before anybody has said yes, a resident sees only about how far away the volunteer lives."),
         ("notifications/messages.py", "tests/functional/services/test_public_location.py")),
    Sees(N_("The two who agreed"), N_("Once both have said yes, each sees the other’s first name, e-mail address and phone number. The "
                                      "volunteer also sees what the resident wrote and, to come to them, the address."),
         ("app/services/matches.py", "tests/functional/services/test_the_way_of_a_need.py")),
    Sees(N_("The two who agreed"), N_("If you chose to give your contact details to the volunteer who accepts, the volunteer’s yes is "
                                      "enough."),
         ("app/services/matches.py", "tests/functional/services/test_the_way_of_a_need.py")),
    Sees(N_("Coordinators"), N_("Coordinators of the town hall see the requests and offers of their area. When they open names, "
                                "addresses or texts, it is written down with the time and the reason."),
         ("app/services/sight.py", "app/services/details.py", "tests/functional/doors/test_grid.py")),
    Sees(N_("Safeguarding leads"), N_("Only those in charge of safety at the town hall read what was reported, and each reading is "
                                      "written down."),
         ("app/services/incidents.py", "tests/functional/doors/test_incidents.py")),
    Sees(N_("The public"), N_("Points on a map are never the true ones: they are drawn some hundred metres away."),
         ("matching/geo.py", "tests/functional/services/test_public_location.py")),
    Sees(N_("The public"), N_("Figures for everybody are shown only when at least five people stand behind them."),
         ("app/services/figures.py", "app/services/cells.py")),
)  # fmt: skip
OUTSIDE = (
    Outside("database_url", N_("The database’s machine"), N_("everything, names, contacts, addresses and texts sealed")),
    Outside("mail_server", N_("The mail server"), N_("address, name and words of each e-mail")),
    Outside("mail_imap_server", N_("The mailbox’s machine"), N_("what people write by e-mail")),
    Outside("sms_url", N_("The gateway of text messages"), N_("the number and the words of each text message: no address, no surname"),
            N_("Whoever chose text messages gets them through a provider’s service: it sees the number and the message, and the message "
               "has no address and no surname.")),
    Outside("geocoder", N_("France’s national address service"), N_("an address to look up, never a name"),
            N_("To put an address on the map we ask France’s national address service: it gets the address, never your name.")),
    Outside("proconnect_issuer", N_("ProConnect, with which agents may sign in"), N_("that an agent signs in, and when")),
    Outside("map_tiles", N_("The maps’ background"), N_("the reader’s address on the internet and the part of the map"),
            N_("Where a page shows a map, its background comes from %(host)s. That service sees your device’s address on the internet "
               "and the part of the map, nothing of your request.")),
)  # fmt: skip
RIGHTS = (
    Right("13, 14", N_("to be informed"), N_("the notice at the end of each form, read aloud on the phone, printed on letters and "
                                             "leaflets; the public page"),
          ("/privacy",)),
    Right("15", N_("of access"), N_("the page of one’s data, with each look at it"), ("/request/<token>/data", "/me/data")),
    Right("16", N_("to rectification"), N_("at once, on the pages of the request and of the offer; the name and the e-mail address by an "
                                                  "agent, on the phone or at the counter"),
          ("/request/<token>/change/<what>", "/me/offers/<offer_id>/<step>", "/coordination/people/<person_id>/correct")),
    Right("17", N_("to erasure"), N_("at once, or by itself as soon as what it waits for is over; through an agent too"),
          ("/request/<token>/erase", "/me/data/erase", "/coordination/people/<person_id>/erase")),
    Right("18", N_("to restriction"), N_("a pause: nothing more is asked of anybody, all stays as it is"), ("/request/<token>/<move>",
         "/me/duty")),
    Right("20", N_("to portability"), N_("a copy, as a table or for another service; through an agent too"),
          ("/request/<token>/data/copy.<form>", "/me/data/copy.<form>", "/coordination/people/<person_id>/copy.<form>")),
    Right("21", N_("to object"), N_("withdraw the request or the offer; stop messages by their link"),
          ("/request/<token>/<move>", "/me/offers/<offer_id>/withdraw", "/messages/<token>", "/unsubscribe/<token>")),
    Right("22", N_("not to be decided about by a machine"), N_("the programme proposes; both sides say yes or no, and an agent may ask "
         "somebody else"), ()),
)  # fmt: skip
PERMISSIONS = {
    Permission.PUBLIC: N_("everybody"), Permission.LINK: N_("whoever holds a signed link, for the one thing that it is for"),
    Permission.SIGNED_IN: N_("whoever has signed in, their own affairs"),
    Permission.AGENT: N_("callers, moderators, coordinators and administrators: the lists and pages of the territories that are theirs"),
    Permission.CALL: N_("callers, coordinators and administrators: exact data of one person, by a look that is written down"),
    Permission.MODERATE: N_("moderators, coordinators and administrators: words that wait to be read, and new offers"),
    Permission.COORDINATE: N_("coordinators and administrators: pairs by hand, merges, copies, files of figures"),
    Permission.DATA: N_("the data protection officer and administrators: numbers for the whole city, no person"),
    Permission.LEAD: N_("safeguarding leads, the territories that they were given for"),
    Permission.ADMINISTRATOR: N_("administrators"), Permission.DEMO: N_("everybody, in the demonstration alone"),
}  # fmt: skip
TOPICS = {
    Topic.ACCOUNT: N_("sign-ups, confirmations, links"), Topic.MATCH: N_("what a match needs"), Topic.REQUESTS: N_("questions to "
         "volunteers"),
    Topic.PROGRESS: N_("how a request goes on"), Topic.NEWS: N_("advice and other news"), Topic.DIGEST: N_("several messages in one"),
}  # fmt: skip
