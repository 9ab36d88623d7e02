"""Checks of Ge et al. (2021) on one component by itself: power method, the factor 1/|w|^2, rotation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.checks.ge2021_staircase import SOLVER_ALLOWANCE
from flowbounds.checks.registry import settles
from flowbounds.dynamics import vanilla_atom
from flowbounds.dynamics.frozen_path import FrozenPath
from flowbounds.dynamics.power_iteration import power_method as iterate
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.dynamics.tensor_power import growth_time, predicted_fitting_times
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.models.tensor_ensembles import equiangular_basis, geometric_weights, uniform_directions
from flowbounds.validation import FloatArray, require_range

SETTLED = 40.0  # e-folds after which a gap is below double precision
START = 15.0  # components that are turned start at the norm exp(-START)


@dataclass(frozen=True)
class _Race:
    """Starts (d, m) under a target, and horizons at which the closed form has settled every one."""

    u: FloatArray
    a: FloatArray
    steps: int
    t_end: float

    @classmethod
    def of(cls, u: FloatArray, a: FloatArray) -> "_Race":
        paths = [FrozenPath.build(p, a) for p in (u * u).T]
        lead = min(-np.log(np.max(np.delete(path.ratio, path.winner))) for path in paths)
        slowest = max(path.delay() + SETTLED / (8 * path.limit_weight) for path in paths)
        return cls(u, a, int(np.ceil(np.log(2 * SETTLED / lead) / np.log(3))), float(slowest))

    def ends(self, tol: float, basis: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
        """Where power method and flow end, (d, m) each; the norms are such that T stays nothing."""
        tiny = np.full(self.u.shape[1], -2 * self.a.max() * self.t_end - SETTLED)
        run = tensor_flow(self.u, tiny, self.a, self.t_end, basis=basis, tol=tol, t_eval=[self.t_end])
        return iterate(self.u, self.a, self.steps, basis=basis)[:, :, -1], run.directions[:, :, 0]


def _lead(u: FloatArray, winners: np.ndarray, basis: FloatArray) -> float:
    """Smallest lead of <v_i, u>^2, i the expected winner, over the largest of the others."""
    shares = (basis.T @ u) ** 2
    columns = np.arange(u.shape[1])
    ahead = shares[winners, columns].copy()
    shares[winners, columns] = -np.inf
    return float(np.min(ahead - shares.max(axis=0)))


def _tied(d: int, count: int, rng: Generator) -> tuple[FloatArray, FloatArray]:
    """Columns whose first two coordinates tie for the lead, exactly in binary: a_1 = 4 a_2, 2 u_1 = u_2."""
    a = rng.uniform(0.1, 1.0, size=d)
    a[1] = a[0] / 4
    u = rng.uniform(0.0, 0.9, size=(d, count)) * np.sqrt(a[0] / a)[:, None]
    u[0], u[1] = 1.0, 2.0
    return u / np.linalg.norm(u, axis=0), a


def _stay(ends: FloatArray) -> float:
    """1 at the saddle (1/5, 4/5, 0, ...), 0 half way from it to the nearest vertex, negative beyond."""
    saddle = np.zeros(ends.shape[0])
    saddle[:2] = 0.2, 0.8
    return float(1 - np.max(np.abs(ends**2 - saddle[:, None])) / 0.1)


@settles("ge2021.power_method", kind="asymptotic")
def power_method(
    *,
    dimensions: Sequence[int] = tuple(range(2, 12)),
    draws: int = 40,
    perturbation: float = 1e-9,
    control_angle: float = 75.0,
    tol: float = 1e-10,
    rng: Generator,
) -> Evidence:
    """Power method and flow end at argmax a_i w_i^2; an exact tie stays at its saddle.

    Truth: the argmax, and horizons from the closed form at which every draw has settled. Margin: the
    smallest lead of the expected squared coordinate over the next one at the end, over both dynamics;
    for a tie the distance from the saddle in units of half the way to the nearest vertex. Error: the
    same flow at 100 ``tol``. Controls: a tie perturbed by ``perturbation``, given the time it needs to
    leave; target directions at an angle, where the rule names the wrong limit.
    """
    margin, error, tilted, left, worst = np.inf, 0.0, np.inf, np.inf, ""
    for d in dimensions:
        u, a = uniform_directions(d, draws, rng), rng.uniform(0.1, 1.0, size=d)
        winners = np.argmax(a[:, None] * u * u, axis=0)
        race = _Race.of(u, a)
        both = [_lead(end, winners, np.eye(d)) for end in race.ends(tol)]
        error = max(error, abs(both[1] - _lead(race.ends(100 * tol)[1], winners, np.eye(d))))
        basis = equiangular_basis(d, d, control_angle)
        rule = np.argmax(a[:, None] * (basis.T @ u) ** 2, axis=0)
        tilted = min(tilted, *(_lead(end, rule, basis) for end in race.ends(100 * tol, basis)))

        tied, a = _tied(d, draws, rng)
        moved = tied * np.where(np.arange(d) == 0, 1 + perturbation, 1.0)[:, None]
        race = _Race.of(moved / np.linalg.norm(moved, axis=0), a)
        left = min(left, *(_stay(end) for end in race.ends(tol)))
        stuck = [_stay(end) for end in _Race(tied, a, race.steps, race.t_end).ends(tol)]
        if min(*both, *stuck) < margin:
            margin, worst = min(*both, *stuck), f"d = {d}"
    return Evidence(
        statement="ge2021.power_method",
        margin=margin,
        error=error,
        instances=4 * len(dimensions) * draws,
        sizes={"d": list(dimensions), "draws": draws},
        where=worst,
        control=(f"a tie perturbed by {perturbation:g} leaves", left),
        controls=[(f"target directions at {control_angle:g} degrees: another limit", tilted)],
        printed=("paper text, two readings", margin),
    )


@dataclass(frozen=True)
class _Waits:
    """One component's half times with the factor and without it, and how far off the predictions are."""

    log_without: float
    saving: float
    missed: float


