"""A picture of today and then, side by side: areas shaded by the share of their places that nobody serves, as an SVG file by itself.

It is made to be shown around, so no point of anybody is on it: areas, and the places drawn for volunteers who do not exist. Figures
stand only where :data:`FEWEST` places or more are wanted. The shades are told apart in grey and by colour-blind eyes.
"""

import math
from collections.abc import Sequence
from html import escape
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray
from shapely import coverage_simplify, get_parts, total_bounds, transform
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from app.scenario import Area
from app.services.figures import FEWEST
from matching.areas import area_m2
from matching.whatif import Outcome, Places

MOST_BYTES = 200_000
WIDTH, PANEL, MARGIN, TALLEST = 1000, 480, 16, 620
FINE = 10
"""Units a pixel in the outlines, so that whole numbers are enough."""
SHADES = ("#e3edf6", "#9dc3e0", "#4a8fc3", "#123f73")
LEGEND = ("all served", "up to a third not served", "up to two thirds", "more")
STYLE = (
    "text{font:15px system-ui,sans-serif;fill:#222}.h{font-size:20px;font-weight:600}.b{font-weight:600}"
    f".a{{stroke:#555;stroke-width:{0.6 * FINE};fill:#fff}}.c{{stroke:#000;stroke-width:{2.4 * FINE};fill:none}}"
    ".n{font-size:150px;font-weight:700;text-anchor:middle;stroke:#fff;stroke-width:40px;paint-order:stroke}"
    ".v{fill:#f5a300;stroke:#000;stroke-width:8}" + "".join(f".s{n}{{fill:{shade}}}" for n, shade in enumerate(SHADES))
)


def picture(sentence: str, areas: Sequence[Area], today: Outcome, then: Outcome, added: Sequence[tuple[float, float]]) -> str:
    """The SVG. ``areas`` by their number in the outcomes, ``added`` are lon and lat of new volunteers. Under :data:`MOST_BYTES`:
    outlines are simplified as far as it takes."""
    for coarse in (0.4, 1, 2, 4, 8, 16):
        drawn = _draw(sentence, areas, today, then, added, coarse * FINE)
        if len(drawn.encode()) < MOST_BYTES:
            break
    return drawn


def _draw(
    sentence: str, areas: Sequence[Area], today: Outcome, then: Outcome, added: Sequence[tuple[float, float]], coarse: float
) -> str:  # fmt: skip
    flat = _Flat([areas[n].shape for n in today.areas] or [area.shape for area in areas], added)
    shown = [n for n in sorted(range(len(areas)), key=lambda n: -area_m2(areas[n].shape)) if flat.sees(areas[n].shape)]
    shapes = coverage_simplify([flat(areas[n].shape) for n in shown], coarse)
    outlines = "".join(f'<path id="a{n}" d="{_path(shape)}"/>' for n, shape in zip(shown, shapes, strict=True))
    changed = [n for n in shown if n in today.areas and today.areas[n] != then.areas[n]]
    marks = "".join(f'<use href="#a{n}" class="c"/>' for n in changed)
    marks += "".join(f'<circle class="v" cx="{x}" cy="{y}" r="{4 * FINE}"/>' for x, y in flat.points(added))
    marks += "".join(_gain(flat(areas[n].shape), today.areas[n], then.areas[n]) for n in changed)
    title, top = _heading(sentence)
    described = f"Today {_served(today.total)}, then {_served(then.total)}. Areas in which more places stay empty are darker."
    parts = [f'<title id="t">{escape(sentence)}</title><desc id="d">{described}</desc><style>{STYLE}</style>']
    parts += [f"<defs>{outlines}</defs>", '<rect width="100%" height="100%" fill="#fff"/>', title]
    for x, name, found, more in ((0, "Today", today, ""), (WIDTH - PANEL - 2 * MARGIN, "Then", then, marks)):
        left = x + MARGIN
        uses = "".join(_area(n, areas[n].name, found.areas.get(n)) for n in shown)
        parts.append(f'<text x="{left}" y="{top}" class="b">{name}: {_served(found.total)}</text>')
        parts.append(
            f'<svg x="{left}" y="{top + 12}" width="{PANEL}" height="{flat.height}" viewBox="0 0 {PANEL * FINE} {flat.height * FINE}">'
            f"{uses}{more}</svg>"
        )
    legend, height = _legend(top + flat.height + 44, bool(changed), bool(added))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">'
    return "\n".join([head, *parts, legend, "</svg>\n"])


