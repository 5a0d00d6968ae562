"""Both sides must agree on the same input before their times mean anything."""

import numpy as np

from benchmarks.engine.city import Array
from benchmarks.engine.ours import Score
from benchmarks.engine.timing import NotExact

PLANE_ERROR = 3e-6
"""Of distances in the plane, see :func:`benchmarks.engine.neighbours.plane`."""
SPHERE_ERROR = 4e-3
"""Of distances on a sphere of the Earth's mean radius."""


def same_nearest(ours_m: Array, theirs_m: Array, error: float) -> None:
    """The n-th nearest must be as far away for both, rounding to whole metres and the other's own error aside.

    Who it is may differ: of several at the same distance either may be taken.
    """
    if ours_m.shape != theirs_m.shape or (np.isinf(ours_m) != np.isinf(theirs_m)).any():
        raise NotExact(f"different numbers of candidates: {np.isfinite(ours_m).sum()} against {np.isfinite(theirs_m).sum()}")
    there = np.isfinite(ours_m)
    apart = np.abs(ours_m[there] - theirs_m[there]) - error * theirs_m[there]
    if (apart > 0.501).any():
        raise NotExact(f"{(apart > 0.501).sum()} of {there.sum()} candidates lie at another distance, by up to {apart.max():.2f} m")


def not_worse(ours: Score, theirs: Score) -> None:
    """Theirs knows only some of the pairs: ours must serve no fewer of the most urgent, then of the next; and not over more metres."""
    if (ours.served, -ours.metres) < (theirs.served, -theirs.metres):
        raise NotExact(f"{ours} is worse than {theirs}")


def same_score(ours: Score, theirs: Score) -> None:
    if ours != theirs:
        raise NotExact(f"{ours} is not {theirs}")
