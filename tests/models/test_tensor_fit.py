"""The objective of Ge et al., its gradient and residual: closed forms, differences, laws, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import equiangular_basis, geometric_weights, uniform_directions


def dense_fit(W, a, basis):
    """T - T* with all its entries; only tests may hold it."""
    power = "ak,bk,ck,dk->abcdk"
    T = np.einsum(power, W, W, W, W) @ (1 / np.sum(W**2, axis=0))
    return T - np.einsum(power, basis, basis, basis, basis) @ a


def draw(seed, d=5, m=4, r=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(d, m)) * 0.5, rng.uniform(0.1, 1, size=r), rng.normal(size=(d, r))


@pytest.mark.parametrize("seed", range(5))
def test_loss_and_residual_against_the_dense_tensor(seed):
    W, a, basis = draw(seed)
    difference = dense_fit(W, a, basis)
    assert tensor_fit.loss(W, a, basis, lam=0.3) == pytest.approx(
        0.5 * np.sum(difference**2) + 0.15 * np.sum(W**2), rel=1e-12
    )
    expected = [-np.einsum("abcd,a,b,c,d", difference, v, v, v, v) for v in basis.T]
    np.testing.assert_allclose(tensor_fit.residual(W, a, basis), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lam", [0.0, 0.7])
def test_gradient_is_the_derivative_of_the_loss(seed, lam):
    W, a, basis = draw(seed)
    H = np.random.default_rng(100 + seed).normal(size=W.shape)

    def along(t):
        return tensor_fit.loss(W + t * H, a, basis, lam=lam)

    h = 1e-3  # fourth-order differences: h**4 truncation, eps / h rounding, both near 1e-12 of the size
    slope = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    assert np.sum(tensor_fit.gradient(W, a, basis, lam=lam) * H) == pytest.approx(slope, rel=1e-8)


def test_fitted_target_is_stationary():
    a, basis = geometric_weights(3, 1.5), equiangular_basis(6, 3, 90)
    W = np.sqrt(a) * basis  # w^{(x)4}/|w|^2 = a v^{(x)4}
    assert tensor_fit.loss(W, a, basis) < 1e-32
    np.testing.assert_allclose(tensor_fit.gradient(W, a, basis), 0, atol=1e-15)
    np.testing.assert_allclose(tensor_fit.residual(W, a, basis), 0, atol=1e-15)


def test_regularised_fixed_point_lies_half_lambda_below():
    """ge2021: a fitted direction rests where a_k - mass = lambda / 2."""
    lam, a = 0.1, np.array([0.6])
    W = np.sqrt(a - lam / 2) * np.eye(3, 1)
    np.testing.assert_allclose(tensor_fit.gradient(W, a, lam=lam), 0, atol=1e-16)


def test_tiny_and_zero_columns():
    """Norms at which a square underflows still have a direction, a gradient and no loss."""
    u = np.array([[0.6], [0.8]])
    a = [0.5, 0.2]
    unit = tensor_fit.gradient(1e-8 * u, a) / 1e-8  # T is already negligible there
    for norm in (1e-100, 1e-200, 1e-300):
        np.testing.assert_allclose(tensor_fit.gradient(norm * u, a) / norm, unit, rtol=1e-12)
        assert tensor_fit.loss(norm * u, a) == tensor_fit.loss(0 * u, a)
    np.testing.assert_array_equal(tensor_fit.gradient(0 * u, a), 0)


@given(st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_rotation_and_permutation(seed, lam):
    W, a, basis = draw(seed)
    rng = np.random.default_rng(seed + 1)
    Q = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    order = rng.permutation(W.shape[1])
    base = tensor_fit.loss(W, a, basis, lam=lam)
    assert tensor_fit.loss(Q @ W[:, order], a, Q @ basis, lam=lam) == pytest.approx(base, rel=1e-9)
    np.testing.assert_allclose(
        tensor_fit.gradient(Q @ W[:, order], a, Q @ basis, lam=lam),
        Q @ tensor_fit.gradient(W, a, basis, lam=lam)[:, order],
        atol=1e-11 * (1 + base),
    )


def test_dropping_negligible_components_changes_nothing():
    """The fast path leaves out masses below 1e-24 of the largest weight; the literal twin does not."""
    rng = np.random.default_rng(3)
    u, a, basis = uniform_directions(6, 40, rng), geometric_weights(3, 2.0), np.eye(6, 3)
    rho = np.where(np.arange(40) < 5, -0.5, -40.0)
    mass = np.exp(2 * rho)
    G, B = u.T @ u, basis.T @ u
    literal = (basis * a) @ B**3 - (u * mass) @ G**3
    np.testing.assert_allclose(tensor_fit.residual_contraction(rho, u, a, basis), literal, atol=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": [[1.0, np.nan]]}, "W must be finite"),
        ({"W": [1.0, 2.0]}, "W must have shape"),
        ({"W": [["a"]]}, "W must hold real numbers"),
        ({"W": [[]]}, "W must not be empty"),
        ({"W": [[1.0], [2.0, 3.0]]}, "W must be a rectangular array"),
        ({"a": [-0.5]}, "a must be non-negative, got .*-0.5"),
        ({"a": [np.inf]}, "a must be finite"),
        ({"a": [0.1, 0.1, 0.1]}, "a has 3 weights but the dimension is 2"),
        ({"basis": np.eye(3)}, "basis must have shape"),
        ({"lam": -1.0}, "lam must be finite and in"),
        ({"lam": "much"}, "lam must be a number"),
    ],
)
@pytest.mark.parametrize("function", [tensor_fit.loss, tensor_fit.gradient])
def test_bad_input_names_the_argument(function, change, message):
    good = {"W": [[1.0], [0.5]], "a": [0.5], "basis": None, "lam": 0.0}
    with pytest.raises(HypothesisError, match=message):
        function(*[{**good, **change}[k] for k in ("W", "a", "basis")], lam={**good, **change}["lam"])


def test_inputs_are_not_modified():
    W, a, basis = draw(0)
    copies = W.copy(), a.copy(), basis.copy()
    tensor_fit.loss(W, a, basis)
    tensor_fit.gradient(W, a, basis)
    tensor_fit.residual(W, a, basis)
    for before, after in zip(copies, (W, a, basis), strict=True):
        np.testing.assert_array_equal(before, after)
