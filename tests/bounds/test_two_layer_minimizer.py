"""Layers on the line: their imbalance, product and eigenvalue; what is not feasible is refused."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.bounds.two_layer_rates import two_layer_rate
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import balanced_layers, random_layers


def rng(seed=1):
    return np.random.default_rng(seed)


def pair(a, b, sigma, n, m, h, draw):
    """D with eigenvalues a and -b, W with singular values sigma, in random directions."""
    Q, U, V = (np.linalg.qr(draw.normal(size=(size, size)))[0] for size in (h, n, m))
    values = np.concatenate([a, np.zeros(h - len(a) - len(b)), -np.asarray(b, float)])
    D = (Q * values) @ Q.T
    return (D + D.T) / 2, (U[:, : len(sigma)] * sigma) @ V[:, : len(sigma)].T


def on_the_line(D, W, *, equal=True):
    built = two_layer_minimizer(D, W)
    unit = max(np.linalg.norm(layer, 2) ** 2 for layer in built) or 1.0
    assert np.max(np.abs(imbalances(built)[0] - D)) <= 1e-12 * unit
    assert np.max(np.abs(product(built) - W)) <= 1e-12 * unit
    lam, alpha = tangent_min_eigenvalue(built), two_layer_rate(D, W)
    assert lam >= alpha - 1e-12 * unit
    if equal:
        assert lam == pytest.approx(alpha, rel=1e-10, abs=1e-12 * unit)
    return lam, alpha


@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 1), (2, 3), (3, 2), (1, 4), (4, 2)])
@pytest.mark.parametrize("more", [-2, -1, 0, 2])
def test_imbalance_product_and_eigenvalue(n, m, more):
    draw, h = rng(7 * n + m), max(1, n + m + more)
    for _ in range(4):
        weights = random_layers([(n, h), (h, m)], draw)
        on_the_line(imbalances(weights)[0], product(weights))
    balanced = balanced_layers(n, m, (h,), draw)
    on_the_line(imbalances(balanced)[0], product(balanced))
    on_the_line(np.zeros((h, h)), np.zeros((n, m)))


@pytest.mark.parametrize(
    ("a", "b", "sigma"),
    [
        ([2.0, 2.0], [1.0], [1.0, 1.0]),  # ties
        ([2.0, 1.0], [], [3.0, 0.5]),  # no negative eigenvalue
        ([], [5.0, 3.0, 1.0], [3.0, 0.5]),  # no positive one: all columns are used
        ([1.0], [1.0], [2.0, 1.0]),
        ([], [], [2.0, 1.0]),  # zero imbalance
        ([1.0, 0.5], [2.0, 1.0], [2.0]),  # W of rank one
        ([1.0, 0.5], [2.0], []),  # W = 0
        ([1e4, 1e-4], [1e3, 1.0, 1e-3], [1e2, 1e-2]),  # eight decades
    ],
)
def test_spectra_with_zeros_and_ties(a, b, sigma):
    for h in {max(len(a) + len(b), len(sigma)), 5}:
        on_the_line(*pair(a, b, sigma, 2, 3, h, rng(4)))


@pytest.mark.parametrize(
    ("a", "b", "sigma"),
    [
        ([4.0, 1.0], [], [1.0, 1.0]),  # equal singular values
        ([4.0, 1.0], [], [2.0]),  # W singular
        ([4.0, 1.0], [3.0, 1.0], [2.0, 2.0]),
        ([3.0, 3.0], [1.0, 1.0], [5.0, 2.0]),  # equal eigenvalues
    ],
)
def test_square_products_on_the_line(a, b, sigma):
    on_the_line(*pair(a, b, sigma, 2, 2, max(2, len(a) + len(b)), rng(5)))


def test_square_products_above_the_line_in_general():
    lam, alpha = on_the_line(np.diag([4.0, 1.0]), np.diag([2.0, 1.0]), equal=False)
    assert lam > 1.1 * alpha
    weights = random_layers([(3, 6), (6, 3)], rng(6))
    on_the_line(imbalances(weights)[0], product(weights), equal=False)


@pytest.mark.parametrize(
    ("D", "W", "message"),
    [
        (np.eye(3), np.ones((2, 3)), "at most 2 positive eigenvalues"),
        (-np.eye(3), np.ones((3, 2)), "at most 2 negative eigenvalues"),
        (-np.eye(3), np.ones((2, 2)), "at most 2 negative eigenvalues"),
        ([[1.0]], np.eye(2), "W must have rank at most 1"),
        ([[0.0, 1.0], [0.0, 0.0]], np.eye(2), "D must be symmetric"),
    ],
)
def test_what_is_no_pair_of_two_layers_is_refused(D, W, message):
    with pytest.raises(HypothesisError, match=message):
        two_layer_minimizer(D, W)
