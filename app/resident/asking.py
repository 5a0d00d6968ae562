"""Asking for help without an account: question by question, read once more, sent, and what happens next."""

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import i18n
from app.city_words import notice_version
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.forms import Form
from app.identity import actor
from app.kinds import KINDS
from app.permissions import PUBLIC, permit
from app.resident.answers import answers
from app.resident.door import resident
from app.resident.steps import STEPS, Whole
from app.services import my_request, posting, throttle
from app.services.places import NoTerritory, Outside
from app.traps import Trapped
from app.wizard import CHECK, Step, Wizard

WHAT, WHERE = "what", "where"
_SENT = "sent"
"""Where the session keeps the id of the request that was sent last."""


@resident.get("/request/new")
@permit(PUBLIC)
def new_request() -> ResponseReturnValue:
    """What is asked and what becomes of it, before the first question."""
    return render_template("resident/begin.html", wizard=_wizard())


@resident.route("/request/new/<step>", methods=["GET", "POST"])
@permit(PUBLIC)
def ask(step: str) -> ResponseReturnValue:
    wizard = _wizard()
    if step == CHECK:
        return _send(wizard) if request.method == "POST" else wizard.check() or _check(wizard, Trapped())
    here = wizard.step(step)
    if request.method != "POST":
        return _question(wizard, here, wizard.form_of(here))
    form, onward = wizard.take(here)
    if onward and request.form["go"] == "on" and here.name in (WHAT, WHERE) and (refused := _not_offered(wizard)):
        form.refuse(sentence(refused))
        return _question(wizard, here, form), words_for(refused).status
    return onward or (_question(wizard, here, form), 422)


def _not_offered(wizard: Wizard) -> posting.NotOffered | None:
    """Said as soon as kind and place are known, and not after the last question."""
    kind, place = wizard.form_of(_step(WHAT)), wizard.form_of(_step(WHERE))
    return posting.not_offered(ctx(), kind["category"].data, place.where)


def _step(name: str) -> Step:
    return next(step for step in STEPS if step.name == name)


def _wizard() -> Wizard:
    return Wizard("need", "resident.ask", STEPS, Whole)


def _question(wizard: Wizard, step: Step, form: Form) -> str:
    if step.name == WHAT:
        off = posting.known_there(ctx(), wizard.form_of(_step(WHERE)).where).not_offered
        form.category.choices = {slug: name for slug, name in form.category.choices.items() if slug not in off}
    involved = {slug: kind.involves for slug, kind in KINDS.items()}
    return render_template("resident/step.html", wizard=wizard, step=step, form=form, involved=involved)


def _check(wizard: Wizard, form: Form) -> str:
    return render_template("resident/check.html", wizard=wizard, form=form, rows=answers(wizard), notice_version=notice_version())


def _send(wizard: Wizard) -> ResponseReturnValue:
    if not wizard.begun and (sent := _sent_before(wizard)):
        return sent
    if elsewhere := wizard.check():
        return elsewhere
    form, whole = Trapped(), wizard.whole
    if not form.validate():
        return _check(wizard, form), 422
    try:
        mailed = [(throttle.POST_ACCOUNT, whole.email.data)] if whole.email.data else []
        throttle.spend(ctx(), [(throttle.POST_ADDRESS, request.remote_addr or ""), *mailed])
        session[_SENT] = posting.post_need(ctx(), whole.need(i18n.language()), actor())
    except (Outside, NoTerritory, posting.NotOffered, throttle.TooMany) as error:
        form.refuse(sentence(error))
        return _check(wizard, form), words_for(error).status
    wizard.end()
    return redirect(url_for("resident.received"), 303)


def _sent_before(wizard: Wizard) -> ResponseReturnValue | None:
    """A second click on "Send": the draft has gone, and the request is there."""
    need_id = posting.known(ctx(), f"form:{wizard.reference}") or session.get(_SENT)
    if need_id is None:
        return None
    session[_SENT] = need_id
    return redirect(url_for("resident.received"), 303)


@resident.get("/request/received")
@permit(PUBLIC)
def received() -> ResponseReturnValue:
    """What happens next with the request that this browser has just sent."""
    need = my_request.received(ctx(), session.get(_SENT))
    return render_template("resident/received.html", need=need) if need else redirect(url_for("resident.new_request"), 303)
