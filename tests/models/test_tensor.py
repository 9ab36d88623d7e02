"""Symmetric tensors as vectors and weights, against the dense arrays they stand for."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds.models import tensor


def dense(vectors, weights, order):
    """The literal twin: the array with d**order entries. Only tests may hold one."""
    total = 0
    for vector, weight in zip(vectors.T, weights, strict=True):
        product = np.array(weight)
        for _ in range(order):
            product = np.multiply.outer(product, vector)
        total = total + product
    return total


def apply(array, x, times):
    for _ in range(times):
        array = array @ x
    return array


@pytest.mark.parametrize("order", [3, 4, 5])
def test_against_the_dense_tensor(order):
    rng = np.random.default_rng(order)
    V, a = rng.normal(size=(4, 3)), rng.normal(size=3)
    U, s = rng.normal(size=(4, 5)), rng.normal(size=5)
    T, S = dense(V, a, order), dense(U, s, order)
    # 1e-13: sums of at most 4**5 products of size one
    assert tensor.inner(V, a, U, s, order) == pytest.approx(float(np.sum(T * S)), rel=1e-12)
    assert tensor.squared_norm(V, a, order) == pytest.approx(float(np.sum(T * T)), rel=1e-12)
    np.testing.assert_allclose(tensor.evaluate(V, a, U, order), [apply(T, u, order) for u in U.T], atol=1e-12)
    np.testing.assert_allclose(
        tensor.contract(V, a, U, order), np.column_stack([apply(T, u, order - 1) for u in U.T]), atol=1e-12
    )


def test_blocks_do_not_show():
    """More columns than one block, and more entries than one block, change nothing."""
    rng = np.random.default_rng(0)
    V, a = rng.normal(size=(3, 4)), rng.normal(size=4)
    X = rng.normal(size=(3, 2 * tensor.COLUMN_BLOCK + 7))
    whole = tensor.contract(V, a, X)
    one_by_one = np.column_stack([tensor.contract(V, a, x[:, None])[:, 0] for x in X.T])
    np.testing.assert_allclose(whole, one_by_one, rtol=1e-12)
    d = 24  # 17550 distinct entries: three blocks
    V = np.linalg.qr(rng.normal(size=(d, 2)))[0]
    close = V + 1e-7 * rng.normal(size=V.shape)
    vectors, weights = np.hstack([V, close]), np.array([1.0, 1, -1, -1])
    assert tensor.squared_norm(vectors, weights) == pytest.approx(
        exact_squared_norm(vectors, weights), rel=1e-6
    )


def exact_squared_norm(vectors, weights):
    """Rational arithmetic: no cancellation at all."""
    columns = [[Fraction(float(x)) for x in v] for v in vectors.T]
    c = [Fraction(float(w)) for w in weights]
    return float(
        sum(
            ci * cj * sum(x * y for x, y in zip(v, u, strict=True)) ** 4
            for ci, v in zip(c, columns, strict=True)
            for cj, u in zip(c, columns, strict=True)
        )
    )


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-9, 1e-12])
def test_small_differences_keep_their_digits(distance):
    """The square goes down to 1e-24; expanding it would leave nothing below 1e-16."""
    rng = np.random.default_rng(5)
    V, a = rng.normal(size=(5, 3)), np.array([0.5, 0.3, 0.2])
    V /= np.linalg.norm(V, axis=0)
    moved = V + distance * rng.normal(size=V.shape)
    vectors, weights = np.hstack([V, moved]), np.concatenate([a, -a])
    exact = exact_squared_norm(vectors, weights)
    # an entry carries an absolute rounding error of a few eps: relative to the distance, twice that
    allowed = 1e-9 + 20 * np.finfo(float).eps / distance
    assert tensor.squared_norm(vectors, weights) == pytest.approx(exact, rel=allowed)


@given(st.integers(1, 6), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_multiplicities_count_every_entry(d, order):
    indices, multiplicity = tensor._monomials(d, order)
    assert multiplicity.sum() == d**order
    assert len({tuple(row) for row in indices}) == len(indices)
    assert (np.diff(indices, axis=1) >= 0).all()


def test_no_dense_array_is_ever_allocated(monkeypatch):
    """At d = 60 a dense tensor has 13 million entries; the largest array of a contraction stays small."""
    rng = np.random.default_rng(1)
    sizes = []
    multiply = tensor.power

    def watched(x, exponent):
        sizes.append(x.size)
        return multiply(x, exponent)

    monkeypatch.setattr(tensor, "power", watched)
    V, X = rng.normal(size=(60, 70)), rng.normal(size=(60, 1000))
    tensor.contract(V, np.ones(70), X)
    assert max(sizes) <= 70 * tensor.COLUMN_BLOCK
