"""The bound off the diagonal: true for every state, and the norm agrees with the dense tensor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.bounds.near_orthogonal import off_diagonal_bound
from flowbounds.bounds.proposition1 import OUTSIDE, groups
from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import uniform_directions


def dense(u, weights, order):
    """All entries, those on the diagonal removed."""
    letters = "abcde"[:order]
    T = np.einsum(",".join(f"{one}j" for one in letters) + ",j->" + letters, *([u] * order), weights)
    i = np.arange(u.shape[0])
    T[(i,) * order] = 0.0
    return np.linalg.norm(T)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_norm_is_that_of_the_dense_tensor(order):
    rng = np.random.default_rng(order)
    u, weights = uniform_directions(4, 6, rng), rng.normal(size=6)
    assert tensor.off_diagonal_norm(u, weights, order) == pytest.approx(dense(u, weights, order), rel=1e-13)


def test_the_norm_has_relative_accuracy_near_the_diagonal():
    """sqrt(4) * tilt to first order, where 1 - sum of squares would have lost every digit."""
    tilt = 1e-12
    u = np.array([[1.0], [tilt]])
    assert tensor.off_diagonal_norm(u, np.ones(1)) == pytest.approx(2 * tilt, rel=1e-10)
    assert tensor.off_diagonal_norm(np.eye(3), np.ones(3)) == 0.0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(-6, 0.5))
def test_no_state_exceeds_the_bound(seed, d, log_tilt):
    """Components near the axes, near two of them, and anywhere."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(-1, d, size=12)
    u = uniform_directions(d, 12, rng) * np.where(owner == OUTSIDE, 1.0, 10.0**log_tilt)
    u[owner[owner != OUTSIDE], np.flatnonzero(owner != OUTSIDE)] += 1
    u /= np.linalg.norm(u, axis=0)
    log_norms = rng.normal(-2, 1, size=12)
    sets, mass = groups(log_norms, u, owner), np.exp(2 * log_norms)
    bound = off_diagonal_bound(sets.mass, sets.average, mass[owner == OUTSIDE].sum())
    assert tensor.off_diagonal_norm(u, mass) <= bound * (1 + 1e-12)


def test_one_component_attains_it_to_first_order():
    """u = sqrt(1-q) e_1 + sqrt(q) e_2: the exact norm is 2 sqrt(q) for small q."""
    q = 1e-8
    u = np.array([[np.sqrt(1 - q)], [np.sqrt(q)]])
    ratio = tensor.off_diagonal_norm(u, np.ones(1)) / off_diagonal_bound([1.0, 0.0], [q, 0.0], 0.0)
    assert 1 - 1e-7 < ratio <= 1


def test_bad_input_names_the_argument():
    with pytest.raises(HypothesisError, match=r"average must be at most 1, got 1\.5"):
        off_diagonal_bound([1.0], [1.5], 0.0)
    with pytest.raises(HypothesisError, match="average must have shape"):
        off_diagonal_bound([1.0], [0.5, 0.5], 0.0)
