"""Feed-forward networks: gradients by three other routes, kinks, and the linear networks inside them."""

import mpmath
import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.activation_defect import balance_rate, defect
from flowbounds.checks.homogeneous_cases import transfer_gradients
from flowbounds.models import linear_network
from flowbounds.models.activations import activation
from flowbounds.models.homogeneous_ensembles import HOMOGENEOUS, KINKS, OTHERS, random_network
from flowbounds.models.homogeneous_network import (
    backpropagate,
    loss_and_gradients,
    matrix_imbalance,
    neuron_imbalance,
    value_and_gradients,
)
from flowbounds.models.initial_schemes import SCHEMES, expected_square, initial_layers
from flowbounds.models.network_losses import LOSSES

EVERY = [*HOMOGENEOUS, *OTHERS, ("relu_power", 2.0), ("relu_power", 2.5)]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", HOMOGENEOUS, ids=str)
@pytest.mark.parametrize("kink", [*KINKS, -2.0])
def test_homogeneous_activations_are_so_bit_for_bit(name, kink):
    z = np.concatenate([[0.0, -0.0], 10.0 ** rng().uniform(-300, 300, 400) * rng(1).choice([-1, 1], 400)])
    phi = activation(name)
    np.testing.assert_array_equal(phi.slope(z, kink) * z, phi.value(z))
    assert phi.degree == 1


MP = {
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_activations_against_forty_digits(name):
    z = np.array([-30.0, -3.0, -0.4, 0.0, 0.7, 2.5, 30.0])
    phi = activation(name)
    with mpmath.workdps(40):
        values = [float(MP[name](mpmath.mpf(x))) for x in z]
        slopes = [float(mpmath.diff(MP[name], mpmath.mpf(x))) for x in z]
    np.testing.assert_allclose(phi.value(z), values, rtol=1e-13, atol=1e-17)
    np.testing.assert_allclose(phi.slope(z, 0.0), slopes, rtol=1e-12, atol=1e-17)
    gap = np.array(slopes) * z - np.array(values)
    np.testing.assert_allclose(defect(name, z), gap, rtol=1e-12, atol=1e-14)


def test_powers_are_homogeneous_of_their_degree():
    z, phi = np.linspace(-2, 2, 9), activation(("relu_power", 3.0))
    np.testing.assert_allclose(phi.slope(z, 0.0) * z, 3 * phi.value(z), rtol=1e-14)
    assert phi.degree == 3


def numeric(net, arrays, step=1e-5):
    """Central differences of the loss in the entries of ``arrays``, which are changed in place and back."""
    result = []
    for array in arrays:
        slope = np.zeros_like(array)
        for where in np.ndindex(array.shape):
            old, ends = array[where], []
            for sign in (1, -1):
                array[where] = old + sign * step
                ends.append(net.back().value)
            array[where] = old
            slope[where] = (ends[0] - ends[1]) / (2 * step)
        result.append(slope)
    return result


@pytest.mark.parametrize("name", EVERY, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_against_finite_differences(name, seed):
    """Away from kinks; rounding and curvature of the step are each about 1e-10 of the loss."""
    net = random_network(rng(seed), hidden=[name], biases=True, kinks=False)
    run = net.back()
    scale = max(1.0, run.value)
    for found, wanted in zip(run.weight_gradients(), numeric(net, net.weights), strict=True):
        np.testing.assert_allclose(found, wanted, atol=3e-8 * scale, rtol=1e-6)
    for found, wanted in zip(run.bias_gradients(), numeric(net, net.biases), strict=True):
        np.testing.assert_allclose(found, wanted, atol=3e-8 * scale, rtol=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_gradients_at_kinks_against_jacobians_sample_by_sample(seed):
    net = random_network(rng(seed), hidden=[*HOMOGENEOUS, *OTHERS], biases=bool(seed % 2), kinks=True)
    run = net.back()
    weights, shifts = transfer_gradients(net)
    for found, wanted in zip(run.weight_gradients(), weights, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-13 * max(1, np.max(np.abs(wanted))))
    for found, wanted in zip(run.bias_gradients(), shifts, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-13 * max(1, np.max(np.abs(wanted))))


def test_the_kink_matters_where_there_is_one():
    X, Y, weights = np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]]), [np.ones((1, 1))] * 3
    slopes = [
        loss_and_gradients(weights, ["relu", "relu"], X, Y, biases=[[0.0]] * 3, kink=k) for k in (0, 0.5)
    ]
    assert [run[2][0].tolist() for run in slopes] == [[0.0], [-0.125]]  # one half, through two kinks: 1/4


