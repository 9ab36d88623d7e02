"""The colours of the figures, measured: under three kinds of colour vision, and in greyscale.

Distances are Euclidean in CAM02-UCS, the colours seen through the model of Machado, Oliveira and
Fernandes (2009) at full severity; greyscale is the difference of lightness J' there. The floors are what
petroff6 has by itself. In grey they are low: pairs such as blue and red are told apart by dash and
marker alone, and that is why ``figures.show`` asks for one. Run with ``-s`` to read the table.
"""

import warnings
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from flowbounds import figures

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings hold escapes that newer Pythons warn of
    from colorspacious import cspace_convert

VISIONS = ("normal", "protanomaly", "deuteranomaly", "tritanomaly")
TOKENS = {"BOUND": figures.BOUND, "CLAIM": figures.CLAIM}
INKS = {f"PALETTE[{k}]": ink for k, ink in enumerate(figures.PALETTE)} | TOKENS
EASY = 20.0  # J' apart: two greys that a reader names at a glance, without the other beside it


def seen(ink, vision):
    """Coordinates J', a', b' of a colour as someone with this vision sees it."""
    colour = np.array(to_rgb(ink))
    if vision != "normal":
        space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
        colour = np.clip(cspace_convert(colour, space, "sRGB1"), 0, 1)
    return cspace_convert(colour, "sRGB1", "CAM02-UCS")


def distance(one, two):
    """Smallest distance over the four kinds of vision."""
    return min(np.linalg.norm(seen(one, vision) - seen(two, vision)) for vision in VISIONS)


def grey(one, two):
    """Distance when only lightness is left."""
    return abs(seen(one, "normal")[0] - seen(two, "normal")[0])


PAIRS = list(combinations(INKS, 2))
COLOUR = min(distance(*pair) for pair in combinations(figures.PALETTE, 2))
GREY = min(grey(*pair) for pair in combinations(figures.PALETTE, 2))


def test_the_palette_is_the_one_it_is_called():
    if "petroff6" not in mpl.color_sequences:
        pytest.skip("this matplotlib does not know petroff6")
    for ours, theirs in zip(figures.PALETTE, mpl.color_sequences["petroff6"], strict=True):
        assert np.allclose(to_rgb(ours), theirs, atol=1e-9)


def test_its_floors():
    assert pytest.approx(15.1, abs=0.1) == COLOUR
    assert pytest.approx(5.1, abs=0.1) == GREY


def test_every_token_is_one_of_the_measured_colours():
    assert set(figures.INKS.values()) == set(INKS.values())


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_no_pair_is_nearer_than_the_palette(one, two):
    apart, lightness = distance(INKS[one], INKS[two]), grey(INKS[one], INKS[two])
    print(f"{one:12}{two:12}{apart:7.1f}{lightness:7.1f}  {'' if lightness >= EASY else 'dash or marker'}")
    assert apart >= COLOUR - 1e-9
    assert lightness >= GREY - 1e-9


@pytest.mark.parametrize("ink", INKS.values(), ids=list(INKS))
def test_every_colour_stands_out_from_the_paper(ink):
    assert distance(ink, "white") >= COLOUR
    assert grey(ink, "white") >= GREY


def test_what_grey_alone_leaves_to_dash_and_marker():
    """Blue and red, the pair that figures use most, are among the pairs that need one."""
    close = {pair for pair in PAIRS if grey(INKS[pair[0]], INKS[pair[1]]) < EASY}
    assert ("PALETTE[0]", "PALETTE[2]") in close
    assert not any("BOUND" in pair for pair in close)


def test_a_palette_too_near_would_be_seen():
    """The first six of petroff8: orange and red meet under tritanopia, blue and pink under protanopia."""
    assert distance("#ff5e02", "#c91f16") < COLOUR
    assert distance("#1845fb", "#c849a9") < COLOUR


@pytest.mark.parametrize("vision", VISIONS)
def test_the_sequence_rises_evenly(vision):
    ramp = [seen(mpl.colormaps[figures.SEQUENCE](x)[:3], vision)[0] for x in np.linspace(0, 1, 11)]
    rises = np.diff(ramp)
    assert rises.min() > 0.7 * rises.mean()
