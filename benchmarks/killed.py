"""What is lost when everything is killed: ``python -m benchmarks.killed``.

The real service, two web processes and a worker, on SQLite and on PostgreSQL as a city runs it. Residents post through the form and
volunteers say yes by their links, on the same machine; twenty times all processes are killed at once, the database server's too, after a
post and one to five answers that were acknowledged. The run fails unless each of them is there with its event and the invariants of
tests/invariants.py hold.
"""

import tempfile
from pathlib import Path
from statistics import quantiles

from tests.killing import DATABASES, Acknowledged, kill_everything

KILLS, MOST = 20, 5


def main() -> None:
    found = dict[str, Acknowledged]()
    for database in DATABASES:
        with tempfile.TemporaryDirectory() as folder:
            found[database] = kill_everything(database, Path(folder), KILLS, MOST)
    print(f"| | {' | '.join(found)} |\n| --- |{' --- |' * len(found)}")
    rows = {
        "times that all was killed": lambda seen: f"{KILLS}",
        "requests answered": lambda seen: f"{len(seen.took_s):,}",
        "requests that met a dead server": lambda seen: f"{seen.lost:,}",
        "answered with an error of ours": lambda seen: f"{seen.refused:,}",
        "time to answer, median / p99": lambda seen: f"{ms(seen, 50)} / {ms(seen, 99)} ms",
        "acknowledged posts / answers": lambda seen: f"{len(seen.emails):,} / {len(seen.matches):,}",
        "acknowledged writes lost": lambda seen: "0",  # or check() has failed
    }
    for title, row in rows.items():
        print(f"| {title} | {' | '.join(row(seen) for seen in found.values())} |")


def ms(seen: Acknowledged, percent: int) -> str:
    return f"{quantiles(seen.took_s, n=100)[percent - 1] * 1000:,.0f}"


if __name__ == "__main__":
    main()
