"""The integrator: order, the maximum norm, sample times, located crossings, limits."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.solve import IntegrationError, solve


def decay(t, y):
    return -y


def test_error_follows_the_tolerance():
    """Eighth order: error proportional to the tolerance over six decades, slope one within a tenth."""
    tols = 10.0 ** -np.arange(4, 11)

    def final(tol):
        return solve(lambda t, y: y * np.cos(t), np.ones(1), 20.0, tol=tol).y[0, -1]

    errors = [abs(final(tol) - np.exp(np.sin(20))) for tol in tols]
    slope = np.polyfit(np.log(tols), np.log(errors), 1)[0]
    assert 0.85 < slope < 1.15
    assert max(np.array(errors) / tols) < 100


def test_a_few_entries_are_not_diluted_by_many_idle_ones():
    """One oscillator among ten thousand entries at rest: same steps, same error, as alone."""

    def oscillator(t, y):
        out = np.zeros_like(y)
        out[0], out[1] = y[1], -y[0]
        return out

    errors, counts = [], []
    for idle in (0, 10_000):
        y0 = np.zeros(2 + idle)
        y0[0] = 1.0
        solution = solve(oscillator, y0, 50.0, tol=1e-8)
        errors.append(abs(solution.y[0, -1] - np.cos(50.0)))
        counts.append(solution.nfev)
    assert counts[1] <= 1.05 * counts[0]
    assert counts[1] >= 0.95 * counts[0], "an averaging norm takes far fewer steps here"
    assert errors[1] < 2 * errors[0] + 1e-10


def test_sample_times_are_the_ones_asked_for():
    times = [0.0, 0.25, 0.25, 1.0, 3.0]
    solution = solve(decay, np.array([2.0]), 3.0, tol=1e-10, t_eval=times)
    np.testing.assert_array_equal(solution.t, times)
    np.testing.assert_allclose(solution.y[0], 2 * np.exp(-np.array(times)), rtol=1e-9)
    own = solve(decay, np.array([2.0]), 3.0, tol=1e-10)
    assert own.t[0] == 0.0
    assert own.t[-1] == 3.0


def test_crossings_are_located_on_the_dense_output():
    solution = solve(
        lambda t, y: np.array([1.0, np.cos(t)]),
        np.zeros(2),
        10.0,
        tol=1e-10,
        watch=lambda y: np.array([y[0] - 5, y[1] - 0.5]),
    )
    found = [(c.index, c.rising) for c in solution.crossings]
    assert found == [(1, True), (1, False), (0, True), (1, True), (1, False)]
    expected = [np.pi / 6, 5 * np.pi / 6, 5.0, np.pi / 6 + 2 * np.pi, 5 * np.pi / 6 + 2 * np.pi]
    np.testing.assert_allclose([c.time for c in solution.crossings], expected, atol=1e-8)
    np.testing.assert_allclose([c.state[0] for c in solution.crossings], expected, atol=1e-8)


def test_overflow_in_a_trial_step_is_a_smaller_step():
    """exp overflows when the step is too long; the solution itself is -log(2 - t)."""
    solution = solve(lambda t, y: np.exp(y), np.array([-np.log(2.0)]), 1.999, tol=1e-10)
    assert solution.y[0, -1] == pytest.approx(-np.log(0.001), rel=1e-6)


def test_nothing_hangs():
    with pytest.raises(IntegrationError, match=r"500 evaluations were spent at t = .* raise max_evaluations"):
        solve(lambda t, y: -1e6 * y, np.ones(1), 1e6, tol=1e-8, max_evaluations=500)
    with pytest.raises(IntegrationError, match="integration stopped at t = 1"):
        solve(lambda t, y: y * y, np.ones(1), 2.0, tol=1e-8)  # blows up at t = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t_end": 0.0}, "t_end must be finite and in"),
        ({"t_end": np.inf}, "t_end must be finite and in"),
        ({"tol": 0.0}, "tol must be finite and in"),
        ({"t_eval": [0.5, 0.2]}, "t_eval must increase"),
        ({"t_eval": [0.5, 1.5]}, "t_eval must increase within"),
        ({"t_eval": []}, "t_eval must not be empty"),
    ],
)
def test_bad_input(change, message):
    arguments = {"t_end": 1.0, "tol": 1e-8, "t_eval": None, **change}
    with pytest.raises(HypothesisError, match=message):
        solve(decay, np.ones(1), arguments.pop("t_end"), **arguments)


def test_tolerances_entry_by_entry():
    """A tiny entry keeps its relative accuracy when it is given a tiny tolerance, and loses it otherwise."""
    rates = np.array([-1.0, -3.0])

    def decay(t, y):
        return rates * y * (1 + 0.5 * np.sin(5 * t))

    start = np.array([1.0, 1e-20])
    growth = 2.0 + 0.1 * (1 - np.cos(10.0))
    for tol, accurate in ((np.array([1e-8, 1e-30]), True), (1e-2, False)):
        end = solve(decay, start, 2.0, tol=tol).y[1, -1]
        assert (abs(end / (1e-20 * np.exp(-3 * growth)) - 1) < 1e-8) == accurate
    with pytest.raises(HypothesisError, match="tol"):
        solve(decay, start, 2.0, tol=np.array([1e-8, 0.0]))
    with pytest.raises(HypothesisError, match="tol"):
        solve(decay, start, 2.0, tol=np.full(3, 1e-8))


def test_a_finished_integration_ends_early():
    def decay(t, y):
        return -y

    asked = {"tol": 1e-10, "finished": lambda y: y[0] < 1e-3}
    steps = solve(decay, np.ones(1), 1000.0, **asked)
    assert steps.y[0, -1] < 1e-3 <= steps.y[0, -2]
    sampled = solve(decay, np.ones(1), 1000.0, t_eval=[0.0, 1.0, 900.0], **asked)
    np.testing.assert_array_equal(sampled.t, [0.0, 1.0])
    assert sampled.y.shape == (1, 2)
