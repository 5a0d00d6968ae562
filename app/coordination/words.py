"""The city's own words: what may be said in other words, one page a text, with a preview, all that stood before, and the way back."""

from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app import i18n
from app.buttons import pressed
from app.city_words import GROUPS, SAID, Said, fields, now, tidy, wrong
from app.coordination.door import coordination
from app.coordination.lists import whole
from app.extensions import ctx
from app.forms import Form, TextField, needed
from app.headers import MAIL_POLICY
from app.identity import actor
from app.mail_words import Sentence, by_message, sentence
from app.permissions import ADMINISTRATOR, permit
from app.services import wording
from notifications.words import LANGUAGES

ORIGINAL = 0


class WordsForm(Form):
    text = TextField(_l("In the city’s words"), [needed(_l("Write the words, or go back to the original."))], render_kw={"rows": 4})
    seen = HiddenField()


class Former(NamedTuple):
    """What stood before or stands now: ``parts`` are its words and those before them, each run with ``same``, ``gone`` or ``new``."""

    id: int
    text: str
    changed_at: datetime
    name: str
    parts: list[tuple[str, str]]


@coordination.get("/words")
@permit(ADMINISTRATOR)
def words() -> ResponseReturnValue:
    own = now().texts
    groups = [(name, [(key, said) for key, said in SAID.items() if said.group == group]) for group, name in GROUPS.items()]
    names = [(language, i18n.own_name(language)) for language in i18n.languages()]
    return render_template("coordination/words_list.html", groups=groups, own=own, in_languages=names)


@coordination.get("/words/messages")
@permit(ADMINISTRATOR)
def words_of_messages() -> ResponseReturnValue:
    """In one language: ``lang`` is that of the page, and what is changed may be in another."""
    chosen = request.args.get("in", ctx().settings.language)
    if chosen not in LANGUAGES:
        abort(404)
    names = [(language, i18n.own_name(language)) for language in LANGUAGES]
    return render_template(
        "coordination/words_of_messages.html", messages=by_message(chosen), own=now().texts.get(chosen, {}), chosen=chosen, names=names
    )


@coordination.route("/words/<key>/<wording_language>", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def word(key: str, wording_language: str) -> ResponseReturnValue:
    """The text as it stands, to be changed. It is read as others will read it before it counts, if one likes."""
    said = _said(key, wording_language)
    rows = wording.history(ctx(), key, wording_language)
    original = said.original(wording_language)
    current = rows[0].text if rows and rows[0].text is not None else original
    form, preview = WordsForm(), ""
    if request.method != "POST":
        form.text.data, form.seen.data = current, str(rows[0].id if rows else ORIGINAL)
    elif form.validate():
        text = tidy(form.text.data, wording_language)
        if problem := wrong(said, text, wording_language):
            form.text.errors = [problem]
        elif (go := pressed("go", "preview", "html", "save")) == "html":
            return _as_mail(said, text, wording_language)
        elif go == "preview":
            form.text.data, preview = text, said.preview(text, wording_language)
        elif _changed(form, key, wording_language, None if text == tidy(original, wording_language) else text):
            return _back(key, wording_language, _("These words stand from now on."))
    return render_template(
        "coordination/word.html", key=key, said=said, form=form, preview=preview, now=current, original=original,
        fields=fields(original, said), wording_language=wording_language, name=i18n.own_name(wording_language),
        former=_former(rows, original), shown=wording.SHOWN, seen=rows[0].id if rows else ORIGINAL,
    ), 422 if form.errors else 200  # fmt: skip


@coordination.post("/words/<key>/<wording_language>/back")
@permit(ADMINISTRATOR)
def word_again(key: str, wording_language: str) -> ResponseReturnValue:
    """What stood before stands again, or the original: as one more change, so that nothing is lost."""
    _said(key, wording_language)
    rows = wording.history(ctx(), key, wording_language)
    wanted, seen = whole(request.form.get("former")), whole(request.form.get("seen"))
    texts = {row.id: row.text for row in rows} | {ORIGINAL: None}
    if wanted not in texts or seen is None:
        abort(400)
    try:
        wording.change(ctx(), key, wording_language, texts[wanted], seen, actor())
    except wording.ChangedMeanwhile:
        return _back(key, wording_language, _MEANWHILE)
    return _back(key, wording_language, _("These words stand from now on."))


_MEANWHILE = _l("Somebody else has changed these words meanwhile. Here is how they stand now.")


def _as_mail(said: Said, text: str, language: str) -> ResponseReturnValue:
    """A sample of the message as a mail program shows it: nothing in it runs, and nothing is loaded for it."""
    if not isinstance(said, Sentence):
        abort(400)
    return Response(said.rendered(text, language).html, headers={"Content-Security-Policy": MAIL_POLICY})


def _said(key: str, language: str) -> Said:
    found = SAID.get(key) or sentence(key, language)
    return found if found and language in i18n.languages() else abort(404)


def _changed(form: WordsForm, key: str, language: str, text: str | None) -> bool:
    """Whether it is written down; else the form says why not, and keeps what was typed."""
    try:
        wording.change(ctx(), key, language, text, whole(form.seen.data) or ORIGINAL, actor())
    except wording.ChangedMeanwhile:
        form.text.errors = [_("Somebody else has changed these words meanwhile. They stand above: open the page again, then change them.")]
        return False
    return True


def _back(key: str, language: str, words: object) -> ResponseReturnValue:
    flash(str(words))
    return redirect(url_for("coordination.word", key=key, wording_language=language), 303)


def _former(rows: Sequence[Any], original: str) -> list[Former]:
    """All but the oldest of those that are looked up, which is there to compare with."""
    texts = [row.text if row.text is not None else original for row in rows] + [original]
    return [
        Former(row.id, texts[at], row.changed_at, row.name or "", _parts(texts[at + 1], texts[at]))
        for at, row in enumerate(rows[: wording.SHOWN])
    ]


def _parts(before: str, after: str) -> list[tuple[str, str]]:
    """The words of both in order, each run with ``same``, ``gone`` or ``new``."""
    old, new = before.split(" "), after.split(" ")
    parts = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(("same", " ".join(old[i:j])))
            continue
        parts += [(kind, " ".join(run)) for kind, run in (("gone", old[i:j]), ("new", new[k:m])) if run]
    return parts
