"""Classification losses: gradients against differences, the margin certified twice, constants sharp."""

import numpy as np
import pytest
from scipy.optimize import linprog

from flowbounds import HypothesisError
from flowbounds.models.separable_losses import exponential, logistic, separation_margin


def data(count, dimension, seed):
    """Points on both sides of a hyperplane, none nearer than 0.1."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=dimension)
    normal /= np.linalg.norm(normal)
    X = rng.normal(size=(count, dimension))
    labels = np.where(X @ normal > 0, 1.0, -1.0)
    return X + 0.1 * labels[:, None] * normal, labels


@pytest.mark.parametrize("make", [exponential, lambda X, y: logistic(X, y, level=5.0)])
def test_gradients_agree_with_differences(make):
    X, labels = data(6, 3, 1)
    f = make(X, labels)
    w = np.random.default_rng(2).normal(size=(3, 1))
    for k, unit in enumerate(1e-6 * np.eye(3)[:, :, None]):
        slope = (f.gap(w + unit) - f.gap(w - unit)) / 2e-6
        assert f.gradient(w)[k, 0] == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize(("count", "dimension", "seed"), [(1, 1, 0), (5, 2, 1), (30, 3, 2), (4, 6, 3)])
def test_margin_is_a_distance_that_its_normal_certifies(count, dimension, seed):
    """Twice bounded: a separator gives a lower bound, a point of the hull an upper one."""
    X, labels = data(count, dimension, seed)
    points = labels[:, None] * X
    found = separation_margin(X, labels)
    mixes = np.random.default_rng(seed).dirichlet(np.full(count, 0.3), size=2000)
    assert found <= np.linalg.norm(mixes @ points, axis=1).min() * (1 + 1e-12)
    rows = np.hstack([-points, points])  # some separator: least one-norm with p_i w >= 1
    least = linprog(np.ones(2 * dimension), A_ub=rows, b_ub=-np.ones(count))
    w = least.x[:dimension] - least.x[dimension:]
    assert found >= np.min(points @ w) / np.linalg.norm(w) * (1 - 1e-9)


def test_margin_in_the_plane_by_turning_the_separator():
    X, labels = data(12, 2, 5)
    angles = np.linspace(0, 2 * np.pi, 100_001)
    every = (labels[:, None] * X) @ np.array([np.cos(angles), np.sin(angles)])
    assert separation_margin(X, labels) == pytest.approx(every.min(axis=0).max(), rel=1e-4)  # the grid's


@pytest.mark.parametrize("seed", range(4))
def test_the_inequalities_hold_and_the_exponential_one_is_sharp(seed):
    X, labels = data(8, 3, seed)
    rng = np.random.default_rng(seed)
    f = exponential(X, labels)
    for size in (0.1, 1.0, 10.0):
        w = size * rng.normal(size=(3, 1))
        assert np.linalg.norm(f.gradient(w)) >= f.gamma * f.gap(w) * (1 - 1e-12)
        g = logistic(X, labels, level=max(f.gap(w), 1e-3))  # log(1 + x) <= x
        assert np.linalg.norm(g.gradient(w)) >= g.gamma * g.gap(w) * (1 - 1e-12)
    single = exponential([[3.0, 4.0]], [1])
    assert np.linalg.norm(single.gradient(w[:2])) == pytest.approx(5 * single.gap(w[:2]), rel=1e-12)


def test_the_logistic_constant_needs_its_level():
    """Far on the wrong side the gradient stops growing while the loss goes on."""
    f = logistic([[1.0]], [1], level=0.1)
    w = np.array([[-50.0]])
    assert f.gap(w) > f.level
    assert abs(f.gradient(w)[0, 0]) < f.gamma * f.gap(w)


def test_no_loss_overflows_the_logistic():
    f = logistic([[1.0]], [1], level=1.0)
    assert f.gap(np.array([[-1e4]])) == pytest.approx(1e4)
    assert f.gap(np.array([[700.0]])) > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: separation_margin([[1.0], [2.0]], [1, -1]), "X must be separable"),
        (lambda: separation_margin([[0.0]], [1]), "X must not be zero"),
        (lambda: exponential([[1.0]], [2]), "labels must be 1 or -1, got 2 at index 0"),
        (lambda: logistic([[1.0]], [1], level=0.0), "level must be finite and in"),
    ],
)
def test_bad_data_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
