r"""What descent methods do to an imbalance: exact laws, step by step, at every step size.

For two neighbouring layers of a homogeneous network

.. math:: \langle W_h[i,:],G_h[i,:]\rangle=\langle W_{h+1}[:,i],G_{h+1}[:,i]\rangle ,

and so whatever is linear in the gradients G cancels in the imbalance
:math:`d=|W_h[i,:]|^2-|W_{h+1}[:,i]|^2`. What is left are the laws below; they are the same for sums over
neurons and, where the activation is linear, for every entry of :math:`W_hW_h^\top-W_{h+1}^\top W_{h+1}`.
Arrays of imbalances are flat here, one column for each.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.homogeneous_network import neuron_imbalance
from flowbounds.validation import FloatArray, require_array, require_range


def decayed_imbalance(d0: ArrayLike, kicks: ArrayLike, *, eta: float, lam: float) -> FloatArray:
    r"""Imbalances along descent with weight decay, :math:`W\leftarrow(1-\eta\lambda)W-\eta G`.

    .. math:: d(t+1)=(1-\eta\lambda)^2\,d(t)+\eta^2k(t),\qquad k(t)=|G_h[i,:]|^2-|G_{h+1}[:,i]|^2 .

    Parameters
    ----------
    d0 : (n,)
        At the start.
    kicks : (steps, n)
        k at every step.
    eta : float > 0
    lam : float >= 0
        Zero: descent alone.

    Returns
    -------
    (steps + 1, n) array
        Exact, to rounding.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, numbers out of range.

    Notes
    -----
    Source: du2018.ext.weight_decay; with ``lam`` = 0, du2018.gd_drift (both beyond the text).

    >>> decayed_imbalance([1.0], [[0.0], [4.0]], eta=0.5, lam=1.0).ravel().tolist()
    [1.0, 0.25, 1.0625]
    """
    d0 = require_array("d0", d0, ("n",))
    kicks = require_array("kicks", kicks, ("steps", d0.size))
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    keep = (1 - eta * require_range("lam", lam, 0.0, np.inf)) ** 2
    path = [d0]
    for kick in kicks:
        path.append(keep * path[-1] + eta**2 * kick)
    return np.array(path)


def decayed_flow(d0: ArrayLike, t: ArrayLike, *, lam: float) -> FloatArray:
    r"""Imbalances along the flow with weight decay, :math:`e^{-2\lambda t}d(0)`.

    ``d0`` (n,), ``t`` >= 0 (times,), ``lam`` >= 0; returns (times, n). Raises HypothesisError for arguments
    out of range. Source: du2018.ext.weight_decay (beyond the text).

    >>> decayed_flow([2.0], [0.0, 1.0], lam=0.5).ravel().round(6).tolist()
    [2.0, 0.735759]
    """
    d0 = require_array("d0", d0, ("n",))
    times = require_array("t", t, ("times",))
    require_range("t", float(times.min()), 0.0, np.inf)
    return np.exp(-2 * require_range("lam", lam, 0.0, np.inf) * times)[:, None] * d0


def heavy_ball_imbalance(
    d0: ArrayLike, moves: ArrayLike, *, momentum: float, shrink: float = 0.0
) -> FloatArray:
    r"""Imbalances along heavy-ball descent :math:`V_{t+1}=\beta V_t-\eta(G_t+\lambda W_t)`, from rest.

    With :math:`k_t=|V_{h,t}[i,:]|^2-|V_{h+1,t}[:,i]|^2` for the moves :math:`V_t=W_t-W_{t-1}`,

    .. math:: d_{t+1}-d_t=\beta(d_t-d_{t-1})+k_{t+1}+\beta k_t-2\eta\lambda\,d_t .

    Parameters
    ----------
    d0 : (n,)
    moves : (steps, n)
        :math:`k_1,\ldots,k_{steps}`.
    momentum : float in [0, 1]
        :math:`\beta`; zero gives :func:`~flowbounds.bounds.optimizer_laws.decayed_imbalance`.
    shrink : float >= 0
        :math:`\eta\lambda`.

    Returns
    -------
    (steps + 1, n) array
        Exact, to rounding, at every step size.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, numbers out of range.

    Notes
    -----
    As the step goes to zero, :math:`\ddot d+\mu\dot d=2(|\dot W_h[i,:]|^2-|\dot W_{h+1}[:,i]|^2)`.
    Source: du2018.ext.momentum (beyond the text).

    >>> heavy_ball_imbalance([0.0], [[1.0], [1.0]], momentum=0.5).ravel().tolist()
    [0.0, 1.0, 3.0]
    """
    d0 = require_array("d0", d0, ("n",))
    moves = require_array("moves", moves, ("steps", d0.size))
    beta = require_range("momentum", momentum, 0.0, 1.0)
    shrink = require_range("shrink", shrink, 0.0, np.inf)
    path, change, before = [d0], 0.0 * d0, 0.0 * d0
    for move in moves:
        change = beta * (change + before) + move - 2 * shrink * path[-1]
        path.append(path[-1] + change)
        before = move
    return np.array(path)


def momentum_factor(momentum: float) -> float:
    r"""How much more a heavy ball drifts than descent, :math:`(1+\beta)/(1-\beta)`.

    Both at the same effective step :math:`\eta/(1-\beta)`, to first order in it. ``momentum`` in [0, 1);
    HypothesisError otherwise. Source: du2018.ext.momentum (beyond the text).

    >>> momentum_factor(0.5)
    3.0
    """
    beta = require_range("momentum", momentum, 0.0, np.nextafter(1.0, 0.0))
    return (1 + beta) / (1 - beta)


def noether_charge(U: ArrayLike, V: ArrayLike, dU: ArrayLike, dV: ArrayLike) -> FloatArray:
    r"""Angular momentum of two factors, :math:`U^\top\dot U-\dot U^\top U+V^\top\dot V-\dot V^\top V`.

    Parameters
    ----------
    U, dU : (d1, r)
        Left factor and its velocity, or its next move.
    V, dV : (d2, r)

    Returns
    -------
    (r, r) array
        Antisymmetric. Along :math:`\ddot W+\mu\dot W=-G` it is multiplied by :math:`e^{-\mu t}`; in each
        step of the heavy ball, with the moves for velocities, by :math:`\beta`, exactly.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite.

    Notes
    -----
    It belongs to :math:`UV^\top=(UO)(VO)^\top` for orthogonal O.
    Source: du2018.ext.momentum (beyond the text).

    >>> noether_charge([[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 2.0]], [[0.0, 0.0]]).tolist()
    [[0.0, 2.0], [-2.0, 0.0]]
    """
    U = require_array("U", U, ("d1", "r"))
    V = require_array("V", V, ("d2", U.shape[1]))
    whole = U.T @ require_array("dU", dU, U.shape) + V.T @ require_array("dV", dV, V.shape)
    return np.asarray(whole - whole.T)


def noisy_imbalance(d0: float, residuals: ArrayLike, *, eta: float) -> FloatArray:
    r"""Imbalance of two numbers under descent on :math:`\frac12(uv-y_t)^2`, labels changing at will.

    .. math:: u_t^2-v_t^2=(u_0^2-v_0^2)\prod_{s<t}(1-\eta^2r_s^2),\qquad r_s=u_sv_s-y_s .

    Parameters
    ----------
    d0 : float
    residuals : (steps,)
        :math:`r_s`, the noise of the labels included.
    eta : float > 0

    Returns
    -------
    (steps + 1,) array
        Exact, to rounding. With independent noise of standard deviation s, and :math:`\eta|r|\le1`,
        its logarithm falls by at least :math:`\eta^2s^2` a step in expectation.

    Raises
    ------
    HypothesisError
        Numbers out of range, entries that are not finite.

    Notes
    -----
    Source: du2018.ext.noise (beyond the text).

    >>> noisy_imbalance(1.0, [1.0, 0.0], eta=0.5).tolist()
    [1.0, 0.75, 0.75]
    """
    d0 = require_range("d0", d0, -np.inf, np.inf)
    residuals = require_array("residuals", residuals, ("steps",))
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    return np.concatenate([[d0], d0 * np.cumprod(1 - (eta * residuals) ** 2)])


def power_imbalance(
    weights: Sequence[ArrayLike], h: int, *, degree: float, biases: Sequence[ArrayLike] | None = None
) -> FloatArray:
    r"""Weighted imbalance :math:`|W_h[i,:]|^2(+b_h[i]^2)-k\,|W_{h+1}[:,i]|^2` at every neuron.

    Parameters
    ----------
    weights, h, biases
        As in :func:`~flowbounds.models.homogeneous_network.neuron_imbalance`, which is ``degree`` = 1.
    degree : float >= 0
        k, the degree of homogeneity of the activation of layer h, :math:`\phi'(z)z=k\phi(z)`.

    Returns
    -------
    (n_h,) array
        Conserved by the flow.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, numbers out of range.

    Notes
    -----
    Source: du2018.ext.relu_power (beyond the text).

    >>> power_imbalance([[[1.0, 2.0]], [[3.0]]], 1, degree=2).tolist()
    [-13.0]
    """
    k = require_range("degree", degree, 0.0, np.inf)
    plain = neuron_imbalance(weights, h, biases=biases)
    out = require_array("weights", weights[h], ("n", plain.size))
    return np.asarray(plain - (k - 1) * np.sum(out * out, axis=0))
