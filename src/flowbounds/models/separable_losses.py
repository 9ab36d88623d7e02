r"""Classification losses on separable data, f(w) = sum_i loss(y_i x_i^T w): no minimiser, gap = f.

The exponential loss satisfies a Łojasiewicz inequality of exponent one, :math:`\|\nabla f\|\ge\gamma f`, with
:math:`\gamma` the margin of the data: the distance from the origin to the convex hull of the points
:math:`y_ix_i`. For any unit separator :math:`\bar w`,
:math:`\|\nabla f\|\ge-\langle\nabla f,\bar w\rangle`, and every point contributes at least its share of the
margin; the best separator gives the distance, by duality. The logistic loss does so below a level, with a
smaller constant.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls
from scipy.special import expit

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_range

SEPARATED = 1e-9  # a margin below this share of the largest point is none


@dataclass(frozen=True)
class Exponential:
    r""":math:`f(w)=\sum_ie^{-y_ix_i^\top w}`, with :math:`\|\nabla f\|\ge\gamma f`.

    Made by :func:`~flowbounds.models.separable_losses.exponential`.
    """

    points: FloatArray = field(repr=False)  # (N, n), y_i x_i
    gamma: float

    @property
    def shape(self) -> tuple[int, int]:
        """(n, 1)."""
        return self.points.shape[1], 1

    def gap(self, W: FloatArray) -> float:
        """f(W), whose infimum is zero."""
        return float(np.sum(np.exp(-(self.points @ W))))

    def gradient(self, W: FloatArray) -> FloatArray:
        """Gradient of f, (n, 1)."""
        return np.asarray(-self.points.T @ np.exp(-(self.points @ W)))


@dataclass(frozen=True)
class Logistic:
    r""":math:`f(w)=\sum_i\log(1+e^{-y_ix_i^\top w})`, with :math:`\|\nabla f\|\ge\gamma f` below a level.

    Made by :func:`~flowbounds.models.separable_losses.logistic`.
    """

    points: FloatArray = field(repr=False)
    margin: float
    level: float

    @property
    def gamma(self) -> float:
        r"""The margin times :math:`(1-e^{-\mathrm{level}})/\mathrm{level}`, valid as long as f <= level.

        The weight of a point in the gradient is one less the exponential of minus its loss, a concave
        function of the loss, so that below the level it is at least that share of it.
        """
        return self.margin * float(-np.expm1(-self.level) / self.level)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, 1)."""
        return self.points.shape[1], 1

    def gap(self, W: FloatArray) -> float:
        """f(W), whose infimum is zero."""
        return float(np.sum(np.logaddexp(0.0, -(self.points @ W))))

    def gradient(self, W: FloatArray) -> FloatArray:
        """Gradient of f, (n, 1)."""
        return np.asarray(-self.points.T @ expit(-(self.points @ W)))


def separation_margin(X: ArrayLike, labels: ArrayLike) -> float:
    r"""Largest margin :math:`\max_{\|\bar w\|=1}\min_iy_ix_i^\top\bar w` of a hyperplane through zero.

    It is the distance from zero to the convex hull of the points :math:`y_ix_i`, which is what is computed.

    Parameters
    ----------
    X : (N, n)
        Points.
    labels : (N,)
        1 or -1.

    Returns
    -------
    float
        Positive, accurate to rounding of the largest point.

    Raises
    ------
    HypothesisError
        Labels other than 1 and -1; data that no hyperplane through zero separates.

    Notes
    -----
    Source: min2022.exp.rate.

    >>> round(separation_margin([[1.0, 1.0], [-1.0, 1.0]], [1, 1]), 9)
    1.0
    """
    points = _points(X, labels)
    scale = float(np.max(np.linalg.norm(points, axis=1)))
    if scale == 0:
        raise HypothesisError("X must not be zero, got a largest point of norm 0")
    # min |sum c_i p_i|^2 + (sum c_i - 1)^2 over c >= 0: at any sum, the best shares are the nearest point's
    system = np.vstack([points.T / scale, np.ones(len(points))])
    coefficients = nnls(system, np.concatenate([np.zeros(points.shape[1]), [1.0]]))[0]
    nearest = points.T @ (coefficients / coefficients.sum())
    distance = float(np.linalg.norm(nearest))
    if distance < SEPARATED * scale:
        raise HypothesisError(
            f"X must be separable by a hyperplane through zero, got a margin of {distance:.3g}"
        )
    return distance


def _points(X: ArrayLike, labels: ArrayLike) -> FloatArray:
    X = require_array("X", X, ("N", "n"))
    y = require_array("labels", labels, (X.shape[0],))
    wrong = np.abs(y) != 1
    if wrong.any():
        raise HypothesisError(f"labels must be 1 or -1, got {y[wrong][0]:g} at index {int(np.argmax(wrong))}")
    return np.asarray(y[:, None] * X)


def exponential(X: ArrayLike, labels: ArrayLike) -> Exponential:
    """Exponential loss on separable data.

    Arguments and errors as in :func:`~flowbounds.models.separable_losses.separation_margin`. Source:
    min2022.exp.rate.

    >>> f = exponential([[3.0], [-4.0]], [1, -1])
    >>> round(f.gamma, 12), f.gap(np.zeros((1, 1)))
    (3.0, 2.0)
    """
    return Exponential(_points(X, labels), separation_margin(X, labels))


def logistic(X: ArrayLike, labels: ArrayLike, *, level: float) -> Logistic:
    """Logistic loss on separable data, where f <= ``level`` (> 0), such as its value at the start.

    Arguments and errors as in :func:`~flowbounds.models.separable_losses.separation_margin`. Source: beyond
    the text (min2022.exp.rate).

    >>> f = logistic([[3.0], [-4.0]], [1, -1], level=np.log(4.0))
    >>> round(f.gamma / f.margin, 6)  # (1 - 1/4) / log 4
    0.541011
    """
    level = require_range("level", level, 0.0, np.inf, open_ends=True)
    return Logistic(_points(X, labels), separation_margin(X, labels), level)
