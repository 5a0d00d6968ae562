"""Forms of several pages: one question a page, nothing lost on the way back, the state on the server.

A wizard is a list of steps, each with a form of its own. What is typed is kept as it came, right or not, when the visitor goes on *and*
when they go back; it is checked when they go on and once more before it is sent. The session's cookie holds the draft's id only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from app.buttons import pressed
from app.extensions import ctx
from app.forms import Form
from app.services import drafts

CHECK = "check"
"""The name of the last page, on which all answers stand."""
_SEEN = "seen"
_PRESENT = "_"
NOT_KEPT = {"csrf_token", "go"}

Values = Mapping[str, Any]
"""What was typed so far: each field's data, by its name."""


@dataclass(frozen=True)
class Step:
    """One page. ``name`` is its place in the address; ``applies`` says, from what was typed before, whether it is asked at all."""

    name: str
    title: LazyString
    form: type[Form]
    applies: Callable[[Values], bool] = field(default=lambda _values: True)


class Wizard:
    """One visitor's way through ``steps``, in one request. ``endpoint`` is the view that shows them and takes ``step``.

    ``whole`` is the form of all fields together, which is what gets sent.
    """

    def __init__(self, kind: str, endpoint: str, steps: tuple[Step, ...], whole: type[Form]) -> None:
        self.kind, self.endpoint, self.whole_form = kind, endpoint, whole
        self._all = steps
        self._answers = drafts.read(ctx(), self._draft_id, kind)

    @property
    def _draft_id(self) -> str | None:
        return session.get(f"draft-{self.kind}")

    @cached_property
    def steps(self) -> list[Step]:
        """The steps that apply, as far as is known by now."""
        values: dict[str, Any] = {}
        steps = []
        for step in self._all:
            if step.applies(values):
                steps.append(step)
                values |= self.form_of(step).data
        return steps

    def step(self, name: str) -> Step:
        """The step of that name; 404 for one that there is not, or that is not asked of this visitor."""
        return next((step for step in self.steps if step.name == name), None) or abort(404)

    def form_of(self, step: Step) -> Form:
        """The step's form as it was left."""
        kept = self._answers.get(step.name)
        return step.form(formdata=MultiDict(kept) if kept else None, meta={"csrf": False})

    def number(self, step: Step) -> int:
        """Which page of all this is, from 1."""
        return self.steps.index(step) + 1

    def before(self, step: Step | None) -> Step | None:
        """The step before this one, or the last one before the page with all answers."""
        at = self.steps.index(step) if step else len(self.steps)
        return self.steps[at - 1] if at else None

    def address(self, step: Step | str) -> str:
        return url_for(self.endpoint, step=step.name if isinstance(step, Step) else step)

    def take(self, step: Step) -> tuple[Form, ResponseReturnValue | None]:
        """Keep what was posted for ``step``; the form, and where to go from here if it is right or the visitor goes back."""
        self._keep(step)
        form = self.form_of(step)
        back = pressed("go", "on", "back") == "back"
        if back:
            return form, redirect(self.address(self.before(step) or step), 303)
        if not form.validate():
            return form, None
        if found_out := form.found_out():
            self._answers[step.name] |= found_out
            self._save()
        return form, redirect(self._onward(step), 303)

    def unfinished(self) -> Step | None:
        """The first step whose answers are missing or not right."""
        return next((s for s in self.steps if s.name not in self._answers or not self.form_of(s).validate()), None)

    def check(self) -> ResponseReturnValue | None:
        """For the page with all answers: where to go instead when one is missing. From now on a changed step leads back here."""
        missing = self.unfinished()
        if missing is not None:
            return redirect(self.address(missing), 303)
        if _SEEN not in self._answers:
            self._answers[_SEEN] = {}
            self._save()
        return None

    @property
    def whole(self) -> Form:
        """All answers together, as the form that is sent."""
        together: MultiDict[str, str] = MultiDict({_PRESENT: ""})
        for step in self.steps:
            for name, values in self._answers.get(step.name, {}).items():
                together.setlist(name, values)
        return self.whole_form(formdata=together, meta={"csrf": False})

    def end(self) -> None:
        """Sent: nothing of it stays here."""
        drafts.discard(ctx(), session.pop(f"draft-{self.kind}", None))

    def _keep(self, step: Step) -> None:
        posted = {name: values for name, values in request.form.lists() if name not in NOT_KEPT}
        self._answers[step.name] = posted | {_PRESENT: [""]}  # a page on which nothing is ticked has been answered all the same
        self._save()
        self.__dict__.pop("steps", None)

    def _save(self) -> None:
        session[f"draft-{self.kind}"] = drafts.save(ctx(), self._draft_id, self.kind, self._answers)

    def _onward(self, step: Step) -> str:
        if _SEEN in self._answers:
            return self.address(self.unfinished() or CHECK)
        at = self.steps.index(step) + 1
        return self.address(self.steps[at] if at < len(self.steps) else CHECK)
