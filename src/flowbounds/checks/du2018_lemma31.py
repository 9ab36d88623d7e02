"""Checks of Lemma 3.1 of Du et al.: along descent on a factorization, the three bounds that keep it small."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from scipy.special import zeta

from flowbounds.bounds.factor_schedule import drift_bound, factor_bound
from flowbounds.checks import factor_runs as runs
from flowbounds.checks.min2022_two_width import frequency
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.factorization import imbalance, loss
from flowbounds.validation import FloatArray

RESOLVED = 1e-6  # error, of |M|_F: below it a step's decrease of the loss drowns in the loss's rounding


def drift_of_all_time(eps: float, r: int) -> float:
    """Bound on |D_t - D_0|_F of the literal steps for every t, |M|_F = 1."""
    return drift_bound(1.0, r, float(zeta(2.0)) * eps / (1e4 * r))


def balanced_share(
    power: int, eps: float, draws: int, rng: Generator, *, shape: tuple[int, int] = runs.SHAPE
) -> float:
    """Share of starts of variance eps / d^power for which |D_t|_F <= eps for all t, literal steps."""
    goal = runs.target(rng, shape=shape)
    allowed = eps - drift_of_all_time(eps, goal.r)
    starts = [runs.start(goal, eps, rng, power=power) for _ in range(draws)]
    return float(np.mean([np.linalg.norm(imbalance(*begin)) <= allowed for begin in starts]))


@settles("du2018.lem3.1.i", kind="probability")
def balanced(
    *, eps: float = 0.1, draws: int = 200, watched: int = 4, steps: int = 1500, rng: Generator
) -> Evidence:
    """|U^T U - V^T V|_F <= eps for all t, with high probability: variance eps / d^2.

    A draw holds if its start and the bound on the literal steps' drift for all time leave it below eps.
    Margin: 1 - 2 (share of draws that do not); error: twice the 95 % half width. ``watched`` of the runs, at
    literal and at footnote 11's steps, must stay below both. Printed: the product of the two in place of
    their difference. Controls: variances eps and eps / d. Tried: eps / d for a large square matrix.
    """
    shares = {power: balanced_share(power, eps, draws, rng) for power in (0, 1, 2)}
    interval = frequency(round(shares[2] * draws), draws)
    drift, total, product = 0.0, 0.0, np.inf
    for _ in range(watched):
        goal = runs.target(rng)
        begin = runs.start(goal, eps, rng)
        slow = runs.follow(goal, begin, runs.literal(goal, eps), steps)
        drift = max(drift, float(np.max(slow.drift)) / drift_of_all_time(eps, goal.r))
        run = runs.follow(goal, begin, runs.footnote(goal, 0.3, 0.1), steps)
        total = max(total, float(np.max(run.imbalance)) / eps)
        U, V = run.end
        product = min(product, 1 - float(np.linalg.norm(U.T @ U @ V.T @ V)) / eps)
    if drift > 1 or total > 1:  # then the bound, or the statement, is not what this check takes it for
        shares[2] = 0.0
    return Evidence(
        statement="du2018.lem3.1.i",
        margin=2 * shares[2] - 1,
        error=interval.high - interval.low,
        instances=draws,
        sizes={"U, V": "12 x 3, 9 x 3", "eps": eps, "draws": draws, "runs": watched, "steps": steps},
        where="no draw" if shares[2] == 1 else "the start",
        control=("variance eps", 2 * shares[0] - 1),
        controls=[("variance eps / d", 2 * shares[1] - 1)],
        tried=[("variance eps / d, 100 x 100", 2 * balanced_share(1, eps, draws, rng, shape=(100, 100)) - 1)],
        printed=("paper text, one reading, the minus sign lost", product),
        constants={
            **{f"share, variance eps / d^{power}": share for power, share in shares.items()},
            "largest |D_t| over eps, footnote 11's steps": total,
            "drift over its bound, literal steps": (drift, 0.01 * drift),
        },
    )


def decrease(run: runs.Followed) -> FloatArray:
    """Decrease of the loss at each step in units of its first order, eta |grad f|^2, while resolved."""
    fall = -0.5 * np.diff(run.error**2)
    while_resolved = run.error[:-1] > RESOLVED
    return np.asarray((fall / (run.steps * run.slopes)[:-1])[while_resolved])


@settles("du2018.lem3.1.ii", kind="inequality")
def decreasing(*, eps: float = 0.1, seeds: int = 3, steps: int = 1500, rng: Generator) -> Evidence:
    """The loss does not increase, and is at most 2 |M|_F^2.

    Margin: the smallest decrease of a step in units of its first order, and 1 - f / (2 |M|_F^2), the worst,
    at literal and at footnote 11's steps. Error: between the loop's loss at the end and the model's, in the
    same unit. Control: a constant step of 1.05 / sigma_1.
    """
    slack, error, where, count, top = np.inf, 0.0, "", 0, 0.0
    control = np.inf
    for _ in range(seeds):
        goal = runs.target(rng)
        begin = runs.start(goal, eps, rng)
        schedules = {"literal": runs.literal(goal, eps)}
        schedules |= {f"delta = {delta:g}": runs.footnote(goal, 0.3, delta) for delta in (0.01, 0.25)}
        for name, schedule in schedules.items():
            run = runs.follow(goal, begin, schedule, steps)
            falls, f = decrease(run), 0.5 * run.error**2
            worst = min(float(np.min(falls)), 1 - float(np.max(f)) / 2)
            first_order = float(run.steps[falls.size - 1] * run.slopes[falls.size - 1])
            rounding = np.finfo(float).eps * float(f[falls.size - 1])
            U, V = run.end
            off = abs(loss(U, V, goal.M) - float(f[-1]))
            error, top = max(error, max(off, 8 * rounding) / first_order), max(top, float(np.max(f)) / 2)
            count += falls.size
            if worst < slack:
                slack, where = worst, name
        large = runs.follow(goal, begin, runs.power(1.05 / goal.top, 0.0), steps)
        control = min(control, float(np.min(decrease(large))))
    return Evidence(
        statement="du2018.lem3.1.ii",
        margin=slack,
        error=decade_above(error),
        instances=count,
        sizes={"U, V": "12 x 3, 9 x 3", "seeds": seeds, "steps": steps},
        where=where,
        control=("a constant step of 1.05 / sigma_1", control),
        constants={"largest f over 2 |M|_F^2": top},
        note="the smallest decrease, in units of eta |grad f|^2",
    )


def allowed_point(goal: runs.Target, eps: float, rng: Generator) -> list[FloatArray]:
    """A point with imbalance and loss as (i) and (ii) allow, of product M + 2 A with |A|_F <= 1 = |M|_F."""
    r = goal.r
    left, s, right = np.linalg.svd(goal.M, full_matrices=False)
    left, s, right = left[:, :r], s[:r], right[:r]
    away = np.diag(s) if rng.random() < 0.5 else rng.normal(size=(r, r))
    core = np.diag(s) + 2 * float(rng.random() ** 0.2) * away / np.linalg.norm(away)
    P, sigma, Q = np.linalg.svd(core)
    weights = rng.random(r)
    d = eps * weights / np.linalg.norm(weights)  # U^T U - V^T V, diagonal in these coordinates
    u = np.sqrt(0.5 * (d + np.sqrt(d * d + 4 * sigma * sigma)))
    return [left @ P * u, right.T @ Q.T * np.sqrt(np.maximum(u * u - d, 0.0))]


@settles("du2018.lem3.1.iii", kind="inequality")
def bounded(
    *, eps: float = 0.9, points: int = 2000, seeds: int = 3, steps: int = 1000, rng: Generator
) -> Evidence:
    """|U_t|_F^2 and |V_t|_F^2 are at most 5 sqrt(r) |M|_F.

    Margin: 1 - square / bound, worst over runs and over ``points`` drawn points that (i) and (ii) allow, for
    ranks 1 to 4. Error: the squares from singular values. Control: the same points with U ten times larger
    and V ten times smaller, which (i) forbids. Constants: the sharper bound with the root of 19.
    """
    slack, error, sharper, where, unbalanced = np.inf, 0.0, 0.0, "", np.inf

    def record(U: FloatArray, V: FloatArray, r: int, name: str) -> None:
        nonlocal slack, error, sharper, where
        square = max(float(np.sum(U * U)), float(np.sum(V * V)))
        twin = max(float(np.sum(np.linalg.svd(X, compute_uv=False) ** 2)) for X in (U, V))
        printed, sharp = factor_bound(1.0, r, eps)
        error, sharper = max(error, abs(square - twin) / printed), max(sharper, square / sharp)
        if 1 - square / printed < slack:
            slack, where = 1 - square / printed, name

    spectra: Sequence[Sequence[float]] = ((1.0,), (1.0, 1.0), runs.SPECTRUM, (1.0, 1.0, 1.0, 1.0))
    for k in range(points):
        goal = runs.target(rng, spectrum=spectra[k % len(spectra)])
        U, V = allowed_point(goal, eps, rng)
        record(U, V, goal.r, "a drawn point")
        large = float(np.sum((10 * U) ** 2)) / factor_bound(1.0, goal.r, eps)[0]
        unbalanced = min(unbalanced, 1 - large)
    for _ in range(seeds):
        goal = runs.target(rng)
        run = runs.follow(goal, runs.start(goal, eps, rng), runs.footnote(goal, 0.3, 0.1), steps)
        U, V = run.end
        record(U, V, goal.r, "a run")
        slack = min(slack, 1 - float(np.max(run.squares)) / factor_bound(1.0, goal.r, eps)[0])
    return Evidence(
        statement="du2018.lem3.1.iii",
        margin=slack,
        error=decade_above(error),
        instances=points + seeds,
        sizes={"r": [len(spectrum) for spectrum in spectra], "eps": eps, "points": points, "runs": seeds},
        where=where,
        control=("10 U and V / 10", unbalanced),
        constants={"largest square over the sharper bound": sharper},
    )
