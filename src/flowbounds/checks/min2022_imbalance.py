"""Checks of Min et al. on the setting: width is enough, and what the flow conserves."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.balance import matrix_drift
from flowbounds.checks.min2022_general import EPS, ROUNDING, networks, random_objective
from flowbounds.checks.registry import settles
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models import linear_network as network
from flowbounds.models.layer_chain import Weights
from flowbounds.models.network_ensembles import random_layers, spectral_layers
from flowbounds.models.objectives import Objective, factorization
from flowbounds.validation import FloatArray, require_count, require_range

ALLOWED = 100  # local errors that an imbalance may collect along a flow of this project


@settles("min2022.setting.overparam", kind="identity")
def overparametrized(*, trials: int = 200, rng: Generator) -> Evidence:
    """As soon as no hidden layer is narrower than min(n, m), the network reaches the infimum of f.

    Residual: distance of the product of layers built through the widths from the minimiser, relative to it;
    a quarter of the draws is exactly as wide as needed. Second route: the gap of f there, computed from the
    data. Control: one unit less in one layer, where the best that is left is half the square of the smallest
    singular value (Eckart and Young), on factorization.
    """
    worst, route, control = 0.0, 0.0, -np.inf
    for trial in range(require_count("trials", trials, 1)):
        n, m = (int(size) for size in rng.integers(1, 6, size=2))
        spare = 0 if trial % 4 == 0 else 4
        hidden = [min(n, m) + int(extra) for extra in rng.integers(0, spare + 1, size=1 + trial % 4)]
        f = random_objective((n, m), rng, trial)
        W = network.product(spectral_layers(f.minimiser, hidden))
        size = float(np.linalg.norm(f.minimiser))
        worst = max(worst, float(np.linalg.norm(W - f.minimiser)) / size)
        route = max(route, f.gap(W) / f.gap(np.zeros((n, m))))
        if min(n, m) > 1:
            hidden[0] = min(n, m) - 1
            Y = rng.normal(size=(n, m))
            stuck = factorization(Y).gap(network.product(spectral_layers(Y, hidden)))
            floor = 0.5 * float(np.linalg.svd(Y, compute_uv=False)[-1]) ** 2
            worst = max(worst, abs(stuck - floor) / float(np.sum(Y**2)))
            control = max(control, identity_margin(float(np.sqrt(2 * floor / np.sum(Y**2))), ROUNDING))
    return Evidence(
        statement="min2022.setting.overparam",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(max(route, EPS), ROUNDING),
        instances=trials,
        sizes={"n, m": [1, 5], "layers": [2, 3, 4, 5], "width less min(n, m)": [0, 4]},
        control=("one layer one unit too narrow", control),
    )


def drift(start: Weights, layers: Weights) -> float:
    """Largest change in the imbalances, relative to the squared norm of the largest layer at the start."""
    size = max(float(np.linalg.norm(layer, 2)) ** 2 for layer in start)
    pairs = zip(network.imbalances(start), network.imbalances(layers), strict=True)
    return max(float(np.max(np.abs(after - before))) for before, after in pairs) / size


def descend(
    weights: Weights,
    objective: Objective,
    eta: float,
    steps: int,
    *,
    speeds: Sequence[float] | None = None,
    decay: float = 0.0,
) -> Weights:
    """Gradient descent with a step ``eta``, times ``speeds`` layer by layer, and weight decay."""
    for _ in range(steps):
        slopes = network.pull_back(weights, objective.gradient(network.product(weights)))
        rates = speeds or [1.0] * len(weights)
        weights = [w - eta * (c * g + decay * w) for w, g, c in zip(weights, slopes, rates, strict=True)]
    return weights


@settles("min2022.general.imbalance", kind="identity")
def imbalance(
    *,
    shapes: Sequence[Sequence[int]] = (
        (2, 3, 2),
        (3, 2, 1),
        (2, 4, 3, 2),
        (1, 3, 3, 1),
        (2, 2, 3, 2, 2),
        (2,) * 6,
    ),
    t_end: float = 2.0,
    tol: float = 1e-10,
    eta: float = 1e-2,
    rng: Generator,
) -> Evidence:
    """Every imbalance matrix is conserved by the flow, for every depth, shape and objective tried.

    Residual: the largest drift at any step of the solver; error model: ``ALLOWED`` local errors. Second
    route: its rate, ``W_l^T G_l - G_{l+1} W_{l+1}^T`` and the transpose, for layers and gradients with
    entries -1, 0 and 1, where every product is exact: zero to the last bit. Controls, the smallest drift of
    all runs in steps that add up to the fastest time, 1 / (K |T|): descent with ``eta`` of it, the same with
    a first layer that learns twice as fast, and with a weight decay of a tenth.
    """
    require_range("eta", eta, 0.0, 1.0, open_ends=True)
    worst, route, where = 0.0, 0.0, ""
    controls = dict.fromkeys(("gradient descent", "first layer twice as fast", "weight decay"), np.inf)
    cases = [(shape, which) for shape in shapes for which in range(4)]
    for shape, which in cases:
        f = random_objective((shape[0], shape[-1]), rng, which)
        start = random_layers(pairwise(shape), rng)
        run = linear_flow(start, f, t_end, tol=tol)
        found = max(drift(start, run.state(k)) for k in range(run.t.size))
        if found > worst:
            worst, where = found, f"{len(shape) - 1} layers, {type(f).__name__.lower()}"
        whole = random_layers(pairwise(shape), rng, "integers")
        G = network.pull_back(whole, rng.integers(-1, 2, size=f.shape).astype(float))
        for k in range(len(whole) - 1):
            rate = whole[k].T @ G[k] - G[k + 1] @ whole[k + 1].T
            route = max(route, float(np.max(np.abs(rate))))
        step = eta / (f.K * float(np.linalg.norm(network.tangent_matrix(start), 2)))
        ways: dict[str, dict[str, Any]] = {
            "gradient descent": {},
            "first layer twice as fast": {"speeds": [2.0, *[1.0] * (len(start) - 1)]},
            "weight decay": {"decay": 0.1},
        }
        for name, way in ways.items():
            controls[name] = min(controls[name], drift(start, descend(start, f, step, int(1 / eta), **way)))
    model = ALLOWED * tol
    first, *rest = [(name, identity_margin(found, model)) for name, found in controls.items()]
    return Evidence(
        statement="min2022.general.imbalance",
        margin=identity_margin(worst, model),
        error=identity_error(route, model),
        instances=len(cases),
        sizes={"shapes": [str(tuple(shape)) for shape in shapes], "tol": tol},
        where=where if worst > model / 10 else "",
        control=first,
        controls=rest,
    )


def fraction_drift(weights: Weights, G: FloatArray, eta: Fraction) -> Fraction:
    """Largest departure from the drift law of one descent step, in exact fractions."""
    exact = np.vectorize(Fraction, otypes=[object])
    chain, slope = [exact(layer) for layer in weights], exact(G)
    slopes, moved = [], []
    for k, layer in enumerate(chain):
        left = slope
        for before in chain[:k]:
            left = before.T @ left
        for after in chain[:k:-1]:
            left = left @ after.T
        slopes.append(left)
        moved.append(layer - eta * left)
    off = Fraction(0)
    for k in range(len(chain) - 1):
        law = eta**2 * (slopes[k].T @ slopes[k] - slopes[k + 1] @ slopes[k + 1].T)
        after = moved[k].T @ moved[k] - moved[k + 1] @ moved[k + 1].T
        before = chain[k].T @ chain[k] - chain[k + 1] @ chain[k + 1].T
        off = max(off, np.max(np.abs(after - before - law)))
    return off


@settles("min2022.general.gd_drift", kind="identity")
def descent_drift(*, trials: int = 700, exact: int = 40, rng: Generator) -> Evidence:
    """One step of descent changes D_l by eta^2 (G_l^T G_l - G_{l+1} G_{l+1}^T), and by nothing else.

    Residual relative to the largest squared norm of a layer before or after the step; a step moves the layers
    by a share of them between 10^-3 and 1. Second route: ``exact`` steps from layers with entries -1, 0 and 1
    in fractions. Controls: without the second-order term, and with its sign turned.
    """
    worst, routes = 0.0, 0.0
    without, turned = -np.inf, -np.inf
    for trial, (kind, weights) in enumerate(networks(trials, rng, layers=(2, 3, 4, 5))):
        f = random_objective(network.product(weights).shape, rng, trial)
        G = network.pull_back(weights, f.gradient(network.product(weights)))
        size = max(float(np.linalg.norm(w)) for w in weights)
        slope = max(float(np.linalg.norm(g)) for g in G)
        if slope == 0 or size == 0:
            continue
        eta = 10.0 ** rng.uniform(-3, 0) * size / slope
        moved = [w - eta * g for w, g in zip(weights, G, strict=True)]
        law = [matrix_drift([g.T for g in G], h, eta) for h in range(1, len(G))]  # layers of the other order
        changes = [
            after - before
            for before, after in zip(network.imbalances(weights), network.imbalances(moved), strict=True)
        ]
        unit = max(float(np.sum(w**2)) for w in [*weights, *moved])

        def largest(
            factor: float, changes: Weights = changes, law: Weights = law, unit: float = unit
        ) -> float:
            pairs = zip(changes, law, strict=True)
            return max(float(np.max(np.abs(change - factor * term))) for change, term in pairs) / unit

        worst = max(worst, largest(1.0))
        if kind == "gaussian":
            without = max(without, identity_margin(largest(0.0), ROUNDING))
            turned = max(turned, identity_margin(largest(-1.0), ROUNDING))
    for _ in range(require_count("exact", exact, 1)):
        small = random_layers([(2, 3), (3, 2), (2, 2)], rng, "integers")
        off = fraction_drift(small, rng.integers(-2, 3, size=(2, 2)).astype(float), Fraction(1, 10))
        routes = max(routes, float(off))
    return Evidence(
        statement="min2022.general.gd_drift",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(routes, ROUNDING),
        instances=trials + exact,
        sizes={"layers": [2, 3, 4, 5], "widths": [1, 5]},
        control=("without the term in eta^2", without),
        controls=[("its sign turned", turned)],
    )
