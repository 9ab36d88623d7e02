"""Checks of Min et al., scalar networks: two shapes of imbalance, and where scalar networks come from."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product as choices

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.scalar_rates import cumulative_imbalances, scalar_rate, scalar_rate_exact
from flowbounds.checks.registry import settles
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import layer_gradients, product, tangent_matrix, tangent_min_eigenvalue
from flowbounds.models.objectives import factorization
from flowbounds.validation import FloatArray

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Shape:
    """Imbalances d (L - 1,) whose cumulative product is claimed to be ``expected``."""

    d: FloatArray
    expected: float

    def residual(self, w: float) -> float:
        """Relative difference of the bound at w from its closed form, and at w = 0 of T from ``expected``."""
        depth = self.d.size + 1
        bound = scalar_rate(self.d, w)
        closed = math.hypot(self.expected, depth * abs(w) ** (2 - 2 / depth))
        squares = cumulative_imbalances(self.d)
        at_zero = [scalar_rate_exact(self.d, 0.0), tangent_min_eigenvalue(_column(np.sqrt(squares)))]
        return max([abs(bound / closed - 1)] + [abs(rate / self.expected - 1) for rate in at_zero])


def _column(weights: FloatArray) -> Weights:
    return [np.array([[one]]) for one in weights]


def constant_shapes(depth: int, lam: float) -> Iterator[Shape]:
    """One weight is the smallest and all others are ahead of it by lam in their squares."""
    for smallest in range(depth):
        x = np.where(np.arange(depth) == smallest, 0.0, lam)
        yield Shape(-np.diff(x), lam ** (depth - 1))


def linear_shapes(depth: int, eps: float) -> Iterator[Shape]:
    """The squares grow by eps from layer to layer, away from the smallest."""
    for smallest in range(depth):
        steps = np.where(np.arange(1, depth) <= smallest, eps, -eps)
        ways = math.factorial(smallest) * math.factorial(depth - 1 - smallest)
        yield Shape(steps, eps ** (depth - 1) * ways)


def _closed_form(
    statement: str,
    shapes: Callable[[int, float], Iterator[Shape]],
    depths: Sequence[int],
    steps: Sequence[float],
    controls: dict[str, list[tuple[int, Shape]]],
) -> Evidence:
    margin, where, count = DIGITS_CAP, "", 0
    for depth, step in choices(depths, steps):
        for shape in shapes(depth, step):
            digits = min(identity_margin(shape.residual(w), 50 * depth * EPS) for w in (0.0, 0.3, -2.0))
            count += 1
            if digits < margin:
                margin, where = digits, f"L = {depth}"
    results = [
        (name, max(identity_margin(shape.residual(0.0), 50 * depth * EPS) for depth, shape in wrong))
        for name, wrong in controls.items()
    ]
    return Evidence(
        statement=statement,
        margin=margin,
        error=identity_error(4 * EPS, 100 * EPS),  # the closed form's powers and root are rounded
        instances=count,
        sizes={"L": list(depths), "steps": list(steps)},
        where=where,
        control=results[0],
        controls=results[1:],
    )


@settles("min2022.scalarL.case_const", kind="identity")
def case_const(
    *, depths: Sequence[int] = (2, 3, 4, 5, 6, 7, 8), lams: Sequence[float] = (0.3, 1.0, 2.7)
) -> Evidence:
    """One weight behind all others by lam: the product of cumulative imbalances is lam^(L-1).

    Residual: the bound against its closed form, and at w = 0 the bound's own claim against T of the network
    with these squares. Controls: lam in front, d = (lam, 0, ..., 0), where L - 1 weights tie for the
    smallest and the product is zero; lam^L.
    """
    deep = [(depth, lam) for depth in depths if depth > 2 for lam in lams]
    front = [(depth, Shape(lam * np.eye(depth - 1)[0], lam ** (depth - 1))) for depth, lam in deep]
    power = [(depth, Shape(lam * np.eye(depth - 1)[-1], lam**depth)) for depth, lam in deep if lam != 1]
    controls = {"d = (lam, 0, ..., 0), L > 2": front, "lam^L": power}
    return _closed_form("min2022.scalarL.case_const", constant_shapes, depths, lams, controls)


@settles("min2022.scalarL.case_linear", kind="identity")
def case_linear(
    *, depths: Sequence[int] = (2, 3, 4, 5, 6, 7, 8), steps: Sequence[float] = (0.3, 1.0, 2.7)
) -> Evidence:
    """Steps of eps away from the smallest weight, the k-th: eps^(L-1) (k-1)! (L-k)!, (L-1)! at an end.

    Residual as for the constant shape. Controls: (L-1)! where the smallest is inside; steps of alternating
    sign.
    """
    deep = [(depth, eps) for depth in depths if depth > 2 for eps in steps]
    inside, zigzag = [], []
    for depth, eps in deep:
        claimed = eps ** (depth - 1) * math.factorial(depth - 1)
        inside += [(depth, Shape(shape.d, claimed)) for shape in list(linear_shapes(depth, eps))[1:-1]]
        zigzag.append((depth, Shape(np.resize([eps, -eps], depth - 1), claimed)))
    controls = {"(L-1)! with the smallest inside": inside, "d = (eps, -eps, eps, ...)": zigzag}
    return _closed_form("min2022.scalarL.case_linear", linear_shapes, depths, steps, controls)


@dataclass(frozen=True)
class Spectral:
    """Layers Q_{l-1} S_l Q_l^T with S_l rectangular and diagonal, entries s (L, r); Q_0 = U and Q_L = V."""

    frames: list[FloatArray]
    s: FloatArray

    @classmethod
    def draw(cls, widths: Sequence[int], rng: Generator, *, diagonal: bool = False) -> "Spectral":
        """Random orthogonal frames, identities when ``diagonal``: a diagonal network."""
        turns = [np.linalg.qr(rng.normal(size=(h, h)))[0] for h in widths]
        frames = [np.eye(h) for h in widths] if diagonal else turns
        return cls(frames, rng.uniform(0.2, 1.5, size=(len(widths) - 1, min(widths))))

    def embed(self, entries: FloatArray) -> Weights:
        """Layers with the given entries (L, r) in place of s."""
        layers = []
        for left, right, one in zip(self.frames, self.frames[1:], entries, strict=False):
            layers.append(left[:, : one.size] @ np.diag(one) @ right[:, : one.size].T)
        return layers

    def target(self, y: FloatArray) -> FloatArray:
        """The matrix with the singular vectors of the product, and y (r,) on the diagonal."""
        U, V = self.frames[0], self.frames[-1]
        return np.asarray(U[:, : y.size] @ np.diag(y) @ V[:, : y.size].T)

    def gradients(self, y: FloatArray) -> FloatArray:
        """Gradients (L, r) of r scalar networks, each with its own objective (w_i - y_i)^2 / 2."""
        off = np.prod(self.s, axis=0) - y
        return np.array([off * np.prod(np.delete(self.s, k, axis=0), axis=0) for k in range(len(self.s))])

    def tangent_spectrum(self) -> FloatArray:
        """Eigenvalues (n, m) of T: at (i, j) the left factors belong to mode i, the right ones to j."""
        left, right = (self._padded(len(frame)) for frame in (self.frames[0], self.frames[-1]))
        depth = len(self.s)
        terms = [np.outer(left[:k].prod(axis=0), right[k + 1 :].prod(axis=0)) for k in range(depth)]
        return np.asarray(sum(terms))

    def _padded(self, size: int) -> FloatArray:
        squares = np.zeros((len(self.s), size))
        squares[:, : self.s.shape[1]] = self.s**2
        return squares


def spectral_residual(net: Spectral, y: FloatArray, target: FloatArray) -> float:
    """Relative difference of layer gradients and of T, turned into the frames, from the scalar networks."""
    layers = net.embed(net.s)
    claimed = net.embed(net.gradients(y))
    found = layer_gradients(layers, product(layers) - target)
    scale = max(float(np.max(np.abs(one))) for one in claimed)
    off = max(float(np.max(np.abs(a - b))) for a, b in zip(found, claimed, strict=True)) / scale
    turn, spectrum = np.kron(net.frames[0], net.frames[-1]), net.tangent_spectrum().ravel()
    turned = turn.T @ tangent_matrix(layers) @ turn
    return max(off, float(np.max(np.abs(turned - np.diag(spectrum)))) / float(spectrum.max()))


def flow_residual(net: Spectral, y: FloatArray, t_end: float, tol: float) -> float:
    """Largest difference, along the flow, of the layers from those of r scalar flows."""
    times = np.linspace(0, t_end, 9)
    whole = linear_flow(net.embed(net.s), factorization(net.target(y)), t_end, tol=tol, t_eval=times, stop=0)
    modes = []
    for start, one in zip(net.s.T, y, strict=True):
        run = linear_flow(_column(start), factorization([[one]]), t_end, tol=tol, t_eval=times, stop=0)
        modes.append([layer[0, 0] for layer in run.weights])
    entries = np.array(modes)  # (r, L, times)
    pairs = ((whole.state(k), net.embed(entries[:, :, k].T)) for k in range(times.size))
    return max(float(np.max(np.abs(a - b))) for one, other in pairs for a, b in zip(one, other, strict=True))


@settles("min2022.scalarL.spectral", kind="identity")
def spectral(
    *,
    shapes: Sequence[tuple[int, ...]] = ((2, 2, 2), (3, 4, 3), (2, 3, 3, 4), (4, 3, 3, 2), (3, 3, 4, 3, 3)),
    draws: int = 10,
    tol: float = 1e-11,
    rng: Generator,
) -> Evidence:
    """Spectral starts and diagonal networks are min(n, m) scalar networks, each with its own objective.

    Residual: the layer gradients and T in the frames of the singular vectors, to rounding; and one flow of
    every shape against its scalar flows, to 100 local errors. The smallest eigenvalue of T over all
    directions is not the rate of the slowest mode: their smallest ratio is the constant. Controls: a target
    whose singular vectors are not those of the start; the slowest mode taken for lambda_min(T).
    """
    margin, where, count = DIGITS_CAP, "", 0
    aside, least = -np.inf, np.inf
    for widths in shapes:
        model = 100 * max(widths) * len(widths) * EPS
        for k in range(draws):
            net = Spectral.draw(widths, rng, diagonal=k % 2 == 1)
            y = np.asarray(rng.uniform(0.5, 2.0, size=net.s.shape[1]))
            digits, count = identity_margin(spectral_residual(net, y, net.target(y)), model), count + 1
            if k == 0:
                digits = min(digits, identity_margin(flow_residual(net, y, 3.0, tol), 100 * tol))
            if digits < margin:
                margin, where = digits, f"widths {widths}"
            other = Spectral.draw(widths, rng).target(y)
            aside = max(aside, identity_margin(spectral_residual(net, y, other), model))
            slowest = float(np.min(np.diag(net.tangent_spectrum())))
            least = min(least, tangent_min_eigenvalue(net.embed(net.s)) / slowest)
    return Evidence(
        statement="min2022.scalarL.spectral",
        margin=margin,
        error=identity_error(4 * EPS, 600 * EPS),  # products of at most four numbers
        instances=count,
        sizes={"widths": [str(one) for one in shapes], "draws": draws},
        where=where,
        control=("target with other singular vectors", aside),
        controls=[("rate of the slowest mode taken for lambda_min(T)", identity_margin(1 - least, model))],
        constants={"smallest lambda_min(T) over the rate of the slowest mode": least},
    )
