"""A coordinator's morning: what needs a person, one thing after the other, and at the end what came of it all."""

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy import select

from app.models import Match, Task
from app.services import why
from app.services.events import Actor
from app.services.tasks import close_task
from matching.lifecycle import MatchState
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.visitor import Visitor


def first(site: Site, kind: str) -> Task:
    with site.ctx.db.read() as session:
        task = session.scalars(select(Task).where(Task.closed_at.is_(None), Task.kind == kind).order_by(Task.due_at)).first()
    assert task, f"the demonstration has no task to {kind}"
    return task


def without_anybody(site: Site) -> int:
    """A request that was never asked for, with somebody who comes close."""
    with site.ctx.db.read() as session:
        asked = select(Match.need_id)
        waits = Task.closed_at.is_(None), Task.kind == "nobody", Task.need_id.not_in(asked)
        found = session.scalars(select(Task).where(*waits).order_by(Task.due_at)).all()
    return next(task.need_id for task in found if (said := why.read(task.why)) and said.nearest and task.need_id)


def test_a_morning_from_the_list_to_the_figures(site: Site, visit: Callable[..., Visitor]) -> None:
    coordinator = Person(visit(language="en", role="coordinator"))
    page = coordinator.page
    site.work()  # the night's work: why nobody was found

    # A report comes before all else: whoever is in charge of safety reads it, and closes it.
    coordinator.open("/coordination/")
    expect(page.locator("tbody tr th").first).to_have_text("Somebody reported a problem")
    page.get_by_role("link", name="Read it").first.click()
    coordinator.reads("Who has read it", "This look is written down with your name.")
    coordinator.press("/take")
    coordinator.reads("You have it in hand.")
    assert first(site, "report").assigned_to_id, "and its task with it"

    # A request that has nobody: the page says who comes closest; one is asked all the same, with a reason.
    need_id = without_anybody(site)
    coordinator.open(f"/coordination/needs/{need_id}")
    coordinator.reads("Who could help", "Closest to it:")
    page.locator("summary", has_text="The nearest others, and why not").click()
    page.locator("summary", has_text="Ask all the same").first.click()
    page.locator('[name="because"]:visible').first.fill("They have met at the market")
    coordinator.visitor.change_by(page.locator('button[value="ask"]:visible').first.click)
    coordinator.reads("The volunteer is asked.")
    with site.ctx.db.read() as session:
        asked = session.scalars(select(Match).where(Match.need_id == need_id).order_by(Match.id.desc())).first()
    assert asked and (asked.state, asked.made_because) == (MatchState.PROPOSED, "They have met at the market")

    # A volunteer who waits to be approved, from the list.
    approve = first(site, "approve")
    coordinator.open("/coordination/?kind=approve")
    coordinator.press(f"/offers/{approve.offer_id}/approve")
    coordinator.reads("The volunteer is approved")

    # Meanwhile a colleague does something: it leaves the list that is open.
    coordinator.open("/coordination/")
    shown = [*map(int, filter(str.isdigit, page.locator("tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")))]
    with site.ctx.db.read() as session:
        done = session.scalars(select(Task.id).where(Task.id.in_(shown), Task.kind.in_(["tell", "nobody"]))).first()
    assert done
    close_task(site.ctx, done, Actor())
    page.wait_for_selector(f'tr.gone[data-key="{done}"]')

    # A round is looked at before it is sent.
    coordinator.open("/coordination/round")
    page.select_option("#territory", index=0)
    coordinator.visitor.change_by(page.locator('button[value="want"]').click)
    coordinator.reads("It is being worked out.")
    site.work()
    page.wait_for_selector("[data-live-rows] :text('The whole city')")
    expect(page.locator("[data-live-rows]")).not_to_contain_text("It is being worked out", timeout=15_000)

    # What the mayor asks: the figures, and the page to print.
    coordinator.open("/coordination/figures")
    assert page.locator("main svg").count() >= 1 and page.locator("main table").count() >= 5
    coordinator.follow("/coordination/figures/report")
    assert coordinator.visitor.problems == []
