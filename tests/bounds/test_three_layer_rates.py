"""Three layers: the bound in 40 digits and on drawn layers, its pieces, closed forms, what violates it."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.bounds.three_layer_rates import three_layer_parts, three_layer_rate, without_squares
from flowbounds.models.linear_network import imbalances, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, random_layers

DIGITS = 40
SMALL_MIDDLE = (1.0, 0.1, 1.0)  # for most other layers of two or more rows and columns the bound is zero


def rng(seed=1):
    return np.random.default_rng(seed)


def drawn(count, seed, kinds=KINDS):
    """Layers of every kind and of small shapes, every other net with a small middle layer."""
    draw = rng(seed)
    for trial in range(count):
        shapes = pairwise(int(size) for size in draw.integers(1, 5, size=4))
        weights = random_layers(shapes, draw, kinds[trial % len(kinds)])
        factors = SMALL_MIDDLE if trial // len(kinds) % 2 else (1.0, 1.0, 1.0)
        yield [factor * layer for factor, layer in zip(factors, weights, strict=True)]


def sizes(weights):
    return weights[0].shape[0], weights[-1].shape[1]


def unit(weights):
    return max(np.linalg.norm(layer, 2) ** 2 for layer in weights) or 1.0


def golden(D1, D2, n, m):
    """The two sides of the bound literally, in 40 digits: spectra by mpmath, no rearrangement."""

    def decreasing(D):
        return sorted(mp.eigsy(mp.matrix(D.tolist()), eigvals_only=True), reverse=True)

    def largest(i):
        return max([mp.mpf(0), *(values[i - 1] for values in (first, last) if i <= len(values))])

    def side(values, k):
        Delta = Delta_2 = mp.mpf(0)
        for i in range(1, len(values) + 1):
            x = largest(i)
            y = min(x, values[i - k] if i + 1 - k >= 1 else mp.inf)
            Delta, Delta_2 = Delta + x - y, Delta_2 + x**2 - y**2
        return Delta, Delta_2

    with mp.workdps(DIGITS):
        first, last = decreasing(-D1), decreasing(D2)
        (a, a2), (b, b2) = side(first, n), side(last, m)
        return (a, a2, b, b2), (a2 + a**2) / 2 + a * b + (b2 + b**2) / 2


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_and_its_pieces_are_those_of_40_digits(seed):
    draw = rng(seed)
    n, m, h1, h2 = (int(size) for size in draw.integers(1, 5, size=4))
    D1, D2 = ((root + root.T).astype(float) for root in (draw.integers(-4, 5, size=(h, h)) for h in (h1, h2)))
    (a, a2, b, b2), rate = golden(D1, D2, n, m)
    parts, scale = three_layer_parts(D1, D2, n, m), max(np.linalg.norm(D1, 2), np.linalg.norm(D2, 2), 1.0)
    assert abs(three_layer_rate(D1, D2, n, m) - rate) <= 1e-14 * scale**2
    for have, want, degree in [
        (parts.first, a, 1),
        (parts.last, b, 1),
        (parts.delta_21_2, a2, 2),
        (parts.delta_23_2, b2, 2),
        (parts.first_two, (a2 + a**2) / 2, 2),
        (parts.last_two, (b2 + b**2) / 2, 2),
    ]:
        assert abs(have - want) <= 1e-14 * scale**degree


def test_no_violation_over_all_ensembles_and_each_piece_bounds_its_eigenvalue():
    counted = []
    for weights in drawn(420, seed=2):
        (n, m), scale = sizes(weights), unit(weights)
        W1, W2, W3 = weights
        parts = three_layer_parts(*imbalances(weights), n, m)
        ends = W1 @ W1.T, W3.T @ W3
        both = W1 @ W2 @ W2.T @ W1.T, W3.T @ W2.T @ W2 @ W3
        for grams, bounds, degree in [
            (ends, (parts.first, parts.last), 1),
            (both, (parts.first_two, parts.last_two), 2),
        ]:
            for gram, bound in zip(grams, bounds, strict=True):
                assert 0 <= bound <= np.linalg.eigvalsh(gram)[0] + 1e-14 * scale**degree
        assert parts.rate <= tangent_min_eigenvalue(weights) + 1e-14 * scale**2
        if parts.rate > 1e-6 * scale**2:
            counted.append(min(n, m))
    assert len(counted) > 100  # of the bounds say something
    assert sum(rows > 1 for rows in counted) > 20


def test_without_the_squares_small_weights_violate_it():
    violated = 0
    for weights in drawn(140, seed=3, kinds=("gaussian",)):
        n, m = sizes(weights)
        small = [0.1 * layer / np.sqrt(unit(weights)) for layer in weights]
        parts = three_layer_parts(*imbalances(small), n, m)
        assert parts.rate <= tangent_min_eigenvalue(small) * (1 + 1e-9) + 1e-18
        violated += without_squares(parts) > 2 * tangent_min_eigenvalue(small) + 1e-5
    assert violated > 60
    parts = three_layer_parts([[0.01]], [[0.01]], 1, 1)  # squares 0.02, 0.01 and 0, so that T = 2e-4
    assert parts.rate == pytest.approx(2e-4, rel=1e-14)
    assert without_squares(parts) == pytest.approx(0.01, rel=1e-14)


def test_n_and_m_exchanged_violate_it():
    violated = 0
    for weights in drawn(280, seed=4):
        n, m = sizes(weights)
        exchanged = three_layer_rate(*imbalances(weights), m, n)
        violated += exchanged > 1.1 * tangent_min_eigenvalue(weights) + 1e-6 * unit(weights) ** 2
    assert violated > 60


@pytest.mark.parametrize("d", [(1.0, 2.0), (-1.0, 2.0), (1.0, -2.0), (-1.0, -2.0), (3.0, -0.5), (0.0, -1.5)])
def test_scalars_give_the_product_of_the_cumulative_imbalances(d):
    assert three_layer_rate([[d[0]]], [[d[1]]], 1, 1) == pytest.approx(scalar_rate(d, 0.0), rel=1e-15)
    assert three_layer_rate(d[0], d[1], 1, 1) == three_layer_rate([[d[0]]], [[d[1]]], 1, 1)


def test_one_row_and_one_column_where_T_is_a_number():
    for h1, h2 in [(1, 3), (3, 2), (2, 2)]:
        W1, W2, W3 = weights = random_layers([(1, h1), (h1, h2), (h2, 1)], rng(h1))
        number = (W1 @ W2 @ W2.T @ W1.T + (W1 @ W1.T) * (W3.T @ W3) + W3.T @ W2.T @ W2 @ W3).item()
        assert tangent_min_eigenvalue(weights) == pytest.approx(number, rel=1e-13)
        assert three_layer_rate(*imbalances(weights), 1, 1) <= number


def semidefinite(values, size, draw):
    """A symmetric matrix of the given eigenvalues and else zeros, in random directions."""
    frame = np.linalg.qr(draw.normal(size=(size, size)))[0][:, : len(values)]
    D = (frame * values) @ frame.T
    return (D + D.T) / 2


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (2, 3), (3, 1)])
@pytest.mark.parametrize("more", [0, 2])
def test_ordered_imbalances_have_closed_forms(n, m, more):
    draw = rng(10 * n + m)
    h = max(n, m) + more
    near = {"rel": 1e-12, "abs": 1e-13}
    x, y = ((np.sort(draw.uniform(0.5, 2.0, size=n)))[::-1] for _ in range(2))  # n positive eigenvalues
    v, w = ((np.sort(draw.uniform(0.5, 2.0, size=m)))[::-1] for _ in range(2))  # m of the mirror image
    X, Y, V, W = (semidefinite(values, h, draw) for values in (x, y, v, w))
    assert three_layer_rate(X, Y, n, m) == pytest.approx(y[-1] * (x[-1] + y[-1]), **near)
    assert three_layer_rate(X, -V, n, m) == pytest.approx(x[-1] * v[-1], **near)
    assert three_layer_rate(-V, -W, n, m) == pytest.approx(v[-1] * (v[-1] + w[-1]), **near)


@pytest.mark.parametrize("seed", range(6))
def test_symmetries_and_homogeneity(seed):
    weights = [5.0**k * layer for k, layer in zip((0, 1, 0), next(drawn(1, 20 + seed)), strict=True)]
    (n, m), (D1, D2) = sizes(weights), imbalances(weights)
    bound, near = three_layer_rate(D1, D2, n, m), {"rel": 1e-11, "abs": 1e-13 * unit(weights) ** 2}
    assert three_layer_rate(-D2, -D1, m, n) == pytest.approx(bound, **near)
    assert three_layer_rate(4 * D1, 4 * D2, n, m) == pytest.approx(16 * bound, **near)
    turn = np.linalg.qr(rng(seed).normal(size=D1.shape))[0]
    turned = turn @ D1 @ turn.T
    assert three_layer_rate((turned + turned.T) / 2, D2, n, m) == pytest.approx(bound, **near)


@pytest.mark.parametrize(
    ("D1", "D2", "message"),
    [
        ([[0.0, 1.0], [0.0, 0.0]], np.eye(2), "D1 must be symmetric"),
        (np.eye(2), [[0.0, 1.0], [0.0, 0.0]], "D2 must be symmetric"),
        (np.eye(2), np.ones((2, 3)), "D2 must be square"),
    ],
)
def test_what_is_not_symmetric_is_refused(D1, D2, message):
    with pytest.raises(HypothesisError, match=message):
        three_layer_rate(D1, D2, 2, 2)
