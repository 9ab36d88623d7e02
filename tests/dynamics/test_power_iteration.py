"""The power method: exact arithmetic as its twin, ties, other orders, bad input."""

from fractions import Fraction

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.power_iteration import power_method
from flowbounds.models.tensor_ensembles import equiangular_basis, uniform_directions


def test_against_exact_fractions():
    """w_i <- a_i w_i^3 in rational arithmetic, normalised once at the end."""
    w, a = [Fraction(3), Fraction(-2), Fraction(4)], [Fraction(3, 10), Fraction(1, 2), Fraction(1, 5)]
    start = np.array([float(x) for x in w])
    for step in range(1, 4):
        w = [x * y**3 for x, y in zip(a, w, strict=True)]
        exact = np.array([float(x / max(map(abs, w))) for x in w])
        exact /= np.linalg.norm(exact)
        u = power_method((start / np.linalg.norm(start))[:, None], [0.3, 0.5, 0.2], step)[:, 0, -1]
        np.testing.assert_allclose(u, exact, rtol=1e-12)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_a_step_raises_the_lead_to_the_power_of_the_order_less_one(order):
    u, a = uniform_directions(2, 5, np.random.default_rng(0)), np.array([0.7, 0.4])
    path = power_method(u, a, 2, order=order)
    b = np.log(a ** (1 / (order - 2)))[:, None, None] + np.log(np.abs(path))
    lead = b[0] - b[1]
    np.testing.assert_allclose(lead[:, 1:], (order - 1) * lead[:, :-1], rtol=1e-11)


def test_exact_ties_stay_and_unit_vectors_stay():
    tied = np.array([[1.0], [2.0], [0.5]]) / np.sqrt(5.25)
    end = power_method(tied, [0.8, 0.2, 0.3], 60)[:, 0, -1]
    assert end[1] == 2 * end[0]
    assert end[2] == 0.0
    np.testing.assert_array_equal(power_method(np.eye(3), [0.3, 0.2, 0.5], 5)[:, :, -1], np.eye(3))


def test_two_directions_at_fifty_degrees_have_one_limit_between_them():
    basis = equiangular_basis(2, 2, 50.0)
    ends = power_method(uniform_directions(2, 20, np.random.default_rng(1)), [0.5, 0.5], 300, basis=basis)
    middle = basis.sum(axis=1) / np.linalg.norm(basis.sum(axis=1))
    np.testing.assert_allclose(np.abs(middle @ ends[:, :, -1]), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"directions": [[2.0], [0.0]]}, "directions must have unit columns, column 0 has norm 2"),
        ({"a": [-0.5]}, "a must be non-negative, got -0.5"),
        ({"a": [1.0, 1.0, 1.0]}, "a has 3 weights but the dimension is 2"),
        ({"steps": -1}, "steps must be an integer, at least 0, got -1"),
        ({"steps": 1.5}, "steps must be an integer, at least 0, got 1.5"),
        ({"order": 2}, "order must be an integer, at least 3, got 2"),
        ({"directions": [[0.0], [1.0]]}, "column 0 is mapped to zero at step 1"),
    ],
)
def test_bad_input(change, message):
    call = {"directions": [[1.0], [0.0]], "a": [1.0], "steps": 3, "order": 4, **change}
    with pytest.raises(HypothesisError, match=message):
        power_method(call["directions"], call["a"], call["steps"], order=call["order"])
