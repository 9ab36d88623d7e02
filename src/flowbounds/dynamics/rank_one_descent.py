r"""Gradient descent on :math:`\tfrac12\|uv^\top-\sigma_1u^*v^{*\top}\|_F^2`, as a recursion of four numbers.

With :math:`a=u\cdot u^*`, :math:`b=v\cdot v^*` and the parts p of u and q of v across them,

.. math:: \begin{aligned}
          a^+&=(1-\eta(b^2+q^2))\,a+\eta\sigma_1b,\\
          b^+&=(1-\eta(a^2+p^2))\,b+\eta\sigma_1a,\\
          p^+&=(1-\eta(b^2+q^2))\,p,\\
          q^+&=(1-\eta(a^2+p^2))\,q:
          \end{aligned}

the parts across keep their directions, so that a dimension is an argument of the start and costs nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range

BLOWN_UP = 1e6  # of sqrt(sigma_1): from there on the cubic terms win at every step of this project


class Parts(NamedTuple):
    """Four numbers of each trial, (trials,): a, b along the signal, p, q across it."""

    a: FloatArray
    b: FloatArray
    p: FloatArray
    q: FloatArray


@dataclass(frozen=True)
class RankOneRun:
    """What :func:`~flowbounds.dynamics.rank_one_descent.rank_one_descent` saw.

    Attributes
    ----------
    iterations : (accuracies, trials)
        First iteration at which the error is at most each accuracy; ``inf`` where it never was.
    angles : (2, trials)
        Smallest and largest angle of ``(|b|, |a|)`` on the way: the ratio ``|a/b|`` is its tangent.
    norm_angles : (2, trials)
        The same of ``(|v|, |u|)``.
    diverged : (trials,) of bool
        Grew beyond a million times the square root of s.
    """

    iterations: FloatArray
    angles: FloatArray
    norm_angles: FloatArray
    diverged: NDArray[np.bool_]

    def within(self, K: float) -> NDArray[np.bool_]:
        """Trials with 1/K <= ``|a/b|`` <= K throughout, (trials,) of bool."""
        return np.asarray((self.angles[0] >= np.arctan(1 / K)) & (self.angles[1] <= np.arctan(K)))

    @property
    def norm_factor(self) -> FloatArray:
        """Largest quotient of the larger norm by the smaller one on the way, (trials,)."""
        low, high = self.norm_angles
        return np.asarray(np.maximum(np.tan(high), 1 / np.tan(low)))


def draw_parts(trials: int, d1: int, d2: int, std: float, rng: Generator) -> Parts:
    r"""The four numbers of Gaussian starts: two normal variables and two chi variables.

    Parameters
    ----------
    trials, d1, d2 : int >= 1
        d1, d2 up to 1e15: the cost does not depend on them.
    std : float > 0
        Standard deviation of every entry of u and v.
    rng : numpy.random.Generator

    Returns
    -------
    Parts

    Raises
    ------
    HypothesisError
        An argument out of its range.

    Notes
    -----
    Exact in distribution. Source: du2018.thm3.2 (its start); the reduction is beyond the text.

    >>> start = draw_parts(2000, 10**8, 10**8, 1e-4, np.random.default_rng(0))
    >>> round(float(np.median(start.p)), 3)
    1.0
    """
    trials = require_count("trials", trials, 1)
    d1, d2 = require_count("d1", d1, 1, 1e15), require_count("d2", d2, 1, 1e15)
    std = require_range("std", std, 0.0, np.inf, open_ends=True)
    a, b = std * rng.normal(size=(2, trials))
    p, q = (std * np.sqrt(rng.chisquare(d - 1, trials)) if d > 1 else np.zeros(trials) for d in (d1, d2))
    return Parts(a, b, p, q)


def parts_of(u: ArrayLike, v: ArrayLike, u_star: ArrayLike, v_star: ArrayLike) -> Parts:
    r"""The four numbers of vectors.

    u and u_star are (d1,), v and v_star (d2,), u_star and v_star of length one; returns Parts of arrays (1,).
    Raises HypothesisError for shapes that do not agree, entries that are not finite and directions that are
    not unit vectors. Source: beyond the text.

    >>> [part.tolist() for part in parts_of([3.0, 4.0], [2.0], [1.0, 0.0], [1.0])]
    [[3.0], [2.0], [4.0], [0.0]]
    """
    along, across = [], []
    for name, value, direction in (("u", u, u_star), ("v", v, v_star)):
        x = require_array(name, value, ("d",))
        unit = require_array(f"{name}_star", direction, (x.size,))
        if abs(float(unit @ unit) - 1) > 1e-6:
            raise HypothesisError(f"{name}_star must be a unit vector, has squared norm {unit @ unit:.6g}")
        along.append(np.array([unit @ x]))
        across.append(np.array([np.linalg.norm(x - (unit @ x) * unit)]))
    return Parts(*along, *across)


def _require_parts(start: Parts) -> Parts:
    parts = Parts(
        *(require_array(f"start.{name}", x, ("trials",)) for name, x in zip("abpq", start, strict=True))
    )
    if any(part.size != parts.a.size for part in parts):
        raise HypothesisError(f"start must have parts of one length, got {[part.size for part in parts]}")
    return parts


def step(parts: Parts, eta: float, s: float) -> Parts:
    """Kernel: one step of descent for all trials. p and q carry a sign where a step overshoots."""
    a, b, p, q = parts
    keep_u, keep_v = 1 - eta * (b * b + q * q), 1 - eta * (a * a + p * p)
    return Parts(keep_u * a + eta * s * b, keep_v * b + eta * s * a, keep_u * p, keep_v * q)


def error(parts: Parts, s: float) -> FloatArray:
    """Kernel: the error ``||u v^T - s u* v*^T||_F``, (trials,)."""
    a, b, p, q = parts
    return np.sqrt((a * b - s) ** 2 + (a * q) ** 2 + (p * b) ** 2 + (p * q) ** 2)


def rank_one_descent(
    start: Parts, s: float, eta: float, *, accuracies: ArrayLike = (1e-6,), max_steps: int = 20_000
) -> RankOneRun:
    r"""Descent with a constant step from every start, until each has reached the last accuracy.

    Parameters
    ----------
    start : Parts
        Not modified.
    s, eta : float > 0
        :math:`\sigma_1` and the step.
    accuracies : (k,)
        Errors in units of s, in (0, 1), decreasing. A trial is followed until the last of them, or until it
        diverges; afterwards its ratio moves by no more than about that accuracy.
    max_steps : int >= 1
        End for trials that do neither.

    Returns
    -------
    RankOneRun

    Raises
    ------
    HypothesisError
        An argument out of its range, accuracies that do not decrease, parts of different lengths.

    Notes
    -----
    Equal to descent on the vectors up to rounding (a literal twin is in the tests).
    Source: du2018.thm3.2; the reduction is beyond the text.

    >>> start = draw_parts(3, 100, 100, 0.01, np.random.default_rng(0))
    >>> run = rank_one_descent(start, 1.0, 0.1)
    >>> bool(run.diverged.any()), bool(run.iterations.max() < 400)
    (False, True)
    """
    state = _require_parts(start)
    trials = state.a.size
    s = require_range("s", s, 0.0, np.inf, open_ends=True)
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    levels = require_array("accuracies", accuracies, ("k",))
    if np.any(np.diff(levels) >= 0) or levels[0] >= 1 or levels[-1] <= 0:
        raise HypothesisError(f"accuracies must decrease within (0, 1), got {levels.tolist()}")
    max_steps = require_count("max_steps", max_steps, 1)

    reached = np.full((levels.size, trials), np.inf)
    angles, norms = (np.tile([[np.inf], [-np.inf]], (1, trials)) for _ in range(2))
    diverged = np.zeros(trials, dtype=bool)
    going = np.arange(trials)
    for t in range(max_steps + 1):
        a, b, p, q = state
        seen = (np.arctan2(np.abs(a), np.abs(b)), np.arctan2(np.hypot(a, p), np.hypot(b, q)))
        for record, angle in zip((angles, norms), seen, strict=True):
            record[0, going] = np.minimum(record[0, going], angle)
            record[1, going] = np.maximum(record[1, going], angle)
        off = error(state, s)
        for k, level in enumerate(levels):
            reached[k, going[(off <= level * s) & (reached[k, going] == np.inf)]] = t
        large = np.max(np.abs(np.stack(state)), axis=0) > BLOWN_UP * np.sqrt(s)
        diverged[going[large]] = True
        stay = ~large & (off > levels[-1] * s)
        if not stay.all():
            going, state = going[stay], Parts(*(part[stay] for part in state))
        if going.size == 0:
            break
        state = step(state, eta, s)
    return RankOneRun(reached, angles, norms, diverged)


def rank_one_path(start: Parts, s: float, eta: float, steps: int) -> Parts:
    r"""All iterates of descent with a constant step.

    Arguments as of :func:`~flowbounds.dynamics.rank_one_descent.rank_one_descent`, with ``steps`` >= 1;
    returns Parts of arrays (steps + 1, trials). Raises HypothesisError for an argument out of its range and
    for parts of different lengths. Source: du2018.thm3.2; the reduction is beyond the text.

    >>> one = np.array([0.5])
    >>> path = rank_one_path(Parts(one, one, 0 * one, 0 * one), 1.0, 0.5, 40)
    >>> path.a.shape, round(float(path.a[-1, 0]), 6)
    ((41, 1), 1.0)
    """
    state = _require_parts(start)
    s = require_range("s", s, 0.0, np.inf, open_ends=True)
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    path = [state]
    for _ in range(require_count("steps", steps, 1)):
        path.append(step(path[-1], eta, s))
    return Parts(*(np.stack(part) for part in zip(*path, strict=True)))