class _Flat:
    """Degrees to whole units of a panel: a degree of longitude as long as it is in the middle of what is shown."""

    def __init__(self, shapes: Sequence[BaseGeometry], added: Sequence[tuple[float, float]]) -> None:
        west, south, east, north = total_bounds(list(shapes))
        for lon, lat in added:
            west, south, east, north = min(west, lon), min(south, lat), max(east, lon), max(north, lat)
        self._window = west, south, east, north
        self._narrow = math.cos(math.radians((south + north) / 2))
        wide, tall = (east - west) * self._narrow, north - south
        self._scale = min(PANEL / wide, TALLEST / tall) * 0.96
        self.height = round(tall * self._scale / 0.96) + 1
        self._corner = west - (PANEL / self._scale - wide) / 2 / self._narrow, north + (self.height / self._scale - tall) / 2

    def sees(self, shape: BaseGeometry) -> bool:
        west, south, east, north = self._window
        return bool(shape.bounds[0] <= east and shape.bounds[2] >= west and shape.bounds[1] <= north and shape.bounds[3] >= south)

    def __call__(self, shape: BaseGeometry) -> BaseGeometry:
        return transform(shape, self._units)

    def points(self, points: Sequence[tuple[float, float]]) -> list[list[int]]:
        units: list[list[int]] = self._units(np.array(points).reshape(-1, 2)).astype(int).tolist()
        return units

    def _units(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = self._corner
        return np.column_stack([(points[:, 0] - lon) * self._narrow, lat - points[:, 1]]) * self._scale * FINE


def _path(shape: BaseGeometry) -> str:
    """Rings as a path, each point by its step from the one before."""
    text = ""
    for part in get_parts(shape):
        for ring in (part.exterior, *part.interiors) if isinstance(part, Polygon) else ():
            points = np.rint(np.array(ring.coords)[:-1]).astype(int)
            steps = np.diff(points, axis=0).tolist()
            text += f"M{points[0][0]} {points[0][1]}l{' '.join(f'{x} {y}' for x, y in steps if x or y)}z"
    return text


def _area(number: int, name: str, places: Places | None) -> str:
    if places is None or not places.wanted:
        return f'<use href="#a{number}" class="a"/>'
    empty = (places.wanted - places.served) / places.wanted
    shade = math.ceil(empty * 3)
    words = _served(places) if places.wanted >= FEWEST else f"fewer than {FEWEST} places wanted"
    return f'<use href="#a{number}" class="a s{shade}"><title>{escape(name)}: {words}</title></use>'


def _gain(shape: BaseGeometry, today: Places, then: Places) -> str:
    if today.wanted < FEWEST:
        return ""
    middle = shape.representative_point()
    return f'<text class="n" x="{middle.x:.0f}" y="{middle.y + 50:.0f}">{then.served - today.served:+d}</text>'


def _heading(sentence: str) -> tuple[str, int]:
    """The sentence in lines, and where the next text stands."""
    lines = wrap(sentence, 80)
    text = "".join(f'<text x="{MARGIN}" y="{30 + 26 * n}" class="h">{escape(line)}</text>' for n, line in enumerate(lines))
    return text, 40 + 26 * len(lines)


def _legend(y: int, changed: bool, added: bool) -> tuple[str, int]:
    """The legend and the height of the whole picture."""
    entries = [("#fff", "no place wanted"), *zip(SHADES, LEGEND, strict=True)]
    x, text = MARGIN, ""
    for shade, words in entries:
        text += f'<rect x="{x}" y="{y - 13}" width="22" height="16" fill="{shade}" stroke="#555"/><text x="{x + 28}" y="{y}">{words}</text>'
        x += 52 + 8 * len(words)
    y, x = y + 28, MARGIN
    if changed:
        text += f'<rect x="{x + 1}" y="{y - 12}" width="20" height="14" fill="none" stroke="#000" stroke-width="2.4"/>'
        text += f'<text x="{x + 28}" y="{y}">more or fewer served than today; how many, where {FEWEST} places or more are wanted</text>'
        x += 690
    if added:
        text += f'<circle cx="{x + 11}" cy="{y - 5}" r="4" fill="#f5a300" stroke="#000"/>'
        text += f'<text x="{x + 28}" y="{y}">new volunteer (made up)</text>'
    return text, y + 20


def _served(places: Places) -> str:
    return f"{places.served} of {places.wanted} places served"
