"""What the town hall has made of a request that it has read, to its writer. ``words`` are an agent's own, perhaps none; ``phone`` is
whom to call about it."""

from dataclasses import dataclass
from typing import Literal

from notifications.message import Message
from notifications.topics import Topic

EditReason = Literal["contact", "price", "health", "code", "link", "insult", "name", "other"]
RefusalReason = Literal["paid", "not_neighbours", "unsafe", "rude", "advert", "twice", "other"]


@dataclass(frozen=True)
class NeedEdited(Message):
    """``details`` is what the volunteer reads now, perhaps nothing any more."""

    kind = "need_edited"
    topic = Topic.MATCH
    category: str
    why: EditReason
    words: str
    details: str
    phone: str
    my_page_url: str


@dataclass(frozen=True)
class NeedRefused(Message):
    kind = "need_refused"
    topic = Topic.MATCH
    category: str
    why: RefusalReason
    words: str
    phone: str
