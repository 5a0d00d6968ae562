"""One page a thing: what to do about it first, what is public of it, and what happened."""

from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.coordination.door import ID, coordination, sight
from app.coordination.forms import CheckForm, PlaceForm, place_form
from app.coordination.reading import reading
from app.extensions import ctx
from app.i18n import language
from app.models import TaskKind
from app.permissions import COORDINATOR, permit
from app.services import details
from app.services.checks import checks_of
from app.services.reasons import may_tell
from app.services.why import why_nobody
from app.why_words import nobody_sentences, pair_sentence, refused_counts, what_keeps
from config.categories import CATEGORIES
from matching.model import Mode
from matching.why import from_data


@coordination.get(f"/needs/<{ID}:need_id>")
@permit(COORDINATOR)
def need(need_id: int) -> ResponseReturnValue:
    return need_page(need_id)


@coordination.get(f"/offers/<{ID}:offer_id>")
@permit(COORDINATOR)
def offer(offer_id: int) -> ResponseReturnValue:
    return offer_page(offer_id)


@coordination.get(f"/matches/<{ID}:match_id>")
@permit(COORDINATOR)
def match(match_id: int) -> ResponseReturnValue:
    detail = details.match(ctx(), sight(), match_id) or abort(404)
    row = detail.row
    logged = from_data(row.need_id, row.offer_id, Mode(row.mode), row.terms) if row.terms else None
    why = pair_sentence(logged, language()) if logged else ""
    return render_template("coordination/match.html", detail=detail, row=row, why=why, may_tell=may_tell(row, ctx().now()))


@coordination.get(f"/people/<{ID}:person_id>")
@permit(COORDINATOR)
def person(person_id: int) -> ResponseReturnValue:
    return person_page(person_id)


@coordination.get(f"/tasks/<{ID}:task_id>")
@permit(COORDINATOR)
def task(task_id: int) -> ResponseReturnValue:
    return task_page(task_id)


def need_page(need_id: int, exact: details.Exact | None = None, place: PlaceForm | None = None) -> str:
    """A need's page; with ``exact`` after a look, with ``place`` when a place was refused."""
    detail = details.need(ctx(), sight(), need_id) or abort(404)
    found = why_nobody(ctx(), need_id) if any(task.kind == TaskKind.NOBODY for task in detail.tasks) else None
    why = [" ".join(nobody_sentences(found, language())), *refused_counts(found, language())] if found else []
    form = place or place_form(exact)
    return render_template(
        "coordination/need.html", detail=detail, row=detail.row, exact=exact, form=form, why=why,
        keeps=what_keeps(found) if found else None, afar=CATEGORIES[detail.row.category].remote,
    )  # fmt: skip


def offer_page(offer_id: int, exact: details.Exact | None = None, place: PlaceForm | None = None) -> str:
    detail = details.offer(ctx(), sight(), offer_id) or abort(404)
    return render_template("coordination/offer.html", detail=detail, row=detail.row, exact=exact, form=place or place_form(exact))


def person_page(person_id: int, exact: details.Exact | None = None, check: CheckForm | None = None) -> str:
    """A person's page; with ``exact`` after a look, with ``check`` when a check was refused."""
    detail = details.person(ctx(), sight(), person_id) or abort(404)
    return render_template(
        "coordination/person.html", detail=detail, row=detail.row, exact=exact, form=check or CheckForm(formdata=None),
        checks=checks_of(ctx(), person_id) if detail.offers else [], today=ctx().now().astimezone(ctx().settings.zone).date(),
    )  # fmt: skip


def task_page(task_id: int, exact: details.Exact | None = None, **forms: Any) -> str:
    """A task's page; with ``exact`` after a look, with ``edit`` or ``refuse`` when what an agent decided was refused."""
    detail = details.task(ctx(), sight(), task_id) or abort(404)
    read = reading(detail.row, exact, **forms) if detail.row.kind == TaskKind.MODERATE else None
    return render_template("coordination/task.html", detail=detail, row=detail.row, exact=exact, reading=read)
