"""Every public function refuses what its statement does not cover, and never changes what it is given.

One table of valid calls; hypothesis corrupts one argument at a time. A public function without a row
in the table turns a test red.
"""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowbounds
from flowbounds import HypothesisError
from flowbounds.bounds import (
    activation_defect,
    balance,
    balanced_rates,
    coercivity,
    comparison,
    deep_minimizers,
    deep_rates,
    factor_schedule,
    induction,
    local_stability,
    luck,
    luck_probability,
    near_orthogonal,
    optimizer_laws,
    phases,
    rank_one,
    rates,
    scalar_rates,
    stability_constants,
    stationary_points,
    three_layer_rates,
    two_layer_rates,
    two_numbers,
)
from flowbounds.bounds.short_product import short_product_rate
from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.dynamics import frozen_crossing, greedy, power_iteration, tensor_power, vanilla_atom
from flowbounds.dynamics.descent import descend, label_noise, minibatch
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.homogeneous_flow import adaptive_flow, fixed_step_flow
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.dynamics.lucky_columns import last_epoch
from flowbounds.dynamics.rank_one_descent import Parts, draw_parts, parts_of, rank_one_descent, rank_one_path
from flowbounds.dynamics.sample_gram import gram_descent, multiply_adds
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.models import (
    activations,
    factorization,
    factorization_curvature,
    homogeneous_network,
    initial_schemes,
    linear_network,
    network_ensembles,
    objectives,
    separable_losses,
    tensor_fit,
    weight_sharing,
)
from flowbounds.models import tensor_ensembles as ensembles
from flowbounds.models.tangent_eigenvalue import tangent_smallest
from flowbounds.models.target_weights import floored_weights

RNG = np.random.default_rng(3)
U = ensembles.uniform_directions(4, 3, RNG)
W = 0.5 * U
A = np.array([0.5, 0.3])
BASIS = ensembles.uniform_directions(4, 2, RNG)
SCALED = {"U": U, "U_star": BASIS, "c_star": A, "order": 3}
P0 = U[:, 0] ** 2 / np.sum(U[:, 0] ** 2)
LOG_NORMS = np.array([-5.0, -6.0, -7.0])
SHARES = np.array([0.6, 0.4])
TURN = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
PARAMETERS = induction.theorem1_parameters(4, 0.3, 5)

FACTORS = {"U": U, "V": np.ones((2, 3)), "M": np.ones((4, 2)), "weight": 0.5}
NORMS = {"imbalance": 1.0, "target": 2.0, "k": 2}
FOUR = {f"start.{name}": np.array([0.3, 0.1]) for name in "abpq"}
CHAIN = {"weights[0]": np.ones((2, 3)), "weights[1]": np.ones((3, 1))}
FORWARD = {"weights[0]": np.ones((3, 2)), "weights[1]": np.ones((1, 3))}
SLOPES = {"gradients[0]": np.ones((3, 2)), "gradients[1]": np.ones((1, 3))}
SAMPLES = {"X": np.ones((2, 4)), "Y": np.ones((1, 4))}
THEOREM3 = {"order": 3, "r": 2, "d": 20, "eps": 0.1}
IMBALANCES = {"Ds[0]": np.diag([3.0, 2.0]), "Ds[1]": np.diag([5.0, 4.0])}

SCALARS = {"C": np.full(3, 2.0), "C_hat": np.ones(3), "signs": np.array([1.0, -1.0, 1.0])}


def layered(function, names=CHAIN):
    """A function of a list of layers and more, as one of single layers under the names of its messages."""
    return lambda **given: function([given.pop(name) for name in names], **given)


