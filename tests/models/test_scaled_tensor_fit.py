"""The model of Wang et al. with scalars: dense tensors, differences, homogeneity, invariance, small norms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.models import scaled_components as sc
from flowbounds.models import scaled_tensor_fit as fit

LETTERS = "abcdefg"


def dense(vectors, weights, order):
    """The tensor with all its entries; only tests may hold it."""
    spec = ",".join(f"{letter}k" for letter in LETTERS[:order]) + ",k->" + LETTERS[:order]
    return np.einsum(spec, *[vectors] * order, weights)


def draw(seed, d=3, m=3, r=2):
    rng = np.random.default_rng(seed)
    U, U_star = rng.normal(size=(d, m)), rng.normal(size=(d, r))
    C, C_hat = rng.normal(size=m), rng.uniform(0.5, 2, size=m)
    return U, C, C_hat, rng.choice([-1.0, 1.0], size=m), U_star, rng.normal(size=r)


def state(U, modes, signs):
    norms = np.linalg.norm(U, axis=-2)
    return sc.Components(norms, U / norms[..., None, :], modes, signs)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(3))
def test_losses_against_the_dense_tensor(order, seed):
    U, C, C_hat, signs, U_star, c_star = draw(seed)
    target = dense(U_star, c_star, order)
    gap = dense(U, signs * C ** (order - 2), order) - target
    lengths = np.linalg.norm(U, axis=0)
    expected = 0.5 * np.sum(gap**2) + 0.3 * np.sum(C_hat ** (order - 2) * lengths**order)
    assert fit.loss(U, C, C_hat, signs, U_star, c_star, order, lam=0.3) == pytest.approx(expected, rel=1e-11)
    vanilla = 0.5 * np.sum((dense(U, C, order) - target) ** 2)
    assert fit.vanilla_loss(U, C, U_star, c_star, order) == pytest.approx(vanilla, rel=1e-11)


def differences(function, U, step=1e-6):
    result = np.zeros_like(U)
    for index in np.ndindex(*U.shape):
        move = np.zeros_like(U)
        move[index] = step
        result[index] = (function(U + move) - function(U - move)) / (2 * step)
    return result


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("through", [False, True])
def test_gradients_against_differences(order, through):
    U, C, C_hat, signs, U_star, c_star = draw(5)

    def value(V):
        tie = np.linalg.norm(U, axis=0) / np.linalg.norm(V, axis=0) if through else 1.0
        return fit.loss(V, C * tie, C_hat * tie, signs, U_star, c_star, order, lam=0.3)

    G = fit.gradient(U, C, C_hat, signs, U_star, c_star, order, lam=0.3, through_scalars=through)
    np.testing.assert_allclose(G, differences(value, U), atol=1e-7 * np.abs(G).max())


@pytest.mark.parametrize("order", [2, 3, 4])
def test_vanilla_gradients_against_differences(order):
    U, C, _, _, U_star, c_star = draw(6)
    in_u, in_c = fit.vanilla_gradient(U, C, U_star, c_star, order)
    by_u = differences(lambda V: fit.vanilla_loss(V, C, U_star, c_star, order), U)
    by_c = differences(lambda c: fit.vanilla_loss(U, c[0], U_star, c_star, order), C[None])
    np.testing.assert_allclose(in_u, by_u, atol=1e-7 * np.abs(in_u).max())
    np.testing.assert_allclose(in_c, by_c[0], atol=1e-7 * np.abs(in_c).max())


@given(st.integers(0, 10_000), st.integers(3, 6), st.floats(0.1, 10))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_state_is_the_printed_form_and_homogeneous(seed, order, t):
    """Tied scalars: the state's objective is the printed one, T(tU) = t^2 T(U), rotations change nothing."""
    U, modes, _, signs, U_star, c_star = draw(seed, d=4, m=3, r=2)
    lengths = np.linalg.norm(U, axis=0)
    C, C_hat = modes / lengths, 1 / lengths
    x = state(U, modes, signs)
    printed = fit.loss(U, C, C_hat, signs, U_star, c_star, order, lam=0.2)
    size = 1 + printed
    assert float(sc.objective(x, U_star, c_star, order, 0.2)) == pytest.approx(printed, abs=1e-9 * size)
    G = fit.gradient(U, C, C_hat, signs, U_star, c_star, order, lam=0.2)
    mine = sc.relative_gradient(x, U_star, c_star, order, 0.2) * lengths
    np.testing.assert_allclose(mine, G, atol=1e-10 * (1 + np.abs(G).max()))
    zero = np.zeros(2)
    once = sc.squared_error(x, U_star, zero, order)
    scaled = sc.squared_error(state(t * U, modes, signs), U_star, zero, order)
    assert float(scaled) == pytest.approx(t**4 * float(once), rel=1e-8, abs=1e-12)
    Q = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    turned = fit.loss(Q @ U, C, C_hat, signs, Q @ U_star, c_star, order, lam=0.2)
    assert turned == pytest.approx(printed, rel=1e-9, abs=1e-12)


