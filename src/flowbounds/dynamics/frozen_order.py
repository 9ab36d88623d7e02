r"""One column under a frozen orthogonal residual at any order l >= 3: where it heads, and how late.

With :math:`R=T^*=\sum a_ie_i^{\otimes l}` the direction obeys :math:`\dot u=l(F-\langle F,u\rangle u)`,
:math:`F_i=a_iu_i^{l-1}`. Put :math:`c_j=l(l-2)\,a_ju_j(0)^{l-2}`, **signed** where l is odd, let :math:`i^*`
maximise it, :math:`r_j=c_j/c_{i^*}\le1`. If :math:`c_{i^*}>0`, then along :math:`z\ge0`, with
:math:`f_j=1-r_j+r_je^{-z}` and :math:`Y^2=\sum_ju_j(0)^2f_j^{-2/(l-2)}`,

.. math:: u_j=\frac{u_j(0)f_j^{-1/(l-2)}}{Y},\qquad \frac{\|w\|}{\|w(0)\|}=Y^{2/l},\qquad
          \frac{dt}{dz}=\frac{Y^{l-2}e^{-z}}{c_{i^*}}.

Why: :math:`y_i'=l\,a_iy_i^{l-1}` has the same directions up to the change of time
:math:`dt=\|y\|^{l-2}d\sigma`, its coordinates decouple into
:math:`y_j^{-(l-2)}=u_j(0)^{-(l-2)}-l(l-2)a_j\sigma`, and :math:`d\log\|y\|/dt=l\,R(u^{\otimes l})` is l/2
times the rate of the norm; :math:`e^{-z}=1-c_{i^*}\sigma`. As :math:`z\to\infty`,
:math:`z=l(l-2)a_{i^*}(t-D)` with the delay

.. math:: D=\frac1{l(l-2)a_{i^*}}\int_0^\infty\Bigl[\Bigl(1+\sum_{j\ne i^*}\frac{u_j(0)^2}{u_{i^*}(0)^2}
          \bigl(e^{-z}/f_j\bigr)^{2/(l-2)}\Bigr)^{(l-2)/2}-1\Bigr]dz.

At l = 4 the integral is elementary (:mod:`flowbounds.dynamics.frozen_path`); else it is a quadrature.
Beyond the text (ge2021.order); novelty is not claimed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import quad

from flowbounds.dynamics.frozen_path import log_f
from flowbounds.validation import FloatArray

QUADRATURE = 1e-12  # relative accuracy asked of each piece of the integral; below it is rounding


@dataclass(frozen=True)
class OrderPath:
    """One column's path at order l, as functions of z; ``winner`` is None if it heads nowhere."""

    u0: FloatArray
    order: int
    winner: int | None
    rate: float  # c of the winner
    limit_weight: float  # a of the winner
    ratio: FloatArray  # r_j, one at the winner, negative for what shrinks
    gap: FloatArray  # 1 - r_j without cancellation

    @classmethod
    def build(cls, u0: FloatArray, a: FloatArray, order: int) -> "OrderPath":
        """``u0`` (d,) a unit vector, ``a`` (d,) weights, zero where the target has none."""
        pull = order * (order - 2) * a * (u0 ** (order - 2) if order % 2 else np.abs(u0) ** (order - 2))
        winner = int(np.argmax(pull))
        rate = float(pull[winner])
        if rate <= 0:  # odd order and no positive coordinate: the norm only shrinks
            return cls(u0, order, None, 0.0, 0.0, np.zeros_like(pull), np.ones_like(pull))
        return cls(u0, order, winner, rate, float(a[winner]), pull / rate, (rate - pull) / rate)

    def _log_squares(self, z: float) -> FloatArray:
        with np.errstate(divide="ignore"):
            return 2 * np.log(np.abs(self.u0)) - 2 / (self.order - 2) * log_f(self.ratio, self.gap, z)

    def direction(self, z: float) -> FloatArray:
        """Unit vector at the parameter z, signs kept."""
        terms = self._log_squares(z)
        squares = np.exp(terms - terms.max())
        return np.asarray(np.sign(self.u0) * np.sqrt(squares / squares.sum()))

    def log_norm(self, z: float) -> float:
        r"""Logarithm of :math:`\|w\|/\|w(0)\|` at the parameter z."""
        terms = self._log_squares(z)
        return float(terms.max() + np.log(np.sum(np.exp(terms - terms.max())))) / self.order

    def _excess(self, z: float) -> float:
        """The delay's integrand: the clock's speed over that of an aligned column, less one."""
        terms = self._log_squares(z)
        others = np.arange(terms.size) != self.winner
        turned_away = np.sum(np.exp(terms[others] - terms[self.winner]))
        return float(np.expm1((self.order - 2) / 2 * np.log1p(turned_away)))

    def _late(self, z: float) -> float:
        # the integrand turns where a competitor is overtaken, f_j leaving 1 - r_j: one piece for each
        turns = -np.log(self.gap[self.gap > 0])
        edges = np.unique(np.concatenate([[0.0], turns[(turns > 0) & (turns < z)], [z]]))
        pieces = [_integral(self._excess, lo, hi) for lo, hi in pairwise(edges)]
        return sum(pieces) / (self.order * (self.order - 2) * self.limit_weight)

    def time(self, z: float) -> float:
        """Time at the parameter z."""
        return z / (self.order * (self.order - 2) * self.limit_weight) + self._late(z)

    def delay(self) -> float:
        """Alignment delay D; infinite at an exact tie."""
        others = np.arange(self.gap.size) != self.winner
        if np.any(self.gap[others] == 0):
            return np.inf
        return self._late(np.inf)


def _integral(integrand: Callable[[float], float], low: float, high: float) -> float:
    value, _ = quad(integrand, low, high, epsabs=QUADRATURE, epsrel=QUADRATURE, limit=400)
    return float(value)
