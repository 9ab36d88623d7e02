"""The tangent space of sums of powers: dense twins, closed forms, symmetry, and the floor."""

from itertools import permutations
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.bounds import lazy
from flowbounds.bounds import tangent_space as space
from flowbounds.models.tensor_ensembles import uniform_directions


def drawn(d, m, seed=1):
    return uniform_directions(d, m, np.random.default_rng(seed))


def dense_power(vectors):
    """Outer product of a list of vectors, symmetrised: the literal twin, d^l entries."""
    order, total = len(vectors), 0
    for turn in permutations(vectors):
        outer = turn[0]
        for v in turn[1:]:
            outer = np.multiply.outer(outer, v)
        total = total + outer
    return total / factorial(order)


def dense_columns(U, order):
    d, m = U.shape
    eye = np.eye(d)
    columns = [dense_power([U[:, i]] * (order - 1) + [eye[a]]) for i in range(m) for a in range(d)]
    return np.array([column.ravel() for column in columns]).T


@pytest.mark.parametrize(("order", "d", "m"), [(2, 3, 2), (3, 3, 2), (4, 2, 3), (4, 3, 1)])
def test_columns_are_the_dense_ones(order, d, m):
    U = drawn(d, m)
    dense = dense_columns(U, order)
    columns = space.tangent_columns(U, order)
    np.testing.assert_allclose(columns.T @ columns, dense.T @ dense, atol=1e-14)
    np.testing.assert_allclose(space.tangent_gram(U, order), dense.T @ dense, atol=1e-14)
    powers = space.coordinates_of_each(U, order)
    tensors = np.array([dense_power([u] * order).ravel() for u in U.T]).T
    np.testing.assert_allclose(powers.T @ columns, tensors.T @ dense, atol=1e-14)


@pytest.mark.parametrize(("order", "d"), [(3, 4), (4, 3)])
def test_the_tangent_space_is_that_of_small_moves(order, d):
    """A finite difference of the tensor is within S_U up to its own second order."""
    U, moves = drawn(d, 2), drawn(d, 2, seed=2)
    slopes = []
    for h in (1e-2, 1e-3):
        moved = space.coordinates_of_each(U + h * moves, order) - space.coordinates_of_each(U, order)
        outside = space.normal_basis(U, order).T @ np.sum(moved, axis=1)
        slopes.append(np.linalg.norm(outside) / h)
    assert slopes[0] / slopes[1] == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(("order", "d"), [(3, 3), (4, 2), (5, 4)])
def test_moments_are_averages(order, d):
    powers = space.coordinates_of_each(drawn(d, 40_000), order)
    average = powers @ powers.T / powers.shape[1]
    assert np.max(np.abs(average - space.moment_matrix(order, d))) < 5 / np.sqrt(powers.shape[1])
    assert np.trace(space.moment_matrix(order, d)) == pytest.approx(1, abs=1e-14)


def test_no_dimension_exceeds_the_count_and_four_stay_below():
    below = [
        (order, d, m)
        for order in (3, 4, 5, 6)
        for d in range(1, 9)
        for m in range(1, 40)
        if lazy.tangent_dimension(order, d, m) != min(d * m, comb(d + order - 1, order))
    ]
    assert below == [(3, 5, 7), (4, 3, 5), (4, 4, 9), (4, 5, 14)]
    assert [lazy.tangent_dimension(*case) for case in below] == [34, 14, 34, 69]


