"""The checks of page 15 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.balanced_rates import balanced_rate, balanced_spectrum
from flowbounds.checks import flow_cases
from flowbounds.checks import min2022_balanced as balanced
from flowbounds.checks import min2022_exponential_loss as loss
from flowbounds.checks import min2022_flow_rates as rates
from flowbounds.models.linear_network import product, tangent_matrix
from flowbounds.models.network_ensembles import balanced_layers


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "trajectory": lambda: rates.trajectory_pl(flows=1, scalar_flows=1, rng=rng()),
    "imbalance": lambda: rates.imbalance_only(flows=1, scalar_flows=1, rng=rng()),
    "end to end": lambda: rates.end_to_end(flows=1, scalar_flows=1, rng=rng()),
    "balanced": lambda: balanced.balanced(nets=60, flows=2, depths=(2, 3), rng=rng()),
    "exponential": lambda: loss.exponential_loss(flows=1, samples=30, rng=rng()),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == "holds"
    assert evidence.margin > 10 * evidence.error
    assert evidence.vacuous < evidence.instances
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_proposition_2_as_printed_is_seen_on_flows(monkeypatch):
    true = flow_cases.two_layer_rate_at_margin
    monkeypatch.setattr(flow_cases, "two_layer_rate_at_margin", lambda *args: 2 * true(*args))
    found = rates.end_to_end(flows=2, scalar_flows=1, rng=rng())
    assert found.status in {"fails", "inconclusive"}


def test_a_run_that_drifts_is_no_flow(monkeypatch):
    monkeypatch.setattr(rates, "DRIFT_ALLOWED", 1e-6)
    assert SMALL["end to end"]().status == "fails"


def test_the_factor_l_for_every_shape_is_seen(monkeypatch):
    monkeypatch.setattr(balanced, "balanced_rate", lambda n, m, depth, s: depth * s ** (2 - 2 / depth))
    assert SMALL["balanced"]().status in {"fails", "inconclusive"}


def test_a_wrong_spectrum_is_seen(monkeypatch):
    true = balanced.balanced_spectrum
    monkeypatch.setattr(balanced, "balanced_spectrum", lambda W, depth: true(W, depth) * 1.1)
    assert SMALL["balanced"]().status == "inconclusive"


def test_an_exponential_rate_for_exponential_loss_is_seen(monkeypatch):
    def slip(gap0, gamma, alpha, t):
        return gap0 * np.exp(-alpha * gamma**2 * t)

    monkeypatch.setattr(loss, "lojasiewicz_gap", slip)
    assert SMALL["exponential"]().status in {"fails", "inconclusive"}


def test_the_stray_start_decays_like_a_power():
    """Its product is p v with p = v and p' = -p^3, so that gap = p^4 / 2; no margin, no bound."""
    stray, claimed = rates.stray_case()
    assert stray.margin == stray.alpha == 0
    assert claimed > 0
    times = np.linspace(0, 50, 11)
    run = flow_cases.sample_flow(stray, times, tol=1e-11)
    exact = 0.5 / (2 * run.t + 1 / 0.09) ** 2
    assert np.max(np.abs(run.gap / exact - 1)) < 1e-8


def test_the_slope_is_the_derivative_of_the_log_gap():
    one = next(iter(flow_cases.two_layer_cases(1, rng(3), kinds=("regression, full rank",))))
    middle, step = 0.3, 1e-4
    run = flow_cases.sample_flow(one, np.array([0, middle - step, middle, middle + step]), tol=1e-12)
    numerical = (run.fall[2] - run.fall[0]) / (2 * step)
    assert abs(numerical / run.gradient[1] - 1) < 1e-6


@pytest.mark.parametrize("kind", flow_cases.OBJECTIVES)
def test_objectives_are_what_they_are_called(kind):
    target = rng(5).normal(size=(3, 2))
    f = flow_cases.objective_near(kind, target, rng(6))
    assert (f.mu == 0) == (kind.endswith("deficient rank") or kind.endswith("< nm"))
    assert f.gap(target) < 1e-24
    assert (f.minimum > 0.01) == kind.startswith("regression")


@pytest.mark.parametrize(("n", "m", "depth"), [(2, 2, 2), (2, 3, 3), (3, 2, 4), (1, 3, 2), (2, 2, 1)])
def test_spectrum_of_balanced_networks(n, m, depth):
    weights = balanced_layers(n, m, [4] * (depth - 1), rng(7))
    W = product(weights)
    found = balanced_spectrum(W, depth)
    truth = np.linalg.eigvalsh(tangent_matrix(weights))
    assert np.max(np.abs(found - truth)) < 1e-13 * truth[-1]
    sigma = np.linalg.svd(W, compute_uv=False)[-1]
    assert balanced_rate(n, m, depth, sigma) == pytest.approx(found[0], rel=1e-12)


def test_data_are_separated_as_claimed():
    X, labels = loss.separable_data(3, 50, rng(8))
    assert loss.exponential(X, labels).gamma >= 1


def test_bad_settings_name_the_argument():
    with pytest.raises(HypothesisError, match="kind must be one of factorization"):
        flow_cases.objective_near("hinge", np.eye(2), rng())
    with pytest.raises(HypothesisError, match="weights must be two layers or scalars, got 3"):
        flow_cases.bounds_at_start([np.eye(2)] * 3, flow_cases.factorization(np.eye(2)))
