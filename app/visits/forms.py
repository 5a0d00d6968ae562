"""When a visit should be instead, and from when to when somebody is away."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from app.extensions import ctx
from app.forms import ChoiceField, Form, LineField, PickField, needed
from notifications.words import day_words

AHEAD = 35
"""So many days may be picked from."""
_WRITTEN = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})")


class DayField(LineField):
    """A day; ``day`` is it once the form is valid. Browsers send it as ISO 8601, people without such a browser write 24/12/2026."""

    day: date

    def __init__(self, label: str, sentence: str, *, optional: bool = False, **options: Any) -> None:
        super().__init__(label, [] if optional else [needed(sentence)], render_kw={"type": "date", "class": "short"}, **options)
        self._sentence = sentence

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data:
            try:
                written = _WRITTEN.fullmatch(self.data)
                self.day = date(*(int(part) for part in reversed(written.groups()))) if written else date.fromisoformat(self.data)
            except ValueError:
                raise StopValidation(self._sentence) from None


class MoveForm(Form):
    """Days and times are picked, so that nothing can be written wrongly."""

    day = PickField(_l("Which day?"), choices={})
    clock = PickField(_l("At what time?"), choices={})
    which = ChoiceField(
        _l("For how long?"), _l("Say whether it is for this visit only."), default="one",
        choices=lambda: {"one": _("Only this visit"), "onward": _("This visit and all after it")},
    )  # fmt: skip

    @property
    def at(self) -> datetime:
        hour, minute = self.clock.data.split(":")
        return datetime.combine(date.fromisoformat(self.day.data), time(int(hour), int(minute)), ctx().settings.zone)


def move_form(at: datetime, repeats: bool) -> MoveForm:
    """The form for a visit that is at ``at`` so far."""
    local, today = at.astimezone(ctx().settings.zone), ctx().now().astimezone(ctx().settings.zone).date()
    form = MoveForm(data={"day": local.date().isoformat(), "clock": f"{local:%H:%M}"})
    last = max(today, local.date()) + timedelta(days=AHEAD)
    days = (today + timedelta(days=n) for n in range((last - today).days + 1))
    form.day.choices = {day.isoformat(): _words(day) for day in days}
    form.clock.choices = {each: each for each in sorted({*_times(), f"{local:%H:%M}"})}
    if not repeats:
        del form.which
    return form


def _words(day: date) -> str:
    words = day_words(day, str(get_locale()))
    return words[:1].upper() + words[1:]


def _times() -> Iterator[str]:
    """Each half hour at which people are awake."""
    waking = ctx().settings.waking_hours
    for minute in range(0, 24 * 60, 30):
        at = time(minute // 60, minute % 60)
        if waking.start <= at < waking.end:
            yield f"{at:%H:%M}"


class AwayForm(Form):
    first = DayField(_l("First day away"), _l("Write the first day, for example 24/12/2026."))
    last = DayField(_l("Last day away"), _l("Write the last day, for example 31/12/2026."))