@pytest.mark.parametrize("loss", LOSSES)
def test_a_small_network_against_forty_digits(loss):
    W1, W2, W3 = [[0.3, -0.8], [1.1, 0.4]], [[0.5, -0.6], [0.2, 0.9]], [[-0.7, 1.2]]
    b, X, Y = [[0.1, -0.2], [0.3, 0.05], [-0.4]], [[0.6, -1.3], [0.8, 0.2]], [[1.0, -1.0]]

    def exact(*entries):
        w = [entries[0:4], entries[4:8], entries[8:10]]
        c = [entries[10:12], entries[12:14], entries[14:15]]
        total = mpmath.mpf(0)
        for k in range(2):
            a = [mpmath.mpf(X[0][k]), mpmath.mpf(X[1][k])]
            for h, phi in ((0, mpmath.tanh), (1, lambda z: z * mpmath.ncdf(z))):
                a = [phi(w[h][2 * i] * a[0] + w[h][2 * i + 1] * a[1] + c[h][i]) for i in range(2)]
            f, y = w[2][0] * a[0] + w[2][1] * a[1] + c[2][0], Y[0][k]
            kinds = {"squared": (f - y) ** 2 / 2, "exponential": mpmath.exp(-y * f)}
            total += kinds.get(loss, mpmath.log(1 + mpmath.exp(-y * f)))
        return total / 2

    flat = np.concatenate([np.ravel(part) for part in (W1, W2, W3, *b)])
    value, G, g = loss_and_gradients([W1, W2, W3], ["tanh", "gelu"], X, Y, loss=loss, biases=b)
    found = np.concatenate([np.ravel(part) for part in (*G, *g)])
    with mpmath.workdps(40):
        point = [mpmath.mpf(x) for x in flat]
        assert value == pytest.approx(float(exact(*point)), rel=1e-14)
        for k in range(flat.size):
            order = tuple(int(j == k) for j in range(flat.size))
            assert found[k] == pytest.approx(float(mpmath.diff(exact, point, order)), rel=1e-12, abs=1e-15)


def test_linear_networks_are_the_transposes():
    draw = rng(4)
    layers = [draw.normal(size=shape) for shape in ((3, 2), (4, 3), (2, 4))]
    X, Y = draw.normal(size=(2, 6)), draw.normal(size=(2, 6))
    transposed = [layer.T for layer in layers]
    W = linear_network.product(transposed)
    value, G, biases = loss_and_gradients(layers, ["linear", "linear"], X, Y)
    assert biases == []
    assert value == pytest.approx(0.5 * np.sum((W.T @ X - Y) ** 2) / 6, rel=1e-14)
    wanted = linear_network.layer_gradients(transposed, X @ (X.T @ W - Y.T) / 6)
    for found, other in zip(G, wanted, strict=True):
        np.testing.assert_allclose(found, other.T, rtol=1e-12)
    for h, D in enumerate(linear_network.imbalances(transposed), start=1):
        np.testing.assert_allclose(matrix_imbalance(layers, h), D, rtol=1e-13, atol=1e-14)


