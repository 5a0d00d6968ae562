"""What a message that came in is: a delivery report, a robot's answer or what somebody wrote.

:func:`read` takes any bytes and never raises: mail is written by strangers, by old programmes and by both at once.
"""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

from notifications.inbound.parts import clean, every_part, header, parts, text_of
from notifications.inbound.report import Bounce, is_daemon, report_of
from notifications.inbound.writing import LONGEST, attachments, own_words

MOST_BYTES = 10_000_000
"""What comes after is not looked at: texts stand before attachments."""
_MOST_IDS = 50
_SENT_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,120}@[^<>\s@]{1,120}>")
_ADDRESS = re.compile(r"[A-Za-z0-9._+=-]{1,64}@[A-Za-z0-9.-]{1,190}")
_RETURNED = re.compile(r"^(?:Message-ID|Reply-To|Return-Path|X-Original-Sender):(.{1,500})", re.IGNORECASE | re.MULTILINE)
_ROBOT_HEADERS = ("X-Autoreply", "X-Auto-Reply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply", "X-FC-MachineGenerated")
_ROBOT_SUBJECT = re.compile(
    r"\s*(?:re ?: *)?(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|"
    r"vacation (?:reply|response)|r[ée]ponse automatique|r[ée]pondeur automatique|"
    r"absen(?:ce|te?) (?:du|de mon|au) bureau|(?:message|notification|avis) d['’]absence)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class AutoReply:
    """A robot's: out of office, a receipt that says it was read. Nobody wrote it and nobody needs to read it."""


@dataclass(frozen=True)
class Answer:
    """What somebody wrote: without what they quote where that is plain, ``LONGEST`` characters at most. ``sender`` may be empty.

    ``doubtful``: from a list, marked as spam or from a mail server that says something we do not understand. It is worth somebody's time
    only where it answers a message of ours.
    """

    sender: str
    subject: str
    text: str
    attachments: tuple[str, ...] = ()
    doubtful: bool = False


@dataclass(frozen=True)
class Received:
    """``fingerprint`` is the same for the same message, whichever way it came. ``sent_to`` are the addresses and ``ids`` the Message-IDs
    that may tell which message of ours it is about, the most telling first."""

    fingerprint: str
    sent_to: tuple[str, ...]
    ids: tuple[str, ...]
    content: Bounce | AutoReply | Answer


def read(raw: bytes, recipient: str = "") -> Received:
    """``recipient`` is the envelope's, where the mail server says it."""
    raw = raw[:MOST_BYTES].replace(b"\r\n", b"\n")
    try:
        message = message_from_bytes(raw, policy=policy.compat32)  # the newer policy raises at many a header
        content = _content(message)
        bounced = isinstance(content, Bounce)
        return Received(_fingerprint(message, raw), _sent_to(message, recipient, bounced), _ids(message, bounced), content)
    except Exception:  # the parser has its limits (a thousand parts within each other, say): somebody reads it as it came
        text = clean(raw[:LONGEST].decode("utf-8", "replace"))
        return Received(hashlib.sha256(raw).hexdigest(), (recipient,) if recipient else (), (), Answer("", "", text, doubtful=True))


def _content(message: Message) -> Bounce | AutoReply | Answer:
    if bounce := report_of(message):
        return bounce
    daemon = is_daemon(message)
    if _is_robot(message) and not daemon:
        return AutoReply()
    sender = next((address for _, address in getaddresses([header(message, "From")]) if "@" in address), "")
    spam = any(header(message, name).strip().lower().startswith("yes") for name in ("X-Spam-Flag", "X-Spam-Status", "X-Spam"))
    from_list = any(name in message for name in ("List-Id", "List-Unsubscribe", "List-Post"))
    return Answer(
        clean(sender)[:254], clean(header(message, "Subject"))[:200].strip(), own_words(text_of(message)), attachments(message),
        doubtful=daemon or spam or from_list,
    )  # fmt: skip


def _is_robot(message: Message) -> bool:
    """RFC 3834, and those who answered before it."""
    submitted = header(message, "Auto-Submitted").strip().lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or any(header(message, name).strip().lower() not in ("", "no", "false") for name in _ROBOT_HEADERS)
        or header(message, "Precedence").strip().lower() in ("auto_reply", "bulk", "junk")
        or header(message, "Return-Path").strip() == "<>"
        or message.get_content_type() == "multipart/report"
        or _ROBOT_SUBJECT.match(header(message, "Subject")) is not None
    )


def _sent_to(message: Message, recipient: str, bounced: bool) -> tuple[str, ...]:
    named = [recipient] if recipient else []
    named += [address for _, address in getaddresses([header(message, name) for name in _SENT_TO]) if "@" in address]
    if bounced:
        named += [address for line in _returned(message) for address in _ADDRESS.findall(line)]
    return tuple(dict.fromkeys(clean(address) for address in named))[:_MOST_IDS]


def _ids(message: Message, bounced: bool) -> tuple[str, ...]:
    lines = [header(message, "In-Reply-To"), header(message, "References", longest=8000)]
    if bounced:
        lines += _returned(message)
    found = [each for line in lines for each in reversed(_MESSAGE_ID.findall(line))]  # the last reference is what was answered
    return tuple(dict.fromkeys(found))[:_MOST_IDS]


def _returned(message: Message) -> list[str]:
    """The telling lines of the message that a report gives back: as a part, as headers alone, or as text."""
    lines = []
    for part in every_part(message):
        if part is not message:
            lines += [header(part, name) for name in ("Message-ID", "Reply-To", "Return-Path") if name in part]
    for part in parts(message):
        if part.get_content_maintype() in ("text", "message") and not part.is_multipart():
            lines += _RETURNED.findall(text_of(part, any_text=True))
    return lines


def _fingerprint(message: Message, raw: bytes) -> str:
    body = raw.partition(b"\n\n")[2].strip()
    named = [header(message, name).strip() for name in ("Message-ID", "From", "To", "In-Reply-To", "Date", "Subject")]
    return hashlib.sha256("\n".join(named).encode("utf-8", "replace") + b"\n\n" + body).hexdigest()
