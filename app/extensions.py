"""What pages share in one application: Flask's extensions and the context of this process."""

from flask import current_app
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from app.context import Context

NAME = "adeuxpas"

babel = Babel()
csrf = CSRFProtect()
login_manager = LoginManager()


def ctx() -> Context:
    """The context that every service function is given first."""
    context: Context = current_app.extensions[NAME]
    return context