def test_imbalances():
    draw = rng(5)
    layers = [draw.normal(size=shape) for shape in ((3, 2), (4, 3))]
    d = neuron_imbalance(layers, 1)
    np.testing.assert_allclose(d, np.diag(matrix_imbalance(layers, 1)), rtol=1e-13)
    assert d.sum() == pytest.approx(np.sum(layers[0] ** 2) - np.sum(layers[1] ** 2))
    shifted = neuron_imbalance(layers, 1, biases=[[1.0, 2.0, 3.0], np.ones(4)])
    np.testing.assert_allclose(shifted - d, [1, 4, 9])


def test_a_choice_at_every_kink_is_a_mixture_of_gradients():
    """The gradient is affine in the choice at one layer."""
    net = random_network(rng(8), hidden=["relu"], kinks=True)
    share = rng(9).uniform(size=(net.weights[0].shape[0], net.X.shape[1]))
    rest = [0.0] * (len(net.phis) - 1)
    ends = [
        backpropagate(net.weights, None, net.phis, net.X, net.Y, net.loss, [kink, *rest])
        for kink in (np.zeros_like(share), np.ones_like(share), share)
    ]
    low, high, mixed = (run.back[0] for run in ends)
    np.testing.assert_allclose(mixed, np.where(net.back().inputs[0] == 0, low + share * (high - low), low))


def test_the_rate_of_other_activations_is_the_speed_of_the_imbalance():
    net = random_network(rng(1), hidden=["tanh"], at=(2, "gelu"), kinks=False)
    names = [phi.name for phi in net.phis]
    rate = balance_rate(net.weights, names, net.X, net.Y, 2, loss=net.loss)
    _, G, _ = value_and_gradients(net.weights, None, net.phis, net.X, net.Y, net.loss)
    step = 1e-6
    ends = [
        neuron_imbalance([W - s * g for W, g in zip(net.weights, G, strict=True)], 2) for s in (step, -step)
    ]
    np.testing.assert_allclose(rate, (ends[0] - ends[1]) / (2 * step), atol=1e-8, rtol=1e-7)
    assert np.max(np.abs(rate)) > 1e-3


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("uniform", [False, True])
def test_schemes_have_their_expected_squares(scheme, uniform):
    draws = [initial_layers(scheme, (30, 40, 20), rng(seed), uniform=uniform) for seed in range(40)]
    for k, (columns, rows) in enumerate(((30, 40), (40, 20))):
        squares = [np.sum(layers[k] ** 2) for layers in draws]
        assert np.mean(squares) == pytest.approx(expected_square(scheme, rows, columns), rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activations": "relu"}, "activations must be a list"),
        ({"activations": []}, "activations must name 1 hidden layers, got 0"),
        ({"activations": ["swish"]}, "got 'swish'"),
        ({"activations": [("leaky", 3.0)]}, "slope of leaky.*3.0"),
        ({"activations": [("relu_power", 1)]}, "above 1"),
        ({"weights": [np.ones((3, 2)), np.ones((1, 2))]}, r"weights\[1\].*\(n, 3\), got \(1, 2\)"),
        ({"weights": 3}, "weights must be a list"),
        ({"Y": np.ones((1, 4))}, r"Y must have shape \(1, 5\)"),
        ({"X": np.full((2, 5), np.nan)}, "X must be finite, got nan"),
        ({"loss": "hinge"}, "loss must be one of squared, logistic, exponential, got 'hinge'"),
        ({"biases": [np.ones(3)]}, "biases must be a list of 2 vectors"),
        ({"biases": [np.ones(3), np.ones(2)]}, r"biases\[1\]"),
        ({"kink": np.inf}, "kink must be finite"),
    ],
)
def test_bad_input_names_argument_and_number(change, message):
    valid = {"weights": [np.ones((3, 2)), np.ones((1, 3))], "activations": ["relu"]}
    valid |= {"X": np.ones((2, 5)), "Y": np.ones((1, 5))}
    with pytest.raises(HypothesisError, match=message):
        loss_and_gradients(**(valid | change))
