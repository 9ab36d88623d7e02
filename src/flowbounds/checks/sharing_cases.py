"""Networks with shared and missing weights, drawn at random: convolutions, and maps without any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.models.activations import Activation, Name, activation
from flowbounds.models.homogeneous_ensembles import HOMOGENEOUS, Network
from flowbounds.models.network_losses import LOSSES
from flowbounds.models.weight_sharing import convolution_map, expand
from flowbounds.validation import FloatArray

Map = NDArray[np.int64]


@dataclass(frozen=True)
class SharedNetwork:
    """Free parameters, their maps, and the network that they make; ``channels`` where it starts with two
    convolutions: (C_0, C_1, C_2, taps of the first, taps of the second).
    """

    parameters: list[FloatArray]
    maps: list[Map]
    network: Network
    channels: tuple[int, int, int, int, int] | None = None


def _random_map(rows: int, columns: int, rng: Generator) -> tuple[Map, int]:
    """Every entry one of a few parameters or missing; one parameter at least is not used."""
    size = int(rng.integers(1, rows * columns + 1))
    return rng.integers(0, size + 1, size=(rows, columns)), size + 1


def _finish(
    maps: list[Map],
    sizes: Sequence[int],
    hidden: Sequence[Name],
    rng: Generator,
    channels: tuple[int, int, int, int, int] | None = None,
) -> SharedNetwork:
    scale = rng.uniform(0.2, 1.0)
    parameters = [scale * rng.normal(size=size) for size in sizes]
    weights = [expand(v, g) for v, g in zip(parameters, maps, strict=True)]
    names = [hidden[int(k)] for k in rng.integers(0, len(hidden), size=len(maps) - 1)]
    phis: list[Activation] = [activation(name) for name in names]
    X, Y = rng.normal(size=(maps[0].shape[1], 5)), rng.normal(size=(maps[-1].shape[0], 5))
    loss = LOSSES[int(rng.integers(0, 2))]  # the exponential of an unscaled output may overflow
    network = Network(weights, None, phis, X, Y if loss == "squared" else np.sign(Y), loss, 0.3)
    return SharedNetwork(parameters, maps, network, channels)


def convolutional(rng: Generator, *, hidden: Sequence[Name] = HOMOGENEOUS) -> SharedNetwork:
    """Two convolutions, circular or not, and a last layer with shared and missing weights."""
    C0, C1, C2 = (int(c) for c in rng.integers(1, 4, size=3))
    length, r1, r2 = int(rng.integers(6, 9)), int(rng.integers(2, 4)), int(rng.integers(2, 4))
    wrap = bool(rng.integers(0, 2))
    first = convolution_map(length, r1, channels_in=C0, channels_out=C1, circular=wrap)
    second = convolution_map(first.shape[0] // C1, r2, channels_in=C1, channels_out=C2, circular=wrap)
    last, size = _random_map(int(rng.integers(1, 4)), second.shape[0], rng)
    sizes = [C0 * C1 * r1, C1 * C2 * r2, size]
    return _finish([first, second, last], sizes, hidden, rng, (C0, C1, C2, r1, r2))


def scattered(rng: Generator, *, hidden: Sequence[Name] = HOMOGENEOUS) -> SharedNetwork:
    """Two to four layers of random maps: any sharing, missing connections, unused parameters."""
    widths = rng.integers(1, 8, size=int(rng.integers(3, 6)))
    drawn = [_random_map(int(b), int(a), rng) for a, b in pairwise(widths)]
    return _finish([g for g, _ in drawn], [size for _, size in drawn], hidden, rng)
