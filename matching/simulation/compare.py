"""Several ways of choosing over the same tapes."""

from collections.abc import Callable, Iterable, Mapping

from matching.simulation.choosers import Chooser
from matching.simulation.figures import Outcome, outcome
from matching.simulation.run import run
from matching.simulation.tape import Setting, draw


def compare(
    setting: Setting, seeds: Iterable[int], choosers: Mapping[str, Chooser], done: Callable[[], object] = lambda: None
) -> dict[str, list[Outcome]]:
    """The outcomes of each way of choosing, seed by seed. ``done`` is called after each run."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in choosers}
    for seed in seeds:
        tape = draw(setting, seed)
        for name, chooser in choosers.items():
            outcomes[name].append(outcome(run(tape, chooser)))
            done()
    return outcomes
