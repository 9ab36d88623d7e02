"""Random deep networks whose imbalances have one sign before a layer l* and the other from it on.

All of them are of one form: before l* the layers live in a space of n dimensions, after it in one of m, so
that they are square cores between orthonormal frames, each grown from its neighbour by a positive
semidefinite matrix. The imbalances are known by construction, and so are the eigenvalues in the bounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq

from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

KINDS = (
    "general",
    "scaled",
    "aligned",
    "low rank",
    "multiples of I",
    "singular product",
    "zero imbalance",
    "narrow",
)


@dataclass(frozen=True)
class Ordered:
    """Layers, their imbalances, l* (from 1), the shape (n, m) of the product.

    ``cumulative`` holds the c_i, i != l*, from the cores: a second route to them.
    """

    kind: str
    weights: Weights
    Ds: list[FloatArray]
    layer: int
    n: int
    m: int
    cumulative: list[float]

    @property
    def depth(self) -> int:
        """Number of layers, L."""
        return len(self.weights)

    @property
    def at_end(self) -> bool:
        """Whether l* is the first or the last layer, so that all imbalances have one sign."""
        return self.layer in (1, self.depth)

    @property
    def inner(self) -> int:
        """The size, n or m, in which the layers outside an l* at an end live."""
        return self.n if self.layer > 1 else self.m

    @cached_property
    def unit(self) -> float:
        """Largest squared norm of a layer, to the power L - 1; a bound from imbalances knows no smaller."""
        return float(max(np.linalg.norm(layer, 2) ** 2 for layer in self.weights) ** (self.depth - 1))


def frame(rows: int, columns: int, rng: Generator) -> FloatArray:
    """Orthonormal columns."""
    return np.asarray(np.linalg.qr(rng.normal(size=(rows, columns)))[0])


def growth(kind: str, size: int, rng: Generator) -> FloatArray:
    """A positive semidefinite matrix: what one layer has more than the next one inwards."""
    if kind == "zero imbalance":
        return np.zeros((size, size))
    if kind == "multiples of I":
        return float(10.0 ** rng.uniform(-1, 0.5)) * np.eye(size)
    if kind == "aligned":
        return np.diag(10.0 ** rng.uniform(-2, 0.5, size=size))
    rank = int(rng.integers(0, size + 1)) if kind == "low rank" else size + 1
    scale = 10.0 ** (rng.uniform(-1.5, 1.5) if kind == "scaled" else rng.uniform(-1, 0.5))
    half = rng.normal(size=(size, rank))
    return np.asarray(scale * (half @ half.T) / max(rank, 1))


def root(A: FloatArray) -> FloatArray:
    """Square root of a positive semidefinite matrix."""
    values, vectors = np.linalg.eigh(A)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T)


def outwards(
    core: FloatArray, count: int, kind: str, rng: Generator
) -> tuple[list[FloatArray], list[FloatArray]]:
    """``count`` square cores before ``core`` and what each has more than the next."""
    cores, size = [core], core.shape[0]
    grown: list[FloatArray] = []
    for _ in range(count):
        grown.insert(0, growth(kind, size, rng))
        turn = np.eye(size) if kind == "aligned" else frame(size, size, rng)
        inner = np.asarray(cores[0] @ cores[0].T)
        cores.insert(0, np.asarray(turn @ root(inner + grown[0])))
    return cores[:-1], grown


def tail_sums(grown: list[FloatArray], full: bool) -> list[float]:
    """c_i, from the outermost layer inwards; zero where the cores are smaller than the product."""
    least = [max(0.0, float(np.linalg.eigvalsh(one)[0])) if full else 0.0 for one in grown]
    return [sum(least[k:]) for k in range(len(least))]


def ordered_network(n: int, m: int, layer: int, depth: int, kind: str, rng: Generator) -> Ordered:
    """One random network of the kind, with D_l >= 0 before ``layer`` and <= 0 from it on."""
    less = 1 if kind == "narrow" else 0
    p = max(1, n - less) if layer > 1 else n
    q = max(1, m - less) if layer < depth else m
    middle = 10.0 ** rng.uniform(-1.5, 0.5) * rng.normal(size=(p, q))
    if kind == "aligned":
        middle = np.diag(np.diag(middle))[:p, :q] if p == q else np.eye(p, q) * middle[0, 0]
    if kind == "singular product":
        middle[:, 0] = 0.0
        middle[0, :] = 0.0
    left, more = outwards(middle, layer - 1, kind, rng)
    right, less_of = outwards(middle.T, depth - layer, kind, rng)
    frames = [np.eye(n) if p == n else frame(n, p, rng)]
    frames += [frame(size + int(rng.integers(0, 4)), size, rng) for size in [p] * (layer - 1)]
    frames += [frame(size + int(rng.integers(0, 4)), size, rng) for size in [q] * (depth - layer)]
    frames.append(np.eye(m) if q == m else frame(m, q, rng))
    cores = [*left, middle, *[one.T for one in right[::-1]]]
    inner = [*more, *[-one for one in less_of[::-1]]]
    return Ordered(
        kind=kind,
        weights=[a @ core @ b.T for (a, b), core in zip(pairwise(frames), cores, strict=True)],
        Ds=[(D + D.T) / 2 for D in (Q @ G @ Q.T for Q, G in zip(frames[1:-1], inner, strict=True))],
        layer=layer,
        n=n,
        m=m,
        cumulative=[*tail_sums(more, p == n), *tail_sums(less_of, q == m)],
    )


def ordered_networks(draws: int, depths: Sequence[int], rng: Generator) -> Iterator[Ordered]:
    """Of every kind and depth ``draws`` with l* at an end, and a quarter with l* inside, for L > 2."""
    for kind in KINDS:
        for depth in depths:
            for k in range(draws):
                places = [int(rng.choice([1, depth]))]
                if depth > 2 and k % 4 == 0:
                    places.append(int(rng.integers(2, depth)))
                for layer in places:
                    n, m = (int(v) for v in rng.integers(1, 5, size=2))
                    yield ordered_network(n, m, layer, depth, kind, rng)


def least_square(c: list[float], sigma: float) -> float:
    """The root t >= 0 of t times the product of the t + c_i = sigma^2, by bracketing its logarithm."""
    if sigma == 0:
        return 0.0
    goal = 2 * float(np.log(sigma))
    above = goal / (len(c) + 1)
    total = np.array([0.0, *c])

    def short(y: float) -> float:
        return float(np.sum(np.log(np.exp(y) + total))) - goal

    below = above
    while short(below) > 0:
        below -= 10.0
    return float(np.exp(brentq(short, below, above + 1e-9, xtol=1e-15, rtol=1e-15)))
