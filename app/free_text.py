"""A field of free text in which what should not stand there is pointed out once, or refused (see :mod:`app.wording`)."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup
from wtforms.validators import StopValidation

from app.forms import Form, TextField
from app.wording import RULES, Finding, scan

FOR_THE_VOLUNTEER = _l("Leave it as it is: the volunteer should read this")


class FreeTextField(TextField):
    """Several lines. It draws the passages that were found above itself, and a box "leave it as it is" below.

    The box holds the rules that it was shown for, so that another kind of passage is pointed out again. ``homework`` says of the form
    whether a child's name is refused; ``rules`` are those that count here, ``leave`` what stands beside the box.
    """

    def __init__(
        self, label: str, validators: Iterable[Any] = (), *, homework: Callable[[Form], bool] = lambda _form: False,
        rules: Collection[str] = RULES, leave: LazyString = FOR_THE_VOLUNTEER, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(label, validators, **options)
        self._homework, self._rules, self._leave = homework, rules, leave
        self._insisted: set[str] = set()
        self.found: list[Finding] = []

    def process(self, formdata: Any, *data: Any, **options: Any) -> None:
        super().process(formdata, *data, **options)
        self._insisted = set((formdata or {}).get(self._box, "").split())
        self.found = self._scan(self.data[: self.longest])

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        self.found = self._scan(self.data, homework=self._homework(form))
        if any(RULES[one.rule].refused for one in self.found):
            raise StopValidation(_l("Take out what is marked here."))
        if not self._asked <= self._insisted:
            raise StopValidation(_l("Read what is marked here once more. Change it, or tick the box to leave it as it is."))

    def _scan(self, text: str, homework: bool = False) -> list[Finding]:
        return [finding for finding in scan(text, homework=homework) if finding.rule in self._rules]

    @property
    def _box(self) -> str:
        return f"{self.name}-as-it-is"

    @property
    def _asked(self) -> set[str]:
        return {one.rule for one in self.found if not RULES[one.rule].refused}

    def __call__(self, **options: Any) -> Markup:
        if not self.found:
            return super().__call__(**options)
        described = f"{options.pop('aria-describedby', '') or ''} {self.id}-found".strip()
        passages = Markup().join(
            Markup("<li><mark>{}</mark> {}</li>").format(self.data[one.start : one.end], RULES[one.rule].words) for one in self.found
        )
        text = super().__call__(**options, **{"aria-describedby": described})
        return Markup('<ul class="found" id="{}-found">{}</ul>{}{}').format(self.id, passages, text, self._tick())

    def _tick(self) -> Markup:
        if not self._asked:
            return Markup()
        return Markup(
            '<div class="choice"><input type="checkbox" id="{box}" name="{box}" value="{rules}"{checked}>'
            '<label for="{box}">{words}</label></div>'
        ).format(
            box=self._box, rules=" ".join(sorted(self._asked)), words=self._leave,
            checked=Markup(" checked") if self._asked <= self._insisted else "",
        )  # fmt: skip
