"""Checks of Section 4 of Wang et al. (2020): the 2-homogeneous model, Algorithm 1, the scalar mode switch."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from flowbounds.checks.distinct_entries import contracted, written_out
from flowbounds.checks.registry import settles
from flowbounds.checks.watched_descent import Setting, directions
from flowbounds.dynamics.reinitialized_descent import Run, reinitialized_descent
from flowbounds.dynamics.scalar_mode_step import fresh, step, working_rule
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models import scaled_tensor_fit as model
from flowbounds.models.scaled_components import Components, squared_error
from flowbounds.validation import FloatArray

ROUNDING = 1e-12  # relative: sums of a few hundred products of order one
FIRST_DIMENSION = 10  # the time to fit is compared with the one in this dimension
LIMIT = 20_000  # steps within which a rank-one target must be found


@settles("wang2020.model", kind="identity")
def model_form(*, orders: Sequence[int] = (3, 4, 5), draws: int = 20, rng: Generator) -> Evidence:
    """Objective and both gradients of the 2-homogeneous model, and T(t U) = t^2 T(U) with the scalars tied.

    Random models in three dimensions. Margin: digits to spare of the largest relative residual against the
    tensor written out, its contractions, and the factor t^2. Full gradient, second route: the derivative of
    that tensor's distance with the scalars tied. Controls: scalars held fixed (degree l); the
    algorithm's gradient taken for the full one.
    """
    worst, untied, partial, where = 0.0, 0.0, 0.0, ""
    for order in [order for order in orders for _ in range(draws)]:
        U, U_star = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
        s, signs, c_star = rng.uniform(0.5, 2, size=4), rng.choice([-1.0, 1.0], size=4), rng.normal(size=2)
        lengths = np.linalg.norm(U, axis=0)
        C, hat, lam, t = s / lengths, 1 / lengths, 0.3, float(rng.uniform(1.5, 3))
        target = written_out(U_star, c_star, order)
        T = written_out(U, signs * C ** (order - 2), order)
        value = 0.5 * np.sum((T - target) ** 2) + lam * np.sum(hat ** (order - 2) * lengths**order)
        pulls = np.column_stack([contracted(T - target, u, order) for u in U.T])
        radial = np.sum(pulls * U, axis=0)  # a_i s^(l-2) |u|^(2-l) R(u^l), differentiated by the product rule
        weight = signs * s ** (order - 2) * lengths ** (2 - order)
        full = weight * (order * pulls - (order - 2) * radial * U / lengths**2) + 2 * lam * U
        given = (U, C, hat, signs, U_star, c_star, order)
        G, tied = (model.gradient(*given, lam=lam, through_scalars=flag) for flag in (False, True))
        held = order * (signs * C ** (order - 2) * pulls + lam * U)
        scaled = written_out(t * U, signs * (C / t) ** (order - 2), order)
        size = float(np.abs(held).max())
        gaps = [
            abs(model.loss(*given, lam=lam) - value) / value,
            float(np.abs(G - held).max()) / size,
            float(np.abs(tied - full).max()) / size,
            float(np.abs(scaled - t**2 * T).max() / np.abs(scaled).max()),
        ]
        if max(gaps) > worst:
            worst, where = max(gaps), f"l = {order}"
        loose = written_out(t * U, signs * C ** (order - 2), order)
        untied = max(untied, float(np.abs(loose - t**2 * T).max() / np.abs(loose).max()))
        partial = max(partial, float(np.abs(G - full).max()) / size)
    margin = identity_margin(worst, ROUNDING)
    return Evidence(
        statement="wang2020.model",
        margin=margin,
        error=identity_error(1e-16, ROUNDING),
        instances=len(orders) * draws,
        sizes={"l": list(orders), "models of each": draws, "d, m, r": [3, 4, 2]},
        where="no residual near the model" if margin == 1 else where,
        control=("degree two with the scalars held fixed", identity_margin(untied, ROUNDING)),
        controls=[("the algorithm's gradient as the full one", identity_margin(partial, ROUNDING))],
    )


def _literal(setting: Setting, start: Components, steps: int) -> FloatArray:
    """The pseudocode with U, c, c_hat as they are printed, from a given state: U after the steps."""
    U_star, c_star = directions(setting)
    rule = setting.rule
    U, c, hat = start.U, start.modes / start.norms, 1 / start.norms
    open_ = start.modes == rule.s0
    for _ in range(steps):
        gradient = model.gradient(U, c, hat, start.signs, U_star, c_star, setting.order, lam=rule.lam)
        new = U - rule.eta * gradient
        old_length, length = np.linalg.norm(U, axis=0), np.linalg.norm(new, axis=0)
        c, hat = c * old_length / length, hat * old_length / length
        crossed = open_ & (old_length <= rule.threshold) & (length > rule.threshold)
        c, open_, U = np.where(crossed, c / rule.s0, c), open_ & ~crossed, new
    return U


def _twin_gap(setting: Setting, rng: Generator, steps: int = 150) -> float:
    """Distance of the state's run from the printed pseudocode's, through the mode switches."""
    setting = replace(setting, delta=1e-2)
    U_star, c_star = directions(setting)
    x = start = fresh((setting.d, setting.m), setting.rule, rng)
    for _ in range(steps):
        x = step(x, U_star, c_star, setting.rule).after
    return float(np.max(np.abs(x.U - _literal(setting, start, steps))))


def run(setting: Setting, rng: Generator, **options: object) -> Run:
    """A run of Algorithm 1 in the setting, stopping at its accuracy."""
    U_star, c_star = directions(setting)
    numbers = {
        name: getattr(setting, name) for name in ("order", "epochs", "iterations", "eta", "delta", "eps")
    }
    return reinitialized_descent(
        U_star,
        c_star,
        setting.m,
        **numbers,
        lam=setting.regulariser,
        rng=rng,
        **options,  # type: ignore[arg-type]
    )


ALGORITHM = tuple(
    Setting(order, target, d=d, r=r, m=r + 2, iterations=500, epochs=40, lam=lam, eps=0.1)
    for order in (3, 4)
    for target, r, lam in (("orthonormal", 3, None), ("dependent", 3, 0.01))
    for d in (10, 100)
)


@settles("wang2020.alg1", kind="algorithm")
def algorithm(*, settings: Sequence[Setting] = ALGORITHM, runs: int = 2, rng: Generator) -> Evidence:
    """Algorithm 1 as printed, on orthonormal and on linearly dependent targets, ends within eps.

    ``runs`` of each setting. Margin: one minus the final error over eps, worst over the runs. Error: the
    state against the pseudocode with the printed U, c and c_hat, through the mode switches, in units of eps.
    """
    ends, epochs, where = [], [], []
    for setting in settings:
        for _ in range(runs):
            seen = run(setting, rng)
            ends.append(float(seen.errors[-1]))
            epochs.append(len(seen.epochs))
            where.append(f"{setting.name}, d = {setting.d}")
    worst = int(np.argmax(np.round(ends, 9)))  # runs that end at the same fixed point tie
    tiny = replace(settings[0], delta=1e-60, iterations=4000)
    small = run(tiny, rng)
    gap = max(_twin_gap(replace(setting, d=8, m=4, epochs=4), rng) for setting in settings)
    return Evidence(
        statement="wang2020.alg1",
        margin=1 - ends[worst] / settings[worst // runs].eps,
        error=max(decade_above(gap / settings[0].eps), 100 * ROUNDING),
        instances=len(ends),
        sizes={"d": sorted({s.d for s in settings}), "runs of each": runs, "m": "r + 2"},
        where=where[worst],
        constants={
            "median epochs": float(np.median(epochs)),
            "most epochs": float(max(epochs)),
            "final error over eps at delta = 1e-60": (float(small.errors[-1]) / tiny.eps, 1e-6),
        },
        note="the first re-initialisation comes before the first step, as in the pseudocode",
    )


def fitting_times(order: int, d: int, runs: int, rng: Generator, s0: float | None = None) -> FloatArray:
    """eta times the steps to error 0.1 of a rank-one target, three fresh components: (runs,).

    Signs and orientations are those that fit. The parts outside S span three dimensions: d is 4, exactly.
    """
    m = 3
    rule = working_rule(d, m, 10, order=order, eta=0.05, lam=0.02, delta=1e-6, s0=s0)
    draws = rng.normal(size=(runs, d, m))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    shape = np.linalg.qr(draws[:, 1:, :])[1]
    first = fresh((runs, 4, m), rule, rng)
    x = replace(
        first,
        directions=np.concatenate([np.abs(draws[:, :1, :]), shape], axis=1),
        signs=np.ones((runs, m)),
    )
    U_star, c_star = np.eye(4, 1), np.ones(1)
    times = np.full(runs, np.inf)
    for k in range(1, LIMIT + 1):
        x = step(x, U_star, c_star, rule).after
        near = squared_error(x, U_star, c_star, order) <= 0.01
        times = np.where(near & np.isinf(times), rule.eta * k, times)
        if np.mean(np.isfinite(times)) > 0.75:  # the median and its error need no more
            break
    return times


def _uncertain(times: FloatArray) -> float:
    """Relative error of the median: one standard error by order statistics, and one step."""
    ordered, half = np.sort(times), times.size // 2
    away = int(np.ceil(np.sqrt(times.size) / 2))
    return float((ordered[half + away] - ordered[half - away]) / 2 + 0.05) / float(ordered[half])


@settles("wang2020.alg1.switch", kind="empirical")
def switch(*, orders: Sequence[int] = (3, 4), d: int = 640, runs: int = 200, rng: Generator) -> Evidence:
    """With the scalar mode the time to fit does not grow with the dimension; without it, it does.

    Rank one, components that fit, median time to error 0.1 in dimension ``d`` over that in FIRST_DIMENSION.
    Margin: one minus this ratio with the scalar mode over the one without, least over the orders. Error: of
    the medians. Constants: the ratios, and |P_S u| / |u| at the start over sqrt(r / d).
    """
    margins, errors = [], []
    constants: dict[str, float | tuple[float, float]] = {}
    for order in orders:
        ratios, loose = [], 0.0
        for name, s0 in (("with the scalar mode", None), ("with s_0 = 1", 1.0)):
            near, far = (fitting_times(order, size, runs, rng, s0) for size in (FIRST_DIMENSION, d))
            ratios.append(float(np.median(far) / np.median(near)))
            off = float(np.hypot(_uncertain(near), _uncertain(far)))
            loose = float(np.hypot(loose, off))
            key = f"time at d = {d} over d = {FIRST_DIMENSION}, l = {order}, {name}"
            constants[key] = (ratios[-1], 0.1 * off * ratios[-1])
        margins.append(1 - ratios[0] / ratios[1])
        errors.append(loose * ratios[0] / ratios[1])
    worst = int(np.argmin(margins))
    starting = fresh((2000, d, 1), working_rule(d, 1, 1, order=3, eta=1, lam=0, delta=1), rng)
    share = float(np.sqrt(np.mean(starting.directions[:, 0, 0] ** 2) * d))
    constants["|P_S u| / |u| over sqrt(r / d) at the start"] = (share, 0.01)
    return Evidence(
        statement="wang2020.alg1.switch",
        margin=margins[worst],
        error=errors[worst],
        instances=4 * runs * len(orders),
        sizes={"l": list(orders), "d": [FIRST_DIMENSION, d], "runs": runs},
        where=f"l = {orders[worst]}",
        constants=constants,
    )
