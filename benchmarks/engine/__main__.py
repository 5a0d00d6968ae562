"""Prints the table of docs/benchmarks.md; at full size every row in a process of its own, so that none can hold up or crowd out another.

    python -m benchmarks.engine            # about a quarter of an hour
    python -m benchmarks.engine --small    # about a minute
    python -m benchmarks.engine --only full
"""

import argparse
import subprocess
import sys

from benchmarks.engine import nearest, rounds
from benchmarks.engine.timing import FULL, HEAD, SMALL

ROWS = {
    "full": nearest.full, "plain": nearest.plain, "plenty": rounds.plenty, "remote": rounds.remote, "fewer": rounds.fewer,
    "short": rounds.short, "networkx": rounds.beside_networkx, "growth": rounds.growth, "floor": rounds.floor,
}  # fmt: skip
LIMIT_S = {"short": 300}
OTHERWISE_S = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="10,000 people instead of 100,000")
    parser.add_argument("--only", choices=ROWS, help="this row alone")
    given = parser.parse_args()
    if given.only or given.small:
        print("" if given.only else f"{HEAD}\n", end="")
        for name in [given.only] if given.only else ROWS:
            for row in ROWS[name](SMALL if given.small else FULL):
                print(row, flush=True)
        return
    print(HEAD, flush=True)
    failed = [name for name in ROWS if not in_a_process(name)]
    if failed:
        raise SystemExit(f"no figures for: {', '.join(failed)}")


def in_a_process(name: str) -> bool:
    """Whether the row could be measured within its time."""
    limit_s = LIMIT_S.get(name, OTHERWISE_S)
    command = [sys.executable, "-m", "benchmarks.engine", "--only", name]
    try:
        return not subprocess.run(command, timeout=limit_s).returncode
    except subprocess.TimeoutExpired:
        print(f"| {name} | | not done after {limit_s} s | | | | |", flush=True)
        return False


if __name__ == "__main__":
    main()
