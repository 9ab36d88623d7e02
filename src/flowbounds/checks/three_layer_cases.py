"""Three layers on which the bounds are put to the test, and what is measured of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds import three_layer_rates as rates
from flowbounds.bounds.three_layer_rates import ThreeLayerParts
from flowbounds.bounds.two_layer_rates import spectrum
from flowbounds.evidence import identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, tangent_matrix, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, balanced_layers, random_layers
from flowbounds.validation import FloatArray

Shape = tuple[int, int]
SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3))
ENSEMBLES = (*KINDS, "zero imbalance")
MIDDLE = (0.1, 1.0, 10.0)  # times W_2: which layer is the smallest decides what the bound can say
ROUNDING = 1e-13  # of max |W_l|^4: a few roundings of products and spectra of order six, with room for ten
EMPTY = 1e-12  # of max |W_l|^4: a bound below it cannot be told from none
FLOOR = 2e-15  # of the same: two routes that agree better do so by chance
SMALL = 0.01  # max |W_l|^2 where the printed form, which is not homogeneous, is tried
DEGREES = np.array([SMALL, SMALL**2, SMALL, SMALL**2])  # what the four pieces scale with


def layers(
    draws: int, rng: Generator, shapes: Sequence[Shape] = SHAPES, middle: Sequence[float] = MIDDLE
) -> Iterator[tuple[str, float, Weights]]:
    """(ensemble, factor of W_2, layers of largest norm one); hidden widths uniform in 1, ..., 6."""
    for n, m in shapes:
        for kind in ENSEMBLES:
            for factor in middle:
                for _ in range(draws):
                    hidden = [int(h) for h in rng.integers(1, 7, size=2)]
                    if kind == "zero imbalance":
                        drawn = balanced_layers(n, m, hidden, rng)
                    else:
                        drawn = random_layers(pairwise((n, *hidden, m)), rng, kind)
                    weights = [drawn[0], factor * drawn[1], drawn[2]]
                    size = max(float(np.linalg.norm(layer, 2)) for layer in weights)
                    if size > 0:  # integers may draw nothing but zeros: there is nothing to bound
                        yield kind, factor, [layer / size for layer in weights]


def least_square(tall: FloatArray) -> float:
    """The smallest eigenvalue of A A^T from the singular values of A."""
    rows, columns = tall.shape
    return float(np.linalg.svd(tall, compute_uv=False)[-1] ** 2) if rows <= columns else 0.0


def four_eigenvalues(weights: Sequence[FloatArray]) -> FloatArray:
    """The n-th of W_1 W_1^T and W_1 W_2 W_2^T W_1^T, the m-th of W_3^T W_3 and W_3^T W_2^T W_2 W_3."""
    W1, W2, W3 = weights
    return np.array([least_square(A) for A in (W1, W1 @ W2, W3.T, (W2 @ W3).T)])


def total(four: FloatArray) -> FloatArray:
    """The bound that four pieces make, first_two + first last + last_two, along the last axis."""
    first, first_two, last, last_two = np.moveaxis(four, -1, 0)
    return np.asarray(first_two + first * last + last_two)


def literal_surrogate(weights: Sequence[FloatArray]) -> float:
    """The layerwise bound as printed, from the eigenvalues of the Gram matrices."""
    W1, W2, W3 = weights
    grams = W1 @ W2 @ W2.T @ W1.T, W1 @ W1.T, W3.T @ W3, W3.T @ W2.T @ W2 @ W3
    first_two, first, last, last_two = (float(np.linalg.eigvalsh(G)[0]) for G in grams)
    return first_two + first * last + last_two


def literal_rate(first: FloatArray, last: FloatArray, n: int, m: int) -> float:
    """The bound from the spectra of -D_1 and D_2 by traces, tr(Dbar) - tr(Dbar ^ D), not rearranged."""
    value, deltas = 0.0, []
    for values, other, k in ((first, last, n), (last, first, m)):
        x = [max([0.0, v, *other[i : i + 1]]) for i, v in enumerate(values)]
        y = [min(x[i], values[i + 1 - k]) if i + 1 >= k else x[i] for i in range(values.size)]
        deltas.append(float(sum(x) - sum(y)))
        value += (float(np.dot(x, x) - np.dot(y, y)) + deltas[-1] ** 2) / 2
    return value + deltas[0] * deltas[1]


def parts_of(first: FloatArray, last: FloatArray, n: int, m: int) -> ThreeLayerParts:
    """The pieces from the spectra of -D_1 and D_2."""
    middle = rates.middle_spectrum(first, last)
    return ThreeLayerParts(*rates.deltas(first, middle, n), *rates.deltas(last, middle, m))


def in_four(parts: ThreeLayerParts) -> list[float]:
    """The pieces in the order of ``four_eigenvalues``."""
    return [parts.first, parts.first_two, parts.last, parts.last_two]


def in_four_as_printed(parts: ThreeLayerParts) -> list[float]:
    """The same without the squares."""
    first_two, last_two = (parts.delta_21_2 + parts.delta_21) / 2, (parts.delta_23_2 + parts.delta_23) / 2
    return [parts.first, first_two, parts.last, last_two]


@dataclass(frozen=True)
class Survey:
    """Measured of many networks, one entry or row each; the largest norm of a layer is one.

    ``lam`` is lambda_min(T) from the Jacobian, ``dense`` from T's matrix; ``bounded`` the four eigenvalues,
    ``grams`` the layerwise bound from Gram matrices, ``mixed`` that bound with a largest eigenvalue in it;
    ``alpha`` and ``literal`` the three-layer bound by two routes, ``pieces`` what it is made of. Wrong forms:
    ``printed`` (rate) and ``printed_pieces`` at layers of squared norm ``SMALL``, in units of its powers;
    ``exchanged`` (n and m); ``unshifted``, interlacing as if W_1 had one row and W_3 one column.
    """

    kind: list[str]
    factor: FloatArray
    shape: FloatArray
    lam: FloatArray
    dense: FloatArray
    grams: FloatArray
    mixed: FloatArray
    alpha: FloatArray
    literal: FloatArray
    printed: FloatArray
    bounded: FloatArray
    pieces: FloatArray
    printed_pieces: FloatArray
    exchanged: FloatArray
    unshifted: FloatArray

    @property
    def surrogate(self) -> FloatArray:
        """The layerwise bound from singular values."""
        return total(self.bounded)

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Whether the three-layer bound is zero to rounding."""
        return np.asarray(self.alpha <= EMPTY)

    def at(self, kind: str, factor: float) -> NDArray[np.bool_]:
        """The cases of one ensemble and one factor of W_2."""
        return np.asarray((np.array(self.kind) == kind) & (self.factor == factor))

    def where(self, excess: FloatArray) -> str:
        """The case of the largest excess, unless that is rounding."""
        worst = int(np.argmax(excess))
        if excess[worst] <= ROUNDING:
            return "no excess beyond rounding"
        n, m = self.shape[worst]
        return f"{self.kind[worst]}, {n:.0f} x {m:.0f}, W_2 times {self.factor[worst]:g}"


