"""Valid calls of the public functions on balance in networks and factors (Du et al.)."""

import numpy as np
from samples import TURN, A, U, W, layered

from flowbounds.bounds import (
    activation_defect,
    balance,
    coercivity,
    factor_schedule,
    optimizer_laws,
    rank_one,
    stationary_points,
)
from flowbounds.dynamics.descent import descend, label_noise, minibatch
from flowbounds.dynamics.homogeneous_flow import adaptive_flow, fixed_step_flow
from flowbounds.dynamics.rank_one_descent import Parts, draw_parts, parts_of, rank_one_descent, rank_one_path
from flowbounds.dynamics.sample_gram import gram_descent, multiply_adds
from flowbounds.models import (
    activations,
    factorization,
    factorization_curvature,
    homogeneous_network,
    initial_schemes,
    objectives,
    weight_sharing,
)

FACTORS = {"U": U, "V": np.ones((2, 3)), "M": np.ones((4, 2)), "weight": 0.5}
NORMS = {"imbalance": 1.0, "target": 2.0, "k": 2}
FOUR = {f"start.{name}": np.array([0.3, 0.1]) for name in "abpq"}
FORWARD = {"weights[0]": np.ones((3, 2)), "weights[1]": np.ones((1, 3))}
SLOPES = {"gradients[0]": np.ones((3, 2)), "gradients[1]": np.ones((1, 3))}
SAMPLES = {"X": np.ones((2, 4)), "Y": np.ones((1, 4))}

