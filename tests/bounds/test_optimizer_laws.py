"""The laws of other optimisers: closed forms, limits, and how they contain each other."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import optimizer_laws as laws
from flowbounds.models.homogeneous_network import neuron_imbalance

RNG = np.random.default_rng(7)


def test_without_kicks_the_decay_is_a_power_and_tends_to_the_flow():
    d0 = np.array([1.0, -2.0])
    path = laws.decayed_imbalance(d0, np.zeros((50, 2)), eta=0.1, lam=0.3)
    np.testing.assert_allclose(path[-1], d0 * (1 - 0.03) ** 100, rtol=1e-12)
    fine = laws.decayed_imbalance(d0, np.zeros((50000, 2)), eta=1e-4, lam=0.3)[-1]
    np.testing.assert_allclose(fine, laws.decayed_flow(d0, [5.0], lam=0.3)[0], rtol=1e-4)


def test_a_ball_without_memory_is_descent():
    d0, kicks = RNG.normal(size=3), RNG.normal(size=(20, 3))
    eta = 0.2
    one = laws.decayed_imbalance(d0, kicks, eta=eta, lam=0.0)
    two = laws.heavy_ball_imbalance(d0, eta**2 * kicks, momentum=0.0)
    np.testing.assert_allclose(one, two, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_summed_moves_give_the_factor(beta):
    moves = np.concatenate([RNG.normal(size=(30, 1)), np.zeros((2000, 1))])
    path = laws.heavy_ball_imbalance([0.0], moves, momentum=beta)
    np.testing.assert_allclose(path[-1], laws.momentum_factor(beta) * moves.sum(axis=0), rtol=1e-10)


def test_the_charge_turns_with_the_factors_and_ignores_scaling():
    U, V, dU, dV = (RNG.normal(size=(rows, 3)) for rows in (4, 5, 4, 5))
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    charge = laws.noether_charge(U, V, dU, dV)
    np.testing.assert_allclose(charge, -charge.T)
    turned = laws.noether_charge(U @ turn, V @ turn, dU @ turn, dV @ turn)
    np.testing.assert_allclose(turned, turn.T @ charge @ turn, atol=1e-12)
    np.testing.assert_allclose(laws.noether_charge(U, V, U, V), np.zeros((3, 3)), atol=1e-12)


@pytest.mark.parametrize("beta", [0.3, 0.9])
def test_each_step_of_the_ball_multiplies_the_charge_by_beta(beta):
    """Exactly, at a step that is not small; with a first move that is not zero."""
    U, V, M = RNG.normal(size=(4, 2)), RNG.normal(size=(3, 2)), RNG.normal(size=(4, 3))
    dU, dV = 0.1 * RNG.normal(size=U.shape), 0.1 * RNG.normal(size=V.shape)
    charge = laws.noether_charge(U, V, dU, dV)
    for _ in range(5):
        U, V = U + dU, V + dV
        R = U @ V.T - M
        dU, dV = beta * dU - 0.05 * R @ V, beta * dV - 0.05 * R.T @ U
        after = laws.noether_charge(U, V, dU, dV)
        np.testing.assert_allclose(after, beta * charge, atol=1e-13)
        charge = after


def test_noise_multiplies():
    r = RNG.normal(size=40)
    path = laws.noisy_imbalance(-2.0, r, eta=0.3)
    assert path[-1] == pytest.approx(-2.0 * np.prod(1 - 0.09 * r**2), rel=1e-12)


def test_degree_one_is_the_plain_imbalance():
    weights, biases = [RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3))], [RNG.normal(size=3), np.zeros(2)]
    plain = neuron_imbalance(weights, 1, biases=biases)
    np.testing.assert_allclose(laws.power_imbalance(weights, 1, degree=1, biases=biases), plain, rtol=1e-14)
    half = laws.power_imbalance(weights, 1, degree=0)
    np.testing.assert_allclose(half, np.sum(weights[0] ** 2, axis=1), rtol=1e-12)


def test_times_before_the_start_are_refused():
    with pytest.raises(HypothesisError, match="t must be"):
        laws.decayed_flow([1.0], [-1.0], lam=0.1)
