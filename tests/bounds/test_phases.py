"""Costs and times of the two phases: against the closed form, the flow, and an adversarial residual."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from flowbounds import HypothesisError
from flowbounds.bounds.phases import discovery_cost, gap_time
from flowbounds.dynamics.flow import tensor_flow
from flowbounds.dynamics.frozen_path import FrozenPath


@pytest.mark.parametrize("share", [1e-4, 0.05, 0.5, 0.99])
@pytest.mark.parametrize("growth", [0.0, 0.5, 8.0, 150.0])
def test_the_cost_is_attained_by_one_component_before_one_direction(share, growth):
    """z is eliminated by hand there, so the closed form must reach the level at the same time."""
    cost = discovery_cost(share, growth)
    path = FrozenPath.build(np.array([share, 1 - share]), np.array([1.0, 0.0]))
    low, high = 0.0, 4 * growth - np.log(share) + 2
    for _ in range(200):
        z = (low + high) / 2
        low, high = (z, high) if path.log_norm(z) + np.log(path.squares(z)[0]) / 2 < growth else (low, z)
    assert path.time(z) == pytest.approx(cost, rel=1e-12)


def test_alignment_and_growth_are_its_two_parts():
    assert discovery_cost(1.0, 7.0) == 3.5
    share, growth = 1e-3, 30.0
    parts = growth / 2 + (np.log(1 / share) + 1 / share - 1) / 8
    assert discovery_cost(share, growth) == pytest.approx(parts, rel=1e-12)


def test_no_diagonal_residual_is_faster():
    """Random non-negative residuals below a, changing in time: a_k t stays above the cost."""
    rng = np.random.default_rng(0)
    for _ in range(4):
        a = rng.uniform(0.2, 1.0, size=4)
        levels = rng.uniform(0, 1, size=(4, 8)) * a[:, None]
        u = rng.normal(size=4)
        start = u / np.linalg.norm(u)

        def velocity(t, y, levels=levels):
            R, w = levels[:, int(t) % 8], y[1:] / np.linalg.norm(y[1:])
            q = R @ w**4
            return np.concatenate([[2 * q], 4 * (R * w**3 - q * w)])

        times = np.linspace(0, 40, 200)
        path = solve_ivp(velocity, (0, 40), [0.0, *start], t_eval=times, rtol=1e-9, max_step=0.2).y
        for k in range(4):
            level = path[0] + np.log(np.abs(path[1 + k] / np.linalg.norm(path[1:], axis=0)))
            for t, growth in zip(times[1:], level[1:], strict=True):
                if growth > 0:
                    assert a[k] * t >= discovery_cost(start[k] ** 2, growth) - 1e-6


def test_gap_time_is_that_of_the_flow():
    a, lam, log_mass = 0.5, 0.02, -20.0
    t = gap_time(a, lam, log_mass, 2 * lam)
    run = tensor_flow([[1.0], [0.0]], [log_mass / 2], [a], t, lam=lam, tol=1e-11, t_eval=[t])
    assert run.residual[0, 0] == pytest.approx(2 * lam, rel=1e-8)


def test_a_gap_that_is_there_takes_no_time():
    assert gap_time(0.5, 0.02, np.log(0.48), 0.04) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: discovery_cost(0.0, 1.0), "share must be finite"),
        (lambda: discovery_cost(0.5, -1.0), "log_growth must be finite"),
        (lambda: gap_time(0.5, 0.02, -20.0, 0.01), "gap must be finite"),
        (lambda: gap_time(0.5, 0.02, 0.0, 0.04), "log_mass must be finite"),
    ],
)
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
