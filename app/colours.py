"""The city's colour made legible: a shade of it for buttons, links and marks on light pages, and one for dark pages."""

from collections.abc import Sequence

# The backgrounds of style.css on which the shades stand: paper, panel, and what is good, to be looked at, or wrong.
SURFACES = {
    "light": ("#fffefb", "#f3f2eb", "#e5f3e8", "#fdf0d5", "#fdeced"),
    "dark": ("#171b19", "#222725", "#1b3325", "#382c10", "#34191d"),
}
# WCAG AA asks for 4.5 between a text and what it stands on; thin light letters on a dark page need a little more.
LEGIBLE = {"light": 4.5, "dark": 6}
END = {"light": 0, "dark": 1}
STEPS = 60
TINT = 0.07
"""How much of the shade is in the background that is tinted with it."""


def shades(colour: str, mode: str) -> dict[str, str]:
    """The custom properties that style.css takes from the city's ``colour`` in ``mode`` (light or dark), as hex.

    The shade is the colour itself, made darker or lighter by as little as makes it legible on every surface, and paper on it.
    """
    lightness, *hue = _to_oklab(colour)
    for step in range(STEPS + 1):
        accent = _from_oklab((lightness + (END[mode] - lightness) * step / STEPS, *hue)) if step else colour
        tint = mix(SURFACES[mode][0], accent, TINT)
        if all(contrast(accent, surface) >= LEGIBLE[mode] for surface in (*SURFACES[mode], tint)):
            break
    return {"--accent": accent, "--accent-ink": SURFACES[mode][0], "--tint": tint}


def stylesheet(colour: str) -> str:
    """The shades of both modes as CSS."""
    light, dark = (";".join(f"{name}:{value}" for name, value in shades(colour, mode).items()) for mode in ("light", "dark"))
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def contrast(one: str, other: str) -> float:
    """The contrast of two hex colours as WCAG 2 reckons it, from 1 to 21."""
    darker, lighter = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (_light(one), _light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """``one`` with ``share`` (0 to 1) of ``other`` in it."""
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_channels(one), _channels(other), strict=True))


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _light(colour: str) -> list[float]:
    """Red, green and blue as amounts of light, from 0 to 1."""
    channels = [channel / 255 for channel in _channels(colour)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


# Oklab, in which equal steps look equal and a colour keeps its hue when it gets lighter: https://bottosson.github.io/posts/oklab/
Matrix = tuple[tuple[float, float, float], ...]
_TO_CONES: Matrix = (
    (0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566), (0.0883024619, 0.2817188376, 0.6299787005),
)  # fmt: skip
_TO_LAB: Matrix = (
    (0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099), (0.0259040371, 0.7827717662, -0.8086757660),
)  # fmt: skip
_FROM_LAB: Matrix = ((1, 0.3963377774, 0.2158037573), (1, -0.1055613458, -0.0638541728), (1, -0.0894841775, -1.2914855480))
_FROM_CONES: Matrix = (
    (4.0767416621, -3.3077115913, 0.2309699292), (-1.2684380046, 2.6097574011, -0.3413193965), (-0.0041960863, -0.7034186147, 1.7076147010),
)  # fmt: skip


def _times(matrix: Matrix, column: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, column, strict=True)) for row in matrix]


def _to_oklab(colour: str) -> list[float]:
    return _times(_TO_LAB, [part ** (1 / 3) for part in _times(_TO_CONES, _light(colour))])


def _from_oklab(lab: Sequence[float]) -> str:
    """The nearest hex colour: what a screen cannot show is cut off."""
    return "#" + "".join(f"{_channel(light):02x}" for light in _times(_FROM_CONES, [part**3 for part in _times(_FROM_LAB, lab)]))


def _channel(light: float) -> int:
    light = min(max(light, 0), 1)
    return round(255 * (light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))
