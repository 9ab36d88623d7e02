r"""Flows on which rates are measured: starts, objectives, and what a run of the flow leaves to compare.

A case is a start and an objective, with the two rate bounds that are known before the flow begins. A run
adds samples of the flow, at times that are dense where the gap falls fastest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.rates import margin, two_layer_rate_at_margin
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, layer_gradients, product, tangent_min_eigenvalue
from flowbounds.models.objectives import Objective, Regression, Sensing, factorization, regression, sensing
from flowbounds.validation import FloatArray, HypothesisError

STOP = 1e-6  # of the gap at the start: far above what the tolerances resolve
ROUGH = 1e-9  # tolerance of the run that only finds where to stop
OBJECTIVES = (
    "factorization",
    "regression, full rank",
    "regression, deficient rank",
    "sensing, N >= nm",
    "sensing, N < nm",
)
SHAPES = ((2, 2), (2, 3), (3, 1), (3, 2))  # (n, m); scalars have cases of their own


@dataclass(frozen=True)
class Case:
    """A start, its objective, and what is known of the flow before it begins.

    ``alpha`` bounds lambda_min(T) by imbalance and margin, ``alpha_imbalance`` by the imbalance alone.
    """

    name: str
    weights: Weights = field(repr=False)
    objective: Objective = field(repr=False)
    margin: float
    alpha: float
    alpha_imbalance: float


@dataclass(frozen=True)
class Run:
    """Samples of a flow after its start, (k,) each, and what the inequalities compare.

    ``fall`` is log(gap(0) / gap); ``gradient`` the squared gradient in the layers over the gap, which is
    minus the slope of the log gap; ``smallest`` is lambda_min(T), ``integral`` its integral from 0;
    ``drift`` the largest change of an imbalance, in units of the tolerance.
    """

    t: FloatArray
    fall: FloatArray
    gap: FloatArray
    gap0: float
    gradient: FloatArray
    smallest: FloatArray
    integral: FloatArray
    drift: float


def margin_at_start(objective: Objective, W0: FloatArray) -> float:
    """The margin of a least-squares objective; zero for others, which have no minimiser."""
    if isinstance(objective, Regression | Sensing):
        return margin(objective.minimiser, W0, K=objective.K, mu=objective.mu)
    return 0.0


def bounds_at_start(weights: Weights, objective: Objective) -> tuple[float, float, float]:
    """Margin, alpha(D, margin) and alpha(D, 0): Proposition 2 for two layers, Proposition 1 for scalars."""
    W0, D = product(weights), imbalances(weights)
    room = margin_at_start(objective, W0)
    if len(weights) == 2:
        n, m = W0.shape
        both, alone = (two_layer_rate_at_margin(D[0], n, m, sigma) for sigma in (room, 0.0))
    elif max(max(layer.shape) for layer in weights) == 1:
        both, alone = (scalar_rate([float(d[0, 0]) for d in D], w) for w in (room, 0.0))
    else:
        raise HypothesisError(f"weights must be two layers or scalars, got {len(weights)} matrix layers")
    return room, both, alone


def case(name: str, weights: Weights, objective: Objective) -> Case:
    """A case with the bounds of its start."""
    return Case(name, weights, objective, *bounds_at_start(weights, objective))


def objective_near(kind: str, target: FloatArray, rng: Generator) -> Objective:
    """One of ``OBJECTIVES`` with the minimiser ``target`` (n, m), or one of them where there are many.

    Singular values of the data are in [1, 1.5]. The regressions have f* > 0.
    """
    n, m = target.shape
    if kind not in OBJECTIVES:
        raise HypothesisError(f"kind must be one of {'; '.join(OBJECTIVES)}, got {kind!r}")
    if kind == "factorization":
        return factorization(target)
    if kind.startswith("regression"):
        rank = n if kind.endswith("full rank") else max(1, n - 1)
        X = _spread(n + 2, n, rank, rng)
        noise = rng.normal(size=(n + 2, m))
        noise -= X @ np.linalg.lstsq(X, noise, rcond=1e-8)[0]  # leaves the minimiser where it is
        return regression(X, X @ target + noise)
    count = n * m + 2 if kind.endswith(">= nm") else max(1, n * m - 2)
    A = _spread(count, n * m, min(count, n * m), rng)
    return sensing(A.reshape(count, n, m), A @ target.ravel())


def _spread(rows: int, columns: int, rank: int, rng: Generator) -> FloatArray:
    """A matrix of the given rank with random singular vectors and singular values in [1, 1.5]."""
    left = np.linalg.qr(rng.normal(size=(rows, rank)))[0]
    right = np.linalg.qr(rng.normal(size=(columns, rank)))[0]
    return np.asarray((left * rng.uniform(1.0, 1.5, size=rank)) @ right.T)


def two_layer_cases(
    flows: int, rng: Generator, *, kinds: Sequence[str] = OBJECTIVES, near: bool | None = None
) -> Iterator[Case]:
    """``flows`` Gaussian starts for each kind of objective, shapes and widths in turn.

    Widths are from max(n, m) to n + m + 2.
    A near target is within 0.15 sigma_min of the product at the start, so that a strongly convex f has a
    margin; a far one is Gaussian. Near and far in turn when ``near`` is None.
    """
    for turn, kind in enumerate(kinds):
        for k in range(flows):
            n, m = SHAPES[k % len(SHAPES)]
            h = (n + m, max(n, m), n + m + 2, n + m - 1)[(k + turn) % 4]
            weights, target = _regular_start(n, m, h, rng), rng.normal(size=(n, m))
            if near or (near is None and (k + k // 4) % 2 == 0):
                target = target_near(product(weights), target)
            yield case(f"{kind}, (n, m, h) = ({n}, {m}, {h})", weights, objective_near(kind, target, rng))


def _regular_start(n: int, m: int, h: int, rng: Generator) -> Weights:
    """Gaussian layers, drawn again until sigma_min of their product is above 1/2: a margin wants room."""
    while True:
        weights = [rng.normal(size=(n, h)), rng.normal(size=(h, m))]
        if np.linalg.svd(product(weights), compute_uv=False)[-1] > 0.5:
            return weights


def target_near(W0: FloatArray, push: FloatArray) -> FloatArray:
    """A target at 0.15 sigma_min(W0) from the product at the start, in the direction of ``push``."""
    reach = 0.15 * np.linalg.svd(W0, compute_uv=False)[-1]
    return np.asarray(W0 + reach * push / np.linalg.norm(push))


def scalar_cases(
    flows: int, depths: Sequence[int], rng: Generator, *, near: bool | None = None
) -> Iterator[Case]:
    """Scalar networks of each depth, fitted to a share of their product at the start, 0.6 to 0.9 if near.

    A far goal has the other sign, so that the product must pass zero. A goal above the product would make
    the bound of two layers an equality at the first instant, and the slack a matter of the first sample.
    """
    for depth in depths:
        for k in range(flows):
            weights = [np.array([[w]]) for w in rng.uniform(0.6, 1.4, size=depth)]
            share = rng.uniform(0.6, 0.9) if near or (near is None and k % 2 == 0) else -rng.uniform(0.5, 1.0)
            goal = share * float(product(weights)[0, 0])
            yield case(f"scalar, L = {depth}", weights, factorization([[goal]]))


def run_case(case: Case, *, tol: float, samples: int = 60, t_end: float = 200.0, stop: float = STOP) -> Run:
    """The flow until its gap is ``stop`` of its start, or ``t_end``; a rough run finds that time first.

    The time is interpolated and cut to two digits: where a run ends by itself is a matter of rounding.
    """
    rough = linear_flow(case.weights, case.objective, t_end, tol=ROUGH, stop=stop)
    fall = np.log(rough.gap[0] / rough.gap)
    end = float(np.interp(-np.log(stop), fall, rough.t)) if fall[-1] >= -np.log(stop) else t_end
    unit = 10.0 ** (np.floor(np.log10(end)) - 1)
    times = float(np.floor(end / unit) * unit) * np.linspace(0, 1, samples + 1) ** 2
    return sample_flow(case, times, tol=tol)


def sample_flow(case: Case, times: FloatArray, *, tol: float) -> Run:
    """The flow of a case at ``times``, the first of which is 0."""
    weights, f = case.weights, case.objective
    run = linear_flow(weights, f, float(times[-1]), tol=tol, t_eval=times, stop=0.0)
    states = [run.state(k) for k in range(times.size)]
    smallest = np.array([tangent_min_eigenvalue(state) for state in states])
    slopes = [layer_gradients(state, f.gradient(product(state))) for state in states]
    gradient = np.array([sum(float(np.sum(g * g)) for g in layers) for layers in slopes]) / run.gap
    steps = np.diff(times) * (smallest[1:] + smallest[:-1]) / 2
    start = imbalances(weights)
    drift = max(
        float(np.max(np.abs(now - then)))
        for state in states
        for now, then in zip(imbalances(state), start, strict=True)
    )
    return Run(
        t=times[1:],
        fall=np.log(run.gap[0] / run.gap[1:]),
        gap=run.gap[1:],
        gap0=float(run.gap[0]),
        gradient=gradient[1:],
        smallest=smallest[1:],
        integral=np.cumsum(steps),
        drift=drift / tol,
    )
