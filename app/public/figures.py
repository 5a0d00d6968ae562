"""The figures of the home page in the reader's words."""

from datetime import timedelta

from flask_babel import format_decimal, format_timedelta
from flask_babel import gettext as _

from app.extensions import ctx
from app.services.figures import figures

MINUTE = timedelta(minutes=1)


def figures_in_words() -> list[tuple[str, str]]:
    """How much each is and what of, without those that are not shown."""
    found = figures(ctx())
    counts = [
        (_("neighbours ready to help"), found.ready),
        (_("areas with somebody ready to help"), found.areas),
        (_("requests for which somebody was found"), found.answered),
    ]
    told = [(format_decimal(count), words) for words, count in counts if count is not None]
    if found.until_yes is not None:
        usual = format_timedelta(max(found.until_yes, MINUTE), granularity="minute", threshold=1.5)
        told.append((usual, _("usually until a volunteer says yes")))
    return told