def _waits(u: FloatArray, log_norm: float, a: FloatArray, tol: float) -> _Waits:
    expected = float(np.min(predicted_fitting_times(u[:, None], [log_norm], a)))
    run = tensor_flow(u[:, None], [log_norm], a, 2 * expected + 20, tol=tol, t_eval=[0.0])
    quick = float(np.min(run.fitting_times))
    slow = vanilla_atom.integrated_log_half_time(u, log_norm, a, tol=tol)
    off = abs(slow - vanilla_atom.predicted_log_half_time(u, log_norm, a))
    return _Waits(slow, float(1 - quick / np.exp(slow)), max(off, abs(quick - expected)))


@settles("ge2021.normalization", kind="empirical")
def normalization(
    *,
    delta0: Sequence[float] = (1e-2, 1e-4, 1e-8, 1e-16),
    d: int = 10,
    r: int = 5,
    ratio: float = 1.2,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    tol: float = 1e-10,
) -> Evidence:
    """The factor 1/|w|^2 turns a wait of order 1/delta0^2 into one of order log(1/delta0).

    One component, with the factor and without it, from the same start; t is the time of T(e_i^4) =
    a_i/2. Margin: the saving 1 - t_with/t_without, or what is left of the model of the predictions' errors
    (``delta0`` + 100 ``tol``, relative without the factor), whichever is less. Error: the same at
    ``tol``/10. Control: squared norm 1 under a weight of 100, where the factor brakes.
    """
    a = geometric_weights(r, ratio)
    for value in delta0:
        require_range("delta0", value, 0.0, 1.0, open_ends=True)
    cases = [(scale, seed) for scale in delta0 for seed in seeds]
    results = {case: _waits(_draw(d, case[1]), float(np.log(case[0])), a, tol) for case in cases}
    margins = {
        case: min(wait.saving, 1 - wait.missed / (case[0] + SOLVER_ALLOWANCE * tol))
        for case, wait in results.items()
    }
    scale, seed = worst = min(margins, key=lambda case: margins[case])
    finer = _waits(_draw(d, seed), float(np.log(scale)), a, tol / 10)
    logs = np.array([(np.log(case[0]), wait.log_without) for case, wait in results.items()])
    heavy = _waits(np.eye(d)[:, 0], 0.0, np.array([100.0]), tol)
    return Evidence(
        statement="ge2021.normalization",
        margin=margins[worst],
        error=abs(margins[worst] - min(finer.saving, 1 - finer.missed / (scale + SOLVER_ALLOWANCE * tol))),
        instances=len(cases),
        sizes={"delta0": list(delta0), "d": d, "r": r, "ratio": ratio},
        seeds=tuple(seeds),
        where=f"delta0 = {scale:g}, seed {seed}",
        control=("squared norm 1 under a weight of 100", heavy.saving),
        constants={"slope of log t against log delta0, without the factor": _slope(logs[:, 0], logs[:, 1])},
    )


