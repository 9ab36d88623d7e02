r"""Feed-forward networks :math:`f=W_N\phi_{N-1}(\cdots\phi_1(W_1X))`: gradients and what balances them.

Layer h is ``weights[h - 1]``, of shape :math:`(n_h,n_{h-1})`, with :math:`n_0=d` and :math:`n_N=p`; samples
are columns of X (d, m) and Y (p, m). :math:`Z_h=W_hA_{h-1}+b_h`, :math:`A_h=\phi_h(Z_h)`, :math:`A_0=X`, and
there is no activation on the output :math:`Z_N`. Linear networks of
:mod:`~flowbounds.models.linear_network` are the transposes, in the other order.

Back-propagation gives :math:`G_h=\Delta_hA_{h-1}^\top` and :math:`\Delta_h=(W_{h+1}^\top\Delta_{h+1})
\odot\phi_h'(Z_h)`. At a kink the derivative is the number ``kink``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.activations import Activation, Kink, Name, activations_of
from flowbounds.models.layer_chain import Weights
from flowbounds.models.network_losses import require_loss, value_and_slope
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range


@dataclass(frozen=True)
class Pass:
    """One run forward and back; ``back[h - 1]`` is the derivative of the loss in ``inputs[h - 1]`` = Z_h."""

    value: float
    inputs: Weights  # Z_1, ..., Z_N
    activities: Weights  # A_0 = X, ..., A_{N-1}
    back: Weights  # Delta_1, ..., Delta_N

    def weight_gradients(self) -> Weights:
        """G_1, ..., G_N."""
        return [delta @ before.T for delta, before in zip(self.back, self.activities, strict=True)]

    def bias_gradients(self) -> Weights:
        """Derivatives in b_1, ..., b_N."""
        return [np.asarray(delta.sum(axis=1)) for delta in self.back]


def preactivations(
    weights: Weights, biases: Weights | None, phis: Sequence[Activation], X: FloatArray
) -> tuple[Weights, Weights]:
    """Kernel: (Z_1, ..., Z_N) and (A_0 = X, ..., A_{N-1}); Z_N are the outputs."""
    inputs, activities = [], [X]
    for h, layer in enumerate(weights):
        Z = layer @ activities[-1]
        if biases is not None:
            Z = Z + biases[h][:, None]
        inputs.append(Z)
        if h < len(phis):
            activities.append(phis[h].value(Z))
    return inputs, activities


def backpropagate(
    weights: Weights,
    biases: Weights | None,
    phis: Sequence[Activation],
    X: FloatArray,
    Y: FloatArray,
    loss: str = "squared",
    kink: Kink | Sequence[Kink] = 0.0,
) -> Pass:
    """Kernel: everything a step knows; ``kink`` is one number, or a list with one entry a hidden layer.

    An entry may be an array (n_h, m): another choice of the derivative at each kink.
    """
    kinks = [kink] * len(phis) if isinstance(kink, float | int | np.ndarray) else kink
    inputs, activities = preactivations(weights, biases, phis, X)
    value, delta = value_and_slope(inputs[-1], Y, loss)
    back = [delta]
    for h in range(len(phis) - 1, -1, -1):
        delta = (weights[h + 1].T @ delta) * phis[h].slope(inputs[h], kinks[h])
        back.append(delta)
    return Pass(value, inputs, activities, back[::-1])


def value_and_gradients(
    weights: Weights,
    biases: Weights | None,
    phis: Sequence[Activation],
    X: FloatArray,
    Y: FloatArray,
    loss: str = "squared",
    kink: Kink | Sequence[Kink] = 0.0,
) -> tuple[float, Weights, Weights]:
    """Kernel: the loss, [G_1..G_N] and the bias gradients, an empty list where ``biases`` is None."""
    run = backpropagate(weights, biases, phis, X, Y, loss, kink)
    return run.value, run.weight_gradients(), [] if biases is None else run.bias_gradients()


def require_layers(weights: Sequence[ArrayLike], *, layers: int = 1) -> Weights:
    """Kernel: matrices (n_h, n_{h-1}) whose shapes chain; a HypothesisError names the layer at fault."""
    try:
        count = len(weights)
    except TypeError:
        raise HypothesisError(f"weights must be a list of matrices, got {type(weights).__name__}") from None
    if count < layers:
        raise HypothesisError(f"weights must hold at least {layers} layers, got {count}")
    chain: Weights = []
    for h, layer in enumerate(weights, start=1):
        columns: int | str = chain[-1].shape[0] if chain else "d"
        chain.append(require_array(f"weights[{h - 1}] (layer {h})", layer, ("n", columns)))
    return chain


def _require_biases(biases: Sequence[ArrayLike], weights: Weights) -> Weights:
    """One vector for each layer, the output layer included."""
    if not isinstance(biases, Sequence | np.ndarray) or len(biases) != len(weights):
        raise HypothesisError(f"biases must be a list of {len(weights)} vectors, one for each layer")
    pairs = enumerate(zip(biases, weights, strict=True))
    return [require_array(f"biases[{k}] (layer {k + 1})", b, (W.shape[0],)) for k, (b, W) in pairs]


def loss_and_gradients(
    weights: Sequence[ArrayLike],
    activations: Sequence[Name],
    X: ArrayLike,
    Y: ArrayLike,
    *,
    loss: str = "squared",
    biases: Sequence[ArrayLike] | None = None,
    kink: float = 0.0,
) -> tuple[float, Weights, Weights]:
    r"""The loss :math:`L=\frac1m\sum_k\ell(f(x_k),y_k)` and its gradients in weights and biases.

    Parameters
    ----------
    weights : list of (n_h, n_{h-1}) arrays
        One or more layers.
    activations : list of N - 1 names
        As in :func:`~flowbounds.models.activations.activation`.
    X, Y : (d, m), (p, m)
        Samples are columns.
    loss : ``"squared"``, ``"logistic"`` or ``"exponential"``
        See :mod:`~flowbounds.models.network_losses`.
    biases : list of N arrays (n_h,), or None for none
    kink : float
        The number that stands for :math:`\phi'(0)`, at every kink.

    Returns
    -------
    (float, list of N arrays, list of N arrays or empty list)
        The loss, :math:`[G_1,\ldots,G_N]`, and the bias gradients, empty where ``biases`` is None. By
        back-propagation, accurate to rounding.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, an unknown activation or loss.

    Notes
    -----
    Source: du2018, equation (4).

    >>> value, (G1, G2), _ = loss_and_gradients([[[2.0]], [[3.0]]], ["relu"], [[1.0]], [[5.0]])
    >>> value, G1.tolist(), G2.tolist()
    (0.5, [[3.0]], [[2.0]])
    """
    chain = require_layers(weights)
    phis = activations_of(activations, len(chain))
    X = require_array("X", X, (chain[0].shape[1], "m"))
    Y = require_array("Y", Y, (chain[-1].shape[0], X.shape[1]))
    shifts = None if biases is None else _require_biases(biases, chain)
    kink = require_range("kink", kink, -np.inf, np.inf)
    return value_and_gradients(chain, shifts, phis, X, Y, require_loss(loss), kink)


def neuron_imbalance(
    weights: Sequence[ArrayLike], h: int, *, biases: Sequence[ArrayLike] | None = None
) -> FloatArray:
    r"""Imbalance at every neuron, :math:`d_h[i]=|W_h[i,:]|^2(+b_h[i]^2)-|W_{h+1}[:,i]|^2`, shape (n_h,).

    Parameters
    ----------
    weights : list of (n_h, n_{h-1}) arrays
        Two or more layers.
    h : int in [1, N - 1]
        The hidden layer.
    biases : list of N arrays (n_h,), or None for none
        Only :math:`b_h` enters.

    Returns
    -------
    (n_h,) array
        Its sum is :math:`\|W_h\|_F^2-\|W_{h+1}\|_F^2` (and :math:`|b_h|^2`).

    Raises
    ------
    HypothesisError
        Shapes that do not chain, ``h`` out of range.

    Notes
    -----
    Conserved by gradient flow where :math:`\phi_h` is homogeneous. Source: du2018.thm2.1, du2018.footnote8.

    >>> neuron_imbalance([[[1.0, 2.0]], [[3.0]]], 1).tolist()
    [-4.0]
    """
    chain = require_layers(weights, layers=2)
    h = require_count("h", h, 1, len(chain) - 1)
    into, out = chain[h - 1], chain[h]
    incoming = np.sum(into * into, axis=1)
    if biases is not None:
        shift = _require_biases(biases, chain)[h - 1]
        incoming = incoming + shift * shift
    return np.asarray(incoming - np.sum(out * out, axis=0))


def matrix_imbalance(weights: Sequence[ArrayLike], h: int) -> FloatArray:
    r"""Imbalance matrix :math:`B_h=W_hW_h^\top-W_{h+1}^\top W_{h+1}`, shape (n_h, n_h).

    ``weights`` and ``h`` as in :func:`neuron_imbalance`, which is its diagonal. Symmetric; conserved by
    gradient flow where :math:`\phi_h` is linear. Raises HypothesisError for shapes that do not chain and
    ``h`` out of range. Source: du2018.thm2.2.

    >>> matrix_imbalance([[[1.0], [2.0]], [[1.0, 0.0]]], 1).tolist()
    [[0.0, 2.0], [2.0, 4.0]]
    """
    chain = require_layers(weights, layers=2)
    h = require_count("h", h, 1, len(chain) - 1)
    into, out = chain[h - 1], chain[h]
    return np.asarray(into @ into.T - out.T @ out)
