"""Checks beyond the text of Du et al.: Adam and sign descent break the law, noise in the labels balances."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import optimizer_laws as laws
from flowbounds.checks import optimizer_cases as cases
from flowbounds.checks.optimizer_cases import ROUNDING, gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import Parameters, descend, label_noise, minibatch
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.activations import Name
from flowbounds.validation import FloatArray, require_count

BETWEEN = 0.5  # a slope nearer to zero than to one
METHODS: Mapping[str, dict[str, Any]] = {
    "Adam": {"method": "adam"},
    "sign descent": {"method": "sign"},
    "descent": {},
    "normalised descent": {"method": "normalized"},
    "descent on minibatches": {"size": 3},
    "heavy ball": {"momentum": 0.5},
}
BREAK = ("Adam", "sign descent")


def drifts(
    case: cases.Case, way: Mapping[str, Any], t_end: float, steps: Sequence[int], rng: Generator
) -> FloatArray:
    """Largest drift of the imbalances, in units of the start, on runs of so many steps to the same time."""
    options = dict(way)
    size = options.pop("size", None)
    if size is not None:
        options |= {"draw": minibatch(case.X.shape[1], size), "rng": rng}
    found = []
    for count in steps:
        eta = t_end / count * (1 - options.get("momentum", 0.0))  # the same effective step
        run = descend(case.start, case.slope(), count, step=eta, record=cases.watch, every=5, **options)
        path, _, unit = cases.watched(run)
        found.append(float(np.max(np.linalg.norm(path - path[0], axis=1))) / unit)
    return np.array(found)


@settles("du2018.ext.adam", kind="empirical")
def adam(
    *,
    t_end: float = 0.25,
    steps: Sequence[int] = (40, 80, 160, 320),
    seeds: Sequence[int] = (0, 1, 2, 3, 4, 5),
    activations: Sequence[tuple[Name, ...]] = (("linear", "linear"), ("relu", "leaky")),
) -> Evidence:
    """The drift under Adam and under signs does not shrink with the step; under the others it does.

    Slope of log drift on log step, at a fixed time, averaged over networks. Margin: how far the slope is from
    the middle between zero and one, in halves. Error: the standard error over networks, or the change when
    only the finer half of the steps counts. Controls: the methods that keep the law, whose slope is one.
    """
    require_count("steps", len(steps), 3)
    slopes: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    log = -np.log(np.array(steps, float))
    for seed in seeds:
        for names in activations:
            case = cases.network(np.random.default_rng(seed), names, labels=4.0)
            for name, way in METHODS.items():
                found = np.log(drifts(case, way, t_end, steps, np.random.default_rng(seed)))
                fine = len(steps) // 2
                slopes[name].append(
                    (
                        float(np.polyfit(log, found, 1)[0]),
                        float(np.polyfit(log[fine:], found[fine:], 1)[0]),
                    )
                )
    each = {name: [one for one, _ in found] for name, found in slopes.items()}
    mean = {name: float(np.mean(found)) for name, found in each.items()}
    error = {
        name: max(
            float(np.std(each[name], ddof=1)) / len(found) ** 0.5,
            abs(float(np.mean([fine for _, fine in found])) - mean[name]),
        )
        for name, found in slopes.items()
    }
    margins = {name: 1 - abs(slope) / BETWEEN for name, slope in mean.items()}
    worst = min(BREAK, key=lambda name: margins[name])
    first, *rest = [(name, margins[name]) for name in METHODS if name not in BREAK]
    return Evidence(
        statement="du2018.ext.adam",
        margin=margins[worst],
        error=max(error[name] for name in BREAK) / BETWEEN,
        instances=len(seeds) * len(activations),
        sizes={"steps": list(steps), "to the time": t_end, "activations": [str(one) for one in activations]},
        seeds=list(seeds),
        where=worst,
        control=first,
        controls=rest,
        constants={
            **{f"largest |slope| of a network, {name}": max(map(abs, each[name])) for name in BREAK},
            **{f"smallest, {name}": min(each[name]) for name in METHODS if name not in BREAK},
        },
    )


def noisy_scalars(layers: Parameters, noise: Any) -> tuple[float, Parameters]:
    """1/2 (uv - 1 - noise)^2 and its gradients; without ``noise`` of the mean."""
    u, v = layers
    r = u * v - 1.0 - (0.0 if noise is None else noise)
    return 0.5 * float(r[0] ** 2), [r * v, r * u]


def off_noise_law(start: Sequence[float], eta: float, sd: float, steps: int, rng: Generator) -> FloatArray:
    """(departure from the law with labels that are noisy, with noisy gradients instead, rate of ln|D|)."""

    def record(layers: Parameters, slopes: Sequence[FloatArray]) -> FloatArray:
        u, v = float(layers[0][0]), float(layers[1][0])
        other, where = (v, 0) if abs(v) > abs(u) else (u, 1)
        return np.array([(u - v) * (u + v), float(slopes[where][0]) / other])

    def gradients(layers: Parameters, noise: Any) -> tuple[float, Parameters]:
        value, slopes = noisy_scalars(layers, None)
        return value, [slopes[0] + noise[0], slopes[1] + noise[1]]

    unit = start[0] ** 2 + start[1] ** 2
    off = []
    rate = 0.0
    for way, shape in ((noisy_scalars, (1,)), (gradients, (2, 1))):
        draw = label_noise(shape, sd)
        run = descend([[x] for x in start], way, steps, step=eta, draw=draw, rng=rng, record=record)
        cases.require_settled(run)
        D, r = run.observed.T
        off.append(gap(D, laws.noisy_imbalance(D[0], r[:-1], eta=eta), unit))
        rate = rate if len(off) > 1 else float(np.log(abs(D[0] / D[-1]))) / steps
    return np.array([*off, rate])


@settles("du2018.ext.noise", kind="identity")
def noise(
    *,
    etas: Sequence[float] = (0.05, 0.1),
    deviations: Sequence[float] = (0.5, 1.0),
    steps: int = 1000,
    seeds: Sequence[int] = (0, 1, 2, 3, 4, 5),
) -> Evidence:
    """Two numbers and noise in the label: u^2 - v^2 shrinks by exactly 1 - eta^2 r^2 a step.

    Residual: the whole path against the product, in units of u^2 + v^2 at the start. Second route: the same
    in fractions. Controls, the smallest departure of all runs: noise of the same size added to the two
    gradients instead of the label; the trace for factors of two columns with |R|^2 in place of r^2.
    Constants: rate of ln|u^2 - v^2| over eta^2 sd^2, which is at least one in expectation.
    """
    worst, other, matrix = 0.0, np.inf, np.inf
    rates: dict[str, list[float]] = {}
    for eta in etas:
        for sd in deviations:
            for seed in seeds:
                rng = np.random.default_rng(seed)
                off, instead, rate = off_noise_law((1.8, 0.4), eta, sd, steps, rng)
                worst, other = max(worst, float(off)), min(other, float(instead))
                rates.setdefault(f"rate over eta^2 sd^2, eta = {eta}", []).append(
                    float(rate) / (eta * sd) ** 2
                )
                U, V, R = rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), sd * rng.normal(size=(3, 3))
                gain = eta**2 * float(np.sum((R @ V) ** 2) - np.sum((R.T @ U) ** 2))
                D = float(np.sum(U**2) - np.sum(V**2))
                law = -(eta**2) * float(np.sum(R**2)) * D
                matrix = min(matrix, abs(gain - law) / float(np.sum(U**2) + np.sum(V**2)))
    route, step = Fraction(0), Fraction(1, 10)
    u, v = Fraction(9, 5), Fraction(2, 5)
    for label in np.random.default_rng(0).integers(-2, 5, size=5):
        r = u * v - int(label)
        moved = (u - step * r * v, v - step * r * u)
        law_of_step = (1 - step**2 * r**2) * (u**2 - v**2)
        route = max(route, abs(moved[0] ** 2 - moved[1] ** 2 - law_of_step))
        u, v = moved
    return Evidence(
        statement="du2018.ext.noise",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(float(route), ROUNDING),
        instances=len(etas) * len(deviations) * len(seeds),
        sizes={"steps of size": list(etas), "deviations": list(deviations), "steps": steps},
        seeds=list(seeds),
        control=("noise on the gradients instead", identity_margin(other, ROUNDING)),
        controls=[("matrices, |R|^2 in place of r^2", identity_margin(matrix, ROUNDING))],
        constants={
            name: (float(np.mean(found)), float(np.std(found, ddof=1)) / len(found) ** 0.5)
            for name, found in rates.items()
        },
    )
