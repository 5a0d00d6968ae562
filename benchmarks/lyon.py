"""The README's figures: Lyon's files through the whole service, in a fresh SQLite database, with a real SMTP server on this machine.

    python -m benchmarks.lyon ../shared/data/lyon
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select

from app import create_app
from app.context import Context, make_context
from app.models import Channel, Lease, Match, Need, Offer, Task
from app.services import matches, posting
from app.services.events import Actor
from config.settings import load
from matching.lifecycle import MatchState
from tests.smtp import SmtpServer, smtp_server

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def main(lyon: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, smtp_server() as smtp:
        given = {"INSTANCE": folder, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(smtp.port), "LOG_LEVEL": "error"}
        os.environ.update(given)
        ctx = make_context(load(given, None))
        run("migrate")
        run("territory", "import", lyon / "quartiers.geojson", "--name-property", "name")
        seconds = {"import": run("import", "--offers", lyon / "offers.csv", "--needs", lyon / "needs.csv")}
        seconds["worker to quiet"] = run("worker", "--until-quiet")
        print(report("proposals", ctx, smtp, seconds))
        began = time.perf_counter()
        answer_all(ctx, smtp)
        print(report("agreements", ctx, smtp, {"answers and worker to quiet": time.perf_counter() - began}))
        print(f"seconds from a need's confirmation to its proposal, worker running: {time_to_proposal(ctx):.1f}")
        ctx.db.close()


def time_to_proposal(ctx: Context) -> float:
    """A need is posted and confirmed while a worker runs on the whole city."""
    with subprocess.Popen([sys.executable, "-m", "app.cli", "worker"]) as worker:
        wait_for(ctx, select(Lease.name).where(Lease.until > ctx.now() + timedelta(seconds=5)))
        given = posting.NeedInput(name="A", category="shopping", where=posting.Where(lon=4.85, lat=45.75), email="a@example.net")
        need_id = posting.post_need(ctx, given, Actor(channel=Channel.WEB))
        began = time.perf_counter()
        posting.confirm_need(ctx, need_id, Actor(channel=Channel.LINK))
        wait_for(ctx, select(Match.id).where(Match.need_id == need_id))
        took = time.perf_counter() - began
        worker.terminate()
    return took


def wait_for(ctx: Context, row: Select[Any]) -> None:
    for _ in range(3000):
        with ctx.db.read() as session:
            if session.scalar(row) is not None:
                return
        time.sleep(0.01)
    raise SystemExit("waited 30 seconds for nothing")


def run(*words: object) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "app.cli", *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def answer_all(ctx: Context, smtp: SmtpServer) -> None:
    """Every question that arrives by mail is answered yes through its link, every other one yes through an agent, until none is left."""
    client, read = create_app(context=ctx).test_client(), 0
    while True:
        asked, read = smtp.received[read:], len(smtp.received)
        for received in asked:
            for path in yes_links(ctx, received.message):
                page = client.get(path)
                found = TOKEN.search(page.text)
                if found:
                    assert client.post(path, data={"csrf_token": found[1]}).status_code == 303
        if not asked and not answer_by_agent(ctx):
            return
        run("worker", "--until-quiet")


def yes_links(ctx: Context, message: EmailMessage) -> list[str]:
    body = message.get_body(("plain",))
    assert body is not None
    return re.findall(re.escape(ctx.settings.root_url) + r"(/(?:answer|agree)/yes/\S+)", body.get_content())


def answer_by_agent(ctx: Context) -> int:
    """The residents without e-mail say yes on the phone."""
    with ctx.db.read() as session:
        waiting = session.scalars(select(Match.id).where(Match.state == MatchState.ACCEPTED)).all()
    for match_id in waiting:
        matches.resident_answers(ctx, match_id, True, Actor(channel=Channel.PHONE))
    return len(waiting)


def report(title: str, ctx: Context, smtp: SmtpServer, seconds: dict[str, float]) -> str:
    with ctx.db.read() as session:

        def count(kind: type, *where: object) -> int:
            return session.scalar(select(func.count()).select_from(kind).where(*where)) or 0  # type: ignore[arg-type]

        tasks = Counter(session.scalars(select(Task.kind)))
        states = Counter(session.scalars(select(Match.state)))
        figures = {
            "offers": count(Offer), "needs": count(Need), "proposals": count(Match), "agreements": states[MatchState.AGREED],
            "messages": len(smtp.received), "tasks": sum(tasks.values()), "of them calls to make": tasks["tell"],
            "needs without an eligible volunteer": session.scalar(
                select(func.count(Need.id.distinct())).join(Task, Task.need_id == Need.id).where(Task.kind == "nobody")
            ),
        }  # fmt: skip
    assert len(set(smtp.message_ids)) == len(smtp.received), "a message arrived twice"
    rows = [f"| {name} | {number} |" for name, number in figures.items()]
    rows += [f"| seconds, {what} | {s:.1f} |" for what, s in seconds.items()]
    return "\n".join([f"| {title} | |", "| --- | --- |", *rows, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
