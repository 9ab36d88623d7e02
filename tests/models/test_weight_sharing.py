"""Maps of shared and missing weights: convolutions against NumPy's, and the pull-back against differences."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.checks.sharing_cases import convolutional, scattered
from flowbounds.models.homogeneous_network import backpropagate
from flowbounds.models.weight_sharing import convolution_map, expand, pull_back


def rng(seed=0):
    return np.random.default_rng(seed)


def test_one_filter_is_a_correlation():
    v, x = rng(1).normal(size=3), rng(2).normal(size=8)
    W = expand(v, convolution_map(8, 3))
    np.testing.assert_allclose(W @ x, np.correlate(x, v, mode="valid"), rtol=1e-13)
    wrapped = expand(v, convolution_map(8, 3, circular=True))
    np.testing.assert_allclose(wrapped @ x, np.correlate(np.append(x, x[:2]), v, mode="valid"), rtol=1e-13)


def test_channels_are_summed_over():
    v, x = rng(3).normal(size=(4, 2, 3)), rng(4).normal(size=(2, 7))
    W = expand(v.ravel(), convolution_map(7, 3, channels_in=2, channels_out=4))
    out = (W @ x.ravel()).reshape(4, 5)
    for c in range(4):
        wanted = sum(np.correlate(x[k], v[c, k], mode="valid") for k in range(2))
        np.testing.assert_allclose(out[c], wanted, rtol=1e-12)


def test_missing_connections_are_zero_and_unused_parameters_do_not_move():
    g = np.array([[0, 2], [2, 1]])
    np.testing.assert_array_equal(expand([5.0, 6.0, 7.0], g), [[0, 6], [6, 5]])
    np.testing.assert_array_equal(pull_back([[9.0, 1.0], [2.0, 3.0]], g, 3), [3, 3, 0])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("make", [convolutional, scattered])
def test_pull_back_is_the_gradient(make, seed):
    net = make(rng(seed))
    one = net.network
    G = one.back().weight_gradients()

    def loss(h, v):
        weights = list(one.weights)
        weights[h] = expand(v, net.maps[h])
        return backpropagate(weights, None, one.phis, one.X, one.Y, one.loss, one.kink).value

    for h, (v, g) in enumerate(zip(net.parameters, net.maps, strict=True)):
        found = pull_back(G[h], g, v.size)
        for k in range(0, v.size, 3):
            step = 1e-5 * np.eye(v.size)[k]
            wanted = (loss(h, v + step) - loss(h, v - step)) / 2e-5
            assert found[k] == pytest.approx(wanted, abs=1e-7 * max(1.0, one.back().value), rel=1e-6)


def test_pull_back_is_the_adjoint_of_expand():
    g = rng(5).integers(0, 6, size=(4, 7))
    v, G = rng(6).normal(size=5), rng(7).normal(size=(4, 7))
    assert np.sum(expand(v, g) * G) == pytest.approx(v @ pull_back(G, g, 5), rel=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expand([1.0], [[2]]), "g must not exceed the number of parameters 1, got 2"),
        (lambda: expand([1.0], [[-1]]), "g must hold integers"),
        (lambda: expand([1.0], [[0.5]]), "g must hold integers"),
        (lambda: pull_back([[1.0]], [[1, 1]], 1), r"G must have shape \(1, 2\)"),
        (lambda: convolution_map(3, 4), "taps must be an integer, from 1 to 3, got 4"),
    ],
)
def test_bad_input_names_argument_and_number(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
