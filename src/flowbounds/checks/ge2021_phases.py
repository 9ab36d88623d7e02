"""Checks of Ge et al. (2021), Lemmas 4.1 and 6.1: both phases of an epoch keep the induction hypothesis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from flowbounds.bounds.induction import DeflationConstants, Theorem1Parameters, theorem1_parameters
from flowbounds.bounds.proposition1 import Ratios
from flowbounds.checks.ge2021_staircase import SOLVER_ALLOWANCE
from flowbounds.checks.registry import settles
from flowbounds.dynamics.deflation_run import DeflationRun, Epoch
from flowbounds.dynamics.epoch_view import LOWEST_GAP, at, found, proposition1_holds
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.evidence import Evidence
from flowbounds.models.tensor_ensembles import geometric_weights
from flowbounds.validation import FloatArray

FAST, SEPARATED = DeflationConstants.fast(), DeflationConstants.separated()
USUAL = (10, 10, 100)  # d, r, m of the controls
KEPT_RUNS = 64  # a run is a few megabytes, and several checks look at the same ones


@dataclass(frozen=True)
class Case:
    """One run of Algorithm 2; ``alpha`` None is the theorem's, ``parameters`` override it."""

    d: int
    r: int
    m: int
    eps: float
    constants: DeflationConstants = SEPARATED
    alpha: float | None = None
    seed: int = 0
    ratio: float = 1.2
    parameters: Theorem1Parameters | None = None
    max_epochs: int = 60

    @property
    def a(self) -> FloatArray:
        """Weights of the target."""
        return geometric_weights(self.r, self.ratio)

    @property
    def claimed(self) -> Theorem1Parameters:
        """The theorem's parameters, whatever the run uses."""
        return theorem1_parameters(self.d, self.eps, self.m, constants=self.constants, alpha=self.alpha)

    def changed(self, **numbers: float) -> "Case":
        """The same run with some of the theorem's parameters replaced: a control."""
        return replace(self, parameters=replace(self.claimed, **numbers), max_epochs=3)

    def __str__(self) -> str:
        alpha = "" if self.alpha is None else f", alpha = {self.alpha:g}"
        return f"d = {self.d}, r = {self.r}, m = {self.m}, eps = {self.eps:g}{alpha}, seed {self.seed}"


@lru_cache(maxsize=KEPT_RUNS)
def run_of(case: Case, tol: float) -> DeflationRun:
    """The run of a case."""
    return modified_flow(
        case.a,
        case.d,
        case.m,
        case.eps,
        rng=np.random.default_rng(case.seed),
        constants=case.constants,
        alpha=case.alpha,
        parameters=case.parameters,
        max_epochs=case.max_epochs,
        tol=tol,
    )


def gap_error(case: Case, tol: float) -> float:
    """What the solver's tolerance leaves open of a gap in units of lam, even where the flow is at rest."""
    return float(2 * case.a.max() * SOLVER_ALLOWANCE * tol / case.claimed.lam)


def grid(
    *,
    sizes: Sequence[tuple[int, int, int]],
    eps: float,
    alphas: Sequence[float],
    seeds: Sequence[int],
    constants: DeflationConstants = FAST,
) -> list[Case]:
    """Cases over sizes (d, r, m), overridden alphas and seeds."""
    return [Case(*size, eps, constants, alpha, seed) for size in sizes for alpha in alphas for seed in seeds]


INDUCTION = (
    *grid(sizes=[(5, 5, 40), USUAL], eps=0.03, alphas=(0.3, 0.1, 0.03), seeds=(0, 1)),
    Case(*USUAL, 0.1),
)


@dataclass(frozen=True)
class Claim:
    """One part of Proposition 1 over one phase: its slack, or None where the bound is empty."""

    part: str
    epoch: int
    slack: float | None


def claims(run: DeflationRun, phase: int) -> Iterator[Claim]:
    """What the lemma says about each epoch, part by part.

    Empty: an epoch that does not begin with Proposition 1; (a) and (b) without members; the lower half
    of (c) where s m delta1^2 has eaten lam/6; the upper half where no weight reaches beta/(1 - gamma).
    """
    for epoch in run.history:
        samples, start = (epoch.ratios1, 0) if phase == 1 else (epoch.ratios2, 0)
        if proposition1_holds(samples, start):
            yield from _kept(run, epoch, samples, phase)
        else:
            yield from (Claim(part, epoch.index, None) for part in ("a", "b", "c low", "c high", "d"))


