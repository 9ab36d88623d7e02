"""Waits near zero against the flow itself, and the batched descent against single steps."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from flowbounds import HypothesisError
from flowbounds.dynamics.saddle_escape import scaled_escape_time, vanilla_escape_time
from flowbounds.dynamics.vanilla_descent import descend_many, slopes
from flowbounds.models import scaled_tensor_fit


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_the_waits_are_those_of_the_flows(order):
    start, end = 0.05, 0.6
    for wait, speed in (
        (vanilla_escape_time, lambda _, u: order * u ** (order - 1) * (1 - u**order)),
        (scaled_escape_time, lambda _, u: order * u * (1 - u * u)),
    ):
        t = wait(order, start, end)
        run = solve_ivp(speed, (0, t), [start], rtol=1e-11, atol=1e-13)
        assert run.y[0, -1] == pytest.approx(end, rel=1e-7)
        middle = wait(order, start, 0.3) + wait(order, 0.3, end)
        assert t == pytest.approx(middle, rel=1e-12)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_leading_term(order):
    scaled = [
        vanilla_escape_time(order, d, 0.5) * order * (order - 2) * d ** (order - 2) for d in (1e-3, 1e-5)
    ]
    assert abs(scaled[1] - 1) < abs(scaled[0] - 1) < 5e-3


def test_a_start_beyond_the_end():
    with pytest.raises(HypothesisError, match="start must not exceed end"):
        vanilla_escape_time(3, 0.5, 0.1)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_batched_slopes_are_those_of_the_model(order):
    rng = np.random.default_rng(2)
    U, c = rng.normal(size=(4, 3, 5)), rng.normal(size=(4, 5))
    target = rng.normal(size=(3, 2)), rng.normal(size=2)
    value, G, g = slopes(U, c, *target, order)
    for k in range(4):
        assert value[k] == pytest.approx(
            scaled_tensor_fit.vanilla_loss(U[k], c[k], *target, order), rel=1e-10
        )
        single = scaled_tensor_fit.vanilla_gradient(U[k], c[k], *target, order)
        np.testing.assert_allclose(G[k], single[0], rtol=1e-10, atol=1e-9)
        np.testing.assert_allclose(g[k], single[1], rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("coefficients", [False, True])
def test_starts_do_not_see_each_other(coefficients):
    """A batch, from which some starts leave early, ends where each start ends alone."""
    rng = np.random.default_rng(3)
    U, c = 0.4 * rng.normal(size=(6, 3, 3)), np.ones((6, 3))
    options = {"step": 0.05, "steps": 350, "coefficients": coefficients, "solved": 1e-4}
    many = descend_many(U, c, np.eye(3, 2), np.ones(2), 3, **options)
    assert len(set(many.steps)) > 1
    for k in range(6):
        one = descend_many(U[k : k + 1], c[k : k + 1], np.eye(3, 2), np.ones(2), 3, **options)
        np.testing.assert_allclose(many.U[k], one.U[0], atol=1e-9)
        assert many.value[k] == pytest.approx(one.value[0], abs=1e-10)
        assert many.steps[k] == one.steps[0]
    assert np.all(many.c == 1) != coefficients
