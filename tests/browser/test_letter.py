"""A letter as it is printed: on one sheet of A4, in large type, without what is the agent's; and its page on the screen, for everybody."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models import Channel, Match, Need, Offer, Task
from app.services import posting
from app.services.events import Actor
from app.services.telling import tell
from notifications.samples import SAMPLES
from tests.browser.checks import check
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.cities import LONG_NAME

QUESTION, NEWS = "accepted_to_resident", "agreed_to_resident"
PRINTED = "window.printed = 0; window.print = () => { window.printed += 1 }"
LEAST_PX = 14 * 96 / 72


def to_write(site: Site, name: str, language: str, sample: str) -> int:
    """The task to write this to somebody of that name."""
    where = posting.Where("12 rue de l’Annonciade, bâtiment C", "69001", "Lyon", 4.8305, 45.769)
    given = posting.NeedInput(name=name, category="shopping", where=where, contact="letter", language=language)
    need_id = posting.post_need(site.ctx, given, Actor(channel=Channel.PHONE))
    with site.ctx.db.write() as session:
        need = session.get_one(Need, need_id, options=[joinedload(Need.person)])
        offer, now = session.scalars(select(Offer).order_by(Offer.id).limit(1)).one(), site.ctx.now()
        match = Match(need=need, offer=offer, state="proposed", mode="in_person", distance_m=100, proposed_at=now, deadline_at=now)
        session.add(match)
        session.flush()
        message = replace(SAMPLES[sample], first_name=need.person.first_name)
        tell(session, site.ctx, need.person, message, now, need=need, match=match)
        session.flush()
        return session.scalars(select(Task.id).order_by(Task.id.desc()).limit(1)).one()


@pytest.mark.parametrize(
    ("name", "language", "sample", "pages"),
    [
        ("Odette Martin", "fr", QUESTION, 2), ("Gwendolyn Featherstone", "en", QUESTION, 2), ("Odette Martin", "fr", NEWS, 2),
        (LONG_NAME, "fr", QUESTION, 3),
    ],
)  # fmt: skip
def test_a_letter_can_be_read_by_everybody(
    site: Site, visit: Callable[..., Visitor], name: str, language: str, sample: str, pages: int
) -> None:
    """The last page is the back of the sheet: what becomes of the reader's data."""
    visitor = visit(language="en", role="coordinator")
    page = visitor.page
    page.add_init_script(PRINTED)
    visitor.open(f"/coordination/tasks/{to_write(site, name, language, sample)}")
    assert visitor.change_by(page.get_by_role("button", name="Print the letter").click) == 200
    page.wait_for_function("window.printed === 1")
    assert check(visitor)[0] == []

    page.emulate_media(media="print")
    assert not page.get_by_role("link", name="Back to the task").is_visible()
    shown = page.locator("main :is(p, h1, h2, li):not(.cut)")
    assert min(float(shown.nth(i).evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) for i in range(shown.count())) >= LEAST_PX
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == pages
