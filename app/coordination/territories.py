"""What holds in one territory and not in another, for administrators: phone, hours, time to answer, kinds of help, first posts."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import StopValidation

from app.contacts import normal_phone
from app.coordination.door import ID, coordination
from app.coordination.lists import whole
from app.extensions import ctx
from app.forms import Form, LineField, PickField, TicksField, category_choices
from app.i18n import language
from app.identity import actor
from app.permissions import ADMINISTRATOR, permit
from app.services import local
from app.services.territories import listed
from app.week_words import Unreadable, read_week
from config.categories import CATEGORIES
from notifications.words import NBSP, hours_clock, hours_words, phone_words

_SENTENCES = {
    "phone": _l("Write a phone number such as 04 65 71 00 00, or nothing."),
    "hours": _l("Write days and hours such as “Monday to Friday, 9 am to 5 pm”, or nothing."),
}
_A_NUMBER = _l("Write a whole number of hours from 1 to 240, or nothing.")
_WAITS = {"": None, "yes": True, "no": False}


def _as_stored(field: Field) -> str:
    """What somebody wrote; weekly hours in their words become those of the settings, and stay as they are where they are not words. A
    number is written as others are, but for those of few digits."""
    if field.name == "hours" and field.data and local.wrong("hours", field.data):
        with suppress(Unreadable):
            return read_week(field.data)
    if field.name == "phone" and field.data:
        with suppress(ValueError):
            return phone_words(normal_phone(field.data))
    return field.data or ""


def _in_words(name: str, value: object) -> str:
    return hours_words(str(value), language()) if name == "hours" and value else str(value)


def _as_typed(name: str, says: Mapping[str, Any]) -> str:
    """What a territory says itself, as a line of a form takes it: with ordinary spaces."""
    return _in_words(name, says.get(name, "")).replace(NBSP, " ")


def _as_in_the_settings(_form: Form, field: Field) -> None:
    if field.data and local.wrong(field.name, _as_stored(field)):
        raise StopValidation(_SENTENCES.get(field.name, _A_NUMBER))


_OWN = [_as_in_the_settings]
_SHORT = {"class": "short", "inputmode": "numeric"}


class LocalForm(Form):
    """Each field may stay empty: then it is as above."""

    phone = LineField(_l("Phone number"), _OWN)
    hours = LineField(_l("When it answers"), _OWN)
    answer_hours_urgent = LineField(_l("Hours to answer an urgent request"), _OWN, render_kw=_SHORT)
    answer_hours_normal = LineField(_l("Hours to answer a normal request"), _OWN, render_kw=_SHORT)
    answer_hours_flexible = LineField(_l("Hours to answer a request that can wait"), _OWN, render_kw=_SHORT)
    first_posts_wait = PickField(_l("What a volunteer posts first waits until an agent has read it"))
    not_offered = TicksField(_l("Kinds of help that nobody can ask for there"))

    def begin(self, own: local.Own) -> None:
        """What may be chosen, and beside each field how it is without it."""
        self._above, waking = own.above, ctx().settings.waking_hours
        first, last = (hours_clock(f"{at:%H:%M}", language()) for at in (waking.start, waking.end))
        counted = _("Only the hours from %(first)s to %(last)s count.", first=first, last=last)
        examples = {"phone": "", "hours": _("For example: Monday to Friday, 9 am to 5 pm.")}
        as_above = {} if own.topmost else {"": _("as above")}
        self.first_posts_wait.choices = as_above | {"yes": _("yes"), "" if own.topmost else "no": _("no")}
        self.not_offered.choices = category_choices()
        for name in local.FROM_SETTINGS:
            given = {"value": _in_words(name, getattr(own.above, name)), "where": own.giver.get(name) or ctx().city.name}
            empty = _("Empty: %(value)s, as in %(where)s.", **given)
            self[name].description = f"{examples.get(name, counted)} {empty}".strip()
        if not own.topmost:
            self.first_posts_wait.description = _("As above: yes.") if own.above.first_posts_wait else _("As above: no.")
        off = ", ".join(category_choices()[slug] for slug in sorted(own.above.not_offered))
        self.not_offered.description = _("Ticked above already: %(names)s.", names=off) if off else ""
        if request.method == "GET":
            for name in local.FROM_SETTINGS:
                self[name].data = _as_typed(name, own.says)
            self.first_posts_wait.data = {None: "", True: "yes", False: "" if own.topmost else "no"}[own.says.get("first_posts_wait")]
            self.not_offered.data = list(own.says.get("not_offered", ()))

    def validate_not_offered(self, field: Field) -> None:
        if self._above.not_offered.union(field.data).issuperset(CATEGORIES):
            raise StopValidation(_l("Nobody could ask for anything there. Leave at least one kind of help."))

    def validate_answer_hours_urgent(self, field: Field) -> None:
        """What will hold, here or from above, is no longer than for a normal request."""
        both = field, self.answer_hours_normal
        if any(each.data and local.wrong(each.name, each.data) for each in both):
            return  # which has its own sentence
        urgent, normal = (int(each.data or getattr(self._above, each.name)) for each in both)
        if urgent > normal:
            raise StopValidation(_l("This is longer than for a normal request. Write fewer hours here, or more there."))


@coordination.get("/territories")
@permit(ADMINISTRATOR)
def territories() -> ResponseReturnValue:
    page = listed(ctx(), whole(request.args.get("page")) or 1)
    return render_template(
        "coordination/territories.html", page=page, address=lambda number: url_for("coordination.territories", page=number)
    )  # fmt: skip


@coordination.route(f"/territories/<{ID}:territory_id>", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def territory(territory_id: int) -> ResponseReturnValue:
    own = local.own(ctx(), territory_id) or abort(404)
    form = LocalForm()
    form.begin(own)
    if form.validate_on_submit():
        given = {name: _as_stored(form[name]) for name in local.FROM_SETTINGS} | {"not_offered": form.not_offered.data}
        if form.hours.data == _as_typed("hours", own.says):
            given["hours"] = own.says.get("hours", "")  # as it stood there: what was not written stays as it was spelled
        done = local.change(ctx(), territory_id, given | {"first_posts_wait": _WAITS[form.first_posts_wait.data]}, actor())
        flash(_("Written down. It holds from now on.") if done else _("Nothing to do: that is how it was already."))
        return redirect(url_for("coordination.territory", territory_id=territory_id), 303)
    page = render_template("coordination/territory.html", form=form, own=own, what_happened=lambda event: _what_happened(form, event))
    return page, 422 if form.errors else 200


def _what_happened(form: LocalForm, event: Any) -> str:
    match event.kind:
        case "territory_added":
            return _("Added")
        case "territory_redrawn":
            return _("Redrawn")
        case "territory_renamed":
            return _("Renamed; before: %(name)s", name=event.reason)
        case "territory_under":
            return _("Another territory chosen in which it lies")
        case "territory_removed":
            return _("%(name)s, which lay in it, was removed", name=event.reason)
    return _("Changed: %(what)s", what=form[event.reason].label.text)
