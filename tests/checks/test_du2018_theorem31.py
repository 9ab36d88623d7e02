"""The checks of page 23 at small sizes, and slips planted in what they rest on."""

import json

import numpy as np
import pytest

from flowbounds.checks import du2018_lemma31 as lemma
from flowbounds.checks import du2018_theorem31 as theorem
from flowbounds.checks import factor_runs as runs
from flowbounds.models.factorization import loss


def rng():
    return np.random.default_rng(2)


SMALL = {
    "thm3_1": lambda: theorem.thm3_1(accuracies=(0.5,), seeds=1, steps=200, logs=(4.0,), rng=rng()),
    "footnote11": lambda: theorem.footnote11(schedules={0.01: 0.3, 0.5: 1.9}, seeds=1, steps=1200, rng=rng()),
    "constant_step": lambda: theorem.constant_step(seeds=1, steps=400, multiples=(0.3, 0.9), rng=rng()),
    "balanced": lambda: lemma.balanced(draws=200, watched=1, steps=300, rng=rng()),
    "decreasing": lambda: lemma.decreasing(seeds=1, steps=400, rng=rng()),
    "bounded": lambda: lemma.bounded(points=80, seeds=1, steps=300, rng=rng()),
}
STATUS = {
    "thm3_1": "out of reach",
    "footnote11": "consistent on the grid",
    "constant_step": "consistent on the grid",
    "balanced": "corrected",
}


@pytest.mark.parametrize("name", SMALL)
def test_status_and_controls(name):
    evidence = SMALL[name]()
    assert evidence.status == STATUS.get(name, "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls or name == "thm3_1"
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


def test_the_prediction_comes_closer_as_the_steps_shrink():
    rows = theorem.rehearsal((3.0, 5.0, 7.0), 0.5, rng())
    off = [counted - predicted for _, predicted, counted in rows]
    assert 0 < off[2] < off[1] < off[0] < 1


def test_literal_descent_is_beside_the_flow_and_larger_steps_less_so():
    apart, moved = theorem.beside_the_flow(0.5, 200, rng())
    assert 0 < apart < 1e-3 * moved


def test_a_schedule_in_reach_is_not_out_of_reach(monkeypatch):
    monkeypatch.setattr(theorem, "literal_decades", lambda time, eps, r: 4.0)
    assert SMALL["thm3_1"]().status == "consistent on the grid"


def test_a_flow_that_stops_early_is_seen(monkeypatch):
    monkeypatch.setattr(runs, "FLOW_ENDS", 1.0)
    assert theorem.thm3_1(accuracies=(0.5,), seeds=1, steps=50, logs=(), rng=rng()).margin < 0


def test_steps_of_another_order_are_seen(monkeypatch):
    true = runs.power_step
    monkeypatch.setattr(runs, "power_step", lambda t, first, exponent: true(t, first=first, exponent=2.0))
    assert SMALL["footnote11"]().status == "fails"
    assert SMALL["constant_step"]().status == "fails"


def test_a_rising_loss_is_seen(monkeypatch):
    monkeypatch.setattr(runs, "literal", lambda goal, eps: runs.power(1.1 / goal.top, 0.0))
    assert SMALL["decreasing"]().status == "fails"


def test_a_loss_that_is_not_the_loop_s_is_seen(monkeypatch):
    monkeypatch.setattr(lemma, "loss", lambda U, V, M: 1.5 * loss(U, V, M))
    assert SMALL["decreasing"]().status == "inconclusive"


def test_a_start_that_is_too_large_is_seen(monkeypatch):
    true = runs.start
    monkeypatch.setattr(
        runs, "start", lambda goal, eps, rng, power=2: [4 * x for x in true(goal, eps, rng, power=power)]
    )
    assert SMALL["balanced"]().status == "fails"


def test_a_drift_above_its_bound_is_seen(monkeypatch):
    monkeypatch.setattr(lemma, "drift_of_all_time", lambda eps, r: 1e-12)
    assert SMALL["balanced"]().status == "fails"


def test_a_bound_that_is_half_as_large_is_seen(monkeypatch):
    true = lemma.factor_bound
    monkeypatch.setattr(lemma, "factor_bound", lambda norm, r, eps: tuple(x / 2 for x in true(norm, r, eps)))
    assert SMALL["bounded"]().status == "fails"


@pytest.mark.parametrize("spectrum", [(1.0,), (1.0, 1.0), runs.SPECTRUM])
def test_allowed_points_are_allowed(spectrum):
    draw = rng()
    for _ in range(20):
        goal = runs.target(draw, spectrum=spectrum)
        U, V = lemma.allowed_point(goal, 0.9, draw)
        assert np.linalg.norm(U.T @ U - V.T @ V) <= 0.9 * (1 + 1e-9)
        assert loss(U, V, goal.M) <= 2 * (1 + 1e-9)
