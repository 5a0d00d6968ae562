"""Forms of several pages on their way: kept encrypted on the server, so that nothing of them stands in an address or a cookie."""

import json
import secrets
from datetime import timedelta

from sqlalchemy import delete

from app.context import Context
from app.models import Draft

LASTS = timedelta(days=2)
Answers = dict[str, dict[str, list[str]]]
"""What was typed, by page and field, as it came: also what is not right yet, so that nobody types it twice."""


def read(ctx: Context, draft_id: str | None, kind: str) -> Answers:
    """What was typed so far; nothing when there is no such draft any more."""
    if not draft_id:
        return {}
    with ctx.db.read() as session:
        draft = session.get(Draft, draft_id)
    alive = draft is not None and draft.kind == kind and draft.changed_at > ctx.now() - LASTS
    return json.loads(draft.answers) if draft is not None and alive else {}


def save(ctx: Context, draft_id: str | None, kind: str, answers: Answers) -> str:
    """Keep ``answers``; the id under which they are found again. Drafts that were left are deleted on the way."""
    now = ctx.now()
    with ctx.db.write() as session:
        session.execute(delete(Draft).where(Draft.changed_at < now - LASTS))
        draft = session.get(Draft, draft_id) if draft_id else None
        if draft is None or draft.kind != kind:
            draft = Draft(id=secrets.token_urlsafe(32), kind=kind)
            session.add(draft)
        draft.answers, draft.changed_at = json.dumps(answers, ensure_ascii=False), now
        return draft.id


def discard(ctx: Context, draft_id: str | None) -> None:
    with ctx.db.write() as session:
        session.execute(delete(Draft).where(Draft.id == draft_id))