@given(st.integers(3, 7), st.integers(1, 60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_threshold_is_the_first_that_fills(order, d):
    N, m = comb(d + order - 1, order), lazy.threshold(order, d)
    assert lazy.tangent_dimension(order, d, m) == N
    assert m == 1 or lazy.tangent_dimension(order, d, m - 1) < N


@given(st.integers(1, 8), st.integers(1, 50))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_spectrum_counts_everything_once(order, d):
    listed = lazy.moment_spectrum(order, d)
    values = [value for _, value, _ in listed]
    assert sum(count for _, _, count in listed) == comb(d + order - 1, order)
    assert sum(count * value for _, value, count in listed) == pytest.approx(1, rel=1e-13)
    assert values == sorted(values)
    for m in (1, 2, 5):
        spectral, closed = lazy.spectral_bound(order, d, m), lazy.lower_bound(order, d, m)
        assert spectral >= closed - 1e-15
        assert (spectral > 0) == (closed > 0)


def test_the_closed_form_is_the_printed_one():
    for order, d, m in [(3, 10, 5), (4, 7, 3), (5, 4, 2), (3, 10, 40)]:
        first = np.prod([(d + j) / (d + 2 * j) for j in range(order)])
        second = m * factorial(order) / np.prod([d + 2 * j for j in range(1, order)])
        assert lazy.lower_bound(order, d, m) == pytest.approx(first - second, rel=1e-13)


@given(st.integers(0, 10**6), st.sampled_from([(3, 3, 2), (3, 4, 3), (4, 3, 3), (3, 4, 6)]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_rotation_order_and_length_do_not_matter_and_the_bound_holds(seed, size):
    order, d, m = size
    rng = np.random.default_rng(seed)
    U = uniform_directions(d, m, rng)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    value = space.expected_distance_squared(U, order)
    again = space.expected_distance_squared((turn @ U)[:, rng.permutation(m)] * rng.uniform(0.1, 9, m), order)
    assert again == pytest.approx(value, abs=1e-10)
    assert value >= lazy.spectral_bound(order, d, m) - 1e-12
    star, c = uniform_directions(d, 2, rng), rng.normal(size=2)
    turned = lazy.distance_squared(turn @ U, turn @ star, c, order)
    assert turned == pytest.approx(lazy.distance_squared(U, star, c, order), abs=1e-10)


def test_the_expected_distance_is_an_average():
    U, stars = drawn(4, 3), drawn(4, 4000, seed=2)
    outside = space.normal_basis(U, 3).T @ space.coordinates_of_each(stars, 3)
    assert np.mean(np.sum(outside**2, axis=0)) == pytest.approx(
        space.expected_distance_squared(U, 3), abs=0.02
    )
    one = lazy.distance_squared(U, stars[:, :1], [1.0], 3)
    assert one == pytest.approx(float(np.sum(outside[:, 0] ** 2)), rel=1e-12)


@pytest.mark.parametrize(("d", "m"), [(3, 3), (4, 4), (5, 5), (5, 6), (6, 8)])
def test_an_orthonormal_basis_attains_the_bound_at_order_three(d, m):
    basis = np.linalg.qr(np.random.default_rng(3).normal(size=(d, d)))[0]
    U = np.hstack([basis, drawn(d, m)])[:, :m]
    assert space.expected_distance_squared(U, 3) == pytest.approx(lazy.lower_bound(3, d, m), rel=1e-9)


def test_extreme_lengths_and_zero_columns():
    U, star = drawn(4, 3), drawn(4, 1, seed=2)
    expected = lazy.distance_squared(U, star, [1.0], 3)
    for lengths in ([1e-200, 1.0, 1e200], [1e-300, 1e-310, 1e300]):
        assert lazy.distance_squared(U * lengths, star, [1.0], 3) == pytest.approx(expected, rel=1e-9)
    padded = np.hstack([U, np.zeros((4, 1))])
    assert lazy.distance_squared(padded, star, [1.0], 3) == pytest.approx(expected, rel=1e-12)
    assert lazy.distance_squared(np.zeros((4, 2)), star, [2.0], 3) == pytest.approx(4)


def test_what_is_full_is_zero_and_what_is_reached_is_zero():
    assert lazy.distance_squared(drawn(4, 5), drawn(4, 3, seed=2), [1.0, -2.0, 0.5], 3) < 1e-15
    assert space.expected_distance_squared(drawn(4, 5), 3) == 0
    U = drawn(5, 2)
    assert lazy.distance_squared(U, U, [3.0, -1.0], 4) < 1e-25


def test_hypotheses_are_named():
    with pytest.raises(HypothesisError, match=r"order must be an integer, at least 3"):
        lazy.tangent_dimension(2, 3, 2)
    with pytest.raises(HypothesisError, match=r"c_star must have shape"):
        lazy.distance_squared(drawn(3, 2), drawn(3, 2), [1.0], 3)
