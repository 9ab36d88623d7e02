"""Checks of Figure 1 of Ge et al. (2021) and of the times at which its steps fall."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.checks.registry import settles
from flowbounds.dynamics.tensor_flow import TensorTrajectory, tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.evidence_table import RESOLVED
from flowbounds.models.tensor_ensembles import (
    directions_towards_each,
    equiangular_basis,
    geometric_weights,
    uniform_directions,
)
from flowbounds.validation import FloatArray, require_array, require_range

FITTED = 1e-12  # final loss that counts as an exact fit
HORIZON = 1.25  # integrate past the last predicted time by this factor
SOLVER_ALLOWANCE = 100  # fitting times are accurate to about this many tolerances


def _start(d: int, m: int, seed: int) -> FloatArray:
    return uniform_directions(d, m, np.random.default_rng(seed))


def smallest_gap(times: FloatArray) -> float:
    """Smallest t_{i+1}/t_i - 1; -1 where the order is lost or a component is never fitted."""
    if not np.isfinite(times).all():
        return -1.0
    gaps = np.diff(times) / np.maximum(times[:-1], 1.0)  # a start above the half has the time zero
    smallest = float(np.min(gaps, initial=np.inf))
    return smallest if smallest > 0 else -1.0


def _staircase_margin(run: TensorTrajectory) -> float:
    """Smallest relative gap between successive fitting times, and the final loss against FITTED."""
    return min(smallest_gap(run.fitting_times), 1 - float(run.loss[-1]) / FITTED)


@settles("ge2021.figure1", kind="figure")
def figure1(
    *,
    d: int = 10,
    m: int = 50,
    r: int = 5,
    ratio: float = 1.2,
    delta0: float = 1e-15,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    t_end: float = 250.0,
    tol: float = 1e-8,
) -> Evidence:
    """The staircase: components fitted one by one, largest first, down to an exact fit.

    Margin: the smallest relative gap t_{i+1}/t_i - 1 over seeds, or the final loss against 1e-12 where
    that is worse. Measured constant: how flat the plateaus are, the loss midway between two fits
    against 1/2 sum of a_k^2 over what is left. Controls: start at norm 1; five components.
    """
    a = geometric_weights(r, ratio)
    require_range("delta0", delta0, 0.0, np.inf, open_ends=True)

    def run(seed: int, m: int, delta0: float, tol: float, samples: ArrayLike = ()) -> TensorTrajectory:
        times = np.append(np.asarray(samples, dtype=float), t_end)
        return tensor_flow(_start(d, m, seed), np.full(m, np.log(delta0)), a, t_end, tol=tol, t_eval=times)

    runs = {seed: run(seed, m, delta0, tol) for seed in seeds}
    margins = {seed: _staircase_margin(each) for seed, each in runs.items()}
    worst = min(margins, key=lambda seed: margins[seed])
    uneven = 0.0
    for seed, each in runs.items():
        if np.isfinite(each.fitting_times).all() and np.all(np.diff(each.fitting_times) > 0):
            middle = (each.fitting_times[1:] + each.fitting_times[:-1]) / 2
            left = np.array([np.sum(a[k:] ** 2) / 2 for k in range(1, r)])
            plateaus = run(seed, m, delta0, tol, middle).loss[:-1]
            uneven = max(uneven, float(np.max(np.abs(plateaus / left - 1))))
    return Evidence(
        statement="ge2021.figure1",
        margin=margins[worst],
        error=abs(margins[worst] - _staircase_margin(run(worst, m, delta0, tol / 100))),
        instances=len(seeds),
        sizes={"d": d, "m": m, "r": r, "ratio": ratio, "delta0": delta0},
        seeds=tuple(seeds),
        where=f"seed {worst}",
        control=("delta0 = 1: no plateaus, no order", _staircase_margin(run(seeds[0], m, 1.0, tol))),
        controls=[("m = 5: components are missing", _staircase_margin(run(seeds[0], 5, delta0, tol)))],
        constants={"largest relative unevenness of a plateau": uneven},
    )


def _mismatch(
    u: FloatArray, log_norm: float, a: FloatArray, basis: FloatArray | None, tol: float
) -> FloatArray:
    """|integrated - predicted| fitting times, ``inf`` where only one of the two is finite."""
    log_norms = np.full(u.shape[1], log_norm)
    predicted = predicted_fitting_times(u, log_norms, a)
    last = np.max(predicted[np.isfinite(predicted)], initial=1.0)
    run = tensor_flow(u, log_norms, a, HORIZON * last, basis=basis, tol=tol, t_eval=[0.0])
    both_missing = ~np.isfinite(predicted) & ~np.isfinite(run.fitting_times)
    with np.errstate(invalid="ignore"):
        return np.where(both_missing, 0.0, np.abs(run.fitting_times - predicted))


def _log_scales(delta0: ArrayLike, log_delta0: ArrayLike) -> FloatArray:
    """Logarithms of the initial norms, from norms, logarithms, or both; each one number or several."""
    given = np.atleast_1d(np.asarray(delta0, dtype=float))
    for value in given:
        require_range("delta0", value, 0.0, np.inf, open_ends=True)
    return require_array("log_delta0", np.append(np.log(given), log_delta0), ("k",))


@settles("ge2021.staircase", kind="identity")
def staircase(
    *,
    delta0: ArrayLike = (1e-3, 1e-15, 1e-150),
    log_delta0: ArrayLike = (),
    d: int = 10,
    m: int = 50,
    r: int = 5,
    ratio: float = 1.2,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    tol: float = 1e-8,
    control_angle: float = 75.0,
) -> Evidence:
    """Every fitting time of the staircase is the one predicted from the first instant.

    Initial norms are given as ``delta0`` or, below 1e-308, as ``log_delta0``; both may be one number or
    several. Model of the mismatch: ``delta0`` (the prediction is exact in the limit; its own error was
    found to vanish faster than that) plus 100 ``tol`` (the integrator). Controls: target directions at
    an angle of ``control_angle`` degrees, and delta0 = 1.
    """
    scales = _log_scales(delta0, log_delta0)
    a = geometric_weights(r, ratio)
    results = []  # (digits, error of the digits, scale, seed)
    largest: dict[str, float] = {}
    for scale in scales:
        model = float(np.exp(scale)) + SOLVER_ALLOWANCE * tol
        name = f"largest |time - prediction| at log delta0 = {scale:.1f}"
        for k, seed in enumerate(seeds):
            u = _start(d, m, seed)
            gap = _mismatch(u, scale, a, None, tol)
            if k == 0:  # the solver's own error, once a scale
                finer = _mismatch(u, scale, a, None, tol / 100)
                known = np.isfinite(gap)
                solver_error = float(np.max(np.abs(gap[known] - finer[known]), initial=0.0))
            digits = identity_margin(float(np.max(gap)), model)
            results.append((digits, identity_error(solver_error, model), float(scale), seed))
            largest[name] = max(largest.get(name, 0.0), float(np.max(gap)))
    digits, error, scale, seed = min(results)
    u0 = _start(d, m, seeds[0])
    model = float(np.exp(scales[-1])) + SOLVER_ALLOWANCE * tol
    tilted = _mismatch(u0, scales[-1], a, equiangular_basis(d, r, control_angle), tol)
    large = _mismatch(u0, 0.0, a, None, tol)
    return Evidence(
        statement="ge2021.staircase",
        margin=digits,
        error=error,
        instances=len(results) * r,
        sizes={"d": d, "m": m, "r": r, "ratio": ratio, "log delta0": [round(float(s), 1) for s in scales]},
        seeds=tuple(seeds),
        where=f"log delta0 = {scale:.1f}, seed {seed}" if digits < DIGITS_CAP else "",
        control=(
            f"target directions at {control_angle:g} degrees",
            identity_margin(float(np.max(tilted)), model),
        ),
        controls=[("delta0 = 1", identity_margin(float(np.max(large)), model))],
        constants={name: (gap, SOLVER_ALLOWANCE * tol / RESOLVED) for name, gap in largest.items()},
    )


@settles("ge2021.fit_time", kind="asymptotic")
def fit_time(
    *,
    decades: float = 2.0,
    r: int = 5,
    d: int = 10,
    delta0: float = 1e-10,
    doublings: int = 2,
    seed: int = 0,
    tol: float = 1e-8,
    control_angle: float = 50.0,
) -> Evidence:
    """Fitting time is inverse to a_i: 2 a_i t_i = log(1/delta0) + O(1) over decades of a.

    The O(1) is measured at ``delta0`` and doubled; it must then suffice at delta0^2, delta0^4, ...,
    where log(1/delta0) has doubled each time. Margin: the share of that constant left. Error: the
    distance to the closed form. Control: target directions at 50 degrees, which are fitted together, so
    that the offset grows like log(1/delta0); it is looked at where that logarithm is four times larger.
    """
    a = geometric_weights(r, 10 ** (decades / (r - 1)))
    u = directions_towards_each(a, d, np.random.default_rng(seed))
    scales = np.log(delta0) * 2.0 ** np.arange(doublings + 1)

    def offsets(scale: float, basis: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        log_norms = np.full(r, scale)
        predicted = predicted_fitting_times(u, log_norms, a)
        horizon = HORIZON * float(predicted.max())
        run = tensor_flow(u, log_norms, a, horizon, basis=basis, tol=tol, t_eval=[0.0])
        return 2 * a * run.fitting_times + scale, 2 * a * (run.fitting_times - predicted)

    measured = [offsets(scale, None) for scale in scales]
    constant = 2 * float(np.max(np.abs(measured[0][0])))
    later = [1 - float(np.max(np.abs(offset))) / constant for offset, _ in measured[1:]]
    tilted = equiangular_basis(d, r, control_angle)
    merged = [offsets(scale, tilted)[0] for scale in (scales[0], 4 * scales[0])]
    slope = np.polyfit(np.log(a), np.log((measured[-1][0] - scales[-1]) / (2 * a)), 1)[0]
    return Evidence(
        statement="ge2021.fit_time",
        margin=min(later),
        error=max(float(np.max(np.abs(gap))) for _, gap in measured) / constant,
        instances=len(later) * r,
        sizes={
            "a": f"{r} weights over {decades:g} decades",
            "log delta0": [round(float(s), 1) for s in scales],
        },
        seeds=(seed,),
        control=(
            f"target directions at {control_angle:g} degrees",
            1 - float(np.max(np.abs(merged[1]))) / (2 * float(np.max(np.abs(merged[0])))),
        ),
        constants={
            "C in 2 a t = log(1/delta0) + C": constant / 2,
            "slope of log t against log a": float(slope),
        },
    )
