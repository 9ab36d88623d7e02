"""Factorization in its factors: derivatives of both objectives, the Hessian by two routes, symmetries."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian
from flowbounds.models import objectives
from flowbounds.models.linear_network import imbalances

RNG = np.random.default_rng(11)
SHAPES = [(1, 1, 1), (2, 3, 1), (3, 2, 2), (2, 2, 3)]


def point(n, m, k):
    return RNG.normal(size=(n, k)), RNG.normal(size=(m, k)), RNG.normal(size=(n, m))


def literal_loss(U, V, M, weight):
    total = 0.0
    for i in range(len(U)):
        for j in range(len(V)):
            total += 0.5 * (sum(U[i] * V[j]) - M[i, j]) ** 2
    for a in range(U.shape[1]):
        for b in range(U.shape[1]):
            total += weight / 8 * (sum(U[:, a] * U[:, b]) - sum(V[:, a] * V[:, b])) ** 2
    return total


def hessian_by_differences(U, V, M, weight):
    """Literal twin: the Hessian of a quartic by central differences, which err by its fourth derivative."""
    (n, k), m, h = U.shape, V.shape[0], 1e-3
    z0 = np.concatenate([U.ravel(), V.ravel()])

    def loss(z):
        return model.loss(z[: n * k].reshape(n, k), z[n * k :].reshape(m, k), M, weight=weight)

    unit = h * np.eye(z0.size)
    H = [
        [loss(z0 + a + b) - loss(z0 + a - b) - loss(z0 - a + b) + loss(z0 - a - b) for b in unit]
        for a in unit
    ]
    return np.array(H) / (4 * h * h)


@pytest.mark.parametrize("weight", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES)
def test_loss_gradient_and_hessian(shape, weight):
    U, V, M = point(*shape)
    assert model.loss(U, V, M, weight=weight) == pytest.approx(literal_loss(U, V, M, weight), rel=1e-13)
    A, B = RNG.normal(size=U.shape), RNG.normal(size=V.shape)
    near, far = (
        model.loss(U + h * A, V + h * B, M, weight=weight)
        - model.loss(U - h * A, V - h * B, M, weight=weight)
        for h in (1.0, 2.0)
    )
    G, H = model.gradient(U, V, M, weight=weight)
    slope = np.sum(G * A) + np.sum(H * B)
    assert slope == pytest.approx((8 * near - far) / 12, rel=1e-10, abs=1e-11)  # exact for a quartic
    matrix = hessian.hessian_matrix(U, V, M, weight=weight)
    np.testing.assert_allclose(matrix, hessian_by_differences(U, V, M, weight), atol=2e-5)
    applied = hessian.hessian_apply(U, V, M, A, B, weight=weight)
    flat = np.concatenate([A.ravel(), B.ravel()])
    np.testing.assert_allclose(matrix @ flat, np.concatenate([x.ravel() for x in applied]), atol=1e-12)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_smallest_curvature_is_an_eigenpair(weight):
    U, V, M = point(3, 4, 2)
    value, A, B = hessian.smallest_curvature(U, V, M, weight=weight)
    applied = hessian.hessian_apply(U, V, M, A, B, weight=weight)
    np.testing.assert_allclose(applied[0], value * A, atol=1e-12)
    np.testing.assert_allclose(applied[1], value * B, atol=1e-12)
    assert np.sum(A * A) + np.sum(B * B) == pytest.approx(1.0, rel=1e-12)


def test_the_promised_name_is_the_same_number():
    U, V, M = point(3, 4, 2)
    found = objectives.factorization_hessian_min_eigenvalue(U, V, M)
    assert found == pytest.approx(hessian.smallest_curvature(U, V, M)[0], abs=1e-13)
    found = objectives.factorization_hessian_min_eigenvalue(np.zeros((3, 2)), np.zeros((4, 2)), M)
    assert found == pytest.approx(-np.linalg.norm(M, 2), rel=1e-12)


def test_an_optimum_is_as_sharp_as_it_is_unbalanced():
    u, v = np.array([[0.6], [0.8]]), np.array([[1.0], [0.0]])
    for e in (1.0, 0.1, 0.01):
        top = np.linalg.eigvalsh(hessian.hessian_matrix(e * u, v / e, u @ v.T))[-1]
        assert top == pytest.approx(e**2 + e**-2, rel=1e-12)


def test_rotations_and_transposition():
    U, V, M = point(3, 4, 2)
    Z = np.linalg.qr(RNG.normal(size=(2, 2)))[0]
    for weight in (0.0, 1.0):
        value = model.loss(U, V, M, weight=weight)
        assert model.loss(U @ Z, V @ Z, M, weight=weight) == pytest.approx(value, rel=1e-13)
        assert model.loss(V, U, M.T, weight=weight) == pytest.approx(value, rel=1e-13)


def test_imbalance_is_minus_that_of_the_two_layers():
    """V^T and U are the layers of du2018; as W_1 W_2 with transposes, U V^T has layers U and V^T."""
    U, V, _ = point(3, 4, 2)
    np.testing.assert_allclose(model.imbalance(U, V), imbalances([U, V.T])[0], atol=1e-14)


def test_kernel_and_public_functions_agree():
    U, V, M = point(3, 4, 2)
    value, slopes = model.value_and_gradient(M, 1.0)([U, V], None)
    assert value == model.loss(U, V, M, weight=1.0)
    np.testing.assert_array_equal(slopes[0], model.gradient(U, V, M, weight=1.0)[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: model.loss(np.eye(2), np.ones((3, 1)), np.ones((2, 3))), r"V must have shape \(m, 2\)"),
        (lambda: model.loss([[1.0]], [[1.0]], [[1.0]], weight=-1.0), "weight must be finite and in"),
        (
            lambda: hessian.hessian_apply([[1.0]], [[1.0]], [[1.0]], [[1.0, 2.0]], [[1.0]]),
            r"A must have shape \(1, 1\)",
        ),
        (
            lambda: objectives.factorization_hessian_min_eigenvalue(
                np.eye(2), np.ones((3, 1)), np.ones((2, 3))
            ),
            r"V must have shape \(m, 2\)",
        ),
    ],
)
def test_bad_data_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
