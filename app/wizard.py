"""Forms of several pages: one question a page, nothing lost on the way back, the state on the server.

A wizard is a list of steps, each with a form of its own. What is typed is kept as it came, right or not, when the visitor goes on *and*
when they go back; it is checked when they go on and once more before it is sent. The session's cookie holds the draft's id only.
Two tabs share one draft.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from app.buttons import pressed
from app.extensions import ctx
from app.forms import Form
from app.services import drafts

CHECK = "check"
"""The name of the last page, on which all answers stand."""
KNOWN = "known"
"""Where the session keeps what is known before anything is asked, by field: filled in until it is answered."""
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
        self.reference = _reference(self._draft_id)
        g.personal = True
        if self._draft_id and not self._answers:
            self._forget()
            flash(_("What you had typed is no longer here: it was sent, or it was left for two days. Please begin again."))

    @property
    def _draft_id(self) -> str | None:
        return session.get(f"draft-{self.kind}")

    @property
    def begun(self) -> bool:
        """Whether anything has been answered yet."""
        return bool(self._answers)

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
        """The step of that name; 404 for one that there is not. Whoever is not there yet is led to the first step without an answer."""
        if name not in {step.name for step in self._all}:
            abort(404)
        step = next((step for step in self.steps if step.name == name), None)
        missing = self._unanswered(before=step)
        if step is None or (missing and request.method != "POST"):
            abort(redirect(self.address(missing or CHECK), 303))
        return step

    def _unanswered(self, before: Step | None = None) -> Step | None:
        earlier = self.steps[: self.steps.index(before)] if before else self.steps
        return next((step for step in earlier if step.name not in self._answers), None)

    def form_of(self, step: Step) -> Form:
        """The step's form as it was left."""
        kept = self._answers.get(step.name)
        known = {} if kept else session.get(KNOWN, {})
        return step.form(formdata=MultiDict(kept) if kept else None, meta={"csrf": False}, **known)

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
        back = pressed("go", "on", "back") == "back"
        self._keep(step)
        form = self.form_of(step)
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
        """For the page with all answers: where to go instead when one is missing."""
        missing = self.unfinished()
        return redirect(self.address(missing), 303) if missing else None

    @cached_property
    def whole(self) -> Form:
        """All answers together, as the form that is sent; checked, so that each is in its usual form. ``once`` is the draft's reference."""
        together: MultiDict[str, str] = MultiDict({_PRESENT: "", "once": self.reference or ""})
        for step in self.steps:
            for name, values in self._answers.get(step.name, {}).items():
                together.setlist(name, values)
        whole = self.whole_form(formdata=together, meta={"csrf": False})
        whole.validate()
        return whole

    def end(self) -> None:
        """Sent: nothing of it stays here."""
        drafts.discard(ctx(), self._draft_id)
        self._forget()

    def _forget(self) -> None:
        session.pop(f"draft-{self.kind}", None)

    def _keep(self, step: Step) -> None:
        posted = {name: values for name, values in request.form.lists() if name not in NOT_KEPT}
        self._answers[step.name] = posted | {_PRESENT: [""]}  # a page on which nothing is ticked has been answered all the same
        self._save()
        self.__dict__.pop("steps", None)

    def _save(self) -> None:
        session[f"draft-{self.kind}"] = drafts.save(ctx(), self._draft_id, self.kind, self._answers)

    def _onward(self, step: Step) -> str:
        """The next page. Once all answers have been seen together, a changed step leads back there."""
        missing = self._unanswered(before=step)
        if missing:
            return self.address(missing)
        at = self.steps.index(step) + 1
        if _SEEN in self._answers or at == len(self.steps):
            missing = self.unfinished()
            if missing is None and _SEEN not in self._answers:
                self._answers[_SEEN] = {}
                self._save()
            return self.address(missing or CHECK)
        return self.address(self.steps[at])


def _reference(draft_id: str | None) -> str | None:
    """What tells one draft from another where the draft's own id must not be known."""
    return hashlib.sha256(draft_id.encode()).hexdigest()[:32] if draft_id else None
