r"""What an activation that is not homogeneous does to the balance at its neurons.

:math:`\phi'(z)z-\phi(z)` is zero for the homogeneous ones. Along gradient flow every neuron's imbalance moves
by an average of this defect over the samples; see :func:`~flowbounds.bounds.activation_defect.balance_rate`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.activations import Activation, Name, activation, activations_of
from flowbounds.models.homogeneous_network import Pass, backpropagate, require_layers
from flowbounds.models.layer_chain import Weights
from flowbounds.models.network_losses import require_loss
from flowbounds.validation import FloatArray, require_array, require_count, require_range


def defect(name: Name, z: ArrayLike, *, kink: float = 0.0) -> FloatArray:
    r"""Defect of homogeneity :math:`\phi'(z)z-\phi(z)`, elementwise.

    Parameters
    ----------
    name : an activation
        As in :func:`~flowbounds.models.activations.activation`.
    z : (n,) array
    kink : float
        The number that stands for :math:`\phi'(0)`.

    Returns
    -------
    (n,) array
        Exactly zero for homogeneous activations; :math:`(k-1)\phi(z)` for ``("relu_power", k)``.

    Raises
    ------
    HypothesisError
        An unknown name, entries that are not finite.

    Notes
    -----
    Source: du2018.hom.

    >>> bool(defect("relu", [-1.0, 0.0, 2.0], kink=0.3).any())
    False
    >>> defect("softplus", [0.0]).round(6).tolist()
    [-0.693147]
    """
    z = require_array("z", z, ("n",))
    phi = activation(name)
    return phi.slope(z, require_range("kink", kink, -np.inf, np.inf)) * z - phi.value(z)


def rate_of_pass(weights: Weights, phi: Activation, run: Pass, h: int, kink: float = 0.0) -> FloatArray:
    """Kernel: the rate of :func:`balance_rate` from one run forward and back."""
    Z = run.inputs[h - 1]
    pulled = weights[h].T @ run.back[h]  # derivative of the loss in the activities A_h
    return np.asarray(-2 * np.sum(pulled * (phi.slope(Z, kink) * Z - phi.value(Z)), axis=1))


def balance_rate(
    weights: Sequence[ArrayLike],
    activations: Sequence[Name],
    X: ArrayLike,
    Y: ArrayLike,
    h: int,
    *,
    loss: str = "squared",
    kink: float = 0.0,
) -> FloatArray:
    r"""Speed of every neuron's imbalance under gradient flow, whatever the activations, shape (n_h,).

    .. math::

       \frac{\mathrm d}{\mathrm dt}d_h[i]&=-2\sum_kP_{ik}\bigl(\phi_h'(z)z-\phi_h(z)\bigr),\\
       P&=W_{h+1}^\top\Delta_{h+1},\qquad z=Z_h[i,k]

    Parameters
    ----------
    weights, activations, X, Y, loss, kink
        As in :func:`~flowbounds.models.homogeneous_network.loss_and_gradients`.
    h : int in [1, N - 1]
        The hidden layer.

    Returns
    -------
    (n_h,) array
        With biases the same formula holds for :math:`d_h[i]+b_h[i]^2`.

    Raises
    ------
    HypothesisError
        As there, and for ``h`` out of range.

    Notes
    -----
    Both :math:`\langle W_h[i,:],G_h[i,:]\rangle` and :math:`\langle W_{h+1}[:,i],G_{h+1}[:,i]\rangle` are
    sums over samples of :math:`P_{ik}`, times :math:`\phi'(z)z` and times
    :math:`\phi(z)`. Source: du2018.thm2.1, equation (7); the formula is beyond the text.

    >>> rate = balance_rate([[[1.0]], [[1.0]]], ["softplus"], [[0.0]], [[0.0]], 1)
    >>> bool(np.isclose(rate[0], 2 * np.log(2) ** 2))
    True
    """
    chain = require_layers(weights, layers=2)
    phis = activations_of(activations, len(chain))
    X = require_array("X", X, (chain[0].shape[1], "m"))
    Y = require_array("Y", Y, (chain[-1].shape[0], X.shape[1]))
    h = require_count("h", h, 1, len(chain) - 1)
    kink = require_range("kink", kink, -np.inf, np.inf)
    run = backpropagate(chain, None, phis, X, Y, require_loss(loss), kink)
    return rate_of_pass(chain, phis[h - 1], run, h, kink)
