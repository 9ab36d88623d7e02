"""One way to integrate: DOP853 with its error held in the maximum norm, and located crossings.

scipy's step control averages the squared error over all entries, so a few entries that matter are
diluted by thousands that rest. Here a step is accepted when *every* entry meets the tolerance.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import DOP853
from scipy.optimize import brentq

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_range

RTOL = 3e-14  # just above the 100 eps below which scipy refuses: `tol` alone decides
MAX_EVALUATIONS = 5_000_000  # minutes at the sizes of this project; a run past it is stuck


class IntegrationError(RuntimeError):
    """The integration could not be carried to its end."""


class MaxNormDOP853(DOP853):  # type: ignore[misc,unused-ignore]
    """DOP853 whose error estimate is the largest entry's, not the root mean square."""

    def _estimate_error_norm(self, K: FloatArray, h: float, scale: FloatArray) -> float:
        # Hairer's blend of the estimates of order 5 and 3, e5^2 / hypot(e5, e3 / 10).
        fifth = np.max(np.abs(self.E5 @ K) / scale)
        third = np.max(np.abs(self.E3 @ K) / scale)
        if fifth == 0:
            return 0.0
        return float(abs(h) * fifth * fifth / np.hypot(fifth, 0.1 * third))


@dataclass(frozen=True)
class Crossing:
    """A sign change of one entry of the watched function, located on the dense output."""

    index: int
    time: float
    rising: bool
    state: FloatArray = field(repr=False)


@dataclass(frozen=True)
class Solution:
    """Samples ``t`` (n,), ``y`` (k, n), the crossings in order of time, and what it cost."""

    t: FloatArray
    y: FloatArray
    crossings: tuple[Crossing, ...]
    nfev: int
    steps: int


def solve(
    rhs: Callable[[float, FloatArray], FloatArray],
    y0: FloatArray,
    t_end: float,
    *,
    tol: float | FloatArray,
    t_eval: ArrayLike | None = None,
    watch: Callable[[FloatArray], FloatArray] | None = None,
    finished: Callable[[FloatArray], bool] | None = None,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Solution:
    r"""Integrate :math:`\dot y=f(t,y)` from 0 to ``t_end``.

    Parameters
    ----------
    rhs : callable
        ``rhs(t, y)`` with y (k,); may return infinities in a trial step, which is then halved.
    y0 : (k,)
    t_end : float > 0
    tol : float in [1e-13, 0.1], or (k,)
        Absolute local error allowed to each entry of y; an array, entry by entry, may hold smaller ones,
        for entries that are tiny and computed without cancellation (``RTOL`` is added to it).
    t_eval : (n,), optional
        Increasing sample times in [0, t_end]; the solver's own steps when None.
    watch : callable, optional
        ``watch(y) -> (p,)``; each sign change between two steps is located by root finding on the
        step's interpolant (a change there and back within one step is not seen).
    finished : callable, optional
        ``finished(y) -> bool``, asked after every step: True ends the integration before ``t_end``, and
        samples wanted later are left out.
    max_evaluations : int
        Budget of right-hand sides.

    Raises
    ------
    HypothesisError
        Arguments out of range.
    IntegrationError
        The step underflows, or the budget is spent; the message says at which time.
    """
    t_end = require_range("t_end", t_end, 0.0, np.inf, open_ends=True)
    tol = _tolerances(tol, y0.size)
    wanted = _sample_times(t_eval, t_end)
    crossings: list[Crossing] = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        stepper: Any = MaxNormDOP853  # the stubs ask for a complex right-hand side
        solver = stepper(rhs, 0.0, y0, t_end, rtol=RTOL, atol=tol)
        times, states = ([0.0], [y0]) if wanted is None else ([], [])
        taken = 0
        if wanted is not None and wanted.size and wanted[0] == 0.0:
            times, states, taken = [0.0], [y0], 1
        seen = None if watch is None else watch(y0)
        steps = 0
        while solver.status == "running":
            message = solver.step()
            if solver.status == "failed":
                raise IntegrationError(f"integration stopped at t = {solver.t:.6g}: {message}")
            if solver.nfev > max_evaluations:
                raise IntegrationError(
                    f"{max_evaluations} evaluations were spent at t = {solver.t:.6g} of {t_end:.6g}; "
                    "shorten t_end, loosen tol, or raise max_evaluations"
                )
            steps += 1
            dense = None
            if watch is not None and seen is not None:
                now = watch(solver.y)
                changed = np.flatnonzero((seen < 0) != (now < 0))
                if changed.size:
                    dense = solver.dense_output()
                    crossings += _locate(dense, watch, changed, seen, solver.t_old, solver.t)
                seen = now
            if wanted is None:
                times.append(solver.t)
                states.append(solver.y)
            else:
                due = int(np.searchsorted(wanted, solver.t, side="right"))
                if due > taken:
                    dense = dense or solver.dense_output()
                    times.extend(wanted[taken:due])
                    states.extend(dense(wanted[taken:due]).T)
                    taken = due
            if finished is not None and finished(solver.y):
                break
    crossings.sort(key=lambda crossing: crossing.time)
    return Solution(np.array(times), np.array(states).T, tuple(crossings), solver.nfev, steps)


def _tolerances(tol: float | FloatArray, size: int) -> float | FloatArray:
    if not isinstance(tol, np.ndarray):
        return require_range("tol", tol, 1e-13, 0.1)
    entries = require_array("tol", tol, (size,))
    require_range("tol", entries.min(), 0.0, 0.1, open_ends=True)
    require_range("tol", entries.max(), 0.0, 0.1)
    return entries


def _sample_times(t_eval: ArrayLike | None, t_end: float) -> FloatArray | None:
    if t_eval is None:
        return None
    times = require_array("t_eval", t_eval, ("n",))
    if (np.diff(times) < 0).any() or times[0] < 0 or times[-1] > t_end:
        raise HypothesisError(
            f"t_eval must increase within [0, t_end = {t_end:g}], got {times[0]:g} ... {times[-1]:g}"
        )
    return times


def _locate(
    dense: Callable[[float], FloatArray],
    watch: Callable[[FloatArray], FloatArray],
    changed: np.ndarray,
    before: FloatArray,
    start: float,
    end: float,
) -> list[Crossing]:
    """Root of each changed entry of ``watch`` on the interpolant of the step [start, end]."""
    found = []
    for index in map(int, changed):

        def entry(t: float, k: int = index) -> float:
            return float(watch(dense(t))[k])

        time = brentq(entry, start, end, xtol=4e-15 * end, rtol=1e-15)
        found.append(Crossing(index, float(time), bool(before[index] < 0), dense(time)))
    return found
