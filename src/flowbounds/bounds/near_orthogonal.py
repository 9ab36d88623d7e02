r"""How far the residual is from :math:`\sum_iR_ie_i^{\otimes4}`, in terms of the sets of Definition 1."""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import HypothesisError, require_range, require_weights


def off_diagonal_bound(mass: ArrayLike, average: ArrayLike, free: float) -> float:
    r"""Largest norm of the part of :math:`T^*-T` that is not on the diagonal.

    .. math:: \Bigl\|R-\sum_iR_ie_i^{\otimes4}\Bigr\|_F
              \le2\sum_k\hat a_k\sqrt{\mathbb E_k(1-\bar w_k^2)}+\sum_{w\in S_\emptyset}\|w\|^2,
              \qquad R_i=R(e_i^{\otimes4}).

    Parameters
    ----------
    mass : (d,)
        :math:`\hat a_k`, non-negative.
    average : (d,)
        :math:`\mathbb E_k(1-\bar w_k^2)` or an upper bound of it, in [0, 1].
    free : float >= 0
        Squared norms outside the sets, added up.

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries out of range.

    Notes
    -----
    For a unit vector :math:`u` with :math:`1-u_k^2=q` the squared norm off the diagonal is
    :math:`1-\sum u_i^8\le1-(1-q)^4\le4q`; then Jensen. Source: beyond the text, for ge2021.near_orthogonal.

    >>> round(off_diagonal_bound([0.5, 0.25], [0.04, 0.0], 0.1), 12)
    0.3
    """
    mass = require_weights("mass", mass)
    average = require_weights("average", average)
    if average.shape != mass.shape:
        raise HypothesisError(f"average must have shape {mass.shape} like mass, got {average.shape}")
    if (average > 1).any():
        raise HypothesisError(f"average must be at most 1, got {average.max():.6g}")
    free = require_range("free", free, 0.0, np.inf)
    return float(2 * np.sum(mass * np.sqrt(average)) + free)
