r"""Single components in any dimension: the closed form with repeated coordinates, and the last epoch.

A column whose squared coordinates take few values has the path of :mod:`~flowbounds.dynamics.frozen_path`
with every sum weighted by how often a value occurs. That makes dimension :math:`10^8` as cheap as ten:
a *typical* column has one coordinate planted and the others at the means of the order statistics of a
uniform direction, in groups that get smaller towards the largest. Beyond the text; novelty is not claimed.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, chdtri

from flowbounds.bounds.induction import (
    DeflationConstants,
    Theorem1Parameters,
    epoch_lengths,
    theorem1_parameters,
)
from flowbounds.dynamics.frozen_path import FrozenPath, root
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range

GROUPS_PER_DOUBLING = 4


@dataclass(frozen=True)
class RepeatedPath(FrozenPath):
    """A column whose values ``p0`` (g,) with weights ``a`` (g,) occur ``counts`` (g,) times each."""

    counts: FloatArray

    @classmethod
    def of(cls, p0: FloatArray, a: FloatArray, counts: FloatArray) -> "RepeatedPath":
        """Kernel: ``sum(counts * p0)`` is one."""
        return cls(**vars(FrozenPath.build(p0, a)), counts=counts)

    def time(self, z: float) -> float:
        pulled = self.a > 0
        clock = np.sum(self.counts[pulled] * -self._log_f(z)[pulled] / (8 * self.a[pulled]))
        rest = np.sum(self.counts[~pulled] * self.p0[~pulled])
        return float(clock + rest * -np.expm1(-z) / self.rate)

    def _log_terms(self, z: float) -> FloatArray:
        return np.asarray(super()._log_terms(z) + np.log(self.counts))

    def values(self, z: float) -> FloatArray:
        """The squared coordinates (g,), one of each group."""
        return np.asarray(self.squares(z) / self.counts)

    def follow(self, t: float, lam: float) -> tuple[FloatArray, float]:
        """Kernel: values at time t >= 0, and the logarithm of the norm's growth."""
        z = root(lambda z: self.time(z) - t, self.rate_limit * t)
        return self.values(z), self.log_norm(z) - lam * t

    def passage(self, log_growth: float, lam: float) -> tuple[float, float]:
        """Kernel: when the norm has grown by ``exp(log_growth)`` > 1, and 1 - p_0 there; (inf, 1): never."""
        if 2 * self.limit_weight <= lam:
            return np.inf, 1.0

        def excess(z: float) -> float:
            return self.log_norm(z) - lam * self.time(z) - log_growth

        high = 1.0  # convex in time, so it is passed once
        while excess(high) < 0:
            high *= 2
        z = root(excess, high)
        return self.time(z), float(np.sum(self.squares(z)[1:]))


def order_means(n: int) -> tuple[FloatArray, FloatArray]:
    """Kernel: ``n`` ordered squares of standard normals as (means, counts), the largest first.

    The mean over a range of ranks is exact for the quantiles: E[Y; Y > y] is a tail of chi-squared with
    three degrees of freedom.
    """
    edges = np.round(np.geomspace(1, n, max(2, int(GROUPS_PER_DOUBLING * np.log2(max(n, 2))))))
    edges = np.concatenate([[0.0], np.unique(edges)])
    upper = np.concatenate([[0.0], chdtrc(3, chdtri(1, edges[1:] / n))])
    counts = np.diff(edges)
    return np.diff(upper) * n / counts, counts


@dataclass(frozen=True)
class LastEpoch:
    """The epoch with beta = a_i: ``r`` equal weights, none discovered; see :func:`last_epoch`."""

    d: int
    r: int
    parameters: Theorem1Parameters
    lengths: tuple[float, float, float, float]
    c_rho: float

    @property
    def weight(self) -> float:
        """Every weight, and beta."""
        return 1.0 / self.r

    @property
    def gamma(self) -> float:
        """The threshold of Definition 2."""
        return 1.0 / (8 * self.weight * self.lengths[0])

    @property
    def end(self) -> float:
        """End of phase 1."""
        return sum(self.lengths[:3])

    @property
    def delay(self) -> float:
        """The rest of phase 1 in units of its first part."""
        return sum(self.lengths[1:3]) / self.lengths[0]

    def column(self, share: float) -> RepeatedPath:
        """Kernel: a typical column whose first square is ``share`` thresholds; share * gamma in (0, 1)."""
        first = require_range("share * gamma", share * self.gamma, 0.0, 1.0, open_ends=True)
        parts = [order_means(n) for n in (self.r - 1, self.d - self.r) if n > 0]
        values = np.concatenate([part[0] for part in parts])
        counts = np.concatenate([part[1] for part in parts])
        weights = np.repeat([self.weight, 0.0][: len(parts)], [part[1].size for part in parts])
        scale = (1 - first) / np.sum(values * counts)
        return RepeatedPath.of(
            np.concatenate([[first], scale * values]),
            np.concatenate([[self.weight], weights]),
            np.concatenate([[1.0], counts]),
        )


def last_epoch(d: int, eps: float, log_m: float, *, constants: DeflationConstants | None = None) -> LastEpoch:
    r"""The epoch that finds the smallest weights: :math:`a_i=\beta=1/r`, r as large as Section 2 allows.

    Parameters
    ----------
    d : int >= 3
    eps : float > 0
        :math:`r=\min(d,\lfloor\sqrt d/\epsilon\rfloor)`, at least two.
    log_m : float >= 0
        Logarithm of the number of components, which may be astronomical.
    constants : DeflationConstants, optional
        ``DeflationConstants.fast()`` when None.

    Returns
    -------
    LastEpoch

    Raises
    ------
    HypothesisError
        Arguments out of range; an ``eps`` that leaves fewer than two weights.

    Notes
    -----
    Source: ge2021.lemma5.1 and the two after it, ge2021.lemma6.3.

    >>> epoch = last_epoch(10_000, 0.1, 20.0)
    >>> epoch.r, round(epoch.gamma * epoch.d / float(np.log(epoch.d)), 12)
    (1000, 0.5)
    """
    d = require_count("d", d, 3)
    eps, c = require_range("eps", eps, 0.0, np.inf, open_ends=True), constants or DeflationConstants.fast()
    r = min(d, int(np.sqrt(d) / eps))
    if r < 2:
        raise HypothesisError(f"eps leaves {r} weights of at least eps/sqrt(d), got eps = {eps:g} at d = {d}")
    narrow = require_range("log_m", log_m, 0.0, np.inf) / 2
    one = theorem1_parameters(d, eps, 1, constants=c)
    parameters = replace(one, log_delta1=one.log_delta1 - narrow, log_delta0=one.log_delta0 - narrow)
    lengths = epoch_lengths(d, 1.0 / r, parameters, constants=c)
    return LastEpoch(d, r, parameters, lengths, c.c_rho)
