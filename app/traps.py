"""Two traps for programmes that fill in public forms: a field that no person sees, and a form that comes back sooner than anybody reads.

Whoever falls into one by mistake presses the button once more: nothing that they wrote is lost, and no third party looks at them.
"""

import time
from typing import Any

import structlog
from flask_babel import gettext as _
from itsdangerous import BadSignature, TimestampSigner
from wtforms import HiddenField, StringField

from app.extensions import ctx
from app.forms import Form

log = structlog.get_logger("adeuxpas.security")
FASTEST_S = 2
"""Sooner nobody presses the button of a page that they have not seen before."""


class Trapped(Form):
    """A form with both. Pages draw it with the macro ``trap`` (which the macro ``form`` does by itself)."""

    comments = StringField()
    shown_at = HiddenField()

    @property
    def stamp(self) -> str:
        """When the form was first shown, signed."""
        given: str = self.shown_at.data or ""
        return given if _age_s(given) is not None else _signer().sign("shown").decode()

    def validate(self, *rest: Any, **more: Any) -> bool:
        if not super().validate(*rest, **more):
            return False
        age = _age_s(self.shown_at.data or "")
        if self.comments.data or age is None or age < FASTEST_S:
            log.warning("trapped", form=type(self).__name__)
            self.comments.data = ""
            self.refuse(_("Please press the button once more. Nothing is lost."))
            return False
        return True


def _age_s(stamp: str) -> float | None:
    """``None``: it is none of ours."""
    try:
        _text, at = _signer().unsign(stamp, return_timestamp=True)
    except BadSignature:
        return None
    return time.time() - at.timestamp()


def _signer() -> TimestampSigner:
    return TimestampSigner(ctx().links.secret, salt="shown")
