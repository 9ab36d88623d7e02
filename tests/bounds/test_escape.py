"""The bad minimum: its target against entries, its formulas against the objective, the best way out."""

from functools import reduce
from itertools import permutations

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import bad_minimum, escape
from flowbounds.models import scaled_tensor_fit, tensor


def dense_powers(vectors, weights, order):
    """Literal twin: the sum of powers with all its entries."""
    powers = (reduce(np.multiply.outer, [v] * order) for v in vectors.T)
    return sum(weight * power for weight, power in zip(weights, powers, strict=True))


def dense_residual(order, r, d):
    """D from its definition: a one wherever l - 2 places are e_1 and two are e_j."""
    D = np.zeros((d,) * order)
    for j in range(1, r + 1):
        for place in set(permutations((0,) * (order - 2) + (j, j))):
            D[place] = 1.0
    return D


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("r", [1, 2, 3])
def test_the_residual_has_the_entries_of_its_definition(order, r):
    vectors, weights = bad_minimum.residual_form(order, r, r + 1)
    assert vectors.shape == (r + 1, 2 * r * (order // 2) + 1)
    assert len(weights) <= r * (order + 1) + 1
    np.testing.assert_allclose(
        dense_powers(vectors, weights, order), dense_residual(order, r, r + 1), atol=1e-12
    )
    assert tensor.squared_norm(vectors, weights, order) == pytest.approx(
        2 * bad_minimum.bad_minimum_value(order, r), rel=1e-12
    )


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_value_and_slopes_at_the_point(order):
    at = bad_minimum.bad_minimum(order, 2, 4, 5)
    f = scaled_tensor_fit.vanilla_loss(at.U, np.ones(5), at.U_star, at.c_star, order)
    assert f == pytest.approx(order * (order - 1) / 2, rel=1e-12)
    for part in scaled_tensor_fit.vanilla_gradient(at.U, np.ones(5), at.U_star, at.c_star, order):
        np.testing.assert_allclose(part, 0, atol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.2])
@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_scaled_point(order, lam):
    at = bad_minimum.scaled_bad_minimum(order, 2, 4, 5, kappa=0.5, lam=lam)
    C = 1 / np.linalg.norm(at.U, axis=0)
    target = at.U_star, at.c_star, order
    assert tensor.squared_norm(*target) == pytest.approx(1, rel=1e-12)
    f = scaled_tensor_fit.loss(at.U, C, C, np.ones(5), *target, lam=lam)
    assert f == pytest.approx(at.value, rel=1e-12)
    G = scaled_tensor_fit.gradient(at.U, C, C, np.ones(5), *target, lam=lam)
    np.testing.assert_allclose(G, 0, atol=1e-12)


def test_the_curvature_across_is_that_of_the_text():
    """Two components moved oppositely by s along a missing direction: T stays to first order."""
    order, m, s = 4, 3, 1e-3
    at = bad_minimum.bad_minimum(order, 1, 3, m)
    U = np.array(at.U)
    U[1, :2] = s, -s
    rise = scaled_tensor_fit.vanilla_loss(U, np.ones(m), at.U_star, at.c_star, order) - at.value
    curvature = order * (order - 1) * m ** (-(order - 2) / order)  # of each component
    assert rise == pytest.approx(2 * curvature / 2 * s**2, rel=1e-4)


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_no_single_power_gains_more(order):
    v, c = escape.escape_direction(order, 3, missing=2)
    assert np.linalg.norm(v) == pytest.approx(1)
    vectors, weights = bad_minimum.residual_form(order, 2, 3)
    gain = escape.escape_gain(order)
    assert -c * tensor.evaluate(vectors, weights, v[:, None], order)[0] == pytest.approx(gain, rel=1e-12)
    draws = np.random.default_rng(1).normal(size=(3, 5000))
    seen = np.abs(tensor.evaluate(vectors, weights, draws / np.linalg.norm(draws, axis=0), order))
    assert 0.99 * gain < seen.max() <= gain * (1 + 1e-12)


def test_the_direction_alone_gains_only_at_order_two():
    for order, value in ((2, 1.0), (3, 0.0), (4, 0.0)):
        vectors, weights = bad_minimum.residual_form(order, 1, 2)
        found = tensor.evaluate(vectors, weights, np.eye(2)[:, 1:], order)[0]
        assert found == pytest.approx(value, abs=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bad_minimum.residual_form(3, 2, 2), "d must be an integer, at least 3"),
        (lambda: escape.escape_direction(3, 2, missing=2), "missing must be an integer, from 1 to 1"),
        (
            lambda: bad_minimum.scaled_bad_minimum(3, 1, 2, 1, kappa=0.6, lam=0.5),
            "kappa . lam must be below one",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
