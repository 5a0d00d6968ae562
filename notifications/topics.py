"""What messages are about, as far as it decides whether and when they are sent."""

from enum import StrEnum


class Topic(StrEnum):
    ACCOUNT = "account"
    """Somebody waits for it: it answers what they have just done, or is theirs to know at any hour."""
    MATCH = "match"
    """What a running match needs: questions, contacts, changes, endings."""
    REQUESTS = "requests"
    """A volunteer is asked whether they help."""
    PROGRESS = "progress"
    """How a request goes on, where there is nothing to do."""
    NEWS = "news"
    """Everything else, such as advice."""
    DIGEST = "digest"
    """Messages of the two before in one."""


CAN_STOP = frozenset({Topic.REQUESTS, Topic.PROGRESS, Topic.NEWS})
"""What somebody may do without."""
CAN_WAIT = frozenset({Topic.PROGRESS, Topic.NEWS})
"""What may come later, bundled in a digest."""


def stopped_with(topic: Topic) -> frozenset[Topic]:
    """What no longer comes for whoever stops a message of ``topic``; nothing where nobody can do without it."""
    return CAN_WAIT if topic is Topic.DIGEST else CAN_STOP & {topic}
