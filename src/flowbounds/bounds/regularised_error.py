r"""How far from the target the regulariser of Wang et al. (2020) leaves descent that has come to rest.

At rest :math:`\langle R,T\rangle=-\lambda\sum_i\|u_i\|^2` with :math:`R=T-T^*`. If moreover no unit vector
has :math:`|R(u^{\otimes l})|>\lambda`, so that nothing small grows, T is a solution of a convex problem: half
the squared error plus :math:`\lambda` times the smallest :math:`\sum_i|w_i|` over all
:math:`T=\sum_iw_iv_i^{\otimes l}` with unit vectors.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import require_array, require_range


def orthonormal_resting_error(c_star: ArrayLike, lam: float) -> float:
    r"""Error at rest for orthonormal components, :math:`\sqrt{\sum_j\min(|c_j^*|,\lambda)^2}`, exactly.

    Each weight is undershot by :math:`\lambda`, or stays zero.

    Parameters
    ----------
    c_star : (r,)
        Weights of the target, of either sign; order three or more.
    lam : float >= 0

    Raises
    ------
    HypothesisError
        No weights, entries that are not finite, a negative ``lam``.

    Notes
    -----
    Source: beyond the text.

    >>> orthonormal_resting_error([0.6, -0.8], 0.1) / 2**0.5
    0.1
    """
    c_star = require_array("c_star", c_star, ("r",))
    lam = require_range("lam", lam, 0.0, np.inf)
    return float(np.linalg.norm(np.minimum(np.abs(c_star), lam)))


def resting_error_bound(c_star: ArrayLike, lam: float) -> float:
    r"""Bound :math:`\sqrt{\lambda\sum_j|c_j^*|}` on the error at rest, for any unit components.

    .. math:: \|R\|_F^2=\langle R,T\rangle-\langle R,T^*\rangle
              =-\lambda\sum_i\|u_i\|^2-\sum_jc_j^*R(u_j^{*\otimes l})\le\lambda\sum_j|c_j^*|

    Parameters
    ----------
    c_star : (r,)
        Weights of the target, its components of unit length.
    lam : float >= 0

    Raises
    ------
    HypothesisError
        No weights, entries that are not finite, a negative ``lam``.

    Notes
    -----
    Needs rest and :math:`|R(u_j^{*\otimes l})|\le\lambda` at each component. Source: beyond the text.

    >>> resting_error_bound([0.5, -0.5], 0.01)
    0.1
    """
    c_star = require_array("c_star", c_star, ("r",))
    lam = require_range("lam", lam, 0.0, np.inf)
    return float(np.sqrt(lam * np.abs(c_star).sum()))
