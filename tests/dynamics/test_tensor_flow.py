"""Gradient flow in polar state: counts, tiny norms, laws, the same winners among idle columns."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.flow import IntegrationError, tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import equiangular_basis, geometric_weights, uniform_directions

A = geometric_weights(5, 1.2)


def start(seed, m=50, d=10):
    return uniform_directions(d, m, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_figure_1_costs_at_most_2900_evaluations(seed):
    """The count includes dense output on every step (2001 samples) and the located fitting times."""
    log_norms = np.full(50, np.log(1e-15))
    run = tensor_flow(start(seed), log_norms, A, 250.0, tol=1e-8, t_eval=np.linspace(0, 250, 2001))
    assert run.nfev <= 2900
    np.testing.assert_allclose(
        run.fitting_times, predicted_fitting_times(start(seed), log_norms, A), atol=1e-6
    )
    resolved = run.loss > 1e-12  # below the square of about 100 tol the state itself is noise
    assert (np.diff(run.loss[resolved]) < 1e-14).all(), "the loss decreases along the flow"


@pytest.mark.parametrize("log_norm", [np.log(1e-15), np.log(1e-150), -2000.0])
def test_fitting_times_at_any_norm(log_norm):
    u, log_norms = start(1, m=20), np.full(20, log_norm)
    expected = predicted_fitting_times(u, log_norms, A)
    horizon = 1.1 * expected[np.isfinite(expected)].max()
    run = tensor_flow(u, log_norms, A, horizon, t_eval=[horizon])
    np.testing.assert_array_equal(np.isfinite(run.fitting_times), np.isfinite(expected))
    finite = np.isfinite(expected)
    np.testing.assert_allclose(run.fitting_times[finite], expected[finite], rtol=1e-8)


@pytest.mark.press
def test_norm_exp_minus_ten_thousand_integrates():
    u = start(0, m=1, d=3)
    run = tensor_flow(u, [-10_000.0], [0.5], 12_000.0, t_eval=[0.0, 12_000.0])
    assert run.log_norms[0, 0] == -10_000.0
    assert np.exp(2 * run.log_norms[0, 1]) == pytest.approx(0.5, rel=1e-7)
    expected = predicted_fitting_times(u, [-10_000.0], [0.5])
    np.testing.assert_allclose(run.fitting_times, expected, rtol=1e-9)


@pytest.mark.press
def test_same_winners_among_2000_columns():
    """1950 columns that stay small must not loosen the error of the fifty that matter."""
    log_norms = np.full(50, np.log(1e-15))
    u = start(0)
    end = 95.0  # three of the five steps
    reference = tensor_flow(u, log_norms, A, end, tol=1e-12, t_eval=[end]).fitting_times[:3]
    few = tensor_flow(u, log_norms, A, end, t_eval=[end])
    crowd = np.hstack([u, start(99, m=1950)])
    many = tensor_flow(crowd, np.append(log_norms, np.full(1950, -400.0)), A, end, t_eval=[end])
    error_few = np.max(np.abs(few.fitting_times[:3] - reference))
    error_many = np.max(np.abs(many.fitting_times[:3] - reference))
    assert error_few < 2e-7
    assert error_many < 2 * error_few


def test_polar_flow_is_the_flow_in_the_entries():
    """At moderate norms both states can be integrated; they agree to the tolerance."""
    from scipy.integrate import solve_ivp

    rng = np.random.default_rng(4)
    W, basis = 0.3 * rng.normal(size=(4, 6)), rng.normal(size=(4, 2)) / 2
    a, lam = np.array([0.8, 0.4]), 0.05
    raw = (
        solve_ivp(
            lambda t, y: -tensor_fit.gradient(y.reshape(4, 6), a, basis, lam=lam).ravel(),
            (0, 8),
            W.ravel(),
            method="DOP853",
            rtol=1e-12,
            atol=1e-14,
        )
        .y[:, -1]
        .reshape(4, 6)
    )
    rho, u = tensor_fit.to_polar(W)
    run = tensor_flow(u, rho, a, 8.0, basis=basis, lam=lam, tol=1e-11, t_eval=[8.0])
    np.testing.assert_allclose(np.exp(run.log_norms[:, 0]) * run.directions[:, :, 0], raw, atol=1e-9)
    assert run.loss[0] == pytest.approx(tensor_fit.loss(raw, a, basis, lam=lam), rel=1e-8)
    np.testing.assert_allclose(run.residual[:, 0], tensor_fit.residual(raw, a, basis), atol=1e-9)


@pytest.mark.parametrize("order", [3, 5])
def test_other_orders_fit_their_target(order):
    """Odd orders tell a direction from its opposite: every column starts on the targets' side."""
    u = np.abs(start(3, m=30, d=4))
    run = tensor_flow(u, np.full(30, -8.0), [0.6, 0.4], 200.0, order=order, t_eval=[200.0])
    assert run.loss[0] < 1e-12


