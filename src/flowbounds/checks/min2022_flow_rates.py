"""Checks of the general convergence analysis of Min et al. (slides): inequality and rate on flows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.rates import exponential_gap, margin, spectrum, two_layer_rate_at_margin
from flowbounds.checks.flow_cases import (
    OBJECTIVES,
    Case,
    Run,
    case,
    run_case,
    sample_flow,
    scalar_cases,
    two_layer_cases,
)
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.linear_network import imbalances, product
from flowbounds.models.objectives import regression
from flowbounds.validation import FloatArray

DRIFT_ALLOWED = 100.0  # tolerances by which an imbalance may drift: the run counts as a flow below it
FINER = 20.0  # times: the second run, at the same samples
DEPTHS = (2, 3, 4, 6)


def envelope_slack(gamma: float, alpha: float, run: Run) -> FloatArray:
    """Fall of the log gap over what the envelope asks for, less one, at every sample."""
    asked = np.log(run.gap0 / exponential_gap(run.gap0, gamma, alpha, run.t))
    return np.asarray(run.fall / asked - 1)


def slope_slack(gamma: float, alpha: float | FloatArray, run: Run) -> FloatArray:
    """Squared gradient over ``gamma alpha gap``, less one, at every sample."""
    return np.asarray(run.gradient / (gamma * alpha) - 1)


@dataclass(frozen=True)
class Survey:
    """Worst slack over many flows, its uncertainty, and where; ``runs`` holds those with a bound."""

    margin: float
    error: float
    where: str
    instances: int
    vacuous: int
    runs: tuple[tuple[Case, Run], ...]

    def worst(self, measure: Callable[[Case, Run], FloatArray]) -> float:
        """Smallest value of a measure over all runs and samples."""
        return min(float(np.min(measure(one, run))) for one, run in self.runs)


def survey(cases: Iterable[Case], slack: Callable[[Case, Run], FloatArray], *, tol: float) -> Survey:
    """Run every case that has a bound at ``tol`` and again twenty times finer, at the same times.

    The margin is also at most one less the drift of the imbalances over 100 ``tol``. The error is the
    largest relative difference of the two runs, and at least what the inequalities between the three
    envelopes are violated by (T above its bound, the slope above T), up to a power of ten.
    """
    worst, error, where, count, runs = np.inf, 0.0, "", 0, []
    for one in cases:
        count += 1
        if one.alpha == 0:
            continue
        run = run_case(one, tol=tol)
        fine = sample_flow(one, np.concatenate([[0.0], run.t]), tol=tol / FINER)
        found = slack(one, run)
        gamma = one.objective.gamma
        middle = min(np.min(slope_slack(gamma, run.smallest, run)), np.min(run.smallest / one.alpha) - 1)
        apart = np.max(np.abs(slack(one, fine) - found) / np.maximum(1 + found, 1))
        error = max(error, float(apart), -float(middle))
        smallest = min(float(np.min(found)), 1 - run.drift / DRIFT_ALLOWED)
        if smallest < worst:
            worst, where = smallest, one.name
        runs.append((one, run))
    return Survey(worst, decade_above(error), where, count, count - len(runs), tuple(runs))


def mixed_cases(flows: int, scalar_flows: int, rng: Generator, *, crossing: bool = True) -> Iterable[Case]:
    """Two-layer starts for every kind of objective, then scalar networks, some of which cross zero."""
    yield from two_layer_cases(flows, rng)
    yield from scalar_cases(scalar_flows, DEPTHS, rng, near=None if crossing else True)


def printed_rate(one: Case) -> float:
    """Twice the bound of two layers, as Proposition 2 is printed in the slides."""
    return (2 if len(one.weights) == 2 else 1) * one.alpha


def stray_case() -> tuple[Case, float]:
    """A start of ``f = w_1^2 / 2`` on two coordinates, with neither imbalance that helps nor margin; a claim.

    f is not strongly convex. The claim is the bound with the margin to the nearest minimiser, mu its
    smallest *nonzero* eigenvalue. But the free coordinate ``w_2 = q v`` dies with v: the gap falls as 1/t^2.
    """
    weights = [np.array([[0.3], [1.0]]), np.array([[0.3]])]
    f, W0 = regression([[1.0, 0.0]], [[0.0]]), product(weights)
    nearest = W0 * [[0.0], [1.0]]
    claimed = margin(nearest, W0, K=f.K, mu=f.gamma / 2)
    return case("stray", weights, f), two_layer_rate_at_margin(imbalances(weights)[0], 2, 1, claimed)


@settles("min2022.rate.trajectoryPL", kind="inequality")
def trajectory_pl(*, flows: int = 4, scalar_flows: int = 2, tol: float = 1e-11, rng: Generator) -> Evidence:
    """At every sample of every flow the squared gradient is at least gamma alpha(D(0), margin) times the gap.

    Margin: squared gradient over the bound, less one; squared gradient over gap is minus the slope of the
    log gap. Scalars do not cross zero here, where two of them attain the bound. Truth: a run with a
    twentieth of the tolerance. Controls: Proposition 2 as printed; a margin for
    an f that is not strongly convex.
    """
    found = survey(
        mixed_cases(flows, scalar_flows, rng, crossing=False),
        lambda one, run: slope_slack(one.objective.gamma, one.alpha, run),
        tol=tol,
    )
    stray, claimed = stray_case()
    late = sample_flow(stray, np.linspace(0, 100, 51), tol=tol)
    near = found.worst(lambda one, run: run.smallest / one.alpha - 1)
    return Evidence(
        statement="min2022.rate.trajectoryPL",
        margin=found.margin,
        error=found.error,
        instances=found.instances,
        vacuous=found.vacuous,
        sizes={"flows an objective": flows, "objectives": len(OBJECTIVES), "scalar depths": list(DEPTHS)},
        where=found.where,
        control=(
            "Proposition 2 twice as large, as printed",
            found.worst(lambda one, run: slope_slack(one.objective.gamma, printed_rate(one), run)),
        ),
        controls=[
            (
                "a margin where f is not strongly convex",
                float(np.min(slope_slack(stray.objective.gamma, claimed, late))),
            )
        ],
        constants={"smallest lambda_min(T) over its bound, less 1": (near, found.error)},
        note="two layers and scalar networks; imbalances drift by less than 100 tol",
    )


@settles("min2022.rate.imbalance_only", kind="inequality")
def imbalance_only(*, flows: int = 4, scalar_flows: int = 2, tol: float = 1e-11, rng: Generator) -> Evidence:
    """From starts without a margin the gap stays below its envelope with alpha(D, 0).

    Targets are far, those of scalars on the other side of zero. Margin: fall of the log gap over the
    envelope's, less one. Truth: a run with a twentieth of the tolerance. Controls: the largest eigenvalues
    a_1 + b_1 in place of a_n + b_m; Proposition 2 as printed.
    """
    cases = [
        one
        for one in (
            *two_layer_cases(flows, rng, near=False),
            *scalar_cases(scalar_flows, DEPTHS, rng, near=False),
        )
        if one.margin == 0
    ]
    found = survey(
        cases, lambda one, run: envelope_slack(one.objective.gamma, one.alpha_imbalance, run), tol=tol
    )

    def largest(one: Case) -> float:
        values = spectrum(imbalances(one.weights)[0])
        return max(values[0], 0.0) + max(-values[-1], 0.0) if len(one.weights) == 2 else one.alpha

    return Evidence(
        statement="min2022.rate.imbalance_only",
        margin=found.margin,
        error=found.error,
        instances=found.instances,
        vacuous=found.vacuous,
        sizes={"flows an objective": flows, "objectives": len(OBJECTIVES), "scalar depths": list(DEPTHS)},
        where=found.where,
        control=(
            "largest eigenvalues of D in place of the n-th and m-th",
            found.worst(lambda one, run: envelope_slack(one.objective.gamma, largest(one), run)),
        ),
        controls=[
            (
                "Proposition 2 twice as large, as printed",
                found.worst(lambda one, run: envelope_slack(one.objective.gamma, printed_rate(one), run)),
            )
        ],
        note="every start has margin zero",
    )


@settles("min2022.rate.end_to_end", kind="inequality")
def end_to_end(*, flows: int = 8, scalar_flows: int = 4, tol: float = 1e-11, rng: Generator) -> Evidence:
    """The gap is below exp(-gamma alpha(D, margin) t) times its start, at every sample of every flow.

    Margin: fall of the log gap over the envelope's, less one. Truth: a run with a twentieth of the
    tolerance. Controls: Proposition 2 as printed; a margin for an f that is not strongly convex.
    """
    found = survey(
        mixed_cases(flows, scalar_flows, rng),
        lambda one, run: envelope_slack(one.objective.gamma, one.alpha, run),
        tol=tol,
    )
    stray, claimed = stray_case()
    late = sample_flow(stray, np.linspace(0, 200, 51), tol=tol)
    broken = [
        int(np.sum(envelope_slack(one.objective.gamma, printed_rate(one), run) < 0))
        for one, run in found.runs
    ]
    return Evidence(
        statement="min2022.rate.end_to_end",
        margin=found.margin,
        error=found.error,
        instances=found.instances,
        vacuous=found.vacuous,
        sizes={"flows an objective": flows, "objectives": len(OBJECTIVES), "scalar depths": list(DEPTHS)},
        where=found.where,
        control=(
            "Proposition 2 twice as large, as printed",
            found.worst(lambda one, run: envelope_slack(one.objective.gamma, printed_rate(one), run)),
        ),
        controls=[
            (
                "a margin where f is not strongly convex",
                float(np.min(envelope_slack(stray.objective.gamma, claimed, late))),
            )
        ],
        constants={
            "flows with a margin": float(sum(one.margin > 0 for one, _ in found.runs)),
            "flows that leave the printed envelope": float(np.count_nonzero(broken)),
        },
        note="two layers and scalar networks; imbalances drift by less than 100 tol",
    )
