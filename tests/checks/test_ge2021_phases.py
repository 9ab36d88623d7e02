"""The checks of page 8 at small sizes: they hold, their controls do not, planted slips are seen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.checks import ge2021_discovered as discovered
from flowbounds.checks import ge2021_fitted as fitting
from flowbounds.checks import ge2021_near_orthogonal as orthogonal
from flowbounds.checks import ge2021_phases as phases
from flowbounds.checks.ge2021_phases import FAST, Case, run_of
from flowbounds.models import tensor, tensor_fit

SIZE = (5, 5, 30)
QUICK = Case(*SIZE, 0.03, FAST, 0.1)
APART = Case(*SIZE, 0.1)
HASTY = Case(
    10, 10, 100, 0.1, FAST
)  # the smallest size found where the fast constants leave something unfitted

SMALL = {
    "phase 1": lambda: phases.phase1(cases=[QUICK, APART], size=SIZE),
    "phase 2": lambda: phases.phase2(cases=[QUICK, APART], size=SIZE),
    "large": lambda: discovered.discovers_large(cases=[APART], size=SIZE),
    "small": lambda: discovered.discovers_no_small(cases=[QUICK, APART], size=SIZE),
    "fitted": lambda: fitting.fits_discovered(cases=[APART], size=SIZE, hasty=HASTY),
    "near orthogonal": lambda: orthogonal.near_orthogonal(cases=[QUICK], size=SIZE),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status in {"holds", "consistent on the grid"}
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_wrong_norm_off_the_diagonal_is_seen(monkeypatch):
    """The second route, all entries, disagrees: the margin is no longer resolved."""
    true = tensor.off_diagonal_norm
    monkeypatch.setattr(tensor, "off_diagonal_norm", lambda *args: 1e3 * true(*args))
    assert SMALL["near orthogonal"]().status == "inconclusive"


def test_an_epoch_without_its_hypothesis_claims_nothing():
    """delta0 = delta1/2 breaks (d) in phase 1 of epoch 0: its phase 2 has nothing to keep."""
    broken = QUICK.changed(log_delta0=QUICK.claimed.log_delta1 - float(np.log(2)))
    run = run_of(broken, 1e-9)
    assert min(one.slack for one in phases.claims(run, 1) if one.slack is not None) <= -1
    assert [one.slack for one in phases.claims(run, 2) if one.epoch == 0] == [None] * 5


def test_the_lower_half_of_c_is_empty_where_the_drift_has_eaten_it():
    """At alpha = 0.3 the mass s m delta1^2 = s alpha^3 exceeds lam/6 from epoch 1 on."""
    case = replace(QUICK, alpha=0.3)
    low = [one for one in phases.claims(run_of(case, 1e-9), 1) if one.part == "c low"]
    assert case.claimed.lam / 6 < 0.3**3
    assert [one.slack is None for one in low] == [False] + [True] * (len(low) - 1)


def test_the_two_lengths_between_which_the_chain_breaks():
    """lam takes longer than 2 lam; the fast c4 is too small for either, the separated one is not."""
    run = run_of(APART, 1e-9)
    needs = [fitting.needed_c4(HASTY, 1e-9, gap) for gap in (2.0, 1.0)]
    assert FAST.c4 < needs[0] < needs[1]
    assert run.proposition1.gap_high <= 1


@pytest.fixture
def slip(monkeypatch):
    """Replaces the flow's velocity; runs made before and after are forgotten."""
    run_of.cache_clear()

    def plant(change):
        true = tensor_fit.polar_velocity

        def wrong(log_norms, u, a, basis, lam):
            return change(*true(log_norms, u, a, basis, lam), lam)

        monkeypatch.setattr(tensor_fit, "polar_velocity", wrong)

    yield plant
    run_of.cache_clear()


def worst(case, phase=None):
    """The least slack of Lemma 4.1 or 6.1, without its controls."""
    return min(one.slack for one in phases.claims(run_of(case, 1e-9), phase) if one.slack is not None)


def test_a_regulariser_of_the_wrong_sign_is_seen(slip):
    """Fitted mass then comes to rest above its target."""
    slip(lambda growth, turn, lam: (growth + 2 * lam, turn))
    assert worst(QUICK, 2) < -1


def test_a_direction_that_turns_too_slowly_is_seen(slip):
    """Components arrive at delta1 without alignment."""
    slip(lambda growth, turn, lam: (growth, turn / 20))
    assert min(worst(QUICK, 1), worst(QUICK, 2)) <= -1


def test_growth_that_is_too_slow_is_seen(slip):
    slip(lambda growth, turn, lam: (growth / 2, turn))
    run = run_of(replace(APART, max_epochs=2), 1e-9)
    assert min(one.slack for one in discovered.overdue(run, APART.a)) < 0


def test_growth_that_is_too_fast_is_seen(slip):
    slip(lambda growth, turn, lam: (2 * growth, turn))
    epochs = discovered.smallest(QUICK, FAST, 1e-9)
    assert min(one.ratio / one.bound for one in epochs) < 1


def test_a_regulariser_that_is_too_large_is_seen(slip):
    """Five lam leave a gap of 2.5 lam."""
    slip(lambda growth, turn, lam: (growth - 4 * lam, turn))
    run = run_of(replace(APART, max_epochs=2), 1e-9)
    slack = [one.slack for one in fitting.gaps(run, APART.a)]
    # Proposition 1(c) is not due yet in these epochs, so the lemma still has its hypothesis
    assert slack
    assert min(slack) < -0.1


def test_bad_settings_name_the_argument():
    with pytest.raises(HypothesisError, match="tol must be finite and in"):
        phases.phase1(cases=[QUICK], size=SIZE, tol=1.0)
    with pytest.raises(HypothesisError, match="alpha must be finite and in"):
        orthogonal.near_orthogonal(cases=[replace(QUICK, alpha=2.0)], size=SIZE)
