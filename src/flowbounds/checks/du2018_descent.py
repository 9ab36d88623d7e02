"""Checks on equation (5) of Du et al., the flow as an inclusion, and on the drift of descent beside it."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.balance import matrix_drift, neuron_drift
from flowbounds.checks.descent_cases import (
    drawn_data,
    drift_run,
    exact_departure,
    exact_network,
    neuron_defect,
    selections,
)
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.activations import activation
from flowbounds.models.homogeneous_ensembles import HOMOGENEOUS, Network, random_network
from flowbounds.models.homogeneous_network import (
    backpropagate,
    matrix_imbalance,
    neuron_imbalance,
    preactivations,
)
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray, require_count

ROUNDING = 1e-12  # of sum |W| |G|, or of the largest squared norm of a layer, over thousands of steps
OUTSIDE = 17.0  # a value of phi'(0) that is between no two slopes


def kinked_network(rng: Generator) -> Network:
    """Layers and samples with entries -1, 0 and 1: preactivations are zero where weights are not."""
    net = random_network(rng)
    whole = [rng.integers(-1, 2, size=layer.shape).astype(float) for layer in net.weights]
    X = rng.integers(-1, 2, size=net.X.shape).astype(float)
    return Network(whole, None, net.phis, X, rng.normal(size=net.Y.shape), "squared", 0.0)


def gradients_at(net: Network, kinks: Sequence[FloatArray]) -> Weights:
    """Gradients for one choice of every derivative at a kink."""
    run = backpropagate(net.weights, None, net.phis, net.X, net.Y, net.loss, list(kinks))
    return run.weight_gradients()


def layer_defect(weights: Weights, gradients: Weights) -> float:
    """The same as :func:`~flowbounds.checks.descent_cases.neuron_defect` for whole layers."""
    products = [W * G for W, G in zip(weights, gradients, strict=True)]
    size = max(float(np.sum(np.abs(p))) for p in products)
    return max(abs(float(np.sum(a) - np.sum(b))) for a, b in pairwise(products)) / size if size else 0.0


@settles("du2018.eq5", kind="definition")
def inclusion(*, trials: int = 600, exact: int = 40, rng: Generator) -> Evidence:
    """Balance at every neuron holds for every choice of the derivatives at the kinks, and for their mixtures.

    Layers with entries -1, 0 and 1, so that kinks are met exactly; three choices for each neuron and sample
    and a convex combination of their gradients. Margin: digits to spare of the largest defect, over
    sum |W| |G|. Second route: fractions, zero exactly. Controls: every layer's gradient from a choice of its
    own, softplus in place of the activations. Tried: a derivative of 17 at every kink; whole layers, each
    with a choice of its own.
    """
    worst, outside, apart, whole, soft, zeros, entries = 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0
    for _ in range(require_count("trials", trials, 1)):
        net = kinked_network(rng)
        inputs = preactivations(net.weights, None, net.phis, net.X)[0][:-1]
        zeros += sum(int(np.sum(Z == 0)) for Z in inputs)
        entries += sum(Z.size for Z in inputs)
        shapes = [Z.shape for Z in inputs]
        chosen = [gradients_at(net, selections(net.phis, shapes, rng)) for _ in range(3)]
        shares = rng.dirichlet(np.ones(3))
        mixed = [
            sum(c * G for c, G in zip(shares, layer, strict=True)) for layer in zip(*chosen, strict=True)
        ]
        for gradients in [*chosen, mixed]:
            worst = max(worst, neuron_defect(net.weights, gradients))
        at17 = gradients_at(net, [np.full(shape, OUTSIDE) for shape in shapes])
        outside = max(outside, neuron_defect(net.weights, at17))
        own = [chosen[h % 3][h] for h in range(len(net.weights))]
        apart = max(apart, neuron_defect(net.weights, own))
        whole = max(whole, layer_defect(net.weights, own))
        smooth = [activation("softplus")] * len(net.phis)
        back = backpropagate(net.weights, None, smooth, net.X, net.Y)
        soft = max(soft, neuron_defect(net.weights, back.weight_gradients()))
    route = max(float(neuron_defect(*exact_network(rng))) for _ in range(require_count("exact", exact, 1)))
    return Evidence(
        statement="du2018.eq5",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(route, ROUNDING),
        instances=4 * trials + exact,
        sizes={"layers": [2, 5], "widths": [1, 8], "activations": [str(name) for name in HOMOGENEOUS]},
        control=("the gradient of each layer from a choice of its own", identity_margin(apart, ROUNDING)),
        controls=[("softplus", identity_margin(soft, ROUNDING))],
        tried=[
            ("a derivative of 17 at every kink", identity_margin(outside, ROUNDING)),
            ("whole layers, each with a choice of its own", identity_margin(whole, ROUNDING)),
        ],
        constants={"share of preactivations exactly at zero": zeros / entries},
        note="margins here are digits under the rounding model; (5) is read with one choice for all layers",
    )


def one_step(net: Network, eta: float) -> tuple[float, float, float]:
    """Departure of one step from the laws, without them, and with their sign turned; in squared norms."""
    run = net.back()
    G, g = run.weight_gradients(), run.bias_gradients() if net.biases is not None else None
    moved = [W - eta * slope for W, slope in zip(net.weights, G, strict=True)]
    shifted = None
    if net.biases is not None and g is not None:
        shifted = [b - eta * slope for b, slope in zip(net.biases, g, strict=True)]
    unit = max(float(np.sum(W * W)) for W in [*net.weights, *moved, *(net.biases or []), *(shifted or [])])
    off = np.zeros(3)
    for h, phi in enumerate(net.phis, start=1):
        change = neuron_imbalance(moved, h, biases=shifted)
        change = change - neuron_imbalance(net.weights, h, biases=net.biases)
        laws = [(change, neuron_drift(G, h, eta, bias_gradients=g))]
        if phi.linear:
            change = matrix_imbalance(moved, h) - matrix_imbalance(net.weights, h)
            # a bias adds b b^T, whose change is not a function of the weights: compare nets without one
            if net.biases is None:
                laws.append((change, matrix_drift(G, h, eta)))
        for left, law in laws:
            found = [float(np.max(np.abs(left - factor * law))) for factor in (1.0, 0.0, -1.0)]
            off = np.maximum(off, found)
    return float(off[0]) / unit, float(off[1]) / unit, float(off[2]) / unit


def step_size(net: Network, rng: Generator) -> float:
    """A step that moves the layers by 1 / 1000 to 1 of themselves; 0 at a stationary point."""
    size = max(float(np.linalg.norm(W)) for W in net.weights)
    slope = max(float(np.linalg.norm(G)) for G in net.back().weight_gradients())
    return 10.0 ** rng.uniform(-3, 0) * size / slope if slope else 0.0


@settles("du2018.gd_drift", kind="identity")
def descent_drift(
    *,
    trials: int = 500,
    exact: int = 40,
    runs: int = 2,
    large: float = 0.2,
    many: int = 1000,
    t_end: float = 1.0,
    long: Sequence[int] = (640, 1280, 2560),
    rng: Generator,
) -> Evidence:
    """A step of descent changes the imbalance of every neuron by the law in the square of the step, exactly.

    Single steps on random networks, kinks and biases among them, and whole runs, each against the sum of the
    law over its steps: ``runs`` starts, linear and ReLU, on all the data and on half of it drawn anew; as
    many steps as in ``long`` to the time ``t_end``, and ``many`` steps of ``large``. Residual relative to
    the largest squared norm of a layer on the way; a total drift beyond its bound counts as well. Second
    route: fractions. Controls: the largest of all departures without the law, with its sign turned, and of
    tanh, each over single steps.
    """
    off = np.zeros(3)
    tanh = 0.0
    for trial in range(require_count("trials", trials, 1)):
        net = kinked_network(rng) if trial % 3 == 2 else random_network(rng, biases=trial % 3 == 1)
        off = np.maximum(off, one_step(net, step_size(net, rng)))
        other = random_network(rng, hidden=["tanh"])
        tanh = max(tanh, one_step(other, step_size(other, rng))[0])
    worst, excess, slopes, over = float(off[0]), 0.0, {}, 0.0
    starts = [drawn_data(rng) for _ in range(require_count("runs", runs, 1))]
    for label, name, batch in (("linear", "linear", None), ("ReLU", "relu", None), ("ReLU, half", "relu", 5)):
        drifts = []
        for data in starts:
            given = [
                drift_run(data, name, t_end / n, n, batch=batch, rng=rng if batch else None) for n in long
            ]
            wide = drift_run(data, name, large, many, batch=batch, rng=rng if batch else None)
            worst = max(worst, wide.off, *(run.off for run in given))
            drifts.append([run.drift for run in given])
            if name == "linear":
                excess = max(excess, *((run.total - run.bound) / run.scale for run in given))
                over = max(over, *(run.total / run.bound for run in given))
        fits = [np.polyfit(np.log(t_end / np.array(long)), np.log(row), 1)[0] for row in drifts]
        slopes[label] = max(fits, key=lambda fit: abs(fit - 1))
    count = require_count("exact", exact, 1)
    routes = [exact_departure(*exact_network(rng), Fraction(1, 10)) for _ in range(count)]
    return Evidence(
        statement="du2018.gd_drift",
        margin=identity_margin(max(worst, excess), ROUNDING),
        error=identity_error(float(max(routes)), ROUNDING),
        instances=trials + exact + 3 * runs * (len(long) + 1),
        sizes={"layers": [2, 5], "widths": [1, 8], "steps of a run": [*long, many], "large step": large},
        control=("without the law", identity_margin(float(off[1]), ROUNDING)),
        controls=[
            ("its sign turned", identity_margin(float(off[2]), ROUNDING)),
            ("tanh", identity_margin(tanh, ROUNDING)),
        ],
        constants={
            **{f"order of the drift in the step, {label}": float(fit) for label, fit in slopes.items()},
            "largest total drift over its bound, linear": over,
        },
    )
