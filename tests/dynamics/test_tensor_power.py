"""The closed form at frozen residual, against its own equation in 25 digits and against limits."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.dynamics import tensor_power
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions


def integrated(p0, a, t, lam):
    """Taylor integration of dp/dt = 8 p (a p - S) and of the log norm, 25 digits; the second route."""
    mp.mp.dps = 25

    def rhs(_, y):
        p = y[:-1]
        S = mp.fsum(x * q * q for x, q in zip(a, p, strict=True))
        return [8 * q * (x * q - S) for x, q in zip(a, p, strict=True)] + [2 * S - lam]

    a = [mp.mpf(float(x)) for x in a]
    start = [mp.mpf(float(q)) for q in p0] + [mp.mpf(0)]
    flow = mp.odefun(rhs, 0, start)
    return [float(x) for x in flow(mp.mpf(float(t)))]


@pytest.mark.parametrize(("d", "t", "lam"), [(2, 3.0, 0.0), (3, 1.0, 0.1), (4, 2.5, 0.05)])
def test_against_twenty_five_digits(d, t, lam):
    rng = np.random.default_rng(d)
    p0 = uniform_directions(d, 1, rng)[:, 0] ** 2
    a = rng.uniform(0.1, 1, size=d)
    a[-1] = 0.0  # a direction without a target takes the other branch of the formula
    p, growth = tensor_power.solve(p0, a, t, lam=lam)
    *expected, log_norm = integrated(p0 / p0.sum(), a, t, lam)
    np.testing.assert_allclose(p, expected, rtol=1e-11)
    assert growth == pytest.approx(log_norm, rel=1e-11)


@given(st.integers(2, 8), st.integers(0, 10_000), st.floats(0.01, 200), st.floats(0, 0.3))
@settings(max_examples=60, deadline=None)
def test_growth_time_inverts_solve(d, seed, t, lam):
    rng = np.random.default_rng(seed)
    p0, a = uniform_directions(d, 1, rng)[:, 0] ** 2, rng.uniform(0.05, 1, size=d)
    p, growth = tensor_power.solve(p0, a, t, lam=lam)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    if growth > 1e-6:
        assert tensor_power.growth_time(p0, a, growth, lam=lam) == pytest.approx(t, rel=1e-7)


def test_aligned_and_unpulled_columns():
    p, growth = tensor_power.solve([1, 0, 0], [0.5, 0.2], 1000.0)
    np.testing.assert_array_equal(p, [1, 0, 0])
    assert growth == pytest.approx(1000.0)  # 2 a t
    p, growth = tensor_power.solve([0, 0, 1], [0.5, 0.2], 7.0, lam=0.1)
    np.testing.assert_array_equal(p, [0, 0, 1])
    assert growth == pytest.approx(-0.7)
    assert tensor_power.growth_time([0, 0, 1], [0.5, 0.2], 1.0) == np.inf
    assert tensor_power.growth_time([0, 0, 1], [0.5], -1.0, lam=0.1) == pytest.approx(10.0)


def test_a_tie_stays_at_its_saddle_and_a_perturbed_tie_leaves():
    p, _ = tensor_power.solve([0.5, 0.5], [0.3, 0.3], 500.0)
    np.testing.assert_allclose(p, [0.5, 0.5], rtol=1e-12)
    p, _ = tensor_power.solve([0.5 + 1e-9, 0.5 - 1e-9], [0.3, 0.3], 500.0)
    assert p[1] < 1e-9


def test_no_growth_overflows():
    p0, a = [0.3, 0.3, 0.4], [0.5, 0.4, 0.2]
    p, growth = tensor_power.solve(p0, a, 1e6)
    assert growth == pytest.approx(1e6, rel=1e-4)
    assert tensor_power.growth_time(p0, a, growth) == pytest.approx(1e6, rel=1e-12)
    assert p.tolist() == [1.0, 0.0, 0.0]


def test_strong_regulariser_never_lets_it_grow():
    p0, a = [0.5, 0.5], [0.3, 0.1]
    assert tensor_power.growth_time(p0, a, 1.0, lam=0.6) == np.inf  # 2 a = lam
    fallen = tensor_power.growth_time(p0, a, -5.0, lam=0.7)
    assert tensor_power.solve(p0, a, fallen, lam=0.7)[1] == pytest.approx(-5.0, rel=1e-9)
    # with lam < 2 a the norm dips and returns: below its lowest point it never goes
    assert tensor_power.growth_time(p0, a, -50.0, lam=0.2) == np.inf
    dip = tensor_power.growth_time(p0, a, -0.01, lam=0.5)
    assert tensor_power.solve(p0, a, dip, lam=0.5)[1] == pytest.approx(-0.01, rel=1e-9)


def test_growth_rate_is_the_derivative_of_the_closed_form():
    p0, a, h = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1]), 1e-4
    (p, growth), w = tensor_power.solve(p0, a, h), np.sqrt(p0)
    # d(w_i^2)/dt / w_i^2 = d log p_i / dt + 2 d log|w| / dt, to first order in h
    np.testing.assert_allclose((np.log(p / p0) + 2 * growth) / h, tensor_power.growth_rate(w, a), rtol=1e-3)
    np.testing.assert_allclose(
        tensor_power.growth_rate(1e-200 * w, a), tensor_power.growth_rate(w, a), rtol=1e-13
    )


def test_predicted_times_of_a_single_aligned_column():
    """x' = 4 x (a - x) from x0: half of a is reached after log(a / x0 - 1) / (4 a), here without the -1."""
    a, log_norm = 0.4, -30.0
    expected = (np.log(a) - 2 * log_norm) / (4 * a)
    assert tensor_power.predicted_fitting_times([[1.0]], [log_norm], [a])[0] == pytest.approx(
        expected, rel=1e-14
    )
    lam = 0.1  # the logistic saturates at a - lam / 2 and passes a / 2 a little later
    rate = a - lam / 2
    expected = (np.log(rate) - 2 * log_norm + np.log(a / (a - lam))) / (4 * rate)
    assert tensor_power.predicted_fitting_times([[1.0]], [log_norm], [a], lam=lam)[0] == pytest.approx(
        expected
    )
    assert tensor_power.predicted_fitting_times([[1.0]], [log_norm], [a], lam=a)[0] == np.inf


