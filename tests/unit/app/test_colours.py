"""Whatever colour a city chooses, its shades can be read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.colours import LEGIBLE, SURFACES, contrast, shades, stylesheet

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours, st.sampled_from(["light", "dark"]))
@example("#ffff00", "light")
@example("#0000ff", "dark")
def test_the_shades_of_any_colour_can_be_read(colour: str, mode: str) -> None:
    made = shades(colour, mode)
    for surface in (*SURFACES[mode], made["--tint"]):
        assert contrast(made["--accent"], surface) >= LEGIBLE[mode] >= 4.5
    assert contrast(made["--accent-ink"], made["--accent"]) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert shades("#0f5f63", "light")["--accent"] == "#0f5f63"
    assert shades("#ffdd00", "dark")["--accent"] == "#ffdd00"


def test_a_shade_keeps_the_hue() -> None:
    red, green, blue = (int(shades("#0000ff", "dark")["--accent"][at : at + 2], 16) for at in (1, 3, 5))
    assert blue > green > red


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("#000000", "#ffffff", 21), ("#767676", "#ffffff", 4.54), ("#abcdef", "#abcdef", 1)]
)
def test_contrast_is_reckoned_as_wcag_says(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.005)


def test_the_stylesheet_holds_both_modes() -> None:
    light, dark = stylesheet("#ffdd00").split("@media (prefers-color-scheme:dark)")
    assert "--accent:#886600" in light
    assert "--accent:#ffdd00" in dark