def test_a_batch_is_its_members():
    rng = np.random.default_rng(3)
    U_star, c_star = rng.normal(size=(4, 2)), rng.normal(size=2)
    U = rng.normal(size=(5, 4, 3))
    modes, signs = rng.uniform(1, 2, size=(5, 3)), rng.choice([-1.0, 1.0], size=(5, 3))
    many = sc.relative_gradient(state(U, modes, signs), U_star, c_star, 4, 0.1)
    values = sc.objective(state(U, modes, signs), U_star, c_star, 4, 0.1)
    for k in range(5):
        one = state(U[k], modes[k], signs[k])
        np.testing.assert_allclose(many[k], sc.relative_gradient(one, U_star, c_star, 4, 0.1), rtol=1e-11)
        assert values[k] == pytest.approx(float(sc.objective(one, U_star, c_star, 4, 0.1)), rel=1e-12)


def test_a_component_of_norm_1e_100_keeps_its_relative_gradient():
    U, modes, _, signs, U_star, c_star = draw(2)
    x = state(U, modes, signs)
    tiny = sc.Components(np.full(3, 1e-100), x.directions, x.modes, x.signs)
    alone = -sc.residual_contraction(tiny, U_star, c_star, 4)
    np.testing.assert_allclose(alone, U_star @ (c_star[:, None] * (U_star.T @ x.directions) ** 3), rtol=1e-12)
    assert np.all(np.isfinite(sc.relative_gradient(tiny, U_star, c_star, 4, 0.1)))


def test_small_distances_are_relatively_accurate():
    """In a span of few vectors of R^50, where the Gram form cancels."""
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=50), rng.normal(size=50)
    v -= u * (u @ v) / (u @ u)
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    near = np.cos(1e-6) * u + np.sin(1e-6) * v
    value = sc.squared_distance(np.column_stack([u, near]), np.array([1.0, -1.0]), 3)
    assert value == pytest.approx(3e-12, rel=1e-5)  # 2 - 2 cos(x)^3 = 3 x^2 + ...


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"C_hat": [1.0, 0.0, 1.0]}, "C_hat must be positive, got 0 at index 1"),
        ({"signs": [1.0, 0.5, 1.0]}, r"signs must be \+1 or -1, got 0.5 at index 1"),
        ({"order": 1}, "order must be an integer, at least 2"),
    ],
)
def test_what_the_model_excludes_is_named(change, message):
    U, C, C_hat, signs, U_star, c_star = draw(0)
    given_ = {"U": U, "C": C, "C_hat": C_hat, "signs": signs, "U_star": U_star, "c_star": c_star, "order": 3}
    with pytest.raises(HypothesisError, match=message):
        fit.loss(**{**given_, **change}, lam=0.1)
