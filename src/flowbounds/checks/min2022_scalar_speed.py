"""Checks of Min et al. on what depth and imbalance do to time and to steps, f(w) = (w - y)^2 / 2."""

from collections.abc import Sequence

import numpy as np
from scipy.integrate import quad

from flowbounds.bounds.scalar_rates import scalar_rate_exact, scalar_squares
from flowbounds.checks.registry import settles
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.dynamics.solve import solve
from flowbounds.evidence import Evidence
from flowbounds.models.layer_chain import Weights, prefixes
from flowbounds.models.linear_network import pull_back
from flowbounds.models.objectives import factorization
from flowbounds.validation import FloatArray

NUDGE = 1e-6  # share of y by which a run starts away from the minimum whose stability it tests
STEPS = 50  # of that run
HALVINGS = 30


def last_behind(depth: int, lam: float) -> FloatArray:
    """Imbalances (0, ..., 0, lam): the last square lam below all others."""
    return np.asarray(lam * np.eye(depth - 1)[-1])


def layers_of(d: FloatArray, w: float) -> Weights:
    """The positive network with imbalances d and product w, as 1 x 1 layers."""
    return [np.array([[root]]) for root in np.sqrt(scalar_squares(d, w))]


def flow_time(d: FloatArray, y: float, w0: float, w1: float) -> float:
    """Time of the flow from w0 to w1, below y: the integral of dw / ((y - w) alpha*(d, w))."""

    def slowness(q: float) -> float:  # in q = log w: plateaus are near w = 0
        w = float(np.exp(q))
        return w / ((y - w) * scalar_rate_exact(d, w))

    return float(quad(slowness, np.log(w0), np.log(w1), epsabs=0, epsrel=1e-11, limit=400)[0])


def hessian(weights: FloatArray, y: float) -> FloatArray:
    """Hessian of (w_1 ... w_L - y)^2 / 2, (L, L), no weight zero."""
    w = float(np.prod(weights))
    slope = w / weights
    twice = w / np.outer(weights, weights)
    np.fill_diagonal(twice, 0.0)
    return np.asarray(np.outer(slope, slope) + (w - y) * twice)


def descend(weights: FloatArray, y: float, step: float, steps: int) -> FloatArray:
    """Residuals |w - y| (steps + 1,) of gradient descent; infinite from where it has left all bounds."""
    x, residuals = weights.copy(), np.full(steps + 1, np.inf)
    for k in range(steps + 1):
        w = float(np.prod(x))
        if not abs(w) < 1e6 * abs(y):
            break
        residuals[k] = abs(w - y)
        x = x - step * (w - y) * np.array([np.prod(np.delete(x, one)) for one in range(x.size)])
    return residuals


def stable_step(d: FloatArray, y: float, *, nudge: float = NUDGE) -> float:
    """Largest step with which descent returns to the minimum of these imbalances, found by running it."""
    minimum = np.sqrt(scalar_squares(d, y))
    start = minimum * (1 + nudge / minimum.size)
    low, high = 0.0, 8 * float(np.max(minimum**2)) / y**2  # four times the bound from one term of T
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        run = descend(start, y, middle, STEPS)
        # The end alone will not do: with a larger step descent leaves, and may find a flatter minimum.
        low, high = (middle, high) if run.max() <= run[0] else (low, middle)
    return (low + high) / 2


