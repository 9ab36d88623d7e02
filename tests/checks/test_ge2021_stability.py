"""The checks of page 7 at small sizes: they hold, their controls do not, planted slips are seen."""

import dataclasses
import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import local_stability
from flowbounds.checks import ge2021_average as average
from flowbounds.checks import ge2021_stability as stability
from flowbounds.checks import stability_states


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "claim 2": lambda: stability.claim2(trials=100, d=4, rng=rng()),
    "individual": lambda: stability.lemma3_individual(alphas=(1e-2, 1e-4), draws=60, rng=rng()),
    "average": lambda: average.lemma3_average(alphas=(1e-2, 1e-4), draws=60, climbs=0, rng=rng()),
    "mass": lambda: average.lemma7(alphas=(1e-2, 1e-3), draws=60, rng=rng()),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("corrected" if name == "mass" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_climb_goes_up_and_stays_below_the_extreme_state():
    start = average.climb(0.03, 1, rng(4), evaluations=1)
    end = average.climb(0.03, 1, rng(4), evaluations=400)
    low, high = (float(average.average_loss(state)[0]) for state in (start, end))
    extreme = float(average.average_loss(stability_states.rare_member(0.03))[0])
    assert low < high < extreme
    found = end.rates()
    assert found.average_distance[0] <= 0.03**2 * (1 + 1e-9)
    assert np.all(found.distance[end.members > 0] <= 0.03 * (1 + 1e-9))


def test_a_lost_factor_two_in_claim_2_is_seen(monkeypatch):
    true = stability.claim2_derivative
    monkeypatch.setattr(stability, "claim2_derivative", lambda alpha, w2: true(alpha, w2 / 2))
    assert SMALL["claim 2"]().status == "inconclusive", "the second route is far away"


def test_a_c1_beyond_the_limit_is_seen(monkeypatch):
    monkeypatch.setattr(stability, "claim2_mass_limit", lambda c2: 1 / 6)
    assert SMALL["claim 2"]().status == "fails"


@pytest.mark.parametrize(
    ("name", "module", "constant"),
    [
        ("individual", stability, "individual_constant"),
        ("average", average, "average_constant"),
        ("mass", average, "mass_constant"),
    ],
)
def test_a_constant_ten_per_cent_too_small_is_seen(monkeypatch, name, module, constant):
    true = getattr(module, constant)
    monkeypatch.setattr(module, constant, lambda *args: 0.9 * true(*args))
    assert SMALL[name]().status == "fails"


@pytest.mark.parametrize(
    ("name", "field"), [("individual", "individual"), ("average", "average"), ("mass", "fitted_rate")]
)
def test_a_wrong_rate_is_seen_by_the_second_route(monkeypatch, name, field):
    """A rate that is one thousandth too large would pass the inequality; the gradient disagrees."""
    true = local_stability.rates

    def generous(*args):
        found = true(*args)
        return dataclasses.replace(
            found, **{field: getattr(found, field) + 1e-3 * abs(getattr(found, field))}
        )

    monkeypatch.setattr(stability_states, "rates", generous)
    evidence = SMALL[name]()
    assert evidence.status in {"inconclusive", "fails"}


def test_the_drift_of_the_weights_is_needed(monkeypatch):
    """Without the covariance the rate of the average is another one."""
    true = local_stability.rates

    def frozen(log_norms, u, a, members, k, lam=0.0):
        found = true(log_norms, u, a, members, k, lam)
        held = np.exp(2 * log_norms) * members
        still = np.sum(held * found.individual, axis=-1) / held.sum(axis=-1)
        return dataclasses.replace(found, average=still)

    monkeypatch.setattr(stability_states, "rates", frozen)
    assert SMALL["average"]().status in {"fails", "inconclusive"}


def test_a_smaller_lambda_lets_the_probe_out():
    """The flow itself: kept for lambda = 6 sqrt(alpha), lost for lambda = 0."""
    times = np.linspace(0, 4, 81)
    kept = stability_states.probe_path(0.01, 0.6, times)[1]
    lost = stability_states.probe_path(0.01, 0.0, times)[1]
    assert np.all(np.diff(kept) < 0)
    assert lost.max() > 1.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stability.claim2(c2=0.06, rng=rng()), "c2 leaves no mass to v"),
        (lambda: stability.claim2(share=1.5, rng=rng()), "share must be finite and in"),
        (lambda: stability.lemma3_individual(alphas=(0.5,), rng=rng()), "alpha must be finite and in"),
        (lambda: average.lemma3_average(alphas=(0.2,), rng=rng()), "alpha must be finite and in"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
