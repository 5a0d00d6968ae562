"""How somebody may be reached, as forms ask for it and pages say it."""

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import StopValidation

from app.contacts import takes_texts
from app.extensions import ctx
from app.forms import Form

BY = {"email": _l("By e-mail"), "sms": _l("By text message"), "phone": _l("By phone"), "letter": _l("By letter")}


def ways(letter: str = "") -> dict[str, str]:
    """The choices; text messages where there is a gateway for them. ``letter`` says where letters go."""
    texts = {"sms": _("By text message to a mobile phone")} if ctx().settings.sms_url else {}
    return {
        "email": _("By e-mail"), **texts,
        "phone": _("By phone: somebody from the town hall calls"),
        "letter": letter or _("By letter, to the address of the visit"),
    }  # fmt: skip


class PhoneIfNeeded:
    """A number is needed for calls (``sentence`` asks for it) and for text messages, which do not arrive at every one."""

    needed = True

    def __init__(self, sentence: LazyString) -> None:
        self._sentence = sentence

    def __call__(self, form: Form, field: Field) -> None:
        contact = form["contact"].data
        if contact in ("phone", "sms") and not field.data:
            raise StopValidation(self._sentence)
        if contact == "sms" and not takes_texts(field.data):
            raise StopValidation(_("No text message arrives at this number. Write the number of a mobile phone, or choose a call."))
