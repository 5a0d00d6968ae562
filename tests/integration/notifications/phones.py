"""Text messages under the tests that every transport shares, which write to Zoé's e-mail address and look at what arrived as mail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage

from notifications.transport.base import Envelope, Mailbox, Prepare, Settle
from notifications.transport.sms import Gateway, SmsTransport
from tests.gateway import gateway


class ToPhones(SmsTransport):
    """Zoé has a number."""

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        to = Mailbox("+33639981234") if envelope.to.address == "zoe@example.net" else envelope.to
        super().send(replace(envelope, to=to), settle, prepare)


@contextmanager
def texting() -> Iterator[tuple[ToPhones, Callable[[], list[EmailMessage]]]]:
    """The transport to a gateway, and what arrived there."""
    with gateway() as server:
        transport = ToPhones(Gateway(f"http://127.0.0.1:{server.port}/sms", "secret", "Lyon"))
        yield transport, lambda: [_as_mail(id) for id in server.ids]
        transport.close()


def _as_mail(id: str) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = f"<{id}>"
    return message
