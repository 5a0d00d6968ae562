"""What is said when somebody has reported a problem. Nothing in these says who reported what of whom."""

from dataclasses import dataclass

from notifications.message import Message
from notifications.topics import Topic


@dataclass(frozen=True)
class SomethingReported(Message):
    """To the safeguarding lead, at any hour; where nobody is ``named``, to an administrator, with the link to name somebody."""

    kind = "something_reported"
    topic = Topic.ACCOUNT
    incident_url: str
    named: bool


@dataclass(frozen=True)
class ManyLooks(Message):
    """To an administrator: ``agent`` looks people up more often than any work asks for."""

    kind = "many_looks"
    topic = Topic.ACCOUNT
    agent: str
    agent_url: str


@dataclass(frozen=True)
class VolunteerPaused(Message):
    """Nothing is asked of a volunteer until the town hall has clarified something; ``phone`` is whom to call."""

    kind = "volunteer_paused"
    topic = Topic.MATCH
    wakes = False
    phone: str


@dataclass(frozen=True)
class VolunteerBack(Message):
    """It is clarified, and the volunteer may be asked again."""

    kind = "volunteer_back"
    topic = Topic.MATCH
    wakes = False
    my_page_url: str
