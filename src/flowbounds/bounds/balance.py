r"""How far gradient descent moves the balance of a network: exactly in each step, and at most in all.

Layers are :math:`W_h`, h = 1, ..., N, of shape :math:`(n_h,n_{h-1})`, with gradients :math:`G_h` of the same
shapes. The quantities that gradient flow conserves are quadratic, so that a step :math:`W\to W-\eta G`
changes each of them by a term of first order, which is zero, and one of second order:

.. math::

    (W-\eta G)(W-\eta G)^\top=WW^\top&-\eta(GW^\top+WG^\top)\\
    &+\eta^2GG^\top .

What is left is exact at every step size. It does not ask which loss it was, which part of the data was drawn,
or which value stood in for the derivative at a kink.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range


def _pair(gradients: Sequence[ArrayLike], h: int) -> tuple[FloatArray, FloatArray]:
    """G_h and G_{h+1}, checked."""
    try:
        count = len(gradients)
    except TypeError:
        raise HypothesisError(f"gradients must be a list of arrays, got {type(gradients).__name__}") from None
    if count < 2:
        raise HypothesisError(f"gradients must hold at least 2 layers, got {count}")
    h = require_count("h", h, 1, count - 1)
    below = require_array(f"gradients[{h - 1}] (layer {h})", gradients[h - 1], ("n", "k"))
    above = require_array(f"gradients[{h}] (layer {h + 1})", gradients[h], ("p", below.shape[0]))
    return below, above


def neuron_drift(
    gradients: Sequence[ArrayLike],
    h: int,
    step: float,
    *,
    bias_gradients: Sequence[ArrayLike] | None = None,
) -> FloatArray:
    r"""Change of the imbalance of every neuron of layer h in one step of gradient descent.

    .. math:: d_h[i](t+1)-d_h[i](t)=\eta^2\bigl(|G_h[i,:]|^2-|G_{h+1}[:,i]|^2\bigr)

    for :math:`d_h[i]=|W_h[i,:]|^2-|W_{h+1}[:,i]|^2`, provided that the activation of layer h is homogeneous.

    Parameters
    ----------
    gradients : list of (n_h, n_{h-1}) arrays
        The gradients :math:`G_1,\dots,G_N` that the step used: of all the data, or of a minibatch.
    h : int in 1, ..., N - 1
    step : float >= 0
        The step :math:`\eta`.
    bias_gradients : list of (n_h,) arrays, optional
        For a network with biases, of which :math:`d_h[i]` contains :math:`b_h[i]^2`: adds
        :math:`\eta^2` times the square of the derivative in :math:`b_h[i]`.

    Returns
    -------
    (n_h,) array
        Exact to rounding.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, entries that are not finite, ``h`` or ``step`` out of range.

    Notes
    -----
    Source: du2018.gd_drift, beyond the text.

    >>> neuron_drift([[[3.0, 4.0]], [[2.0]]], 1, 0.1).round(12).tolist()  # 0.01 (25 - 4)
    [0.21]
    """
    below, above = _pair(gradients, h)
    eta = require_range("step", step, 0.0, np.inf)
    squares = np.sum(below**2, axis=1) - np.sum(above**2, axis=0)
    if bias_gradients is not None:
        try:
            count = len(bias_gradients)
        except TypeError:
            raise HypothesisError(
                f"bias_gradients must be a list of vectors, got {bias_gradients!r}"
            ) from None
        if h > count:
            raise HypothesisError(f"bias_gradients must reach layer {h}, got {count}")
        name = f"bias_gradients[{h - 1}] (layer {h})"
        squares = squares + require_array(name, bias_gradients[h - 1], (below.shape[0],)) ** 2
    return np.asarray(eta**2 * squares)


def matrix_drift(gradients: Sequence[ArrayLike], h: int, step: float) -> FloatArray:
    r"""Change of the imbalance matrix of layer h in one step of gradient descent.

    .. math:: B_h(t+1)-B_h(t)=\eta^2\bigl(G_hG_h^\top-G_{h+1}^\top G_{h+1}\bigr)

    for :math:`B_h=W_hW_h^\top-W_{h+1}^\top W_{h+1}`, provided that the activation of layer h is linear.
    Arguments and errors as in :func:`~flowbounds.bounds.balance.neuron_drift`, whose values are the diagonal.
    Shape (n_h, n_h), symmetric. Source: du2018.gd_drift, beyond the text; with transposed layers
    min2022.general.gd_drift.

    >>> matrix_drift([[[1.0], [2.0]], [[0.0, 1.0]]], 1, 1.0).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    below, above = _pair(gradients, h)
    eta = require_range("step", step, 0.0, np.inf)
    return np.asarray(eta**2 * (below @ below.T - above.T @ above))


