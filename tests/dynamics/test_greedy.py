"""Greedy deflation: orthogonal targets exactly, the plane's quartic as a twin, stuck runs, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds import HypothesisError
from flowbounds.dynamics import greedy
from flowbounds.dynamics.greedy import deflate
from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import equiangular_basis, geometric_weights, uniform_directions


def rng(seed=0):
    return np.random.default_rng(seed)


def turned(d, seed=0):
    return np.linalg.qr(rng(seed).normal(size=(d, d)))[0]


def plane_maximum(vectors, weights):
    """Largest value of sum a_i <v_i, u>^4 over the circle: all roots of a polynomial of degree four.

    With u = (cos x, sin x) = (1, s) / sqrt(1 + s^2) the derivative in x is p'(s) (1 + s^2) - 4 s p(s) over
    (1 + s^2)^2, where p(s) = sum a_i (v_1i + v_2i s)^4; its terms of degree five cancel.
    """
    poly = np.polynomial.Polynomial
    p = sum(a * poly([v[0], v[1]]) ** 4 for v, a in zip(vectors.T, weights, strict=True))
    stationary = p.deriv() * poly([1, 0, 1]) - 4 * poly([0, 1]) * p
    s = poly(stationary.coef[:5]).roots()
    s = s[np.abs(s.imag) < 1e-6 * (1 + np.abs(s))].real
    return max(float(np.max(p(s) / (1 + s**2) ** 2)), float(tensor.evaluate(vectors, weights, np.eye(2))[1]))


@pytest.mark.parametrize(("d", "r"), [(2, 1), (3, 3), (10, 5), (12, 12)])
@pytest.mark.parametrize("basis", ["standard", "turned"])
def test_an_orthogonal_target_comes_off_largest_first(d, r, basis):
    Q = np.eye(d) if basis == "standard" else turned(d)
    a = geometric_weights(r, 1.2)
    shuffle = rng(1).permutation(r)
    found = deflate(Q[:, shuffle], a[shuffle], steps=r + 3, rng=rng(2))
    rest = np.sqrt(np.append(np.cumsum((a**2)[::-1])[::-1], 0.0))
    np.testing.assert_allclose(found.coefficients, a, rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.residual_norms, rest, rtol=0, atol=2e-15)
    np.testing.assert_allclose(np.abs(np.sum(found.directions * Q[:, :r], axis=0)), 1.0, rtol=1e-14)
    assert not found.stuck


def test_a_length_counts_to_the_fourth_power():
    found = deflate(np.diag([2.0, 1.0]), [0.1, 0.9], steps=2, rng=rng())
    np.testing.assert_allclose(found.coefficients, [1.6, 0.9], rtol=1e-15)


@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_every_step_takes_the_largest_value_in_the_plane(seed, r, signed):
    """Against the polynomial's roots, at each step, with the residual that the step saw."""
    draw = rng(seed)
    vectors, a = uniform_directions(2, r, draw), draw.uniform(0.1, 1.0, size=r)
    found = deflate(vectors, a, steps=3, rng=draw, signed=signed)
    for k in range(found.coefficients.size):
        seen = np.column_stack([vectors, found.directions[:, :k]])
        left = np.append(a, -found.coefficients[:k])
        best = plane_maximum(seen, left)
        if signed:
            best = max(best, plane_maximum(seen, -left))
        assert abs(found.coefficients[k]) == pytest.approx(best, rel=1e-8, abs=1e-13)
    lost = found.residual_norms[:-1] ** 2 - found.residual_norms[1:] ** 2
    np.testing.assert_allclose(lost, found.coefficients**2, rtol=0, atol=1e-13)


def test_two_directions_at_fifty_degrees_leave_the_positive_atoms_stuck():
    """The first atom is the bisector, in closed form; after the third nothing positive is left."""
    basis, cosine = equiangular_basis(5, 2, 50.0), np.cos(np.radians(25.0))
    found = deflate(basis, [0.5, 0.5], steps=20, rng=rng())
    assert found.stuck
    assert found.coefficients.size == 3
    assert found.coefficients[0] == pytest.approx(cosine**4, rel=1e-14)
    assert found.residual_norms[-1] == pytest.approx(0.1609, abs=5e-5)
    plane = np.column_stack([basis, found.directions])[:2]
    assert plane_maximum(plane, np.append([0.5, 0.5], -found.coefficients)) < 1e-15


def test_signed_atoms_go_on():
    found = deflate(equiangular_basis(3, 2, 50.0), [0.5, 0.5], steps=8, rng=rng(), signed=True)
    assert not found.stuck
    assert found.coefficients.size == 8
    assert (found.coefficients < 0).any()
    assert np.all(np.diff(found.residual_norms) < 0)
    assert found.residual_norms[-1] < 0.05


def test_turning_the_target_turns_the_atoms():
    vectors, a, Q = uniform_directions(4, 3, rng(5)), [0.5, 0.3, 0.2], turned(4, 6)
    plain = deflate(vectors, a, steps=2, rng=rng(7))
    moved = deflate(Q @ vectors, a, steps=2, rng=rng(7))
    np.testing.assert_allclose(moved.coefficients, plain.coefficients, rtol=1e-13)
    same = np.abs(np.sum((Q @ plain.directions) * moved.directions, axis=0))
    np.testing.assert_allclose(same, 1.0, rtol=1e-13)


def test_the_shift_makes_the_value_rise():
    """On a residual of both signs: with it no step falls; without it some do."""
    draw = rng(8)
    vectors, weights = uniform_directions(3, 6, draw), np.array([0.5, 0.4, 0.3, -1.0, -0.6, -0.2])
    norm = float(np.sqrt(tensor.squared_norm(vectors, weights)))
    falls = {}
    for name, shift in (("with", greedy._shift(vectors, weights, norm)), ("without", 0.0)):
        u = uniform_directions(3, 200, rng(9))
        lowest = np.inf
        for _ in range(60):
            image = tensor.contract(vectors, weights, u)
            before = np.sum(image * u, axis=0)
            u = image + shift * u
            u /= np.linalg.norm(u, axis=0)
            lowest = min(lowest, float(np.min(tensor.evaluate(vectors, weights, u) - before)))
        falls[name] = lowest
    assert falls["with"] > -1e-15
    assert falls["without"] < -0.1


def test_the_cost_is_counted(monkeypatch):
    """Evaluations are the columns handed to the contraction, and the budget holds."""
    counted, true = [], tensor.contract

    def counting(*args):
        counted.append(args[2].shape[1])
        return true(*args)

    monkeypatch.setattr(tensor, "contract", counting)
    found = deflate(equiangular_basis(4, 3, 40.0), [0.4, 0.3, 0.3], steps=4, rng=rng())
    assert found.evaluations == sum(counted)
    step = greedy.RESTARTS * greedy.ITERATIONS + greedy.POLISH + 1
    assert found.evaluations <= (found.coefficients.size + 1) * step


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [0.5, -0.5]}, "weights must be non-negative, got -0.5 at index 1"),
        ({"weights": [1.0]}, r"weights must have shape \(2,\), got \(1,\)"),
        ({"weights": [0.0, 0.0]}, "weights and vectors give the zero tensor"),
        ({"steps": 0}, "steps must be an integer, at least 1, got 0"),
        ({"rng": 3}, "rng must be a numpy Generator, got 3"),
    ],
)
def test_bad_input(change, message):
    call = {"vectors": np.eye(2), "weights": [0.5, 0.5], "steps": 2, "rng": rng(), **change}
    with pytest.raises(HypothesisError, match=message):
        deflate(**call)