def test_rotation_of_target_and_start():
    Q = np.linalg.qr(np.random.default_rng(8).normal(size=(10, 10)))[0]
    log_norms = np.full(30, -12.0)
    plain = tensor_flow(start(2, m=30), log_norms, A, 60.0, t_eval=[60.0])
    turned = tensor_flow(Q @ start(2, m=30), log_norms, A, 60.0, basis=Q[:, :5], t_eval=[60.0])
    np.testing.assert_allclose(turned.fitting_times, plain.fitting_times, rtol=1e-7)
    np.testing.assert_allclose(turned.log_norms, plain.log_norms, atol=1e-6)
    np.testing.assert_allclose(turned.directions[:, :, 0], Q @ plain.directions[:, :, 0], atol=1e-6)


def test_fitting_time_of_a_start_above_half_is_zero_and_of_a_missing_column_infinite():
    u = np.eye(3)[:, :1]
    run = tensor_flow(u, [np.log(0.9)], [0.7, 0.3], 5.0, t_eval=[5.0])
    assert run.fitting_times.tolist() == [0.0, np.inf]


def test_samples_are_the_solvers_own_steps_by_default():
    run = tensor_flow(start(0, m=5), np.full(5, -5.0), A, 30.0)
    assert run.t[0] == 0.0
    assert run.t[-1] == 30.0
    assert run.log_norms.shape == (5, run.t.size)
    assert run.directions.shape == (10, 5, run.t.size)
    assert run.residual.shape == (5, run.t.size)
    np.testing.assert_allclose(np.linalg.norm(run.directions, axis=0), 1, rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"directions": 2 * np.eye(3)}, "directions must have unit columns, column 0 has norm 2"),
        ({"log_norms": [0.0, 0.0]}, r"log_norms must have shape \(3,\), got \(2,\)"),
        ({"log_norms": [0.0, 0.0, -np.inf]}, "log_norms must be finite, got -inf at index"),
        ({"a": [0.5, -0.1]}, "a must be non-negative"),
        ({"a": np.ones(4)}, "a has 4 weights but the dimension is 3"),
        ({"basis": np.eye(3)}, r"basis must have shape \(3, 2\)"),
        ({"t_end": -1.0}, "t_end must be finite"),
        ({"lam": np.nan}, "lam must be finite"),
        ({"tol": 1e-20}, "tol must be finite and in"),
        ({"order": 2}, "order must be an integer, at least 3, got 2"),
        ({"t_eval": [0.0, 9.0]}, "t_eval must increase within"),
    ],
)
def test_bad_input(change, message):
    good = {"directions": np.eye(3), "log_norms": np.zeros(3), "a": [0.5, 0.1], "t_end": 1.0}
    arguments = {**good, **change}
    positional = [arguments.pop(name) for name in ("directions", "log_norms", "a", "t_end")]
    with pytest.raises(HypothesisError, match=message):
        tensor_flow(*positional, **arguments)


def test_budget_is_kept():
    with pytest.raises(IntegrationError, match="evaluations were spent"):
        tensor_flow(start(0, m=5), np.full(5, -100.0), A, 1e5, max_evaluations=1000)


def test_an_almost_orthogonal_target_is_a_different_problem():
    u, log_norms = start(0), np.full(50, np.log(1e-15))
    tilted = tensor_flow(u, log_norms, A, 150.0, basis=equiangular_basis(10, 5, 75), t_eval=[150.0])
    predicted = predicted_fitting_times(u, log_norms, A)
    assert np.max(np.abs(tilted.fitting_times - predicted)) > 0.5
