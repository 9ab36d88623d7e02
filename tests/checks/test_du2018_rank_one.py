"""The checks of page 25 at small sizes, and slips planted in what they rest on."""

import json

import numpy as np
import pytest

from flowbounds.bounds import rank_one as bounds
from flowbounds.checks import du2018_rank_one as checks
from flowbounds.dynamics import rank_one_descent as dynamics


def thm3_2(trials=1500):
    return checks.thm3_2(dimensions=(10**2, 10**6), trials=trials, few=20, rng=np.random.default_rng(1))


def norms():
    return checks.norms(dimensions=(10**3, 10**6), aspects=(1, 10), trials=300, rng=np.random.default_rng(1))


def test_theorem_holds_as_corrected_and_its_controls_do_not():
    evidence = thm3_2(20_000)
    assert evidence.status == "corrected"
    assert evidence.margin > 10 * evidence.error
    assert len(evidence.all_controls) == 2
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    assert evidence.violates(evidence.printed[1])
    json.dumps(evidence.published(), allow_nan=False)


def test_norms_are_consistent_and_a_thin_matrix_is_not_a_violation():
    evidence = norms()
    assert evidence.status == "consistent on the grid"
    for attempt, result in evidence.tried:
        assert result < 0.2, attempt
        assert not evidence.violates(result), attempt


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("factor", [2.0, 1.08])
def test_a_slip_in_a_slope_is_seen(monkeypatch, which, factor):
    true = bounds.iteration_slopes

    def slipped(c_step):
        slopes = list(true(c_step))
        slopes[which] *= factor
        return tuple(slopes)

    monkeypatch.setattr(checks, "iteration_slopes", slipped)
    assert thm3_2().status == "fails"


def test_a_probability_without_its_half_is_seen(monkeypatch):
    true = bounds.balance_probability
    monkeypatch.setattr(checks, "balance_probability", lambda K, c: 2.5 * true(K, c))
    assert thm3_2().status == "fails"


def test_a_recursion_without_the_parts_across_is_seen(monkeypatch):
    """Then the final rate is that of the product, twice as fast."""

    def along(parts, eta, s):
        a, b, p, q = parts
        keep_u, keep_v = 1 - eta * b * b, 1 - eta * a * a
        return dynamics.Parts(keep_u * a + eta * s * b, keep_v * b + eta * s * a, 0 * p, 0 * q)

    monkeypatch.setattr(dynamics, "step", along)
    assert thm3_2().status == "fails"


def test_norms_that_drift_apart_are_seen(monkeypatch):
    true = checks.draw_parts

    def thin(trials, d1, d2, std, rng):
        return true(trials, d1, 10, std, rng)

    monkeypatch.setattr(checks, "draw_parts", thin)
    assert norms().status == "inconclusive"


def test_no_slope_without_arrival():
    medians = np.array([[1.0, np.inf], [2.0, 3.0]])
    assert np.isnan(checks.measured_slopes((10, 100), medians).dimension)


def test_a_run_that_never_arrives_is_not_a_pass(monkeypatch):
    true = checks.rank_one_descent
    monkeypatch.setattr(checks, "rank_one_descent", lambda *a, **k: true(*a, **{**k, "max_steps": 50}))
    assert thm3_2().status in {"fails", "inconclusive"}
