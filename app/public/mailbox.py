"""The demonstration's mail, to be read where it was sent: there is no mail server."""

import re
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from app.extensions import ctx
from app.headers import MAIL_POLICY
from app.permissions import DEMO, permit
from app.services.demo.facts import WRITTEN_TO
from notifications.transport.file import StoredMail, list_mail, read_mail

SHOWN = 100
_OURS = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")

mailbox = Blueprint("mailbox", __name__, url_prefix="/demo/mail", template_folder="templates")


@mailbox.get("")
@permit(DEMO)
def letters() -> ResponseReturnValue:
    to = request.args.get("to", "")
    who = WRITTEN_TO.get(to)
    letters = list_mail(_folder(), SHOWN, who.email if who else "")
    return render_template("public/letters.html", letters=letters, shown=SHOWN, people=WRITTEN_TO, to=to if who else "")


@mailbox.get("/<name>")
@permit(DEMO)
def letter(name: str) -> ResponseReturnValue:
    mail = _read(name)
    return render_template("public/letter.html", mail=mail, text=_with_links(_to_this_server(mail.text)))


@mailbox.get("/<name>/html")
@permit(DEMO)
def letter_html(name: str) -> ResponseReturnValue:
    """The HTML part as a mail program shows it: nothing in it runs, and nothing is loaded for it."""
    return Response(_to_this_server(_read(name).html), headers={"Content-Security-Policy": MAIL_POLICY})


def _folder() -> Path:
    return ctx().mail_folder


def _read(name: str) -> StoredMail:
    try:
        return read_mail(_folder(), name)
    except FileNotFoundError:
        abort(404)


def _to_this_server(text: str) -> str:
    """The demonstration may have been at another port when it wrote: its links lead to where it is now."""
    return _OURS.sub(request.host_url, text)


def _with_links(text: str) -> Markup:
    """The text, escaped, with its web addresses as links."""
    out, end = Markup(), 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:)")
        out += escape(text[end : found.start()]) + Markup('<a href="{0}">{0}</a>').format(address)
        end = found.start() + len(address)
    return out + escape(text[end:])
