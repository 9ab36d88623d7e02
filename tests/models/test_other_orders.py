"""The equation of motion at orders other than four, against the objective itself."""

from functools import reduce

import numpy as np
import pytest

from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import uniform_directions

STEP = 1e-30  # of a complex step: no difference is taken, so no digit is lost


def dense(w, order):
    return reduce(np.multiply.outer, [w] * order)


def objective(W, a, basis, order):
    """1/2 |sum_j w_j^(x)l / |w_j|^(l-2) - T*|^2 on the full array, analytic in the entries of W."""
    fitted = sum(dense(w, order) / np.sum(w * w) ** ((order - 2) / 2) for w in W.T)
    target = sum(c * dense(v, order) for c, v in zip(a, basis.T, strict=True))
    return np.sum((fitted - target) ** 2) / 2


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_velocity_is_minus_the_gradient_of_the_objective(order):
    rng = np.random.default_rng(order)
    u, rho = uniform_directions(3, 2, rng), np.array([-0.2, -0.7])
    a, basis = np.array([0.8, 0.5]), uniform_directions(3, 2, rng)
    W = np.exp(rho) * u
    exact = np.zeros(W.shape)
    for k in np.ndindex(*W.shape):
        ahead = W.astype(complex)
        ahead[k] += 1j * STEP
        exact[k] = -np.imag(objective(ahead, a, basis, order)) / STEP
    growth, turn = tensor_fit.polar_velocity(rho, u, a, basis, order=order)
    np.testing.assert_allclose(np.exp(rho) * (growth * u + turn), exact, rtol=1e-12, atol=1e-14)
    # as printed for order 4: l R(wbar^(l-2), w, I) - (l-2) R(wbar^l) w
    F = tensor_fit.residual_contraction(rho, u, a, basis, order)
    q = np.sum(F * u, axis=0)
    np.testing.assert_allclose(order * F * np.exp(rho) - (order - 2) * q * W, exact, rtol=1e-12, atol=1e-14)
