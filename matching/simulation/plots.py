"""Small pictures of a comparison, as SVG. Lines differ in dashes as well as in colour, and each is named in the legend."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from statistics import fmean

from matching.simulation.figures import Outcome

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, LEGEND = 560, 300, 56, 34, 46, 20
COLOURS = ("#0f5f63", "#b3541e", "#5b4b8a", "#8a6d00", "#2f6fb3", "#a0305c", "#4d4d4d")
DASHES = ("", "8 3", "2 3", "10 3 2 3", "5 2", "1 4", "12 4")
HOURS = range(0, 73, 2)

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """Ticks are evenly spread, the first at the lowest and the last at the highest value."""

    name: str
    ticks: tuple[float, ...]
    percent: bool = False

    def part(self, value: float) -> float:
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])

    def label(self, tick: float) -> str:
        return f"{tick:.0%}" if self.percent else f"{tick:g}"


SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def pictures(outcomes: Mapping[str, list[Outcome]]) -> dict[str, str]:
    """File names and their SVG: how soon needs are served, how requests are spread, and both together."""
    soon = {name: [(float(h), fmean(_served_by(run, h) for run in runs)) for h in HOURS] for name, runs in outcomes.items()}
    spread = {name: lorenz([count for run in runs for count in run.requests]) for name, runs in outcomes.items()}
    both = {name: [(run.figures.gini_requests, run.figures.served_24h) for run in runs] for name, runs in outcomes.items()}
    served, days = Axis("needs served", SHARES, percent=True), Axis("hours since the need was posted", (0, 12, 24, 36, 48, 60, 72))
    volunteers, requests = Axis("volunteers, from the least asked on", SHARES, percent=True), Axis("requests to them", SHARES, percent=True)
    within, gini = Axis("served within 24 h", SHARES, percent=True), Axis("Gini of requests", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
    return {
        "soon.svg": plot("How soon needs are served", days, served, soon),
        "spread.svg": plot("How requests are spread over volunteers", volunteers, requests, spread),
        "both.svg": plot("Served within a day, and how evenly (each dot is a run)", gini, within, both, dots=True),
    }


def lorenz(counts: Sequence[int]) -> list[tuple[float, float]]:
    """The share of all requests that go to the least asked share of volunteers, at each percent (everybody alike: a straight line)."""
    in_order = sorted(counts)
    sums = [0, *accumulate(in_order)]
    total = sums[-1] or 1
    return [(percent / 100, sums[percent * len(in_order) // 100] / total) for percent in range(0, 101, 2)]


def _served_by(run: Outcome, hours: float) -> float:
    return bisect_right(run.waits_h, hours) / max(1, len(run.waits_h))


def plot(title: str, x: Axis, y: Axis, series: Mapping[str, Points], dots: bool = False) -> str:
    """One picture. Points outside of the axes are drawn at their edge."""
    height = HEIGHT + LEGEND * len(series)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
        *_grid(x, y),
    ]
    for turn, (name, points) in enumerate(series.items()):
        colour, dash = COLOURS[turn % len(COLOURS)], DASHES[turn % len(DASHES)]
        at = [(_across(x.part(a)), _down(y.part(b))) for a, b in points]
        legend, line = HEIGHT + LEGEND * turn + 8, f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        if dots:
            parts += [_dot(turn, across, down, colour) for across, down in at]
            parts.append(_dot(turn, LEFT + 14, legend - 4, colour))
        else:
            parts.append(f'<polyline points="{" ".join(f"{across:.1f},{down:.1f}" for across, down in at)}" {line}/>')
            parts.append(f'<path d="M{LEFT} {legend - 4}h28" {line}/>')
        parts.append(f'<text x="{LEFT + 36}" y="{legend}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _dot(turn: int, across: float, down: float, colour: str) -> str:
    """A shape for each series: filled circles, squares, then rings."""
    if turn % 3 == 1:
        return f'<rect x="{across - 4:.1f}" y="{down - 4:.1f}" width="8" height="8" fill="{colour}"/>'
    fill = "none" if turn % 3 else colour
    return f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _grid(x: Axis, y: Axis) -> list[str]:
    bottom, right, middle = HEIGHT - BOTTOM, WIDTH - 16, (TOP + HEIGHT - BOTTOM) / 2
    lines = [f'<text x="{(LEFT + right) / 2}" y="{bottom + 34}" text-anchor="middle">{escape(x.name)}</text>']
    lines.append(f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(y.name)}</text>')
    for tick in y.ticks:
        down = _down(y.part(tick))
        lines.append(f'<path d="M{LEFT} {down:.1f}H{right}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{y.label(tick)}</text>')
    for tick in x.ticks:
        lines.append(f'<text x="{_across(x.part(tick)):.1f}" y="{bottom + 16}" text-anchor="middle">{x.label(tick)}</text>')
    return lines


def _across(part: float) -> float:
    return LEFT + min(1.0, max(0.0, part)) * (WIDTH - 16 - LEFT)


def _down(part: float) -> float:
    return HEIGHT - BOTTOM - min(1.0, max(0.0, part)) * (HEIGHT - BOTTOM - TOP)
