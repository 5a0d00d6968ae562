"""An envelope as the bytes that travel: the same for every transport."""

import re
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any

from notifications.transport.base import Envelope, Mailbox, Permanent


class _Whole(UnstructuredHeader, BaseHeader):
    """A header on one line however long it is: an address of the web that is folded or encoded is none any more."""

    def fold(self, *, policy: "Policy[Any]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Whole)
_POLICY = SMTP.clone(header_factory=_headers)


def compose(envelope: Envelope, sender: Mailbox) -> EmailMessage:
    """The whole message, in ASCII with text and HTML parts. Raises ``Permanent`` for what is no address."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender)
    message["To"] = _address(envelope.to)
    if envelope.reply_to:
        message["Reply-To"] = Address(addr_spec=envelope.reply_to)
    message["Subject"] = envelope.subject
    message["Date"] = envelope.date
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: robots shall not answer
    for name, value in envelope.headers.items():
        message[name] = value
    message.set_content(envelope.text, cte="quoted-printable")
    message.add_alternative(envelope.html, subtype="html", cte="quoted-printable")
    if envelope.calendar:
        content, method = envelope.calendar.content, envelope.calendar.method
        message.add_alternative(content.decode(), subtype="calendar", cte="base64", params={"method": method})
        message.add_attachment(content, maintype="application", subtype="ics", filename="visit.ics")
    return message


def address_on_the_wire(mailbox: Mailbox) -> str:
    """``mailbox``'s address as SMTP wants it: an international domain in its ASCII form."""
    return _address(mailbox).addr_spec


def _address(mailbox: Mailbox) -> Address:
    local, _, domain = mailbox.address.rpartition("@")
    if not (local.isascii() and local.isprintable() and local and domain) or re.search(r'[\s<>"(),:;\\]', mailbox.address):
        raise Permanent("not an address that can be written to")
    # Of a name only letters and what holds them together: the rest could be read as a second address by some program.
    name = " ".join(re.sub(r"[^\w .'’-]", " ", mailbox.name).split())
    try:
        return Address(name, username=local, domain=domain.encode("idna").decode("ascii"))
    except (UnicodeError, ValueError, IndexError, MessageError):
        raise Permanent("not an address that can be written to") from None
