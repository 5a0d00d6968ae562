"""Forms of accounts."""

from flask_babel import lazy_gettext as _l

from app.forms import EmailField, Form, LineField, NewPasswordField, OldPasswordField, needed
from app.traps import Trapped


class SignInForm(Form):
    email = EmailField(_l("E-mail address"), [needed(_l("Write your e-mail address."))])
    password = OldPasswordField(_l("Password"), [needed(_l("Write your password."))])


class ForgottenForm(Trapped):
    """Where a link should go."""

    email = EmailField(_l("E-mail address"), [needed(_l("Write your e-mail address."))])


class NewPasswordForm(Form):
    password = NewPasswordField(_l("New password"), description=_l("At least 10 characters. Several words make a good one."))


class ChangePasswordForm(NewPasswordForm):
    old = OldPasswordField(_l("Password that you have now"), [needed(_l("Write the password that you have now."))])


def code_field(label: str) -> LineField:
    """For the code of a phone, or one of the recovery codes."""
    how = {"autocomplete": "one-time-code", "maxlength": 20, "class": "short", "spellcheck": "false"}
    return LineField(label, [needed(_l("Type the code."))], render_kw=how)


class CodeForm(Form):
    code = code_field(_l("Code"))