def test_ten_equal_columns_are_earlier_by_log_ten():
    a = geometric_weights(3, 1.5)
    u = uniform_directions(4, 1, np.random.default_rng(2))
    one = tensor_power.predicted_fitting_times(u, [-50.0], a)
    ten = tensor_power.predicted_fitting_times(np.repeat(u, 10, axis=1), np.full(10, -50.0), a)
    i = int(np.argmin(one))
    assert one[i] - ten[i] == pytest.approx(np.log(10) / (4 * a[i]))
    assert np.isinf(one).sum() == np.isinf(ten).sum() == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tensor_power.growth_rate([0.0, 0.0], [1.0]), "w must not be zero"),
        (lambda: tensor_power.growth_rate([1.0], [1.0, 0.5]), "a has 2 weights for 1 coordinates"),
        (lambda: tensor_power.solve([0.5, 0.6], [1.0], 1.0), "p0 must sum to one .* got 1.1"),
        (lambda: tensor_power.solve([1.5, -0.5], [1.0], 1.0), "p0 must be non-negative, got .*-0.5"),
        (lambda: tensor_power.solve([1.0], [1.0], -1.0), "t must be finite and in"),
        (lambda: tensor_power.solve([1.0], [-1.0], 1.0), "a must be non-negative"),
        (lambda: tensor_power.growth_time([1.0], [1.0], np.nan), "log_growth must be finite"),
        (lambda: tensor_power.predicted_fitting_times([[2.0]], [-5.0], [1.0]), "column 0 has norm 2"),
        (
            lambda: tensor_power.predicted_fitting_times([[1.0]], [-5.0, 1.0], [1.0]),
            r"log_norms must have shape \(1,\)",
        ),
        (lambda: tensor_power.predicted_fitting_times([[1.0]], [-np.inf], [1.0]), "log_norms must be finite"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
