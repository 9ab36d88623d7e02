"""Runs of Algorithm 1 of Wang et al. (2020) on random targets of low rank, in the working settings.

The settings are ours: Theorem 3 names rates, not numbers. They were chosen by trying and stand here once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from flowbounds.bounds.components import literal_parameters
from flowbounds.dynamics.reinitialized_descent import Run, reinitialized_descent
from flowbounds.models.low_rank_targets import KINDS, low_rank_target

ETA, ITERATIONS, DELTA = 0.05, 500, 1e-6
EPOCHS = 40  # at most, in the working settings
BUDGET = 20  # epochs of every variant where variants are compared
COARSE = 0.1  # a first norm that is not small
HALF = 0.5  # of the literal lambda; one would rest at eps for r = 1

Variant = dict[str, Any]
VARIANTS: dict[str, Variant] = {
    "algorithm": {},
    "none": {"reinitialize": None},
    "largest": {"reinitialize": "largest"},
    "unswitched": {"s0": 1.0},
    "coarse": {"delta": COARSE},
    "theorem": {},  # lambda and the length of an epoch scale with r as in the theorem
}


@dataclass(frozen=True)
class Setting:
    """A random target, a width, and which variant of the algorithm is run."""

    kind: str
    order: int
    r: int
    d: int
    m: int
    eps: float = 0.1
    variant: str = "algorithm"


def working_lam(kind: str, r: int, eps: float) -> float:
    r"""Orthonormal targets rest at :math:`\lambda\sqrt r`, here half of eps; for others eps squared.

    The second is below eps at rest while the weights add up to less than one in size, in proven terms.
    """
    return float(eps / (2 * np.sqrt(r)) if kind == "orthonormal" else eps**2)


def attempt(setting: Setting, seed: int, *, epochs: int = EPOCHS, on: bool = False) -> tuple[Run, float]:
    """One run until it reaches eps, or through all ``epochs`` where ``on``; and the sum of the weights."""
    one = setting
    where = [seed, KINDS.index(one.kind), one.order, one.r, one.d]  # the same target at every width
    U_star, c_star = low_rank_target(one.kind, one.r, one.d, one.order, np.random.default_rng(where))
    lam, iterations = working_lam(one.kind, one.r, one.eps), ITERATIONS
    if one.variant == "theorem":
        literal = literal_parameters(one.order, one.r, one.d, one.eps)
        lam, iterations = HALF * literal.lam, int(np.ceil(literal.epoch_time / ETA))
    given: Variant = {"delta": DELTA, "eps": 0.0 if on else one.eps, **VARIANTS[one.variant]}
    run = reinitialized_descent(
        *(U_star, c_star, one.m),
        order=one.order,
        epochs=epochs,
        iterations=iterations,
        eta=ETA,
        lam=lam,
        rng=np.random.default_rng([*where, one.m]),
        **given,
    )
    return run, float(np.abs(c_star).sum())
