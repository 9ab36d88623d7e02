"""Valid calls of the public functions on deflation (Ge et al.)."""

import numpy as np
from samples import BASIS, TURN, A, U, W

from flowbounds.bounds import (
    induction,
    local_stability,
    luck,
    luck_probability,
    near_orthogonal,
    phases,
    stability_constants,
)
from flowbounds.dynamics import frozen_crossing, greedy, power_iteration, tensor_power, vanilla_atom
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.lucky_columns import last_epoch
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.models import tensor_ensembles as ensembles
from flowbounds.models import tensor_fit
from flowbounds.models.target_weights import floored_weights

P0 = U[:, 0] ** 2 / np.sum(U[:, 0] ** 2)
LOG_NORMS = np.array([-5.0, -6.0, -7.0])
SHARES = np.array([0.6, 0.4])
PARAMETERS = induction.theorem1_parameters(4, 0.3, 5)

CALLS = {
    "models.tensor_fit.loss": (tensor_fit.loss, {"W": W, "a": A, "basis": BASIS, "lam": 0.1}),
    "models.tensor_fit.gradient": (tensor_fit.gradient, {"W": W, "a": A, "basis": BASIS, "lam": 0.1}),
    "models.tensor_fit.residual": (tensor_fit.residual, {"W": W, "a": A, "basis": BASIS}),
    "dynamics.tensor_power.growth_rate": (tensor_power.growth_rate, {"w": W[:, 0], "a": A}),
    "dynamics.tensor_power.solve": (tensor_power.solve, {"p0": P0, "a": A, "t": 2.0, "lam": 0.1}),
    "dynamics.tensor_power.growth_time": (
        tensor_power.growth_time,
        {"p0": P0, "a": A, "log_growth": 2.0, "lam": 0.1},
    ),
    "dynamics.tensor_power.predicted_fitting_times": (
        tensor_power.predicted_fitting_times,
        {"directions": U, "log_norms": LOG_NORMS, "a": A, "lam": 0.1},
    ),
    "dynamics.power_iteration.power_method": (
        power_iteration.power_method,
        {"directions": U, "a": A, "steps": 3, "basis": BASIS},
    ),
    "dynamics.greedy.deflate": (
        greedy.deflate,
        {"vectors": BASIS, "weights": A, "steps": 2, "rng": np.random.default_rng(5)},
    ),
    "dynamics.vanilla_atom.predicted_log_half_time": (
        vanilla_atom.predicted_log_half_time,
        {"direction": U[:, 0], "log_norm": -5.0, "a": A},
    ),
    "dynamics.vanilla_atom.integrated_log_half_time": (
        vanilla_atom.integrated_log_half_time,
        {"direction": U[:, 0], "log_norm": -5.0, "a": A, "tol": 1e-6},
    ),
    "dynamics.tensor_flow.tensor_flow": (
        tensor_flow,
        {
            "directions": U,
            "log_norms": LOG_NORMS,
            "a": A,
            "t_end": 0.5,
            "basis": BASIS,
            "lam": 0.1,
            "tol": 1e-6,
            "t_eval": np.array([0.0, 0.5]),
        },
    ),
    "bounds.induction.theorem1_parameters": (
        induction.theorem1_parameters,
        {"d": 4, "eps": 0.3, "m": 5, "alpha": 0.1},
    ),
    "bounds.induction.epoch_lengths": (
        lambda d, beta: induction.epoch_lengths(d, beta, PARAMETERS),
        {"d": 4, "beta": 0.5},
    ),
    "bounds.induction.claim2_derivative": (
        induction.claim2_derivative,
        {"alpha": 0.1, "w_norm2": 0.5},
    ),
    "bounds.induction.claim2_mass_limit": (induction.claim2_mass_limit, {"c2": 0.02}),
    "dynamics.frozen_crossing.misalignment_at_growth": (
        frozen_crossing.misalignment_at_growth,
        {"directions": U, "a": A, "log_growth": 2.0, "lam": 0.1},
    ),
    "bounds.local_stability.stability_rates": (
        local_stability.stability_rates,
        {"log_norms": LOG_NORMS, "directions": U, "a": A, "members": np.array([2.0]), "k": 1, "lam": 0.1},
    ),
    "bounds.local_stability.mass_growth_bound": (
        local_stability.mass_growth_bound,
        {"gap": 0.2, "lam": 0.1, "remainder": 0.01},
    ),
    "bounds.stability_constants.individual_constant": (
        stability_constants.individual_constant,
        {"a": A, "k": 1, "alpha": 0.01},
    ),
    "bounds.stability_constants.average_constant": (
        stability_constants.average_constant,
        {"a": A, "k": 1, "alpha": 0.01},
    ),
    "bounds.stability_constants.mass_constant": (
        stability_constants.mass_constant,
        {"a": A, "k": 1, "alpha": 0.01},
    ),
    "bounds.luck.thresholds": (luck.thresholds, {"a": A, "d": 4, "waiting": 2.0, "lam": 0.1}),
    "bounds.luck.unlucky_bounds": (luck.unlucky_bounds, {"c_rho": 0.1, "delay": 0.05}),
    "bounds.luck_probability.joint_tail": (
        luck_probability.joint_tail,
        {"d": 20, "large": 1, "above": 0.3, "rest": 3, "below": 0.2},
    ),
    "bounds.luck_probability.class_probabilities": (
        luck_probability.class_probabilities,
        {"d": 20, "r": 5, "gamma": 0.3, "c_rho": 0.1},
    ),
    "bounds.luck_probability.luck_failure": (
        luck_probability.luck_failure,
        {"good": 0.1, "bad": 0.01, "r": 5, "log_m": 3.0},
    ),
    "bounds.luck_probability.lucky_widths": (
        luck_probability.lucky_widths,
        {"good": 0.1, "bad": 1e-9, "r": 5, "allowed": 0.1},
    ),
    "dynamics.lucky_columns.last_epoch": (last_epoch, {"d": 100, "eps": 0.1, "log_m": 5.0}),
    "bounds.phases.discovery_cost": (phases.discovery_cost, {"share": 0.2, "log_growth": 3.0}),
    "bounds.phases.gap_time": (
        phases.gap_time,
        {"a_k": 0.5, "lam": 0.02, "log_mass": -9.0, "gap": 0.04},
    ),
    "bounds.near_orthogonal.off_diagonal_bound": (
        near_orthogonal.off_diagonal_bound,
        {"mass": SHARES, "average": 0.1 * SHARES, "free": 0.1},
    ),
    "dynamics.epochs.modified_flow": (
        lambda **given: modified_flow(**given, max_epochs=0, rng=np.random.default_rng(0)),
        {
            "a": SHARES,
            "d": 4,
            "m": 3,
            "eps": 0.3,
            "basis": TURN[:, :2],
            "alpha": 0.1,
            "start": U,
            "turn": TURN,
            "tol": 1e-6,
        },
    ),
    "models.target_weights.floored_weights": (floored_weights, {"shares": A, "floor": 0.1}),
    "models.tensor_ensembles.geometric_weights": (ensembles.geometric_weights, {"r": 3, "ratio": 1.5}),
    "models.tensor_ensembles.equiangular_basis": (
        ensembles.equiangular_basis,
        {"d": 4, "r": 2, "degrees": 70.0},
    ),
}
