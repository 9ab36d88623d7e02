"""Definition 1 and Proposition 1 at small size: they hold, their controls do not, planted slips are seen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from flowbounds.checks import ge2021_definition1 as definition1
from flowbounds.checks import ge2021_induction as induction
from flowbounds.checks.ge2021_watched import largest_misalignment, planted, watched
from flowbounds.dynamics import deflation_run

STATUS = {"individual": "holds", "average": "holds", "gaps": "corrected", "outside": "holds"}


@pytest.fixture(scope="module")
def runs():
    return watched(sizes=[(6, 5, 40)], alphas=[0.1], seeds=[0])


@pytest.mark.parametrize("part", STATUS)
def test_part_holds_and_its_controls_do_not(part, runs):
    evidence = getattr(induction, part)(runs=runs)
    assert evidence.status == STATUS[part]
    assert evidence.margin > 10 * evidence.error
    for name, result in evidence.all_controls:
        assert evidence.violates(result), name
    json.dumps(evidence.published(), allow_nan=False)


def test_definition_holds_and_its_controls_do_not(runs):
    evidence = definition1.def1(runs=runs)
    assert evidence.status == "holds"
    for name, result in evidence.all_controls:
        assert evidence.violates(result), name


def spoilt(runs, **changed):
    worst = replace(runs[0].run.proposition1, **{k: np.array(v) for k, v in changed.items()})
    return [replace(runs[0], run=replace(runs[0].run, proposition1=worst))]


@pytest.mark.parametrize(
    ("part", "slip"),
    [
        ("individual", {"individual": 1.1}),
        ("average", {"average": 1.1}),
    ],
)
def test_a_violated_part_is_seen(part, slip, runs):
    assert getattr(induction, part)(runs=spoilt(runs, **slip)).margin < 0


@pytest.mark.parametrize(("low", "high"), [(0.1, -np.inf), (0.5, 1.1)])
def test_a_gap_outside_its_band_is_seen(low, high):
    assert induction._band(low, high) < 0
    assert induction._band(0.5, -np.inf) > 0


def test_a_misaligned_passage_is_seen(runs):
    run = runs[0].run
    bad = replace(run.crossings[0], misalignment=0.02, discovers=False)
    assert induction.outside(runs=[replace(runs[0], run=replace(run, crossings=(bad,)))]).status == "fails"


def test_a_passage_found_without_root_finding_is_seen(runs):
    """Times rounded to a hundredth are not where the norm is delta1."""
    run = runs[0].run
    phase = run.history[0].phase1
    rounded = tuple(replace(one, time=round(one.time, 2)) for one in phase.passages)
    history = (replace(run.history[0], phase1=replace(phase, passages=rounded)), *run.history[1:])
    assert definition1.def1(runs=[replace(runs[0], run=replace(run, history=history))]).status == "fails"


def test_a_component_in_two_sets_is_seen(runs):
    run = runs[0].run
    phase = run.history[0].phase1
    first = phase.passages[0]
    twice = (*phase.passages, replace(first, target=first.target + 1))
    history = (replace(run.history[0], phase1=replace(phase, passages=twice)), *run.history[1:])
    assert definition1.lives_in_two_sets(replace(run, history=history)) == 1
    assert definition1.lives_in_two_sets(run) == 0


def test_discoveries_are_first_passages(runs):
    history = runs[0].run.history
    found = list(deflation_run.discoveries(history))
    assert len({one.target for one in found}) == len(found) == 5
    for one in found:
        rivals = [p for p in runs[0].run.crossings if p.target == one.target and p.discovers]
        assert one == min(rivals, key=lambda p: p.time)


def test_planted_states_follow_their_closed_laws():
    """Claim 2's sliver grows worse; two opposite members of mass 1.2 lose (mass/target)^2 = 1.44."""
    alpha = 1e-4
    assert largest_misalignment(planted((0.6, 0.6), (alpha**2, alpha**2))) == pytest.approx(
        1.44 * alpha**2, rel=1e-3
    )
    assert largest_misalignment(planted((1.0, 1e-9), (1e-4, 1e-2)), 1) > 1.05e-2
    assert largest_misalignment(planted((0.4, 0.4), (alpha**2, alpha**2))) == pytest.approx(
        alpha**2, rel=1e-9
    )