@settles("min2022.scalarL.exploding", kind="empirical")
def exploding(
    *,
    depths: Sequence[int] = (2, 3, 4, 5),
    lams: Sequence[float] = (0.0, 1.0, 2.0, 4.0),
    y: float = 1.0,
    w0: float = 0.1,
    reached: float = 1e-3,
) -> Evidence:
    """Imbalance speeds the flow, and takes the same from the step that descent may make.

    d = (0, ..., 0, lam), from product w0 until the gap has fallen by ``reached``. Margin: from one lam to the
    next, the smallest relative gain in speed and the smallest relative loss of the largest stable step, run
    by run. Error: the time against the flow itself; the step against 2 / alpha*(d, y), from the Hessian's
    largest eigenvalue at the minimum. Constants: e-folds of the gap that one largest step is worth.
    """
    margin, error, where, worth = np.inf, 0.0, "", {}
    w1 = y - (y - w0) * np.sqrt(reached)
    for depth in depths:
        speeds, steps = [], []
        for lam in lams:
            d = last_behind(depth, lam)
            time, step = flow_time(d, y, w0, w1), stable_step(d, y)
            run = linear_flow(layers_of(d, w0), factorization([[y]]), time, tol=1e-12, t_eval=[0.0, time])
            fallen = float(np.log(run.gap[-1] / run.gap[0]))
            top = float(np.linalg.eigvalsh(hessian(np.sqrt(scalar_squares(d, y)), y))[-1])
            error = max(error, abs(fallen / np.log(reached) - 1), abs(step * top / 2 - 1))
            speeds.append(-float(np.log(reached)) / time)
            steps.append(step)
        gains = np.diff(speeds) / speeds[:-1]
        losses = -np.diff(steps) / steps[:-1]
        if min(*gains, *losses) < margin:
            margin, where = float(min(*gains, *losses)), f"L = {depth}"
        for k in (0, -1):
            worth[f"e-folds a largest step, L = {depth}, lam = {lams[k]:g}"] = speeds[k] * steps[k]
    return Evidence(
        statement="min2022.scalarL.exploding",
        margin=margin,
        error=error,
        instances=len(depths) * len(lams),
        sizes={"L": list(depths), "lam": list(lams), "y": y, "w0": w0},
        where=where,
        constants=worth,
        note="at the minimum the rate times the largest stable step is 4, whatever the imbalance",
    )


def balanced_escape(depth: int, scale: float, *, tol: float = 1e-12) -> float:
    """Time at which L weights that start at ``scale`` have the product 1/2, by their flow; y = 1."""

    def rhs(t: float, x: FloatArray) -> FloatArray:
        layers = [np.array([[one]]) for one in x]
        return -np.concatenate([g.ravel() for g in pull_back(layers, prefixes(layers)[-1] - 1.0)])

    def passed(x: FloatArray) -> FloatArray:
        return np.array([np.prod(x) - 0.5])

    horizon = 8 * scale ** (2 - depth) + 8 * np.log(1 / scale)
    start = np.full(depth, scale)
    run = solve(rhs, start, horizon, tol=tol * start, watch=passed, finished=lambda x: bool(passed(x)[0] > 0))
    return run.crossings[0].time


@settles("min2022.intro.small_init", kind="asymptotic")
def small_init(
    *, depths: Sequence[int] = (3, 4, 5), scales: Sequence[float] = (1e-1, 1e-2, 1e-3), tol: float = 1e-12
) -> Evidence:
    """Escape from L equal weights alpha takes a time of order alpha^-(L-2), and log(1/alpha) at L = 2.

    Margin: room of the slope of log time in log alpha, between neighbouring scales, to the half-way to
    another exponent; at L = 2 of the slope of time in log(1/alpha), which is one. Error: times against the
    integral of dx / (x^(L-1) (1 - x^L)). Printed: the same formula at L = 2, a constant.
    """
    margin, error, where, slopes = np.inf, 0.0, "", {}
    for depth in (2, *depths):
        times = np.array([balanced_escape(depth, scale, tol=tol) for scale in scales])
        exact = np.array([flow_time(np.zeros(depth - 1), 1.0, scale**depth, 0.5) for scale in scales])
        error = max(error, float(np.max(np.abs(times / exact - 1))))
        logs = np.log(scales)
        local = np.diff(times) / np.diff(logs) if depth == 2 else np.diff(np.log(times)) / np.diff(logs)
        room = 1 - 2 * np.abs(local + (1 if depth == 2 else depth - 2))
        if room.min() < margin:
            margin, where = float(room.min()), f"L = {depth}"
        unit = "time in log alpha" if depth == 2 else "log time in log alpha"
        slopes[f"slope of {unit}, L = {depth}"] = float(local[-1])
        if depth == 2:
            growth = float(times[0] / times[-1] - 1)
    return Evidence(
        statement="min2022.intro.small_init",
        margin=margin,
        error=error,
        instances=(1 + len(depths)) * len(scales),
        sizes={"L": [2, *depths], "alpha": list(scales)},
        where=where,
        printed=("slides, O(1/alpha^(L-2)) read at L = 2, a constant", growth),
        constants=slopes,
        note="y = 1, until the product is 1/2; a fixed step turns times into iterations",
    )
