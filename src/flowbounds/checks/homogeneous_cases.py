"""What the checks of balance measure on one network: both sides of an identity, and a second way to them."""

import numpy as np
from numpy.random import Generator

from flowbounds.evidence import identity_error
from flowbounds.evidence_table import decade_above
from flowbounds.models.homogeneous_ensembles import Network
from flowbounds.models.homogeneous_network import Pass, preactivations
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

IDENTITY = 1e-12  # of sum |W| |G| of the two layers: some hundred additions and back-propagation
FLOOR = 1e-14  # below this, what two routes differ by is another number on another machine


def unit(weights: Weights, gradients: Weights, *layers: int) -> float:
    """Sum of |W||G| over the entries of these layers (from 0): the size of what cancels."""
    return sum(float(np.sum(np.abs(weights[k] * gradients[k]))) for k in layers)


def neuron_sides(weights: Weights, gradients: Weights, h: int) -> tuple[FloatArray, FloatArray]:
    """<W_h[i,:], G_h[i,:]> and <W_{h+1}[:,i], G_{h+1}[:,i]> for every neuron i of hidden layer h."""
    into, out = weights[h - 1] * gradients[h - 1], weights[h] * gradients[h]
    return np.asarray(into.sum(axis=1)), np.asarray(out.sum(axis=0))


def middle(net: Network, run: Pass, h: int) -> FloatArray:
    """Equation (7), what both sides are equal to: sum_k (W_{h+1}^T Delta_{h+1})[i,k] phi_h(Z_h)[i,k]."""
    active = net.phis[h - 1].value(run.inputs[h - 1])
    return np.asarray(np.sum((net.weights[h].T @ run.back[h]) * active, axis=1))


def _slope_of_loss(f: FloatArray, y: FloatArray, loss: str) -> FloatArray:
    if loss == "squared":
        return np.asarray(f - y)
    return np.asarray(-y / (1 + np.exp(y * f)) if loss == "logistic" else -y * np.exp(-y * f))


def transfer_gradients(net: Network) -> tuple[Weights, Weights]:
    """Weight and bias gradients sample by sample, through the Jacobian of the output in each Z_h.

    The matrix W_N diag(phi') W_{N-1} ... W_{h+1} diag(phi') is formed and then applied, where
    back-propagation only ever has a vector.
    """
    gradients = [np.zeros_like(layer) for layer in net.weights]
    shifts = [np.zeros(layer.shape[0]) for layer in net.weights]
    samples = net.X.shape[1]
    for k in range(samples):
        inputs, activities = preactivations(net.weights, net.biases, net.phis, net.X[:, k : k + 1])
        out = inputs[-1][:, 0]
        pulled = _slope_of_loss(out, net.Y[:, k], net.loss) / samples
        jacobian = np.eye(out.size)
        for h in range(len(net.weights), 0, -1):
            delta = jacobian.T @ pulled
            gradients[h - 1] += np.outer(delta, activities[h - 1][:, 0])
            shifts[h - 1] += delta
            if h > 1:
                slope = net.phis[h - 2].slope(inputs[h - 2][:, 0], net.kink)
                jacobian = jacobian @ net.weights[h - 1] * slope
    return gradients, shifts


def second_route(disagreement: float) -> float:
    """Error of an identity's margin from what two routes differ by, in the unit of the identity."""
    return identity_error(max(decade_above(disagreement), FLOOR), IDENTITY)


def relative(gap: FloatArray | float, size: float) -> float:
    """Largest |gap| in units of ``size``; zero where nothing moves."""
    return float(np.max(np.abs(gap))) / size if size > 0 else 0.0


def spawned(rng: Generator, count: int) -> list[Generator]:
    """Independent generators, one for each ensemble, so that one's size does not change another's draws."""
    return list(rng.spawn(count))
