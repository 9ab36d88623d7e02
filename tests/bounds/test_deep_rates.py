"""Deep ordered networks: random ones, minimisers, closed forms, the false square root, refusals by name."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import deep_rates
from flowbounds.bounds.deep_minimizers import one_sided_minimizer, unimodal_minimizer
from flowbounds.bounds.scalar_rates import scalar_rate, scalar_squares
from flowbounds.bounds.two_layer_rates import sigmas, two_layer_rate
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers


def rng(seed=0):
    return np.random.default_rng(seed)


def frame(rows, columns, draw):
    return np.linalg.qr(draw.normal(size=(rows, columns)))[0]


def root(A):
    values, vectors = np.linalg.eigh(A)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def outwards(core, count, draw):
    """``count`` square layers before ``core``, each with an imbalance >= 0, of any alignment."""
    cores = [core]
    n = core.shape[0]
    for _ in range(count):
        grown = cores[0] @ cores[0].T
        grown = grown + 10.0 ** draw.uniform(-2, 1) * np.cov(draw.normal(size=(n, n + 2)), bias=True)
        cores.insert(0, frame(n, n, draw) @ root(grown))
    return cores[:-1]


def ordered(n, m, layer, depth, draw):
    """Random weights with D_l >= 0 before layer l* and <= 0 from it on, in wider frames."""
    middle = 10.0 ** draw.uniform(-2, 0.5) * draw.normal(size=(n, m))
    left = outwards(middle, layer - 1, draw)
    right = [w.T for w in outwards(middle.T, depth - layer, draw)[::-1]]
    inner = [n] * (layer - 1) + [m] * (depth - layer)
    frames = [np.eye(n), *(frame(r + draw.integers(0, 3), r, draw) for r in inner), np.eye(m)]
    return [a @ c @ b.T for (a, b), c in zip(pairwise(frames), [*left, middle, *right], strict=True)]


def cases(count, one_sided=False):
    draw = rng(5)
    for _ in range(count):
        n, m = draw.integers(1, 4, size=2)
        depth = int(draw.integers(2, 6))
        layer = int(draw.choice([1, depth]) if one_sided else draw.integers(1, depth + 1))
        yield ordered(n, m, layer, depth, draw), layer, n, m


def unit(weights):
    return max(np.linalg.norm(w, 2) ** 2 for w in weights) ** (len(weights) - 1)


def naive_sqrt(Ds, n, m, sigma):
    """The formula of scalars, in matrices: false."""
    depth = len(Ds) + 1
    return float(np.hypot(deep_rates.unimodal_rate(Ds, n, m), depth * sigma ** (2 - 2 / depth)))


def test_the_unimodal_rate_is_below_random_networks():
    tightest = 0.0
    for weights, layer, n, m in cases(300):
        Ds = imbalances(weights)
        assert deep_rates.smallest_layer(deep_rates.spectra(Ds)) == layer
        bound, value = deep_rates.unimodal_rate(Ds, n, m), tangent_min_eigenvalue(weights)
        assert 0 < bound <= value + 1e-11 * unit(weights)
        tightest = max(tightest, bound / value)
    assert tightest > 0.9, "some are near"


def test_the_one_sided_rate_is_below_random_networks_and_above_the_unimodal():
    for weights, layer, n, m in cases(300, one_sided=True):
        Ds, sigma = imbalances(weights), float(np.linalg.svd(product(weights), compute_uv=False)[-1])
        bound, value = deep_rates.one_sided_rate(Ds, n, m, sigma), tangent_min_eigenvalue(weights)
        assert bound <= value + 1e-11 * unit(weights), layer
        assert bound >= deep_rates.unimodal_rate(Ds, n, m) * (1 - 1e-12)
        assert bound >= deep_rates.one_sided_rate(Ds, n, m, 0.5 * sigma) * (1 - 1e-12)


def test_without_the_order_the_formula_is_violated():
    """The same product of eigenvalues for any signs is no bound: the hypothesis is needed."""
    draw, violations = rng(2), 0
    for _ in range(300):
        weights = random_layers([(2, 2)] * 3, draw)
        values = deep_rates.spectra(imbalances(weights))
        layer = int(draw.integers(1, 4))
        d = [one[0] if k < layer else one[-1] for k, one in enumerate(values, 1)]
        violations += scalar_rate(d, 0.0) > tangent_min_eigenvalue(weights) + 1e-9 * unit(weights)
        with pytest.raises(HypothesisError, match=r"Ds\[\d\] \(D_\d\) must be negative semidefinite"):
            deep_rates.unimodal_rate([np.diag([1.0, -1.0]), *imbalances(weights)], 2, 2)
    assert violations > 30


def test_the_smallest_eigenvalue_is_needed():
    """With the largest in the place of the n-th the bound is violated by its own minimiser."""
    Ds = [np.diag([4.0, 1.0]), np.diag([3.0, 2.0])]
    value = tangent_min_eigenvalue(unimodal_minimizer(Ds, 2, 2))
    assert deep_rates.unimodal_rate(Ds, 1, 1) > 2 * value == pytest.approx(2 * 6.0)


def test_unimodal_minimisers_attain_the_bound():
    for weights, _, n, m in cases(120):
        Ds, scale = imbalances(weights), unit(weights)
        attained = unimodal_minimizer(Ds, n, m)
        for have, want in zip(imbalances(attained), Ds, strict=True):
            np.testing.assert_allclose(
                have, want, atol=1e-11 * np.max(np.abs(np.vstack([D.ravel()[:, None] for D in Ds])))
            )
        bound = deep_rates.unimodal_rate(Ds, n, m)
        assert tangent_min_eigenvalue(attained) == pytest.approx(bound, rel=1e-9, abs=1e-13 * scale)
        assert not product(attained).any()


def test_one_sided_minimisers_attain_the_bound():
    seen = 0
    for weights, layer, n, m in cases(300, one_sided=True):
        if not (n < m if layer > 1 else n > m):
            continue
        Ds, sigma = imbalances(weights), float(np.linalg.svd(product(weights), compute_uv=False)[-1])
        attained = one_sided_minimizer(Ds, n, m, sigma)
        for have, want in zip(imbalances(attained), Ds, strict=True):
            np.testing.assert_allclose(
                have, want, atol=1e-11 * max(np.linalg.norm(w, 2) ** 2 for w in weights)
            )
        np.testing.assert_allclose(np.linalg.svd(product(attained), compute_uv=False), sigma, rtol=1e-9)
        bound = deep_rates.one_sided_rate(Ds, n, m, sigma)
        assert tangent_min_eigenvalue(attained) == pytest.approx(bound, rel=1e-9, abs=1e-13 * unit(weights))
        seen += 1
    assert seen > 50


def test_scalars_give_proposition_1_at_zero_and_the_scalar_squares():
    for d in ([2.0, 3.0], [1.0, 0.5, -2.0], [-1.0, -1.0, -4.0, -0.5]):
        Ds = [[[x]] for x in d]
        assert deep_rates.unimodal_rate(Ds, 1, 1) == scalar_rate(d, 0.0)
    x = scalar_squares([2.0, 3.0, 0.5], 0.7)
    rate = deep_rates.one_sided_rate([[[2.0]], [[3.0]], [[0.5]]], 1, 1, 0.7)
    assert rate == pytest.approx(np.prod(x[:-1]), rel=1e-14)


def test_limits():
    zero = [np.zeros((3, 3))] * 3
    assert deep_rates.one_sided_rate(zero, 2, 3, 0.7) == pytest.approx(0.7**1.5, rel=1e-14)
    assert deep_rates.one_sided_rate(zero, 3, 2, 0.7) == pytest.approx(0.7**1.5, rel=1e-14)
    assert deep_rates.unimodal_rate(zero, 2, 2) == 0.0
    Ds = [np.diag([3.0, 2.0]), np.diag([5.0, 4.0])]
    assert deep_rates.unimodal_rate(Ds, 2, 3) == pytest.approx((2 + 4) * 4)  # three layers, ordered
    assert deep_rates.one_sided_rate(Ds, 2, 3, 0.0) == pytest.approx(24.0)
    assert deep_rates.unimodal_rate([Ds[0], -Ds[1]], 2, 1) == pytest.approx(2 * 5.0)
    assert deep_rates.unimodal_rate([np.eye(1)], 2, 2) == 0.0, "narrower than the product"
    assert deep_rates.unimodal_rate([], 2, 3) == deep_rates.one_sided_rate([], 2, 3, 0.5) == 1.0


@pytest.mark.parametrize(("n", "m", "sign"), [(1, 2, 1), (2, 4, 1), (2, 1, -1)])
def test_two_layers_are_proposition_2(n, m, sign):
    draw = rng(n)
    G = draw.normal(size=(3, min(n, m)))
    D, W = sign * G @ G.T, draw.normal(size=(n, m))
    rate = deep_rates.one_sided_rate([D], n, m, max(sigmas(W)))
    assert rate == pytest.approx(two_layer_rate(D, W), rel=1e-10)


def test_mirror_image_and_homogeneity():
    for weights, _, n, m in cases(40, one_sided=True):
        Ds = imbalances(weights)
        mirrored = [-D for D in Ds[::-1]]
        assert deep_rates.unimodal_rate(mirrored, m, n) == pytest.approx(
            deep_rates.unimodal_rate(Ds, n, m), rel=1e-9
        )
        rate = deep_rates.one_sided_rate(Ds, n, m, 0.3)
        assert deep_rates.one_sided_rate(mirrored, m, n, 0.3) == pytest.approx(rate, rel=1e-9)
        depth = len(weights)
        tiny = deep_rates.one_sided_rate([1e-16 * D for D in Ds], n, m, 0.3 * 1e-16 ** (depth / 2))
        assert tiny == pytest.approx(rate * 1e-16 ** (depth - 1), rel=1e-8)


def test_the_square_root_of_scalars_is_false_for_matrices():
    """D = diag(4, 1), W = I: sqrt(1 + 4) is above the eigenvalue of weights that have them."""
    golden = (1 + np.sqrt(5)) / 2
    W1 = np.diag(np.sqrt([np.sqrt(5) + 2, golden]))
    W2 = np.diag(np.sqrt([np.sqrt(5) - 2, golden - 1]))
    np.testing.assert_allclose(imbalances([W1, W2])[0], np.diag([4.0, 1.0]), atol=1e-14)
    np.testing.assert_allclose(product([W1, W2]), np.eye(2), atol=1e-14)
    value = tangent_min_eigenvalue([W1, W2])
    assert value == pytest.approx(golden + np.sqrt(5) - 2, rel=1e-14)
    Ds = [np.diag([4.0, 1.0])]
    assert (
        deep_rates.one_sided_rate(Ds, 2, 2, 1.0)
        < value
        < naive_sqrt(Ds, 2, 2, 1.0)
        == pytest.approx(np.sqrt(5))
    )
    assert naive_sqrt([[[3.0]]], 1, 1, 2.0) == pytest.approx(5.0), "and true for scalars"


POSITIVE, NEGATIVE = np.diag([2.0, 1.0]), np.diag([-1.0, -2.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: deep_rates.unimodal_rate(3.0, 1, 1), "Ds must be a list of matrices, got float"),
        (
            lambda: deep_rates.unimodal_rate([[[0.0, 1.0], [0.0, 0.0]]], 1, 1),
            r"Ds\[0\] \(D_1\) must be symmetric",
        ),
        (
            lambda: deep_rates.unimodal_rate([POSITIVE, NEGATIVE, POSITIVE], 2, 2),
            r"Ds\[2\] \(D_3\) must be negative semidefinite, since D_2 has the negative eigenvalue -2, "
            "got the eigenvalue 2",
        ),
        (lambda: deep_rates.unimodal_rate([1e-20 * NEGATIVE, 1e-20 * POSITIVE], 2, 2), r"\(D_2\)"),
        (
            lambda: deep_rates.one_sided_rate([POSITIVE, NEGATIVE], 2, 2, 1e-3),
            r"the eigenvalue 2 in Ds\[0\] \(D_1\) and -2 in Ds\[1\] \(D_2\)",
        ),
        (lambda: deep_rates.one_sided_rate([1e-20 * POSITIVE, 1e-20 * NEGATIVE], 2, 2, 0.0), "must all be"),
        (lambda: deep_rates.one_sided_rate([POSITIVE], 2, 2, -1.0), "sigma must be finite and in"),
        (lambda: unimodal_minimizer([], 2, 2), "at least one imbalance"),
        (lambda: unimodal_minimizer([POSITIVE], 1, 2), r"Ds\[0\] must have rank at most 1"),
        (lambda: unimodal_minimizer([NEGATIVE], 2, 1), "got 1 as eigenvalue 2"),
        (lambda: one_sided_minimizer([POSITIVE], 2, 1, 1.0), "positive semidefinite for n < m"),
        (lambda: one_sided_minimizer([POSITIVE], 3, 3, 1.0), "at least 3 x 3"),
        (lambda: one_sided_minimizer([POSITIVE], 1, 3, 1.0), "rank at most 1"),
    ],
)
def test_what_the_bounds_do_not_cover_is_refused_by_name(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
