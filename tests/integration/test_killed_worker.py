"""A worker that is killed at any moment and started again: nothing is lost, and what is repeated is the same message."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.models import Match
from tests.city import KEYS, City
from tests.smtp import SmtpServer
from tests.volume import volume

NEEDS, OFFERS = 60, 300


@pytest.fixture
def full_city(db_url: str, tmp_path: Path, smtp: SmtpServer) -> Iterator[City]:
    city = City(db_url, tmp_path)
    city.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    rng = random.Random(7)
    for _ in range(OFFERS):
        city.volunteer(north_m=rng.uniform(-4000, 4000), radius_m=5000)
    for _ in range(NEEDS):
        city.need(north_m=rng.uniform(-3000, 3000), posted_by="agent")
    yield city
    city.ctx.db.close()


def start_worker(city: City, smtp: SmtpServer, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    settings = {
        "DATABASE_URL": city.ctx.settings.resolved_database_url, "INSTANCE": str(folder), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40,
        "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(smtp.port), "LOG_LEVEL": "error",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "app.cli", "worker", *options], env=os.environ | settings)


def test_each_proposal_has_exactly_its_messages_however_often_the_worker_dies(full_city: City, smtp: SmtpServer, tmp_path: Path) -> None:
    rng, kills = random.Random(), volume(6, 25)
    for _ in range(kills):
        seen, more = len(smtp.received), rng.randrange(12)
        worker = start_worker(full_city, smtp, tmp_path)
        try:
            smtp.wait_until(lambda server, enough=seen + more: len(server.received) >= enough)  # type: ignore[misc]
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    assert start_worker(full_city, smtp, tmp_path, "--until-quiet").wait() == 0

    proposals = full_city.all(Match)
    assert len({m.need_id for m in proposals}) == NEEDS
    assert len({(m.need_id, m.offer_id) for m in proposals}) == len(proposals) > NEEDS
    with full_city.ctx.db.read() as session:
        rows = session.execute(text("SELECT kind, about, message_id, state FROM notification_outbox")).all()
    messages = defaultdict(list)
    for row in rows:
        assert row.state == "sent"
        messages[row.about.split("/")[0]].append(row.kind)
    of_matches = {about: kinds for about, kinds in messages.items() if about.startswith("match:")}
    assert of_matches == {f"match:{m.id}": ["proposal_to_volunteer"] for m in proposals}
    of_needs = [kinds.count("proposal_to_resident") for about, kinds in messages.items() if about.startswith("need:")]
    assert of_needs == [1] * NEEDS, "a resident is told once how many were asked"
    arrived = Counter(smtp.message_ids)
    assert arrived.keys() == {row.message_id for row in rows}
    assert sum(arrived.values()) - len(rows) <= kills, "a kill repeats the message in flight at most"
    contents = defaultdict(set)
    for received in smtp.received:
        contents[received.message["Message-ID"]].add((received.message["To"], received.message["Subject"]))
    assert all(len(same) == 1 for same in contents.values())
