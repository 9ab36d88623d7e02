r"""Stationary points of matrix factorization, and how negative the curvature is at them.

At a stationary point of :math:`f(U,V)=\frac12\|UV^\top-M\|_F^2`, U (n, k) and V (m, k) with k at least the
rank of M, put :math:`s=\|UV^\top-M\|_2` and :math:`e=\|U^\top U-V^\top V\|_2`. Unless s = 0,

.. math:: -s\le\lambda_{\min}(\nabla^2f)\le\tfrac12\bigl(e-\sqrt{e^2+4s^2}\bigr)<0 .

All quantities are dimensionless.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_range

ORTHONORMAL = 1e-9  # columns computed by a decomposition are orthonormal to much less
SINGULAR = 1e-12  # of the largest singular value


def curvature_limits(residual: float, imbalance: float) -> tuple[float, float]:
    r"""Both limits of the smallest curvature at a stationary point that is not global.

    Parameters
    ----------
    residual : float >= 0
        s, the largest singular value of :math:`UV^\top-M`.
    imbalance : float >= 0
        e, the largest absolute eigenvalue of :math:`U^\top U-V^\top V`.

    Returns
    -------
    low, high : float
        :math:`-s` and :math:`-2s^2/(e+\sqrt{e^2+4s^2})`; equal when e = 0. Relative accuracy 1e-15.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: beyond the text (du2018.lem3.2plus). The limits need k >= rank M.

    >>> curvature_limits(1.0, 1.5)
    (-1.0, -0.5)
    """
    s = require_range("residual", residual, 0.0, np.inf)
    e = require_range("imbalance", imbalance, 0.0, np.inf)
    return -s, -s * (2 * s / (e + float(np.hypot(e, 2 * s)))) if s > 0 else 0.0


def alternatives_slack(residual: float, eps: float, eigenvalue: float, noise: float) -> float:
    r"""Slack of Lemma 3.2 as printed: a strict saddle, or :math:`\|UV^\top-M\|_F\le\epsilon`.

    Parameters
    ----------
    residual : float > 0
        A norm of :math:`UV^\top-M`, the unit of the slack.
    eps : float >= 0
        What bounds the Frobenius norm of the imbalance.
    eigenvalue : float
        The smallest of the Hessian.
    noise : float >= 0
        Its accuracy: one that is not below ``-noise`` counts as none.

    Returns
    -------
    float
        ``-eigenvalue / residual`` at a strict saddle, otherwise ``eps / residual - 1``.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: du2018.lem3.2.

    >>> alternatives_slack(2.0, 0.5, -1.0, 1e-12), alternatives_slack(2.0, 0.5, 0.0, 1e-12)
    (0.5, -0.75)
    """
    residual = require_range("residual", residual, 0.0, np.inf, open_ends=True)
    eps = require_range("eps", eps, 0.0, np.inf)
    eigenvalue = require_range("eigenvalue", eigenvalue, -np.inf, np.inf)
    noise = require_range("noise", noise, 0.0, np.inf)
    return -eigenvalue / residual if eigenvalue < -noise else eps / residual - 1


def stationary_point(
    left: ArrayLike,
    sigma: ArrayLike,
    right: ArrayLike,
    *,
    mixing: ArrayLike | None = None,
    extra_left: ArrayLike | None = None,
    extra_right: ArrayLike | None = None,
    turn: ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    r"""A stationary point that fits the first q singular triples of :math:`M=P\Sigma Q^\top` and no other.

    .. math:: \begin{aligned}
              U&=[P_qT,\ E,\ 0]\,Z,\\
              V&=[Q_q\Sigma_qT^{-\top},\ 0,\ F]\,Z .
              \end{aligned}

    E is made orthogonal to the other columns of P, and F to those of Q. Any q triples are the first ones of
    a reordered M. The families are not claimed to be all stationary points.

    Parameters
    ----------
    left : (n, r)
        P, orthonormal columns.
    sigma : (r,)
        Positive.
    right : (m, r)
        Q, orthonormal columns.
    mixing : (q, q), optional
        T, invertible, q <= r; without it q = 0. A large or small T makes the point unbalanced.
    extra_left : (n, a), optional
        E before the projection.
    extra_right : (m, b), optional
        F before the projection.
    turn : (k, k), optional
        Z, orthogonal, k = q + a + b; the identity by default.

    Returns
    -------
    U : (n, k)
    V : (m, k)

    Raises
    ------
    HypothesisError
        Shapes that do not fit, columns that are not orthonormal, a singular ``mixing``, no columns at all.

    Notes
    -----
    The gradient is zero to rounding of :math:`\|M\|\,(\|U\|+\|V\|)` times the condition of T. Source: beyond
    the text (du2018.lem3.2plus).

    >>> U, V = stationary_point([[1.0], [0.0]], [2.0], [[1.0]], mixing=[[4.0]])
    >>> U.tolist(), V.tolist()
    ([[4.0], [0.0]], [[0.5]])
    """
    P, Q = _orthonormal("left", left, "n"), _orthonormal("right", right, "m")
    s = require_array("sigma", sigma, (P.shape[1],))
    if not (s > 0).all():
        raise HypothesisError(f"sigma must be positive, got {s.min():g}")
    if Q.shape[1] != s.size:
        raise HypothesisError(f"right must have {s.size} columns, one for each of sigma, got {Q.shape[1]}")
    T = np.zeros((0, 0)) if mixing is None else require_array("mixing", mixing, ("q", "q"))
    q = len(T)
    if T.shape[1] != q or q > s.size:
        raise HypothesisError(f"mixing must be square, of order at most {s.size}, got {T.shape}")
    if q and np.linalg.svd(T, compute_uv=False)[-1] <= SINGULAR * np.linalg.norm(T, 2):
        raise HypothesisError(f"mixing must be invertible, got a determinant of {np.linalg.det(T):g}")
    E, F = _clear_of("extra_left", extra_left, P[:, q:]), _clear_of("extra_right", extra_right, Q[:, q:])
    k = q + E.shape[1] + F.shape[1]
    if k == 0:
        raise HypothesisError("mixing, extra_left or extra_right must be given: there are 0 columns")
    U, V = np.zeros((len(P), k)), np.zeros((len(Q), k))
    U[:, :q], U[:, q : q + E.shape[1]] = P[:, :q] @ T, E
    V[:, :q], V[:, q + E.shape[1] :] = Q[:, :q] @ (s[:q, None] * np.linalg.inv(T).T), F
    if turn is not None:
        Z = _orthonormal("turn", turn, k)
        if Z.shape[1] != k:
            raise HypothesisError(f"turn must have shape ({k}, {k}), got {Z.shape}")
        U, V = U @ Z, V @ Z
    return U, V


def _orthonormal(name: str, value: ArrayLike, rows: int | str) -> FloatArray:
    """A matrix with orthonormal columns."""
    columns = require_array(name, value, (rows, "r"))
    off = float(np.max(np.abs(columns.T @ columns - np.eye(columns.shape[1]))))
    if off > ORTHONORMAL:
        raise HypothesisError(f"{name} must have orthonormal columns, off by {off:.3g}")
    return columns


def _clear_of(name: str, extra: ArrayLike | None, missed: FloatArray) -> FloatArray:
    """Extra columns without their part in the missed singular vectors."""
    if extra is None:
        return np.zeros((len(missed), 0))
    columns = require_array(name, extra, (len(missed), "a"))
    return np.asarray(columns - missed @ (missed.T @ columns))
