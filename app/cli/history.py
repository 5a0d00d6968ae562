"""What two spreadsheets say of the past: how often volunteers were asked, how they answered, how long needs have waited."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.cli.pairing import need_of, offer_of
from app.sheets.posts import NeedRow, OfferRow
from matching.model import Id, Need, Offer
from matching.policy import Past, Record


class History:
    """Notes the past of each row that becomes an offer or a need, as it is at ``now``."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._records: dict[Id, Record] = {}
        self._waiting: dict[Id, float] = {}

    def offer_of(self, row: OfferRow, lon: float, lat: float) -> Offer:
        since = None if row.last_asked_at is None else self._days(row.last_asked_at)
        self._records[row.reference] = Record(since, row.asked_7, row.asked_30, row.answered, row.yes)
        return offer_of(row, lon, lat)

    def need_of(self, row: NeedRow, lon: float, lat: float) -> Need:
        if row.posted_at is not None:
            self._waiting[row.reference] = self._days(row.posted_at)
        return need_of(row, lon, lat)

    def _days(self, moment: datetime) -> float:
        return max(0.0, (self._now - moment) / timedelta(days=1))

    def past(self) -> Past:
        """A spreadsheet knows no quartiers: nearby are all its offers."""
        asked = sum(record.asked_30 for record in self._records.values()) / max(1, len(self._records))
        return Past({offer: replace(record, nearby_30=asked) for offer, record in self._records.items()}, self._waiting)
