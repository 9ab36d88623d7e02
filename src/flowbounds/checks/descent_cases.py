"""Networks, runs and exact arithmetic for the checks of descent: what the drift law is tested on."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds.balance import linear_curvature, neuron_drift, total_drift_bound
from flowbounds.dynamics.descent import Parameters, descend, minibatch
from flowbounds.models.activations import Activation, activation
from flowbounds.models.homogeneous_network import neuron_imbalance, value_and_gradients
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

WIDTHS = (3, 6, 5, 2)  # two hidden layers, enough for a kink below another layer
SAMPLES = 10
SCALE = 0.6  # standard deviation of the weights: outputs of size one

Exact = NDArray[np.object_]


@dataclass(frozen=True)
class Data:
    """A start, and the samples that it is fitted to."""

    weights: Weights
    X: FloatArray
    Y: FloatArray


def drawn_data(rng: Generator, widths: Sequence[int] = WIDTHS, samples: int = SAMPLES) -> Data:
    """Normal weights, samples and labels."""
    weights = [SCALE * rng.normal(size=(out, into)) for into, out in pairwise(widths)]
    return Data(weights, rng.normal(size=(widths[0], samples)), rng.normal(size=(widths[-1], samples)))


@dataclass(frozen=True)
class DriftRun:
    """One descent and its balance; sums and maxima are over neurons of one hidden layer, then over layers.

    Attributes
    ----------
    drift : float
        Largest change of the imbalance of a neuron from start to end.
    drop : float
        What the loss has lost, of all the data or as drawn.
    total : float
        Largest sum over the neurons of a layer of such changes.
    squares : float
        eta^2 times the sum of all squared gradients: bounds ``total``.
    bound : float
        What the loss that was lost bounds it by; infinite where a step is not below 2 / curvature, NaN where
        a network is not linear or the data are drawn.
    off : float
        Largest departure from the sum of the drift laws, relative to the largest squared norm of a layer.
    scale : float
        That largest squared norm.
    decrease : float
        Smallest decrease of the loss over eta |G|^2; NaN where the data are drawn.
    """

    drift: float
    drop: float
    total: float
    squares: float
    bound: float
    off: float
    scale: float
    decrease: float


def drift_run(
    data: Data,
    name: str,
    step: float,
    steps: int,
    *,
    batch: int | None = None,
    rng: Generator | None = None,
) -> DriftRun:
    """Descent with ``steps`` steps of size ``step``, all hidden layers of one activation."""
    phis = [activation(name)] * (len(data.weights) - 1)
    hidden = range(1, len(data.weights))
    whole = phis[0].linear and batch is None
    curvature, gradients_squared = 0.0, []

    def value_and_gradient(layers: Parameters, drawn: Any) -> tuple[float, Weights]:
        X, Y = (data.X, data.Y) if drawn is None else (data.X[:, drawn], data.Y[:, drawn])
        return value_and_gradients(layers, None, phis, X, Y)[:2]

    def observe(layers: Parameters, slopes: Sequence[FloatArray]) -> FloatArray:
        nonlocal curvature
        gradients_squared.append(sum(float(np.sum(G * G)) for G in slopes))
        if whole:
            curvature = max(curvature, linear_curvature(layers, slopes, data.X, data.Y, step))
        size = max(float(np.sum(W * W)) for W in layers)
        return np.concatenate([*(neuron_drift(slopes, h, step) for h in hidden), [size]])

    draw = None if batch is None else minibatch(data.X.shape[1], batch)
    run = descend(data.weights, value_and_gradient, steps, step=step, draw=draw, rng=rng, record=observe)
    law, scale = (
        run.observed[:-1, :-1].sum(axis=0),
        float(np.max(run.observed[:, -1])),
    )  # no step from the last
    start, end = (
        np.concatenate([neuron_imbalance(layers, h) for h in hidden])
        for layers in (data.weights, run.parameters)
    )
    change = end - start
    off = float(np.max(np.abs(change - law))) / scale
    cuts = np.cumsum([data.weights[h - 1].shape[0] for h in hidden])[:-1]
    total = max(float(np.sum(np.abs(part))) for part in np.split(change, cuts))
    steepness = np.array(gradients_squared[:-1])
    drop, bound = float(run.losses[0] - run.losses[-1]), np.nan
    if whole:
        bound = total_drift_bound(drop, step, curvature) if step * curvature < 2 else np.inf
    decrease = np.nan if batch else float(np.min(-np.diff(run.losses) / (step * steepness)))
    squares = step**2 * float(np.sum(steepness))
    return DriftRun(
        drift=float(np.max(np.abs(change))),
        drop=drop,
        total=total,
        squares=squares,
        bound=bound,
        off=off,
        scale=scale,
        decrease=decrease,
    )


def neuron_defect(weights: Sequence[Any], gradients: Sequence[Any]) -> Any:
    """Largest difference of the two sides of balance at a neuron, over the largest sum of |W_h| |G_h|.

    The sides are the inner products of weights and gradients, of its row in layer h and of its column in
    layer h + 1. Takes fractions as well.
    """
    products = [W * G for W, G in zip(weights, gradients, strict=True)]
    size = max(np.sum(np.abs(p)) for p in products)
    gaps = [np.max(np.abs(np.sum(a, axis=1) - np.sum(b, axis=0))) for a, b in pairwise(products)]
    return max(gaps) / size if size else size


def selections(phis: Sequence[Activation], shapes: Sequence[tuple[int, ...]], rng: Generator) -> Weights:
    """A value for the derivative at the kink, drawn for each (neuron, sample) between the two slopes."""
    chosen = []
    for phi, shape in zip(phis, shapes, strict=True):
        left, right = (float(phi.slope(np.array([z]), 0.0)[0]) for z in (-1.0, 1.0))
        chosen.append(np.asarray(left + (right - left) * rng.uniform(size=shape)))
    return chosen


def exact_network(
    rng: Generator, *, layers: int = 3, width: int = 3, samples: int = 3
) -> tuple[list[Exact], list[Exact]]:
    """Integer weights and the gradients of some loss in fractions; slopes -1 to 1 below zero, one above.

    Weights, samples and the derivative of the loss in the outputs are drawn from -1, 0 and 1, so that many
    preactivations are zero; there the derivative is a multiple of 1/7 drawn between 0 and 1.
    """
    whole = np.vectorize(Fraction, otypes=[object])

    def drawn() -> Exact:
        return np.asarray(whole(rng.integers(-1, 2, size=(width, width)).astype(int).tolist()))

    weights = [drawn() for _ in range(layers)]
    activities, slopes = [drawn()[:, :samples]], []
    for W in weights[:-1]:
        Z = W @ activities[-1]
        left = Fraction(int(rng.integers(-2, 3)), 2)
        chosen = whole(rng.integers(0, 8, size=Z.shape).tolist()) / 7
        slope = (Z > 0) * Fraction(1) + (Z < 0) * left + (Z == 0) * chosen
        slopes.append(slope)
        activities.append(slope * Z)
    delta = drawn()[:, :samples]
    gradients: list[Exact] = [np.asarray(delta @ activities[-1].T)]
    for h in range(layers - 2, -1, -1):
        delta = (weights[h + 1].T @ delta) * slopes[h]
        gradients.insert(0, np.asarray(delta @ activities[h].T))
    return weights, gradients


def exact_departure(weights: Sequence[Exact], gradients: Sequence[Exact], eta: Fraction) -> Fraction:
    """Largest departure of one step from the neurons' drift law, in fractions."""

    def imbalance(into: Exact, out: Exact) -> Any:
        return np.sum(into * into, axis=1) - np.sum(out * out, axis=0)

    moved = [W - eta * G for W, G in zip(weights, gradients, strict=True)]
    departures = [
        imbalance(*after) - imbalance(*before) - eta**2 * imbalance(*slopes)
        for after, before, slopes in zip(pairwise(moved), pairwise(weights), pairwise(gradients), strict=True)
    ]
    return max((np.max(np.abs(one)) for one in departures), default=Fraction(0))
