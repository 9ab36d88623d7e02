r"""Least-squares objectives f of the product W, with their sharp constants.

The Polyak-Łojasiewicz constant :math:`\gamma` is in the convention
:math:`\|\nabla f\|_F^2\ge\gamma(f-f^*)`, without a factor two: a :math:`\mu`-strongly convex f has
:math:`\gamma\ge2\mu`. ``gamma`` is the largest constant possible, ``K`` the smallest Lipschitz constant of
the gradient, ``mu`` the largest constant of strong convexity, zero where there is none. A gap is a squared
distance to the best fit and not a difference of two losses, so that nothing cancels near the minimum.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.factorization_curvature import factorization_hessian_min_eigenvalue
from flowbounds.validation import FloatArray, HypothesisError, require_array

__all__ = [
    "Objective",
    "Regression",
    "Sensing",
    "factorization",
    "factorization_hessian_min_eigenvalue",
    "regression",
    "sensing",
]

RANK_TOLERANCE = 1e-6  # relative to the largest: a singular value below it counts as zero


class Objective(Protocol):
    """What the flow and the bounds need to know of f."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""

    @property
    def gamma(self) -> float:
        """Constant of the gradient inequality that the bounds use."""

    def gap(self, W: FloatArray) -> float:
        """f(W) - f*."""

    def gradient(self, W: FloatArray) -> FloatArray:
        """Gradient of f, (n, m)."""


def _extremes(name: str, data: FloatArray) -> tuple[float, float, float]:
    """Largest, smallest non-zero and smallest eigenvalue of ``data.T @ data``, by singular values."""
    singular = np.linalg.svd(data, compute_uv=False)
    top = float(singular[0])
    if top == 0:
        raise HypothesisError(f"{name} must not be zero, got a largest singular value of {top:g}")
    nonzero = singular[singular > RANK_TOLERANCE * top]
    bottom = float(nonzero[-1])
    return top**2, bottom**2, bottom**2 if nonzero.size == data.shape[1] else 0.0


@dataclass(frozen=True)
class Regression:
    r""":math:`f(W)=\tfrac12\|Y-XW\|_F^2`; matrix factorization is :math:`X=I`.

    Made by :func:`~flowbounds.models.objectives.regression`.

    Attributes
    ----------
    X : (N, n)
    minimiser : (n, m)
        The minimiser of least norm; the only one when ``mu`` > 0.
    minimum : float
        f*.
    gamma, K, mu : float
        :math:`2\lambda^+_{\min},\ \lambda_{\max},\ \lambda_{\min}` of :math:`X^\top X`.
    """

    X: FloatArray = field(repr=False)
    minimiser: FloatArray = field(repr=False)
    minimum: float
    gamma: float
    K: float
    mu: float

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.minimiser.shape[0], self.minimiser.shape[1]

    def gap(self, W: FloatArray) -> float:
        """f(W) - f*, relatively accurate down to the rounding of the minimiser."""
        return 0.5 * float(np.sum((self.X @ (W - self.minimiser)) ** 2))

    def gradient(self, W: FloatArray) -> FloatArray:
        """Gradient of f, (n, m)."""
        return np.asarray(self.X.T @ (self.X @ (W - self.minimiser)))


@dataclass(frozen=True)
class Sensing:
    r""":math:`f(W)=\sum_i(y_i-\langle A_i,W\rangle)^2`, no factor one half.

    Made by :func:`~flowbounds.models.objectives.sensing`. Attributes as in
    :class:`~flowbounds.models.objectives.Regression`, with the constants
    :math:`4\lambda^+_{\min},\ 2\lambda_{\max},\ 2\lambda_{\min}` of :math:`\mathcal A^*\mathcal A`.
    """

    A: FloatArray = field(repr=False)  # (N, nm), row-major
    minimiser: FloatArray = field(repr=False)
    minimum: float
    gamma: float
    K: float
    mu: float

    @property
    def shape(self) -> tuple[int, int]:
        """(n, m)."""
        return self.minimiser.shape[0], self.minimiser.shape[1]

    def gap(self, W: FloatArray) -> float:
        """f(W) - f*, relatively accurate down to the rounding of the minimiser."""
        return float(np.sum((self.A @ (W - self.minimiser).ravel()) ** 2))

    def gradient(self, W: FloatArray) -> FloatArray:
        """Gradient of f, (n, m)."""
        return 2 * (self.A.T @ (self.A @ (W - self.minimiser).ravel())).reshape(self.shape)


def regression(X: ArrayLike, Y: ArrayLike) -> Regression:
    r"""Linear regression :math:`\tfrac12\|Y-XW\|_F^2`.

    Parameters
    ----------
    X : (N, n)
        Data, of any rank above zero.
    Y : (N, m)

    Returns
    -------
    Regression

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, ``X`` zero.

    Notes
    -----
    Source: min2022.setting.pl.

    >>> f = regression([[2.0, 0.0], [0.0, 1.0]], [[2.0], [3.0]])
    >>> f.gamma, f.K, f.mu, f.minimiser.ravel().round(12).tolist()
    (2.0, 4.0, 1.0, [1.0, 3.0])
    """
    X = require_array("X", X, ("N", "n"))
    Y = require_array("Y", Y, (X.shape[0], "m"))
    top, nonzero, bottom = _extremes("X", X)
    minimiser = np.asarray(np.linalg.lstsq(X, Y, rcond=RANK_TOLERANCE)[0], dtype=np.float64)
    minimum = 0.5 * float(np.sum((Y - X @ minimiser) ** 2))
    return Regression(X, minimiser, minimum, 2 * nonzero, top, bottom)


def factorization(Y: ArrayLike) -> Regression:
    r"""Matrix factorization :math:`\tfrac12\|Y-W\|_F^2`: regression on the identity, all constants known.

    ``Y`` (n, m). Raises HypothesisError when it is not a finite matrix. Source: min2022.setting.pl.

    >>> factorization([[1.0, 2.0]]).gamma
    2.0
    """
    Y = require_array("Y", Y, ("n", "m"))
    return Regression(np.eye(Y.shape[0]), Y, 0.0, 2.0, 1.0, 1.0)


def sensing(A: ArrayLike, y: ArrayLike) -> Sensing:
    r"""Matrix sensing :math:`\sum_i(y_i-\langle A_i,W\rangle)^2`.

    Parameters
    ----------
    A : (N, n, m)
        Measurement matrices.
    y : (N,)

    Returns
    -------
    Sensing

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, ``A`` zero.

    Notes
    -----
    Source: min2022.setting.pl. The scalar example :math:`|y-uv|^2` is one measurement of a 1 x 1 matrix.

    >>> f = sensing([[[1.0]]], [2.0])
    >>> f.gamma, f.K, f.mu
    (4.0, 2.0, 2.0)
    """
    A = require_array("A", A, ("N", "n", "m"))
    y = require_array("y", y, (A.shape[0],))
    flat = A.reshape(A.shape[0], -1)
    top, nonzero, bottom = _extremes("A", flat)
    minimiser = np.asarray(np.linalg.lstsq(flat, y, rcond=RANK_TOLERANCE)[0], dtype=np.float64)
    minimum = float(np.sum((y - flat @ minimiser) ** 2))
    return Sensing(flat, minimiser.reshape(A.shape[1:]), minimum, 4 * nonzero, 2 * top, 2 * bottom)
