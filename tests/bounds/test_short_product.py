"""The short-product bound: literal twin in 40 digits, three layers exactly, laws, drawn layers, refusals."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import short_product
from flowbounds.bounds.deep_rates import unimodal_rate
from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.bounds.short_product import floor_beyond, inner_floors, short_product_rate
from flowbounds.bounds.three_layer_rates import three_layer_rate
from flowbounds.models.linear_network import imbalances, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers

DIGITS = 40


def rng(seed=1):
    return np.random.default_rng(seed)


def drawn(count, seed, depths=(3, 4, 5), most=3):
    """Gaussian layers that grow outwards from a middle one, which is where the bound says something."""
    draw = rng(seed)
    for trial in range(count):
        depth = depths[trial % len(depths)]
        sizes = draw.integers(1, most + 1, size=depth + 1).tolist()
        weights = random_layers(pairwise(sizes), draw)
        at = (depth - 1) // 2
        yield [4.0 ** abs(k - at) * layer for k, layer in enumerate(weights)]


def sizes(weights):
    return weights[0].shape[0], weights[-1].shape[1]


def unit(weights):
    return max(np.linalg.norm(layer, 2) ** 2 for layer in weights) ** (len(weights) - 1)


def golden(Ds, n, m):
    """The bound literally, in 40 digits: every floor by Weyl to a fixed point, both ends, the sum."""

    def decreasing(D):
        return sorted(mp.eigsy(mp.matrix(D.tolist()), eigvals_only=True), reverse=True)

    def at(values, i):
        return values[i - 1] if 1 <= i <= len(values) else mp.mpf(0)

    with mp.workdps(DIGITS):
        up = [decreasing(D) for D in Ds]
        down = [decreasing(-D) for D in Ds]
        depth = len(Ds) + 1
        most = max(len(one) for one in up)
        floors = [[mp.mpf(0)] * most for _ in range(depth)]
        for _ in range(depth):  # there and back as often as information can travel
            for k in range(depth):
                for near, values in ((k - 1, down), (k + 1, up)):
                    if not 0 <= near < depth:
                        continue
                    D = values[min(k, near)]
                    h = len(D)
                    for t in range(1, h + 1):
                        for i in range(t, h + 1):
                            reach = at(floors[near], i) + at(D, t + h - i)
                            floors[k][t - 1] = max(floors[k][t - 1], reach)

        def products(D, floor, k):
            Delta = Delta_2 = mp.mpf(0)
            for i in range(1, len(D) + 1):
                x = floor[i - 1]
                y = min(x, at(D, i + 1 - k)) if i + 1 - k >= 1 else x
                Delta, Delta_2 = Delta + x - y, Delta_2 + x**2 - y**2
            return [mp.mpf(1), Delta, (Delta_2 + Delta**2) / 2]

        left, right = products(down[0], floors[1], n), products(up[-1], floors[depth - 2], m)
        terms = [(k, depth - 1 - k) for k in range(depth)]
        return sum(left[a] * right[b] for a, b in terms if a <= 2 and b <= 2)


def test_the_bound_is_that_of_40_digits_with_floors_at_their_fixed_point():
    positive = 0
    for weights in drawn(30, seed=2):
        Ds, (n, m) = imbalances(weights), sizes(weights)
        have, want = short_product_rate(Ds, n, m), golden(Ds, n, m)
        assert abs(have - want) <= 1e-13 * unit(weights)
        positive += want > 1e-6 * unit(weights)
    assert positive >= 5


def test_three_layers_have_their_own_bound():
    """To rounding of the eigenvalues: one takes those of D_1, the other those of -D_1."""
    for weights in drawn(60, seed=3, depths=(3,), most=4):
        Ds, (n, m) = imbalances(weights), sizes(weights)
        near = {"rel": 1e-12, "abs": 1e-14 * unit(weights)}
        assert short_product_rate(Ds, n, m) == pytest.approx(three_layer_rate(*Ds, n, m), **near)


def test_no_violation_where_the_bound_says_something():
    counted = {3: 0, 4: 0, 5: 0}
    for weights in drawn(450, seed=4):
        bound = short_product_rate(imbalances(weights), *sizes(weights))
        assert bound <= tangent_min_eigenvalue(weights) + 1e-12 * unit(weights)
        counted[len(weights)] += bound > 1e-8 * unit(weights)
    assert min(counted.values()) >= 15


def test_floors_are_below_the_squared_singular_values_and_farther_imbalances_raise_them():
    raised = 0
    for weights in drawn(90, seed=5, depths=(4, 5)):
        values = spectra(imbalances(weights))
        scale = max(np.linalg.norm(layer, 2) for layer in weights) ** 2
        for floor, layer in zip(inner_floors(values), (weights[1], weights[-2]), strict=True):
            squares = np.zeros(max(floor.size, *layer.shape))
            squares[: min(layer.shape)] = np.linalg.svd(layer, compute_uv=False) ** 2
            assert np.all(floor <= squares[: floor.size] + 1e-12 * scale)
        near = np.zeros(values[1].size)
        near[: values[0].size] = np.maximum(-values[0][::-1], 0)[: near.size]
        raised += np.any(inner_floors(values)[0][: near.size] > near + 1e-6 * scale)
    assert raised > 20


def test_weyl_is_sharp_for_diagonal_matrices_and_from_nothing_it_is_the_spectrum():
    values = np.array([3.0, 1.0, -2.0])
    np.testing.assert_array_equal(floor_beyond(np.zeros(0), values), values)
    np.testing.assert_array_equal(floor_beyond(np.array([5.0, 5.0, 5.0, 9.0]), values), values + 5)
    assert floor_beyond(np.array([4.0]), np.array([1.0, 0.0])).tolist() == [4.0, 0.0]


@pytest.mark.parametrize("d", [(1.0, -2.0, -3.0), (2.0, 1.0, -3.0), (4.0, -1.0, -2.0)])
def test_scalars_whose_smallest_weight_is_inside_have_proposition_1(d):
    want = scalar_rate(d, 0.0)
    assert short_product_rate([[[x]] for x in d], 1, 1) == pytest.approx(want, rel=1e-14)


def test_ordered_imbalances_around_an_inner_layer_have_their_exact_minimum():
    up, down = np.diag([3.0, 1.0]), np.diag([-0.5, -2.0])
    for Ds in ([up, down, down], [up, up, down], [up, up, down, down]):
        assert short_product_rate(Ds, 2, 2) == pytest.approx(unimodal_rate(Ds, 2, 2), rel=1e-14)


def test_ordered_imbalances_around_an_outer_layer_have_none():
    up = np.diag([3.0, 1.0])
    assert short_product_rate([up, up, up], 2, 2) == 0.0
    assert unimodal_rate([up, up, up], 2, 2) > 0


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_symmetries_and_homogeneity(depth):
    for weights in drawn(12, seed=10 + depth, depths=(depth,)):
        Ds, (n, m) = imbalances(weights), sizes(weights)
        bound, near = short_product_rate(Ds, n, m), {"rel": 1e-10, "abs": 1e-12 * unit(weights)}
        mirrored = [-D for D in Ds[::-1]]
        assert short_product_rate(mirrored, m, n) == pytest.approx(bound, **near)
        scaled = short_product_rate([4 * D for D in Ds], n, m)
        assert scaled == pytest.approx(4.0 ** (depth - 1) * bound, rel=1e-12)
        turned = [np.linalg.qr(rng(depth).normal(size=D.shape))[0] for D in Ds]
        turned = [Q @ D @ Q.T for Q, D in zip(turned, Ds, strict=True)]
        assert short_product_rate([(D + D.T) / 2 for D in turned], n, m) == pytest.approx(bound, **near)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_other_depths_are_refused(count):
    with pytest.raises(HypothesisError, match=f"Ds must hold 2, 3 or 4 imbalances.*got {count}"):
        short_product_rate([np.eye(2)] * count, 2, 2)


def test_what_is_no_list_of_symmetric_matrices_is_refused():
    with pytest.raises(HypothesisError, match=r"Ds\[1\] \(D_2\) must be symmetric"):
        short_product_rate([np.eye(2), [[0.0, 1.0], [0.0, 0.0]]], 1, 1)
    with pytest.raises(HypothesisError, match="Ds must be a list"):
        short_product_rate(3.0, 1, 1)


def test_five_layers_keep_only_the_middle_term():
    ends = short_product.EndProducts((1.0, 2.0, 3.0), (1.0, 5.0, 7.0))
    assert [short_product.combine(ends, depth) for depth in (3, 4, 5)] == [7 + 10 + 3, 14 + 15, 21]
