"""Least-squares objectives: gradients against differences, constants sharp, gaps that do not cancel."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.models.objectives import (
    factorization,
    regression,
    sensing,
)

RNG = np.random.default_rng(7)
X = RNG.normal(size=(5, 3))
DEFICIENT = RNG.normal(size=(5, 2)) @ RNG.normal(size=(2, 3))
Y, TARGET = RNG.normal(size=(5, 2)), RNG.normal(size=(3, 2))
MANY, FEW = RNG.normal(size=(8, 3, 2)), RNG.normal(size=(4, 3, 2))
Y_MANY, Y_FEW = RNG.normal(size=8), RNG.normal(size=4)

# name -> (objective, the loss as it is written, its Hessian in row-major order)
PROBLEMS = {
    "factorization": (
        factorization(TARGET),
        lambda W: 0.5 * np.sum((TARGET - W) ** 2),
        np.eye(6),
    ),
    "regression": (
        regression(X, Y),
        lambda W: 0.5 * np.sum((Y - X @ W) ** 2),
        np.kron(X.T @ X, np.eye(2)),
    ),
    "deficient regression": (
        regression(DEFICIENT, Y),
        lambda W: 0.5 * np.sum((Y - DEFICIENT @ W) ** 2),
        np.kron(DEFICIENT.T @ DEFICIENT, np.eye(2)),
    ),
    "sensing": (
        sensing(MANY, Y_MANY),
        lambda W: sum((y - np.sum(A * W)) ** 2 for A, y in zip(MANY, Y_MANY, strict=True)),
        2 * np.einsum("iab,icd->abcd", MANY, MANY).reshape(6, 6),
    ),
    "sensing, few": (
        sensing(FEW, Y_FEW),
        lambda W: sum((y - np.sum(A * W)) ** 2 for A, y in zip(FEW, Y_FEW, strict=True)),
        2 * np.einsum("iab,icd->abcd", FEW, FEW).reshape(6, 6),
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_gap_and_gradient_are_those_of_the_loss(name):
    f, loss, _ = PROBLEMS[name]
    W = RNG.normal(size=f.shape)
    assert f.gap(W) + f.minimum == pytest.approx(loss(W), rel=1e-12)
    slopes = np.zeros(f.shape)
    for index in np.ndindex(f.shape):
        unit = np.zeros(f.shape)
        unit[index] = 1.0
        slopes[index] = (loss(W + unit) - loss(W - unit)) / 2  # exact for a quadratic
    np.testing.assert_allclose(f.gradient(W), slopes, rtol=0, atol=1e-12 * max(1, np.abs(slopes).max()))


@pytest.mark.parametrize("name", PROBLEMS)
def test_constants_are_those_of_the_hessian_and_sharp(name):
    f, _, hessian = PROBLEMS[name]
    values, vectors = np.linalg.eigh(hessian)
    zero = values < 1e-9 * values[-1]
    assert pytest.approx(values[-1], rel=1e-12) == f.K
    assert f.mu == pytest.approx(0.0 if zero.any() else values[0], rel=1e-11)
    assert f.gamma == pytest.approx(2 * values[~zero][0], rel=1e-11)
    E = vectors[:, ~zero][:, 0].reshape(f.shape)
    for size in (1e-6, 1.0, 1e6):
        W = f.minimiser + size * E
        assert np.sum(f.gradient(W) ** 2) == pytest.approx(f.gamma * f.gap(W), rel=1e-8)


@pytest.mark.parametrize("name", PROBLEMS)
def test_random_points_satisfy_the_inequality(name):
    f = PROBLEMS[name][0]
    for size in 10.0 ** np.arange(-3, 4):
        W = f.minimiser + size * RNG.normal(size=f.shape)
        assert np.sum(f.gradient(W) ** 2) >= f.gamma * f.gap(W) * (1 - 1e-12)


def test_a_gap_far_below_the_minimum_keeps_its_digits():
    """A difference of two losses of order one would be nothing but rounding here."""
    f = factorization(np.zeros((2, 2)))
    assert f.gap(np.full((2, 2), 1e-150)) == pytest.approx(2e-300, rel=1e-14)
    g = regression(X, Y)
    assert g.minimum > 0.1
    E = RNG.normal(size=g.shape)
    assert g.gap(g.minimiser + 1e-10 * E) == pytest.approx(0.5e-20 * np.sum((X @ E) ** 2), rel=1e-4)


def test_the_minimiser_has_least_norm_and_the_kernel_is_flat():
    f = PROBLEMS["deficient regression"][0]
    kernel = np.linalg.svd(DEFICIENT)[2][-1]
    assert np.abs(kernel @ f.minimiser).max() < 1e-12
    assert f.gap(f.minimiser + np.outer(kernel, [3.0, -4.0])) < 1e-24


def test_small_singular_values_are_not_squared_away():
    """Through the eigenvalues of the Gram matrix 1e-10 would be known to six digits only."""
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    f = regression(turn @ np.diag([1.0, 0.5, 1e-5]), np.zeros((3, 1)))
    assert f.mu == pytest.approx(1e-10, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: regression(np.zeros((2, 2)), np.ones((2, 1))), "X must not be zero"),
        (lambda: sensing(np.zeros((2, 2, 1)), [1.0, 2.0]), "A must not be zero"),
        (lambda: regression(np.eye(2), np.ones((3, 1))), r"Y must have shape \(2, m\)"),
        (lambda: sensing(np.ones((2, 1, 1)), [1.0]), r"y must have shape \(2,\)"),
    ],
)
def test_bad_data_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
