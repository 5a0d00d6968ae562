"""Prints the table of docs/benchmarks.md; at full size every row in a process of its own, so that none can hold up or crowd out another.

    python -m benchmarks.engine            # about a quarter of an hour
    python -m benchmarks.engine --small    # two minutes, most of them for "short"
    python -m benchmarks.engine --only full
"""

import argparse
import subprocess
import sys

from benchmarks.engine import nearest, online, rounds
from benchmarks.engine.timing import FULL, HEAD, SMALL, Sizes

ROWS = {
    "full": nearest.full, "plain": nearest.plain, "online": online.online, "plenty": rounds.plenty, "remote": rounds.remote,
    "fewer": rounds.fewer, "short": rounds.short, "networkx": rounds.beside_networkx, "country": rounds.country, "growth": rounds.growth,
    "floor": rounds.floor,
}  # fmt: skip
LIMIT_S = {"short": 300}
OTHERWISE_S = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="10,000 people instead of 100,000")
    parser.add_argument("--only", choices=ROWS, help="this row alone")
    given = parser.parse_args()
    if given.only:
        measure(given.only, SMALL if given.small else FULL)
        return
    print(HEAD, flush=True)
    failed = []
    for name in ROWS:
        if given.small:
            measure(name, SMALL)
        elif not in_a_process(name):
            failed.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def measure(name: str, sizes: Sizes) -> None:
    for row in ROWS[name](sizes):
        print(row, flush=True)


def in_a_process(name: str) -> bool:
    """Whether both sides agreed; a row that takes too long says so."""
    limit_s = LIMIT_S.get(name, OTHERWISE_S)
    command = [sys.executable, "-m", "benchmarks.engine", "--only", name]
    try:
        return not subprocess.run(command, timeout=limit_s).returncode
    except subprocess.TimeoutExpired:
        print(f"| {name} | | not done after {limit_s} s | | | | |", flush=True)
        return True


if __name__ == "__main__":
    main()
