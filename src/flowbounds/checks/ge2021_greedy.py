"""Checks of Ge et al. (2021) on greedy deflation: where the flow agrees with it, and where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.checks.ge2021_staircase import HORIZON, SOLVER_ALLOWANCE, smallest_gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.greedy import deflate
from flowbounds.dynamics.tensor_flow import TensorTrajectory, tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.evidence import Evidence, identity_margin
from flowbounds.models.tensor_ensembles import (
    directions_towards_each,
    equiangular_basis,
    geometric_weights,
    uniform_directions,
)
from flowbounds.validation import FloatArray, require_range

PER_STEP = 100 * np.finfo(float).eps  # rounding model of one atom: a maximisation and a subtraction
ALIGNING = 30.0  # e-folds of growth in which directions come near a maximiser, or the check fails
EVEN = np.array([0.5, 0.5])


def _taken_off(basis: FloatArray, a: FloatArray, rng: Generator) -> tuple[float, np.ndarray]:
    """How far greedy deflation is from peeling off the a_i, largest first; and the order it finds them in.

    Two more steps than needed are allowed: zeros are expected there, and no atom at all is as good.
    """
    steps = a.size + 2
    found = deflate(basis, a, steps=steps, rng=rng)
    k = found.coefficients.size
    taken = np.append(found.coefficients, np.zeros(steps - k))
    left = np.append(found.residual_norms, np.full(steps - k, found.residual_norms[-1]))
    expected = np.append(np.sort(a)[::-1], [0.0, 0.0])
    rest = np.sqrt(np.append(np.cumsum(expected[::-1] ** 2)[::-1], 0.0))
    off = max(float(np.max(np.abs(taken - expected))), float(np.max(np.abs(left - rest))))
    return off, np.argmax(np.abs(basis.T @ found.directions[:, : a.size]), axis=0)


def _gaps(
    Q: FloatArray, a: FloatArray, order: np.ndarray, log_norm: float, tol: float, rng: Generator
) -> FloatArray:
    """Smallest relative gap of the flow's fitting times in the given order: integrated, predicted.

    One component for every direction, so that nobody is missing: its law is that of a uniform
    direction that leads there.
    """
    u = directions_towards_each(a, Q.shape[0], rng)
    norms = np.full(a.size, log_norm)
    expected = predicted_fitting_times(u, norms, a)
    horizon = HORIZON * float(np.max(expected))
    run = tensor_flow(Q @ u, norms, a, horizon, basis=Q[:, : a.size], tol=tol, t_eval=[horizon])
    return np.array([smallest_gap(times[order]) for times in (run.fitting_times, expected)])


@settles("ge2021.algorithm1", kind="algorithm")
def algorithm1(
    *,
    cases: Sequence[tuple[int, int, float]] = ((3, 3, 2.0), (6, 6, 1.5), (10, 5, 1.2), (20, 10, 1.2)),
    draws: int = 2,
    log_norm: float = -100.0,
    close: float = 1.001,
    angle: float = 50.0,
    tol: float = 1e-8,
    rng: Generator,
) -> Evidence:
    """Greedy deflation peels off the weights largest first, exactly; the flow finds them in that order.

    Cases (d, r, a_i/a_(i+1)), weights shuffled, in the standard basis and in a turned one. Margin, the
    least of two: digits to spare of coefficients and residual norms under the model of 100 roundings a
    step; the smallest relative gap t_{i+1}/t_i - 1 of the flow's fitting times, from norm
    exp(``log_norm``), in the order in which deflation found the components (-1: another order). Error:
    that gap from the times predicted in closed form, at least 100 ``tol``. Controls: two
    directions at ``angle`` degrees, where deflation gets stuck; weights ``close`` to one another, which the
    flow finds in an order left to chance.
    """
    require_range("log_norm", log_norm, -np.inf, 0.0, open_ends=True)
    margin, error, worst, exact, instances = np.inf, SOLVER_ALLOWANCE * tol, "", np.inf, 0
    for d, r, ratio in cases:
        for Q in (np.eye(d), np.linalg.qr(rng.normal(size=(d, d)))[0]):
            a = rng.permutation(geometric_weights(r, ratio))
            off, order = _taken_off(Q[:, :r], a, rng)
            exact = min(exact, identity_margin(off, PER_STEP * r))
            for draw in range(draws):
                gap, expected = _gaps(Q, a, order, log_norm, tol, rng)
                instances, error = instances + 1, max(error, abs(gap - expected))
                if min(exact, gap) < margin:
                    margin = min(exact, gap)
                    worst = f"d = {d}, r = {r}, ratio {ratio:g}, draw {draw}"
    level = geometric_weights(5, close)
    by_chance = min(_gaps(np.eye(5), level, np.arange(5), log_norm, tol, rng)[0] for _ in range(draws))
    stuck, _ = _taken_off(equiangular_basis(5, 2, angle), EVEN, rng)
    return Evidence(
        statement="ge2021.algorithm1",
        margin=float(margin),
        error=float(error),
        instances=instances,
        sizes={"(d, r, ratio)": [str(case) for case in cases], "draws": draws, "log norm": log_norm},
        where=worst,
        control=(f"directions at {angle:g} degrees: stuck", identity_margin(stuck, 2 * PER_STEP)),
        controls=[(f"a_i / a_(i+1) = {close:g}: the flow's order is chance", float(by_chance))],
        constants={"digits to spare of coefficients and residuals": exact},
    )


def bisector_value(degrees: float) -> float:
    """T*(b^4) at the bisector b of two directions with weight 1/2 each: cos^4 of half their angle."""
    return float(np.cos(np.radians(degrees / 2)) ** 4)


def peak_angle(degrees: float) -> float:
    """Angle in degrees from the bisector to the maximisers of T*(u^4); zero up to sixty degrees.

    cos 2 phi = -cos theta / cos 2 theta beyond; see the page for the short proof.
    """
    theta = np.radians(require_range("degrees", degrees, 1e-6, 90.0))
    if degrees <= 60:
        return 0.0
    return float(np.degrees(np.arccos(-np.cos(theta) / np.cos(2 * theta))) / 2)


def mass_angle(run: TensorTrajectory, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean angle from the bisector, weighted by squared norms, in degrees; and the total mass; (n,) each."""
    middle = basis.sum(axis=1) / np.linalg.norm(basis.sum(axis=1))
    along = np.einsum("i,ijn->jn", middle, run.directions)
    across = np.linalg.norm(run.directions - middle[:, None, None] * along, axis=0)
    log_mass = 2 * run.log_norms
    share = np.exp(log_mass - log_mass.max(axis=0))
    angles = np.degrees(np.arctan2(across, np.abs(along)))
    return np.sum(share * angles, axis=0) / share.sum(axis=0), np.exp(log_mass).sum(axis=0)