def survey(draws: int, rng: Generator, shapes: Sequence[Shape] = SHAPES) -> Survey:
    """Bounds beside what they bound on every ensemble, each with a small, a plain and a large W_2."""
    names, rows, fours = [], [], []
    for kind, factor, weights in layers(draws, rng, shapes):
        (D1, D2), n, m = imbalances(weights), weights[0].shape[0], weights[-1].shape[1]
        four, (first, last) = four_eigenvalues(weights), (spectrum(-D1), spectrum(D2))
        small = parts_of(SMALL * first, SMALL * last, n, m)
        parts = (parts_of(first, last, *sizes) for sizes in ((n, m), (m, n), (1, 1)))
        right, exchanged, unshifted = map(in_four, parts)
        names.append(kind)
        fours.append([four, right, in_four_as_printed(small) / DEGREES, exchanged, unshifted])
        largest = np.array([float(np.linalg.norm(weights[0], 2)) ** 2, *four[1:]])
        dense = float(np.linalg.eigvalsh(tangent_matrix(weights))[0])
        bounds = rates.three_layer_rate(D1, D2, n, m), literal_rate(first, last, n, m)
        wrong = rates.without_squares(small) / SMALL**2
        grams, mixed = literal_surrogate(weights), float(total(largest))
        rows.append([factor, n, m, tangent_min_eigenvalue(weights), dense, grams, mixed, *bounds, wrong])
    factors, n_of, m_of, *columns = np.array(rows).T
    return Survey(names, factors, np.column_stack([n_of, m_of]), *columns, *np.array(fours).swapaxes(0, 1))


def digits(excess: FloatArray) -> float:
    """Digits that the largest excess of a bound over what it bounds stays below rounding."""
    return identity_margin(max(0.0, float(np.max(excess))), ROUNDING)


def apart(gap: float) -> float:
    """What two routes differ by, as a power of ten."""
    return decade_above(max(gap, FLOOR))


def positive_share(sizes: Sequence[int], kind: str, factor: float, starts: int, rng: Generator) -> float:
    """Share of an ensemble's networks, W_2 times ``factor``, with a bound; ``sizes`` are n, h1, h2, m."""
    count = 0
    for _ in range(starts):
        W1, W2, W3 = random_layers(pairwise(sizes), rng, kind)
        weights = [W1, factor * W2, W3]
        unit = max(float(np.linalg.norm(layer, 2)) for layer in weights) ** 4
        D1, D2 = imbalances(weights)
        count += rates.three_layer_rate(D1, D2, sizes[0], sizes[-1]) > EMPTY * unit
    return count / starts


def as_printed(seen: Survey, unit: float) -> FloatArray:
    """The printed form for the survey's networks at max |W_l|^2 = ``unit``, in units of its square.

    That is alpha and half of Delta (1 - Delta) from either side, Delta in these units.
    """
    delta = seen.pieces[:, [0, 2]]
    return np.asarray(seen.alpha + np.sum(delta * (1 / unit - delta), axis=1) / 2)
