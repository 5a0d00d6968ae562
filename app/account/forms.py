"""Forms of accounts."""

from flask_babel import lazy_gettext as _l

from app.forms import EmailField, Form, NewPasswordField, OldPasswordField, needed
from app.traps import Trapped


class SignInForm(Form):
    email = EmailField(_l("E-mail address"), [needed(_l("Write your e-mail address."))])
    password = OldPasswordField(_l("Password"), [needed(_l("Write your password."))])


class ForgottenForm(Trapped):
    email = EmailField(_l("E-mail address"), [needed(_l("Write your e-mail address."))])


class NewPasswordForm(Form):
    password = NewPasswordField(_l("New password"), description=_l("At least 10 characters. Several words make a good one."))
