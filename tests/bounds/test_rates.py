"""Proposition 2, margin and envelopes: 40-digit goldens, closed forms, limits, laws, symmetries."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.bounds import rates
from flowbounds.bounds.two_layer_rates import grown, part
from flowbounds.models.linear_network import imbalances, product

DIGITS = 40


def rng(seed=1):
    return np.random.default_rng(seed)


def golden(D, W):
    """Proposition 2 literally, in 40 digits: spectra by mpmath, no rearrangement."""
    with mp.workdps(DIGITS):
        n, m = W.shape
        values = sorted(mp.eigsy(mp.matrix(D.tolist()), eigvals_only=True), reverse=True)
        squares = mp.matrix((W @ W.T if n <= m else W.T @ W).tolist())  # exact: W holds small integers
        sigma = [mp.sqrt(max(x, mp.mpf(0))) for x in sorted(mp.eigsy(squares, eigvals_only=True))[::-1]]

        def kth(spectrum, k):
            return max(spectrum[k - 1], mp.mpf(0)) if k <= len(spectrum) else mp.mpf(0)

        flipped = [-x for x in values[::-1]]
        plus, minus = kth(values, 1) - kth(values, n), kth(flipped, 1) - kth(flipped, m)
        gap = kth(values, n) + kth(flipped, m)
        first = -plus + mp.sqrt((plus + gap) ** 2 + 4 * kth(sigma, m) ** 2)
        second = -minus + mp.sqrt((minus + gap) ** 2 + 4 * kth(sigma, n) ** 2)
        return (first + second) / 2


@pytest.mark.parametrize("seed", range(12))
def test_the_two_layer_rate_is_that_of_40_digits(seed):
    draw = rng(seed)
    n, m, h = draw.integers(1, 5, size=3)
    root = draw.integers(-4, 5, size=(h, h))
    D, W = (root + root.T).astype(float), draw.integers(-3, 4, size=(n, m)).astype(float)
    exact = golden(D, W)
    unit = float(np.linalg.norm(D, 2) + np.linalg.norm(W, 2))
    assert abs(mp.mpf(rates.two_layer_rate(D, W)) - exact) <= 2e-15 * unit
    assert sum(rates.two_layer_parts(D, W)) == pytest.approx(float(exact), abs=2e-15 * unit)


@pytest.mark.parametrize(
    ("D", "W", "value"),
    [
        ([[3.0]], [[2.0]], "5"),
        ([[1.0]], [[1.0]], "2.236067977499789696409173668731276235441"),
        (np.diag([4.0, 1.0]), np.eye(2), "1.854101966249684544613760503096914353161"),
        (
            np.diag([4.0, 2.0, -1.0]),
            [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            "2.302775637731994646559610633735247973126",
        ),
    ],
)
def test_goldens_typed_in_40_digits(D, W, value):
    D, W = np.array(D), np.array(W)
    with mp.workdps(DIGITS):
        assert abs(golden(D, W) - mp.mpf(value)) < mp.mpf(10) ** (3 - DIGITS)
    assert rates.two_layer_rate(D, W) == pytest.approx(float(value), rel=4e-16)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_scalars_give_the_exact_hyperbola(d, w):
    exact = float(np.hypot(d, 2 * w))
    assert rates.two_layer_rate(d, w) == pytest.approx(exact, rel=1e-15)
    assert rates.scalar_rate([d], w) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 3), (3, 2), (1, 4)])
def test_limits(n, m):
    draw = rng(n + 10 * m)
    h = n + m
    root = draw.normal(size=(h, h))
    D, W = root + root.T, draw.normal(size=(n, m))
    values, sigma = np.linalg.eigvalsh(D)[::-1], np.linalg.svd(W, compute_uv=False)[-1]
    gap = max(values[n - 1], 0) + max(-values[h - m], 0)
    assert rates.two_layer_rate(D, 0 * W) == pytest.approx(gap, rel=1e-13, abs=1e-14)
    assert rates.two_layer_rate(0 * D, W) == pytest.approx((2 if n == m else 1) * sigma, rel=1e-13)
    assert rates.two_layer_rate(0 * D, 0 * W) == 0.0
    assert rates.two_layer_rate_at_margin(D, n, m, sigma) == pytest.approx(
        rates.two_layer_rate(D, W), rel=1e-13
    )


def test_a_multiple_of_the_identity_is_tarmouns_rate():
    W = rng(3).normal(size=(3, 3))
    sigma = np.linalg.svd(W, compute_uv=False)[-1]
    for lam in (-2.0, 0.5):
        expected = np.hypot(lam, 2 * sigma)
        assert rates.two_layer_rate(lam * np.eye(3), W) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_symmetries_and_homogeneity(seed):
    draw = rng(seed)
    n, m, h = draw.integers(1, 5, size=3)
    W1, W2 = draw.normal(size=(n, h)), draw.normal(size=(h, m))
    D, W = imbalances([W1, W2])[0], product([W1, W2])
    turn = np.linalg.qr(draw.normal(size=(h, h)))[0]
    bound = rates.two_layer_rate(D, W)
    near = {"rel": 1e-11, "abs": 1e-13 * np.linalg.norm(D, 2)}
    assert rates.two_layer_rate(-D, W.T) == pytest.approx(bound, **near)
    turned = turn @ D @ turn.T
    assert rates.two_layer_rate((turned + turned.T) / 2, W) == pytest.approx(bound, **near)
    assert rates.two_layer_rate(4 * D, 4 * W) == pytest.approx(4 * bound, **near)
    assert rates.two_layer_parts(-D, W.T)[::-1] == pytest.approx(rates.two_layer_parts(D, W), **near)


def test_small_parts_keep_their_digits():
    """The naive form loses everything to cancellation here."""
    assert grown(1.0, 0.0, 1e-12) == pytest.approx(2e-24, rel=1e-12)
    assert grown(1e300, 1e300, 1e300) < np.inf
    assert grown(1e-300, 1e-300, 1e-300) > 0
    assert part(0.0, 1.0, 1e-12) == pytest.approx(1e-24, rel=1e-12)
    assert part(2.0, 3.0, 0.0) == 2.0


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1e3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_part_is_the_root_it_says(a, b, sigma):
    x = part(a, b, sigma)
    assert x >= a
    assert (x - a) * (x + b) == pytest.approx(sigma**2, rel=1e-9, abs=1e-12 * (a + b + sigma) ** 2)


def test_the_margin():
    W = np.diag([3.0, 2.0])
    assert rates.margin(W, W, K=5.0, mu=1.0) == pytest.approx(2.0, rel=1e-15)
    assert rates.margin(W, W + 0.25, K=4.0, mu=1.0) == pytest.approx(1.0)
    assert rates.margin(W, W + 10, K=4.0, mu=1.0) == 0.0
    assert rates.margin(W, W, K=4.0, mu=0.0) == 0.0, "without strong convexity nothing bounds the product"
    assert rates.margin(2.0, 2.0, K=1.0, mu=5e-324) == pytest.approx(2.0)
    assert rates.margin(2.0, 1.0, K=1.0, mu=5e-324) == 0.0
    with pytest.raises(HypothesisError, match="mu must be at most K"):
        rates.margin(W, W, K=1.0, mu=2.0)
    with pytest.raises(HypothesisError, match="W0 must have the shape"):
        rates.margin(W, np.ones((2, 3)), K=1.0, mu=1.0)


def test_envelopes_solve_their_equations():
    t = np.linspace(0, 3, 400)
    for beta in (0.5, 0.75, 1.0, 2.0):
        gap = rates.lojasiewicz_gap(0.7, 1.3, 0.4, t, beta=beta)
        slope = np.gradient(gap, t, edge_order=2)
        np.testing.assert_allclose(slope, -0.4 * 1.3**2 * gap ** (2 * beta), rtol=2e-4)
    half = rates.lojasiewicz_gap(0.7, 1.3, 0.4, t, beta=0.5)
    np.testing.assert_allclose(half, rates.exponential_gap(0.7, 1.3**2, 0.4, t), rtol=1e-14)
    assert rates.lojasiewicz_gap(0.0, 1.0, 1.0, t).max() == 0
    assert np.ndim(rates.exponential_gap(1.0, 1.0, 1.0, 2.0)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rates.two_layer_rate([[0.0, 1.0], [0.0, 0.0]], [[1.0]]), "D must be symmetric"),
        (lambda: rates.two_layer_rate([[0.0, 1.0]], [[1.0]]), "D must be square"),
        (lambda: rates.two_layer_rate([[np.nan]], [[1.0]]), "D must be finite"),
        (lambda: rates.two_layer_rate_at_margin([[1.0]], 1, 1, -1.0), "sigma must be finite and in"),
        (lambda: rates.two_layer_rate_at_margin([[1.0]], 0, 1, 1.0), "n must be an integer"),
        (lambda: rates.lojasiewicz_gap(1.0, 1.0, 1.0, 1.0, beta=0.4), "beta must be finite and in"),
        (lambda: rates.exponential_gap(1.0, 1.0, 1.0, [-1.0]), "t must be non-negative"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
