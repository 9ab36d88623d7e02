"""The checks of page 12 at small sizes: they hold, their controls do not, planted slips are seen."""

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import rates
from flowbounds.checks import min2022_general as general
from flowbounds.checks import min2022_imbalance as conserved
from flowbounds.checks import min2022_margin as margins
from flowbounds.models import linear_network as network


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "overparam": lambda: conserved.overparametrized(trials=24, rng=rng()),
    "imbalance": lambda: conserved.imbalance(shapes=((2, 2, 1), (1, 2, 2, 1)), t_end=1.0, rng=rng()),
    "drift": lambda: conserved.descent_drift(trials=56, exact=3, rng=rng()),
    "T": lambda: general.tangent(trials=56, rng=rng()),
    "T identity": lambda: general.tangent_identity(trials=70, rng=rng()),
    "lambda min": lambda: general.two_layer_eigenvalue(trials=42, rng=rng()),
    "local PL": lambda: general.local_pl(trials=60, rng=rng()),
    "margin": lambda: margins.margin_bound(shapes=((2, 2), (1, 2)), layers=(2,), tol=1e-10, rng=rng()),
    "optimal": lambda: margins.optimal(trials=10, depths=(2, 3), rng=rng()),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == "holds"
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls or evidence.kind == "definition"
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_flow_that_is_not_a_gradient_is_seen(monkeypatch):
    """One layer's velocity a thousandth too large: the imbalance drifts."""
    from flowbounds.dynamics import linear_flow

    def faster(weights, G):
        first, *rest = network.pull_back(weights, G)
        return [1.001 * first, *rest]

    monkeypatch.setattr(linear_flow, "pull_back", faster)
    assert SMALL["imbalance"]().status == "fails"


def test_a_sign_in_the_imbalance_is_seen(monkeypatch):
    def summed(weights):
        return [a.T @ a + b @ b.T for a, b in pairwise(weights)]

    monkeypatch.setattr(network, "imbalances", summed)
    assert SMALL["drift"]().status == "fails"
    assert SMALL["imbalance"]().status == "fails"
    assert SMALL["optimal"]().status == "inconclusive", "the networks do not have the fibre's D"


def test_column_major_factors_are_seen(monkeypatch):
    """The matrix of T with the two factors of each Kronecker product exchanged."""

    def exchanged(weights):
        P, Q = network.prefixes(weights), network.suffixes(weights)
        return sum(np.kron(Q[k + 1].T @ Q[k + 1], P[k] @ P[k].T) for k in range(len(weights)))

    monkeypatch.setattr(network, "tangent_matrix", exchanged)
    for name in ("T", "T identity"):
        assert SMALL[name]().status in {"fails", "inconclusive"}, "the integers see it too"


def test_half_a_gamma_too_much_is_seen(monkeypatch):
    true = general.random_objective

    def boasting(*args):
        found = true(*args)
        return dataclasses.replace(found, gamma=8 * found.gamma)

    monkeypatch.setattr(general, "random_objective", boasting)
    assert SMALL["local PL"]().status == "fails"


def test_a_lost_half_of_the_spectrum_is_seen(monkeypatch):
    """lambda_min taken for the smallest singular value itself."""
    true = network.tangent_min_eigenvalue
    monkeypatch.setattr(network, "tangent_min_eigenvalue", lambda weights: np.sqrt(true(weights)))
    assert SMALL["lambda min"]().status == "fails"


def test_a_margin_without_its_root_is_seen(monkeypatch):
    def rootless(W_star, W0, *, K, mu):
        return rates.margin(W_star, W0, K=1.0, mu=1.0)

    monkeypatch.setattr(margins, "margin", rootless)
    assert SMALL["margin"]().status == "fails"


def test_a_network_that_is_too_narrow_is_seen(monkeypatch):
    true = conserved.spectral_layers
    monkeypatch.setattr(conserved, "spectral_layers", lambda W, hidden: true(W, [h - 1 or 1 for h in hidden]))
    assert SMALL["overparam"]().status in {"fails", "inconclusive"}, "the gap sees it too"


def test_the_crafted_flow_loses_half_of_the_root():
    """The limit (kappa + 1) / (2 sqrt(kappa)) is approached from below as W_1 stretches."""
    K, d = 20.0, 0.2
    losses = []
    for stretch in (1e2, 1e3):
        weights, f = margins.crafted_start(K, stretch, d)
        times = np.linspace(0, 1 / stretch, 100)
        run = margins.linear_flow(weights, f, 1 / stretch, t_eval=times)
        losses.append((1 - margins.smallest_singular_values(run).min()) / d)
    assert 1.5 < losses[0] < losses[1] < (K + 1) / (2 * np.sqrt(K)) < np.sqrt(K)
    np.testing.assert_allclose(network.product(weights), network.product(run.state(0)))


def test_fibre_ends_are_decoupled_pairs():
    fibre = margins.random_fibre(rng(3))
    low, high = fibre.interval
    assert low < high
    one, two, square = fibre.grams(np.array([low, high]))
    np.testing.assert_allclose(square, 0, atol=1e-10)
    np.testing.assert_allclose(two, [fibre.b2, fibre.b1], rtol=1e-8)
    lone = np.array([fibre.b2, fibre.b1])
    paired = fibre.b1 + fibre.b2 - lone  # M and the first entry carry the pair (a, -b)
    np.testing.assert_allclose(np.array([low, high]) - one, fibre.a - paired, rtol=1e-8)
    np.testing.assert_allclose(np.array([low, high]) * one, fibre.a * paired + fibre.w**2, rtol=1e-8)


def test_networks_on_a_fibre_have_its_imbalance_and_product():
    fibre = margins.random_fibre(rng(4))
    for share in (0.2, 0.5, 0.9):
        M = fibre.interval[0] + share * (fibre.interval[1] - fibre.interval[0])
        weights = fibre.weights(M)
        D = np.diag([fibre.a, -fibre.b2, -fibre.b1])
        np.testing.assert_allclose(network.imbalances(weights)[0], D, atol=1e-11)
        np.testing.assert_allclose(network.product(weights), [[fibre.w, 0.0]], atol=1e-12)
        assert network.tangent_min_eigenvalue(weights) == pytest.approx(
            float(fibre.rate(np.array(M))), rel=1e-9
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: general.tangent(trials=0, rng=rng()), "trials must be an integer"),
        (lambda: conserved.imbalance(eta=2.0, rng=rng()), "eta must be finite and in"),
        (lambda: margins.margin_bound(d=0.5, rng=rng()), "d must be finite and in"),
        (lambda: margins.optimal(points=1, rng=rng()), "points must be an integer"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
