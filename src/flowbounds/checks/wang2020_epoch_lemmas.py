"""Checks of Lemmas 2, 4 and 9 of Wang et al. (2020): what an epoch can cost, and what its path costs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import epoch_lemmas as bounds
from flowbounds.checks.registry import settles
from flowbounds.checks.watched_descent import Setting, Watched, difference, directions, survey
from flowbounds.dynamics.scalar_mode_step import iterate, reinitialized
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.scaled_components import Components, objective, squared_distance
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

WIDE = tuple(
    Setting(order, target, d=12, m=40, iterations=200, epochs=4)
    for order in (3, 4)
    for target in ("orthonormal", "dependent")
)
ROUNDING = 1e-14  # of an objective of order one
FELL = 1e-6  # decrease from which an epoch's path is compared; below it the delta^2 terms are all there is
NOISE = 1e-7  # of one distance between tensors by inner products


def tiny(setting: Setting) -> float:
    """Mass of what has not switched: s_0^(l-2) (4 (m + K) + 1) delta^2."""
    rule = setting.rule
    return rule.s0 ** (setting.order - 2) * (4 * (setting.m + setting.epochs) + 1) * setting.delta**2


def costs(run: Watched, *, switches: bool = False) -> FloatArray:
    """Bound of Lemma 4 for each epoch, (epochs, runs); with ``switches`` Lemma 2's, m mode switches more."""
    setting, least = run.setting, tiny(run.setting)
    extra = least * (1 + setting.m) if switches else least
    flat = [
        bounds.reinitialization_cost(float(f), setting.regulariser, setting.m, tiny=extra)
        for f in run.values[:, 0].ravel()
    ]
    return np.reshape(flat, run.values[:, 0].shape)


def _carrying(setting: Setting, runs: int) -> Components:
    """All of the first terms carried by one component each, the other components next to nothing."""
    r, m, d = setting.r, setting.m, setting.d
    norms = np.full(m, 1e-30)
    norms[:r] = np.sqrt(setting.r**-0.5 - setting.regulariser)
    axes = np.zeros((d, m))
    axes[np.arange(m) % r, np.arange(m)] = 1.0
    batch = (runs, m)
    return Components(
        np.broadcast_to(norms, batch).copy(),
        np.broadcast_to(axes, (runs, d, m)).copy(),
        np.ones(batch),
        np.ones(batch),
    )


def _largest_drawn(setting: Setting, runs: int, iterations: int, rng: Generator) -> float:
    """Slack of the bound where the largest component is drawn afresh from a state that carries the target."""
    U_star, c_star = directions(setting)
    x = _carrying(setting, runs)
    y = iterate(reinitialized(x, "largest", setting.rule, rng), U_star, c_star, setting.rule, iterations)
    before, after = (objective(z, U_star, c_star, setting.order, setting.regulariser) for z in (x, y))
    bound = bounds.reinitialization_cost(
        float(before[0]), setting.regulariser, setting.m, tiny=tiny(setting) * (1 + setting.m)
    )
    return float(np.min((bound - (after - before)) / bound))


def _drawn_states(order: int, draws: int, rng: Generator) -> tuple[FloatArray, FloatArray]:
    """Increase and bound at random states of 4 to 40 switched components, random targets and lam."""
    increase, bound = [], []
    for _ in range(draws):
        d, r, m = 6, int(rng.integers(1, 4)), int(rng.integers(4, 41))
        U_star, c = uniform_directions(d, r, rng), rng.normal(size=r)
        x = Components(
            np.exp(rng.normal(-1.5, rng.uniform(0, 1), size=m)),
            uniform_directions(d, m, rng),
            np.ones(m),
            rng.choice([-1.0, 1.0], size=m),
        )
        lam = float(np.exp(rng.uniform(-4, 1)))
        setting = Setting(order, d=d, m=m, lam=lam)
        y = reinitialized(x, "smallest", setting.rule, rng)
        before, after = (float(objective(z, U_star, c, order, lam)) for z in (x, y))
        increase.append(after - before)
        bound.append(bounds.reinitialization_cost(before, lam, m, tiny=tiny(setting)))
    return np.array(increase), np.array(bound)


@settles("wang2020.lem4", kind="inequality")
def lem4(*, seen: Sequence[Watched] | None = None, draws: int = 500, rng: Generator) -> Evidence:
    """Drawing the smallest component afresh costs at most sqrt(2 F) X + X^2 / 2 with X = F / (lam m).

    Every epoch of the runs ``seen``, and ``draws`` random states of each order. Vacuous: a bound above F.
    Margin: one minus the increase over its bound. Error: rounding of the objective over the least bound.
    Control: the largest component drawn afresh, m = 200.
    """
    seen = seen or survey(WIDE, 3, rng)
    slack, least, empty, tight = [], [], 0, []
    for run in seen:
        increase, bound = run.values[:, 1] - run.values[:, 0], costs(run)
        slack.append(1 - increase / bound)
        least.append(float(bound.min()))
        empty += int(np.sum(bound > run.values[:, 0]))
        tight.append(float(np.max(increase * run.setting.regulariser * run.setting.m / run.values[:, 0])))
    for order in sorted({run.setting.order for run in seen}):
        increase, bound = _drawn_states(order, draws, rng)
        slack.append(1 - increase / bound)
        least.append(float(bound.min()))
    worst = int(np.argmin([np.min(values) for values in slack]))
    return Evidence(
        statement="wang2020.lem4",
        margin=float(np.min(slack[worst])),
        error=decade_above(ROUNDING / min(least)),
        instances=sum(values.size for values in slack),
        vacuous=empty,
        sizes={"m": sorted({run.setting.m for run in seen}), "random states of each order": draws},
        where=seen[worst].setting.name if worst < len(seen) else "random states",
        control=("the largest drawn, l = 3, m = 200", _largest_drawn(Setting(3, m=200), 4, 0, rng)),
        constants={"largest increase along runs over F / (lam m)": (max(tight), 1e-9)},
    )