def nearness(angle: float, claimed: float, other: float) -> float:
    """1 at the claimed angle, 0 half way from it to the other candidate, negative beyond."""
    return float(1 - abs(angle - claimed) / (abs(other - claimed) / 2))


@dataclass(frozen=True)
class _Pair:
    """Flows on two directions of R^d with equal weights, all from the same draw of m components."""

    u: FloatArray
    tol: float

    def flow(self, degrees: float, log_norm: float, times: FloatArray) -> tuple[TensorTrajectory, FloatArray]:
        basis = equiangular_basis(self.u.shape[0], 2, degrees)
        norms = np.full(self.u.shape[1], log_norm)
        end = float(times[-1])
        return tensor_flow(self.u, norms, EVEN, end, basis=basis, tol=self.tol, t_eval=times), basis

    def first_angle(self, degrees: float, log_norm: float, glimpse: float) -> float:
        """Angle of the mass when it is still ``glimpse``: the target's doing alone."""
        # Once aligned, norms grow at the rate 2 T*(b^4) of the bisector or faster; e-folds to align in.
        latest = (ALIGNING - log_norm) / (2 * bisector_value(degrees))
        angle, mass = mass_angle(*self.flow(degrees, log_norm, np.linspace(0, latest, 200)))
        return float(angle[np.argmax(mass >= glimpse)])


