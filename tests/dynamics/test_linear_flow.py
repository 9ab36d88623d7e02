"""The flow of a linear network: closed form, conservation, order of its error, and where it stops."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.models import linear_network as network
from flowbounds.models.network_ensembles import balanced_layers, random_layers
from flowbounds.models.objectives import factorization, regression, sensing
from flowbounds.models.separable_losses import exponential

RNG = np.random.default_rng(11)
OBJECTIVES = {
    "factorization": factorization(RNG.normal(size=(3, 2))),
    "regression": regression(RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))),
    "rank deficient": regression(RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2))),
    "sensing": sensing(RNG.normal(size=(4, 3, 2)), RNG.normal(size=4)),
}


def drift(run):
    start = network.imbalances(run.state(0))
    ends = [network.imbalances(run.state(k)) for k in range(run.t.size)]
    return max(float(np.max(np.abs(b - a))) for end in ends for a, b in zip(start, end, strict=True))


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("hidden", [(2,), (4, 3), (2, 3, 2)])
def test_imbalances_drift_by_less_than_a_hundred_tolerances(name, hidden):
    weights = random_layers(pairwise((3, *hidden, 2)), np.random.default_rng(2))
    for tol in (1e-7, 1e-10):
        run = linear_flow(weights, OBJECTIVES[name], 2.0, tol=tol)
        assert drift(run) < 100 * tol * max(float(np.linalg.norm(w, 2)) ** 2 for w in weights)
        resolved = run.gap > 1e3 * tol * run.gap[0]  # below, the solver follows its own errors
        assert np.all(np.diff(run.gap[resolved]) < 0)


def test_exponential_loss_flows_too():
    f = exponential([[1.0, 0.5], [-1.0, 0.7]], [1, -1])
    run = linear_flow(random_layers([(2, 3), (3, 1)], np.random.default_rng(3)), f, 5.0)
    assert drift(run) < 1e-8
    assert run.gap[-1] < run.gap[0]


def test_scalar_flow_against_its_integral():
    """t = integral of ds / ((y - s) sqrt(d^2 + 4 s^2)): the time at which the product has come to w."""
    from scipy.integrate import quad

    u, v, y, w = 1.3, -0.4, 2.0, 1.5
    d = u * u - v * v
    time = quad(lambda s: 1 / ((y - s) * np.hypot(d, 2 * s)), u * v, w, epsabs=1e-13)[0]
    run = linear_flow([[[u]], [[v]]], factorization([[y]]), time, tol=1e-12, t_eval=[time])
    assert float(network.product(run.state(-1))[0, 0]) == pytest.approx(w, abs=1e-10)


def test_one_layer_is_plain_gradient_flow():
    f = OBJECTIVES["factorization"]
    W0 = np.zeros((3, 2))
    run = linear_flow([W0], f, 2.0, t_eval=[0.0, 1.0, 2.0])
    np.testing.assert_allclose(run.gap, f.gap(W0) * np.exp(-2 * run.t), rtol=1e-8)


def test_the_product_moves_by_the_tangent_operator():
    f = OBJECTIVES["regression"]
    weights = random_layers(pairwise((3, 3, 2)), np.random.default_rng(4))
    h = 1e-4
    run = linear_flow(weights, f, 2 * h, tol=1e-13, t_eval=[0.0, h, 2 * h])
    first, middle, last = (network.product(run.state(k)) for k in range(3))
    speed = -network.tangent_apply(run.state(1), f.gradient(middle))
    np.testing.assert_allclose((last - first) / (2 * h), speed, rtol=1e-4, atol=1e-6)


def test_error_falls_with_the_tolerance():
    f = OBJECTIVES["sensing"]
    weights = random_layers(pairwise((3, 3, 2)), np.random.default_rng(5))
    ends = [
        network.product(linear_flow(weights, f, 1.0, tol=tol, t_eval=[1.0]).state(-1))
        for tol in (1e-5, 1e-7, 1e-9, 1e-12)
    ]
    errors = [float(np.max(np.abs(end - ends[-1]))) for end in ends[:-1]]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-8


def test_it_stops_on_the_gap():
    f = OBJECTIVES["factorization"]
    weights = balanced_layers(3, 2, (3,), np.random.default_rng(6))
    run = linear_flow(weights, f, 1e3, t_eval=np.linspace(0, 1e3, 10_001), stop=1e-6)
    assert run.t[-1] < 100
    assert run.gap[-1] > 1e-10 * run.gap[0]
    assert run.weights[0].shape == (3, 3, run.t.size)
    own = linear_flow(weights, f, 1e3, stop=1e-6)
    assert own.gap[-1] <= 1e-6 * own.gap[0] < own.gap[-2]
    assert own.nfev < 2000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [np.eye(3), np.eye(3)]}, r"weights multiply to shape \(3, 3\)"),
        ({"weights": [np.ones((3, 2)), np.ones((3, 2))]}, "layer 2"),
        ({"weights": []}, "at least 1 layers"),
        ({"stop": 2.0}, "stop must be finite"),
        ({"stop": -1.0}, "stop must be finite"),
        ({"tol": 1.0}, "tol must be finite"),
        ({"t_end": 0.0}, "t_end must be finite"),
        ({"t_eval": [1.0, 0.0]}, "t_eval must increase"),
    ],
)
def test_bad_input_names_the_argument(change, message):
    good = {"weights": [np.ones((3, 2)), np.eye(2)], "objective": OBJECTIVES["factorization"], "t_end": 1.0}
    with pytest.raises(HypothesisError, match=message):
        linear_flow(**{**good, **change})
