r"""Fitting :math:`T^*=\sum_i a_i v_i^{\otimes l}` by :math:`T=\sum_j w_j^{\otimes l}/\|w_j\|^{l-2}`.

The model of Ge et al. (2021), order :math:`l=4` unless said. Two states describe it: the matrix
``W`` (d, m) with one component a column, and the polar state ``(log_norms, directions)`` with
:math:`w_j=e^{\rho_j}u_j`, in which nothing underflows however small a component is. All quantities
are dimensionless.

For a unit vector :math:`u` write :math:`R=T^*-T`, :math:`F=R(u^{\otimes(l-1)},I)`,
:math:`q=\langle F,u\rangle=R(u^{\otimes l})`. Then

.. math:: -\nabla_w L=\|w\|\,\bigl(l\,F-(l-2)\,q\,u\bigr)-\lambda w,

hence :math:`\dot\rho=2q-\lambda` and :math:`\dot u=l\,(F-q\,u)`: equation (1) of the paper for
:math:`l=4`, free of the norm.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models import tensor
from flowbounds.validation import FloatArray, require_array, require_basis, require_range, require_weights

NEGLIGIBLE = 1e-24  # share of max(a) below which a component's mass cannot move a double-precision residual


def to_polar(W: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Kernel: ``(log_norms, directions)`` of the columns of ``W``; safe for columns far below 1e-154.

    A zero column has log norm ``-inf`` and direction zero, and contributes nothing.
    """
    largest = np.max(np.abs(W), axis=0)
    shown = W / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(shown, axis=0)
    with np.errstate(divide="ignore"):
        log_norms = np.log(largest) + np.log(lengths)
    return log_norms, shown / np.where(lengths > 0, lengths, 1.0)


def residual_contraction(
    log_norms: FloatArray, directions: FloatArray, a: FloatArray, basis: FloatArray, order: int = 4
) -> FloatArray:
    r"""Kernel: :math:`R(u_j^{\otimes(l-1)},I)` for every column, (d, m).

    Components whose mass :math:`\|w_j\|^2` is below ``NEGLIGIBLE * max(a)`` are left out of T (never out
    of the result): on a plateau that is most of them.
    """
    mass = np.exp(2 * log_norms)
    present = mass > NEGLIGIBLE * a.max()
    vectors = np.concatenate([basis, directions[:, present]], axis=1)
    weights = np.concatenate([a, -mass[present]])
    return tensor.contract(vectors, weights, directions, order)


def polar_velocity(
    log_norms: FloatArray,
    directions: FloatArray,
    a: FloatArray,
    basis: FloatArray,
    lam: float = 0.0,
    order: int = 4,
) -> tuple[FloatArray, FloatArray]:
    r"""Kernel: :math:`(\dot\rho,\dot u)` of gradient flow, shapes (m,) and (d, m)."""
    F = residual_contraction(log_norms, directions, a, basis, order)
    q = np.sum(F * directions, axis=0)
    return 2 * q - lam, order * (F - q * directions)


def polar_loss(
    log_norms: FloatArray,
    directions: FloatArray,
    a: FloatArray,
    basis: FloatArray,
    lam: float = 0.0,
    order: int = 4,
) -> float:
    r"""Kernel: the objective at a polar state, relatively accurate far below 1e-16 of its start."""
    mass = np.exp(2 * log_norms)
    vectors = np.concatenate([basis, directions], axis=1)
    fit = 0.5 * tensor.squared_norm(vectors, np.concatenate([a, -mass]), order)
    return fit + 0.5 * lam * float(np.sum(mass))


def _checked(
    W: ArrayLike, a: ArrayLike, basis: ArrayLike | None, lam: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    W = require_array("W", W, ("d", "m"))
    a = require_weights("a", a)
    return W, a, require_basis(basis, W.shape[0], a.size), require_range("lam", lam, 0.0, np.inf)


def loss(W: ArrayLike, a: ArrayLike, basis: ArrayLike | None = None, *, lam: float = 0.0) -> float:
    r"""Objective :math:`\tfrac12\|T-T^*\|_F^2+\tfrac\lambda2\|W\|_F^2` at order 4.

    Parameters
    ----------
    W : (d, m)
        Components, one a column; a zero column contributes nothing.
    a : (r,)
        Weights of the target, non-negative.
    basis : (d, r), optional
        Directions :math:`v_i` as columns, of any length and angle; the first r unit vectors by default.
    lam : float >= 0
        Coefficient of the regulariser.

    Returns
    -------
    float
        Relative accuracy about 1e-10 down to 1e-30 times the target's squared norm.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, a negative weight or ``lam``.

    Notes
    -----
    Source: ge2021, Sections 1 and 4.

    >>> loss([[1.0], [0.0]], [1.0])
    0.0
    """
    W, a, basis, lam = _checked(W, a, basis, lam)
    log_norms, directions = to_polar(W)
    return polar_loss(log_norms, directions, a, basis, lam)


def gradient(W: ArrayLike, a: ArrayLike, basis: ArrayLike | None = None, *, lam: float = 0.0) -> FloatArray:
    r"""Gradient of :func:`loss`, (d, m): minus the right-hand side of gradient flow.

    .. math:: \nabla_w L=-\bigl(4R(\bar w^{\otimes2},w,I)-2R(\bar w^{\otimes4})\,w\bigr)+\lambda w .

    Parameters and errors as in :func:`loss`. At a zero column the gradient is its limit, zero. Accurate
    to a few units in the last place of the largest term. Source: ge2021.eq1.

    >>> gradient([[0.5], [0.0]], [1.0], lam=0.5)[0].tolist()  # 0.5 * (lam - 2 * (1 - 0.25))
    [-0.5]
    """
    W, a, basis, lam = _checked(W, a, basis, lam)
    log_norms, directions = to_polar(W)
    growth, turn = polar_velocity(log_norms, directions, a, basis, lam)
    return -np.exp(log_norms) * (growth * directions + turn)


def residual(W: ArrayLike, a: ArrayLike, basis: ArrayLike | None = None) -> FloatArray:
    r"""Residual in each direction, :math:`(T^*-T)(v_i^{\otimes4})`, shape (r,).

    Parameters and errors as in :func:`loss`. Source: ge2021.figure1 (right panel).

    >>> residual([[0.5], [0.0]], [1.0, 0.25])
    array([0.75, 0.25])
    """
    W, a, basis, _ = _checked(W, a, basis)
    log_norms, directions = to_polar(W)
    fitted = tensor.evaluate(directions, np.exp(2 * log_norms), basis)
    return tensor.evaluate(basis, a, basis) - fitted
