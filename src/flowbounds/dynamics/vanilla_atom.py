r"""One component **without** the factor :math:`1/\|w\|^2`: :math:`T=w^{\otimes4}`, how long it waits.

Gradient flow of :math:`\tfrac12\|w^{\otimes4}-T^*\|_F^2` is :math:`\dot w=4R(w^{\otimes3},I)`; in polar state

.. math:: \dot\rho=4e^{2\rho}R(u^{\otimes4}),\qquad
          \dot u=4e^{2\rho}\bigl(R(u^{\otimes3},I)-R(u^{\otimes4})\,u\bigr):

the normalised component's turning, on a clock that runs slower by :math:`\|w\|^2`. Everything here is
integrated on the fast clock :math:`d\tau=\|w\|^2dt`, with t as one more unknown, so that a norm of 1e-150
(a wait of 1e300) costs no more than any other.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.dynamics.frozen_path import padded
from flowbounds.dynamics.solve import solve
from flowbounds.dynamics.tensor_power import growth_time
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_range,
    require_unit_columns,
    require_weights,
)

SETTLED = 1.0  # sixteen units of the logistic past its half way


def _winner(direction: ArrayLike, log_norm: float, a: ArrayLike) -> tuple[FloatArray, float, FloatArray, int]:
    column = require_array("direction", direction, ("d",))[:, None]
    u = require_unit_columns("direction", column, ("d", 1))[:, 0]
    weights = padded(require_weights("a", a), u.size)
    pull = weights * u * u
    winner = int(np.argmax(pull))
    if pull[winner] == 0:
        raise HypothesisError("direction must meet the target: argmax a_i u_i^2 has the value 0")
    return u, require_range("log_norm", log_norm, -np.inf, np.inf), weights, winner


def predicted_log_half_time(direction: ArrayLike, log_norm: float, a: ArrayLike) -> float:
    r"""Logarithm of the predicted time of :math:`T(e_i^{\otimes4})=a_i/2`, i = argmax of :math:`a_iu_i^2`.

    .. math:: t=\frac1{8a_i}\Bigl[\frac1{s_0}-\sqrt{\tfrac2{a_i}}+\frac1{\sqrt{a_i}}\Bigl(
              \operatorname{artanh}\tfrac1{\sqrt2}-\operatorname{artanh}\frac{s_0}{\sqrt{a_i}}\Bigr)\Bigr],
              \qquad s_0=w_i(0)^2 .

    Parameters
    ----------
    direction : (d,)
        Unit vector.
    log_norm : float
        Logarithm of the norm at the start.
    a : (r,)
        Weights along the first r coordinate axes, r <= d.

    Returns
    -------
    float
        Exact for an aligned start; else the error in t falls like the squared norm times its logarithm,
        while t grows like the inverse of the squared norm.

    Raises
    ------
    HypothesisError
        A direction that is not unit or sees no target, a start already beyond the half.

    Notes
    -----
    While :math:`R=T^*` the coordinates decouple, :math:`\dot w_k=4a_kw_k^3`; the winner's blows up first and
    then saturates alone, :math:`\dot s=8s^2(a_i-s^2)`. Source: ge2021.normalization (beyond the text).

    >>> excess = predicted_log_half_time([1.0], np.log(1e-3), [0.5]) - np.log(1 / (8 * 0.5 * 1e-6))
    >>> bool(abs(excess) < 1e-5)
    True
    """
    u, rho, weights, i = _winner(direction, log_norm, a)
    weight, log_s = weights[i], 2 * (np.log(abs(u[i])) + rho)
    s = np.exp(log_s)
    if s * s >= weight / 2:
        raise HypothesisError(f"log_norm must leave the start below a/2, got w_i^4 = {s * s:.3g}")
    saturation = (np.arctanh(np.sqrt(0.5)) - np.arctanh(s / np.sqrt(weight))) / np.sqrt(weight)
    return float(np.log1p(s * (saturation - np.sqrt(2 / weight))) - np.log(8 * weight) - log_s)


def integrated_log_half_time(
    direction: ArrayLike, log_norm: float, a: ArrayLike, *, tol: float = 1e-10
) -> float:
    r"""The same from integration; parameters and errors as in :func:`predicted_log_half_time`.

    ``tol`` is the local error allowed to the log norm, every coordinate and the time in units of
    :math:`1/\|w(0)\|^2`; the relative error of the time is about 100 ``tol``. ``inf`` if it is never.
    """
    u0, rho0, weights, i = _winner(direction, log_norm, a)
    d = u0.size

    def rhs(_: float, y: FloatArray) -> FloatArray:
        u = y[1 : d + 1] / np.linalg.norm(y[1 : d + 1])
        mass = np.exp(4 * y[0])
        pull = weights * u * u * u - mass * u
        reach = float(pull @ u)
        return np.concatenate([[4 * reach], 4 * (pull - reach * u), [np.exp(2 * (rho0 - y[0]))]])

    def less_half(y: FloatArray) -> FloatArray:
        u = y[1 : d + 1] / np.linalg.norm(y[1 : d + 1])
        return np.array([4 * (y[0] + np.log(abs(u[i]))) - np.log(weights[i] / 2)])

    # on the fast clock the log norm grows twice as fast as that of the normalised component, whose path it
    # shares; w^4 then saturates like a logistic of rate 16 a_i, half way at the time found here
    growth = max(0.0, np.log(weights[i]) / 4 - rho0)
    horizon = growth_time(u0 * u0, weights, growth / 2) + SETTLED / weights[i]
    y0 = np.concatenate([[rho0], u0, [0.0]])
    run = solve(rhs, y0, horizon, tol=tol, t_eval=[horizon], watch=less_half)
    if not run.crossings:
        return np.inf
    return float(np.log(run.crossings[0].state[-1]) - 2 * rho0)
