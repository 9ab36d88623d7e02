"""The constants of Theorem 3.2: the one-dimensional map behind them, its limits, and its simulation."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.rank_one import balance_probability, crossing_factor, iteration_slopes, iterations


def worst_factor(rho, c, steps=400):
    """Largest of |rho|, 1/|rho| on the way of rho -> (rho + c) / (1 + c rho)."""
    worst = np.maximum(np.abs(rho), 1 / np.abs(rho))
    for _ in range(steps):
        rho = (rho + c) / (1 + c * rho)
        worst = np.maximum(worst, np.maximum(np.abs(rho), 1 / np.abs(rho)))
    return worst


@pytest.mark.parametrize("c", [0.05, 0.2, 0.7])
@pytest.mark.parametrize("K", [1.5, 3.0, 12.0, 60.0, 500.0])
def test_the_probability_is_that_of_the_map(K, c):
    """No draws: the angle of two Gaussians is uniform, and a fine grid of it is an integral."""
    angle = (np.arange(200_000) + 0.5) / 200_000 * np.pi - np.pi / 2
    found = np.mean(worst_factor(np.tan(angle), c, int(6 / c)) <= K)
    assert balance_probability(K, c) == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize("c", [0.01, 0.3, 0.9])
def test_the_corner_is_where_opposite_signs_begin_to_pass(c):
    K = crossing_factor(c)
    start = -np.tan(np.linspace(1e-4, np.pi / 4 - 1e-4, 5001))
    assert worst_factor(start, c, int(12 / c)).min() == pytest.approx(K, rel=2e-2)
    assert worst_factor(start, c, int(12 / c)).min() >= K * (1 - 1e-9)
    assert balance_probability(K, c) == pytest.approx((4 / np.pi * np.arctan(K) - 1) / 2, abs=1e-12)
    assert balance_probability(1.02 * K, c) > (4 / np.pi * np.arctan(1.02 * K) - 1) / 2


def test_limits():
    assert balance_probability(1.0, 0.1) == 0.0
    assert balance_probability(1e9, 0.1) == pytest.approx(1.0, abs=1e-6)
    assert crossing_factor(1e-6) == pytest.approx(2e6, rel=1e-6)
    small = iteration_slopes(1e-6)
    assert small[0] == pytest.approx(5e5, rel=1e-5)
    assert small[1] == pytest.approx(1e6, rel=1e-5)


def test_iterations_add_up():
    growth, decay = iteration_slopes(0.2)
    assert iterations(1e4, 1e-3, 0.2) == pytest.approx(growth * np.log(1e4) + decay * np.log(1e3), rel=1e-14)
    assert iterations(1.0, 0.5, 0.2) == pytest.approx(decay * np.log(2), rel=1e-14)


def test_near_one_the_product_overshoots_and_is_the_slower():
    assert iteration_slopes(0.6)[1] == pytest.approx(-1 / np.log(0.4))
    assert iteration_slopes(0.9)[1] == pytest.approx(-1 / np.log(0.8))


@pytest.mark.parametrize("c", [0.0, 1.0, 1.01])
def test_a_step_that_does_not_converge_has_no_rate(c):
    with pytest.raises(HypothesisError, match="c_step must be finite and in"):
        iteration_slopes(c)
