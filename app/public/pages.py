"""The home page, what the service is, what becomes of data, and whether it is well."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import ctx
from app.permissions import PUBLIC, permit
from app.services import demo

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}

public = Blueprint("public", __name__, template_folder="templates")


@public.get("/")
@permit(PUBLIC)
def home() -> ResponseReturnValue:
    sign_ins = demo.sign_ins(ctx()) if ctx().settings.demo else []
    return render_template("public/home.html", sign_ins=sign_ins, demo_password=demo.PASSWORD)


@public.get("/about")
@permit(PUBLIC)
def about() -> ResponseReturnValue:
    return render_template("public/about.html")


@public.get("/privacy")
@permit(PUBLIC)
def privacy() -> ResponseReturnValue:
    return render_template("public/privacy.html")


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
