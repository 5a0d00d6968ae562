"""Who reads what is to be read first."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Referent(Base):
    """An agent to whom the requests to read of a category and of a territory (with all below it) belong; ``None`` is every one."""

    __tablename__ = "referent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    category: Mapped[str | None] = mapped_column(String(40))
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
