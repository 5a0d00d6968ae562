"""What people told the city about a match, a request, an offer or themselves."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import Base
from notifications.types import UTCDateTime


class Note(Base):
    """Words that came in. ``person_id`` is whom we had written to, as far as it is known; ``sender`` is the address that it came from,
    which anybody can pretend to have. ``attachments`` are their names, one a line: they are not kept. It is read on its task's page.
    """

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    channel: Mapped[str] = mapped_column(String(10))
    sender: Mapped[str] = mapped_column(EncryptedText("note.sender"))
    subject: Mapped[str] = mapped_column(EncryptedText("note.subject"))
    text: Mapped[str] = mapped_column(EncryptedText("note.text"))
    attachments: Mapped[str] = mapped_column(EncryptedText("note.attachments"))
    task_id: Mapped[int] = mapped_column(ForeignKey("agent_task.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"), index=True)
