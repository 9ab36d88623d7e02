"""Theorem 3's check and its two studies: records, repetitions, and planted slips that are seen."""

import json

import numpy as np
import pytest

from flowbounds.bounds.lazy import lower_bound, threshold
from flowbounds.bounds.regularised_error import orthonormal_resting_error, resting_error_bound
from flowbounds.checks import component_runs, lazy_numbers, lost_draws, wang2020_components
from flowbounds.checks.component_runs import Setting, attempt, working_lam
from flowbounds.dynamics.sweep import load
from flowbounds.models import tensor
from flowbounds.models.low_rank_targets import low_rank_target
from flowbounds.studies import components_epochs, components_needed, components_settings


@pytest.fixture(scope="module")
def records():
    return load(components_settings.STUDY)


def test_the_evidence_stands_on_all_records(records):
    evidence = wang2020_components.thm3(records=records)
    assert evidence.status == "consistent on the grid"
    assert evidence.instances > 2000
    for name, result in evidence.all_controls:
        assert evidence.violates(result), name
    for name, result in evidence.tried:
        assert not evidence.violates(result), name
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("lost", [15, 40])
def test_a_setting_that_fails_too_often_is_seen(records, lost):
    """Fifteen of 800 lost draws leave the claim undecided or violated, forty violate it."""
    spoilt = [dict(one) for one in records]
    single = next(one for one in spoilt if one["part"] == "many")
    single["epochs"] = [0] * lost + single["epochs"][lost:]
    single["reached"] = len(single["epochs"]) - lost
    evidence = wang2020_components.thm3(records=spoilt)
    assert evidence.margin < 0
    assert evidence.status == "fails"


def test_small_samples_do_not_pass():
    few = [{"part": "wide", "epochs": [1] * 60, "reached": 60, "order": 3, "r": 2, "d": 10, "m": 8}]
    low, high = wang2020_components.interval(few)
    assert high == 1
    assert wang2020_components._slack(low) < 0


def test_a_variant_that_succeeds_is_no_control(records):
    """The algorithm itself in place of a control does not violate."""
    fooled = [dict(one) for one in records]
    for one in fooled:
        if one["variant"] == "none":
            one["epochs"], one["reached"] = [1] * len(one["epochs"]), len(one["epochs"])
    evidence = wang2020_components.thm3(records=fooled)
    assert not evidence.violates(evidence.all_controls[0][1])


def test_the_number_needed_does_not_depend_on_the_dimension():
    rows = load(components_needed.STUDY)
    assert all(one["enough"] >= one["r"] for one in rows)
    for order in (3, 4):
        for r in components_needed.RANKS[order]:
            alike = [one for one in rows if one["order"] == order and one["r"] == r and one["eps"] == 0.1]
            assert len(alike) == len(components_needed.DIMENSIONS[order])
            assert max(one["steady"] for one in alike) <= r + 2


def test_records_can_be_repeated(records):
    wanted = {"part": "narrow", "kind": "gaussian", "order": 4, "r": 2, "d": 10}
    stored = wang2020_components.part(records, **wanted)[0]
    cell = {name: stored[name] for name in components_settings.STUDY.grid[0]}
    again = components_settings.cell(**cell)
    assert again["epochs"] == stored["epochs"]
    assert again["largest_error"] == pytest.approx(stored["largest_error"], rel=1e-3)


def test_a_scan_finds_one_component_for_rank_one(monkeypatch):
    monkeypatch.setattr(components_needed, "DRAWS", 1)
    monkeypatch.setattr(component_runs, "EPOCHS", 10)
    found = components_needed.cell(order=3, r=1, d=6, eps=0.1)
    assert found["enough"] == 1
    assert found["steady"] == 2


@pytest.mark.parametrize(("kind", "r"), [("orthonormal", 3), ("gaussian", 3)])
def test_runs_come_to_rest_where_the_regulariser_says(kind, r):
    """<R, T> = -lambda times the sum of squared norms, and the error's law or bound."""
    setting = Setting(kind, 3, r, 6, 8)
    run, _ = attempt(setting, 2, epochs=8, on=True)
    where = [2, component_runs.KINDS.index(kind), 3, r, 6]
    U, c = low_rank_target(kind, r, 6, 3, np.random.default_rng(where))
    lam, end = working_lam(kind, r, setting.eps), run.epochs[-1].end
    if kind == "orthonormal":  # the other kind creeps for long
        weights = end.weights(3)
        fitted = tensor.inner(end.directions, weights, end.directions, weights, 3)
        crossed = tensor.inner(end.directions, weights, U, c, 3)
        assert fitted - crossed == pytest.approx(-lam * np.sum(end.norms**2), abs=1e-8)
        assert run.errors[-1] == pytest.approx(orthonormal_resting_error(c, lam), rel=1e-6)
    assert run.errors[-1] <= resting_error_bound(c, lam)


def test_a_repetition_is_the_same_draw():
    setting = Setting("dependent", 3, 5, 30, 7)
    first, _ = attempt(setting, 1, epochs=40)
    again = lost_draws.repeated(setting, 1, epochs=40, iterations=component_runs.ITERATIONS)
    np.testing.assert_array_equal(first.errors, again.run.errors)
    assert 0 < again.correlation < 1
    assert 0 <= again.idle < 7


def test_what_an_epoch_sees_goes_to_lambda_with_its_length():
    setting = Setting("dependent", 3, 5, 30, 7)
    seen = [lost_draws.resolution(setting, epochs=40, iterations=H) for H in (500, 1000, 10**9)]
    lam = working_lam("dependent", 5, 0.1)
    assert (seen[0] - lam) == pytest.approx(2 * (seen[1] - lam))
    assert seen[2] == pytest.approx(lam, rel=1e-4)


def test_longer_epochs_lose_fewer_draws_of_the_same_starts():
    rows = load(components_epochs.STUDY)
    lost = {}
    for longer in (1, components_epochs.LONGER):
        alike = [one for one in rows if one["longer"] == longer]
        waiting = np.concatenate([one["correlations"] for one in alike])
        lost[longer] = len(waiting)
        assert sum(one["reached"] for one in alike) + len(waiting) == 800
        limit = lost_draws.resolution(components_epochs.SETTING, **components_epochs.lengths(longer))
        assert longer > 1 or (waiting < limit).all()  # of the long epochs a rare draw has no luck
    assert lost[components_epochs.LONGER] < lost[1] / 2


def test_short_epochs_of_both_studies_agree(records):
    few = wang2020_components.part(records, part="few", kind="dependent")
    short = [one for one in load(components_epochs.STUDY) if one["longer"] == 1]
    assert [one["epochs"] for one in few] == [one["epochs"] for one in short]


def test_lazy_numbers():
    m = lazy_numbers.allowed_number(3, 8, 0.1)
    assert lower_bound(3, 8, m) <= 0.01 < lower_bound(3, 8, m - 1)
    assert m <= threshold(3, 8)
    found = lazy_numbers.descent_number(3, 4, 0.1, size=30.0, steps=300, targets=3, seed=1)
    assert found >= lazy_numbers.allowed_number(3, 4, 0.1)
