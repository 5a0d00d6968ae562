"""Asking an agent for their code once more before what would do most harm in somebody else's hands."""

from datetime import timedelta

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.account.forms import code_field
from app.extensions import ctx
from app.forms import Form
from app.identity import actor, here, signed_in
from app.services import second_factor, sessions

LATELY = timedelta(minutes=10)


class ProofForm(Form):
    proof = code_field(_l("Code"))


def ask_again() -> ResponseReturnValue | None:
    """The page that asks, unless the code was given lately or comes along and is right; then nothing. All that was sent stands in that
    page and comes back with the code, to the same address."""
    person, sign_in = signed_in() or abort(403), here() or abort(403)
    proven_at = sign_in.second_factor_at
    if proven_at is not None and ctx().now() - proven_at <= LATELY:
        return None
    form = ProofForm(formdata=request.form if "proof" in request.form else None)
    if form.is_submitted() and "proof" in request.form and form.validate():
        if second_factor.check(ctx(), person.id, form.proof.data, actor()):
            sessions.prove(ctx(), sign_in)
            return None
        form.proof.errors = [_("This code is not right any more. Type the one that your phone shows now.")]
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "proof")]
    to_type = second_factor.code_to_type(ctx(), person.id)
    page = render_template("account/again.html", form=form, sent=sent, address=request.full_path, to_type=to_type)
    return page, 422 if form.errors else 200
