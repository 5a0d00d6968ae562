"""Delivery reports: those of RFC 3464, and those that mail servers write as they please.

A report is about one message with one recipient, since ours have no more; whose it was is for the caller to know from the message, not
from the address in the report, which may be another (mail that is passed on) and can be forged.
"""

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum

from notifications.inbound.parts import header, inside, parts, text_of


class Outcome(StrEnum):
    """What a report says became of the message, the last wins over those before it."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    """It is still being tried."""
    FAILED = "failed"
    """It did not arrive, and the address is not to blame: taken for spam, too large, given up after days."""
    FULL = "full"
    """It did not arrive: the mailbox is full."""
    GONE = "gone"
    """It did not arrive, and nothing will: there is no such mailbox or no such domain."""


@dataclass(frozen=True)
class Bounce:
    """``status`` is the code of RFC 3463 (``5.1.1``); empty where none is said."""

    outcome: Outcome
    status: str = ""


_DAEMON = re.compile(r"(?:mailer-?daemon|mail-?daemon|postmaster|microsoftexchange[0-9a-f]+)(?:@|$)", re.IGNORECASE)
_DAEMONS_NAME = re.compile(r"mail delivery|delivery subsystem|system administrator|administrateur système", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_COPY = re.compile(
    r"^(?:-{2,}.{0,40}\b(?:copy|original|message|below)\b.*|Return-Path:.*|Received: .*|(?:From|De|Message-ID) ?: .*)$",
    re.IGNORECASE | re.MULTILINE,
)
_FULL = re.compile(
    r"mailbox (?:is )?(?:full|size limit)|(?:over|exceed\w*|out of)[\w ']{0,20} quota|quota[\w ]{0,20} exceed|exceeded storage|"
    r"mailbox over|bo[iî]te (?:aux lettres|de réception|mail)? ?(?:est )?pleine|quota (?:est )?(?:dépassé|atteint)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"user ?(?:is )?unknown|unknown (?:user|recipient|address|mailbox|local)|no such (?:user|mailbox|recipient|address|person|domain)|"
    r"no mailbox (?:here )?by that name|mailbox (?:is )?(?:unavailable|not found|disabled|inactive)|invalid (?:recipient|mailbox)|"
    r"(?:user|account|mailbox|address|recipient|domain)[^\n]{0,60}(?:does ?n[o'’]t|do ?n[o'’]t|not) exist|unrouteable (?:mail )?address|"
    r"recipient (?:address )?(?:rejected: access denied|not found)|account (?:has been |is )?(?:disabled|closed|inactive)|"
    r"host or domain name not found|domain name not found|couldn't find any host|"
    r"address (?:could ?n[o'’]t be|was ?n[o'’]t|not) found|address not found|"
    r"(?:adresse|utilisateur|destinataire|compte|bo[iî]te)[^\n]{0,40}(?:inconnue?|introuvable|inexistante?|n['’]existe pas|désactivée?)",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"spam|block ?list|black ?list|blocked|reputation|\bpolicy\b|dmarc|\bspf\b|dkim|virus|relay(?:ing)? denied|too large|size limit",
    re.IGNORECASE,
)
_STILL_TRIED = re.compile(
    r"delivery (?:is |has been |status notification \()?delay|delayed|not yet been delivered|still being (?:re)?tried|"
    r"will (?:continue to be|be|keep|continue)[\w ]{0,10}(?:try|tri)|warning message only|do not need to resend|retard|"
    r"nouvelles tentatives|pas encore (?:été|pu)",
    re.IGNORECASE,
)
_NOT_DELIVERED = re.compile(
    r"undeliver|returned mail|mail delivery failed|delivery (?:status notification \(failure|has failed|failure|failed|to the following)|"
    r"(?:could ?n[o'’]t|can ?not|can['’]t|was ?n[o'’]t|unable to|not able to|wasn't able to|did not)\s[\w\s]{0,12}(?:deliver|reach)|"
    r"permanent(?:ly)? (?:fatal )?(?:error|fail)|non[ -](?:remis|distribu|délivr)|échec|"
    r"n['’](?:a|ont)\s+(?:pas\s+)?(?:pas|pu)\s+(?:être\s+|été\s+)?(?:remis|distribu|délivr|livré|envoyé)|"
    r"impossible de (?:remettre|distribuer|délivrer)",
    re.IGNORECASE,
)


def report_of(message: Message) -> Bounce | None:
    """What ``message`` reports of a delivery; ``None`` where it is no report, or one that says nothing that we understand."""
    blocks = [block for part in parts(message) if part.get_content_type() == "message/delivery-status" for block in inside(part)]
    told = [bounce for block in blocks if (bounce := _of_block(block))]
    if told:
        return max(told, key=lambda bounce: list(Outcome).index(bounce.outcome))
    failed = "X-Failed-Recipients" in message
    if not (failed or is_daemon(message)):
        return None
    said = " ".join(_COPY.split(text_of(message)[:20_000], maxsplit=1)[0].split())
    words = f"{header(message, 'Subject')}\n{said}"
    if _STILL_TRIED.search(words):
        return Bounce(Outcome.DELAYED, _status(said))
    return _of_failure("", said) if failed or _NOT_DELIVERED.search(words) else None


def is_daemon(message: Message) -> bool:
    """Whether a mail server wrote it."""
    name, address = parseaddr(header(message, "From"))
    return bool(_DAEMON.match(address) or _DAEMONS_NAME.search(name))


def _of_block(block: Message) -> Bounce | None:
    """One block of a report; ``None`` for the one about the message as a whole."""
    action, status = header(block, "Action").strip().lower(), _status(header(block, "Status"))
    if not action and not status:
        return None
    if action.startswith(("delivered", "relayed", "expanded")) or (not action and status.startswith("2")):
        return Bounce(Outcome.DELIVERED, status)
    if action.startswith("delayed") or (not action and status.startswith("4")):
        return Bounce(Outcome.DELAYED, status)
    return _of_failure(status, header(block, "Diagnostic-Code"))


def _of_failure(status: str, said: str) -> Bounce:
    """What a failure means for the address: the code where it says more than "something", else the words."""
    if not status or status.endswith(".0.0"):
        status = _status(said) or status
    if status.endswith(".2.2") or _FULL.search(said):
        return Bounce(Outcome.FULL, status)
    if status.startswith("4") or status.startswith("5.7.") or status in ("5.1.7", "5.1.8"):  # the last two are of the sender's address
        named = status.startswith("5.7.") and _NOBODY.search(said) and not _POLICY.search(said)
        return Bounce(Outcome.GONE if named else Outcome.FAILED, status)
    gone = status.startswith("5.1.") or status in ("5.2.1", "5.4.1", "5.4.4", "5.4.310")
    return Bounce(Outcome.GONE if gone or (_NOBODY.search(said) and not _POLICY.search(said)) else Outcome.FAILED, status)


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[0] if found else ""
