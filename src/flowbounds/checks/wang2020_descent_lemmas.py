"""Checks of Lemmas 3, 5 and 8 of Wang et al. (2020): what a single step does."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.epoch_lemmas import safe_step
from flowbounds.checks.registry import settles
from flowbounds.checks.step_ladder import (
    RESOLVED_BOUND,
    ROUNDING,
    SETTINGS,
    Ladder,
    climb,
    decreases,
    holds_from,
    keeps,
)
from flowbounds.checks.watched_descent import Watched, survey, watched
from flowbounds.dynamics.scalar_mode_step import Rule, step
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.scaled_components import Components, objective, relative_gradient
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

RUNS = 8  # of each setting, where no runs are given


def _worst(slack: Sequence[FloatArray], seen: Sequence[Watched]) -> tuple[float, str, int]:
    least = [float(np.min(values)) for values in slack]
    k = int(np.argmin(least))
    return least[k], f"{seen[k].setting.name}, step {seen[k].setting.eta:g}", k


def _weight_decay(order: int, rng: Generator, draws: int = 200) -> float:
    """Lemma 3's slack where the regulariser's gradient is 2 lam u, the derivative of lam |u|^2."""
    lam, eta = 0.5, 0.01
    x = Components(
        rng.uniform(0.2, 1.0, (draws, 1)), np.ones((draws, 1, 1)), np.ones((draws, 1)), np.ones((draws, 1))
    )
    one, c = np.ones((1, 1)), np.ones(1)
    G = relative_gradient(x, one, c, order, 0.0) + 2 * lam * x.directions
    y = replace(x, norms=x.norms * np.abs(1 - eta * G[:, :, 0]))
    bound = eta / order * np.sum((x.norms * G[:, :, 0]) ** 2, axis=-1)
    change = objective(y, one, c, order, lam) - objective(x, one, c, order, lam)
    return float(np.min((-change - bound) / bound))


@settles("wang2020.lem3", kind="inequality")
def lem3(*, seen: Sequence[Watched] | None = None, ladder: Ladder | None = None, rng: Generator) -> Evidence:
    """A step decreases the objective by at least (eta / l) |G|^2, before a mode switch.

    Every step of the runs ``seen``, at the working step size. Margin: the least (decrease - bound) / bound;
    steps with a bound below rounding are vacuous. Holds from: the step size of ``ladder``. Error: rounding
    of the objective over the least bound counted. Control: weight decay 2 lam u in place of lam l u.
    """
    seen, ladder = seen or survey(SETTINGS, RUNS, rng), ladder or climb(SETTINGS[2:], 4 * RUNS, rng)
    slack = [decreases(run) for run in seen]
    margin, where, _ = _worst(slack, seen)
    count = sum(values.size for values in slack)
    by_order = {
        f"least decrease over eta |G|^2, l = {order}": min(
            (float(np.min(s)) + 1) / order
            for s, run in zip(slack, seen, strict=True)
            if run.setting.order == order
        )
        for order in sorted({run.setting.order for run in seen})
    }
    return Evidence(
        statement="wang2020.lem3",
        margin=margin,
        error=ROUNDING / RESOLVED_BOUND,
        instances=count,
        vacuous=sum(int(np.sum(np.isinf(values))) for values in slack),
        sizes={"settings": [run.setting.name for run in seen], "steps of the ladder": list(ladder.steps)},
        where=where,
        control=("weight decay 2 lam u, l = 3", _weight_decay(3, rng)),
        controls=[("weight decay 2 lam u, l = 4", _weight_decay(4, rng))],
        holds_from=holds_from(ladder.decrease, ladder.steps),
        constants={
            "steps that violate it": float(sum(int(np.sum(values < 0)) for values in slack)),
            **by_order,
        },
    )


@settles("wang2020.lem8", kind="inequality")
def lem8(*, seen: Sequence[Watched] | None = None, ladder: Ladder | None = None, rng: Generator) -> Evidence:
    """A step does not turn a component against the residual, up to eta delta d (the polynomial taken as d).

    Every component with ||P_S u|| >= delta / sqrt d at every step of the runs ``seen``. Margin: one minus the
    largest increase of a R_S(u^l) over eta delta d. Holds from: the step size of ``ladder``. Error: rounding
    of a correlation in the same unit. Control: the step with the opposite sign.
    """
    seen, ladder = seen or survey(SETTINGS, RUNS, rng), ladder or climb(SETTINGS[2:], 4 * RUNS, rng)
    slack = [keeps(run) for run in seen]
    margin, where, k = _worst(slack, seen)
    setting = seen[k].setting
    unit = setting.eta * setting.delta * setting.d
    opposite = watched(replace(SETTINGS[0], eta=-1e-3, iterations=20, epochs=1), 4, rng)
    return Evidence(
        statement="wang2020.lem8",
        margin=margin,
        error=decade_above(ROUNDING / unit),
        instances=sum(values.size for values in slack),
        sizes={"settings": [run.setting.name for run in seen], "steps of the ladder": list(ladder.steps)},
        where=where,
        control=("the opposite step", 1 - float(np.max(opposite.drift)) / (1e-3 * setting.delta * setting.d)),
        holds_from=holds_from(ladder.keep, ladder.steps),
        constants={
            f"largest increase, {run.setting.name}": (float(np.max(run.drift)), 10 * ROUNDING) for run in seen
        },
    )


def _states(
    order: int, draws: int, rng: Generator, d: int, span: int, tilt: float, crowded: bool
) -> tuple[Components, FloatArray]:
    """Random states and a target whose directions leave S by ``tilt``."""
    m = 4
    flat = uniform_directions(d, draws * m, rng).T.reshape(draws, m, d)
    norms = np.exp(rng.normal(-1.0, 1.0, size=(draws, m)))
    modes = np.where(rng.random((draws, m)) < 0.5, 1.0, 3.0)
    x = Components(norms, np.swapaxes(flat, 1, 2), modes, rng.choice([-1.0, 1.0], size=(draws, m)))
    if crowded:  # light components beside a heavy one that lies in S
        x.norms[:, 0] = 3.0
        flat = np.swapaxes(x.directions[:, :, :1] + 0.1 * x.directions, 1, 2)
        flat[:, 0, span:] = 0.0
        flat /= np.linalg.norm(flat, axis=2, keepdims=True)
        x = Components(x.norms, np.swapaxes(flat, 1, 2), np.ones_like(x.modes), np.ones_like(x.signs))
    if tilt:  # near S the pull out of it prevails
        near = x.directions.copy()
        near[:, span:, :] *= 0.01
        x = replace(x, directions=near / np.linalg.norm(near, axis=1, keepdims=True))
    target = np.zeros((d, span))
    target[:span] = np.eye(span)
    target[span] = tilt
    return x, target / np.sqrt(1 + tilt**2)


def _shrinks(
    order: int, factor: float, draws: int, rng: Generator, *, tilt: float = 0.0, full: bool = False
) -> tuple[float, float]:
    """Least decrease of |P_B U|^2 over its first-order term, and the distance of two routes to that term."""
    d, span, lam = 6, 2, 0.05
    x, U_star = _states(order, draws, rng, d, span, tilt, full)
    c = np.full(span, span**-0.5)
    eta = factor * np.array([safe_step(n, s, order, lam) for n, s in zip(x.norms, x.modes, strict=True)])
    outside = x.directions[:, span:, :]
    gram = (np.swapaxes(x.directions, 1, 2) @ x.directions) ** (order - 1)
    w = x.weights(order)
    mixed = np.sum(w[:, None, :] * gram * (np.swapaxes(outside, 1, 2) @ outside) * w[:, :, None], axis=(1, 2))
    first = order * (mixed + lam * np.sum((x.norms[:, None, :] * outside) ** 2, axis=(1, 2)))
    G = relative_gradient(x, U_star, c, order, lam)
    direct = np.sum(x.norms[:, None, :] ** 2 * outside * G[:, span:, :], axis=(1, 2))
    slack = []
    for k in range(draws):
        one = Components(x.norms[k], x.directions[k], x.modes[k], x.signs[k])
        rule = Rule(order, float(eta[k]), lam, 3.0, 0.0, 1.0, through_scalars=full)
        after = step(one, U_star, c, rule).moved.U[span:]
        change = np.sum((x.norms[k] * outside[k]) ** 2) - np.sum(after**2)
        slack.append(float(change) / (2 * float(eta[k]) * float(first[k])))
    return min(slack), float(np.max(np.abs(direct - first) / first)) if not tilt else 0.0


@settles("wang2020.lem5", kind="inequality")
def lem5(*, seen: Sequence[Watched] | None = None, draws: int = 500, rng: Generator) -> Evidence:
    r"""||P_B U||_F^2 <= (m + K) delta^2 throughout, and no step increases it under the step condition.

    Runs ``seen``, every step, all of which meet eta l max(sum s^(2l-4) |u|^2, lam) <= 1; and ``draws`` random
    states of each order at the largest step that does. Margin: the least of one minus ||P_B U||^2 over its
    bound, and of a step's decrease over its first-order term. Error: two routes to that term. Controls: twice
    and eight times that step; the gradient through the scalars; a target that leaves S.
    """
    seen = seen or survey(SETTINGS, RUNS, rng)
    ratio = [
        float(np.max(run.outside)) / ((run.setting.m + run.setting.epochs) * run.setting.delta**2)
        for run in seen
    ]
    load = max(float(np.max(run.safe)) for run in seen)
    grown = max(
        float(np.max(np.diff(run.outside.reshape(run.setting.epochs, -1, run.outside.shape[1]), axis=1)))
        for run in seen
    )
    orders = sorted({run.setting.order for run in seen})
    at_limit = [_shrinks(order, 1.0, draws, rng) for order in orders]
    least = min(value for value, _ in at_limit)
    margin = min(least, 1 - max(ratio)) if load <= 1 and grown <= 0 else -grown / seen[0].setting.delta ** 2
    names = ("at the limit of the step condition", "||P_B U||^2 over its bound")
    return Evidence(
        statement="wang2020.lem5",
        margin=margin,
        error=decade_above(max(gap for _, gap in at_limit)),
        instances=sum(run.outside.size for run in seen) + draws * len(orders),
        sizes={"settings": [run.setting.name for run in seen], "random states of each order": draws},
        where=names[int(least > 1 - max(ratio))],
        control=("twice the step", min(_shrinks(order, 2.0, draws, rng)[0] for order in orders)),
        controls=[
            ("eight times the step", min(_shrinks(order, 8.0, draws, rng)[0] for order in orders)),
            (
                "gradient through the scalars",
                min(_shrinks(o, 0.01, draws, rng, full=True)[0] for o in orders),
            ),
            ("a target that leaves S", min(_shrinks(o, 0.01, draws, rng, tilt=0.2)[0] for o in orders)),
        ],
        constants={
            "largest ||P_B U||^2 over (m + K) delta^2": max(ratio),
            "largest step of the runs over the condition": load,
        },
    )
