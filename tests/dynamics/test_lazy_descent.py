"""Descent beside its linearisation: a literal twin, the lazy limit, and the way out of it."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import lazy, tangent_space
from flowbounds.bounds.tangent_space import tangent_gram
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.lazy_descent import lazy_descent, steps_to_floor
from flowbounds.models.scaled_tensor_fit import vanilla_gradient, vanilla_loss
from flowbounds.models.tensor_ensembles import uniform_directions


def start(order, d, m, targets=2, seed=1):
    rng = np.random.default_rng(seed)
    U, signs = uniform_directions(d, m, rng), rng.choice([-1.0, 1.0], size=m)
    return U, signs, uniform_directions(d, targets, rng), order


@pytest.mark.parametrize(("order", "size"), [(3, 3.0), (4, 1.5), (3, 0.5)])
def test_it_is_gradient_descent_of_the_vanilla_objective(order, size):
    """The loop of dynamics.descent on the centred model, written as a target with the start in it."""
    U, c, stars, order = start(order, 4, 3)
    run = lazy_descent(U, c, stars, order, size=size, steps=30)
    step = 1 / (order**2 * max(1, size) ** (2 * order - 2) * np.linalg.eigvalsh(tangent_gram(U, order))[-1])
    for k in range(stars.shape[1]):
        target = np.hstack([size * U, stars[:, k : k + 1]]), np.concatenate([c, [1.0]])

        def slope(parameters, _, target=target):
            (V,) = parameters
            loss = vanilla_loss(V, c, *target, order)
            return loss, [vanilla_gradient(V, c, *target, order)[0]]

        twin = descend([size * U], slope, 30, step=step)
        assert run.error[k] == pytest.approx(np.sqrt(2 * twin.losses[-1]), rel=1e-9)
        moved = np.linalg.norm(twin.parameters[0] - size * U, axis=0) / size
        assert run.moved[k] == pytest.approx(np.max(moved), rel=1e-9)


def test_the_linearised_model_is_descended_too():
    """A literal loop on the moves, against the closed form in modes."""
    U, c, stars, order = start(3, 4, 3)
    columns = tangent_space.tangent_columns(U, order)
    aims = tangent_space.coordinates_of_each(stars, order)
    x, top = np.zeros((columns.shape[1], stars.shape[1])), np.linalg.norm(columns, 2) ** 2
    for _ in range(25):
        x += columns.T @ (aims - columns @ x) / top
    run = lazy_descent(U, c, stars, order, size=10.0, steps=25)
    np.testing.assert_allclose(run.linear, np.linalg.norm(aims - columns @ x, axis=0), rtol=1e-12)


def test_the_deviation_falls_with_the_size_to_the_order():
    U, c, stars, order = start(3, 5, 3, targets=4)
    gaps = []
    for size in (10.0, 20.0, 40.0):
        run = lazy_descent(U, c, stars, order, size=size, steps=200)
        gaps.append(np.median(np.abs(run.error - run.linear)))
    slopes = np.diff(np.log2(gaps))
    np.testing.assert_allclose(slopes, -3, atol=0.1)


def test_the_floor_is_the_distance():
    U, c, stars, order = start(4, 3, 3)
    run = lazy_descent(U, c, stars, order, size=30.0, steps=0)
    for k, star in enumerate(stars.T):
        assert run.floor[k] ** 2 == pytest.approx(
            lazy.distance_squared(U, star[:, None], [1.0], order), rel=1e-10
        )
    np.testing.assert_allclose(run.error, 1)
    np.testing.assert_allclose(run.linear, 1)
    np.testing.assert_array_equal(run.moved, 0)


def test_a_small_start_goes_below_the_floor_and_moves_far():
    U, c, stars, order = start(3, 5, 3, targets=4, seed=3)
    run = lazy_descent(U, c, stars, order, size=0.3, steps=3000)
    assert np.min(run.error / run.floor) < 0.2
    assert np.max(run.moved) > 1


def test_steps_to_the_floor():
    U, _, stars, order = start(3, 5, 3)
    steps = steps_to_floor(U, stars, order, within=1e-3)
    for count, there in ((steps, True), (steps // 4, False)):
        run = lazy_descent(U, np.ones(3), stars, order, size=100.0, steps=count)
        assert np.all(run.linear <= 1.001 * run.floor) == there
    U, _, stars, _ = start(3, 3, 6)  # no floor to come near
    assert steps_to_floor(U, stars, 3, within=0.1, limit=100) == 100


def test_signs_must_be_signs():
    U, _, stars, order = start(3, 4, 2)
    with pytest.raises(HypothesisError, match=r"signs must be \+1 or -1, got 0.5"):
        lazy_descent(U, [1.0, 0.5], stars, order, size=1.0, steps=1)
