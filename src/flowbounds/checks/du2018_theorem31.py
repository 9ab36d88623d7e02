"""Checks of Theorem 3.1 of Du et al.: descent on a factorization, its decaying steps, and constant ones."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.factor_schedule import log_iterations
from flowbounds.checks import factor_runs as runs
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.validation import FloatArray

IN_REACH = 12.0  # log10 of the iterations: twelve days at a million a second
ROUNDING = 1e-6  # of the accuracy 1e-6: the end's error is noise, and smaller than this
SCHEDULES: Mapping[float, float] = {0.01: 0.3, 0.1: 0.3, 0.25: 0.3, 0.5: 1.9}  # delta -> constant of Theta


def literal_decades(time: float, eps: float, r: int) -> float:
    """log10 of the iterations that the literal steps need for a time of the flow, |M|_F = 1."""
    if not np.isfinite(time):
        return float(time)
    return log_iterations(time, float(np.sqrt(eps / r)) / 100) / float(np.log(10))


def rehearsal(logs: Sequence[float], eps: float, rng: Generator) -> list[tuple[float, float, float]]:
    """(k, ln N predicted, ln N counted) with steps sqrt(eps) / (k (t+1)) on a target of rank one.

    A smaller k in the place of the 100 of Theorem 3.1, such that the prediction is one of ``logs``.
    """
    goal = runs.target(rng, spectrum=(1.0,))
    begin = runs.start(goal, eps, rng)
    time = runs.flow(goal, begin, eps).time
    rows = []
    for log in logs:
        first = time / (log + float(np.euler_gamma))
        run = runs.follow(goal, begin, runs.power(first, 1.0), int(3 * np.exp(log)) + 20)
        counted = float(np.log(run.first_below(eps)))
        rows.append((float(np.sqrt(eps)) / first, log_iterations(time, first), counted))
    return rows


def distance(one: Sequence[FloatArray], other: Sequence[FloatArray]) -> float:
    """Frobenius distance of two pairs of factors."""
    return float(np.sqrt(sum(np.sum((x - y) ** 2) for x, y in zip(one, other, strict=True))))


def beside_the_flow(eps: float, steps: int, rng: Generator) -> tuple[float, float]:
    """Literal descent against the flow at the sum of its steps: (distance, distance travelled), |.|_F.

    Both relative to the size of the start.
    """
    goal = runs.target(rng)
    begin = runs.start(goal, eps, rng)
    run = runs.follow(goal, begin, runs.literal(goal, eps), steps)
    state = runs.flow_state(goal, begin, float(np.sum(run.steps[:-1])))
    size = distance(begin, [0 * x for x in begin])
    apart, moved = distance(run.end, state), distance(run.end, begin)
    return apart / size, moved / size


@settles("du2018.thm3.1", kind="existence")
def thm3_1(
    *,
    accuracies: Sequence[float] = (0.5, 0.1, 0.01),
    seeds: int = 5,
    steps: int = 5000,
    logs: Sequence[float] = (5.0, 7.0, 8.5),
    rng: Generator,
) -> Evidence:
    """Descent with the literal steps arrives, and how many iterations that takes.

    Small steps follow the flow. Margin: 1 - error / eps where the flow ends, worst over targets and eps;
    error: the same at a looser tolerance. Required: log10 of the iterations after which the literal steps add
    up to the flow's time to eps, mean over seeds at the easiest eps. That descent is the flow there is
    measured twice: on ``steps`` literal steps, and with smaller constants, for counts with given ``logs``.
    """
    slack, error, required = np.inf, 0.0, {}
    for eps in accuracies:
        decades = []
        for _ in range(seeds):
            goal = runs.target(rng)
            begin = runs.start(goal, eps, rng)
            fine, loose = (runs.flow(goal, begin, eps, tol=tol) for tol in (1e-10, 1e-8))
            slack = min(slack, 1 - float(fine.error[-1]) / eps)
            error = max(error, abs(float(fine.error[-1] - loose.error[-1])) / eps)
            decades.append(literal_decades(fine.time, eps, goal.r))
        required[eps] = float(np.mean(decades))
    apart, moved = beside_the_flow(max(accuracies), steps, rng)
    rows = rehearsal(logs, 0.5, rng)
    off = max((abs(counted / predicted - 1) for _, predicted, counted in rows), default=0.0)
    return Evidence(
        statement="du2018.thm3.1",
        margin=slack,
        error=decade_above(error),
        instances=len(accuracies) * seeds,
        sizes={"U, V": "12 x 3, 9 x 3", "eps / |M|_F": list(accuracies), "literal steps": steps},
        where="the flow's end",
        required=min(required.values()),
        reachable=IN_REACH,
        constants={
            **{f"log10 of the iterations at eps = {eps:g}": value for eps, value in required.items()},
            "descent from the flow, of the way gone": (apart / moved, 0.01 * apart / moved),
            "ln N, counted over predicted less one, smaller constants": (off, 1e-3),
        },
        note="required and reachable are log10 of the number of iterations",
    )


@settles("du2018.footnote11", kind="existence")
def footnote11(
    *,
    schedules: Mapping[float, float] = SCHEDULES,
    eps: float = 0.1,
    seeds: int = 2,
    steps: int = 6000,
    rng: Generator,
) -> Evidence:
    """Steps of the order t^(-1/2-delta) arrive too, and in numbers that can be run.

    ``schedules`` maps delta to c in steps c / (sigma_1 (t+1)^(1/2 + delta)). Margin: 1 - error / eps after
    ``steps``. Error: between the loss of the loop and the end's own. Control: steps of the order t^-2, which
    O(t^(-1/2-delta)) allows and Theta does not: their sum is finite, and descent stops on the way (a quarter
    of the steps shows it); and delta = 1/2 with the constant .3.
    """
    slack, error, where, counts = np.inf, 0.0, "", dict.fromkeys(schedules, 0.0)
    finite, slow = np.inf, np.inf
    for _ in range(seeds):
        goal = runs.target(rng)
        begin = runs.start(goal, eps, rng)
        for delta, c in schedules.items():
            run = runs.follow(goal, begin, runs.footnote(goal, c, delta), steps)
            counts[delta] = max(counts[delta], run.first_below(eps))
            U, V = run.end
            own = float(np.linalg.norm(U @ V.T - goal.M))
            error = max(error, abs(own - float(run.error[-1])) / eps)
            if 1 - own / eps < slack:
                slack, where = 1 - own / eps, f"delta = {delta:g}"
        stopped = runs.follow(goal, begin, runs.footnote(goal, 1.9, 1.5), steps // 4)
        finite = min(finite, 1 - float(stopped.error[-1]) / eps)
        weak = runs.follow(goal, begin, runs.footnote(goal, 0.3, 0.5), steps)
        slow = min(slow, 1 - float(weak.error[-1]) / eps)
    return Evidence(
        statement="du2018.footnote11",
        margin=slack,
        error=decade_above(error),
        instances=len(schedules) * seeds,
        sizes={"delta": list(schedules), "c": list(schedules.values()), "eps": eps, "steps": steps},
        where=where,
        control=("steps 1.9 / (sigma_1 (t+1)^2): O alone", finite),
        controls=[("delta = .5 with c = .3, in as many steps", slow)],
        constants={f"iterations to eps, delta = {delta:g}": count for delta, count in counts.items()},
        note="Theta hides c, and with it, at delta = 1/2, an exponent of the iterations",
    )


@settles("du2018.constant_step", kind="empirical")
def constant_step(
    *,
    multiples: Sequence[float] = (0.1, 0.3, 0.5, 0.9),
    eps: float = 1e-6,
    seeds: int = 3,
    steps: int = 1000,
    rng: Generator,
) -> Evidence:
    """Constant steps c / sigma_1 arrive at rank r, for c up to one.

    Margin: 1 - error / eps after ``steps``, worst over c and targets. Error: between the loop's error at the
    end and its own.
    Controls: c above one, which settles in an oscillation or blows up.
    """
    slack, noise, where, swing = np.inf, 0.0, "", 0.0
    above = {1.05: np.inf, 1.2: np.inf}
    blown = 0
    for _ in range(seeds):
        goal = runs.target(rng)
        begin = runs.start(goal, 0.1, rng)
        for c in multiples:
            run = runs.follow(goal, begin, runs.power(c / goal.top, 0.0), steps)
            swing = max(swing, float(np.max(run.imbalance) / run.imbalance[0]))
            U, V = run.end
            last = float(np.linalg.norm(U @ V.T - goal.M)) / eps
            noise = max(noise, abs(last - float(run.error[-1]) / eps))
            if 1 - last < slack:
                slack, where = 1 - last, f"c = {c:g}"
        for c in above:
            run = runs.follow(goal, begin, runs.power(c / goal.top, 0.0), steps)
            above[c] = min(above[c], 1 - float(np.min(run.error[-100:])) / eps)
        blown += runs.follow(goal, begin, runs.power(1.6 / goal.top, 0.0), steps).diverged
    return Evidence(
        statement="du2018.constant_step",
        margin=slack,
        error=max(ROUNDING, noise),
        instances=len(multiples) * seeds,
        sizes={"c": list(multiples), "eps": eps, "steps": steps, "seeds": seeds},
        where="no error near eps" if slack > 0.999 else where,
        control=("c = 1.05", max(above.values())),
        constants={
            "largest |D_t| over |D_0|": swing,
            "share that blows up at c = 1.6": blown / seeds,
        },
        note="the least error of the last hundred steps counts for a control",
    )
