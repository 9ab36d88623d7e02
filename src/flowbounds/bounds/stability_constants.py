r"""The constants that Lemmas 3 and 7 of Ge et al. (2021) hide, proved under Proposition 1.

What is used of it: (a) every member of a set has :math:`q\le\alpha`; (b) its average is at most
:math:`\alpha^2`, the negligible :math:`4sm\delta_1^2` left out; (c) :math:`\hat a_j\le a_j`; (d) components
in no set have a total mass of at most :math:`m\delta_1^2\le\alpha^3`. All of this is beyond the text; novelty
is not claimed.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, require_count, require_range, require_weights

# Beyond these the proofs no longer close; every alpha of the theorem is far below.
INDIVIDUAL_LIMIT = 0.25
AVERAGE_LIMIT = 0.05


def _weights(a: ArrayLike, k: int, alpha: float, limit: float) -> tuple[float, FloatArray, float]:
    """The weight of direction k (zero for a padded one), the others, and alpha; all checked."""
    a = require_weights("a", a)
    k = require_count("k", k, 0)
    own = float(a[k]) if k < a.size else 0.0
    others = np.append(np.delete(a, k) if k < a.size else a, 0.0)
    return own, others, require_range("alpha", alpha, 0.0, limit)


def individual_constant(a: ArrayLike, k: int, alpha: float) -> float:
    r"""Constant of the first line of Lemma 3, in units of :math:`\alpha^{1.5}`.

    .. math:: C=8a_k+8\sqrt\alpha\,\max_{j\ne k}a_j
              +\tfrac{27}{32}\tfrac{\alpha^{3/2}}{1-\alpha}\Bigl(1+\sum_{j\ne k}a_j\Bigr).

    Parameters
    ----------
    a : (r,)
        Weights of the target, non-negative.
    k : int >= 0
        Index of the direction, from 0; beyond r its weight is zero.
    alpha : float in [0, 0.25]

    Returns
    -------
    float
        Its limit :math:`8a_k` for :math:`\alpha\to0` is attained: nothing smaller would do.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: ge2021.lemma3.individual (beyond the text).

    >>> individual_constant([0.5, 0.3], 0, 0.0)
    4.0
    """
    own, others, alpha = _weights(a, k, alpha, INDIVIDUAL_LIMIT)
    rest = 27 / 32 * alpha**1.5 / (1 - alpha) * (1 + others.sum())
    return float(8 * own + 8 * np.sqrt(alpha) * others.max() + rest)


def average_constant(a: ArrayLike, k: int, alpha: float) -> float:
    r"""Constant of the second line of Lemma 3, in units of :math:`\alpha^3`.

    .. math:: C=8a_k\bigl(1+\tfrac\alpha2\bigr)+8\max_{j\ne k}a_j
              +\bigl(8\sqrt\alpha+32\alpha+96\alpha^2\bigr)\sum_{j\ne k}a_j+8\alpha(1+\alpha).

    Parameters and errors as in :func:`individual_constant`, with ``alpha`` in [0, 0.05]. For weights that add
    up to one the limit for :math:`\alpha\to0` is at most 8, and is attained. Source: ge2021.lemma3.average
    (beyond the text).

    >>> average_constant([0.5, 0.5], 0, 0.0)
    8.0
    """
    own, others, alpha = _weights(a, k, alpha, AVERAGE_LIMIT)
    across = 8 * np.sqrt(alpha) + 32 * alpha + 96 * alpha**2
    leading = 8 * own * (1 + alpha / 2) + 8 * others.max()
    return float(leading + across * others.sum() + 8 * alpha * (1 + alpha))


def mass_constant(a: ArrayLike, k: int, alpha: float) -> float:
    r"""Constant of Lemma 7, in units of :math:`\alpha^2`.

    .. math:: C=8a_k+4\alpha+\bigl(8\alpha+32\alpha^{3/2}+24\alpha^2\bigr)\sum_{j\ne k}a_j .

    Parameters and errors as in :func:`individual_constant`, with ``alpha`` in [0, 1]. The limit
    :math:`8a_k` is attained. Source: ge2021.lemma7 (beyond the text).

    >>> mass_constant([0.5, 0.3], 0, 0.0)
    4.0
    """
    own, others, alpha = _weights(a, k, alpha, 1.0)
    across = 8 * alpha + 32 * alpha**1.5 + 24 * alpha**2
    return float(8 * own + 4 * alpha + across * others.sum())
