"""The schedules of Theorem 3.1: sums against their closed form, and the bounds of Lemma 3.1."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.factor_schedule import (
    drift_bound,
    factor_bound,
    literal_step,
    log_iterations,
    power_step,
)


@pytest.mark.parametrize("exponent", [0.51, 0.6, 0.75, 1.0, 1.2])
def test_the_count_undoes_the_sum(exponent):
    total = sum(power_step(t, first=0.07, exponent=exponent) for t in range(4000))
    assert log_iterations(total, 0.07, exponent=exponent) == pytest.approx(np.log(4000), abs=2e-3)


def test_a_finite_sum_is_never_enough():
    whole = 0.5 * np.pi**2 / 6
    assert log_iterations(0.999 * whole, 0.5, exponent=2.0) < np.inf
    assert log_iterations(1.001 * whole, 0.5, exponent=2.0) == np.inf


def test_the_literal_step_is_a_power_step_and_scales():
    step = literal_step(9, eps=0.1, r=3, norm=1.0)
    assert step == pytest.approx(power_step(9, first=np.sqrt(0.1 / 3) / 100, exponent=1.0), rel=1e-14)
    assert literal_step(9, eps=0.4, r=3, norm=4.0) == pytest.approx(step / 4, rel=1e-14)


def test_the_drift_of_all_literal_steps():
    squares = sum(literal_step(t, eps=0.1, r=3, norm=1.0) ** 2 for t in range(20000))
    assert drift_bound(1.0, 3, squares) < 0.0066 * 0.1 / np.sqrt(3)
    assert drift_bound(1.0, 3, squares) > 0.0065 * 0.1 / np.sqrt(3)


@pytest.mark.parametrize("r", [1, 2, 5])
def test_the_sharper_bound_is_sharper(r):
    printed, sharp = factor_bound(2.0, r, 2.0)
    assert printed == pytest.approx(10 * np.sqrt(r))
    assert sharp == pytest.approx(2 * np.sqrt(19 * r))
    assert factor_bound(2.0, r, 0.1)[1] < sharp < printed


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: literal_step(0, eps=1.0, r=1, norm=1.0), "eps must be finite and in"),
        (lambda: factor_bound(1.0, 1, 1.5), "eps must be finite and in"),
        (lambda: power_step(-1, first=1.0, exponent=1.0), "t must be an integer"),
        (lambda: log_iterations(1.0, 0.0), "first must be finite and in"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
