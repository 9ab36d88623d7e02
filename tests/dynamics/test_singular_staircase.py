"""Learning times of two layers: exact for aligned layers, right in the limit, blind to rotations."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.dynamics.singular_staircase import predicted_learning_times
from flowbounds.models.network_ensembles import random_layers
from flowbounds.models.objectives import factorization

S = np.array([1.0, 0.6, 0.3])
SHAPES = ((4, 5), (5, 3))


def frames(seed=0):
    rng = np.random.default_rng(seed)
    return tuple(np.linalg.qr(rng.normal(size=(size, 3)))[0] for size in (4, 5, 3))


def measured(start, left, right):
    """Times at which the flow has learned half of each singular value."""
    M = (left * S) @ right.T
    t = np.linspace(0, 1.2 * np.max(predicted_learning_times(start, M)), 6001)
    run = linear_flow(start, factorization(M), t[-1], tol=1e-13, t_eval=t)
    learned = np.einsum("nk,nht,hmt,mk->kt", left, *run.weights, right)
    return np.array([np.interp(0.5, share, run.t) for share in learned / S[:, None]])


def test_aligned_layers_follow_the_logistic_exactly():
    left, hidden, right = frames()
    x = np.array([1e-3, 2e-5, 3e-4])
    start = [(left * np.sqrt(x)) @ hidden.T, (hidden * np.sqrt(x)) @ right.T]
    found = measured(start, left, right)
    assert np.allclose(found, np.log(S / x - 1) / (2 * S), rtol=1e-5)
    told = predicted_learning_times(start, (left * S) @ right.T)
    assert np.allclose(told, np.log(S / x) / (2 * S), rtol=1e-12)  # the limit leaves out the one


def test_right_in_the_limit_of_small_layers():
    left, _, right = frames(1)
    layers = random_layers(SHAPES, np.random.default_rng(2))
    errors = []
    for size in (1e-1, 1e-3, 1e-5):
        start = [size * layer for layer in layers]
        told = predicted_learning_times(start, (left * S) @ right.T)
        errors.append(np.max(np.abs(measured(start, left, right) - told)))
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    assert errors[2] < 1e-3


def test_without_orthogonalisation_the_limit_would_be_wrong():
    left, _, right = frames(1)
    start = [1e-6 * layer for layer in random_layers(SHAPES, np.random.default_rng(2))]
    z = (left.T @ start[0] + right.T @ start[1].T) / np.sqrt(2)
    naive = np.log(2 * S / np.sum(z * z, axis=1)) / (2 * S)
    found = measured(start, left, right)
    assert abs(naive[0] - found[0]) < 1e-2
    assert np.max(np.abs(naive - found)) > 0.2


def test_turning_target_and_layers_together_changes_nothing():
    rng = np.random.default_rng(3)
    first, second = (1e-4 * layer for layer in random_layers(SHAPES, rng))
    M = rng.normal(size=(4, 3))
    P, Q, R = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in (4, 5, 3))
    told = predicted_learning_times([first, second], M)
    turned = predicted_learning_times([P @ first @ Q, Q.T @ second @ R], P @ M @ R)
    assert np.allclose(told, turned, rtol=1e-10)


def test_nothing_grows_beyond_the_rank_and_the_width():
    narrow = [np.ones((3, 1)), np.ones((1, 3))]
    assert np.isfinite(predicted_learning_times(narrow, np.diag([3.0, 2.0, 1.0]))).tolist() == [1, 0, 0]
    wide = random_layers([(3, 4), (4, 3)], np.random.default_rng(4))
    assert np.isfinite(predicted_learning_times(wide, np.diag([3.0, 2.0, 0.0]))).tolist() == [1, 1, 0]
    assert np.isinf(predicted_learning_times(wide, np.zeros((3, 3)))).all()


@pytest.mark.parametrize(
    ("weights", "M", "said"),
    [
        ([np.eye(2)], np.eye(2), "weights must be two layers, got 1"),
        ([np.eye(2), np.eye(2)], np.eye(2), "M must have distinct singular values, got 1 twice"),
        ([np.eye(2), np.eye(2)], np.eye(3), "M"),
    ],
)
def test_what_it_refuses(weights, M, said):
    with pytest.raises(HypothesisError, match=said):
        predicted_learning_times(weights, M)
