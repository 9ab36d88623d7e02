"""The matrix-free smallest eigenvalue against the dense one, the closed form, and LOBPCG left alone."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.sparse.linalg import LinearOperator, lobpcg

from flowbounds import HypothesisError
from flowbounds.bounds.balanced_rates import balanced_spectrum
from flowbounds.models import tangent_eigenvalue
from flowbounds.models.layer_chain import require_chain
from flowbounds.models.linear_network import product, tangent_apply, tangent_matrix, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, balanced_layers, random_layers
from flowbounds.models.tangent_eigenvalue import factors, largest_term, search, tangent_smallest

SHAPES = (
    (3, 2),
    (2, 3, 4),
    (2, 4, 3, 2),
    (3, 1, 2, 3),
    (3, 1, 1, 3),
    (4, 3, 2, 5, 4),
    (1, 2, 3, 1),
    (5, 7, 7, 1),
)


def rng(seed=0):
    return np.random.default_rng(seed)


def chain(shape, seed=0, kind="gaussian"):
    return random_layers(pairwise(shape), rng(seed), kind)


@pytest.fixture
def matrix_free(monkeypatch):
    monkeypatch.setattr(tangent_eigenvalue, "DENSE", 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_small_networks_agree_with_the_dense_route(shape, kind):
    weights = chain(shape, 3, kind)
    value, residual, lower = tangent_smallest(weights)
    matrix = tangent_matrix(weights)
    norm = np.linalg.norm(matrix, 2)
    assert value == pytest.approx(tangent_min_eigenvalue(weights), rel=1e-6, abs=1e-16 * norm)
    assert residual <= 1e-14 * norm
    assert 0 <= lower <= value + 1e-15 * norm


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(14, 14, 14, 14), (8, 12, 20, 25, 15), (12, 5, 20, 15), (60, 9, 9, 2)])
def test_the_search_agrees_with_the_dense_route(shape, kind, matrix_free):
    weights = chain(shape, 4, kind)
    terms = factors(require_chain(weights))
    norm = largest_term(terms)
    value, residual, lower = tangent_smallest(weights)
    exact = tangent_min_eigenvalue(weights)
    assert residual <= 1e-9 * norm
    assert value == pytest.approx(exact, rel=1e-7, abs=2e-15 * norm)
    assert value >= exact * (1 - 1e-8) - 1e-16 * norm, "a Rayleigh quotient"
    assert lower <= exact + 1e-14 * norm


def test_residual_and_value_are_those_of_the_operator(matrix_free):
    weights = chain((6, 7, 8, 6), 5)
    E, _ = search(factors(require_chain(weights)))
    image = tangent_apply(weights, E)
    value, residual, _ = tangent_smallest(weights)
    norm = np.linalg.norm(tangent_matrix(weights), 2)
    assert value == pytest.approx(np.sum(E * image), rel=1e-10)
    assert residual == pytest.approx(np.linalg.norm(image - value * E), abs=1e-15 * norm)


def test_a_search_cut_short_shows_in_its_residual(matrix_free, monkeypatch):
    weights = chain((25, 25, 25, 25), 6)
    norm = largest_term(factors(require_chain(weights)))
    assert tangent_smallest(weights).residual < 1e-9 * norm
    monkeypatch.setattr(tangent_eigenvalue, "STEPS", 3)
    assert tangent_smallest(weights).residual > 1e-9 * norm


def test_two_layers_are_the_sum_of_the_two_smallest(matrix_free):
    W1, W2 = chain((30, 40, 35), 7)
    value, residual, lower = tangent_smallest([W1, W2])
    ends = [np.linalg.svd(W, compute_uv=False)[-1] ** 2 for W in (W1, W2)]
    assert value == pytest.approx(sum(ends), rel=1e-11)
    assert lower == pytest.approx(sum(ends), rel=1e-12)
    assert residual < 1e-12 * sum(np.linalg.norm(W, 2) ** 2 for W in (W1, W2))


def test_the_lower_bound_is_attained_and_is_strict(matrix_free):
    assert tangent_smallest(chain((6, 6, 6, 6), 1, "identity"))[0] == pytest.approx(
        tangent_smallest(chain((6, 6, 6, 6), 1, "identity"))[2], rel=1e-13
    )
    value, _, lower = tangent_smallest(chain((6, 6, 6, 6), 1))
    assert 0 < lower < 0.99 * value


def test_uncoupled_blocks_do_not_hide_the_smallest(matrix_free):
    """In blocks the search could stay where it starts."""
    for seed in range(4):
        draw = rng(seed)
        turns = [np.linalg.qr(draw.normal(size=(12, 12)))[0] for _ in range(5)]
        cores = [block_diag(*draw.normal(size=(4, 3, 3))) for _ in range(4)]
        weights = [a.T @ core @ b for (a, b), core in zip(pairwise(turns), cores, strict=True)]
        scale = largest_term(factors(require_chain(weights)))
        assert tangent_smallest(weights)[0] == pytest.approx(
            tangent_min_eigenvalue(weights), rel=1e-7, abs=1e-15 * scale
        )


@pytest.mark.press
def test_lobpcg_left_alone_is_wrong():
    """As many products, no preconditioner: 30 x 30, three Gaussian layers."""
    weights = chain((30, 30, 30, 30), 0)
    terms = factors(require_chain(weights))
    scale, exact = largest_term(terms), tangent_min_eigenvalue(weights)
    value, residual, _ = tangent_smallest(weights)
    _, products = search(terms)
    used = 0

    def apply(X):
        nonlocal used
        used += X.shape[1]
        return np.column_stack([tangent_apply(weights, x.reshape(30, 30)).ravel() / scale for x in X.T])

    start = rng(1).normal(size=(900, 2))
    operator = LinearOperator((900, 900), matvec=apply, matmat=apply, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = lobpcg(operator, start, tol=1e-11, maxiter=300, largest=False)[0].min() * scale
    assert products < 300 < used
    assert residual < 1e-9 * scale
    assert value == pytest.approx(exact, rel=1e-8)
    assert plain > 1.5 * exact


@pytest.mark.parametrize("depth", [3, 5])
def test_a_hundred_rows_and_columns(depth):
    """10000 x 10000 without its matrix: residual, the budget of products, and the closed form."""
    for seed in range(2):
        weights = chain((100,) * (depth + 1), seed)
        terms = factors(require_chain(weights))
        E, products = search(terms)
        residual = np.linalg.norm(
            sum(A @ A.T @ E @ B.T @ B for A, B in terms)
            - E * np.sum([np.sum((A.T @ E @ B.T) ** 2) for A, B in terms])
        )
        assert products <= 600
        assert residual < 1e-9 * largest_term(terms)
    weights = balanced_layers(100, 100, (100,) * (depth - 1), rng(9))
    value, residual, lower = tangent_smallest(weights)
    exact = balanced_spectrum(product(weights), depth)[0]
    assert value == pytest.approx(exact, rel=1e-10)
    assert lower <= exact * (1 + 1e-10)
    assert residual < 1e-9 * largest_term(factors(require_chain(weights)))


def test_edges():
    assert tangent_smallest([np.zeros((3, 3))] * 3) == (0.0, 0.0, 0.0)
    assert tangent_smallest([rng().normal(size=(30, 20))]) == pytest.approx((1.0, 0.0, 1.0), abs=1e-15)
    wide = chain((2, 300, 300, 2), 1)
    assert [A.shape for A, _ in factors(wide)] == [(2, 2)] * 3, "width costs nothing"
    assert tangent_smallest(wide)[:2] == tangent_smallest(wide)[:2]
    with pytest.raises(HypothesisError, match="layer 2"):
        tangent_smallest([np.eye(2), np.eye(3)])