def _draw(d: int, seed: int) -> FloatArray:
    return uniform_directions(d, 1, np.random.default_rng(seed))[:, 0]


def _slope(x: FloatArray, y: FloatArray) -> float:
    return float(np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2))


def _two_phases(
    u: FloatArray, fresh: FloatArray, a: FloatArray, Q: FloatArray, lam: float, tol: float
) -> FloatArray:
    """The flow, a re-initialisation of the smaller half, the flow again; seen in the frame of Q.

    Rows: log norms, then coordinates, at the end of each phase. A phase lasts until a component that
    was aligned from the start has fitted the largest weight.
    """
    start, basis = np.full(u.shape[1], -START), Q[:, : a.size]
    pause = growth_time([1.0], [a.max()], START, lam=lam)
    one = tensor_flow(u, start, a, pause, basis=basis, lam=lam, tol=tol, t_eval=[pause])
    small = one.log_norms[:, 0] < np.median(one.log_norms)
    norms = np.where(small, start, one.log_norms[:, 0])
    mixed = np.where(small, fresh, one.directions[:, :, 0])
    two = tensor_flow(mixed, norms, a, pause, basis=basis, lam=lam, tol=tol, t_eval=[pause])
    ends = [np.vstack([run.log_norms.T, Q.T @ run.directions[:, :, 0]]) for run in (one, two)]
    return np.vstack(ends)


@settles("ge2021.rotation", kind="identity")
def rotation(
    *,
    sizes: Sequence[tuple[int, int, int]] = ((3, 10, 2), (6, 20, 4), (10, 30, 5)),
    lams: Sequence[float] = (0.0, 0.02),
    tol: float = 1e-12,
    rng: Generator,
) -> Evidence:
    """Turn target, start and re-initialisations: every trajectory turns with them.

    Sizes (d, m, r); each case is run as it is and turned by a random orthogonal matrix, through the flow,
    a re-initialisation and the flow again. Compared: all log norms, all coordinates turned back. Model:
    1000 ``tol``; the truth's own error comes from a run at 10 ``tol``. Controls: only the target turned;
    everything but the fresh directions turned.
    """
    model, cases = 1000 * tol, [(size, lam) for size in sizes for lam in lams]
    margin, truth_error, target_only, stale, worst = np.inf, 0.0, -np.inf, -np.inf, ""
    for (d, m, r), lam in cases:
        a = geometric_weights(r, 1.2)
        u, fresh = uniform_directions(d, m, rng), uniform_directions(d, m, rng)
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        plain = _two_phases(u, fresh, a, np.eye(d), lam, tol)
        loose = _two_phases(u, fresh, a, np.eye(d), lam, 10 * tol)
        truth_error = max(truth_error, float(np.max(np.abs(plain - loose))))
        starts = ((Q @ u, Q @ fresh), (u, fresh), (Q @ u, fresh))
        gaps = [np.max(np.abs(_two_phases(*start, a, Q, lam, tol) - plain)) for start in starts]
        turned, still, half = (identity_margin(float(gap), model) for gap in gaps)
        if turned < margin:
            margin, worst = turned, f"d = {d}, m = {m}, r = {r}, lam = {lam:g}"
        target_only, stale = max(target_only, still), max(stale, half)
    return Evidence(
        statement="ge2021.rotation",
        margin=margin,
        error=identity_error(truth_error, model),
        instances=len(cases),
        sizes={"(d, m, r)": [str(size) for size in sizes], "lam": list(lams)},
        where=worst if margin < DIGITS_CAP else "",
        control=("only the target is turned", target_only),
        controls=[("fresh directions are not turned", stale)],
    )
