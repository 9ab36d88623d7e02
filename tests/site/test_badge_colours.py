"""Badges can be read in both modes: the contrast of every pair of colours is computed."""

import re
from pathlib import Path

import pytest
from record import STATUSES, status_slug

CSS = (Path(__file__).resolve().parents[2] / "book" / "_static" / "book.css").read_text("utf-8")
NEUTRAL = {"out of reach", "vacuous here"}  # they say that nothing was settled, and take the default colours


def palette(css: str, selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\}", css, re.S)
    assert block, selector
    return dict(re.findall(r"--fb-([a-z-]+):\s*(#[0-9a-f]{6})", block.group(1)))


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint_pairs(css: str, selector: str) -> list[str]:
    """Badge colours whose text has a contrast below 4.5 on its ground."""
    colours = palette(css, selector)
    names = [name.removesuffix("-text") for name in colours if name.endswith("-text")]
    return [name for name in names if contrast(colours[f"{name}-text"], colours[f"{name}-ground"]) < 4.5]


@pytest.mark.parametrize("selector", ["html", 'html[data-theme="dark"]'])
def test_badges_can_be_read(selector):
    assert len(palette(CSS, selector)) == 17
    assert faint_pairs(CSS, selector) == []


def test_a_faint_badge_is_found():
    assert faint_pairs(CSS.replace("--fb-ok-text: #0f5132", "--fb-ok-text: #8fc1a2"), "html") == ["ok"]


def uncoloured(css: str) -> set[str]:
    """Statuses whose badge has no colour of its own."""
    rules = [line for line in css.splitlines() if line.startswith(".fb-") and "{ color: var" in line]
    coloured = {name for line in rules for name in re.findall(r"\.fb-([a-z-]+)", line)}
    return {status for status in STATUSES if status_slug(status) not in coloured}


def test_every_status_that_settles_something_has_a_colour():
    assert uncoloured(CSS) == NEUTRAL


def test_a_status_without_a_colour_is_found():
    assert uncoloured(CSS.replace(".fb-tight {", ".fb-tihgt {")) == {*NEUTRAL, "tight"}


def test_contrast_of_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
