"""Three layers on the line: their imbalances and eigenvalue, the ladder of spectra, what is refused."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.three_layer_minimizer import (
    interlacing_spectra,
    rank_one_step,
    three_layer_minimizer,
)
from flowbounds.bounds.three_layer_rates import middle_spectrum, three_layer_rate
from flowbounds.bounds.two_layer_rates import spectrum
from flowbounds.models.linear_network import imbalances, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, random_layers


def rng(seed=1):
    return np.random.default_rng(seed)


def turned(values, draw):
    """A symmetric matrix of the given eigenvalues in random directions."""
    frame = np.linalg.qr(draw.normal(size=(len(values), len(values))))[0]
    D = (frame * np.asarray(values, float)) @ frame.T
    return (D + D.T) / 2


def on_the_line(D1, D2, n, m):
    """Build, look at shapes, imbalances and the eigenvalue; the bound in units of the largest square."""
    built = three_layer_minimizer(D1, D2, n, m)
    shapes = list(pairwise((n, len(D1), len(D2), m)))
    assert [layer.shape for layer in built] == shapes
    unit = max(np.linalg.norm(D1, 2), np.linalg.norm(D2, 2)) or 1.0
    for have, want in zip(imbalances(built), (D1, D2), strict=True):
        assert np.max(np.abs(have - want)) <= 1e-12 * unit
    bound = three_layer_rate(D1, D2, n, m)
    assert tangent_min_eigenvalue(built) == pytest.approx(bound, rel=1e-10, abs=1e-12 * unit**2)
    return bound / unit**2


def drawn(count, seed):
    """Imbalances of layers of every kind and small shapes, every other net with a small middle layer."""
    draw = rng(seed)
    for trial in range(count):
        shapes = list(pairwise(int(size) for size in draw.integers(1, 5, size=4)))
        W1, W2, W3 = random_layers(shapes, draw, KINDS[trial % len(KINDS)])
        weights = [W1, (0.1 if trial // len(KINDS) % 2 else 1.0) * W2, W3]
        yield weights, imbalances(weights), (shapes[0][0], shapes[-1][1])


def test_imbalances_of_layers_are_never_refused_and_the_bound_is_attained():
    bounds = [on_the_line(*D, *nm) for _, D, nm in drawn(210, seed=2)]
    assert sum(bound > 1e-3 for bound in bounds) > 40  # of the equalities are not between zeros


def test_drawn_layers_of_the_same_imbalances_are_above_the_built_ones():
    above = 0
    for weights, D, nm in drawn(70, seed=3):
        lam, least = (tangent_min_eigenvalue(w) for w in (weights, three_layer_minimizer(*D, *nm)))
        unit = max(np.linalg.norm(layer, 2) for layer in weights) ** 4
        assert lam >= least - 1e-13 * unit
        above += lam > 1.1 * least + 1e-3 * unit
    assert above > 10


@pytest.mark.parametrize(
    ("up", "down", "n", "m"),  # spectra of -D_1 and D_2
    [
        ([3.0, 3.0, 1.0, -1.0], [2.0, 2.0, 0.0, -1.0], 3, 3),  # ties
        ([4.0, 2.0, 2.0, 2.0], [3.0, 3.0, 2.0, -2.0], 1, 2),
        ([3.0, 0.0, -2.0], [4.0, 1.0, -1.0], 2, 2),  # all three terms positive
        ([3.0, 2.0, 1.0], [3.0, 2.0, 1.0], 1, 1),  # nothing to add
        ([2.0, 1.0], [3.0, 2.0, 0.0], 4, 5),  # more rows and columns than the widths
        ([1.0], [2.0, 0.0, 0.0], 1, 3),
        ([5.0, 1e-4, -1e-4], [5.0 + 1e-13, 2e-4, -3.0], 2, 2),  # near ties
        ([1e4, 1.0, -1e-4], [1e3, 2.0, -1e4], 2, 2),  # eight decades
        ([-1.0, -2.0], [2.0, 1.0], 2, 1),  # the last layer is the smallest
        ([-1.0, -2.0], [-1.0, -3.0], 2, 2),  # the middle layer vanishes
        ([2.0, 1.0], [-1.0, -2.0], 1, 2),  # the first layer is the smallest
        ([0.0, 0.0], [0.0, 0.0, 0.0], 2, 1),
    ],
)
def test_spectra_with_ties_zeros_and_scales(up, down, n, m):
    on_the_line(-turned(up, rng(4)), turned(down, rng(5)), n, m)


def test_ordered_imbalances_are_built_at_their_closed_forms():
    x, y = np.array([2.0, 0.5]), np.array([1.5, 1.0])
    X, Y = (turned([*values, 0.0], rng(k)) for k, values in enumerate((x, y)))
    for D1, D2, value in [(X, Y, 1.0 * (0.5 + 1.0)), (X, -Y, 0.5 * 1.0), (-X, -Y, 0.5 * (0.5 + 1.0))]:
        lam = tangent_min_eigenvalue(three_layer_minimizer(D1, D2, 2, 2))
        assert lam == pytest.approx(value, rel=1e-12)


def test_the_ladder_interlaces_from_the_imbalance_to_the_middle_layer():
    for _, (D1, D2), (n, _) in drawn(35, seed=6):
        first = spectrum(-D1)
        top = middle_spectrum(first, spectrum(D2))[: first.size]
        ladder = interlacing_spectra(first, top, n)
        np.testing.assert_array_equal(ladder[0], first)
        np.testing.assert_allclose(ladder[-1], top, atol=1e-13 * max(1.0, np.abs(first).max()))
        for low, high in pairwise(ladder):
            assert np.all(low <= high)
            assert np.all(high[1:] <= low[:-1])


@pytest.mark.parametrize(
    ("a", "c"),
    [
        ([1.0], [3.0]),
        ([2.0, 0.0, -1.0], [3.0, 1.0, -0.5]),
        ([2.0, 2.0, 2.0, 0.0], [2.0, 2.0, 2.0, 1.0]),  # ties stay
        ([2.0, 1.0, 1.0], [4.0, 1.5, 1.0]),
        ([1.0 + 2e-15, 1.0, 0.0], [2.0, 1.0 + 1e-15, 0.5]),  # as close as numbers are
        ([1.0, 0.0], [1.0, 0.0]),
    ],
)
def test_one_rank_one_step_leads_to_the_wanted_spectrum(a, c):
    a, c = np.array(a), np.array(c)
    v = rank_one_step(a, c)
    assert v @ v == pytest.approx(float(np.sum(c - a)), rel=1e-14)
    np.testing.assert_allclose(spectrum(np.diag(a) + np.outer(v, v)), c, atol=1e-14)


@pytest.mark.parametrize(
    ("D1", "D2", "n", "m", "message"),
    [
        (-np.eye(2), [[0.0]], 1, 1, "-D1 must have at most 1 positive eigenvalues"),
        ([[0.0]], np.eye(3), 1, 1, "eigenvalue 2 of D2 must be <= 0, got 1"),
        (np.eye(2), np.zeros((2, 2)), 1, 1, r"<= eigenvalue 2 - n = 1 of -D1, got 0 > -1"),
        (np.zeros((2, 2)), -np.eye(2), 2, 1, r"<= eigenvalue 2 - m = 1 of D2, got 0 > -1"),
        (np.zeros((2, 2)), 3 * np.eye(2), 1, 1, r"<= eigenvalue 2 - n = 1 of -D1, got 3 > 0"),
        ([[0.0, 1.0], [0.0, 0.0]], np.eye(2), 1, 1, "D1 must be symmetric"),
        (np.eye(2), [[0.0, 1.0], [0.0, 0.0]], 1, 1, "D2 must be symmetric"),
        (np.eye(1), np.eye(1), 0, 1, "n must be an integer, at least 1"),
    ],
)
def test_what_is_no_pair_of_imbalances_is_refused(D1, D2, n, m, message):
    with pytest.raises(HypothesisError, match=message):
        three_layer_minimizer(D1, D2, n, m)
