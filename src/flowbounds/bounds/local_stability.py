r"""Local stability of Ge et al. (2021), Section 5.1: how fast a discovered direction is kept or lost.

A state is polar, ``(log_norms, directions)``, against the target :math:`\sum_i a_ie_i^{\otimes4}`. The
members of :math:`S_k` lie near :math:`e_k`; the distance of one is :math:`q=1-\bar w_k^2`, computed as the
sum of its other squares. Averages weigh the members by their squared norms, whose sum is :math:`\hat a_k`.
No formula here knows the time: rates belong to one instant of gradient flow. Everything is dimensionless.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models import tensor
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_basis,
    require_count,
    require_range,
    require_unit_columns,
    require_weights,
)


@dataclass(frozen=True)
class StabilityRates:
    """Distances and rates of the members of one set; of n states when the arrays carry a leading axis.

    Attributes
    ----------
    distance : (m,)
        q of every column, member or not.
    individual : (m,)
        Rate of its squared correlation with the direction k.
    average_distance : float
        Average of q over the members.
    average : float
        Rate of the members' average squared correlation, the drift of the weights included.
    fitted : float
        Mass of the members.
    fitted_rate : float
        Rate of that mass.
    """

    distance: FloatArray
    individual: FloatArray
    average_distance: FloatArray
    average: FloatArray
    fitted: FloatArray
    fitted_rate: FloatArray


def rates(
    log_norms: FloatArray, u: FloatArray, a: FloatArray, members: FloatArray, k: int, lam: float = 0.0
) -> StabilityRates:
    """Kernel: :func:`stability_rates` for (..., m), (..., d, m), (..., r); ``members`` 0 or 1 each."""
    mass = np.exp(2 * log_norms)
    r = a.shape[-1]
    residual = -(u @ (mass[..., :, None] * tensor.power(np.swapaxes(u, -1, -2) @ u, 3)))
    residual[..., :r, :] += a[..., :, None] * tensor.power(u[..., :r, :], 3)
    along = u * residual
    mine, correlation = along[..., k, :], u[..., k, :] ** 2
    others = np.delete(along, k, axis=-2).sum(axis=-2)
    distance = np.sum(np.delete(u, k, axis=-2) ** 2, axis=-2)
    individual = 8 * (mine * distance - correlation * others)

    held = mass * members
    fitted = held.sum(axis=-1)
    share = held / fitted[..., None]
    growth = mine + others
    average_distance = np.sum(share * distance, axis=-1)
    mean_growth = np.sum(share * growth, axis=-1)
    drift = share * (growth - mean_growth[..., None]) * (distance - average_distance[..., None])
    average = np.sum(share * individual, axis=-1) - 4 * drift.sum(axis=-1)
    return StabilityRates(
        distance, individual, average_distance, average, fitted, (4 * mean_growth - 2 * lam) * fitted
    )


def stability_rates(
    log_norms: ArrayLike, directions: ArrayLike, a: ArrayLike, members: ArrayLike, k: int, *, lam: float = 0.0
) -> StabilityRates:
    r"""Rates of correlation and mass of the components that hold one direction.

    With :math:`R=T^*-T`, :math:`R_i=R(u^{\otimes3},I)_i` and :math:`q=\sum_{i\ne k}u_i^2`,

    .. math:: \tfrac{d}{dt}u_k^2&=8\Bigl[R_ku_kq-u_k^2\sum_{i\ne k}u_iR_i\Bigr],\\
              \tfrac{d}{dt}\mathbb E\,u_k^2&=\mathbb E\bigl[\tfrac{d}{dt}u_k^2\bigr]
              -4\operatorname{Cov}\bigl(R(u^{\otimes4}),q\bigr),\\
              \tfrac{d}{dt}\hat a_k&=\bigl(4\,\mathbb E\,R(u^{\otimes4})-2\lambda\bigr)\hat a_k .

    The covariance is the drift of the weights: a member that grows faster counts for more.

    Parameters
    ----------
    log_norms : (m,)
        Logarithms of the components' norms.
    directions : (d, m)
        Unit vectors, one a column.
    a : (r,)
        Weights of the target along the first r axes, non-negative, r <= d.
    members : (n,)
        Indices of the columns in :math:`S_k`, from 0, each once.
    k : int in [0, d)
        Index of the direction, from 0.
    lam : float >= 0
        Coefficient of the regulariser; only the mass feels it.

    Returns
    -------
    StabilityRates

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, directions that are not unit, negative weights,
        indices out of range.

    Notes
    -----
    No difference of nearly equal numbers is taken, so that rates of size 1e-20 keep their digits. Source:
    ge2021.lemma3.average and ge2021.lemma7 (the formulas: beyond the text, from equation (1)).

    >>> state = stability_rates([-0.5], [[0.8], [0.6]], [1.0], [0], 0)
    >>> round(float(state.average_distance), 12), round(float(state.average), 12)  # 8 * 0.64**2 * 0.36
    (0.36, 1.179648)
    """
    u = require_unit_columns("directions", directions, ("d", "m"))
    d, m = u.shape
    log_norms = require_array("log_norms", log_norms, (m,))
    a = require_weights("a", a)
    require_basis(None, d, a.size)
    k = require_count("k", k, 0, d - 1)
    lam = require_range("lam", lam, 0.0, np.inf)
    inside = np.zeros(m)
    for index in require_array("members", members, ("n",)):
        where = require_count("members", index, 0, m - 1)
        if inside[where]:
            raise HypothesisError(f"members must name each column once, got {where} twice")
        inside[where] = 1.0
    return rates(log_norms, u, a, inside, k, lam)


def mass_growth_bound(gap: float, lam: float, *, remainder: float = 0.0, printed: bool = False) -> float:
    r"""Lower bound of Lemma 7 on :math:`\tfrac{d}{dt}\log\hat a_k` at the gap :math:`g=a_k-\hat a_k`.

    .. math:: 4g-2\lambda-C\alpha^2\qquad\text{as printed: }\;2g-\lambda-C\alpha^2 .

    Parameters
    ----------
    gap : float >= 0
        :math:`g`.
    lam : float >= 0
    remainder : float >= 0
        The term :math:`C\alpha^2`.
    printed : bool
        The printed form. It follows from the other one exactly when :math:`g\ge\lambda/2`, and exceeds it by
        :math:`\lambda-2g` below.

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: ge2021.lemma7; without ``printed`` beyond the text.

    >>> mass_growth_bound(0.5, 0.25), mass_growth_bound(0.5, 0.25, printed=True)
    (1.5, 0.75)
    """
    gap = require_range("gap", gap, 0.0, np.inf)
    lam = require_range("lam", lam, 0.0, np.inf)
    remainder = require_range("remainder", remainder, 0.0, np.inf)
    return (1 if printed else 2) * (2 * gap - lam) - remainder
