"""What ties the papers together on page 00: identities at other sizes, and a slip in each that is seen."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds.bounds.lazy import distance_squared
from flowbounds.bounds.optimizer_laws import power_imbalance
from flowbounds.models import linear_network as linear
from flowbounds.models import scaled_tensor_fit, tensor_fit
from flowbounds.models.homogeneous_network import loss_and_gradients, matrix_imbalance
from flowbounds.models.network_ensembles import random_layers

ROUNDING = 1e-10
SEEDS = range(5)


def off(one, other):
    """Largest difference, in units of the largest entry."""
    return float(np.max(np.abs(one - other)) / np.max(np.abs(other)))


def balance(seed, turn=np.transpose):
    """Du et al. and Min et al.: imbalances and gradients of a linear network of four layers."""
    rng = np.random.default_rng(seed)
    layers = random_layers(pairwise((3, 4, 4, 4, 3)), rng)
    turned = [turn(layer) for layer in layers]
    M = rng.normal(size=(3, 3))
    slopes = linear.layer_gradients(layers, linear.product(layers) - M)
    back = loss_and_gradients([layer.T for layer in layers], ["linear"] * 3, np.eye(3), M.T)[1]
    found = [off(matrix_imbalance(turned, k), D) for k, D in enumerate(linear.imbalances(layers), start=1)]
    return max(found + [off(3 * G.T, g) for G, g in zip(back, slopes, strict=True)])


def model(seed, share=0.5, through_scalars=True):
    """Ge et al. and Wang et al.: loss and gradient at order four; ``share`` of lambda for the second."""
    rng = np.random.default_rng(seed)
    W, V, a, lam = rng.normal(size=(5, 7)), rng.normal(size=(5, 2)), rng.uniform(size=2), rng.uniform(0.1, 1)
    C = 1 / np.linalg.norm(W, axis=0)
    wang, given = (W, C, C, np.ones(7), V, a, 4), {"lam": share * lam}
    slope = scaled_tensor_fit.gradient(*wang, **given, through_scalars=through_scalars)
    values = off(scaled_tensor_fit.loss(*wang, **given), tensor_fit.loss(W, a, V, lam=lam))
    return max(values, off(slope, tensor_fit.gradient(W, a, V, lam=lam)))


def degree(seed, extra=0):
    """Du et al. and Wang et al.: the rate of the weighted balance along the gradient, over its parts."""
    rng = np.random.default_rng(seed)
    order = 3 + seed % 4
    U, c, V, b = (rng.normal(size=shape) for shape in ((3, 5), 5, (3, 2), 2))
    gU, gc = scaled_tensor_fit.vanilla_gradient(U, c, V, b, order)
    e = np.max(np.abs(U)) / np.max(np.abs(gU))
    ends = [power_imbalance([(U + s * gU).T, [c + s * gc]], 1, degree=order + extra) for s in (e, -e)]
    return float(np.max(np.abs(ends[0] - ends[1])) / (4 * e * np.max(np.abs(np.sum(U * gU, axis=0)))))


def blind(seed, order=2):
    """Min et al. and Wang et al.: what the kernel of T holds of a target, and its distance from S_U."""
    rng = np.random.default_rng(seed)
    U, V, b = (rng.normal(size=shape) for shape in ((5, 1 + seed % 4), (5, 3), 3))
    values, vectors = np.linalg.eigh(linear.tangent_matrix([U, U.T]))
    kernel = vectors[:, values < 1e-10 * values[-1]]
    missed = np.sum((kernel.T @ ((V * b) @ V.T).ravel()) ** 2)
    return off(distance_squared(U, V, b, order), missed)


@pytest.mark.parametrize("tie", [balance, model, degree, blind])
@pytest.mark.parametrize("seed", SEEDS)
def test_ties_hold_to_rounding(tie, seed):
    assert tie(seed) < ROUNDING


@pytest.mark.parametrize(
    "slip",
    [
        lambda seed: balance(seed, turn=lambda layer: layer if layer.shape == (4, 4) else layer.T),
        lambda seed: model(seed, share=1.0),
        lambda seed: model(seed, through_scalars=False),
        lambda seed: degree(seed, extra=-1),
        lambda seed: blind(seed, order=3),
    ],
    ids=["a layer not turned", "the same lambda", "scalars held", "a degree too low", "another order"],
)
def test_slips_are_seen(slip):
    assert min(slip(seed) for seed in SEEDS) > 1e-3
