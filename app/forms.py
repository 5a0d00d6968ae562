"""Fields that the doors' forms share. Each error is one sentence that says what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from babel import Locale
from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, Field, FileField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput

from app.contacts import normal_email, normal_phone
from app.extensions import ctx
from app.kinds import kind_name
from app.services.passwords import PASSWORD_LENGTH
from app.services.places import all_territories
from app.week import DAYS, PARTS, add, clock, spell
from app.week_words import Unreadable, read_week
from config.categories import CATEGORIES
from matching.hours import parse_hours
from matching.model import Mode
from notifications.words import hours_words

SPOKEN = ("fr", "en", "ar", "es", "it", "pt", "de", "tr", "ru", "uk", "zh", "vi", "ta", "wo", "fa", "sq", "ro", "pl")
LONGEST_LINE = 200


class Form(FlaskForm):
    """What the doors' forms have in common.

    ``asks``: nothing is wrong, but the page has a question of its own before it goes on.
    """

    asks = False

    def refuse(self, sentence: str) -> None:
        """Say above the fields why a service refused what they hold."""
        self.form_errors.append(sentence)

    def found_out(self) -> dict[str, list[str]]:
        """What checking has found out and need not find out again, by field."""
        return {}

    def wrong(self, shown: str) -> list[Field]:
        """The fields with an error, in the order in which they are ``shown`` (as HTML)."""
        return sorted((field for field in self if field.errors), key=lambda field: shown.find(f'id="{field.first_id}"'))


def needed(sentence: str) -> Callable[[Form, Field], None]:
    """The field must not be empty; ``sentence`` says what to write there."""

    def check(_form: Form, field: Field) -> None:
        if not field.data:
            raise StopValidation(sentence)

    check.needed = True  # type: ignore[attr-defined]
    return check


class _Shown(Field):
    """What the templates ask of a field: how to draw it, whether it must be filled in, and where its error leads."""

    kind = "line"

    @property
    def needed(self) -> bool:
        return any(getattr(check, "needed", False) for check in self.validators)

    @property
    def first_id(self) -> str:
        return str(self.id)


class _Line(_Shown, StringField):
    longest = LONGEST_LINE

    def __init__(self, label: str, validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), filters=[_stripped], **options)
        self.render_kw = {"maxlength": self.longest} | (self.render_kw or {})

    def pre_validate(self, form: Any) -> None:
        if self.data and len(self.data) > self.longest:
            raise StopValidation(_l("Shorten this to %(longest)s characters.", longest=self.longest))


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class LineField(_Line):
    """One line of text."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data and not self.data.isprintable():
            raise StopValidation(_l("Write this on one line, with ordinary characters."))


class TextField(_Line, TextAreaField):
    """Several lines of text."""

    longest = 1000


class EmailField(LineField):
    """``data`` is the address in the form in which it is compared; empty when none was given."""

    def __init__(self, label: str, validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, validators, render_kw={"type": "email", "autocomplete": "email", "spellcheck": "false"}, **options)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data:
            try:
                self.data = normal_email(self.data)
            except ValueError:
                raise StopValidation(_l("Check the e-mail address. It looks like name@example.org.")) from None


class PhoneField(LineField):
    """``data`` is the number in E.164; empty when none was given."""

    def __init__(self, label: str, validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, validators, render_kw={"type": "tel", "autocomplete": "tel"}, **options)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data:
            try:
                self.data = normal_phone(self.data)
            except ValueError:
                raise StopValidation(_l("Check the phone number. It looks like 06 39 98 12 34.")) from None


class UploadField(_Shown, FileField):
    """A file; its form needs ``files=true``, its page :func:`app.uploads.takes_file`. Text in its place is no file."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = next((value for value in valuelist if isinstance(value, FileStorage)), None)


class NewPasswordField(_Shown, PasswordField):
    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, render_kw={"autocomplete": "new-password", "maxlength": PASSWORD_LENGTH[1]}, **options)

    @property
    def needed(self) -> bool:
        return True

    def pre_validate(self, form: Any) -> None:
        low, high = PASSWORD_LENGTH
        if not low <= len(self.data or "") <= high:
            raise StopValidation(_l("Choose a password of at least %(low)s characters; several words make a good one.", low=low))


class OldPasswordField(_Shown, PasswordField):
    def __init__(self, label: str, validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), render_kw={"autocomplete": "current-password"}, **options)


class TickField(_Shown, BooleanField):
    """One box. With ``needed`` it must be ticked."""

    kind = "tick"


class ChoiceField(_Shown, RadioField):
    """One of several, as radios. ``choices`` maps values to labels, or is a function that gives such a map."""

    kind = "choices"

    def __init__(self, label: str, sentence: str, **options: Any) -> None:
        super().__init__(label, validate_choice=False, **options)
        self._sentence = sentence

    @property
    def needed(self) -> bool:
        return True

    @property
    def first_id(self) -> str:
        return f"{self.id}-0"

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.choices:
            raise StopValidation(self._sentence)


class PickField(_Shown, SelectField):
    """One of several, as a drop-down list; the first is taken where nothing is picked."""

    kind = "line"

    @property
    def needed(self) -> bool:
        return "" not in self.choices or super().needed

    def pre_validate(self, form: Any) -> None:
        if self.data not in self.choices:
            raise StopValidation(_l("Pick one from the list."))


class TicksField(_Shown, SelectMultipleField):
    """Several of several, as boxes."""

    kind = "choices"
    option_widget = CheckboxInput()

    def __init__(self, label: str, validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), validate_choice=False, **options)

    @property
    def first_id(self) -> str:
        return f"{self.id}-0"

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= set(self.choices):
            raise StopValidation(_l("Pick from the boxes."))


def category_choices() -> dict[str, str]:
    return {slug: kind_name(slug) for slug in CATEGORIES}


def language_choices() -> dict[str, str]:
    """Languages that people speak, in the page's words and their own."""
    page = get_locale()
    return {code: _both_names(Locale.parse(code), page) for code in SPOKEN}


