"""What the sealed trail costs: a million events, sealed as the worker does it, then checked, in processor time of this process.

``python -m benchmarks.audit [URL]``.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shapely import box, to_wkb
from sqlalchemy import insert

from app.context import make_context
from app.migrate import upgrade
from app.models import Event, Territory
from app.services.audit import Sealer, verify
from config.settings import load

EVENTS, TERRITORIES, CHUNK = 1_000_000, 20, 10_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'audit.db'}"
        ctx = make_context(load({"DATABASE_URL": url, "INSTANCE": folder}, None))
        upgrade(ctx.settings.resolved_database_url)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        with ctx.db.write() as session:
            shape = to_wkb(box(4.8, 45.7, 4.9, 45.8))
            session.add_all(Territory(name=f"T{i}", kind="city", settings={}, shape=shape, changed_at=start) for i in range(TERRITORIES))
        begun = time.process_time()
        for first in range(0, EVENTS, CHUNK):
            rows = [
                {"at": start + timedelta(seconds=n), "kind": "looked_at", "channel": "web", "reason": "check",
                 "territory_id": n % TERRITORIES + 1}
                for n in range(first, first + CHUNK)
            ]  # fmt: skip
            with ctx.db.write() as session:
                session.execute(insert(Event), rows)
        written, sealer, longest = time.process_time(), Sealer(), 0.0
        while True:
            one = time.process_time()
            if not sealer.seal_due(ctx):
                break
            longest = max(longest, time.process_time() - one)
        sealed = time.process_time()
        trail = verify(ctx)
        done = time.process_time()
        assert trail.sealed == EVENTS and not trail.broken
        print(f"written in {written - begun:.1f} s, sealed in {sealed - written:.1f} s (longest batch {longest * 1000:.0f} ms),"
              f" checked in {done - sealed:.1f} s: {trail.sealed:,} records, {len(trail.heads)} chains")  # fmt: skip
        ctx.db.close()


if __name__ == "__main__":
    main()
