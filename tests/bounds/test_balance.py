"""The drift laws of descent and the bound of their sum, against steps that are taken."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import balance
from flowbounds.models.activations import activation
from flowbounds.models.homogeneous_network import (
    backpropagate,
    loss_and_gradients,
    matrix_imbalance,
    neuron_imbalance,
)

SHAPES = ((4, 3), (5, 4), (2, 5))
NAMES = ("relu", "linear")


def drawn(seed=1):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=shape) for shape in SHAPES]
    return weights, rng.normal(size=(3, 7)), rng.normal(size=(2, 7)), rng


@pytest.mark.parametrize("step", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_a_step_changes_neurons_and_matrices_by_the_law(step, loss):
    weights, X, Y, rng = drawn()
    biases = [rng.normal(size=shape[0]) for shape in SHAPES]
    _, G, g = loss_and_gradients(weights, NAMES, X, Y, loss=loss, biases=biases)
    moved = [W - step * slope for W, slope in zip(weights, G, strict=True)]
    shifted = [b - step * slope for b, slope in zip(biases, g, strict=True)]
    unit = max(float(np.sum(W**2)) for W in moved)
    for h in (1, 2):
        change = neuron_imbalance(moved, h, biases=shifted) - neuron_imbalance(weights, h, biases=biases)
        law = balance.neuron_drift(G, h, step, bias_gradients=g)
        np.testing.assert_allclose(change, law, atol=1e-14 * unit)
        assert np.max(np.abs(law - balance.neuron_drift(G, h, step))) > 0  # biases do enter
    _, G, _ = loss_and_gradients(weights, NAMES, X, Y, loss=loss)
    moved = [W - step * slope for W, slope in zip(weights, G, strict=True)]
    change = matrix_imbalance(moved, 2) - matrix_imbalance(weights, 2)
    law = balance.matrix_drift(G, 2, step)
    np.testing.assert_allclose(change, law, atol=1e-14 * unit)
    np.testing.assert_allclose(np.diag(law), balance.neuron_drift(G, 2, step), atol=1e-14 * unit)
    at_relu = matrix_imbalance(moved, 1) - matrix_imbalance(weights, 1)
    assert np.max(np.abs(at_relu - balance.matrix_drift(G, 1, step))) > 1e-6 * unit * step


def test_the_laws_do_not_hold_for_tanh():
    weights, X, Y, _ = drawn()
    _, G, _ = loss_and_gradients(weights, ["tanh", "tanh"], X, Y)
    moved = [W - 0.1 * slope for W, slope in zip(weights, G, strict=True)]
    change = neuron_imbalance(moved, 1) - neuron_imbalance(weights, 1)
    assert np.max(np.abs(change - balance.neuron_drift(G, 1, 0.1))) > 1e-3


def test_two_factors():
    rng = np.random.default_rng(2)
    U, V, M = rng.normal(size=(5, 2)), rng.normal(size=(3, 2)), rng.normal(size=(5, 3))
    R = U @ V.T - M
    G_U, G_V = R @ V, R.T @ U
    after_U, after_V = U - 0.3 * G_U, V - 0.3 * G_V
    change = after_U.T @ after_U - after_V.T @ after_V - (U.T @ U - V.T @ V)
    np.testing.assert_allclose(change, balance.factor_drift(G_U, G_V, 0.3), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_the_curvature_bounds_the_loss_along_a_step_and_is_met_by_a_short_one(layers):
    rng = np.random.default_rng(layers)
    weights = [rng.normal(size=(3, 3)) for _ in range(layers)]
    X, Y = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    linear = [activation("linear")] * (layers - 1)

    def loss(s):
        return backpropagate([W - s * g for W, g in zip(weights, G, strict=True)], None, linear, X, Y).value

    start = backpropagate(weights, None, linear, X, Y)
    G = start.weight_gradients()
    squares = sum(float(np.sum(g**2)) for g in G)
    for step in (1e-4, 1e-2, 0.1):
        K = balance.linear_curvature(weights, G, X, Y, step)
        for s in np.linspace(0, step, 9):
            h = 1e-3 * step
            second = (loss(s + h) - 2 * loss(s) + loss(s - h)) / h**2 / squares
            assert second < K * (1 + 1e-6) + 1e-14 * loss(0) / h**2
    tiny = balance.linear_curvature(weights, G, X, Y, 1e-9)
    h = 1e-3 / np.sqrt(squares)
    seen = (loss(h) - 2 * loss(0) + loss(-h)) / h**2 / squares
    assert tiny == pytest.approx(abs(seen), rel=1e-3)


def test_the_bound_of_the_total_drift_on_a_quadratic():
    """For L = K w^2 / 2 both sides are known: the squares of the gradients make a geometric series."""
    K, eta, w = 2.0, 0.3, 1.5
    shrink = (1 - eta * K) ** 2
    squares = eta**2 * (K * w) ** 2 / (1 - shrink)
    bound = balance.total_drift_bound(0.5 * K * w**2, eta, K)
    assert squares == pytest.approx(bound, rel=1e-12)  # Taylor's formula is exact there


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: balance.neuron_drift(3.0, 1, 0.1), "gradients must be a list"),
        (lambda: balance.neuron_drift([np.eye(2)], 1, 0.1), "gradients must hold at least 2 layers, got 1"),
        (lambda: balance.neuron_drift([np.eye(2)] * 2, 2, 0.1), "h must be an integer, from 1 to 1, got 2"),
        (lambda: balance.matrix_drift([np.eye(2), np.eye(3)], 1, 0.1), r"gradients\[1\] \(layer 2\)"),
        (
            lambda: balance.neuron_drift([np.eye(2)] * 2, 1, 0.1, bias_gradients=[]),
            "bias_gradients must reach layer 1, got 0",
        ),
        (
            lambda: balance.neuron_drift([np.eye(2)] * 2, 1, 1, bias_gradients=7),
            "bias_gradients must be a list",
        ),
        (lambda: balance.total_drift_bound(1.0, 0.5, 4.0), "curvature must be below 2 / step, got 4"),
    ],
)
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
