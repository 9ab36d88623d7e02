"""The checks of page 20 at small sizes: they hold, their controls do not, planted slips are seen."""

import json
from fractions import Fraction

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import balance
from flowbounds.checks import descent_cases as cases
from flowbounds.checks import du2018_descent as descent
from flowbounds.checks import du2018_sliding as kinks
from flowbounds.models.homogeneous_network import neuron_imbalance


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "inclusion": lambda: descent.inclusion(trials=40, exact=5, rng=rng()),
    "drift": lambda: descent.descent_drift(trials=20, exact=5, runs=1, many=50, long=(60, 120), rng=rng()),
    "sliding": lambda: kinks.sliding(seeds=(1, 2, 9), steps=(100, 200, 400), budget=500, solved=1),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("consistent on the grid" if name == "sliding" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("share", [1 + 1e-6, -1.0])
def test_another_factor_of_the_law_is_seen(monkeypatch, share):
    true = balance.neuron_drift
    for module in (descent, cases):
        monkeypatch.setattr(module, "neuron_drift", lambda *a, **k: share * true(*a, **k))
    assert SMALL["drift"]().status == "fails"


def test_a_matrix_law_that_is_transposed_is_seen(monkeypatch):
    true = balance.matrix_drift
    monkeypatch.setattr(descent, "matrix_drift", lambda G, h, eta: -true(G, h, eta))
    assert SMALL["drift"]().status == "fails"


def test_a_law_that_forgets_the_biases_is_seen(monkeypatch):
    true = balance.neuron_drift
    monkeypatch.setattr(descent, "neuron_drift", lambda G, h, eta, **k: true(G, h, eta))
    assert SMALL["drift"]().status == "fails"


def test_a_bound_that_is_too_small_is_seen(monkeypatch):
    true = balance.total_drift_bound
    monkeypatch.setattr(cases, "total_drift_bound", lambda *a: 0.1 * true(*a))
    assert SMALL["drift"]().status == "fails"


def test_a_law_that_is_wrong_in_fractions_is_seen(monkeypatch):
    monkeypatch.setattr(descent, "exact_departure", lambda W, G, eta: Fraction(1, 1000))
    assert SMALL["drift"]().status == "inconclusive"


def test_gradients_of_another_choice_in_each_layer_are_seen(monkeypatch):
    true = descent.gradients_at
    draws = rng(5)

    def careless(net, chosen):
        parts = [true(net, [draws.uniform(size=s.shape) for s in chosen]) for _ in net.weights]
        return [part[h] for h, part in enumerate(parts)]

    monkeypatch.setattr(descent, "gradients_at", careless)
    assert SMALL["inclusion"]().status == "fails"


def test_kinks_that_are_not_met_are_seen(monkeypatch):
    """Without them a choice changes nothing, and the control no longer violates."""
    monkeypatch.setattr(descent, "kinked_network", lambda rng: descent.random_network(rng, kinks=False))
    evidence = SMALL["inclusion"]()
    assert not all(evidence.violates(result) for _, result in evidence.all_controls)


def test_a_velocity_of_the_wrong_sign_is_not_a_slide(monkeypatch):
    true = kinks.velocity
    monkeypatch.setattr(kinks, "velocity", lambda *a: -true(*a))
    data = cases.drawn_data(rng(2))
    slide = kinks.longest_slide(data, kinks.flow(data, "relu", 5.0, 400, "euler"))
    assert slide.attracting == 0


def test_crossings_do_not_pass_for_slides(monkeypatch):
    true = kinks.flow
    monkeypatch.setattr(kinks, "flow", lambda data, name, *a: true(data, "tanh", *a))
    counts = [kinks.counted(cases.drawn_data(rng(k)), "relu", 5.0, (100, 400), "euler", 1) for k in range(3)]
    assert kinks.growth(np.sum(counts, axis=0)[:-1], (100, 400)) < 0.1
    assert kinks.growth(np.zeros(2), (100, 400)) == 0


def test_descent_spends_the_share_of_its_steps_that_keeps_it_at_the_kink():
    for seed in (1, 2, 9):
        data = cases.drawn_data(rng(seed))
        slide = kinks.longest_slide(data, kinks.flow(data, "relu", 5.0, 1000, "euler"))
        assert slide.attracting > 0.9
        assert slide.share == pytest.approx(slide.selection, abs=0.03)


def test_the_velocity_of_a_preactivation_is_its_derivative():
    data = cases.drawn_data(rng(4))
    run = kinks.flow(data, "relu", 1e-6, 1, "euler")
    z = kinks.paths(data, "relu", run)
    for h, i, k in ((1, 2, 3), (2, 1, 4)):
        seen = (z[h - 1][1, i, k] - z[h - 1][0, i, k]) / 1e-6
        slope = float(z[h - 1][0, i, k] > 0)
        assert kinks.velocity(data, data.weights, (h, i, k), slope) == pytest.approx(seen, rel=1e-4)


def test_a_run_is_its_start_and_the_sum_of_its_laws():
    data = cases.drawn_data(rng(3))
    full = cases.drift_run(data, "linear", 0.01, 200)
    assert full.off < 1e-13
    assert full.drift <= full.total <= full.squares <= full.bound * (1 + 1e-12)
    half = cases.drift_run(data, "relu", 0.01, 200, batch=5, rng=rng())
    assert half.off < 1e-13
    assert np.isnan(half.bound)
    assert np.isnan(half.decrease)
    assert cases.drift_run(data, "linear", 1.0, 3).bound == np.inf
    assert cases.drift_run(data, "tanh", 0.01, 200).off > 1e-3


def test_relu_descent_has_steps_that_raise_the_loss_however_small():
    data = cases.drawn_data(rng(2))
    for n in (200, 800):
        relu, linear = (cases.drift_run(data, name, 2.0 / n, n) for name in ("relu", "linear"))
        assert relu.decrease < 0 < linear.decrease
        assert relu.squares > 1.05 * 2.0 / n * relu.drop


def test_exact_networks_have_kinks_and_balance():
    for seed in range(10):
        weights, gradients = cases.exact_network(rng(seed))
        assert cases.neuron_defect(weights, gradients) == 0
        assert cases.exact_departure(weights, gradients, Fraction(1, 3)) == 0
        wrong = [gradients[0] * 2, *gradients[1:]]
        if np.any(gradients[0]) and cases.neuron_defect(weights, wrong):
            assert cases.exact_departure(weights, wrong, Fraction(1, 3)) != 0


def test_neuron_imbalance_in_floats_and_fractions_agree():
    weights, _ = cases.exact_network(rng(3))
    floats = [np.array(W, dtype=float) for W in weights]
    exact = np.sum(weights[0] ** 2, axis=1) - np.sum(weights[1] ** 2, axis=0)
    np.testing.assert_array_equal(neuron_imbalance(floats, 1), exact.astype(float))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: descent.inclusion(trials=0, rng=rng()), "trials must be an integer, at least 1"),
        (lambda: descent.descent_drift(runs=0, trials=1, rng=rng()), "runs must be an integer, at least 1"),
        (lambda: kinks.sliding(seeds=(1,), solved=2), "solved must be an integer, from 1 to 1"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
