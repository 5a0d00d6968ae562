"""Outlines of territories, for administrators: imported from a file or drawn on a map, looked at, and only then stored; and taken away."""

import json
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from shapely import to_geojson

from app.coordination.door import ID, coordination
from app.extensions import ctx
from app.forms import Form, LineField, PickField, TextField, UploadField, needed
from app.identity import actor
from app.outline_words import say
from app.permissions import ADMINISTRATOR, permit
from app.services import drafts, outlines, territory_removal
from app.services.outlines import MOST_BYTES, Trouble
from app.services.places import all_territories, drawn_of
from app.services.territories import MOST_OVERLAPS, Given, Imported, import_territories, preview
from app.uploads import takes_file

SHOWN = 100
"""Of each list: a city has some hundred quartiers, and what is wrong is mostly wrong everywhere."""
LONGEST_TEXT = 200_000
MOST_DRAWN = 200_000
"""Characters of outlines that a page may carry for its map."""


def _kinds() -> dict[str, str]:
    return {"quartier": _("Quartiers"), "district": _("Districts"), "city": _("The whole city")}


def _one_kind() -> dict[str, str]:
    return {"quartier": _("A quartier"), "district": _("A district"), "city": _("The whole city")}


def _parents() -> dict[str, str]:
    names = all_territories(ctx()).names
    return {"": _("the smallest larger one that holds it")} | {str(i): name for i, name in sorted(names.items(), key=lambda each: each[1])}


class ImportForm(Form):
    file = UploadField(
        _l("GeoJSON file"), [needed(_l("Choose a file."))], description=_l("Polygons in degrees (EPSG:4326), 10 MB at most."),
        render_kw={"accept": ".geojson,.json"},
    )  # fmt: skip
    name_property = LineField(
        _l("Property with the name"), [needed(_l("Say which property of each polygon holds its name."))], default="nom",
        render_kw={"class": "short"}, description=_l("As the file has it, for example nom or name."),
    )  # fmt: skip
    kind = PickField(_l("What they are"), choices=_kinds)
    parent = PickField(_l("They lie in"), choices=_parents)


class _OutlineText(TextField):
    longest = LONGEST_TEXT
    first_id = "drawn"


class OutlineForm(Form):
    """One territory. Without an outline it keeps the one that it has."""

    name = LineField(_l("Name"), [needed(_l("Write its name."))])
    kind = PickField(_l("What it is"), choices=_one_kind)
    parent = PickField(_l("It lies in"), choices=_parents)
    drawn = _OutlineText(_l("Outline as text (GeoJSON)"), render_kw={"rows": 4, "spellcheck": "false"})