@settles("ge2021.limitation", kind="empirical")
def limitation(
    *,
    degrees: Sequence[float] = (30.0, 45.0, 55.0, 59.0, 61.0, 65.0, 75.0, 85.0),
    merging: float = 50.0,
    apart: float = 70.0,
    d: int = 5,
    m: int = 20,
    delta0: float = 1e-10,
    log_norm: float = -200.0,
    glimpse: float = 1e-6,
    t_end: float = 200.0,
    tol: float = 1e-11,
    seed: int = 0,
) -> Evidence:
    """Two directions closer than 60 degrees: the mass merges, then splits; greedy deflation gets stuck.

    Margins, the least counts: (1) over ``degrees``, where the mass goes first, from log norm
    ``log_norm``, against the maximisers of T*, 0 half way to the other side's (at 120 - theta degrees);
    (2) at ``merging`` degrees, the mass on the bisector while the loss waits and on the two targets at
    the end; (3) the flow's final |T - T*| below the residual at which greedy deflation is stuck. Error:
    the worst one at 100 tol, at least 100 tol. Control: merging claimed at ``apart`` degrees.
    """
    small = float(np.log(require_range("delta0", delta0, 0.0, 1.0, open_ends=True)))
    start = uniform_directions(d, m, np.random.default_rng(seed))
    greedy = deflate(equiangular_basis(d, 2, merging), EVEN, steps=20, rng=np.random.default_rng(seed))

    def first(theta: float, pair: _Pair) -> float:
        claimed = peak_angle(theta)
        other = 0.0 if claimed else peak_angle(120 - theta)
        return nearness(pair.first_angle(theta, log_norm, glimpse), claimed, other)

    def split(pair: _Pair) -> tuple[dict[str, float], float]:
        run, basis = pair.flow(merging, small, np.linspace(0, t_end, 1001))
        angle, mass = mass_angle(run, basis)
        away = np.sqrt(2 * run.loss)
        peak = bisector_value(merging)
        plateau = np.sqrt(np.sum(EVEN**2) + np.cos(np.radians(merging)) ** 4 / 2 - peak**2)
        merged, parted = np.argmax(mass >= peak / 2), np.argmax(away <= plateau / 2)
        waiting = float(angle[(merged + parted) // 2])
        return {
            "on the bisector": nearness(waiting, 0.0, merging / 2),
            "on the targets": nearness(float(angle[-1]), merging / 2, 0.0),
            "below the greedy residual": float(1 - away[-1] / greedy.residual_norms[-1]),
        }, float(run.t[parted])

    pair, coarse = _Pair(start, tol), _Pair(start, 100 * tol)
    firsts = {f"first, at {theta:g} degrees": (first(theta, pair), theta) for theta in degrees}
    lasts, parted = split(pair)
    found = {name: margin for name, (margin, _) in firsts.items()} | lasts
    worst = min(found, key=lambda name: found[name])
    again = first(firsts[worst][1], coarse) if worst in firsts else split(coarse)[0][worst]
    sine = float(np.sin(np.radians(merging)))
    scale = 2 * -small / (3 * sine**2)
    return Evidence(
        statement="ge2021.limitation",
        margin=found[worst],
        error=max(abs(found[worst] - again), SOLVER_ALLOWANCE * tol),
        instances=len(degrees) + 3,
        sizes={"degrees": list(degrees), "d": d, "m": m, "delta0": delta0},
        seeds=(seed,),
        where=worst,
        control=(
            f"merging claimed at {apart:g} degrees",
            nearness(pair.first_angle(apart, log_norm, glimpse), 0.0, apart / 2),
        ),
        constants={
            "residual at which greedy deflation is stuck": float(greedy.residual_norms[-1]),
            "time of the split over 2 log(1/delta0) / (3 sin^2 theta)": parted / scale,
        },
        note="the example of the paper's appendix is not in our text; this one is ours",
    )
