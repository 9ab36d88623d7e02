"""Checks of Figure 1 of Du et al.: descent with and without the balancing term, from three kinds of start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flowbounds.checks.factorization_cases import orthonormal
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import descend
from flowbounds.evidence import Evidence
from flowbounds.models import factorization as model
from flowbounds.validation import FloatArray, HypothesisError

SIGMA = (1.0, 0.875, 0.75, 0.625, 0.5)
SMALL = (1e-3, 1e-9)  # relative errors between which the rate is measured


@dataclass(frozen=True)
class Start:
    """Sizes, standard deviation of the entries, and a factor on U; the text gives none of them."""

    n: int = 100
    m: int = 100
    sd: float = 0.01
    stretch: float = 1.0


NEARLY_BALANCED = Start()
OTHER_STARTS = {"200 x 50": Start(200, 50, 0.1), "U0 thirty times larger": Start(stretch=30.0)}


@dataclass(frozen=True)
class Run:
    """Along a descent, at every step: relative error, and the squared norms of U and V."""

    error: FloatArray
    U2: FloatArray
    V2: FloatArray
    drift: FloatArray  # |D_t - D_0|_F / |D_0|_F

    @property
    def ratio(self) -> FloatArray:
        """What Figure 1b shows."""
        return self.U2 / self.V2

    def iterations(self, level: float) -> float:
        """First step with a relative error below ``level``; infinite if there is none."""
        below = np.flatnonzero(self.error < level)
        return float(below[0]) if below.size else np.inf

    @property
    def rate(self) -> float:
        """Decrease of the log error a step, between the two levels; else in the last half."""
        first, last = (self.iterations(level) for level in SMALL)
        if not np.isfinite(last):
            last, first = len(self.error) - 1.0, len(self.error) / 2
        i, j = int(first), int(last)
        return float(np.log(self.error[i] / self.error[j]) / (j - i))


def descent(
    start: Start,
    weight: float,
    *,
    steps: int = 1000,
    eta: float = 0.1,
    seed: int,
    sigma: Sequence[float] = SIGMA,
) -> Run:
    """One run of Figure 1: same target and start for the same seed, whatever the weight of the term."""
    rng = np.random.default_rng(seed)
    k, values = len(sigma), np.array(sigma)
    M = (orthonormal(start.n, k, rng) * values) @ orthonormal(start.m, k, rng).T
    U = start.stretch * start.sd * rng.normal(size=(start.n, k))
    V = start.sd * rng.normal(size=(start.m, k))
    D0, size = model.imbalance(U, V), float(np.linalg.norm(M))

    def record(parameters: list[FloatArray], slopes: Sequence[FloatArray]) -> list[float]:
        U, V = parameters
        A, B = U.T @ U, V.T @ V
        drift = np.linalg.norm(A - B - D0) / np.linalg.norm(D0)
        error = np.linalg.norm(U @ V.T - M) / size  # of the product alone, whatever is descended
        return [float(x) for x in (error, np.trace(A), np.trace(B), drift)]

    run = descend([U, V], model.value_and_gradient(M, weight), steps, step=eta, record=record)
    if run.diverged:
        raise HypothesisError(f"eta must be small enough for the descent to stay finite, got {eta:g}")
    return Run(*run.observed.T)


def fig1a_slack(plain: Run, penalised: Run) -> float:
    """The smaller of two: closeness to a global minimum, and the rate over that with the balancing term.

    The first is one less the last error over that of the best critical point that is not global.
    """
    missed = SIGMA[-1] / float(np.linalg.norm(SIGMA))
    return min(1 - float(plain.error[-1]) / missed, plain.rate / penalised.rate)


@settles("du2018.fig1a", kind="figure")
def fig1a(*, seeds: Sequence[int] = range(5), steps: int = 1000, eta: float = 0.1) -> Evidence:
    """Descent without the term reaches a global minimum, and at a competitive rate.

    Margin: the smaller of one less its last error over that of the best other critical point, and of its
    rate over the rate with the term; worst over seeds. Error: half the step, twice the steps. The wide and
    the stretched starts are in the constants: there the rate is not competitive.
    """
    pairs = [[descent(NEARLY_BALANCED, w, steps=steps, eta=eta, seed=s) for w in (0.0, 1.0)] for s in seeds]
    slack = [fig1a_slack(*pair) for pair in pairs]
    finer = [descent(NEARLY_BALANCED, w, steps=2 * steps, eta=eta / 2, seed=seeds[0]) for w in (0.0, 1.0)]
    others = {
        name: [descent(start, w, steps=steps, eta=eta, seed=seeds[0]) for w in (0.0, 1.0)]
        for name, start in OTHER_STARTS.items()
    }
    rate = -float(np.log(1 - eta * SIGMA[-1]))
    counts = [[run.iterations(1e-6) for run in pair] for pair in pairs]
    return Evidence(
        statement="du2018.fig1a",
        margin=min(slack),
        error=max(abs(fig1a_slack(*finer) - slack[0]), 1e-12),
        instances=len(slack),
        sizes={"n, m, k": [100, 100, len(SIGMA)], "singular values": list(SIGMA), "steps": steps, "eta": eta},
        seeds=list(seeds),
        where=f"seed {list(seeds)[int(np.argmin(slack))]}",
        constants={
            "iterations to 1e-6, (1), median": float(np.median([c[0] for c in counts])),
            "iterations to 1e-6, (3), median": float(np.median([c[1] for c in counts])),
            "rate over -ln(1 - eta s_r), (1)": (pairs[0][0].rate / rate, 1e-4),
            **{
                f"rate over that of (3), {name}": (pair[0].rate / pair[1].rate, 1e-6)
                for name, pair in others.items()
            },
        },
        note="the text gives no sizes; these are ours",
    )


def spread(run: Run) -> float:
    """Largest over smallest ratio of squared norms along a run."""
    return float(np.max(run.ratio) / np.min(run.ratio))


@settles("du2018.fig1b", kind="figure")
def fig1b(*, seeds: Sequence[int] = range(5), steps: int = 1000, eta: float = 0.1) -> Evidence:
    """Without the term the ratio of squared norms hardly changes, from a nearly balanced start.

    Margin: two less the largest over the smallest ratio along a run, worst over seeds: how much of its own
    size the ratio keeps. Error: half the step, twice the steps. Controls: starts that are not balanced.
    The drift of U^T U - V^T V from its start is in the constants: that is what is nearly constant.
    """
    runs = [descent(NEARLY_BALANCED, 0.0, steps=steps, eta=eta, seed=s) for s in seeds]
    slack = [2 - spread(run) for run in runs]
    finer = descent(NEARLY_BALANCED, 0.0, steps=2 * steps, eta=eta / 2, seed=seeds[0])
    term = descent(NEARLY_BALANCED, 1.0, steps=steps, eta=eta, seed=seeds[0])
    others = {
        name: descent(start, 0.0, steps=steps, eta=eta, seed=seeds[0]) for name, start in OTHER_STARTS.items()
    }
    controls = [(name, 2 - spread(run)) for name, run in others.items()]
    return Evidence(
        statement="du2018.fig1b",
        margin=min(slack),
        error=max(abs(2 - spread(finer) - slack[0]), 1e-12),
        instances=len(slack),
        sizes={"n, m, k": [100, 100, len(SIGMA)], "singular values": list(SIGMA), "steps": steps, "eta": eta},
        seeds=list(seeds),
        where=f"seed {list(seeds)[int(np.argmin(slack))]}",
        control=controls[0],
        controls=controls[1:],
        constants={
            "first ratio, first seed": (runs[0].ratio[0], 1e-9),
            "last ratio, first seed, (1)": (runs[0].ratio[-1], 1e-9),
            "last ratio, first seed, (3), less one": (abs(term.ratio[-1] - 1), 1e-6),
            "largest |D_t - D_0| / |D_0|, nearly balanced": max(float(np.max(r.drift)) for r in runs),
            **{f"the same, {name}": float(np.max(run.drift)) for name, run in others.items()},
        },
        note="squared norms; the text gives no sizes, these are ours",
    )
