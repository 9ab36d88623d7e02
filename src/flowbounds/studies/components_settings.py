"""Theorem 3 of Wang et al. (2020) in settings that can be run: how often Algorithm 1 reaches eps, and when.

Two widths on a grid of orders, ranks, dimensions and kinds of target, and many draws of two single settings
at both, for the probability; variants of the algorithm at one budget; lambda and epochs as the theorem
scales them.
"""

from typing import Any

import numpy as np

from flowbounds.checks.component_runs import BUDGET, EPOCHS, Setting, attempt
from flowbounds.dynamics.sweep import Study

EPS = 0.1
DRAWS = {"narrow": 10, "wide": 10, "many": 40, "few": 40, "variants": 8, "theorem": 2}  # of one cell
BLOCKS = 20  # cells of a single setting
SINGLE = (("orthonormal", 4, 5, 30), ("dependent", 3, 5, 30))  # the slowest, and one that narrow runs lose
COMPARED = (3, 20)  # r and d of the variants
MANY_MORE = 4  # wide: this many components for each of the target


def kinds_of(r: int) -> tuple[str, ...]:
    """Kinds of target at rank r: two dependent components would be one."""
    return ("orthonormal", "gaussian", "dependent") if r > 2 else ("orthonormal", "gaussian")


def cell(
    *, part: str, variant: str, kind: str, order: int, r: int, d: int, m: int, block: int
) -> dict[str, Any]:
    """Draws of one setting: the epoch of the first success, zero for none, and the last errors."""
    setting = Setting(kind, order, r, d, m, EPS, variant)
    epochs = BUDGET if part in ("variants", "theorem") else EPOCHS
    firsts, errors, weights = [], [], []
    for seed in range(block * DRAWS[part], (block + 1) * DRAWS[part]):
        with np.errstate(over="ignore", invalid="ignore"):  # from a coarse start descent diverges
            run, weight = attempt(setting, seed, epochs=epochs)
        firsts.append(len(run.epochs) if run.reached else 0)
        errors.append(float(run.errors[-1]))
        weights.append(weight)
    lost = [error for error, first in zip(errors, firsts, strict=True) if not first]
    return {
        "epochs": firsts,
        "reached": sum(first > 0 for first in firsts),
        "largest_error": np.max(errors),
        "lost_errors": np.round(lost, 3),
        "largest_weight": max(weights),
        "allowed": epochs,
    }


def _grid() -> list[dict[str, Any]]:
    """All cells."""
    names = ("part", "variant", "kind", "order", "r", "d", "m", "block")
    rows: list[tuple[Any, ...]] = []
    for order in (3, 4):
        for r in (1, 2, 3, 5):
            for kind in kinds_of(r):
                for d in (10, 30, 100):
                    rows.append(("narrow", "algorithm", kind, order, r, d, r + 2, 0))
                    rows.append(("wide", "algorithm", kind, order, r, d, MANY_MORE * r, 0))
    for kind, order, r, d in SINGLE:
        for block in range(BLOCKS):
            rows.append(("few", "algorithm", kind, order, r, d, r + 2, block))
            rows.append(("many", "algorithm", kind, order, r, d, MANY_MORE * r, block))
    r, d = COMPARED
    for order in (3, 4):
        for m in (r, r + 1, r + 2, 3 * r):
            tried = ("algorithm", "none", "largest")
            rows += [("variants", variant, "orthonormal", order, r, d, m, 0) for variant in tried]
        rows.append(("variants", "unswitched", "orthonormal", order, r, d, r + 2, 0))
    rows.append(("variants", "coarse", "orthonormal", 3, r, d, r + 2, 0))
    for kind, order, r in (("orthonormal", 3, 5), ("dependent", 3, 5), ("orthonormal", 4, 3)):
        rows.append(("theorem", "theorem", kind, order, r, 30, r + 2, 0))
    return [dict(zip(names, row, strict=True)) for row in rows]


STUDY = Study(name="components_settings", cell=cell, grid=_grid(), rtol=1e-3)