def factor_drift(G_U: ArrayLike, G_V: ArrayLike, step: float) -> FloatArray:
    r"""Change of :math:`D=U^\top U-V^\top V` in one step of descent on a function of :math:`UV^\top`.

    .. math:: D(t+1)-D(t)=\eta^2\bigl(G_U^\top G_U-G_V^\top G_V\bigr)

    Parameters
    ----------
    G_U, G_V : (d1, r) and (d2, r) arrays
        Gradients in the two factors.
    step : float >= 0

    Returns
    -------
    (r, r) array
        Symmetric. It is :func:`~flowbounds.bounds.balance.matrix_drift` of the two layers
        :math:`U^\top` and :math:`V`: the product is :math:`VU^\top`.

    Raises
    ------
    HypothesisError
        Factors with different numbers of columns, entries that are not finite. Source: du2018.gd_drift,
        beyond the text.

    >>> factor_drift([[1.0, 0.0]], [[0.0, 2.0]], 0.5).tolist()
    [[0.25, 0.0], [0.0, -1.0]]
    """
    left = require_array("G_U", G_U, ("d1", "r"))
    right = require_array("G_V", G_V, ("d2", left.shape[1]))
    return matrix_drift([left.T, right], 1, require_range("step", step, 0.0, np.inf))


def total_drift_bound(loss_drop: float, step: float, curvature: float) -> float:
    r"""How far descent can move the balance, from what the loss has lost on the way.

    .. math:: \eta^2\sum_t|G(t)|^2\le\frac{\eta\,(L_0-L_T)}{1-\eta K/2},\qquad\eta K<2,

    where K bounds the second derivative of the loss along every step. The left side bounds the sum over
    neurons of :math:`|d_h[i](T)-d_h[i](0)|` for each h, and the nuclear norm of :math:`B_h(T)-B_h(0)`.

    Parameters
    ----------
    loss_drop : float >= 0
        :math:`L_0-L_T`.
    step : float >= 0
    curvature : float in [0, 2 / step)
        K; 0 gives what small steps tend to.

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        A step that is not below 2 / K, where descent need not decrease the loss.

    Notes
    -----
    Proof: Taylor's formula along a step gives
    :math:`L(t+1)\le L(t)-\eta|G|^2+\frac12\eta^2K|G|^2`; sum over t. Source: du2018.gd_drift,
    beyond the text.

    >>> total_drift_bound(3.0, 0.5, 2.0)
    3.0
    """
    drop = require_range("loss_drop", loss_drop, 0.0, np.inf)
    eta = require_range("step", step, 0.0, np.inf)
    K = require_range("curvature", curvature, 0.0, np.inf)
    if not eta * K < 2:
        raise HypothesisError(f"curvature must be below 2 / step, got {K:g} with a step of {eta:g}")
    return eta * drop / (1 - eta * K / 2)


def linear_curvature(
    weights: Sequence[FloatArray], gradients: Sequence[FloatArray], X: FloatArray, Y: FloatArray, step: float
) -> float:
    r"""Kernel: bounds the second derivative along one step, linear layers and the mean of half squares.

    Along :math:`W_h-sG_h` the outputs are a polynomial :math:`\sum_kF_ks^k` and the loss is one,
    :math:`\sum_kc_ks^k`, so that :math:`\sum_{k\ge2}k(k-1)|c_k|\eta^{k-2}` bounds its second derivative for
    :math:`0\le s\le\eta`; divided by :math:`|G|^2`.
    """
    terms = [X]
    for W, G in zip(weights, gradients, strict=True):
        inner = [W @ after - G @ before for before, after in pairwise(terms)]
        terms = [W @ terms[0], *inner, -G @ terms[-1]]
    terms[0] = terms[0] - Y
    c = np.zeros(2 * len(terms) - 1)
    for i, left in enumerate(terms):
        for j, right in enumerate(terms):
            c[i + j] += float(np.vdot(left, right))
    k = np.arange(2, c.size)
    second = float(np.sum(k * (k - 1) * np.abs(c[2:]) * step ** (k - 2))) / (2 * X.shape[1])
    return float(second / sum(float(np.sum(G * G)) for G in gradients))
