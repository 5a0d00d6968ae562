"""The form with which somebody tells the town hall that something went wrong. Each door has its own words for what."""

from flask_babel import lazy_gettext as _l

from app.forms import Form, needed
from app.free_text import FreeTextField


class ReportForm(Form):
    """A door adds ``reason``, a choice among the kinds of ``app/services/reports.py``."""

    words = FreeTextField(
        _l("Tell us in your own words"), [needed(_l("Write a few words about what happened."))], rules=["card"],
        description=_l("Only the coordinators of the town hall read this. Leave out the numbers of cards and codes."),
    )  # fmt: skip
