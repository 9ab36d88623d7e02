"""Random feed-forward networks with data: what the checks of balance draw.

A draw has 2 to 5 layers of widths 1 to 8, one activation for each hidden layer, one loss, weights of a scale
between 0.1 and 2; half of the draws have exact kinks: a sample that is zero and a neuron without weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.models.activations import Activation, Name, activation
from flowbounds.models.homogeneous_network import Pass, backpropagate, preactivations
from flowbounds.models.layer_chain import Weights
from flowbounds.models.network_losses import LOSSES
from flowbounds.validation import FloatArray, HypothesisError, require_count

HOMOGENEOUS: tuple[Name, ...] = ("linear", "relu", "leaky", ("leaky", 0.3), "abs")
OTHERS: tuple[Name, ...] = ("tanh", "sigmoid", "gelu", "softplus", "silu")
SCALES = (0.1, 2.0)
KINKS = (0.0, 0.3, 1.0, 17.0)  # the last is no subgradient of any: the identities do not mind


@dataclass(frozen=True)
class Network:
    """A drawn network with its data; ``phis`` are the activations of the N - 1 hidden layers."""

    weights: Weights
    biases: Weights | None
    phis: list[Activation]
    X: FloatArray
    Y: FloatArray
    loss: str
    kink: float

    def back(self) -> Pass:
        """One run forward and back at its own weights."""
        return backpropagate(self.weights, self.biases, self.phis, self.X, self.Y, self.loss, self.kink)


def random_network(
    rng: Generator,
    *,
    hidden: Sequence[Name] = HOMOGENEOUS,
    at: tuple[int, Name] | None = None,
    biases: bool = False,
    samples: int = 7,
    kinks: bool | None = None,
) -> Network:
    r"""One draw of the ensemble.

    Parameters
    ----------
    rng : numpy.random.Generator
    hidden : names of activations
        Each hidden layer takes one of them.
    at : (h, name), optional
        Hidden layer h, counted from one, takes this activation; at least h + 1 layers are drawn.
    biases : bool
        Draw biases as well, of the same scale.
    samples : int >= 1
    kinks : bool, optional
        A zero column in X, and a first neuron of the first layer with no weights and no bias, so that
        preactivations are exactly zero and ``kink``, drawn from ``KINKS``, matters. Half of the draws if
        None.

    Returns
    -------
    Network
        Labels are normal for the squared loss and signs for the others.

    Raises
    ------
    HypothesisError
        Names that are no activations, ``samples`` below one, a layer below one.

    Notes
    -----
    Source: beyond the text.

    >>> net = random_network(np.random.default_rng(0), hidden=["relu"])
    >>> {phi.name for phi in net.phis}
    {'relu'}
    """
    samples = require_count("samples", samples, 1)
    if not hidden:
        raise HypothesisError("hidden must name an activation")
    place, fixed = at if at is not None else (1, hidden[0])
    place = require_count("at", place, 1, 4)
    layers = int(rng.integers(max(2, place + 1), 6))
    widths = rng.integers(1, 9, size=layers + 1)
    names = [hidden[int(k)] for k in rng.integers(0, len(hidden), size=layers - 1)]
    if at is not None:
        names[place - 1] = fixed
    phis = [activation(name) for name in names]
    scale = rng.uniform(*SCALES)
    weights = [scale * rng.normal(size=(int(out), int(into))) for into, out in pairwise(widths)]
    shifts: Weights | None = None
    if biases:
        shifts = [np.asarray(scale * rng.normal(size=layer.shape[0])) for layer in weights]
    loss = LOSSES[int(rng.integers(0, len(LOSSES)))]
    X = rng.normal(size=(int(widths[0]), samples))
    Y = rng.normal(size=(int(widths[-1]), samples))
    kink = KINKS[int(rng.integers(0, len(KINKS)))]
    if kinks or (kinks is None and rng.integers(0, 2)):
        X[:, 0] = 0.0
        weights[0][0] = 0.0
        if shifts is not None:
            shifts[0][0] = 0.0
    if loss != "squared":
        Y = np.where(Y < 0, -1.0, 1.0)
        # exp(-y f) of large outputs overflows: outputs of size one by the last layer's scale
        size = max(1.0, float(np.max(np.abs(preactivations(weights, shifts, phis, X)[0][-1]))))
        weights[-1] = weights[-1] / size
        if shifts is not None:
            shifts[-1] = shifts[-1] / size
    return Network(weights, shifts, phis, X, Y, loss, kink)
