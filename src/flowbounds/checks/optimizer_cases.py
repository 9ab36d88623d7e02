"""Networks to descend, and what is read off a run: imbalances at every neuron, squared gradients, moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator

from flowbounds.dynamics.descent import Descent, Parameters, ValueAndGradient
from flowbounds.models.activations import Name, activations_of
from flowbounds.models.homogeneous_network import value_and_gradients
from flowbounds.models.network_ensembles import random_layers
from flowbounds.validation import FloatArray

Exact = list[Any]  # arrays of fractions
ROUNDING = (
    1e-12  # of the largest squared norm of a layer at the start: a few hundred steps of a few roundings each
)
ALLOWED = 100  # local errors that an invariant may collect along a flow of this project

HOMOGENEOUS: tuple[tuple[Name, ...], ...] = (("relu", "leaky"), ("linear", "relu"), ("abs", ("leaky", 0.5)))


@dataclass(frozen=True)
class Case:
    """A network, its data, and layers to start from."""

    start: Parameters
    activations: tuple[Name, ...]
    X: FloatArray
    Y: FloatArray

    def slope(self, *, decays: Sequence[float] | None = None) -> ValueAndGradient:
        """Loss and gradients on the samples drawn, or all; ``decays``: a weight decay for each layer."""
        phis = activations_of(self.activations, len(self.start))

        def value_and_gradient(layers: Parameters, drawn: Any) -> tuple[float, Parameters]:
            X, Y = (self.X, self.Y) if drawn is None else (self.X[:, drawn], self.Y[:, drawn])
            value, slopes, _ = value_and_gradients(layers, None, phis, X, Y)
            if decays is not None:
                slopes = [g + lam * w for g, lam, w in zip(slopes, decays, layers, strict=True)]
            return value, slopes

        return value_and_gradient


def network(
    rng: Generator,
    activations: tuple[Name, ...],
    *,
    widths: Sequence[int] = (4, 5, 4, 2),
    samples: int = 12,
    scale: float = 0.5,
    labels: float = 1.0,
) -> Case:
    """Gaussian layers times ``scale``, Gaussian data and labels; the first layer is twice as large."""
    start = random_layers(list(pairwise(widths[::-1])), rng)[::-1]  # a chain from the output down
    start = [scale * layer for layer in start]
    start[0] = 2 * start[0]
    return Case(
        start,
        activations,
        rng.normal(size=(widths[0], samples)),
        labels * rng.normal(size=(widths[-1], samples)),
    )


def squares(layers: Sequence[FloatArray]) -> FloatArray:
    """Rows of a layer less columns of the next, squared and summed, of all hidden neurons in one vector.

    Of layers: the imbalances; of gradients: the kicks; of moves: the moves of the laws.
    """
    return np.concatenate([np.sum(a * a, axis=1) - np.sum(b * b, axis=0) for a, b in pairwise(layers)])


def largest(layers: Sequence[FloatArray]) -> float:
    """Largest squared norm of a layer: the unit of a residual."""
    return max(float(np.sum(layer * layer)) for layer in layers)


def watch(layers: Sequence[FloatArray], slopes: Sequence[FloatArray]) -> FloatArray:
    """For ``record``: imbalances, kicks, and the unit, in one vector."""
    return np.concatenate([squares(layers), squares(slopes), [largest(layers)]])


def flat(layers: Sequence[FloatArray], slopes: Sequence[FloatArray]) -> FloatArray:
    """For ``record``: all layers in one vector."""
    return np.concatenate([layer.ravel() for layer in layers])


def unflat(row: FloatArray, like: Sequence[FloatArray]) -> Parameters:
    """The layers again, in the shapes of ``like``."""
    cuts = np.cumsum([layer.size for layer in like])[:-1]
    return [part.reshape(layer.shape) for part, layer in zip(np.split(row, cuts), like, strict=True)]


def require_settled(run: Descent) -> None:
    """A run that diverged proves nothing; units are those of the start, so that growth counts against."""
    if run.diverged:
        raise ValueError(f"the run diverged after {run.steps} steps: take a smaller step")


def gap(path: FloatArray, law: FloatArray, unit: float) -> float:
    """Largest departure of a path from a law, in that unit."""
    return float(np.max(np.abs(path - law))) / unit


def watched(run: Descent) -> tuple[FloatArray, FloatArray, float]:
    """Imbalances (steps + 1, n), kicks (steps, n), and the unit, of a run recorded by ``watch``."""
    require_settled(run)
    n = (run.observed.shape[1] - 1) // 2
    return run.observed[:, :n], run.observed[:-1, n : 2 * n], float(run.observed[0, -1])


def path_of_moves(run: Descent, like: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, float]:
    """Imbalances, squares of the moves, and the unit, of a run recorded by ``flat``."""
    require_settled(run)
    layers = [unflat(row, like) for row in run.observed]
    moves = [[b - a for a, b in zip(*pair, strict=True)] for pair in pairwise(layers)]
    paths = np.array([squares(one) for one in layers])
    return paths, np.array([squares(one) for one in moves]), largest(layers[0])


def exact_relu(layers: Exact, X: Any, Y: Any, k: int = 1) -> Exact:
    """Gradients of the summed squares of a two-layer network with relu to the power k, in fractions."""
    first, second = layers
    Z = first @ X
    Z = np.vectorize(lambda z: max(z, Fraction(0)), otypes=[object])(Z)
    slope = second @ Z**k - Y
    on = Z ** (k - 1) if k > 1 else np.vectorize(lambda z: int(z > 0), otypes=[object])(Z)
    return [((second.T @ slope) * (k * on)) @ X.T, slope @ (Z**k).T]


def exact_squares(layers: Exact, k: int = 1) -> Any:
    """:func:`squares` of two arrays of fractions, the second weighted by k."""
    return np.sum(layers[0] * layers[0], axis=1) - k * np.sum(layers[1] * layers[1], axis=0)


def exact_descent(
    rng: Generator, step: Callable[[Exact, Exact, Exact], Exact], steps: int, k: int = 1
) -> list[tuple[Exact, Exact]]:
    """(layers, gradients) of steps in fractions from small integers; ``step(layers, before, gradients)``."""
    whole = np.vectorize(lambda entry: Fraction(int(entry)), otypes=[object])
    first, second, X, Y = (
        whole(rng.integers(-2, 3, size=shape)) for shape in ((3, 2), (2, 3), (2, 3), (2, 3))
    )
    layers: Exact = [first, second]
    before, path = layers, []
    for _ in range(steps + 1):
        slopes = exact_relu(layers, X, Y, k)
        path.append((layers, slopes))
        before, layers = layers, step(layers, before, slopes)
    return path
