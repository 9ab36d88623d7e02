"""One bound for every depth: each part where it applies, zero where none does, and never above the truth."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import comparison
from flowbounds.bounds.balanced_rates import balanced_rate
from flowbounds.bounds.comparison import rate_bound
from flowbounds.bounds.deep_rates import one_sided_rate, unimodal_rate
from flowbounds.bounds.scalar_rates import scalar_rate, scalar_rate_exact
from flowbounds.bounds.short_product import short_product_rate
from flowbounds.bounds.three_layer_rates import three_layer_rate
from flowbounds.bounds.two_layer_rates import two_layer_rate_at_margin
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers

UP, DOWN = np.diag([3.0, 1.0]), np.diag([-1.0, -2.0])
MIXED = np.diag([2.0, -1.0])
ZERO = np.zeros((2, 2))


def test_each_part_where_it_applies():
    assert rate_bound([], 2, 3, 0.5) == 1.0
    assert rate_bound([1.0, -2.0], 1, 1, 0.5) == scalar_rate_exact([1.0, -2.0], 0.5)
    assert rate_bound([MIXED], 2, 3, 0.5) == two_layer_rate_at_margin(MIXED, 2, 3, 0.5)
    assert rate_bound([MIXED, MIXED], 1, 1, 0.5) == three_layer_rate(MIXED, MIXED, 1, 1)
    assert rate_bound([UP, UP, UP], 2, 3, 0.5) == one_sided_rate([UP, UP, UP], 2, 3, 0.5)
    assert rate_bound([UP] * 5 + [DOWN], 2, 2) == unimodal_rate([UP] * 5 + [DOWN], 2, 2) > 0
    assert rate_bound([ZERO] * 3, 2, 2, 0.5) == balanced_rate(2, 2, 4, 0.5) == 4 * 0.5**1.5
    assert rate_bound([ZERO] * 3, 2, 3, 0.5) == pytest.approx(balanced_rate(2, 3, 4, 0.5), rel=1e-14)
    Ds = imbalances([[[-0.8]], [[1.0, 0.6]], [[-0.4], [1.9]], [[3.9]]])  # the first two grow inwards
    assert rate_bound(Ds, 1, 1) == short_product_rate(Ds, 1, 1) > 0


def test_nothing_is_known_without_an_order_beyond_five_layers():
    assert rate_bound([UP, DOWN, UP, DOWN, UP], 2, 2, 5.0) == 0.0


def test_at_zero_imbalance_and_next_to_it():
    """Continuous where n and m differ; where they agree our proofs lose a factor L."""
    near = [1e-9 * UP] * 2
    assert rate_bound(near, 2, 3, 1.0) == pytest.approx(rate_bound([ZERO] * 2, 2, 3, 1.0), rel=1e-6)
    assert rate_bound(near, 2, 2, 1.0) == pytest.approx(rate_bound([ZERO] * 2, 2, 2, 1.0) / 3, rel=1e-6)


@pytest.mark.parametrize(
    "chain", [(1, 1, 1, 1), (2, 4, 3), (2, 4, 4, 2), (1, 3, 3, 3, 1), (2, 3, 3, 3, 3, 3, 2)]
)
def test_below_the_eigenvalue_and_not_decreasing_in_sigma(chain):
    draw = np.random.default_rng(1)
    for _ in range(40):
        weights = random_layers(pairwise(chain), draw)
        Ds, sigma = imbalances(weights), np.linalg.svd(product(weights), compute_uv=False)[-1]
        rates = [rate_bound(Ds, chain[0], chain[-1], s) for s in (0.0, 0.5 * sigma, sigma)]
        assert rates == sorted(rates)
        assert rates[-1] <= tangent_min_eigenvalue(weights) * (1 + 1e-9) + 1e-12


def test_above_proposition_1_for_scalars():
    draw = np.random.default_rng(2)
    for _ in range(50):
        d, w = draw.normal(size=3), draw.normal()
        assert rate_bound(list(d), 1, 1, abs(w)) >= scalar_rate(d, w) * (1 - 1e-12)


def test_mirror_image():
    for Ds in ([UP, MIXED], [UP, UP, UP], [UP, UP, DOWN], [MIXED]):
        mirrored = [-D for D in Ds[::-1]]
        assert rate_bound(mirrored, 3, 2, 0.4) == pytest.approx(rate_bound(Ds, 2, 3, 0.4), rel=1e-12)


def test_only_the_order_is_forgiven():
    with pytest.raises(HypothesisError, match=r"Ds\[1\] \(D_2\) must be symmetric"):
        rate_bound([UP, [[0.0, 1.0], [0.0, 0.0]], UP], 2, 2)
    with pytest.raises(HypothesisError, match="sigma must be finite"):
        rate_bound([UP, DOWN, UP], 2, 2, -1.0)
    assert comparison.rate_bound([1e-16 * MIXED] * 2, 2, 3, 1.0) == pytest.approx(1.0), "rounding, not signs"
