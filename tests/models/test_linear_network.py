"""The linear network against literal twins: entry by entry differences, sums of Kronecker products."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.models import linear_network as network
from flowbounds.models.network_ensembles import KINDS, balanced_layers, random_layers, spectral_layers
from flowbounds.models.objectives import regression

SHAPES = ((3,), (2, 3), (2, 4, 3), (3, 1, 2), (2, 3, 4, 2), (1, 2, 3, 2, 2, 1))


def rng(seed=0):
    return np.random.default_rng(seed)


def chain(shape, seed=0, kind="gaussian"):
    return random_layers(pairwise((2, *shape) if len(shape) == 1 else shape), rng(seed), kind)


def differences(function, weights, step=1e-6):
    """Central differences of ``function`` in every weight, last axis."""
    columns = []
    for k, layer in enumerate(weights):
        for entry in np.ndindex(layer.shape):
            ends = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[k][entry] += sign * step
                ends.append(np.asarray(function(moved)))
            columns.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("shape", SHAPES)
def test_jacobian_is_that_of_finite_differences(shape):
    weights = chain(shape)
    J = differences(lambda w: network.product(w).ravel(), weights)
    np.testing.assert_allclose(network.jacobian(weights), J, atol=1e-8)
    np.testing.assert_allclose(network.tangent_matrix(weights), J @ J.T, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_gradients_are_those_of_the_loss(shape):
    weights = chain(shape, 1)
    W = network.product(weights)
    f = regression(rng(2).normal(size=(5, W.shape[0])), rng(3).normal(size=(5, W.shape[1])))
    slopes = network.layer_gradients(weights, f.gradient(W))
    flat = np.concatenate([slope.ravel() for slope in slopes])
    literal = differences(lambda w: f.gap(network.product(w)), weights)
    np.testing.assert_allclose(flat, literal, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
def test_tangent_operator_is_the_sum_of_kronecker_products(shape):
    weights = chain(shape, 4)
    total = 0.0
    for k in range(len(weights)):
        left = np.linalg.multi_dot([np.eye(weights[0].shape[0]), *weights[:k], np.eye(weights[k].shape[0])])
        right = np.linalg.multi_dot(
            [np.eye(weights[k].shape[1]), *weights[k + 1 :], np.eye(weights[-1].shape[1])]
        )
        total = total + np.kron(left @ left.T, right.T @ right)
    E = rng(5).normal(size=network.product(weights).shape)
    np.testing.assert_allclose(network.tangent_matrix(weights), total, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(network.tangent_apply(weights, E).ravel(), total @ E.ravel(), atol=1e-12)
    np.testing.assert_allclose(
        network.tangent_min_eigenvalue(weights), np.linalg.eigvalsh(total)[0], atol=1e-11
    )


def test_two_and_three_layers_are_the_printed_operators():
    A, B = chain((2, 4, 3), 6)
    E = rng(7).normal(size=(2, 3))
    np.testing.assert_allclose(network.tangent_apply([A, B], E), A @ A.T @ E + E @ B.T @ B, atol=1e-12)
    A, B, C = chain((2, 3, 4, 2), 8)
    E = rng(9).normal(size=(2, 2))
    three = A @ B @ (A @ B).T @ E + A @ A.T @ E @ C.T @ C + E @ (B @ C).T @ (B @ C)
    np.testing.assert_allclose(network.tangent_apply([A, B, C], E), three, atol=1e-12)


def test_a_network_that_cannot_move_everywhere_has_a_zero_eigenvalue():
    assert network.tangent_min_eigenvalue(chain((3, 1, 3))) < 1e-15
    assert network.tangent_min_eigenvalue([np.zeros((2, 2)), np.zeros((2, 2))]) == 0


def test_singular_values_keep_the_digits_that_eigenvalues_lose():
    """lambda_min = 2e-20 beside a largest of 2: below the rounding of T's matrix."""
    turn = np.linalg.qr(rng(1).normal(size=(2, 2)))[0]
    thin = turn @ np.diag([1.0, 1e-10]) @ turn.T
    value = network.tangent_min_eigenvalue([thin, thin])
    assert value == pytest.approx(2e-20, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_ensembles_have_their_shapes_and_laws(kind):
    weights = random_layers(pairwise((2, 5, 1, 3)), rng(), kind)
    assert [w.shape for w in weights] == [(2, 5), (5, 1), (1, 3)]
    square = random_layers([(4, 4)], rng(3), kind)[0]
    assert np.all(np.isfinite(square))
    if kind == "integers":
        assert set(np.unique(square)) <= {-1.0, 0.0, 1.0}
    if kind == "low_rank":
        assert np.linalg.matrix_rank(square) < 4
    if kind in ("identity", "orthogonal"):
        np.testing.assert_allclose(square @ square.T, square[0] @ square[0] * np.eye(4), atol=1e-12)


def test_ensembles_refuse_what_they_do_not_know():
    with pytest.raises(HypothesisError, match="kind must be one of gaussian"):
        random_layers([(2, 2)], rng(), "cauchy")
    with pytest.raises(HypothesisError, match="layer 2"):
        random_layers([(2, 3), (2, 2)], rng())
    with pytest.raises(HypothesisError, match="shapes must be an integer"):
        random_layers([(2, 0)], rng())
    with pytest.raises(HypothesisError, match="hidden must be an integer"):
        balanced_layers(2, 2, (0,), rng())


@pytest.mark.parametrize("hidden", [(2,), (5,), (3, 2, 4)])
def test_balanced_and_spectral_layers_have_no_imbalance(hidden):
    W = rng(4).normal(size=(2, 3))
    for weights in (balanced_layers(2, 3, hidden, rng()), spectral_layers(W, hidden)):
        for D in network.imbalances(weights):
            np.testing.assert_allclose(D, 0, atol=1e-13)
    np.testing.assert_allclose(network.product(spectral_layers(W, hidden)), W, atol=1e-12)


def test_too_narrow_spectral_layers_are_the_best_of_their_rank():
    W = rng(5).normal(size=(4, 3))
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    np.testing.assert_allclose(
        network.product(spectral_layers(W, (5, 2))), U[:, :2] * s[:2] @ Vt[:2], atol=1e-12
    )


def test_imbalances_are_one_based_and_one_layer_has_none():
    A, B, C = chain((2, 3, 4, 2), 8)
    first, second = network.imbalances([A, B, C])
    np.testing.assert_array_equal(first, A.T @ A - B @ B.T)
    np.testing.assert_array_equal(second, B.T @ B - C @ C.T)
    assert network.imbalances([A]) == []


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (3.0, "weights must be a list of matrices"),
        ([], "at least 1 layers"),
        ([np.eye(2), np.eye(3)], r"weights\[1\] \(layer 2\) must have shape \(2, m\)"),
    ],
)
def test_weights_that_do_not_chain_are_named(weights, message):
    with pytest.raises(HypothesisError, match=message):
        network.product(weights)
