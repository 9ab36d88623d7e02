"""Flow of networks: agreement with the linear flow, orders of error, and a budget that says it is spent."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.homogeneous_flow import adaptive_flow, fixed_step_flow
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.models.homogeneous_network import loss_and_gradients, neuron_imbalance
from flowbounds.models.objectives import regression

RNG = np.random.default_rng(5)
WEIGHTS = [0.6 * RNG.normal(size=shape) for shape in ((5, 3), (4, 5), (2, 4))]
X, Y = RNG.normal(size=(3, 9)), RNG.normal(size=(2, 9))
LINEAR, RELU = ["linear"] * 2, ["relu"] * 2


def exact():
    """The same flow by the transposed layers; its objective is the sum, ours the mean."""
    f = regression(X.T / 3, Y.T / 3)
    layers = [W.T for W in WEIGHTS]
    return [layer.T for layer in linear_flow(layers, f, 2.0, tol=1e-13, t_eval=[2.0]).state(-1)]


def off(run, truth):
    return max(float(np.max(np.abs(a - b))) for a, b in zip(run.state(-1), truth, strict=True))


@pytest.mark.parametrize(("method", "order"), [("rk4", 4.0), ("euler", 1.0)])
def test_orders_on_a_linear_network(method, order):
    truth, numbers = exact(), np.array([80, 160, 320])
    errors = [
        off(fixed_step_flow(WEIGHTS, LINEAR, X, Y, 2.0, steps=n, method=method), truth) for n in numbers
    ]
    assert -np.polyfit(np.log(numbers), np.log(errors), 1)[0] == pytest.approx(order, abs=0.15)


def test_an_adaptive_run_agrees_with_the_linear_flow():
    run = adaptive_flow(WEIGHTS, LINEAR, X, Y, 2.0, tol=1e-10)
    assert run.finished
    assert run.t[-1] == 2.0
    assert off(run, exact()) < 1e-8
    assert run.loss[-1] == pytest.approx(loss_and_gradients(run.state(-1), LINEAR, X, Y)[0], rel=1e-13)


def test_relu_drifts_at_first_order_whatever_the_method():
    rng = np.random.default_rng(1)  # a start whose flow slides
    weights = [0.6 * rng.normal(size=shape) for shape in ((6, 3), (5, 6), (2, 5))]
    data = rng.normal(size=(3, 10)), rng.normal(size=(2, 10))
    numbers = np.array([100, 200, 400])
    for method in ("rk4", "euler"):
        drifts = []
        for n in numbers:
            run = fixed_step_flow(weights, RELU, *data, 5.0, steps=n, method=method)
            pairs = [(neuron_imbalance(run.state(0), h), neuron_imbalance(run.state(-1), h)) for h in (1, 2)]
            drifts.append(max(float(np.max(np.abs(b - a))) for a, b in pairs))
        assert -np.polyfit(np.log(numbers), np.log(drifts), 1)[0] == pytest.approx(1.0, abs=0.1)
    run = adaptive_flow(weights, RELU, *data, 5.0, tol=1e-6, max_evaluations=800)
    assert not run.finished
    assert 0 < run.t[-1] < 5.0
    assert 800 <= run.evaluations < 1000
    assert run.loss.size == run.t.size == run.weights[0].shape[0]
    assert run.loss[-1] < run.loss[0]


def test_euler_is_descent_and_biases_flow_too():
    biases = [np.full(W.shape[0], 0.1) for W in WEIGHTS]
    run = fixed_step_flow(WEIGHTS, RELU, X, Y, 0.3, steps=1, method="euler", biases=biases, kink=0.5)
    _, G, g = loss_and_gradients(WEIGHTS, RELU, X, Y, biases=biases, kink=0.5)
    for after, before, slope in zip(run.state(-1), WEIGHTS, G, strict=True):
        np.testing.assert_allclose(after, before - 0.3 * slope, rtol=1e-15, atol=1e-15)
    for after, before, slope in zip(run.biases, biases, g, strict=True):
        np.testing.assert_allclose(after[-1], before - 0.3 * slope, rtol=1e-15, atol=1e-15)
    assert run.evaluations == 1
    assert fixed_step_flow(WEIGHTS, RELU, X, Y, 0.3, steps=3).evaluations == 12


@pytest.mark.parametrize("flow", [adaptive_flow, lambda *a: fixed_step_flow(*a, steps=2)])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([np.eye(2), np.eye(3)], ["relu"], np.eye(2), np.eye(3), 1.0), "layer 2"),
        ((WEIGHTS, ["relu"], X, Y, 1.0), "activations must name 2 hidden layers, got 1"),
        ((WEIGHTS, RELU, X, Y[:, :3], 1.0), "Y must have shape"),
        ((WEIGHTS, RELU, X, Y, -1.0), "t_end must be finite"),
    ],
)
def test_bad_input_names_the_argument(flow, arguments, message):
    with pytest.raises(HypothesisError, match=message):
        flow(*arguments)


def test_a_step_that_is_too_large_and_an_unknown_method():
    with pytest.raises(HypothesisError, match="steps must be more, got 40: with a step of 50"):
        fixed_step_flow(WEIGHTS, LINEAR, X, Y, 2000.0, steps=40)
    with pytest.raises(HypothesisError, match="method must be one of rk4, euler, got 'heun'"):
        fixed_step_flow(WEIGHTS, LINEAR, X, Y, 1.0, steps=4, method="heun")
    with pytest.raises(HypothesisError, match="max_evaluations"):
        adaptive_flow(WEIGHTS, LINEAR, X, Y, 1.0, max_evaluations=0)