@settles("wang2020.lem2", kind="inequality")
def lem2(*, seen: Sequence[Watched] | None = None, rng: Generator) -> Evidence:
    """An epoch increases the objective by at most O(1 / (lam m)): Lemma 4's cost, and m mode switches.

    Every epoch of the runs ``seen``. Vacuous: a bound above F. Margin: one minus the change of the objective
    over the bound. Error: rounding over the least bound. Control: the largest drawn afresh, m = 100.
    """
    seen = seen or survey(WIDE, 3, rng)
    slack = [1 - (run.values[:, 2] - run.values[:, 0]) / costs(run, switches=True) for run in seen]
    worst = int(np.argmin([np.min(values) for values in slack]))
    least = min(float(costs(run, switches=True).min()) for run in seen)
    rises = max(float(np.max(run.values[:, 2] - run.values[:, 0])) for run in seen)
    return Evidence(
        statement="wang2020.lem2",
        margin=float(np.min(slack[worst])),
        error=decade_above(ROUNDING / least),
        instances=sum(values.size for values in slack),
        vacuous=sum(int(np.sum(costs(run, switches=True) > run.values[:, 0])) for run in seen),
        sizes={"m": sorted({run.setting.m for run in seen}), "settings": [run.setting.name for run in seen]},
        where=seen[worst].setting.name,
        control=("the largest drawn, l = 4, m = 100", _largest_drawn(Setting(4, m=100), 6, 40, rng)),
        constants={"largest increase in an epoch": (max(rises, 0.0), ROUNDING)},
    )


def shares(run: Watched, *, regularised: bool = True) -> tuple[FloatArray, FloatArray]:
    """Path of each epoch that decreases the objective by FELL, and what Lemma 9 allows; flat."""
    setting, path = run.setting, run.path.ravel()
    first, last = run.values[:, 1].ravel(), run.values[:, 2].ravel()
    fell = first - last > FELL
    lam = setting.regulariser if regularised else 1.0
    allowed = [
        bounds.path_length(f, f - g, setting.eta, setting.iterations, lam, setting.order)
        for f, g in zip(first[fell], last[fell], strict=True)
    ]
    return path[fell], np.array(allowed)


def _accurate_path(setting: Setting, rng: Generator, steps: int = 40) -> float:
    """Largest difference between a path by inner products and one by distinct entries, per step."""
    U_star, c_star = directions(setting)
    x = _carrying(setting, 1)
    x = reinitialized(x, "largest", setting.rule, rng)
    worst = 0.0
    for _ in range(steps):
        y = iterate(x, U_star, c_star, setting.rule, 1)
        both = np.hstack([y.directions[0], x.directions[0]])
        w = np.concatenate([y.weights(setting.order)[0], -x.weights(setting.order)[0]])
        exact = float(np.sqrt(squared_distance(both, w, setting.order)))
        worst = max(worst, abs(exact - float(difference(y, x, setting.order)[0])))
        x = y
    return worst


def _overshoots(setting: Setting, steps: int = 4) -> float:
    """Slack of the bound, in units of the larger side, for steps of size 1 from near the target."""
    U_star, c_star = directions(setting)
    rule = replace(setting.rule, eta=1.0)
    x = _carrying(setting, 1)
    x = first = replace(x, norms=1.05 * x.norms)
    path = 0.0
    for _ in range(steps):
        y = iterate(x, U_star, c_star, rule, 1)
        path, x = path + float(difference(y, x, setting.order)[0]), y
    before, after = (float(objective(z, U_star, c_star, setting.order, rule.lam)[0]) for z in (first, x))
    bound = bounds.path_length(before, max(before - after, 0.0), 1.0, steps, rule.lam, setting.order)
    return (bound - path) / max(bound, path)


@settles("wang2020.lem9", kind="inequality")
def lem9(*, seen: Sequence[Watched] | None = None, rng: Generator) -> Evidence:
    """The path of T in an epoch is at most max(2, sqrt l) sqrt(l F) sqrt(eta H / lam) sqrt(f_0 - f_H).

    Every epoch of the runs ``seen`` that decreases the objective by more than FELL; the others are vacuous.
    Margin: one minus the path over its bound. Error: a path by distinct entries of the tensors against inner
    products, or their rounding, over the least bound. Control: a step of 1, where the objective rises.
    """
    seen = seen or survey(WIDE, 3, rng)
    pairs = [shares(run) for run in seen]
    slack = [1 - path / allowed if path.size else np.array([np.inf]) for path, allowed in pairs]
    worst = int(np.argmin([np.min(values) for values in slack]))
    least = min(float(np.min(allowed)) for _, allowed in pairs if allowed.size)
    noise = max(_accurate_path(seen[0].setting, rng), NOISE) * max(run.setting.iterations for run in seen)
    return Evidence(
        statement="wang2020.lem9",
        margin=float(np.min(slack[worst])),
        error=decade_above(noise / least),
        instances=sum(run.path.size for run in seen),
        vacuous=sum(run.path.size - path.size for run, (path, _) in zip(seen, pairs, strict=True)),
        sizes={"settings": [run.setting.name for run in seen], "iterations": seen[0].setting.iterations},
        where=seen[worst].setting.name,
        control=("a step of 1", _overshoots(seen[0].setting)),
        constants={"largest path over its bound": 1 - float(np.min(slack[worst]))},
    )
