"""The sets of Definition 1 at one state against a literal twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds.bounds.proposition1 import OUTSIDE, groups, ratios, stack, worst
from flowbounds.models.tensor_ensembles import uniform_directions


def state(d, m, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(-2.0, 1.0, m), uniform_directions(d, m, rng), rng.integers(-1, d, m)


def literal(log_norms, u, owner):
    """Definition 1 column by column, with 1 - w_k^2 where subtraction is harmless."""
    d, m = u.shape
    mass, average, individual = np.zeros(d), np.zeros(d), np.zeros(m)
    for j in range(m):
        if owner[j] != OUTSIDE:
            individual[j] = 1 - u[owner[j], j] ** 2
            mass[owner[j]] += np.exp(2 * log_norms[j])
    for k in range(d):
        inside = [j for j in range(m) if owner[j] == k]
        if inside:
            average[k] = sum(np.exp(2 * log_norms[j]) * individual[j] for j in inside) / mass[k]
    return mass, average, individual


@given(st.integers(2, 6), st.integers(1, 12), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_groups_are_the_definition(d, m, seed):
    log_norms, u, owner = state(d, m, seed)
    found = groups(log_norms, u, owner)
    for one, two in zip(
        (found.mass, found.average, found.individual), literal(log_norms, u, owner), strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-15)
    assert found.count.sum() == np.sum(owner != OUTSIDE)


def test_misalignment_survives_where_subtraction_would_not():
    tiny = 1e-30
    u = np.array([[1.0], [tiny]])
    found = groups(np.zeros(1), u, np.array([0]))
    assert found.individual[0] == tiny**2 > 1 - 1.0**2


def test_ratios_by_hand():
    """Two targets, epoch 2, one member of S_0, one component outside."""
    log_norms = np.array([np.log(np.sqrt(0.5)), -9.0])
    u = np.array([[np.sqrt(0.99), 0.0], [0.1, 1.0]])
    owner = np.array([0, OUTSIDE])
    a = np.array([0.6, 0.4])
    drift = 2 * 2 * np.exp(-16.0)
    got = ratios(
        groups(log_norms, u, owner),
        log_norms,
        owner,
        a,
        alpha=0.2,
        log_delta1=-8.0,
        unit=0.05,
        epoch=2,
        threshold=0.5,
    )
    np.testing.assert_allclose(got.individual, 0.01 / 0.2)
    np.testing.assert_allclose(got.average, 0.01 / (0.04 + 4 * drift))
    np.testing.assert_allclose(got.gap_low, (0.1 + drift) / 0.05)
    np.testing.assert_allclose(got.gap_high, (0.1 - drift) / 0.05)  # 0.4 is below the threshold
    np.testing.assert_allclose(got.outside, -1.0)
    nobody = np.full(2, OUTSIDE)
    empty = ratios(
        groups(log_norms, u, nobody),
        log_norms,
        nobody,
        a,
        alpha=0.2,
        log_delta1=-8.0,
        unit=0.05,
        epoch=0,
        threshold=0.7,
    )
    assert (empty.individual, empty.average, empty.gap_high) == (0, 0, -np.inf)
    both = worst([stack([got, empty]), got])
    assert both.individual == got.individual
    assert both.gap_low == got.gap_low
    assert both.outside == empty.outside
