"""Constructed stationary points, the limits of their curvature, and what a bounded imbalance bounds."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import coercivity
from flowbounds.bounds.stationary_points import alternatives_slack, curvature_limits, stationary_point
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian

RNG = np.random.default_rng(5)
P, Q = (np.linalg.qr(RNG.normal(size=(n, 3)))[0] for n in (5, 4))
SIGMA = np.array([2.0, 1.0, 0.5])
M = (P * SIGMA) @ Q.T
TURN = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
FAMILIES = {
    "zero": {"extra_left": np.zeros((5, 3))},
    "no extra": {"mixing": RNG.normal(size=(3, 3))},
    "in U": {"mixing": RNG.normal(size=(2, 2)), "extra_left": RNG.normal(size=(5, 2)), "turn": TURN},
    "in V": {"mixing": RNG.normal(size=(1, 1)), "extra_right": RNG.normal(size=(4, 2))},
    "in both": {
        "mixing": RNG.normal(size=(2, 2)),
        "extra_left": RNG.normal(size=(5, 1)),
        "extra_right": RNG.normal(size=(4, 1)),
        "turn": TURN,
    },
}


@pytest.mark.parametrize("name", FAMILIES)
def test_points_are_stationary_and_fit_the_first_triples(name):
    U, V = stationary_point(P, SIGMA, Q, **FAMILIES[name])
    for part in model.gradient(U, V, M):
        assert np.abs(part).max() < 1e-13 * (1 + np.linalg.norm(U) + np.linalg.norm(V))
    q = len(FAMILIES[name].get("mixing", ()))
    np.testing.assert_allclose(U @ V.T, (P[:, :q] * SIGMA[:q]) @ Q[:, :q].T, atol=1e-12)


@pytest.mark.parametrize("name", FAMILIES)
def test_curvature_is_between_the_limits(name):
    U, V = stationary_point(P, SIGMA, Q, **FAMILIES[name])
    s = np.linalg.norm(U @ V.T - M, 2)
    low, high = curvature_limits(s, np.linalg.norm(model.imbalance(U, V), 2))
    found = hessian.smallest_curvature(U, V, M)[0]
    if name == "no extra":
        assert abs(found) < 1e-11  # a global minimum
    else:
        assert low - 1e-12 <= found <= high + 1e-12 < 0


def test_the_upper_limit_is_attained_at_every_imbalance():
    """Nothing fitted, one extra column of length sqrt(e) in U."""
    for e in (0.1, 1.0, 30.0):
        free = np.linalg.qr(np.column_stack([P, RNG.normal(size=5)]))[0][:, 3:]
        U, V = stationary_point(P[:, :1], [2.0], Q[:, :1], extra_left=np.sqrt(e) * free)
        found = hessian.smallest_curvature(U, V, 2.0 * P[:, :1] @ Q[:, :1].T)[0]
        assert found == pytest.approx(curvature_limits(2.0, e)[1], rel=1e-12)


def test_limits_are_the_formula_and_do_not_cancel():
    for s, e in ((1.0, 0.0), (2.0, 3.0), (0.5, 10.0)):
        assert curvature_limits(s, e)[1] == pytest.approx((e - np.sqrt(e * e + 4 * s * s)) / 2, rel=1e-12)
    assert curvature_limits(1e-6, 1.0)[1] == pytest.approx(-1e-12, rel=1e-11)
    assert curvature_limits(0.0, 1.0) == (0.0, 0.0)


def test_beyond_the_rank_a_balanced_point_is_no_strict_saddle():
    root = np.diag(np.sqrt([3.0, 2.0, 1.0]))[:, :2]
    target = np.diag([3.0, 2.0, 1.0])
    assert max(np.abs(g).max() for g in model.gradient(root, root, target)) < 1e-15
    value = hessian.smallest_curvature(root, root, target)[0]
    assert abs(value) < 1e-14
    assert alternatives_slack(1.0, 0.5, value, 1e-12) == -0.5


def test_critical_points_of_the_penalised_objective_are_balanced():
    """A balanced point stays critical with the term; an unbalanced one does not."""
    U, V = stationary_point(P, SIGMA, Q, mixing=np.diag(np.sqrt(SIGMA[:2])))
    assert max(np.abs(g).max() for g in model.gradient(U, V, M, weight=1.0)) < 1e-14
    U, V = stationary_point(P, SIGMA, Q, mixing=2 * np.eye(2))
    assert max(np.abs(g).max() for g in model.gradient(U, V, M, weight=1.0)) > 0.1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_norm_and_loss_bounds_hold_and_are_inverse(k):
    for _ in range(50):
        U, V = (10.0 ** RNG.uniform(-1, 1) * RNG.normal(size=(n, k)) for n in (5, 4))
        e, f = np.linalg.norm(model.imbalance(U, V)), model.loss(U, V, M)
        size, target = np.linalg.norm(U) ** 4 + np.linalg.norm(V) ** 4, np.linalg.norm(M)
        bound = coercivity.norm_bound(f, e, target, k)
        assert size <= bound * (1 + 1e-12)
        assert f >= coercivity.loss_bound(size, e, target, k) * (1 - 1e-12)
        assert coercivity.loss_bound(bound, e, target, k) == pytest.approx(f, rel=1e-9)


def test_the_norm_bound_is_attained():
    U, V = 3.0 * P[:, :2], 0.5 * Q[:, :2]
    target = 0.4 * U @ V.T
    bound = coercivity.norm_bound(
        model.loss(U, V, target), np.linalg.norm(model.imbalance(U, V)), np.linalg.norm(target), 2
    )
    assert np.linalg.norm(U) ** 4 + np.linalg.norm(V) ** 4 == pytest.approx(bound, rel=1e-13)


def test_smoothness_bounds_the_hessian():
    for size in (0.1, 1.0, 10.0):
        U, V = size * RNG.normal(size=(5, 2)), size * RNG.normal(size=(4, 2))
        level = model.loss(U, V, M, weight=1.0)
        top = np.linalg.norm(hessian.hessian_matrix(U, V, M, weight=1.0), 2)
        assert top <= coercivity.smoothness_on_sublevel(level, np.linalg.norm(M))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"left": 2 * P}, "left must have orthonormal columns"),
        ({"sigma": [1.0, 0.0, 1.0]}, "sigma must be positive, got 0"),
        ({"right": Q[:, :2]}, "right must have 3 columns"),
        ({"mixing": np.ones((2, 2))}, "mixing must be invertible"),
        ({"mixing": np.eye(4)}, "mixing must be square, of order at most 3"),
        ({"turn": np.eye(3)}, r"turn must have shape \(2"),
        ({"mixing": None}, "there are 0 columns"),
    ],
)
def test_bad_points_are_named(changed, message):
    given = {"left": P, "sigma": SIGMA, "right": Q, "mixing": np.eye(2), **changed}
    with pytest.raises(HypothesisError, match=message):
        stationary_point(given.pop("left"), given.pop("sigma"), given.pop("right"), **given)
