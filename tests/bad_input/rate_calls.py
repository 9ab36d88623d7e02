"""Valid calls of the public functions on rates of linear networks (Min et al.)."""

import numpy as np
from samples import CHAIN, A, U, W, layered

from flowbounds.bounds import (
    balanced_rates,
    comparison,
    deep_minimizers,
    deep_rates,
    rates,
    scalar_rates,
    three_layer_rates,
    two_layer_rates,
    two_numbers,
)
from flowbounds.bounds.network_report import network_report
from flowbounds.bounds.short_product import short_product_rate
from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.dynamics.singular_staircase import predicted_learning_times
from flowbounds.models import linear_network, network_ensembles, objectives, separable_losses
from flowbounds.models.tangent_eigenvalue import tangent_smallest

LAYERS = {"layers[0]": np.ones((2, 3)), "layers[1]": np.full((3, 1), 2.0)}
IMBALANCES = {"Ds[0]": np.diag([3.0, 2.0]), "Ds[1]": np.diag([5.0, 4.0])}

CALLS = {
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
    "bounds.network_report.network_report": (
        layered(network_report, LAYERS),
        {**LAYERS, "gamma": 2.0, "margin": 0.1},
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
    "dynamics.singular_staircase.predicted_learning_times": (
        layered(predicted_learning_times),
        {**CHAIN, "M": np.array([[1.0], [2.0]])},
    ),
    "bounds.two_numbers.split": (two_numbers.split, {"d": np.array([1.0, -2.0]), "w": A}),
    "bounds.two_numbers.margin_from_loss": (
        two_numbers.margin_from_loss,
        {"W_star": W, "gap0": 0.1, "mu": 1.0},
    ),
    "models.objectives.regression": (objectives.regression, {"X": U, "Y": W[:, :2]}),
    "models.objectives.factorization": (objectives.factorization, {"Y": W}),
    "models.objectives.sensing": (objectives.sensing, {"A": np.ones((2, 1, 3)), "y": A}),
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
}
