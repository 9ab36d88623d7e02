"""Scalar networks: Proposition 1 in exact rationals, the root in five hundred digits, and their laws."""

from fractions import Fraction
from itertools import pairwise
from math import prod

import mpmath as mp
import numpy as np
import pytest

from flowbounds.bounds import rates
from flowbounds.bounds.scalar_rates import (
    cumulative_imbalances,
    scalar_rate,
    scalar_rate_exact,
    scalar_squares,
)
from flowbounds.models.linear_network import tangent_min_eigenvalue

RNG = np.random.default_rng(13)


def fractions(depth, spread):
    """Positive rationals over ``spread`` decades, some of them equal."""
    tops, bottoms = RNG.integers(1, 50, size=(2, depth))
    powers = RNG.integers(-spread, spread + 1, size=depth)
    x = [
        Fraction(int(a), int(b)) * Fraction(10) ** int(k)
        for a, b, k in zip(tops, bottoms, powers, strict=True)
    ]
    if RNG.random() < 0.2:
        x[-1] = x[0]
    return x


def rational_slack(x):
    """(e^2 - p^2)^L - L^(2L) (w^2)^(2L-2), whose sign is that of rate minus bound; d sums up exactly."""
    depth = len(x)
    d = [a - b for a, b in pairwise(x)]
    sums = [sum(d[:k], Fraction(0)) for k in range(depth)]
    c = sorted(max(sums) - s for s in sums)
    rate = sum(prod(x[:k] + x[k + 1 :]) for k in range(depth))
    return (rate**2 - prod(c[1:]) ** 2) ** depth - depth ** (2 * depth) * prod(x) ** (2 * depth - 2)


@pytest.mark.parametrize("depth", range(2, 9))
@pytest.mark.parametrize("spread", [0, 3, 9])
def test_proposition_1_with_large_spreads_in_exact_rationals(depth, spread):
    slacks = [rational_slack(fractions(depth, spread)) for _ in range(75)]
    assert min(slacks) >= 0
    assert (max(slacks) == 0) == (depth == 2)
    if depth > 2:
        assert rational_slack([Fraction(7, 3)] * depth) == 0, "balanced: equality"
        assert rational_slack([Fraction(2), *([Fraction(5)] * (depth - 2)), Fraction(0)]) == 0, "w = 0"


def test_the_formula_of_the_library_is_the_rational_one():
    for _ in range(100):
        x = fractions(5, 2)
        d = np.array([float(a - b) for a, b in pairwise(x)])
        w2 = float(prod(x))
        p = float(prod(sorted(a - min(x) for a in x)[1:]))
        assert scalar_rate(d, -(w2**0.5)) == pytest.approx(np.hypot(p, 5 * w2**0.8), rel=1e-10)


@pytest.mark.parametrize(
    ("d", "w"),
    [
        ([1.0, -1.0, 1.0, -1.0], 1e-3),
        ([1e8, -1e-3, 0.0, 5.0], 7e3),
        ([0.0, 0.0], 1e-200),
        ([1e-9, 2e9, -3.0], 0.4),
        ([1e10], 1e-300),
        ([-2.5, 0.3, 0.3, 4.0, -7.0], 1e60),
    ],
)
def test_root_and_rate_in_five_hundred_digits(d, w):
    with mp.workdps(500):
        sums = [mp.mpf(0)]
        for one in d:
            sums.append(sums[-1] + mp.mpf(one))
        c = [max(sums) - one for one in sums]
        low, high = mp.mpf(0), mp.mpf(abs(w)) ** (mp.mpf(2) / len(c))
        for _ in range(3000):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if mp.fprod(middle + one for one in c) < mp.mpf(w) ** 2 else (low, middle)
            )
        x = [high + one for one in c]
        rate = sum(mp.fprod(x[:k] + x[k + 1 :]) for k in range(len(x)))
        expected, rate = [float(one) for one in x], float(rate)
    np.testing.assert_allclose(scalar_squares(d, w), expected, rtol=2e-13)
    assert scalar_rate_exact(d, w) == pytest.approx(rate, rel=2e-13)


def test_it_is_the_smallest_eigenvalue_of_t_of_any_network_with_these_data():
    for depth in range(2, 7):
        weights = RNG.normal(size=depth)
        d, w = -np.diff(weights**2), float(np.prod(weights))
        exact = tangent_min_eigenvalue([[[one]] for one in weights])
        assert scalar_rate_exact(d, w) == pytest.approx(exact, rel=1e-10)
        assert scalar_rate(d, w) <= exact * (1 + 1e-10)
        np.testing.assert_allclose(scalar_squares(d, w), weights**2, rtol=1e-9)


def test_two_layers_have_their_closed_form():
    assert scalar_rate([-3.0], -2.0) == scalar_rate([3.0], 2.0) == 5.0
    assert rates.two_layer_rate([[3.0]], [[2.0]]) == pytest.approx(scalar_rate_exact([3.0], 2.0), rel=1e-14)


@pytest.mark.parametrize("function", [scalar_rate, scalar_rate_exact])
def test_symmetries_and_scaling(function):
    d, w = np.array([0.7, -2.0, 0.4]), 0.9
    value = function(d, w)
    assert function(d, -w) == value
    assert function(-d[::-1], w) == pytest.approx(value, rel=1e-13), "layers in reverse"
    assert function(4 * d, 16 * w) == pytest.approx(64 * value, rel=1e-13), "all weights doubled"
    grid = [function(d, one) for one in np.linspace(0, 3, 40)]
    assert np.all(np.diff(grid) > 0), "non-decreasing in |w|"


def test_cumulative_imbalances_are_what_a_square_is_ahead_of_the_smallest():
    x = np.array([5.0, 2.0, 7.0, 3.0])
    assert cumulative_imbalances(-np.diff(x)).tolist() == (x - 2).tolist()
    assert scalar_squares(-np.diff(x), 0.0).tolist() == (x - 2).tolist()
