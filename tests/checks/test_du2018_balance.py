"""The checks of page 19 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds.checks import du2018_balance as balance
from flowbounds.checks import du2018_sharing as sharing
from flowbounds.checks import du2018_structure as structure
from flowbounds.models import weight_sharing
from flowbounds.models.homogeneous_network import Pass


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "thm2.1": lambda: balance.neurons(networks=25, mixed=5, controls=9, rng=rng()),
    "cor2.1": lambda: balance.layers(networks=25, controls=9, rng=rng()),
    "thm2.2": lambda: balance.matrices(networks=25, controls=9, rng=rng()),
    "footnote8": lambda: balance.biases(networks=25, rng=rng()),
    "thm2.3": lambda: sharing.sharing(networks=12, controls=6, rng=rng()),
    "hom": lambda: structure.homogeneous(networks=25, controls=9, points=61, rng=rng()),
    "init_schemes": lambda: structure.schemes(draws=4, rng=rng()),
}
GRADIENTS = [name for name in SMALL if name not in {"hom", "init_schemes"}]


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("corrected" if name == "init_schemes" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls or name == "init_schemes"
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    assert evidence.vacuous < evidence.instances / 4
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_off_by_a_millionth_in_one_layer_is_seen(name, monkeypatch):
    """By the identity itself, and by the second route: enough to leave the verdict open at the least."""
    true = Pass.weight_gradients

    def off(run):
        first, *rest = true(run)
        return [first * (1 + 1e-6), *rest]

    monkeypatch.setattr(Pass, "weight_gradients", off)
    evidence = SMALL[name]()
    assert evidence.margin < 0
    assert evidence.status in {"fails", "inconclusive"}


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_off_in_all_layers_alike_is_seen_by_the_second_route(name, monkeypatch):
    """The wrong loss, say: the identities hold for any loss, so that only the other route can tell."""
    true = Pass.weight_gradients
    monkeypatch.setattr(Pass, "weight_gradients", lambda run: [1.01 * G for G in true(run)])
    monkeypatch.setattr(Pass, "bias_gradients", lambda run: [1.01 * d.sum(axis=1) for d in run.back])
    assert SMALL[name]().status == "inconclusive"


def test_a_bias_counted_twice_is_seen(monkeypatch):
    monkeypatch.setattr(Pass, "bias_gradients", lambda run: [2 * d.sum(axis=1) for d in run.back])
    assert SMALL["footnote8"]().margin < 0


def test_a_wrong_rate_of_other_activations_is_seen(monkeypatch):
    true = balance.rate_of_pass
    monkeypatch.setattr(balance, "rate_of_pass", lambda *arguments: 0.5 * true(*arguments))
    name = "largest residual of the exact rate, other activations"
    value, error = SMALL["thm2.1"]().constants[name]
    assert value > 100 * error


def test_a_parameter_that_misses_one_of_its_places_is_seen(monkeypatch):
    true = weight_sharing.pull_back

    def careless(G, g, size):
        g = np.array(g)
        g.flat[np.flatnonzero(g)[:1]] = 0
        return true(G, g, size)

    monkeypatch.setattr(weight_sharing, "pull_back", careless)
    assert SMALL["thm2.3"]().margin < 0


def test_the_law_of_channels_is_in_the_margin(monkeypatch):
    monkeypatch.setattr(sharing, "channel_residual", lambda net, slopes: 1.0)
    assert SMALL["thm2.3"]().status == "fails"


def test_a_factor_that_is_not_given_back_is_seen(monkeypatch):
    true = structure.moved

    def careless(net, a, b, c):
        weights = true(net, a, b, c)
        return [*weights[:-1], weights[-1] * (1 + 1e-9)]

    monkeypatch.setattr(structure, "moved", careless)
    assert SMALL["hom"]().status == "fails"


def test_an_activation_with_a_wrong_slope_is_seen(monkeypatch):
    true = structure.defect
    monkeypatch.setattr(structure, "defect", lambda name, z, **rest: true(name, z, **rest) + 1e-9)
    assert SMALL["hom"]().status == "fails"


def test_a_wrong_closed_form_is_seen(monkeypatch):
    true = structure.expected_square
    monkeypatch.setattr(structure, "expected_square", lambda *arguments: 1.2 * true(*arguments))
    assert SMALL["init_schemes"]().status == "fails"


def test_schemes_that_agree_at_equal_widths_only():
    assert structure.step_apart(list(structure.closed_form("kaiming", (7, 7, 7)))) == 0
    assert structure.step_apart(list(structure.closed_form("xavier", (1000, 100, 100, 10)))) > 1