def _kept(run: DeflationRun, epoch: Epoch, samples: Ratios, phase: int) -> Iterator[Claim]:
    stretch = epoch.phases[phase - 1]
    parts = [samples] + ([at(epoch.ratios2, 0)] if phase == 1 else [])  # t1 counts after re-initialisation
    here = [one for one in stretch.passages if one.rising]
    joined = [one.misalignment / run.parameters.alpha for one in here if one.discovers]
    members = bool(found(stretch, -1)) or any(np.any(one.individual > 0) for one in parts)
    drift = epoch.index * stretch.log_norms.shape[0] * np.exp(2 * run.parameters.log_delta1)
    unit = run.parameters.lam or np.inf  # lam = 0 is a control: its claim is the nominal one
    high = max(np.max(one.gap_high) for one in parts)
    low = min(np.min(one.gap_low) for one in parts)
    worst_a = max(*(np.max(one.individual) for one in parts), *joined, 0.0)
    strays = sum(not one.discovers for one in here)
    s = epoch.index
    yield Claim("a", s, float(1 - worst_a) if members else None)
    yield Claim("b", s, float(1 - max(np.max(one.average) for one in parts)) if members else None)
    yield Claim("c low", s, float(low / LOWEST_GAP - 1) if drift < LOWEST_GAP * unit else None)
    yield Claim("c high", s, float(1 - high) if np.isfinite(high) else None)
    yield Claim("d", s, -float(strays) if strays else 1.0)


def _worst(case: Case, phase: int, tol: float) -> tuple[float, str]:
    kept = [one for one in claims(run_of(case, tol), phase) if one.slack is not None]
    if not kept:
        return np.inf, ""
    worst = min(kept, key=lambda one: one.slack or 0.0)
    return float(worst.slack or 0.0), f"{case}, epoch {worst.epoch}, part ({worst.part})"


def _evidence(
    statement: str, phase: int, cases: Sequence[Case], controls: dict[str, Case], tol: float
) -> Evidence:
    everything = [one for case in cases for one in claims(run_of(case, tol), phase)]
    hardest = min(cases, key=lambda case: _worst(case, phase, tol)[0])
    margin, where = _worst(hardest, phase, tol)
    finer = _worst(hardest, phase, tol / 10)[0]
    results = [(name, _worst(case, phase, tol)[0]) for name, case in controls.items()]
    informative = [case.alpha for case in cases if case.alpha is not None]
    constants = {
        f"largest ratio of (a) and (b) at alpha = {alpha:g}": max(
            1 - one.slack
            for case in cases
            if case.alpha == alpha
            for one in claims(run_of(case, tol), phase)
            if one.part in {"a", "b"} and one.slack is not None
        )
        for alpha in sorted(set(informative), reverse=True)
    }
    return Evidence(
        statement=statement,
        margin=margin,
        error=max(abs(margin - finer), gap_error(hardest, tol) / LOWEST_GAP),
        instances=len(everything),
        vacuous=sum(one.slack is None for one in everything),
        sizes={"(d, r, m)": sorted({str((case.d, case.r, case.m)) for case in cases})},
        seeds=sorted({case.seed for case in cases}),
        where=where,
        control=results[0],
        controls=results[1:],
        constants=constants,
    )


@settles("ge2021.lemma4.1", kind="inequality")
def phase1(
    *, cases: Sequence[Case] = INDUCTION, size: tuple[int, int, int] = USUAL, tol: float = 1e-9
) -> Evidence:
    """Proposition 1 at the start of an epoch gives Proposition 1 all through phase 1.

    An instance is one part of the proposition over one phase 1, re-initialised end included; its slack is
    1 - ratio for (a), (b) and the upper half of (c), 6 (gap/lam) - 1 for the lower half, and minus the
    number of misaligned passages of delta1 for (d), 1 if there is none. Error: the hardest case at
    ``tol``/10, at least what ``tol`` allows. Controls, at ``size`` (d, r, m): delta0 = delta1/2, which leaves
    no time to align; lam = 0 with phases long enough to fit in.
    """
    quick = Case(*size, 0.03, FAST, 0.1)
    long = Case(*size, 0.1)
    controls = {
        "delta0 = delta1/2": quick.changed(log_delta0=quick.claimed.log_delta1 - float(np.log(2))),
        "no regulariser, separated scales": long.changed(lam=0.0),
    }
    return _evidence("ge2021.lemma4.1", 1, cases, controls, tol)


@settles("ge2021.lemma6.1", kind="inequality")
def phase2(
    *, cases: Sequence[Case] = INDUCTION, size: tuple[int, int, int] = USUAL, tol: float = 1e-9
) -> Evidence:
    """Proposition 1 at the re-initialised end of phase 1 gives Proposition 1 all through phase 2.

    Instances, slack and error as in :func:`phase1`. Controls: lam = 0; delta0 = delta1/2 with a phase 1 too
    short for any passage, so that they all fall into phase 2.
    """
    quick = Case(*size, 0.03, FAST, 0.03)
    hasty = replace(quick, constants=replace(FAST, c1=1e-3, c2=1e-3, c3=1e-3))
    controls = {
        "no regulariser": quick.changed(lam=0.0),
        "delta0 = delta1/2": hasty.changed(log_delta0=hasty.claimed.log_delta1 - float(np.log(2))),
    }
    return _evidence("ge2021.lemma6.1", 2, cases, controls, tol)
