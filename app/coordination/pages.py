"""One page a thing: what to do about it first, what is public of it, and what happened."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from app import live
from app.coordination.door import ID, coordination, sight, waiting
from app.coordination.forms import CheckForm, PlaceForm, place_form
from app.coordination.reading import reading
from app.extensions import ctx
from app.i18n import language
from app.identity import actor, signed_in
from app.models import Need, Offer, Person, Task, TaskKind
from app.permissions import AGENT, may, permit
from app.services import choosing, details, duplicates, sharing, why
from app.services.checks import checks_of
from app.services.period import EARLIEST, LATEST
from app.services.reasons import may_tell
from app.services.sight import Kind
from app.why_words import nobody_sentences, pair_sentence, refused_counts, what_keeps
from config.categories import CATEGORIES
from matching.model import Mode
from matching.why import from_data
from notifications.why_words import refusal_words

Same = tuple[Sequence[duplicates.Pair], Sequence[duplicates.Folded], Sequence[int]]
"""Who may be the same person as somebody, who was found to be, and who was found not to be."""
T = TypeVar("T")
REASONS = ("call", "place", "check")
"""Why somebody looks at exact data on the page of a post or a person."""


@coordination.get(f"/needs/<{ID}:need_id>")
@permit(AGENT)
def need(need_id: int) -> ResponseReturnValue:
    def read() -> tuple[details.Detail | None, choosing.Candidates | None]:
        candidates = choosing.candidates(ctx(), sight(), need_id) if may("coordination.choose") else None
        return details.need(ctx(), sight(), need_id, _before()), candidates

    return _show(("need", need_id), (Need, REASONS), read, lambda found, exact: need_page(need_id, *found, exact=exact))


@coordination.get(f"/offers/<{ID}:offer_id>")
@permit(AGENT)
def offer(offer_id: int) -> ResponseReturnValue:
    return _show(
        ("offer", offer_id), (Offer, REASONS), lambda: details.offer(ctx(), sight(), offer_id, _before()),
        lambda found, exact: offer_page(offer_id, found, exact),
    )  # fmt: skip


@coordination.get(f"/matches/<{ID}:match_id>")
@permit(AGENT)
def match(match_id: int) -> ResponseReturnValue:
    before = _before()
    return live.show(("match", match_id, sight(), before), lambda: details.match(ctx(), sight(), match_id, before), _match_page)


@coordination.get(f"/people/<{ID}:person_id>")
@permit(AGENT)
def person(person_id: int) -> ResponseReturnValue:
    def read() -> tuple[details.Detail | None, Same]:
        return details.person(ctx(), sight(), person_id, _before()), _same(person_id)

    return _show(("person", person_id), (Person, REASONS), read, lambda found, exact: person_page(person_id, *found, exact=exact))


@coordination.get(f"/tasks/<{ID}:task_id>")
@permit(AGENT)
def task(task_id: int) -> ResponseReturnValue:
    me = signed_in() or abort(403)
    sharing.look_in(ctx(), task_id, me.id)

    def read() -> tuple[details.Detail | None, Sequence[sharing.Colleague]]:
        return details.task(ctx(), sight(), task_id, _before()), sharing.present(ctx(), [task_id]).get(task_id, ())

    return _show(("task", task_id), (Task, ("task",)), read, lambda found, exact: task_page(task_id, *found, exact=exact))


def _show(
    name: tuple[str, int], look: tuple[Kind, Collection[str]], read: Callable[[], T], render: Callable[[T, details.Exact | None], str]
) -> ResponseReturnValue:
    """A thing's page. Where ``look`` in the address is one of the reasons for a look, it shows what the agent looked at on it a moment ago,
    and does not follow what changes: that would take it away from under somebody who is on the phone."""
    (kind, reasons), reason = look, request.args.get("look", "")
    exact = details.looked(ctx(), sight(), kind, name[1], reason, actor()) if reason in reasons else None
    return render(read(), exact) if exact else live.show((*name, sight(), _before()), read, lambda found: render(found, None))


def _before() -> datetime | None:
    """Up to when the address asks for what happened; ``None``: up to now, also for what is no moment."""
    try:
        moment = datetime.fromisoformat(request.args.get("before", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo and EARLIEST <= moment.date() <= LATEST else None


def need_page(
    need_id: int, found: details.Detail | None = None, volunteers: choosing.Candidates | None = None, *,
    exact: details.Exact | None = None, place: PlaceForm | None = None,
) -> str:  # fmt: skip
    """A need's page; with ``exact`` after a look, with ``place`` when a place was refused."""
    detail = found or details.need(ctx(), sight(), need_id) or abort(404)
    nobody = next((why.read(task.why) for task in detail.tasks if task.kind == TaskKind.NOBODY), None)
    sentences = [" ".join(nobody_sentences(nobody, language())), *refused_counts(nobody, language())] if nobody else []
    form = place or place_form(exact)
    return render_template(
        "coordination/need.html", detail=detail, row=detail.row, exact=exact, form=form, why=sentences,
        keeps=what_keeps(nobody) if nobody else None, afar=CATEGORIES[detail.row.category].remote, volunteers=volunteers,
        pair_words=lambda why: pair_sentence(why, language()), refusal_words=lambda rule: refusal_words(rule, language()),
    )  # fmt: skip


def offer_page(
    offer_id: int, found: details.Detail | None = None, exact: details.Exact | None = None, place: PlaceForm | None = None
) -> str:
    detail = found or details.offer(ctx(), sight(), offer_id) or abort(404)
    return render_template("coordination/offer.html", detail=detail, row=detail.row, exact=exact, form=place or place_form(exact))


def _match_page(found: details.Detail | None) -> str:
    detail = found or abort(404)
    row = detail.row
    logged = from_data(row.need_id, row.offer_id, Mode(row.mode), row.terms) if row.terms else None
    sentence = pair_sentence(logged, language()) if logged else ""
    return render_template("coordination/match.html", detail=detail, row=row, why=sentence, may_tell=may_tell(row, ctx().now()))


def person_page(
    person_id: int, found: details.Detail | None = None, same: Same | None = None, *, exact: details.Exact | None = None,
    check: CheckForm | None = None,
) -> str:  # fmt: skip
    """A person's page; with ``exact`` after a look, with ``check`` when a check was refused."""
    detail = found or details.person(ctx(), sight(), person_id) or abort(404)
    pairs, folded, apart = same or _same(person_id)
    return render_template(
        "coordination/person.html", detail=detail, row=detail.row, exact=exact, form=check or CheckForm(formdata=None), pairs=pairs,
        checks=checks_of(ctx(), person_id) if detail.offers else [], today=ctx().now().astimezone(ctx().settings.zone).date(),
        folded=folded, apart=apart,
    )  # fmt: skip


def _same(person_id: int) -> Same:
    pairs, apart = duplicates.of(ctx(), sight(), person_id)
    return pairs, duplicates.folded_into(ctx(), person_id), apart


def task_page(
    task_id: int, found: details.Detail | None = None, others: Sequence[sharing.Colleague] = (), *, exact: details.Exact | None = None,
    **forms: Any,
) -> str:  # fmt: skip
    """A task's page; with ``exact`` after a look, with ``edit`` or ``refuse`` when what an agent decided was refused."""
    detail = found or details.task(ctx(), sight(), task_id) or abort(404)
    read = reading(detail.row, exact, **forms) if detail.row.kind == TaskKind.MODERATE else None
    return render_template(
        "coordination/task.html", detail=detail, row=detail.row, exact=exact, others=others, reading=read,
        colleagues=sharing.colleagues(ctx(), task_id), leads=waiting().leads,
    )  # fmt: skip
