"""Checks of Ge et al. (2021), Lemmas 4.2 and 4.3: phase 1 discovers the large and not the small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flowbounds.bounds.induction import DeflationConstants, epoch_lengths
from flowbounds.bounds.phases import discovery_cost
from flowbounds.checks.ge2021_phases import FAST, SEPARATED, USUAL, Case, grid, run_of
from flowbounds.checks.registry import settles
from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.dynamics.epoch_view import first_passage, fitted, found, fresh_share, proposition1_holds
from flowbounds.dynamics.frozen_path import FrozenPath, root
from flowbounds.evidence import Evidence

SEPARATED_CASES = [
    *(Case(5, 5, 40, 0.1, seed=seed) for seed in (0, 1)),
    *(Case(*USUAL, 0.1, seed=seed) for seed in (0, 1)),
    Case(*USUAL, 0.03),
    Case(20, 5, 60, 0.1),
]
WIDE_STEPS = replace(FAST, gamma=0.8)  # beta falls faster than phase 2 can discover ahead
FAST_CASES = [Case(*USUAL, 0.1, constants, seed=seed) for constants, seed in ((FAST, 0), (WIDE_STEPS, 0))]
QUICK_CASES = grid(sizes=[(5, 5, 40), (10, 10, 100)], eps=0.03, alphas=(0.3, 0.1, 0.03), seeds=(0, 1))


@dataclass(frozen=True)
class Found:
    """Direction k in epoch s: what is claimed about it and by how much it holds, in units of the bound."""

    k: int
    epoch: int
    slack: float


def overdue(run: DeflationRun, a: np.ndarray) -> Iterator[Found]:
    """Lemma 4.2: what is left of phase 1 when k with a_k >= beta is discovered, as a share of t1.

    The time of a direction that is missed runs on: the slack is negative.
    """
    threshold = np.exp(2 * run.parameters.log_delta1)
    for epoch in run.history:
        if not proposition1_holds(epoch.ratios1, 0):
            continue
        t = epoch.phase1.t
        mass = fitted(epoch.phase1, a.size)[:, -1]
        for k in sorted(set(np.flatnonzero(a >= epoch.beta).tolist()) - found(epoch.phase1, 0)):
            left = 1 - (first_passage(run, k, epoch) - t[0]) / (t[-1] - t[0])
            grown = 1 - threshold / mass[k] if mass[k] > 0 else left
            yield Found(k, epoch.index, float(min(left, grown)))


def _explicit_c(run: DeflationRun, claimed: DeflationConstants, d: int, s: int) -> tuple[float, float]:
    """C of epoch s, twice: no direction below C beta can be discovered in its phase 1."""
    epoch, p = run.history[s], run.parameters
    available = sum(epoch_lengths(d, epoch.beta, p, constants=claimed)[:3])
    if s > 0:
        available += epoch_lengths(d, run.history[s - 1].beta, p, constants=claimed)[3]
    ask = fresh_share(run, s), p.log_delta1 - p.log_delta0 + 0.5 * float(np.log1p(-(p.alpha**2)))
    per_unit = epoch.beta * available
    return discovery_cost(*ask) / per_unit, _cost_along_path(*ask) / per_unit


def _cost_along_path(share: float, growth: float) -> float:
    """:func:`discovery_cost` from the closed form of one component, by root finding: the second route."""
    path = FrozenPath.build(np.array([share, 1 - share]), np.array([1.0, 0.0]))

    def log_coordinate(z: float) -> float:
        return path.log_norm(z) + 0.5 * float(np.log(path.squares(z)[0])) - growth

    return path.time(root(log_coordinate, 4 * growth - np.log(share) + 1))


@dataclass(frozen=True)
class Smallest:
    """The smallest a_k / beta among the directions that phase 1 of one epoch discovers, and the bound C.

    ``second`` is C by the second route.
    """

    ratio: float
    bound: float
    second: float


def smallest(case: Case, claimed: DeflationConstants, tol: float) -> list[Smallest]:
    """Lemma 4.3 over the epochs of a run in which phase 1 discovers something."""
    run, result = run_of(case, tol), []
    for epoch in run.history:
        new = found(epoch.phase1, -1) - found(epoch.phase1, 0)
        if new and proposition1_holds(epoch.ratios1, 0):
            ratio = min(case.a[k] for k in new) / epoch.beta
            result.append(Smallest(float(ratio), *_explicit_c(run, claimed, case.d, epoch.index)))
    return result


def worst_of(results: Sequence[Found]) -> Found:
    """The least slack."""
    return min(results, key=lambda one: one.slack)


@settles("ge2021.lemma4.2", kind="inequality")
def discovers_large(
    *,
    cases: Sequence[Case] = tuple(SEPARATED_CASES + FAST_CASES),
    size: tuple[int, int, int] = USUAL,
    tol: float = 1e-9,
) -> Evidence:
    """Every a_k >= beta that is not discovered at (s, 0) is discovered by t1, with mass at least delta1^2.

    An instance is such a direction in an epoch that begins with Proposition 1; an epoch without one is
    vacuous. Slack: what is left of phase 1 at its first passage, as a share of t1, or 1 - delta1^2/ahat at
    t1 if that is less. Error: the hardest case at ``tol``/10. Controls, at ``size`` (d, r, m): t1''' divided
    by 12; separated scales under an alpha of 0.1, where log(d/alpha) no longer covers log(delta1/delta0).
    Measured: how many directions the fast constants leave to phase 1.
    """
    results = {case: list(overdue(run_of(case, tol), case.a)) for case in cases}
    held = {case: worst_of(found_) for case, found_ in results.items() if found_}
    hardest = min(held, key=lambda case: held[case].slack)
    cut = replace(SEPARATED, c1=0.01, c2=0.01, c3=0.25)
    tight = Case(*size, 0.1, cut, max_epochs=3)
    mixed = Case(*size, 0.1, SEPARATED, 0.1, max_epochs=3)
    controls = [
        (name, worst_of(list(overdue(run_of(case, tol), case.a))).slack)
        for name, case in (("phase 1 cut short", tight), ("separated scales, alpha = 0.1", mixed))
    ]
    finer = worst_of(list(overdue(run_of(hardest, tol / 10), hardest.a)))
    empty = sum(
        len(run_of(case, tol).history) - len({one.epoch for one in found_})
        for case, found_ in results.items()
    )
    worst = held[hardest]
    return Evidence(
        statement="ge2021.lemma4.2",
        margin=worst.slack,
        error=abs(worst.slack - finer.slack),
        instances=sum(map(len, results.values())) + empty,
        vacuous=empty,
        sizes={"(d, r, m)": sorted({str((case.d, case.r, case.m)) for case in cases})},
        seeds=sorted({case.seed for case in cases}),
        where=f"{hardest}, epoch {worst.epoch}, k = {worst.k + 1}",
        control=controls[0],
        controls=controls[1:],
        constants={
            "due under the fast constants, gamma = 1/2": float(
                sum(len(found_) for case, found_ in results.items() if case.constants == FAST)
            )
        },
    )


@settles("ge2021.lemma4.3", kind="inequality")
def discovers_no_small(
    *,
    cases: Sequence[Case] = tuple(SEPARATED_CASES + QUICK_CASES),
    size: tuple[int, int, int] = USUAL,
    tol: float = 1e-9,
) -> Evidence:
    """Phase 1 discovers no a_k below C beta, with the C that its length leaves.

    C = discovery_cost / (beta * time since the last re-initialisation). Margin: (a_k/beta)/C - 1, over all
    epochs in which phase 1 discovers. Error: the hardest case at ``tol``/10 with C by another route.
    Control: t1''' ten times longer than what C is computed with. Measured constants: the smallest a_k/beta,
    the smallest C.
    """
    results = {case: smallest(case, case.constants, tol) for case in cases}
    slack = {
        case: min(one.ratio / one.bound - 1 for one in epochs) for case, epochs in results.items() if epochs
    }
    hardest = min(slack, key=lambda case: slack[case])
    finer = min(one.ratio / one.second - 1 for one in smallest(hardest, hardest.constants, tol / 10))
    long = Case(*size, 0.1, replace(SEPARATED, c3=10 * SEPARATED.c3))
    control = min(one.ratio / one.bound - 1 for one in smallest(long, SEPARATED, tol))
    every = [one for epochs in results.values() for one in epochs]
    empty = sum(len(run_of(case, tol).history) - len(epochs) for case, epochs in results.items())
    return Evidence(
        statement="ge2021.lemma4.3",
        margin=slack[hardest],
        error=abs(slack[hardest] - finer),
        instances=len(every) + empty,
        vacuous=empty,
        sizes={"(d, r, m)": sorted({str((case.d, case.r, case.m)) for case in cases})},
        seeds=sorted({case.seed for case in cases}),
        where=str(hardest),
        control=("a phase 1 ten times too long", control),
        constants={
            "smallest a_k/beta discovered in phase 1": min(one.ratio for one in every),
            "smallest explicit C": min(one.bound for one in every),
        },
    )
