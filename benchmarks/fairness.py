"""The tables and pictures of docs/fairness.md, on seeds that no weight was chosen by: ``python -m benchmarks.fairness``."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from matching.simulation.choosers import CHOOSERS
from matching.simulation.city import CITIES
from matching.simulation.compare import compare
from matching.simulation.figures import Outcome
from matching.simulation.plots import pictures
from matching.simulation.report import table
from matching.simulation.tape import Setting

SETTINGS = {
    "town": Setting(CITIES["town"], weeks=6, volunteers=400, needs_per_day=12),
    "scarce": Setting(CITIES["town"], weeks=6, volunteers=130, needs_per_day=12),
    "country": Setting(CITIES["country"], weeks=6, volunteers=120, needs_per_day=4),
}
SEEDS = range(11, 21)
PICTURES = Path(__file__).parent.parent / "docs" / "fairness"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, setting in SETTINGS.items():
            runs = list(pool.map(one_run, repeat(setting), SEEDS))
            outcomes = {chooser: [run[chooser] for run in runs] for chooser in CHOOSERS}
            print(f"\n## {name}: {setting.volunteers} volunteers, {setting.needs_per_day:g} needs a day\n\n{table(outcomes)}", flush=True)
            for file, svg in pictures(outcomes).items():
                (PICTURES / f"{name}-{file}").write_text(svg)


def one_run(setting: Setting, seed: int) -> Mapping[str, Outcome]:
    return {name: outcome for name, (outcome,) in compare(setting, [seed], CHOOSERS).items()}


if __name__ == "__main__":
    main()
