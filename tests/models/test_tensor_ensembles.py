"""Targets and starts: what they promise."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.models import tensor_ensembles as ensembles


def test_weights_of_figure_1():
    weights = ensembles.geometric_weights(5, 1.2)
    np.testing.assert_allclose(weights, [0.27865, 0.23221, 0.19351, 0.16126, 0.13438], atol=1e-5)
    np.testing.assert_allclose(weights[:-1] / weights[1:], 1.2)
    assert weights.sum() == pytest.approx(1)


def test_directions_are_uniform_unit_columns():
    u = ensembles.uniform_directions(3, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(u, axis=0), 1)
    # E u_i u_j = delta_ij / d; four standard errors of 20,000 draws
    np.testing.assert_allclose(u @ u.T / 20_000, np.eye(3) / 3, atol=4 * 0.3 / np.sqrt(20_000))


@pytest.mark.parametrize("degrees", [30.0, 60.0, 90.0])
def test_equiangular_basis(degrees):
    basis = ensembles.equiangular_basis(7, 4, degrees)
    gram = basis.T @ basis
    np.testing.assert_allclose(np.diag(gram), 1)
    np.testing.assert_allclose(gram[~np.eye(4, dtype=bool)], np.cos(np.radians(degrees)), atol=1e-15)


def test_one_direction_leads_to_each_weight():
    a = ensembles.geometric_weights(4, 3.0)
    u = ensembles.directions_towards_each(a, 6, np.random.default_rng(1))
    assert np.argmax(a[:, None] * u[:4] ** 2, axis=0).tolist() == [0, 1, 2, 3]
    with pytest.raises(HypothesisError, match="a spans 1e\\+12"):
        ensembles.directions_towards_each(np.array([1.0, 1e-12]), 3, np.random.default_rng(1), draws=10)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ensembles.geometric_weights(0, 1.2),
        lambda: ensembles.geometric_weights(3, 0.0),
        lambda: ensembles.uniform_directions(0, 5, np.random.default_rng(0)),
        lambda: ensembles.equiangular_basis(3, 4, 60.0),
        lambda: ensembles.equiangular_basis(3, 2, 0.0),
        lambda: ensembles.equiangular_basis(3, 2, 100.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(HypothesisError):
        call()
