"""Theorem 1 of Ge et al. (2021) on a grid: Algorithm 2 with explicit constants, ten draws a row.

Fifteen rows cover dimension, accuracy and shape of the target; in three more the targets are steep, so
that the upper half of Proposition 1(c) claims something in late epochs. Width is one of the theorem's
hidden constants: where a draw of the first fifteen loses a target, the row stands again at double
width. A row whose target has a weight below eps/sqrt(d) is outside the paper's assumption; it is run all
the same and counted in ``small_weights``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from flowbounds.bounds.induction import DeflationConstants
from flowbounds.dynamics.discovery import alignment_floor
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.sweep import Study
from flowbounds.models.target_weights import target_weights

TOL = 1e-9
CONSTANTS = DeflationConstants.separated()
SEEDS = range(100, 110)


@dataclass(frozen=True)
class Row:
    """One row of the table: target, accuracy and width."""

    d: int
    eps: float
    family: str
    r: int
    m: int


ROWS = (
    Row(5, 0.3, "geometric", 5, 40),
    Row(5, 0.1, "geometric", 5, 40),
    Row(5, 0.03, "geometric", 5, 40),
    Row(10, 0.3, "geometric", 10, 100),
    Row(10, 0.1, "geometric", 10, 100),
    Row(10, 0.03, "geometric", 10, 100),
    Row(10, 0.1, "equal", 10, 100),
    Row(10, 0.03, "power", 10, 160),
    Row(20, 0.1, "geometric", 5, 60),
    Row(20, 0.1, "dirichlet", 20, 200),
    Row(20, 0.03, "dirichlet", 20, 200),
    Row(50, 0.3, "geometric", 5, 80),
    Row(50, 0.1, "geometric", 5, 80),
    Row(50, 0.03, "geometric", 5, 80),
    Row(50, 0.1, "dirichlet", 50, 400),
    Row(10, 0.1, "steep", 5, 100),
    Row(20, 0.1, "steep", 5, 120),
    Row(20, 0.03, "steep", 6, 120),
    Row(5, 0.1, "geometric", 5, 80),
    Row(5, 0.03, "geometric", 5, 80),
    Row(20, 0.03, "dirichlet", 20, 400),
)


def cell(*, d: int, eps: float, family: str, r: int, m: int, seed: int) -> dict[str, Any]:
    """One draw of target and start, run to the end; parts (a) and (b) no finer than the solver's floor."""
    rng = np.random.default_rng(seed)
    a = target_weights(family, r, d, eps, rng)
    run = modified_flow(a, d, m, eps, rng=rng, constants=CONSTANTS, tol=TOL)
    worst, alpha = run.proposition1, run.parameters.alpha
    floor = alignment_floor(d, alpha, TOL)
    betas = {epoch.index: epoch.beta for epoch in run.history}
    shrink = 1 - CONSTANTS.gamma
    found = [a[one.target] / betas[one.epoch] for one in run.discoveries]
    return {
        "epochs": run.epochs,
        "allowed": int(np.ceil(np.log(betas[0] * np.sqrt(d) / eps) / -np.log(shrink))) + 1 if betas else 0,
        "error": run.final_error / eps,
        "individual": max(float(worst.individual), floor / alpha),
        "average": max(float(worst.average), floor / alpha**2),
        "floor": floor / alpha,
        "gap_low": float(worst.gap_low),
        "gap_high": float(worst.gap_high),
        "binding": sum(a.max() >= beta / shrink for beta in betas.values()),
        "misaligned": len(run.misaligned),
        "passages": sum(one.rising for one in run.crossings),
        "late": sum(one.phase == 2 for one in run.discoveries),
        "smallest_discovered": min(found, default=np.inf),
        "exhausted": int(run.exhausted),
        "epoch_limit": int(run.epoch_limit),
        "small_weights": run.small_weights,
        "alpha": alpha,
        "nfev": run.nfev,
    }


STUDY = Study(
    name="theorem1",
    cell=cell,
    grid=[{**vars(row), "seed": seed} for row in ROWS for seed in SEEDS],
    rtol=1e-5,  # an error at a fixed time is good to about 1e-7; counts are exact
)