@coordination.route("/territories/import", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
@takes_file(MOST_BYTES)
def import_outlines() -> ResponseReturnValue:
    form, troubles = ImportForm(), list[Trouble]()
    if form.validate_on_submit():
        raw = form.file.data.read(MOST_BYTES + 1)
        read = outlines.read(raw, form.name_property.data)
        if not read.troubles:
            return _keep(raw.decode("utf-8-sig"), form.name_property.data, form.kind.data, form.parent.data)
        troubles = read.troubles
    shown = [say(each) for each in troubles[:SHOWN]]
    page = render_template("coordination/outlines_import.html", form=form, troubles=shown, of=len(troubles))
    return page, 422 if form.errors or troubles else 200


@coordination.route("/territories/new", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def new_territory() -> ResponseReturnValue:
    form = OutlineForm()
    form.drawn.validators = [needed(_l("Draw its outline on the map, or paste it."))]
    if form.validate_on_submit() and (kept := _one(form, form.drawn.data, "")):
        return kept
    return render_template("coordination/outline.html", form=form, name=""), 422 if form.errors else 200


@coordination.route(f"/territories/<{ID}:territory_id>/outline", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def change_outline(territory_id: int) -> ResponseReturnValue:
    """Another outline, name or parent."""
    here = all_territories(ctx())
    name = here.names.get(territory_id) or abort(404)
    now = to_geojson(here.shapes[territory_id])
    chosen = here.parents[territory_id] if territory_id in here.chosen else None
    form = OutlineForm(data={"name": name, "parent": str(chosen or ""), "drawn": now if len(now) <= LONGEST_TEXT else ""})
    del form.kind
    if form.validate_on_submit() and (kept := _one(form, form.drawn.data or now, str(territory_id))):
        return kept
    return render_template("coordination/outline.html", form=form, name=name, territory_id=territory_id), 422 if form.errors else 200


def _one(form: OutlineForm, drawn: str, territory_id: str) -> Response | None:
    read = outlines.one(form.name.data, drawn)
    if read.troubles:
        form.drawn.errors = [say(read.troubles[0])]
        return None
    text = outlines.as_file(form.name.data, to_geojson(read.outlines[0].shape)).decode()
    return _keep(text, "name", form.kind.data if form.kind else "", form.parent.data, territory_id)


def _keep(text: str, name_property: str, kind: str, parent: str, territory: str = "") -> Response:
    """What is to be looked at lies in a draft, sealed, for two days at most. The address says in which: there may be one in each tab."""
    given = {"text": text, "property": name_property, "kind": kind, "parent": parent, "territory": territory}
    draft = drafts.save(ctx(), None, _mine(), {"given": {name: [value] for name, value in given.items()}})
    return make_response(redirect(url_for("coordination.check_outlines", draft=draft), 303))


def _mine() -> str:
    """The kind of draft that holds what this agent looks at: nobody else's address leads to it."""
    return f"outlines-{actor().person_id}"


def _kept() -> Given | None:
    draft = request.args.get("draft", "")
    answers = drafts.read(ctx(), draft, _mine()).get("given", {}) if draft.isprintable() else {}
    kept = {name: values[0] for name, values in answers.items()}
    if not kept:
        return None
    found = outlines.read(kept["text"].encode(), kept["property"]).outlines
    number = {name: int(kept[name]) if kept[name] else None for name in ("parent", "territory")}
    return Given(found, kept["kind"], number["parent"], number["territory"])


@coordination.route("/territories/check", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def check_outlines() -> ResponseReturnValue:
    """What would be done; then it is done."""
    given = _kept()
    if given is None:
        flash(_("There is nothing to look at any more: it was stored, or left for two days. Please begin again."))
        return redirect(url_for("coordination.territories"), 303)
    if request.method == "POST":
        done = import_territories(ctx(), given, actor())
        if not done.troubles:
            drafts.discard(ctx(), request.args["draft"])
            flash(_done(done))
            return redirect(url_for("coordination.territories"), 303)
    would = preview(ctx(), given)
    drawn = drawn_of((number, line.name, line.shape) for number, line in enumerate(would.lines, 1) if line.becomes != "same")
    shapes: Any = json.loads(drawn) if len(drawn) <= MOST_DRAWN else None
    page = render_template(
        "coordination/outlines_check.html", would=would, troubles=[say(each) for each in would.troubles[:SHOWN]], most=SHOWN,
        most_overlaps=MOST_OVERLAPS, number=format_decimal,
        shapes=shapes if shapes and shapes["features"] else None,
    )  # fmt: skip
    return page, 422 if would.troubles else 200


def _done(done: Imported) -> str:
    if all(line.becomes == "same" for line in done.lines):
        return _("Nothing to do: that is how it was already.")
    moved = ngettext("%(num)s request or offer has moved with it.", "%(num)s requests and offers have moved with it.", done.moved)
    return _("Written down. It holds from now on.") + (f" {moved}" if done.moved else "")


@coordination.route(f"/territories/<{ID}:territory_id>/remove", methods=["GET", "POST"])
@permit(ADMINISTRATOR)
def remove_territory(territory_id: int) -> ResponseReturnValue:
    found = territory_removal.removal(ctx(), territory_id) or abort(404)
    if request.method == "POST" and territory_removal.remove(ctx(), territory_id, actor()):
        flash(_("%(name)s is removed.", name=found.name))
        return redirect(url_for("coordination.territories"), 303)
    return render_template("coordination/territory_remove.html", found=found, territory_id=territory_id)
