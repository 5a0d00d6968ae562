"""A coordinator's pages while others work: what is new comes in, and what one reads stays where it is."""

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy import select

from app.models import Channel, Match, Need, Task
from app.services import posting, reports, tasks
from app.services.events import Actor
from matching.lifecycle import NeedState, Side
from tests.browser.site import Site
from tests.browser.visitor import Visitor

BY_PHONE = Actor(channel=Channel.PHONE)


def post(site: Site) -> int:
    where = posting.Where("1 rue d'Essai", "69002", "Lyon", 4.8320, 45.7578)
    given = posting.NeedInput(name="Odette Vivante", category="pets", phone="+33465711234", contact="phone", where=where)
    return posting.post_need(site.ctx, given, BY_PHONE)


def top_of(coordinator: Visitor, row: str) -> float:
    return coordinator.page.evaluate("(row) => document.querySelector(row).getBoundingClientRect().top", row)


def test_a_new_request_comes_into_the_list_and_what_one_reads_stays(site: Site, visit: Callable[..., Visitor]) -> None:
    coordinator = visit(language="en", role="coordinator")
    coordinator.open("/coordination/needs")
    page = coordinator.page
    keys = page.eval_on_selector_all("tr[data-key]", "rows => rows.map(row => row.dataset.key)")
    read = f'tr[data-key="{keys[4]}"]'
    page.locator(read).scroll_into_view_if_needed()
    page.locator(f"{read} a").first.focus()
    before = top_of(coordinator, read)
    need_id = post(site)
    page.wait_for_selector(f'tr.new[data-key="{need_id}"]')
    assert page.eval_on_selector_all("tr[data-key]:not(.gone)", "rows => rows[0].dataset.key") == str(need_id)
    assert abs(top_of(coordinator, read) - before) < 2
    assert page.evaluate("document.activeElement.closest('tr')?.dataset.key") == keys[4], "the cursor stays"
    assert "1 new." in page.locator(".live").inner_text()

    posting.move_need(site.ctx, need_id, NeedState.WITHDRAWN, BY_PHONE)
    page.wait_for_selector(f"tr[data-key=\"{need_id}\"] :text(\"withdrawn\")")
    assert abs(top_of(coordinator, read) - before) < 2


def test_what_is_reported_meanwhile_is_said_above_the_tasks(site: Site, visit: Callable[..., Visitor]) -> None:
    lead = visit(language="en", role="coordinator")
    lead.open("/coordination/")
    said = lead.page.locator("[data-live-too=reports]")
    before = said.inner_text()
    with site.ctx.db.read() as session:
        match = session.scalars(select(Match).where(Match.state == "agreed").limit(1)).one()
        resident = session.get_one(Need, match.need_id).person_id
    reports.report(site.ctx, Side.RESIDENT, match.need_id, match.id, "other", "Something odd.", Actor(resident, Channel.LINK))
    expect(said).to_contain_text("reports are open", timeout=10_000)
    assert "1 report is open" in before


def test_a_task_that_is_done_elsewhere_turns_pale_before_it_goes(site: Site, visit: Callable[..., Visitor]) -> None:
    coordinator = visit(language="fr", role="coordinator")
    coordinator.open("/coordination/")
    keys = coordinator.page.locator("tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    shown = [*map(int, filter(str.isdigit, keys))]
    with site.ctx.db.read() as session:
        task_id = session.scalars(select(Task.id).where(Task.id.in_(shown), Task.kind.in_(["tell", "nobody"]))).first()
    assert task_id
    waiting = coordinator.page.locator("nav.sections a").first.inner_text()
    kinds = coordinator.page.locator("[data-live-too=kinds]").inner_text()
    tasks.close_task(site.ctx, task_id, BY_PHONE)
    coordinator.page.wait_for_selector(f'tr.gone[data-key="{task_id}"]')
    expect(coordinator.page.locator("nav.sections a").first).not_to_have_text(waiting, timeout=10_000)
    expect(coordinator.page.locator("[data-live-too=kinds]")).not_to_have_text(kinds)


def test_a_form_that_somebody_fills_in_is_left_alone(site: Site, visit: Callable[..., Visitor]) -> None:
    with site.ctx.db.read() as session:
        need_id = session.scalars(select(Need.id).where(Need.state == NeedState.OPEN).order_by(Need.id)).first()
    assert need_id
    coordinator = visit(language="en", role="coordinator")
    coordinator.open(f"/coordination/needs/{need_id}")
    posting.move_need(site.ctx, need_id, NeedState.PAUSED, BY_PHONE)
    coordinator.page.wait_for_selector(".live .notice")
    assert "Something has changed here meanwhile." in coordinator.page.locator(".live").inner_text()
    assert coordinator.change_by(lambda: coordinator.page.click(".live a")) == 200
    assert "paused" in coordinator.page.inner_text("main")


def test_without_a_connection_it_says_so_and_goes_on_after_it(site: Site, visit: Callable[..., Visitor]) -> None:
    coordinator = visit(language="en", role="coordinator")
    coordinator.open("/coordination/needs")
    coordinator.page.route("**/coordination/needs", lambda route: route.fulfill(status=503, body=""))
    expect(coordinator.page.locator(".live")).to_contain_text("No connection", timeout=30_000)
    coordinator.page.unroute("**/coordination/needs")
    need_id = post(site)
    coordinator.page.wait_for_selector(f'tr[data-key="{need_id}"]', timeout=30_000)
    coordinator.problems.clear()
