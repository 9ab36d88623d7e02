"""Theorem 3's parameters under two readings, where they cross lazy training, and the error at rest."""

from math import comb

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import component_crossing
from flowbounds.bounds.component_crossing import crossing_dimension
from flowbounds.bounds.components import CORRELATION, heuristic_parameters, literal_parameters
from flowbounds.bounds.regularised_error import orthonormal_resting_error, resting_error_bound


def exponent(function, name, low, high):
    """Slope of log m in the logarithm of one argument between two values."""
    base = {"order": 3, "r": 2, "d": 100, "eps": 0.1}
    first, second = (function(**{**base, name: value}).m for value in (low, high))
    return np.log(second / first) / np.log(high / low)


def test_literal_parameters_scale_as_printed():
    one = literal_parameters(3, 2, 10, 0.1)
    assert one.m == pytest.approx(2**7.5 * 1e5 * np.log(100))
    assert one.lam == pytest.approx(0.1 / 2**1.5)
    assert one.epochs == pytest.approx(2**6 * 1e4 * np.log(100))
    assert one.epoch_time == pytest.approx(2**1.5 * 10 * np.log(100))
    assert exponent(literal_parameters, "r", 2, 4) == pytest.approx(7.5)


@pytest.mark.parametrize("order", [3, 4])
def test_the_chain_has_the_exponents_of_the_theorem(order):
    """m = r^(2.5 l) eps^-5 times logarithms, and m lam of the order of one over the gain of an epoch."""
    base = heuristic_parameters(order, 2, 100, 0.1)
    finer = heuristic_parameters(order, 2, 100, 0.01)
    wider = heuristic_parameters(order, 8, 100, 0.1)
    assert np.log10(finer.m / base.m) == pytest.approx(5, abs=0.1)
    assert np.log(wider.m / base.m) / np.log(4) == pytest.approx(2.5 * order, abs=0.2)
    assert np.log10(finer.epochs / base.epochs) == pytest.approx(4, abs=0.1)
    assert 2**order * base.lam == pytest.approx(CORRELATION * 0.1 * 2 ** (-order / 2))


def test_the_chain_ends_with_probability_99_per_cent():
    """By simulation of the worst case that it allows, lucky with probability one sixth at every epoch."""
    one = heuristic_parameters(3, 1, 10, 0.5, delta=0.5, correlation=1.0)
    path2 = 12.0
    gain = one.lam * (2**3 * one.lam / 2) ** 2 / (path2 * one.epoch_time)
    X = 1 / (one.lam * one.m)
    cost = np.sqrt(2) * X + X**2 / 2
    assert cost == pytest.approx(gain / 24, rel=1e-9)
    lucky = np.random.default_rng(0).binomial(int(np.ceil(one.epochs)), 1 / 6, size=4000)
    assert np.mean(0.5 + one.epochs * cost - lucky * gain <= 0) > 0.99
    assert one.epochs * cost < 0.5


@pytest.mark.parametrize(("order", "r"), [(3, 1), (3, 5), (4, 2)])
def test_the_crossing_is_one(order, r):
    d = crossing_dimension(order, r, 0.1)

    def lazy(dimension):
        return -(-comb(dimension + order - 1, order) // dimension)

    assert literal_parameters(order, r, d, 0.1).m < lazy(d)
    assert literal_parameters(order, r, d - 1, 0.1).m >= lazy(d - 1)


def test_a_crossing_out_of_sight_is_refused(monkeypatch):
    monkeypatch.setattr(component_crossing, "FARTHEST", 100)
    with pytest.raises(HypothesisError, match="eps must be larger"):
        crossing_dimension(3, 1, 0.01)


def test_errors_at_rest():
    assert orthonormal_resting_error([0.5, -0.5, 0.05], 0.1) == pytest.approx(np.sqrt(0.0225))
    assert resting_error_bound([0.5, -1.5], 0.02) == pytest.approx(0.2)
    c = np.array([0.6, -0.8])
    for lam in (0.0, 0.1, 0.5):
        assert orthonormal_resting_error(c, lam) <= resting_error_bound(c, lam) + 1e-15
