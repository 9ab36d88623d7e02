"""Families of weights: sum one, largest first, the floor kept or called infeasible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.models.target_weights import FAMILIES, floored_weights, target_weights


def rng():
    return np.random.default_rng(4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("r", [1, 2, 9])
def test_sum_one_largest_first(family, r):
    a = target_weights(family, r, 9, 0.3, rng())
    assert a.shape == (r,)
    assert a.sum() == pytest.approx(1, abs=1e-14)
    assert (np.diff(a) <= 0).all()


@given(st.integers(1, 30), st.floats(0, 1), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_floored_weights_are_the_only_ones(r, share, seed):
    """Nothing below the floor, the sum one, and what is above it in proportion."""
    shares, floor = np.random.default_rng(seed).exponential(size=r), share / r
    a = floored_weights(shares, floor)
    assert a.sum() == pytest.approx(1, abs=1e-12)
    assert a.min() >= floor * (1 - 1e-12)
    above = a > floor * (1 + 1e-9)
    if above.any():
        scale = a[above] / shares[above]
        np.testing.assert_allclose(scale, scale[0], rtol=1e-9)
        assert (scale[0] * shares[~above] <= floor * (1 + 1e-9)).all()


def test_ratios_and_power_law():
    assert target_weights("steep", 3, 5, 0.1, rng()).tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert target_weights("power", 2, 5, 0.1, rng()).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert target_weights("dirichlet", 20, 20, 0.1, rng()).min() >= 0.1 / np.sqrt(20) - 1e-15


def test_an_infeasible_floor_is_refused():
    """Twenty weights of eps/sqrt(d) at d = 20, eps = 0.3 add up to more than one."""
    with pytest.raises(HypothesisError, match="infeasible"):
        target_weights("dirichlet", 20, 20, 0.3, rng())
    with pytest.raises(HypothesisError, match="family"):
        target_weights("gauss", 2, 20, 0.3, rng())
    with pytest.raises(HypothesisError, match="shares"):
        floored_weights([0.0, 0.0], 0.1)
