"""Valid calls of the public functions on training beyond the lazy regime (Wang et al.)."""

import numpy as np
from samples import BASIS, A, U

from flowbounds.bounds import (
    bad_minimum,
    components,
    epoch_lemmas,
    escape,
    lazy,
    regularised_error,
    tangent_space,
)
from flowbounds.bounds.component_crossing import crossing_dimension
from flowbounds.dynamics import saddle_escape
from flowbounds.dynamics.lazy_descent import lazy_descent, steps_to_floor
from flowbounds.dynamics.reinitialized_descent import reinitialized_descent
from flowbounds.models import scaled_tensor_fit
from flowbounds.models.low_rank_targets import span_dimension

SCALED = {"U": U, "U_star": BASIS, "c_star": A, "order": 3}
THEOREM3 = {"order": 3, "r": 2, "d": 20, "eps": 0.1}
SCALARS = {"C": np.full(3, 2.0), "C_hat": np.ones(3), "signs": np.array([1.0, -1.0, 1.0])}

CALLS = {
    "bounds.lazy.tangent_dimension": (lazy.tangent_dimension, {"order": 3, "d": 4, "m": 2}),
    "bounds.lazy.threshold": (lazy.threshold, {"order": 3, "d": 4}),
    "bounds.lazy.moment_spectrum": (lazy.moment_spectrum, {"order": 3, "d": 4}),
    "bounds.lazy.spectral_bound": (lazy.spectral_bound, {"order": 3, "d": 4, "m": 2}),
    "bounds.lazy.lower_bound": (lazy.lower_bound, {"order": 3, "d": 4, "m": 2}),
    "bounds.lazy.distance_squared": (lazy.distance_squared, SCALED),
    "bounds.tangent_space.expected_distance_squared": (
        tangent_space.expected_distance_squared,
        {"U": U, "order": 3},
    ),
    "dynamics.lazy_descent.lazy_descent": (
        lazy_descent,
        {"directions": U, "signs": np.ones(3), "targets": BASIS, "order": 3, "size": 2.0, "steps": 2},
    ),
    "dynamics.lazy_descent.steps_to_floor": (
        steps_to_floor,
        {"directions": U, "targets": BASIS, "order": 3, "within": 0.1, "limit": 8},
    ),
    "models.scaled_tensor_fit.vanilla_loss": (
        scaled_tensor_fit.vanilla_loss,
        {**SCALED, "c": np.array([1.0, -1.0, 2.0])},
    ),
    "models.scaled_tensor_fit.vanilla_gradient": (
        scaled_tensor_fit.vanilla_gradient,
        {**SCALED, "c": np.array([1.0, -1.0, 2.0])},
    ),
    "models.scaled_tensor_fit.loss": (scaled_tensor_fit.loss, {**SCALED, **SCALARS, "lam": 0.1}),
    "models.scaled_tensor_fit.gradient": (scaled_tensor_fit.gradient, {**SCALED, **SCALARS, "lam": 0.1}),
    "dynamics.reinitialized_descent.reinitialized_descent": (
        lambda **given: reinitialized_descent(**given, rng=np.random.default_rng(5)),
        {"U_star": BASIS, "c_star": A, "m": 2, "order": 3, "epochs": 2, "iterations": 3}
        | {"eta": 0.05, "lam": 0.1, "delta": 1e-3, "eps": 0.1},
    ),
    "bounds.epoch_lemmas.epoch_decrease": (
        epoch_lemmas.epoch_decrease,
        {"eps": 0.1, "order": 3, "d": 20, "r": 2},
    ),
    "bounds.epoch_lemmas.reinitialization_cost": (
        epoch_lemmas.reinitialization_cost,
        {"value": 0.5, "lam": 0.1, "m": 4, "tiny": 1e-6},
    ),
    "bounds.epoch_lemmas.safe_step": (
        epoch_lemmas.safe_step,
        {"norms": A, "modes": np.ones(2), "order": 3, "lam": 0.1},
    ),
    "bounds.epoch_lemmas.rank_one_correlation": (
        epoch_lemmas.rank_one_correlation,
        {"r": 3, "order": 4},
    ),
    "bounds.epoch_lemmas.growth_factor": (
        epoch_lemmas.growth_factor,
        {"kappa": 0.5, "lam": 0.05, "eta": 0.05, "order": 3},
    ),
    "bounds.epoch_lemmas.path_length": (
        epoch_lemmas.path_length,
        {"value": 0.5, "decrease": 0.1, "eta": 0.05, "iterations": 20, "lam": 0.1, "order": 3},
    ),
    "models.low_rank_targets.span_dimension": (span_dimension, {"kind": "dependent", "r": 5}),
    "bounds.components.literal_parameters": (components.literal_parameters, THEOREM3),
    "bounds.components.heuristic_parameters": (
        components.heuristic_parameters,
        {**THEOREM3, "delta": 1e-4, "correlation": 0.3},
    ),
    "bounds.component_crossing.crossing_dimension": (
        crossing_dimension,
        {name: THEOREM3[name] for name in ("order", "r", "eps")},
    ),
    "bounds.regularised_error.orthonormal_resting_error": (
        regularised_error.orthonormal_resting_error,
        {"c_star": A, "lam": 0.1},
    ),
    "bounds.regularised_error.resting_error_bound": (
        regularised_error.resting_error_bound,
        {"c_star": A, "lam": 0.1},
    ),
    "bounds.bad_minimum.residual_form": (bad_minimum.residual_form, {"order": 3, "r": 2, "d": 4}),
    "bounds.bad_minimum.bad_minimum_value": (bad_minimum.bad_minimum_value, {"order": 3, "r": 2}),
    "bounds.bad_minimum.bad_minimum": (
        bad_minimum.bad_minimum,
        {"order": 4, "r": 1, "d": 3, "m": 2, "residual_scale": 1.0},
    ),
    "bounds.bad_minimum.scaled_bad_minimum": (
        bad_minimum.scaled_bad_minimum,
        {"order": 4, "r": 1, "d": 3, "m": 2, "kappa": 0.5, "lam": 0.1},
    ),
    "bounds.escape.escape_gain": (escape.escape_gain, {"order": 3}),
    "bounds.escape.escape_direction": (escape.escape_direction, {"order": 3, "d": 4, "missing": 2}),
    "dynamics.saddle_escape.vanilla_escape_time": (
        saddle_escape.vanilla_escape_time,
        {"order": 3, "start": 0.1, "end": 0.5},
    ),
    "dynamics.saddle_escape.scaled_escape_time": (
        saddle_escape.scaled_escape_time,
        {"order": 3, "start": 0.1, "end": 0.5},
    ),
}
