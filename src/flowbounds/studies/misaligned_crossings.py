"""How often a component passes delta1 without being aligned: the frozen residual against the real flow.

With alpha far above the theorem's the event is frequent enough to be counted. ``log10_shrink`` multiplies
delta1 and delta0 by a power of ten: at 0 the components that have passed already bend the residual while
late ones are still turning; at -12 they are too small to matter.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from flowbounds.bounds.induction import DeflationConstants, theorem1_parameters
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.frozen_crossing import misalignment_at_growth
from flowbounds.dynamics.sweep import Study
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

D, R, M, EPS = 10, 5, 400, 0.1
DRAWS = 20_000  # fresh columns for the frozen probability, a cell
TOL = 1e-8  # alpha is large here: misalignments of 1e-2 are told apart


def cell(*, alpha: float, log10_shrink: int, seed: int) -> dict[str, Any]:
    """Counts in epoch 0 of one run, and the frozen law on the same start and on fresh draws."""
    constants = replace(DeflationConstants.fast(), delta1=10.0**log10_shrink)
    a = geometric_weights(R, 1.2)
    p = theorem1_parameters(D, EPS, M, constants=constants, alpha=alpha)
    growth = p.log_delta1 - p.log_delta0
    start = uniform_directions(D, M, np.random.default_rng(seed))
    fresh = uniform_directions(D, DRAWS, np.random.default_rng(seed + 1_000_000))
    same, many = (misalignment_at_growth(u, a, growth, lam=p.lam)[0] > alpha**2 for u in (start, fresh))
    given: dict[str, Any] = {"constants": constants, "alpha": alpha, "start": start, "max_epochs": 1}
    given |= {"reinitialize": False}  # so that the same columns are compared
    run = modified_flow(a, D, M, EPS, rng=np.random.default_rng(seed), tol=TOL, **given)
    return {
        "columns": M,
        "passages": sum(one.rising for one in run.crossings),
        "misaligned": len(run.misaligned),
        "frozen_same_start": int(same.sum()),
        "draws": DRAWS,
        "frozen": int(many.sum()),
        "worst": max((one.misalignment for one in run.crossings if one.rising), default=0.0) / alpha**2,
    }


STUDY = Study(
    name="misaligned_crossings",
    cell=cell,
    grid=[
        {"alpha": alpha, "log10_shrink": shrink, "seed": seed}
        for alpha in (0.3, 0.5, 0.7)
        for shrink in (0, -12)
        for seed in range(10)
    ],
    rtol=1e-4,  # a misalignment of order alpha^2 to about 100 tolerances; counts are exact
)