def _both_names(spoken: Locale, page: Locale) -> str:
    here, own = str(spoken.get_display_name(page)).capitalize(), str(spoken.get_display_name(spoken))
    return here if here.lower() == own.lower() else f"{here} ({own})"


def mode_choices() -> dict[str, str]:
    return {Mode.IN_PERSON: _("Face to face"), Mode.REMOTE: _("By phone or video"), Mode.BOTH: _("Either")}


def quartier_choices() -> dict[str, str]:
    """The territories that have none below them, by name."""
    return {"": _("I do not know")} | {str(each.id): each.name for each in all_territories(ctx()).quartiers}


@dataclass(frozen=True)
class _Box:
    value: str
    id: str
    label: str
    checked: bool


class WeekField(_Shown):
    """A week as boxes, day by part of the day, or a sentence that counts in their place. ``data`` is ``opening_hours`` text; no box ticked
    is any time, the empty text.

    All controls share the field's name. A sentence is taken once it has been shown back: the form comes back with ``asks``, the hours as
    they were read, and with boxes in place of the sentence where boxes say the same.
    """

    kind = "week"
    asks = False
    sentence = ""
    _NAMES: ClassVar = {"morning": _l("Morning"), "afternoon": _l("Afternoon"), "evening": _l("Evening")}
    _BOXES = frozenset(f"{day}-{part}" for day in DAYS for part in PARTS)
    _READ = "="
    """How the hidden control begins that holds what was shown back."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self._shown_back = [value.removeprefix(self._READ) for value in valuelist if value.startswith(self._READ)]
        words = [value for value in valuelist if value not in self._BOXES and not value.startswith(self._READ)]
        self.sentence = " ".join(words).strip()[:LONGEST_LINE]
        self._unread = ""
        try:
            self.data = read_week(self.sentence) if self.sentence else self._ticked_text(set(valuelist))
        except Unreadable as error:
            self.data, self._unread = self._ticked_text(set(valuelist)), error.part

    def process_data(self, value: str | None) -> None:
        self.data = value or ""
        self.sentence = "" if self.in_boxes else hours_words(self.data, str(get_locale()))
        self._shown_back, self._unread = [self.data], ""

    def pre_validate(self, form: Any) -> None:
        if self._unread:
            raise StopValidation(
                _l("We could not read “%(part)s”. Write days and hours, for example: Monday to Friday 6 pm to 8 pm.", part=self._unread)
            )

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        right = super().validate(form, extra_validators)
        self.asks = right and bool(self.sentence) and self.data not in self._shown_back
        return right and not self.asks

    @property
    def in_boxes(self) -> bool:
        """Whether the boxes alone say all of it."""
        ticked = {f"{day}-{part}" for day in DAYS for part in PARTS if self._ticked(day, part)}
        return self._ticked_text(ticked) == self.data or parse_hours(self._ticked_text(ticked)) == parse_hours(self.data)

    @property
    def said(self) -> str:
        """The sentence that stays in its line: none where the boxes can say it."""
        return "" if not self._unread and self.in_boxes else self.sentence

    @property
    def shown_back(self) -> str:
        """The hidden control's value beside a sentence that has been shown back."""
        return f"{self._READ}{self.data}" if self.said and (self.asks or self.data in self._shown_back) else ""

    @staticmethod
    def _ticked_text(ticked: set[str]) -> str:
        week = [0] * len(DAYS)
        for number, day in enumerate(DAYS):
            for part, span in PARTS.items():
                if f"{day}-{part}" in ticked:
                    add(week, number, span)
        return spell(week)

    def _ticked(self, day: str, part: str) -> bool:
        span = parse_hours(f"{day} {clock(PARTS[part][0])}-{clock(PARTS[part][1])}")
        return bool(self.data) and span & parse_hours(self.data) == span

    def parts(self) -> list[tuple[str, str]]:
        """Each part's name and its hours."""
        return [(str(self._NAMES[part]), f"{start // 60}–{end // 60}\u00a0h") for part, (start, end) in PARTS.items()]

    def rows(self) -> Iterator[tuple[str, list[_Box]]]:
        """Each day's name and its boxes."""
        names = get_day_names("wide", locale=get_locale())
        for number, day in enumerate(DAYS):
            yield names[number].capitalize(), [self._box(day, part, names[number]) for part in PARTS]

    def _box(self, day: str, part: str, day_name: str) -> _Box:
        label = f"{day_name}, {self._NAMES[part]}"
        return _Box(f"{day}-{part}", f"{self.id}-{day}-{part}", label, self._ticked(day, part))

    @property
    def first_id(self) -> str:
        return f"{self.id}-words" if self._unread else f"{self.id}-Mo-morning"
