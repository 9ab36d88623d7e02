r"""One column under a frozen orthogonal residual: its path in closed form, in a parameter z.

With :math:`R=T^*=\sum a_ie_i^{\otimes4}` the squared coordinates :math:`p_i=u_i^2` of a direction obey
:math:`\dot p_i=8p_i(a_ip_i-S)`, :math:`S=\sum a_jp_j^2`. Put :math:`q_j=8a_jp_j(0)`, :math:`i^*` its
argmax, :math:`r_j=q_j/q_{i^*}`. Along :math:`z\ge0`,

.. math:: f_j(z)=1-r_j+r_je^{-z},\quad X=\sum_j\frac{p_j(0)}{f_j},\quad p_j=\frac{p_j(0)}{f_jX},\quad
          \frac{\|w\|}{\|w(0)\|}=X^{1/4}e^{-\lambda t},

.. math:: t(z)=\sum_{a_j>0}\frac{-\log f_j}{8a_j}+\sum_{a_j=0}p_j(0)\,\frac{1-e^{-z}}{q_{i^*}}.

Why: :math:`y_i'=4a_iy_i^3` has the same directions up to a change of time :math:`dt=\|y\|^2d\sigma`, and
its coordinates decouple, :math:`y_j^{-2}=p_j(0)^{-1}-8a_j\sigma`; :math:`z=-\log(1-q_{i^*}\sigma)`. The
logarithms are kept, so no growth overflows. Beyond the text (ge2021.tpd_exact); novelty is not claimed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import logsumexp

from flowbounds.validation import FloatArray, HypothesisError, require_weights

SIMPLEX_TOLERANCE = 1e-9  # squared coordinates come from a direction normalised in double precision
FAR = 1e6  # a z at which every direction has been aligned to the last digit long since


def log_f(ratio: FloatArray, gap: FloatArray, z: float) -> FloatArray:
    """Kernel: log f_j = log(1 - r_j + r_j e^-z) from r_j <= 1 and 1 - r_j, without cancellation."""
    falling = np.log1p(ratio * np.expm1(-z), out=np.zeros_like(ratio), where=ratio < 0.5)
    with np.errstate(divide="ignore"):
        rising = np.logaddexp(np.log(gap), np.log(np.maximum(ratio, 0.0)) - z)
    return np.where(ratio < 0.5, falling, rising)


@dataclass(frozen=True)
class FrozenPath:
    """One column's closed form: the ratios r_j and what follows from them, as functions of z."""

    p0: FloatArray
    a: FloatArray
    winner: int
    rate: float  # q of the winner
    ratio: FloatArray  # r_j, one at the winner
    gap: FloatArray  # 1 - r_j without cancellation

    @classmethod
    def start(cls, p0: ArrayLike, a: ArrayLike) -> "FrozenPath":
        p = require_weights("p0", p0, "d")
        if abs(p.sum() - 1) > SIMPLEX_TOLERANCE:
            raise HypothesisError(f"p0 must sum to one (squared coordinates), got {p.sum():.10g}")
        return cls.build(p, padded(a, p.size))

    @classmethod
    def build(cls, p0: FloatArray, a: FloatArray) -> "FrozenPath":
        q = 8 * a * p0
        winner = int(np.argmax(q))
        rate = float(q[winner])
        scale = rate if rate > 0 else 1.0
        return cls(p0, a, winner, rate, q / scale, (rate - q) / scale)

    @property
    def limit_weight(self) -> float:
        return float(self.a[self.winner])

    @property
    def rate_limit(self) -> float:
        """Largest z per unit of time, since t(z) >= z / (8 a_winner)."""
        return 8 * self.limit_weight

    def _log_f(self, z: float) -> FloatArray:
        return log_f(self.ratio, self.gap, z)

    def time(self, z: float) -> float:
        pulled = self.a > 0
        clock = np.sum(-self._log_f(z)[pulled] / (8 * self.a[pulled]))
        return float(clock + np.sum(self.p0[~pulled]) * -np.expm1(-z) / self.rate)

    def _log_terms(self, z: float) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.log(self.p0) - self._log_f(z)

    def squares(self, z: float) -> FloatArray:
        terms = self._log_terms(z)
        return np.asarray(np.exp(terms - logsumexp(terms)))

    def log_norm(self, z: float) -> float:
        return float(logsumexp(self._log_terms(z))) / 4

    def delay(self) -> float:
        """Alignment delay D, infinite at an exact tie."""
        others = np.arange(self.a.size) != self.winner
        pulled = others & (self.a > 0)
        with np.errstate(divide="ignore"):
            late = np.sum(-np.log1p(-self.ratio[pulled]) / (8 * self.a[pulled]))
        return float(late + np.sum(self.p0[others & (self.a == 0)]) / self.rate)

    def lowest(self, lam: float) -> float | None:
        """The z at which the norm is smallest (slope 2S = lam); None if it falls for ever."""

        def slope(z: float) -> float:
            p = self.squares(z)
            return 2 * float(np.sum(self.a * p * p)) - lam

        if slope(0.0) >= 0:
            return 0.0
        high = 1.0
        while slope(high) < 0:
            high *= 2
            if high > FAR:
                return None
        return float(brentq(slope, 0.0, high))


def padded(a: ArrayLike, d: int) -> FloatArray:
    """Weights for all ``d`` coordinates, zero where the target has none."""
    weights = require_weights("a", a)
    if weights.size > d:
        raise HypothesisError(f"a has {weights.size} weights for {d} coordinates")
    return np.concatenate([weights, np.zeros(d - weights.size)])


def root(increasing: Callable[[float], float], high: float) -> float:
    """Root of an increasing function on [0, high], to the last digits."""
    if increasing(0.0) >= 0:
        return 0.0
    if increasing(high) <= 0:  # the bracket is exact up to rounding
        return high
    return float(brentq(increasing, 0.0, high, xtol=1e-300, rtol=8.9e-16, maxiter=500))
