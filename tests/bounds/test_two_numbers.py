"""Squares from imbalance and product without cancellation; the margin from the loss."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds.bounds.rates import margin
from flowbounds.bounds.scalar_rates import scalar_squares
from flowbounds.bounds.two_numbers import margin_from_loss, split
from flowbounds.models.objectives import regression

SIZES = st.floats(1e-70, 1e70) | st.floats(-1e70, -1e-70)


@given(SIZES, SIZES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_split_inverts_imbalance_and_product(u, v):
    exact = Fraction(u) ** 2, Fraction(v) ** 2
    found = split(float(exact[0] - exact[1]), float(Fraction(u) * Fraction(v)))
    for square, true in zip(found, exact, strict=True):
        assert abs(float(Fraction(float(square)) / true - 1)) < 1e-14


def test_split_at_the_edges():
    assert [float(x) for x in split(0.0, 0.0)] == [0.0, 0.0]
    assert [float(x) for x in split(-3.0, 0.0)] == [0.0, 3.0]
    assert [float(x) for x in split(0.0, -2.0)] == [2.0, 2.0]
    d, w = np.array([3.0, -3.0]), np.array([2.0, -2.0])
    np.testing.assert_array_equal(split(d, w), [[4.0, 1.0], [1.0, 4.0]])


@pytest.mark.parametrize(("d", "w"), [(3.0, 2.0), (-1e8, 1e-3), (1e-9, 5.0)])
def test_split_is_the_case_of_two_layers(d, w):
    np.testing.assert_allclose(split(d, w), scalar_squares([d], w), rtol=1e-13)


def test_the_margin_from_the_loss_is_the_sharper_one():
    rng = np.random.default_rng(5)
    strict = 0
    for _ in range(200):
        X, star = rng.normal(size=(4, 2)), np.eye(2) + 0.3 * rng.normal(size=(2, 2))
        f, W0 = regression(X, X @ star), star + 0.2 * rng.normal(size=(2, 2))
        old = margin(f.minimiser, W0, K=f.K, mu=f.mu)
        new = margin_from_loss(f.minimiser, f.gap(W0), mu=f.mu)
        assert new >= old - 1e-12
        strict += new > old + 1e-3
    assert strict > 50
    assert margin_from_loss(2.0, 1.0, mu=0.0) == 0
    assert margin_from_loss(2.0, 50.0, mu=1.0) == 0
