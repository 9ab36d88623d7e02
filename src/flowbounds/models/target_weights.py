"""Families of target weights for Theorem 1 of Ge et al. (2021): sum one, largest first."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from flowbounds.models.tensor_ensembles import geometric_weights
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range, require_weights

FAMILIES = ("equal", "geometric", "steep", "power", "dirichlet")
RATIOS = {"equal": 1.0, "geometric": 1.2, "steep": 2.0}  # a_i / a_{i+1}; 1.2 is that of Figure 1


def floored_weights(shares: ArrayLike, floor: float) -> FloatArray:
    r"""Weights proportional to ``shares`` (r,), none below ``floor``, with sum one.

    :math:`a_i=\max(\mathrm{floor},\,c\,s_i)` with the one c that makes the sum one; ``shares`` non-negative,
    ``floor`` >= 0. Raises HypothesisError when :math:`r\cdot\mathrm{floor}>1`: at ``floor`` = eps/sqrt(d)
    the assumption of Section 2 is then infeasible (ge2021.setting).

    >>> floored_weights([3.0, 1.0], 0.4).tolist()
    [0.6, 0.4]
    """
    shares = require_weights("shares", shares)
    floor = require_range("floor", floor, 0.0, np.inf)
    if shares.max() == 0:
        raise HypothesisError(f"shares must not all be zero, got {shares.size} zeros")
    r = shares.size
    if r * floor > 1:
        raise HypothesisError(f"a is infeasible: {r} weights of at least {floor:.4g} add up to more than one")
    low = np.zeros(r, dtype=bool)
    while True:  # each round floors at least one more weight, so there are at most r
        scale = (1 - floor * low.sum()) / shares[~low].sum() if not low.all() else 0.0
        weights = np.where(low, floor, scale * shares)
        below = weights < floor
        if not below.any():
            return np.asarray(weights)
        low |= below


def target_weights(family: str, r: int, d: int, eps: float, rng: Generator) -> FloatArray:
    r"""``r`` weights of one family, largest first, shape (r,).

    ``equal``; ``geometric`` and ``steep``, :math:`a_i\propto1.2^{-i}` and :math:`2^{-i}`; ``power``,
    :math:`a_i\propto1/i`; ``dirichlet``, a uniform draw from the simplex that is floored at
    :math:`\epsilon/\sqrt d` (:func:`floored_weights`). Only the last one uses ``rng`` and respects the
    floor by construction. Raises HypothesisError for another family or an infeasible floor.
    """
    r, d = require_count("r", r, 1), require_count("d", d, 1)
    eps = require_range("eps", eps, 0.0, np.inf, open_ends=True)
    if family in RATIOS:
        return geometric_weights(r, RATIOS[family])
    if family == "power":
        shares = 1.0 / np.arange(1, r + 1)
        return np.asarray(shares / shares.sum())
    if family == "dirichlet":
        shares = np.sort(rng.dirichlet(np.ones(r)))[::-1]
        return floored_weights(shares, eps / np.sqrt(d))
    raise HypothesisError(f"family must be one of {', '.join(FAMILIES)}, got {family!r}")
