"""The checks of page 21 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds.bounds import optimizer_laws as laws
from flowbounds.checks import du2018_degree as degree
from flowbounds.checks import du2018_momentum as ball
from flowbounds.checks import du2018_optimizers as others
from flowbounds.checks import du2018_weight_decay as decay
from flowbounds.checks import optimizer_cases as cases
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.descent_directions import DIRECTIONS
from flowbounds.models.homogeneous_network import neuron_imbalance


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "decay": lambda: decay.weight_decay(decays=(0.1,), etas=(0.1,), steps=40, rng=rng()),
    "ball": lambda: ball.momentum(
        betas=(0.5, 0.9), etas=(0.05,), steps=40, mus=(0.5,), effective=0.01, rng=rng()
    ),
    "adam": lambda: others.adam(t_end=0.2, steps=(10, 20, 40), seeds=(1, 2, 3)),
    "noise": lambda: others.noise(etas=(0.1,), deviations=(1.0,), steps=100, seeds=(0, 1)),
    "degree": lambda: degree.relu_power(steps=20, seeds=(0,)),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("consistent on the grid" if name == "adam" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def plant_once(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))


def test_a_decay_that_is_not_squared_is_seen(monkeypatch):
    plant_once(
        monkeypatch,
        laws,
        "decayed_imbalance",
        lambda true: lambda d0, kicks, *, eta, lam: true(d0, kicks, eta=eta, lam=lam / 2),
    )
    assert SMALL["decay"]().status == "fails"


def test_a_flow_that_decays_half_as_fast_is_seen(monkeypatch):
    plant_once(monkeypatch, laws, "decayed_flow", lambda true: lambda d0, t, *, lam: true(d0, t, lam=lam / 2))
    assert SMALL["decay"]().status == "fails"


def test_a_loop_that_forgets_its_decay_is_seen(monkeypatch):
    def forgetful(start, slope, steps, *, weight_decay=0.0, **options):
        return descend(start, slope, steps, **options)

    monkeypatch.setattr(decay, "descend", forgetful)
    assert SMALL["decay"]().status == "fails"


def test_a_law_without_the_last_move_is_seen(monkeypatch):
    def careless(d0, moves, *, momentum, shrink=0.0):
        path, change = [np.asarray(d0)], 0.0
        for move in moves:
            change = momentum * change + move - 2 * shrink * path[-1]
            path.append(path[-1] + change)
        return np.array(path)

    monkeypatch.setattr(laws, "heavy_ball_imbalance", careless)
    assert SMALL["ball"]().status == "fails"


def test_a_charge_of_the_other_sign_is_seen(monkeypatch):
    plant_once(monkeypatch, laws, "noether_charge", lambda true: lambda U, V, dU, dV: true(U, V, dU, -dV))
    assert SMALL["ball"]().status == "fails"


@pytest.mark.parametrize("name", ["decay", "ball", "degree"])
def test_wrong_gradients_are_seen_by_the_second_route(monkeypatch, name):
    def unmasked(layers, X, Y, k=1):
        first, second = layers
        slope = second @ (first @ X) - Y
        return [second.T @ slope @ X.T * 2, slope @ (first @ X).T]

    monkeypatch.setattr(cases, "exact_relu", unmasked)
    assert SMALL[name]().status == "inconclusive"


def test_an_adam_that_is_descent_is_seen(monkeypatch):
    monkeypatch.setitem(DIRECTIONS, "adam", DIRECTIONS["gradient"])
    assert SMALL["adam"]().status == "fails"


def test_a_normalised_descent_by_signs_is_no_control(monkeypatch):
    monkeypatch.setitem(DIRECTIONS, "normalized", DIRECTIONS["sign"])
    evidence = SMALL["adam"]()
    assert not all(evidence.violates(result) for _, result in evidence.all_controls)


def test_noise_of_half_the_strength_is_seen(monkeypatch):
    plant_once(
        monkeypatch, laws, "noisy_imbalance", lambda true: lambda d0, r, *, eta: true(d0, r, eta=0.7 * eta)
    )
    assert SMALL["noise"]().status == "fails"


def test_a_weight_that_is_forgotten_is_seen(monkeypatch):
    monkeypatch.setattr(
        laws, "power_imbalance", lambda w, h, *, degree, biases=None: neuron_imbalance(w, h, biases=biases)
    )
    assert SMALL["degree"]().status == "fails"


def test_a_run_that_diverges_is_refused():
    case = cases.network(rng(), ("linear", "linear"))
    run = descend(case.start, case.slope(), 50, step=1e3, record=cases.watch)
    with pytest.raises(ValueError, match="diverged"):
        cases.watched(run)


def test_imbalances_of_all_neurons_are_those_of_the_model():
    case = cases.network(rng(), ("relu", "relu"))
    each = [neuron_imbalance(case.start, h) for h in (1, 2)]
    np.testing.assert_allclose(cases.squares(case.start), np.concatenate(each), rtol=1e-14)
    back = cases.unflat(cases.flat(case.start, []), case.start)
    for a, b in zip(back, case.start, strict=True):
        np.testing.assert_array_equal(a, b)


def test_fractions_agree_with_the_network():
    layers, X, Y = (
        [rng().normal(size=s) for s in ((3, 2), (2, 3))],
        rng(2).normal(size=(2, 3)),
        np.ones((2, 3)),
    )
    case = cases.Case(layers, ("relu",), X, Y)
    for exact, slope in zip(cases.exact_relu(layers, X, Y), case.slope()(layers, None)[1], strict=True):
        np.testing.assert_allclose(np.asarray(exact, float), 3 * slope, rtol=1e-12)
