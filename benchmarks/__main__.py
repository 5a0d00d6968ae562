"""All benchmarks of docs/benchmarks.md, on the example data beside this folder: ``python -m benchmarks``."""

import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
CITIES = {"a city": (20_000, 8_000, 1), "too few volunteers": (5_000, 8_000, 2)}


def main() -> None:
    if not DATA.is_dir():
        raise SystemExit("The example data is missing: it is expected in ../shared/data.")
    lyon = DATA / "lyon"
    run("Pages of the demonstration city", "benchmarks.pages")
    run("The map with 10,000 posts", "benchmarks.overview")
    run("Coordinators' pages of a large city", "benchmarks.rooms")
    run("200 dashboards that stay open", "benchmarks.dashboards")
    run("Everything killed, twenty times", "benchmarks.killed")
    run("A million events, sealed and checked", "benchmarks.audit")
    run("A worker that starts", "benchmarks.cold")
    run("The relay beside a bare loop", "benchmarks.relay")
    run("Lyon through the whole service", "benchmarks.lyon", lyon)
    run("Lyon's pairs", "benchmarks.match", lyon / "offers.csv", lyon / "needs.csv")
    with tempfile.TemporaryDirectory() as folder:
        for name, (offers, needs, seed) in CITIES.items():
            drawing = (DATA / "make_city.py", "--offers", offers, "--needs", needs, "--seed", seed, "--out", folder)
            subprocess.run([sys.executable, *map(str, drawing)], check=True)
            run(name, "benchmarks.match", Path(folder, "offers.csv"), Path(folder, "needs.csv"))
    run("The engine beside others", "benchmarks.engine")


def run(title: str, module: str, *arguments: object) -> None:
    """Each in a process of its own: one's memory is not another's peak."""
    print(f"\n## {title}\n", flush=True)
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