# name -> (function, valid arguments); whether an argument is an array is read off its value
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
    "models.linear_network.product": (layered(linear_network.product), CHAIN),
    "models.linear_network.imbalances": (layered(linear_network.imbalances), CHAIN),
    "models.linear_network.tangent_matrix": (layered(linear_network.tangent_matrix), CHAIN),
    "models.linear_network.tangent_min_eigenvalue": (layered(linear_network.tangent_min_eigenvalue), CHAIN),
    "models.linear_network.tangent_apply": (
        layered(linear_network.tangent_apply),
        {**CHAIN, "E": np.ones((2, 1))},
    ),
    "models.linear_network.layer_gradients": (
        layered(linear_network.layer_gradients),
        {**CHAIN, "G": np.ones((2, 1))},
    ),
    "models.tangent_eigenvalue.tangent_smallest": (layered(tangent_smallest), CHAIN),
    "bounds.deep_rates.unimodal_rate": (
        layered(deep_rates.unimodal_rate, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3},
    ),
    "bounds.deep_rates.one_sided_rate": (
        layered(deep_rates.one_sided_rate, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3, "sigma": 0.5},
    ),
    "bounds.comparison.rate_bound": (
        layered(comparison.rate_bound, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3, "sigma": 0.5},
    ),
    "bounds.deep_minimizers.unimodal_minimizer": (
        layered(deep_minimizers.unimodal_minimizer, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3},
    ),
    "bounds.deep_minimizers.one_sided_minimizer": (
        layered(deep_minimizers.one_sided_minimizer, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3, "sigma": 0.5},
    ),
    "models.network_ensembles.spectral_layers": (
        lambda **given: network_ensembles.spectral_layers(given["W"], (2,)),
        {"W": W},
    ),
    "dynamics.linear_flow.linear_flow": (
        layered(
            lambda weights, **given: linear_flow(weights, objectives.factorization([[1.0], [2.0]]), **given)
        ),
        {**CHAIN, "t_end": 0.5, "tol": 1e-6, "t_eval": np.array([0.0, 0.5]), "stop": 0.1},
    ),
    "bounds.two_numbers.split": (two_numbers.split, {"d": np.array([1.0, -2.0]), "w": A}),
    "bounds.two_numbers.margin_from_loss": (
        two_numbers.margin_from_loss,
        {"W_star": W, "gap0": 0.1, "mu": 1.0},
    ),
    "models.objectives.regression": (objectives.regression, {"X": U, "Y": W[:, :2]}),
    "models.objectives.factorization": (objectives.factorization, {"Y": W}),
    "models.objectives.sensing": (objectives.sensing, {"A": np.ones((2, 1, 3)), "y": A}),
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
    "models.separable_losses.separation_margin": (
        separable_losses.separation_margin,
        {"X": np.array([[1.0], [-2.0]]), "labels": np.array([1.0, -1.0])},
    ),
    "models.separable_losses.exponential": (
        separable_losses.exponential,
        {"X": np.array([[1.0], [-2.0]]), "labels": np.array([1.0, -1.0])},
    ),
    "models.separable_losses.logistic": (
        separable_losses.logistic,
        {"X": np.array([[1.0], [-2.0]]), "labels": np.array([1.0, -1.0]), "level": 1.0},
    ),
    "bounds.balanced_rates.balanced_spectrum": (
        balanced_rates.balanced_spectrum,
        {"W": np.eye(2, 3), "depth": 3},
    ),
    "bounds.balanced_rates.balanced_rate": (
        balanced_rates.balanced_rate,
        {"n": 2, "m": 3, "depth": 3, "sigma": 0.5},
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
    "bounds.rates.margin": (
        rates.margin,
        {"W_star": np.eye(2), "W0": np.eye(2) + 0.1, "K": 2.0, "mu": 1.0},
    ),
    "bounds.rates.exponential_gap": (
        lambda **given: rates.exponential_gap(**given, t=[0.0, 1.0]),
        {"gap0": 1.0, "gamma": 2.0, "alpha": 0.5},
    ),
    "bounds.rates.lojasiewicz_gap": (
        lambda **given: rates.lojasiewicz_gap(**given, t=[0.0, 1.0]),
        {"gap0": 1.0, "gamma": 2.0, "alpha": 0.5, "beta": 1.0},
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
    "bounds.two_layer_rates.spectrum": (two_layer_rates.spectrum, {"D": np.diag([2.0, -1.0])}),
    "bounds.two_layer_rates.two_layer_rate": (
        two_layer_rates.two_layer_rate,
        {"D": np.diag([2.0, -1.0]), "W": np.ones((2, 3))},
    ),
    "bounds.two_layer_rates.two_layer_parts": (
        two_layer_rates.two_layer_parts,
        {"D": np.diag([2.0, -1.0]), "W": np.ones((2, 3))},
    ),
    "bounds.two_layer_rates.two_layer_rate_at_margin": (
        two_layer_rates.two_layer_rate_at_margin,
        {"D": np.diag([2.0, -1.0]), "n": 2, "m": 3, "sigma": 0.5},
    ),
    "bounds.two_layer_minimizer.two_layer_minimizer": (
        two_layer_minimizer,
        {"D": np.diag([2.0, -1.0]), "W": np.ones((2, 3))},
    ),
    "bounds.three_layer_rates.three_layer_rate": (
        three_layer_rates.three_layer_rate,
        {"D1": np.diag([-2.0, 1.0]), "D2": np.diag([2.0, -1.0]), "n": 2, "m": 3},
    ),
    "bounds.three_layer_rates.three_layer_parts": (
        three_layer_rates.three_layer_parts,
        {"D1": np.diag([-2.0, 1.0]), "D2": np.diag([2.0, -1.0]), "n": 2, "m": 3},
    ),
    "bounds.short_product.short_product_rate": (
        layered(short_product_rate, IMBALANCES),
        {**IMBALANCES, "n": 2, "m": 3},
    ),
    "bounds.three_layer_minimizer.three_layer_minimizer": (
        three_layer_minimizer,
        {"D1": np.diag([-2.0, 1.0]), "D2": np.diag([2.0, -1.0]), "n": 2, "m": 3},
    ),
    "bounds.scalar_rates.cumulative_imbalances": (
        scalar_rates.cumulative_imbalances,
        {"d": np.array([0.5, -1.0])},
    ),
    "bounds.scalar_rates.scalar_rate": (scalar_rates.scalar_rate, {"d": np.array([0.5, -1.0]), "w": 0.7}),
    "bounds.scalar_rates.scalar_squares": (
        scalar_rates.scalar_squares,
        {"d": np.array([0.5, -1.0]), "w": 0.7},
    ),
    "bounds.scalar_rates.scalar_rate_exact": (
        scalar_rates.scalar_rate_exact,
        {"d": np.array([0.5, -1.0]), "w": 0.7},
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
    "models.target_weights.floored_weights": (floored_weights, {"shares": A, "floor": 0.1}),
    "models.tensor_ensembles.geometric_weights": (ensembles.geometric_weights, {"r": 3, "ratio": 1.5}),
    "models.tensor_ensembles.equiangular_basis": (
        ensembles.equiangular_basis,
        {"d": 4, "r": 2, "degrees": 70.0},
    ),
}
GENERATED = {  # take a generator and sizes only; their own tests cover them
    "models.network_ensembles.random_layers",
    "models.homogeneous_ensembles.random_network",
    "models.initial_schemes.initial_layers",
    "models.network_ensembles.balanced_layers",
    "models.target_weights.target_weights",
    "models.tensor_ensembles.uniform_directions",
    "models.tensor_ensembles.directions_towards_each",
}
NOT_FOR_READERS = {  # kernels and machinery behind the public functions
    "dynamics.sweep",
    "dynamics.solve",
    "dynamics.flow",
    "dynamics.frozen_path",
    "dynamics.frozen_order",
    "dynamics.discovery",
    "dynamics.epoch_view",
    "dynamics.deflation_run",
    "dynamics.deflation",
    "models.tensor",
}

NEGATIVE_FORBIDDEN = {"a", "lam", "p0", "t", "t_end", "ratio", "degrees", "tol"}
NEGATIVE_FORBIDDEN |= {"gap0", "mu", "weight"}
NEGATIVE_FORBIDDEN |= {"sigma", "imbalance", "residual", "target", "noise", "loss", "fourth_powers"}
NEGATIVE_FORBIDDEN |= {"eps", "beta", "shares", "floor"}
NEGATIVE_FORBIDDEN |= {"step", "loss_drop", "curvature"}
NEGATIVE_FORBIDDEN |= {"share", "gap", "mass", "average", "free", "level", "stop"}
OPTIONAL = {  # scalars for which None means the default
    ("bounds.induction.theorem1_parameters", "alpha"),
    ("dynamics.epochs.modified_flow", "alpha"),
}


def wrong_arrays(value):
    """Corrupted copies of a valid array."""
    spoilt = value.copy()
    spoilt.flat[0] = np.nan
    infinite = value.copy()
    infinite.flat[-1] = np.inf
    return {
        "nan": spoilt,
        "inf": infinite,
        "one axis more": value[None],
        "one axis less": value[0] if value.ndim > 1 else 1.0,
        "empty": value[..., :0],
        "complex": value + 1j,
        "text": np.full(value.shape, "x"),
        "objects": np.full(value.shape, None),
        "ragged": [[1.0], [1.0, 2.0]],
    }


WRONG_SCALARS = {"nan": np.nan, "inf": np.inf, "text": "x", "nothing": None, "list": [1.0, 2.0]}


def corruptions():
    """(call, argument, name of the corruption, corrupted value) for every argument of every call."""
    for call, (_, arguments) in CALLS.items():
        for name, value in arguments.items():
            wrong = dict(wrong_arrays(value)) if isinstance(value, np.ndarray) else dict(WRONG_SCALARS)
            if name in NEGATIVE_FORBIDDEN and not isinstance(value, str):
                wrong["negative"] = -np.asarray(value) if isinstance(value, np.ndarray) else -value
            if (call, name) in OPTIONAL:
                del wrong["nothing"]
            for kind, corrupted in wrong.items():
                yield call, name, kind, corrupted


CORRUPTIONS = list(corruptions())


@given(st.integers(0, len(CORRUPTIONS) - 1))
@settings(max_examples=3 * len(CORRUPTIONS), deadline=None, derandomize=True)
def test_a_corrupted_argument_is_refused_by_name(which):
    call, name, kind, corrupted = CORRUPTIONS[which]
    function, arguments = CALLS[call]
    with pytest.raises(HypothesisError) as refusal:
        function(**{**arguments, name: corrupted})
    assert name in str(refusal.value), f"{call}: {kind} {name} is refused without naming it: {refusal.value}"


@pytest.mark.parametrize("call", CALLS)
def test_valid_arguments_are_accepted_and_not_modified(call):
    function, arguments = CALLS[call]
    frozen = {}
    for name, value in arguments.items():
        frozen[name] = value.copy() if isinstance(value, np.ndarray) else value
        if isinstance(value, np.ndarray):
            frozen[name].setflags(write=False)
    function(**frozen)
    for name, value in arguments.items():
        np.testing.assert_array_equal(frozen[name], value)


@pytest.mark.parametrize("call", CALLS)
def test_lists_and_integers_serve_as_well(call):
    function, arguments = CALLS[call]
    as_lists = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    first, second = function(**arguments), function(**as_lists)
    if isinstance(first, np.ndarray | float):
        np.testing.assert_array_equal(first, second)


def public_functions():
    """Functions of models, bounds and dynamics that a reader may call; kernels say so in their first word."""
    for package in ("models", "bounds", "dynamics"):
        if not (importlib.util.find_spec(f"flowbounds.{package}")):
            continue
        path = importlib.import_module(f"flowbounds.{package}").__path__
        for found in pkgutil.iter_modules(path):
            module = importlib.import_module(f"flowbounds.{package}.{found.name}")
            if f"{package}.{found.name}" in NOT_FOR_READERS:
                continue
            for name, function in inspect.getmembers(module, inspect.isfunction):
                kernel = (inspect.getdoc(function) or "").startswith("Kernel:")
                own = function.__module__ == module.__name__
                if own and not kernel and not name.startswith("_"):
                    yield f"{package}.{found.name}.{name}"


def test_every_public_function_has_a_row():
    assert set(public_functions()) - GENERATED - set(CALLS) == set()
    assert flowbounds.HypothesisError is HypothesisError
