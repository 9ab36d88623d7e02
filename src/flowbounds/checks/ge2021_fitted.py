"""Check of Ge et al. (2021), Lemma 6.2: phase 2 fits what phase 1 discovered."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from flowbounds.bounds.phases import gap_time
from flowbounds.checks.ge2021_discovered import SEPARATED_CASES, Found, smallest, worst_of
from flowbounds.checks.ge2021_phases import FAST, SEPARATED, USUAL, Case, gap_error, run_of
from flowbounds.checks.registry import settles
from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.dynamics.epoch_view import fitted, found, proposition1_holds
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import RESOLVED

AT_REST = 3 / 4  # the slack at the fixed point, where the gap is lam / 2
HASTY = Case(*USUAL, 0.03, FAST)  # a small direction is discovered just before t1


def gaps(run: DeflationRun, a: np.ndarray) -> Iterator[Found]:
    """Lemma 6.2: 1 - gap / (2 lam) at t2 for every direction that was discovered at t1."""
    for epoch in run.history:
        if proposition1_holds(epoch.ratios2, 0):
            gap = a - fitted(epoch.phase2, a.size)[:, -1]
            for k in sorted(found(epoch.phase2, 0)):
                yield Found(k, epoch.index, float(1 - gap[k] / (2 * run.parameters.lam)))


def needed_c4(case: Case, tol: float, gap: float) -> float:
    """The c4 after which Lemma 7's equation, from the mass at t1, has all gaps at ``gap`` lam."""
    run, worst = run_of(case, tol), 0.0
    for epoch in run.history:
        unit = epoch.lengths[3] / case.constants.c4
        mass = fitted(epoch.phase2, case.r)[:, 0]
        for k in found(epoch.phase2, 0):
            if case.a[k] - mass[k] > gap * run.parameters.lam:
                ask = (float(case.a[k]), run.parameters.lam, float(np.log(mass[k])))
                worst = max(worst, gap_time(*ask, gap * run.parameters.lam) / unit)
    return worst


@settles("ge2021.lemma6.2", kind="inequality")
def fits_discovered(
    *,
    cases: Sequence[Case] = tuple(SEPARATED_CASES),
    size: tuple[int, int, int] = USUAL,
    hasty: Case = HASTY,
    tol: float = 1e-9,
) -> Evidence:
    """What is discovered at t1 has a gap of at most 2 lam at t2.

    An instance is a direction in an epoch whose phase 2 begins with Proposition 1; slack 1 - gap/(2 lam).
    Error: the hardest case at ``tol``/10, at least what ``tol`` allows. Controls: a phase 2 ten times
    shorter; the fast constants, where a small direction is discovered so late that c4 = 1 is not enough for
    it. Measured constants: the c4 that Lemma 7's equation asks for there, and 1/(2 C).
    """
    results = {case: list(gaps(run_of(case, tol), case.a)) for case in cases}
    hardest = min(cases, key=lambda case: worst_of(results[case]).slack)
    worst = worst_of(results[hardest])
    finer = worst_of(list(gaps(run_of(hardest, tol / 10), hardest.a)))
    error = max(abs(worst.slack - finer.slack), gap_error(hardest, tol) / 2)
    settled = worst.slack > AT_REST - RESOLVED * error  # which of them is the worst is then noise
    short = Case(*size, 0.1, replace(SEPARATED, c4=SEPARATED.c4 / 10))
    controls = [
        (name, worst_of(list(gaps(run_of(case, tol), case.a))).slack)
        for name, case in (("c4 = 1/10", short), ("fast constants", hasty))
    ]
    return Evidence(
        statement="ge2021.lemma6.2",
        margin=worst.slack,
        error=error,
        instances=sum(map(len, results.values())),
        sizes={"(d, r, m)": sorted({str((case.d, case.r, case.m)) for case in cases})},
        seeds=sorted({case.seed for case in cases}),
        where="" if settled else f"{hardest}, epoch {worst.epoch}, k = {worst.k + 1}",
        control=controls[0],
        controls=controls[1:],
        constants={
            "c4 that the fast constants would need": needed_c4(hasty, tol, 2.0),
            "their 1/(2 C)": 1 / (2 * min(one.ratio for one in smallest(hasty, FAST, tol))),
        },
    )
