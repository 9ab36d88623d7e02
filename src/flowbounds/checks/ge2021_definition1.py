"""Check of Definition 1 of Ge et al. (2021): passages of delta1 are located, and the sets are disjoint."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from flowbounds.bounds.proposition1 import OUTSIDE
from flowbounds.checks.ge2021_staircase import SOLVER_ALLOWANCE
from flowbounds.checks.ge2021_watched import TOL, Watched, watched
from flowbounds.checks.registry import settles
from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.dynamics.discovery import Stretch
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.validation import FloatArray

GLOBAL = SOLVER_ALLOWANCE * TOL  # log norms are accurate to about this many local errors
DIAGONAL = "every passage joins all sets, if the coordinate is normalised and not the column"


def _again(phase: Stretch, one: Watched) -> FloatArray:
    """|log norm - log delta1| at each passage of a phase, by a second integration from its start."""
    if not phase.passages:
        return np.zeros(0)
    begin = phase.state(0)
    times = np.array([passage.time for passage in phase.passages]) - phase.t[0]
    p = one.run.parameters
    again = tensor_flow(
        begin.directions,
        begin.log_norms,
        one.a,
        float(times.max()) * (1 + 1e-12),
        lam=p.lam,
        tol=TOL / 10,
        t_eval=np.sort(times),
    )
    columns = [phase.passages[i].column for i in np.argsort(times, kind="stable")]
    return np.abs(again.log_norms[columns, np.arange(len(columns))] - p.log_delta1)


def _at_steps(phase: Stretch, log_delta1: float) -> list[float]:
    """|log norm - log delta1| at the solver's step nearest to each passage."""
    steps = [int(np.argmin(np.abs(phase.t - one.time))) for one in phase.passages]
    return [
        float(abs(phase.log_norms[one.column, k] - log_delta1))
        for one, k in zip(phase.passages, steps, strict=True)
    ]


def lives_in_two_sets(run: DeflationRun) -> int:
    """Components that pass delta1 towards two targets between two re-initialisations."""
    count = 0
    targets: dict[int, set[int]] = defaultdict(set)
    for epoch in run.history:
        for phase in epoch.phases:
            for one in phase.passages:
                if one.discovers:
                    count += bool(targets[one.column] - {one.target})
                    targets[one.column].add(one.target)
            if phase is epoch.phase1:
                for column in np.flatnonzero(epoch.fresh):
                    targets.pop(int(column), None)
    return count


def _sets_joined_if_each_coordinate_is_normalised(phase: Stretch, alpha: float) -> float:
    """Number of sets that a member would belong to in the other reading, on average."""
    state = phase.state(-1)
    inside = state.directions[:, state.owner != OUTSIDE]
    unit = inside / np.where(inside == 0, 1.0, np.abs(inside))
    return float(np.mean(np.sum(unit**2 >= 1 - alpha**2, axis=0)))


@settles("ge2021.def1", kind="definition")
def def1(*, runs: Sequence[Watched] | None = None) -> Evidence:
    """A passage of delta1 is located to the integrator's accuracy, and no component is in two sets.

    ``runs`` as in the checks of Proposition 1. Margin: digits by which the log norm at each located time,
    from a second integration, agrees with log delta1 under the model of 100 tol; minus one if a component
    joins two sets in one life. Controls: the step nearest to the passage, without root finding; the other
    reading of the overline, under which every member belongs to all d sets.
    """
    runs = watched(seeds=(0,)) if runs is None else runs
    residuals, steps, readings, both = [], [], [], 0
    for one in runs:
        both += lives_in_two_sets(one.run)
        for epoch in one.run.history:
            for phase in epoch.phases:
                residuals.append(_again(phase, one).max(initial=0.0))
                steps += _at_steps(phase, one.run.parameters.log_delta1)
        readings.append(_sets_joined_if_each_coordinate_is_normalised(one.run.history[-1].phase2, one.alpha))
    located = identity_margin(max(residuals), GLOBAL)
    return Evidence(
        statement="ge2021.def1",
        margin=-1.0 if both else located,
        error=identity_error(10 * TOL, GLOBAL),
        instances=sum(len(one.run.crossings) for one in runs),
        sizes={"d": sorted({one.d for one in runs}), "alpha": sorted({one.alpha for one in runs})},
        seeds=sorted({one.seed for one in runs}),
        controls=[
            ("the step nearest to the passage", identity_margin(float(np.max(steps)), GLOBAL)),
            (DIAGONAL, 1 - max(readings)),
        ],
        constants={"components in two sets": both},
    )
