"""How wrong the predicted fitting times are, over initial norm, dimension, width and start.

The prediction of ge2021.staircase is exact in the limit of small norms. This study measures how fast it
becomes exact: the targets are those of Figure 1 (five weights of ratio 1.2), the tolerance is tight
enough for the prediction's own error to show down to about 1e-9.
"""

from typing import Any

import numpy as np

from flowbounds.dynamics.frozen_path import FrozenPath, padded
from flowbounds.dynamics.sweep import Study
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

TOL = 1e-11
SIZES = ((5, 30), (10, 50), (20, 100), (40, 200))
EXPONENTS = (-1, -2, -3, -4, -5, -6, -8, -10, -12)
SEEDS = range(5)


def cell(*, log10_delta0: int, d: int, m: int, seed: int) -> dict[str, Any]:
    """Integrated and predicted fitting times of one start, ``inf`` where a direction is never fitted.

    ``late_columns`` counts the columns whose alignment delay exceeds the first predicted time: they are
    still turning when the first step falls.
    """
    a = geometric_weights(5, 1.2)
    u = uniform_directions(d, m, np.random.default_rng(seed))
    log_norms = np.full(m, log10_delta0 * np.log(10))
    predicted = predicted_fitting_times(u, log_norms, a)
    weights = padded(a, d)
    delays = np.array([FrozenPath.build(column * column, weights).delay() for column in u.T])
    horizon = 1.5 * float(np.max(predicted[np.isfinite(predicted)], initial=1.0)) + 5
    run = tensor_flow(u, log_norms, a, horizon, tol=TOL, t_eval=[0.0])
    return {
        "fitting_times": run.fitting_times,
        "predicted": predicted,
        "late_columns": int(np.sum(delays > np.min(predicted))),
    }


STUDY = Study(
    name="fitting_time_error",
    cell=cell,
    grid=[
        {"log10_delta0": exponent, "d": d, "m": m, "seed": seed}
        for d, m in SIZES
        for exponent in EXPONENTS
        for seed in SEEDS
    ],
    rtol=1e-8,  # times of about 10 to 100, integrated to about 100 TOL
)