CALLS = {
    "models.factorization_curvature.factorization_hessian_min_eigenvalue": (
        objectives.factorization_hessian_min_eigenvalue,
        {"U": U, "V": np.ones((2, 3)), "M": np.ones((4, 2))},
    ),
    "models.factorization.imbalance": (factorization.imbalance, {"U": U, "V": np.ones((2, 3))}),
    "models.factorization.loss": (factorization.loss, FACTORS),
    "models.factorization.gradient": (factorization.gradient, FACTORS),
    "models.factorization_curvature.hessian_apply": (
        factorization_curvature.hessian_apply,
        {**FACTORS, "A": W, "B": np.eye(2, 3)},
    ),
    "models.factorization_curvature.hessian_matrix": (factorization_curvature.hessian_matrix, FACTORS),
    "models.factorization_curvature.smallest_curvature": (
        factorization_curvature.smallest_curvature,
        FACTORS,
    ),
    "bounds.rank_one.iteration_slopes": (rank_one.iteration_slopes, {"c_step": 0.1}),
    "bounds.rank_one.iterations": (rank_one.iterations, {"d": 100.0, "eps": 0.1, "c_step": 0.1}),
    "bounds.rank_one.crossing_factor": (rank_one.crossing_factor, {"c_step": 0.1}),
    "bounds.rank_one.balance_probability": (rank_one.balance_probability, {"K": 2.0, "c_step": 0.1}),
    "bounds.factor_schedule.literal_step": (
        factor_schedule.literal_step,
        {"t": 2, "eps": 0.1, "r": 3, "norm": 1.0},
    ),
    "bounds.factor_schedule.power_step": (
        factor_schedule.power_step,
        {"t": 2, "first": 0.1, "exponent": 0.6},
    ),
    "bounds.factor_schedule.log_iterations": (
        factor_schedule.log_iterations,
        {"time": 3.0, "first": 0.1, "exponent": 0.6},
    ),
    "bounds.factor_schedule.factor_bound": (
        factor_schedule.factor_bound,
        {"norm": 1.0, "r": 3, "eps": 0.1},
    ),
    "bounds.factor_schedule.drift_bound": (
        factor_schedule.drift_bound,
        {"norm": 1.0, "r": 3, "squared_steps": 0.1},
    ),
    "dynamics.rank_one_descent.draw_parts": (
        lambda **given: draw_parts(**given, rng=np.random.default_rng(0)),
        {"trials": 3, "d1": 4, "d2": 5, "std": 0.1},
    ),
    "dynamics.rank_one_descent.parts_of": (
        parts_of,
        {"u": W[:, 0], "v": A, "u_star": U[:, 0], "v_star": np.array([0.6, 0.8])},
    ),
    "dynamics.rank_one_descent.rank_one_descent": (
        lambda **given: rank_one_descent(Parts(*(given.pop(name) for name in FOUR)), **given),
        {**FOUR, "s": 1.0, "eta": 0.1, "accuracies": np.array([0.5, 0.4]), "max_steps": 5},
    ),
    "dynamics.rank_one_descent.rank_one_path": (
        lambda **given: rank_one_path(Parts(*(given.pop(name) for name in FOUR)), **given),
        {**FOUR, "s": 1.0, "eta": 0.1, "steps": 5},
    ),
    "bounds.coercivity.norm_bound": (coercivity.norm_bound, {**NORMS, "loss": 0.5}),
    "bounds.coercivity.loss_bound": (coercivity.loss_bound, {**NORMS, "fourth_powers": 60.0}),
    "bounds.coercivity.smoothness_on_sublevel": (
        coercivity.smoothness_on_sublevel,
        {"level": 2.0, "target": 1.0},
    ),
    "bounds.stationary_points.curvature_limits": (
        stationary_points.curvature_limits,
        {"residual": 1.0, "imbalance": 0.5},
    ),
    "bounds.stationary_points.alternatives_slack": (
        stationary_points.alternatives_slack,
        {"residual": 1.0, "eps": 0.5, "eigenvalue": -0.2, "noise": 1e-12},
    ),
    "bounds.stationary_points.stationary_point": (
        stationary_points.stationary_point,
        {
            "left": np.eye(4, 2),
            "sigma": A,
            "right": np.eye(3, 2),
            "mixing": np.array([[2.0]]),
            "extra_left": np.ones((4, 2)),
            "extra_right": np.ones((3, 1)),
            "turn": TURN,
        },
    ),
    "models.activations.activation": (activations.activation, {"name": "relu"}),
    "bounds.activation_defect.defect": (
        activation_defect.defect,
        {"name": "gelu", "z": np.array([-1.0, 0.0, 2.0]), "kink": 0.5},
    ),
    "bounds.activation_defect.balance_rate": (
        lambda **given: activation_defect.balance_rate(
            [given.pop("weights[0]"), given.pop("weights[1]")], ["tanh"], **given
        ),
        {**FORWARD, "X": np.ones((2, 4)), "Y": np.ones((1, 4)), "h": 1, "loss": "logistic", "kink": 0.0},
    ),
    "models.homogeneous_network.loss_and_gradients": (
        lambda **given: homogeneous_network.loss_and_gradients(
            [given.pop("weights[0]"), given.pop("weights[1]")],
            ["relu"],
            biases=[given.pop("biases[0]"), given.pop("biases[1]")],
            **given,
        ),
        {
            **FORWARD,
            "biases[0]": np.ones(3),
            "biases[1]": np.ones(1),
            "X": np.ones((2, 4)),
            "Y": np.ones((1, 4)),
            "loss": "squared",
            "kink": 0.5,
        },
    ),
    "models.homogeneous_network.neuron_imbalance": (
        layered(homogeneous_network.neuron_imbalance, FORWARD),
        {**FORWARD, "h": 1},
    ),
    "models.homogeneous_network.matrix_imbalance": (
        layered(homogeneous_network.matrix_imbalance, FORWARD),
        {**FORWARD, "h": 1},
    ),
    "bounds.balance.neuron_drift": (layered(balance.neuron_drift, SLOPES), {**SLOPES, "h": 1, "step": 0.1}),
    "bounds.balance.matrix_drift": (layered(balance.matrix_drift, SLOPES), {**SLOPES, "h": 1, "step": 0.1}),
    "bounds.balance.factor_drift": (balance.factor_drift, {"G_U": U, "G_V": np.ones((2, 3)), "step": 0.1}),
    "bounds.balance.total_drift_bound": (
        balance.total_drift_bound,
        {"loss_drop": 2.0, "step": 0.1, "curvature": 3.0},
    ),
    "dynamics.homogeneous_flow.fixed_step_flow": (
        lambda **given: fixed_step_flow(
            [given.pop("weights[0]"), given.pop("weights[1]")], ["relu"], **given
        ),
        {**FORWARD, **SAMPLES, "t_end": 0.5, "steps": 3, "kink": 0.5},
    ),
    "dynamics.homogeneous_flow.adaptive_flow": (
        lambda **given: adaptive_flow([given.pop("weights[0]"), given.pop("weights[1]")], ["relu"], **given),
        {**FORWARD, **SAMPLES, "t_end": 0.5, "tol": 1e-4, "max_evaluations": 50, "kink": 0.5},
    ),
    "models.weight_sharing.expand": (
        weight_sharing.expand,
        {"v": np.array([5.0, 7.0]), "g": np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]])},
    ),
    "models.weight_sharing.pull_back": (
        weight_sharing.pull_back,
        {"G": np.ones((2, 3)), "g": np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]]), "size": 2},
    ),
    "models.weight_sharing.convolution_map": (
        weight_sharing.convolution_map,
        {"length": 5, "taps": 2, "channels_in": 2, "channels_out": 3},
    ),
    "models.initial_schemes.expected_square": (
        initial_schemes.expected_square,
        {"scheme": "xavier", "rows": 3, "columns": 4},
    ),
    "bounds.optimizer_laws.decayed_imbalance": (
        optimizer_laws.decayed_imbalance,
        {"d0": A, "kicks": np.ones((3, 2)), "eta": 0.1, "lam": 0.5},
    ),
    "bounds.optimizer_laws.decayed_flow": (
        optimizer_laws.decayed_flow,
        {"d0": A, "t": np.array([0.5, 1.0]), "lam": 0.5},
    ),
    "bounds.optimizer_laws.heavy_ball_imbalance": (
        optimizer_laws.heavy_ball_imbalance,
        {"d0": A, "moves": np.ones((3, 2)), "momentum": 0.5, "shrink": 0.1},
    ),
    "bounds.optimizer_laws.momentum_factor": (optimizer_laws.momentum_factor, {"momentum": 0.5}),
    "bounds.optimizer_laws.noether_charge": (
        optimizer_laws.noether_charge,
        {"U": U, "V": np.ones((2, 3)), "dU": W, "dV": np.ones((2, 3))},
    ),
    "bounds.optimizer_laws.noisy_imbalance": (
        optimizer_laws.noisy_imbalance,
        {"d0": 0.5, "residuals": A, "eta": 0.1},
    ),
    "bounds.optimizer_laws.power_imbalance": (
        layered(optimizer_laws.power_imbalance, FORWARD),
        {**FORWARD, "h": 1, "degree": 2.0},
    ),
    "dynamics.descent.descend": (
        lambda **given: descend([[1.0]], lambda p, drawn: (float(p[0][0]), [p[0]]), **given).losses,
        {"steps": 2, "step": 0.1, "weight_decay": 0.1, "momentum": 0.5, "every": 1},
    ),
    "dynamics.descent.minibatch": (minibatch, {"samples": 3, "size": 2}),
    "dynamics.sample_gram.gram_descent": (
        lambda **given: layered(gram_descent, FORWARD)(**given).observed,
        {**FORWARD, **SAMPLES, "steps": 2, "step": 0.1, "every": 1},
    ),
    "dynamics.sample_gram.multiply_adds": (
        lambda samples: np.array(multiply_adds((3, 2, 1), samples)),
        {"samples": 4},
    ),
    "dynamics.descent.label_noise": (lambda sd: label_noise((2,), sd), {"sd": 1.0}),
}
