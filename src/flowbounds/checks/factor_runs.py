"""Targets, starts and followed runs behind the checks of Theorem 3.1 of Du et al. and of its lemma."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.factor_schedule import literal_step, power_step
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.models.factorization import imbalance, value_and_gradient
from flowbounds.models.objectives import factorization
from flowbounds.validation import FloatArray

SHAPE = (12, 9)
SPECTRUM = (2.0, 1.4, 1.0)  # of M, up to its Frobenius norm of one
FLOW_ENDS = 60.0  # time: several times what the flow needs from the starts used here
STOP = 1e-3  # of eps: the flow is followed to there

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class Target:
    """M of Frobenius norm one, (n, m), with its largest singular value and its rank."""

    M: FloatArray
    top: float
    r: int


def target(rng: Generator, *, shape: tuple[int, int] = SHAPE, spectrum: Sequence[float] = SPECTRUM) -> Target:
    """A target with random singular vectors."""
    s = np.array(spectrum) / np.linalg.norm(spectrum)
    P, Q = (np.linalg.qr(rng.normal(size=(d, s.size)))[0] for d in shape)
    return Target((P * s) @ Q.T, float(s[0]), s.size)


def start(goal: Target, eps: float, rng: Generator, *, power: int = 2) -> list[FloatArray]:
    """U and V with entries of variance eps / d^power, d the larger dimension."""
    std = float(np.sqrt(eps / max(goal.M.shape) ** power))
    return [std * rng.normal(size=(d, goal.r)) for d in goal.M.shape]


def literal(goal: Target, eps: float) -> Schedule:
    """The steps of Theorem 3.1."""
    return lambda t: literal_step(t, eps=eps, r=goal.r, norm=1.0)


def power(first: float, exponent: float) -> Schedule:
    """Steps first / (t+1)^exponent; exponent 0 is a constant step."""
    return lambda t: power_step(t, first=first, exponent=exponent)


def footnote(goal: Target, c: float, delta: float) -> Schedule:
    """Steps c / (sigma_1 (t+1)^(1/2 + delta))."""
    return power(c / goal.top, 0.5 + delta)


@dataclass(frozen=True)
class Followed:
    """A run of descent, at every step until it ends.

    Attributes
    ----------
    error : (n,)
        ``|U V^T - M|_F``.
    drift, imbalance : (n,)
        ``|D_t - D_0|_F`` and ``|D_t|_F``.
    squares : (n,)
        The larger of ``|U|_F^2`` and ``|V|_F^2``.
    slopes : (n,)
        ``|grad f|^2``.
    steps : (n,)
        eta_t.
    end : list of two arrays
    diverged : bool
    """

    error: FloatArray
    drift: FloatArray
    imbalance: FloatArray
    squares: FloatArray
    slopes: FloatArray
    steps: FloatArray
    end: list[FloatArray]
    diverged: bool

    def first_below(self, eps: float) -> float:
        """First iteration with an error of at most eps; infinite without one."""
        below = np.flatnonzero(self.error <= eps)
        return float(below[0]) if below.size else np.inf


def follow(goal: Target, begin: Sequence[FloatArray], step: Schedule, steps: int) -> Followed:
    """Descend with a schedule and watch what Lemma 3.1 speaks of."""
    D0 = imbalance(*begin)

    def record(w: list[FloatArray], slopes: Sequence[FloatArray]) -> list[float]:
        U, V = w
        D = U.T @ U - V.T @ V
        squares = max(float(np.sum(U * U)), float(np.sum(V * V)))
        slope = sum(float(np.sum(g * g)) for g in slopes)
        return [float(np.linalg.norm(D - D0)), float(np.linalg.norm(D)), squares, slope]

    run = descend(begin, value_and_gradient(goal.M), steps, step=step, record=record)
    drift, D, squares, slope = run.observed.T
    taken = np.array([step(t) for t in range(len(run.losses))])
    error = np.sqrt(2 * run.losses)
    return Followed(error, drift, D, squares, slope, taken, run.parameters, run.diverged)


@dataclass(frozen=True)
class FlowRun:
    """Gradient flow on the same problem: times and errors, and the time it reaches eps."""

    t: FloatArray
    error: FloatArray
    time: float


def flow(
    goal: Target, begin: Sequence[FloatArray], eps: float, *, samples: int = 1201, tol: float = 1e-10
) -> FlowRun:
    """Flow from U, V until well below eps; the time of eps by interpolation of the logarithm."""
    U, V = begin
    run = linear_flow(
        [U, V.T],
        factorization(goal.M),
        FLOW_ENDS,
        tol=tol,
        t_eval=np.linspace(0.0, FLOW_ENDS, samples),
        stop=(STOP * eps) ** 2,
    )
    error = np.sqrt(2 * run.gap)
    below = np.flatnonzero(error <= eps)
    if not below.size:
        return FlowRun(run.t, error, np.inf)
    k = int(below[0])
    pair = slice(k - 1, k + 1)
    return FlowRun(run.t, error, float(np.interp(-np.log(eps), -np.log(error[pair]), run.t[pair])))


def flow_state(goal: Target, begin: Sequence[FloatArray], time: float) -> list[FloatArray]:
    """U and V of the flow at one time."""
    U, V = begin
    run = linear_flow([U, V.T], factorization(goal.M), time, tol=1e-12, t_eval=[0.0, time], stop=0.0)
    left, right = run.state(-1)
    return [left, right.T]
