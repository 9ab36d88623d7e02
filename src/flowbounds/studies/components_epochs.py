"""The setting of Theorem 3 of Wang et al. (2020) that loses draws, with short and with long epochs.

Dependent components, r + 2 components, as many iterations in all: what is lost, and how large the correlation
of the residual with a unit vector is where a run ends without having reached eps.
"""

from typing import Any

import numpy as np

from flowbounds.checks.component_runs import EPOCHS, ITERATIONS, Setting
from flowbounds.checks.lost_draws import repeated
from flowbounds.dynamics.sweep import Study

SETTING = Setting("dependent", order=3, r=5, d=30, m=7)
LONGER = 4  # times fewer epochs, each as many times longer
DRAWS, BLOCKS = 40, 20


def lengths(longer: int) -> dict[str, int]:
    """Epochs and iterations of each, at one number of iterations in all."""
    return {"epochs": EPOCHS // longer, "iterations": ITERATIONS * longer}


def cell(*, longer: int, block: int) -> dict[str, Any]:
    """Draws of one block: first successes, zero for none, and the correlations of those that are lost."""
    firsts, correlations, idle = [], [], []
    for seed in range(block * DRAWS, (block + 1) * DRAWS):
        one = repeated(SETTING, seed, **lengths(longer))
        firsts.append(len(one.run.epochs) if one.run.reached else 0)
        if not one.run.reached:
            correlations.append(one.correlation)
            idle.append(one.idle)
    return {
        "epochs": firsts,
        "reached": int(np.count_nonzero(firsts)),
        "correlations": correlations,
        "idle": idle,
    }


STUDY = Study(
    name="components_epochs",
    cell=cell,
    grid=[{"longer": longer, "block": block} for longer in (1, LONGER) for block in range(BLOCKS)],
    rtol=1e-3,
)
