"""The checks on Algorithm 2 at small sizes: they hold, controls violate, planted slips are seen."""

import dataclasses
import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.induction import DeflationConstants
from flowbounds.checks import ge2021_algorithms as check
from flowbounds.dynamics import epochs
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.models.tensor_ensembles import uniform_directions

A = np.array([0.6, 0.4])
FAST = DeflationConstants.fast()


def algorithm2(**changed):
    given = {"cases": ((3, 2, 8, 0.1),), "few": 1, "cap": 2, "tol": 1e-7, "seeds": (0,), "constants": FAST}
    return check.algorithm2(**(given | changed))


def modifications(**changed):
    given = {"cases": ((3, 2, 12, 0.1),), "cap": 3, "seeds": (1,), "constants": FAST, "tol": 1e-7}
    return check.modifications(**(given | changed))


@pytest.mark.parametrize("name", ["algorithm2", "modifications"])
def test_holds_and_its_controls_do_not(name):
    evidence = {"algorithm2": algorithm2, "modifications": modifications}[name]()
    assert evidence.status in {"holds", "consistent on the grid"}
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


def test_half_times_of_an_unfinished_plain_run_are_the_flows():
    """No re-initialisation and one epoch: the same flow, with its regulariser."""
    u = uniform_directions(3, 12, np.random.default_rng(0))
    run = epochs.modified_flow(
        A, 3, 12, 0.1, rng=np.random.default_rng(0), start=u, reinitialize=False, max_epochs=1
    )
    end, p = run.history[0].phase2.t[-1], run.parameters
    plain = tensor_flow(u, np.full(12, p.log_delta0), A, end, lam=p.lam, t_eval=[0.0])
    times = check.half_times(run, A, np.eye(3, 2), tol=1e-9)
    np.testing.assert_allclose(times, plain.fitting_times, rtol=1e-7)
    assert np.isinf(check.half_times(run, np.array([0.6, 9.0]), np.eye(3, 2), tol=1e-9)[1])


def one_too_many(state, which, directions, log_norm, true=epochs.fresh):
    after = true(state, which, directions, log_norm)
    after.log_norms[np.argmin(which)] = log_norm
    return after


def at_another_norm(state, which, directions, log_norm, true=epochs.fresh):
    return true(state, which, directions, log_norm + 1e-6)


def disturbing(state, which, directions, log_norm, true=epochs.fresh):
    after = true(state, which, directions, log_norm)
    return dataclasses.replace(after, log_norms=after.log_norms + 1e-6 * ~which)


@pytest.mark.parametrize("slip", [one_too_many, at_another_norm, disturbing])
def test_a_slip_in_re_initialisation_is_seen(monkeypatch, slip):
    monkeypatch.setattr(epochs, "fresh", slip)
    assert algorithm2().status == "fails"


def test_a_slip_in_the_times_is_seen(monkeypatch):
    """Phases of the length that beta, shrunk once too often, would give."""
    true = epochs.epoch_lengths
    monkeypatch.setattr(epochs, "epoch_lengths", lambda d, beta, p, **more: true(d, 1.01 * beta, p, **more))
    assert algorithm2().status == "fails"


def test_fresh_directions_that_do_not_turn_are_seen(monkeypatch):
    true = epochs.uniform_directions
    monkeypatch.setattr(epochs, "uniform_directions", lambda d, m, rng: np.abs(true(d, m, rng)))
    plain = algorithm2()
    assert plain.status == "holds"  # another law, but the same in both runs
    turned = check.modified_flow

    def still(*args, turn=None, **more):
        return turned(*args, **more)

    monkeypatch.setattr(check, "modified_flow", still)
    assert algorithm2().status == "fails"


def test_a_run_that_stops_early_is_seen(monkeypatch):
    assert algorithm2(cap=1).status == "fails"


def test_a_wrong_error_is_not_resolved(monkeypatch):
    monkeypatch.setattr(check, "_error_by_coordinates", lambda run, a, basis: run.final_error + 0.05)
    assert algorithm2().status == "inconclusive"


def test_another_order_is_seen(monkeypatch):
    true = check.half_times
    monkeypatch.setattr(check, "half_times", lambda *args, **more: true(*args, **more)[::-1])
    evidence = modifications()
    assert evidence.margin == -1.0
    assert evidence.status == "fails"


def test_a_start_that_re_initialisation_does_not_rescue_is_seen(monkeypatch):
    true = check.modified_flow
    never = {"reinitialize": False}
    monkeypatch.setattr(check, "modified_flow", lambda *args, **more: true(*args, **(more | never)))
    evidence = modifications()
    assert evidence.where == "no component leads to direction 2"
    assert evidence.status == "fails"


def test_a_direction_that_everything_leads_to_cannot_be_lost():
    with pytest.raises(HypothesisError, match="a leaves no direction that leads elsewhere than to 0"):
        check._without(np.array([1.0]), 2, 3, 0, np.random.default_rng(0))
