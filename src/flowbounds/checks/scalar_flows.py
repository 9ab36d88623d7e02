"""Flows of two numbers u, v under f(uv), by other roads than the integrator, and objectives of one number."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from flowbounds.dynamics.solve import solve
from flowbounds.validation import FloatArray, require_range

ONE = (1, 1)


@dataclass(frozen=True)
class Bowl:
    """f'' = mu + (K - mu)/cosh^2(w - star): strongly convex and smooth with these constants, no quadratic.

    With ``K = mu`` it is mu/2 (w - star)^2. By strong convexity gamma = 2 mu.
    """

    star: float
    mu: float
    K: float

    @property
    def gamma(self) -> float:
        """Twice mu."""
        return 2 * self.mu

    @property
    def shape(self) -> tuple[int, int]:
        """One number."""
        return ONE

    def gap(self, W: FloatArray) -> float:
        """f(w) - f*."""
        x = abs(float(W.item()) - self.star)
        log_cosh = x + np.log1p(np.expm1(-2 * x) / 2) if x > 1 else np.log1p(np.sinh(x) ** 2) / 2
        return float(self.mu / 2 * x * x + (self.K - self.mu) * log_cosh)

    def gradient(self, W: FloatArray) -> FloatArray:
        """f'(w), (1, 1)."""
        x = W - self.star
        return np.asarray(self.mu * x + (self.K - self.mu) * np.tanh(x))

    def steepness(self, x: float) -> float:
        """f'(star + x)/x, between mu and K."""
        return self.mu + (self.K - self.mu) * float(np.tanh(x) / x if x else 1.0)


@dataclass(frozen=True)
class Kink:
    """mu/2 (w - star)^2 on the side of zero and K/2 (w - star)^2 on the other one (star > 0).

    The worst f with these constants for the margin: steep where it starts, flat where it may go.
    """

    star: float
    mu: float
    K: float

    def gap(self, W: FloatArray) -> float:
        """f(w) - f*."""
        x = float(W.item()) - self.star
        return (self.mu if x < 0 else self.K) / 2 * x * x


def nearest_to_zero(f: Bowl | Kink, w0: float) -> float:
    """Smallest |w| with f(w) <= f(w0), by root finding; zero where the set reaches it. ``star`` > 0."""
    level = f.gap(np.array([[w0]]))

    def excess(w: float) -> float:
        return f.gap(np.array([[w]])) - level

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, f.star, xtol=1e-15 * f.star, rtol=1e-15))


def passage_time(f: Bowl, d: float, w0: float, X: float) -> float:
    """Time in which |w - star| falls by exp(-X), along the flow with imbalance d: a quadrature.

    w' = -f'(w) sqrt(d^2 + 4 w^2), so that in x, the log of the fall, dt = dx/(steepness sqrt(d^2 + 4 w^2)):
    a smooth integrand with a peak where w passes zero.
    """
    start = w0 - f.star

    def slowness(x: float) -> float:
        away = start * np.exp(-x)
        return float(1 / (f.steepness(away) * np.hypot(d, 2 * (f.star + away))))

    crossing = np.log(-start / f.star) if start / f.star < 0 else -1.0
    ends = [0.0, *([float(crossing)] if 0 < crossing < X else []), X]
    pieces = [quad(slowness, a, b, epsabs=0, epsrel=1e-12, limit=400)[0] for a, b in pairwise(ends)]
    return float(sum(pieces))


def decayed_flow(
    u: float, v: float, slope: Callable[[float], float], lam: float, t: FloatArray, *, tol: float
) -> FloatArray:
    """u and v (2, n) at the times t under the flow of f(uv) + lam/2 (u^2 + v^2); ``slope`` is f'."""
    lam = require_range("lam", lam, 0.0, np.inf)

    def rhs(_: float, y: FloatArray) -> FloatArray:
        return -slope(float(y[0] * y[1])) * y[::-1] - lam * y

    return solve(rhs, np.array([u, v]), float(t[-1]), tol=tol, t_eval=t).y


def exact_descent(
    u: Fraction, v: Fraction, y: Fraction, eta: Fraction, steps: int
) -> list[tuple[Fraction, Fraction]]:
    """After each step of descent on (y - uv)^2 the imbalance, and d (1 - eta^2 f'^2): exact arithmetic."""
    pairs = []
    for _ in range(steps):
        slope, d = -2 * (y - u * v), u * u - v * v
        u, v = u - eta * slope * v, v - eta * slope * u
        pairs.append((u * u - v * v, d * (1 - eta**2 * slope**2)))
    return pairs
