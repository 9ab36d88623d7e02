"""Typical columns in any dimension: exact where they can be written out, close to random ones elsewhere."""

import numpy as np
import pytest

from flowbounds.dynamics import tensor_power
from flowbounds.dynamics.lucky_columns import RepeatedPath, last_epoch, order_means
from flowbounds.validation import HypothesisError


def test_repeated_values_are_the_column_written_out():
    counts = np.array([1.0, 3.0, 4.0, 2.0])
    p0, a = np.array([0.2, 0.1, 0.05, 0.15]), np.array([0.3, 0.3, 0.2, 0.0])
    path = RepeatedPath.of(p0, a, counts)
    long = [np.repeat(x, counts.astype(int)) for x in (p0, a)]
    for lam in (0.0, 0.1):
        squares, grown = path.follow(5.0, lam)
        expected, log_growth = tensor_power.solve(*long, 5.0, lam=lam)
        np.testing.assert_allclose(np.repeat(squares, counts.astype(int)), expected, rtol=1e-12)
        assert grown == pytest.approx(log_growth, rel=1e-12)
        time, misaligned = path.passage(6.0, lam)
        assert time == pytest.approx(tensor_power.growth_time(*long, 6.0, lam=lam), rel=1e-12)
        there = tensor_power.solve(*long, time, lam=lam)[0]
        assert misaligned == pytest.approx(there[1:].sum(), rel=1e-9)


def test_a_regulariser_that_is_too_strong_lets_nothing_pass():
    path = RepeatedPath.of(np.array([0.5, 0.25]), np.array([0.1, 0.1]), np.array([1.0, 2.0]))
    assert path.passage(1.0, 0.2) == (np.inf, 1.0)


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 10**8])
def test_order_means_keep_the_mean(n):
    values, counts = order_means(n)
    assert counts.sum() == n
    assert np.sum(values * counts) == pytest.approx(n, rel=1e-9)
    assert np.all(np.diff(values) < 0)


def test_a_typical_column_moves_like_a_random_one():
    epoch = last_epoch(10**5, 0.1, 50.0)
    typical = epoch.column(4.0)
    rng = np.random.default_rng(0)
    p = rng.normal(size=epoch.d) ** 2
    p[1:] *= (1 - typical.p0[0]) / p[1:].sum()
    p[0] = typical.p0[0]
    way = 30.0
    time = tensor_power.growth_time(p, np.full(epoch.r, epoch.weight), way, lam=epoch.parameters.lam)
    assert typical.passage(way, epoch.parameters.lam)[0] == pytest.approx(time, rel=2e-3)


def test_the_last_epoch_respects_the_setting():
    for d in (50, 100, 10**4, 10**8):
        epoch = last_epoch(d, 0.1, 10.0)
        assert epoch.weight >= 0.1 / np.sqrt(d)
        assert epoch.r <= d
        assert np.sum(epoch.column(0.5).counts) == d


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: last_epoch(3, 1.0, 1.0), "eps leaves 1 weights"),
        (lambda: last_epoch(50, 0.1, 1.0).column(1e6), r"share \* gamma must be finite and in"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
