"""The home page, the pages of words, and whether the service is well."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import ctx
from app.permissions import PUBLIC, permit
from app.public.figures import figures_in_words
from app.public.words import words
from app.services.mail import late_since

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
SECURITY_TXT_HOLDS = timedelta(days=180)
PAGES = {
    "how": "/how-it-works", "safety": "/safety", "charter": "/charter", "privacy": "/privacy", "legal": "/legal",
    "accessibility": "/accessibility", "contact": "/contact",
}  # fmt: skip
"""The pages of words: endpoint (and template) and path."""

public = Blueprint("public", __name__, template_folder="templates")


@public.get("/")
@permit(PUBLIC)
def home() -> ResponseReturnValue:
    return render_template("public/home.html", figures=figures_in_words())


def _page(name: str) -> Callable[[], ResponseReturnValue]:
    def show() -> ResponseReturnValue:
        return render_template(f"public/{name}.html", **words())

    return show


for name, path in PAGES.items():
    public.add_url_rule(path, name, permit(PUBLIC)(_page(name)))


@public.get("/about")
@permit(PUBLIC)
def about() -> ResponseReturnValue:
    """Where the way it works was told before."""
    return redirect(url_for("public.how"), 301)


@public.get("/.well-known/security.txt")
@permit(PUBLIC)
def security_txt() -> ResponseReturnValue:
    """Whom to tell of a hole (RFC 9116); what the file says is good for half a year from now."""
    here, settings = ctx(), ctx().settings
    contact = settings.city_email and f"mailto:{settings.city_email}"
    lines = {
        "Contact": contact or here.links.page(url_for("public.contact")),
        "Expires": f"{here.now() + SECURITY_TXT_HOLDS:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages": "fr, en",
        "Canonical": here.links.page(url_for("public.security_txt")),
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()), PLAIN
@public.get("/erased")
@permit(PUBLIC)
def erased() -> ResponseReturnValue:
    """What whoever was erased reads last."""
    return render_template("public/erased.html")


@public.get("/healthz")
@permit(PUBLIC)
def healthz() -> ResponseReturnValue:
    """This process is up."""
    return "ok", PLAIN


@public.get("/readyz")
@permit(PUBLIC)
def readyz() -> ResponseReturnValue:
    """The database answers."""
    try:
        with ctx().db.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "the database does not answer", 503, PLAIN
    return "ok", PLAIN


@public.get("/healthz/mail")
@permit(PUBLIC)
def healthz_mail() -> ResponseReturnValue:
    """No message waits for too long. Apart from the others, so that no proxy takes a web server away because mail is late."""
    if late_since(ctx()):
        return "mail is late", 503, PLAIN
    return "ok", PLAIN
