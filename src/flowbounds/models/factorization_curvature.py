r"""Curvature of matrix factorization: the Hessian of its objective, and the smallest eigenvalue.

Objective, shapes and weight are those of :func:`~flowbounds.models.factorization.loss`. A direction is
a pair (A, B) in the shapes of (U, V). All quantities are dimensionless.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.factorization import Pair, require_factors, require_weight
from flowbounds.validation import FloatArray, require_array


def hessian_apply(
    U: ArrayLike, V: ArrayLike, M: ArrayLike, A: ArrayLike, B: ArrayLike, *, weight: float = 0.0
) -> Pair:
    r"""Hessian of the objective applied to a direction (A, B).

    .. math:: \begin{aligned}
              &XV+RB+\tfrac w2(AD+U\dot D),\\
              &X^\top U+R^\top A-\tfrac w2(BD+V\dot D),
              \end{aligned}

    in U and in V, with :math:`X=AV^\top+UB^\top` and
    :math:`\dot D=A^\top U+U^\top A-B^\top V-V^\top B`. The quadratic form is therefore

    .. math:: \begin{aligned}
              &\|X\|_F^2+2\langle R,AB^\top\rangle\\
              &\quad+\tfrac w4\|\dot D\|_F^2+\tfrac w2\langle D,A^\top A-B^\top B\rangle .
              \end{aligned}

    Parameters
    ----------
    U, A : (n, k)
    V, B : (m, k)
    M : (n, m)
    weight : float >= 0

    Returns
    -------
    (n, k) and (m, k)

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, a negative weight.

    Notes
    -----
    Source: beyond the text; used for du2018.lem3.2.

    >>> [part.tolist() for part in hessian_apply([[2.0]], [[1.0]], [[1.0]], [[1.0]], [[0.0]])]
    [[[1.0]], [[3.0]]]
    """
    U, V, M = require_factors(U, V, M)
    A, B = require_array("A", A, U.shape), require_array("B", B, V.shape)
    R, move = U @ V.T - M, A @ V.T + U @ B.T
    in_U, in_V = move @ V + R @ B, move.T @ U + R.T @ A
    if w := require_weight(weight):
        D, cross = U.T @ U - V.T @ V, A.T @ U - B.T @ V
        change = cross + cross.T
        in_U, in_V = in_U + 0.5 * w * (A @ D + U @ change), in_V - 0.5 * w * (B @ D + V @ change)
    return np.asarray(in_U), np.asarray(in_V)


def hessian_matrix(U: ArrayLike, V: ArrayLike, M: ArrayLike, *, weight: float = 0.0) -> FloatArray:
    r"""The dense Hessian, of order (n + m) k, in row-major vec(U) followed by row-major vec(V).

    Built from Kronecker products, a second route to
    :func:`~flowbounds.models.factorization_curvature.hessian_apply`.
    Parameters and errors as :func:`~flowbounds.models.factorization.loss`. Source: beyond the text.

    >>> hessian_matrix([[2.0]], [[1.0]], [[1.0]]).tolist()
    [[1.0, 3.0], [3.0, 4.0]]
    """
    U, V, M = require_factors(U, V, M)
    w = require_weight(weight)
    (n, k), m = U.shape, V.shape[0]
    J = np.hstack([np.kron(np.eye(n), V), np.kron(U, np.eye(m)) @ _transposition(m, k)])
    H = J.T @ J
    cross = np.kron(U @ V.T - M, np.eye(k))  # <R, A B^T> = vec(A)^T (R x I) vec(B)
    H[: n * k, n * k :] += cross
    H[n * k :, : n * k] += cross.T
    if w:
        parts = [np.kron(np.eye(k), X.T) @ _transposition(len(X), k) for X in (U, V)]
        once = np.hstack([parts[0], -parts[1]])  # (A, B) to vec(A^T U - B^T V)
        change = once + _transposition(k, k) @ once
        D = U.T @ U - V.T @ V
        H += 0.25 * w * (change.T @ change)
        H[: n * k, : n * k] += 0.5 * w * np.kron(np.eye(n), D)
        H[n * k :, n * k :] -= 0.5 * w * np.kron(np.eye(m), D)
    return np.asarray(H)


def smallest_curvature(
    U: ArrayLike, V: ArrayLike, M: ArrayLike, *, weight: float = 0.0
) -> tuple[float, FloatArray, FloatArray]:
    r"""Smallest eigenvalue of the Hessian, with a unit eigenvector (A, B).

    Parameters and errors as :func:`~flowbounds.models.factorization.loss`.

    Returns
    -------
    value : float
        Negative at a strict saddle. Accurate to rounding of the Hessian's norm.
    A : (n, k)
    B : (m, k)
        With :math:`\|A\|_F^2+\|B\|_F^2=1`; its sign is arbitrary.

    Notes
    -----
    Source: du2018.lem3.2.

    >>> value, A, B = smallest_curvature([[0.0]], [[0.0]], [[2.0]])
    >>> round(value, 12), round(abs(A.item()), 6), round((A * B).item(), 6)
    (-2.0, 0.707107, 0.5)
    """
    H = hessian_matrix(U, V, M, weight=weight)
    values, vectors = np.linalg.eigh(H)
    n, k = np.shape(U)
    direction = vectors[:, 0]
    return float(values[0]), direction[: n * k].reshape(n, k), direction[n * k :].reshape(-1, k)


def factorization_hessian_min_eigenvalue(U: ArrayLike, V: ArrayLike, M: ArrayLike) -> float:
    r"""Smallest eigenvalue of the Hessian of :math:`\tfrac12\|UV^\top-M\|_F^2` in (U, V).

    The Hessian's quadratic form at :math:`(A,B)` is
    :math:`\|AV^\top+UB^\top\|_F^2+2\langle UV^\top-M,AB^\top\rangle`.

    Parameters
    ----------
    U : (n, k)
    V : (m, k)
    M : (n, m)

    Returns
    -------
    float
        From the dense matrix of order (n + m) k, accurate to rounding of its norm.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite.

    Notes
    -----
    Source: du2018.lem3.2.

    >>> factorization_hessian_min_eigenvalue([[0.0]], [[0.0]], [[2.0]])
    -2.0
    """
    return float(np.linalg.eigvalsh(hessian_matrix(U, V, M))[0])


def _transposition(m: int, k: int) -> FloatArray:
    """The permutation that takes row-major vec(B), B (m, k), to vec(B^T)."""
    order = np.arange(m * k).reshape(m, k).T.ravel()
    return np.eye(m * k)[order]
