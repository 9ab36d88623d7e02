"""Closed form at any order: against its equation in 30 digits, against order four, against the flow."""

import mpmath as mp
import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.frozen_order import OrderPath
from flowbounds.dynamics.frozen_path import FrozenPath
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

A = np.array([0.6, 0.3, 0.0])


def integrated(u0, a, order, t):
    """Taylor integration of u' = l (F - q u), rho' = 2 q in 30 digits; the second route."""
    mp.mp.dps = 30

    def rhs(_, y):
        F = [x * u ** (order - 1) for x, u in zip(a, y[:-1], strict=True)]
        q = mp.fsum(f * u for f, u in zip(F, y[:-1], strict=True))
        return [order * (f - q * u) for f, u in zip(F, y[:-1], strict=True)] + [2 * q]

    a = [mp.mpf(float(x)) for x in a]
    flow = mp.odefun(rhs, 0, [mp.mpf(float(x)) for x in u0] + [mp.mpf(0)])
    return [float(x) for x in flow(mp.mpf(t))]


@pytest.mark.parametrize("order", [3, 5, 6])
def test_against_thirty_digits(order):
    u0 = np.array([0.5, -0.7, 0.4])  # one coordinate on the far side, one without a target
    u0 /= np.linalg.norm(u0)
    path = OrderPath.build(u0, A, order)
    z = 1.3
    *expected, log_norm = integrated(u0, A, order, path.time(z))
    np.testing.assert_allclose(path.direction(z), expected, rtol=1e-11)
    assert path.log_norm(z) == pytest.approx(log_norm, rel=1e-10)


def test_order_four_is_the_elementary_one():
    u = uniform_directions(6, 30, np.random.default_rng(0))
    a = np.append(geometric_weights(4, 1.3), [0.0, 0.0])
    for column in u.T:
        ours, known = OrderPath.build(column, a, 4), FrozenPath.build(column**2, a)
        assert ours.winner == known.winner
        assert ours.delay() == pytest.approx(known.delay(), rel=1e-12)
        assert ours.time(2.0) == pytest.approx(known.time(2.0), rel=1e-12)
        assert ours.log_norm(2.0) == pytest.approx(known.log_norm(2.0), rel=1e-12)


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_time_is_aligned_time_plus_delay_far_out(order):
    path = OrderPath.build(np.array([0.8, 0.6]), np.array([0.5, 0.4]), order)
    aligned = 200.0 / (order * (order - 2) * path.limit_weight)
    assert path.time(200.0) - aligned == pytest.approx(path.delay(), rel=1e-11)


@pytest.mark.parametrize("order", [3, 5, 6])
@pytest.mark.parametrize("gap", [1e-3, 1e-12])
def test_near_ties_are_late_by_the_logarithm_of_the_gap(order, gap):
    """Where two coordinates nearly tie, D gains log(10) times a known rate with each digit of the gap."""

    def delay(gap):
        u = np.array([1.0, 1.0 - gap / (order - 2)])
        return OrderPath.build(u / np.linalg.norm(u), np.array([0.5, 0.5]), order).delay()

    # on the tie of two the clock runs 2^((l-2)/2) times slower than for an aligned column
    rate = (2 ** ((order - 2) / 2) - 1) / (order * (order - 2) * 0.5)
    assert delay(gap / 10) - delay(gap) == pytest.approx(np.log(10) * rate, rel=0.02)


def test_a_tie_never_ends_and_the_far_side_heads_nowhere():
    u = np.sqrt([0.5, 0.5])
    assert OrderPath.build(u, np.array([0.3, 0.3]), 5).delay() == np.inf
    lost = OrderPath.build(-u, np.array([0.3, 0.2]), 3)
    assert lost.winner is None
    assert OrderPath.build(-u, np.array([0.3, 0.2]), 6).winner == 0
    times = predicted_fitting_times(np.column_stack([-u, u]), [-9.0, -9.0], [0.3, 0.2], order=3)
    assert np.isfinite(times).tolist() == [True, False]


@pytest.mark.parametrize("order", [3, 5])
def test_the_regulariser_at_other_orders(order):
    a, log_norms = geometric_weights(2, 1.4), np.full(8, -25.0)
    u = uniform_directions(3, 8, np.random.default_rng(5))
    expected = predicted_fitting_times(u, log_norms, a, lam=0.05, order=order)
    run = tensor_flow(u, log_norms, a, 1.2 * expected.max(), lam=0.05, order=order, t_eval=[0.0])
    np.testing.assert_allclose(run.fitting_times, expected, rtol=1e-6)


def test_slips_in_the_delay_are_seen(monkeypatch):
    """A delay without the factor (l - 2) / 2 of its integrand misses the flow at order 5."""
    a, log_norms = geometric_weights(3, 1.4), np.full(20, -30.0)
    u = uniform_directions(4, 20, np.random.default_rng(6))
    run = tensor_flow(u, log_norms, a, 130.0, order=5, t_eval=[0.0])

    def off():
        return np.max(np.abs(run.fitting_times - predicted_fitting_times(u, log_norms, a, order=5)))

    assert off() < 1e-6
    true = OrderPath._excess
    monkeypatch.setattr(OrderPath, "_excess", lambda self, z: true(self, z) / 1.5)
    assert off() > 1e-3


@pytest.mark.parametrize("order", [2, 3.5, 0])
def test_bad_orders(order):
    with pytest.raises(HypothesisError, match=f"order must be an integer, at least 3, got {order}"):
        predicted_fitting_times([[1.0]], [-5.0], [1.0], order=order)
