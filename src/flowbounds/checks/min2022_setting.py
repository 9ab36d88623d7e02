"""Checks of the problem setting of Min et al.: the constants of the examples, and plain gradient flow."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from flowbounds.checks.registry import settles
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.evidence import Evidence
from flowbounds.models.objectives import Regression, Sensing, factorization, regression, sensing
from flowbounds.validation import FloatArray, require_count, require_range

N, M = 3, 2  # shape of W in every problem
QUADRATIC = 2.0**-40  # both routes to a ratio round sums of some ten squares: never agree better than this


@dataclass(frozen=True)
class Problem:
    """An example objective, its loss as it is written, and the direction in which its constant is attained.

    The Hessian is ``scale * data.T @ data``, on the rows of W or on all of vec(W).
    """

    objective: Regression | Sensing
    loss: Callable[[FloatArray], float] = field(repr=False)
    data: FloatArray = field(repr=False)
    scale: float

    @property
    def extremal(self) -> FloatArray:
        """Unit W along the smallest non-zero eigenvalue."""
        _, singular, rows = np.linalg.svd(self.data)
        v = rows[np.sum(singular > 1e-9 * singular[0]) - 1]
        return v.reshape(N, M) if v.size == N * M else np.outer(v, np.eye(M)[0])

    def evolve(self, E: FloatArray, t: FloatArray) -> FloatArray:
        """Gap at the times t of plain gradient flow from the minimiser + E, by the eigenvectors: exact."""
        _, singular, rows = np.linalg.svd(self.data)
        start = rows @ (E.ravel() if rows.shape[1] == N * M else E)
        weights = np.sum(start.reshape(len(rows), -1) ** 2, axis=1)[: singular.size] * singular**2
        rates = 2 * self.scale * singular[:, None] ** 2 * t
        return np.asarray(self.scale / 2 * weights @ np.exp(-rates))


def problems(rng: Generator) -> dict[str, Problem]:
    """The five examples of the slides: factorization, regression of full and of lower rank, sensing twice."""

    def least_squares(X: FloatArray, Y: FloatArray, objective: Regression) -> Problem:
        return Problem(objective, lambda W: 0.5 * float(np.sum((Y - X @ W) ** 2)), X, 1.0)

    def measured(A: FloatArray, y: FloatArray) -> Problem:
        def loss(W: FloatArray) -> float:
            return float(sum((b - np.sum(a * W)) ** 2 for a, b in zip(A, y, strict=True)))

        return Problem(sensing(A, y), loss, A.reshape(len(A), -1), 2.0)

    def conditioned(rows: int, columns: int, rank: int) -> FloatArray:
        """A matrix with singular values 1 to 3: what is far from the extremal direction stays comparable."""
        left, right = (np.linalg.qr(rng.normal(size=(k, rank)))[0] for k in (rows, columns))
        return np.asarray(left * np.linspace(3, 1, rank) @ right.T)

    Y, tall = rng.normal(size=(N, M)), rng.normal(size=(5, M))
    X, low = conditioned(5, N, N), conditioned(5, N, 2)
    many, few = conditioned(N * M + 2, N * M, N * M), conditioned(N * M - 2, N * M, N * M - 2)
    return {
        "factorization": least_squares(np.eye(N), Y, factorization(Y)),
        "regression": least_squares(X, tall, regression(X, tall)),
        "regression, X of lower rank": least_squares(low, tall, regression(low, tall)),
        "sensing, N >= nm": measured(many.reshape(-1, N, M), rng.normal(size=len(many))),
        "sensing, N < nm": measured(few.reshape(-1, N, M), rng.normal(size=len(few))),
    }


def pl_ratio(problem: Problem, W: FloatArray) -> float:
    """Squared gradient over gamma times the gap: at least one."""
    f = problem.objective
    return float(np.sum(f.gradient(W) ** 2)) / (f.gamma * f.gap(W))


def written_out(problem: Problem, W: FloatArray) -> float:
    """The same from the loss as it is written, its differences and its minimum."""
    f, slopes = problem.objective, np.zeros((N, M))
    for index in np.ndindex(N, M):
        unit = np.zeros((N, M))
        unit[index] = 1.0
        slopes[index] = (problem.loss(W + unit) - problem.loss(W - unit)) / 2  # exact for a quadratic
    return float(np.sum(slopes**2)) / (f.gamma * (problem.loss(W) - f.minimum))


@settles("min2022.setting.pl", kind="inequality")
def pl(*, draws: int = 500, slip: float = 1.01, rng: Generator) -> Evidence:
    """||grad f||^2 >= gamma (f - f*) for the five examples, with equality along one eigenvector of each.

    Points at distances 10^-3 to 10^3 of the minimiser, and one in the extremal direction. Margin: the
    smallest ||grad f||^2/(gamma gap) - 1, which is zero if no larger gamma will do. Error: the same ratios
    from the loss as it is written, on points at distance about one. Controls, each the best of the five:
    gamma ``slip`` times too large; gamma read with the convention of half a squared gradient.
    """
    require_count("draws", draws, 1)
    require_range("slip", slip, 1.0, np.inf, open_ends=True)
    least: dict[str, float] = {}
    random: dict[str, float] = {}
    error = QUADRATIC
    cases = problems(rng)
    for name, problem in cases.items():
        star, E = problem.objective.minimiser, problem.extremal
        distances = 10.0 ** rng.uniform(-3, 3, size=draws)
        points = [star + c * rng.normal(size=(N, M)) for c in distances]
        random[name] = min(pl_ratio(problem, W) for W in points)
        least[name] = min(random[name], pl_ratio(problem, star + E))
        near = [star + E, *(star + rng.normal(size=(N, M)) for _ in range(5))]
        error = max(error, *(abs(pl_ratio(problem, W) - written_out(problem, W)) for W in near))
    kept = min(2 * p.objective.mu / p.objective.gamma for p in cases.values() if p.objective.mu > 0)
    return Evidence(
        statement="min2022.setting.pl",
        margin=min(least.values()) - 1,
        error=error,
        instances=len(cases) * (draws + 1),
        sizes={"n": N, "m": M, "points of each": draws + 1},
        where="the extremal direction of every problem",
        control=(f"gamma {slip:g} times too large, best of the five", max(least.values()) / slip - 1),
        controls=[("half of ||grad f||^2, best of the five", max(least.values()) / 2 - 1)],
        tried=[("gamma = mu: valid, and twice too small", 2 * min(least.values()) * kept - 1)],
        constants={f"least ratio on random points, {name}": value for name, value in random.items()},
        printed=("slides, signs restored", min(least.values()) - 1),
        sharp=True,
    )


@settles("min2022.setting.rate0", kind="inequality")
def rate0(
    *, starts: int = 4, samples: int = 20, reach: float = 12.0, tol: float = 1e-13, rng: Generator
) -> Evidence:
    """Plain gradient flow of the five examples: gap(t) <= exp(-gamma t) gap(0), from any start.

    Starts at random, at distances 10^-3 to 10^3, and in the extremal direction; times up to ``reach``/gamma.
    Margin: the smallest -log(gap(t)/gap(0))/(gamma t) - 1, by the eigenvectors of the Hessian; zero where it
    is attained, as from everywhere in factorization. Error: the integrated flow, a network of one layer.
    Controls: a gamma 1.01 times too large; f = w^4/4, which has no gamma, with
    the one of its start; factorization by two layers that start at zero.
    """
    require_count("starts", starts, 1)
    times = np.linspace(0, require_range("reach", reach, 0.0, 20.0, open_ends=True), samples + 1)[1:]
    error, control, count = QUADRATIC, -np.inf, 0
    slack: dict[str, float] = {}
    cases = problems(rng)
    for name, problem in cases.items():
        f = problem.objective
        begins = [c * rng.normal(size=(N, M)) for c in 10.0 ** rng.uniform(-3, 3, size=starts)]
        slack[name] = np.inf
        for E in [problem.extremal, *begins]:
            t = times / f.gamma
            exact = problem.evolve(E, np.append(0.0, t))
            found = -np.log(exact[1:] / exact[0]) / times - 1
            run = linear_flow([f.minimiser + E], f, t[-1], tol=tol, t_eval=np.append(0.0, t), stop=0.0)
            error = max(error, float(np.max(np.abs(np.log(run.gap[1:] / exact[1:]) / times))))
            slack[name] = min(slack[name], float(np.min(found)))
            count += samples
            if E is begins[0] and name == "regression":
                slack["regression, a random start"] = float(np.min(found))
        control = max(control, (slack[name] + 1) / 1.01 - 1)
    margin = min(slack[name] for name in cases)
    quartic = 2 * np.log1p(2 * times / 4) / times - 1  # w' = -w^3 from w = 1, where ||grad||^2/gap = 4
    Y = cases["factorization"].objective
    stuck = linear_flow([np.zeros((N, M)), np.zeros((M, M))], Y, times[-1], t_eval=[0.0, times[-1]])
    still = -np.log(stuck.gap[-1] / stuck.gap[0]) / (2 * times[-1]) - 1
    return Evidence(
        statement="min2022.setting.rate0",
        margin=margin,
        error=error,
        instances=count,
        sizes={"n": N, "m": M, "starts": starts + 1, "samples": samples, "gamma t": [0, reach]},
        where="the extremal starts, and every start of factorization",
        control=("gamma 1.01 times too large, best of the five", control),
        controls=[
            ("f = w^4/4 with the gamma of its start", float(np.min(quartic))),
            ("two layers that start at zero", float(still)),
        ],
        constants={"least slack from one random start, regression": slack["regression, a random start"]},
        printed=("slides", margin),
        sharp=True,
    )
