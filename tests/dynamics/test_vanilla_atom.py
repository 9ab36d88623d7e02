"""One component without the factor: closed form, the flow in its entries, tiny norms, bad input."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from flowbounds import HypothesisError
from flowbounds.dynamics import vanilla_atom
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

A = geometric_weights(3, 1.3)


def draw(seed, d=4):
    return uniform_directions(d, 1, np.random.default_rng(seed))[:, 0]


@pytest.mark.parametrize("delta", [0.3, 1e-2, 1e-6])
def test_aligned_start_against_quadrature(delta):
    """t is the integral of ds / (8 s^2 (a - s^2)) from delta^2 to sqrt(a/2), in 30 digits."""
    mp.mp.dps, a = 30, mp.mpf("0.5")
    low, high = mp.mpf(delta) ** 2, mp.sqrt(a / 2)
    edges = [low * (high / low) ** (mp.mpf(k) / 20) for k in range(21)]
    exact = mp.log(mp.quad(lambda s: 1 / (8 * s**2 * (a - s**2)), edges))
    assert vanilla_atom.predicted_log_half_time([1.0], np.log(delta), [0.5]) == pytest.approx(
        float(exact), rel=1e-13
    )
    assert vanilla_atom.integrated_log_half_time([1.0], np.log(delta), [0.5]) == pytest.approx(
        float(exact), abs=1e-9
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_fast_clock_is_the_flow_in_the_entries(seed):
    """The literal twin: w' = 4 (T* - w^(x)4)(w^3, I) in t, stopped at T(e_i^4) = a_i / 2."""
    u, delta = draw(seed), 0.2
    winner = int(np.argmax(np.append(A, 0.0) * u * u))

    def half(t, w):
        return w[winner] ** 4 - A[winner] / 2

    half.terminal = True
    run = solve_ivp(
        lambda t, w: 4 * (np.append(A, 0.0) * w**3 - np.sum(w * w) ** 3 * w),
        (0, 1e4),
        delta * u,
        events=half,
        method="DOP853",
        rtol=1e-11,
        atol=1e-13,
    )
    ours = vanilla_atom.integrated_log_half_time(u, np.log(delta), A)
    assert ours == pytest.approx(np.log(run.t_events[0][0]), abs=1e-8)


def test_prediction_error_is_the_squared_norm_times_its_logarithm():
    """In t; relative to t, which is what is measured, the fourth power times the logarithm."""
    grid = np.array([0.03, 0.02, 0.01, 0.007])
    u = draw(3)
    off = [
        vanilla_atom.integrated_log_half_time(u, s, A, tol=1e-12)
        - vanilla_atom.predicted_log_half_time(u, s, A)
        for s in np.log(grid)
    ]
    slope = np.polyfit(np.log(grid), np.log(np.abs(off) / np.log(1 / grid)), 1)[0]
    assert 3.9 < slope < 4.1


def test_a_wait_of_1e300():
    log_norm = np.log(1e-150)
    expected = vanilla_atom.predicted_log_half_time(draw(1), log_norm, A)
    assert expected > 690
    assert vanilla_atom.integrated_log_half_time(draw(1), log_norm, A) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": [2.0, 0.0]}, "direction must have unit columns"),
        ({"direction": [0.0, 1.0]}, "direction must meet the target"),
        ({"log_norm": np.nan}, "log_norm must be finite"),
        ({"log_norm": 1.0}, "log_norm must leave the start below a/2, got w_i\\^4 = 54.6"),
        ({"a": [-1.0]}, "a must be non-negative"),
        ({"a": [1.0, 1.0, 1.0]}, "a has 3 weights for 2 coordinates"),
    ],
)
def test_bad_input(change, message):
    call = {"direction": [1.0, 0.0], "log_norm": -5.0, "a": [1.0], **change}
    with pytest.raises(HypothesisError, match=message):
        vanilla_atom.predicted_log_half_time(**call)
