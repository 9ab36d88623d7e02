"""Checks that the three-layer bound is a minimum: of the surrogate, and of lambda_min(T) itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import three_layer_rates as rates
from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.checks.registry import settles
from flowbounds.checks.three_layer_cases import (
    EMPTY,
    SHAPES,
    SMALL,
    Shape,
    apart,
    four_eigenvalues,
    literal_surrogate,
    total,
)
from flowbounds.checks.three_layer_pairs import DRAWN, norm, pairs
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.linear_network import imbalances, tangent_apply, tangent_matrix, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers
from flowbounds.validation import FloatArray

ON_THE_LINE = 1e-12  # of ||D||^2: rank-one steps and the frames that they lead to, one after the other
RELATIVE = 1e-11  # resolution at which the eigenvalue over the bound is published
CLEAR = 1e-3  # of ||D||^2: above it the bound is compared by its quotient too


@dataclass(frozen=True)
class Built:
    """Of many pairs, in units of ||D||^2: the bound and what constructed and drawn layers have.

    ``misfit`` of the imbalances (in ||D||), ``surrogate`` and ``lam`` of the constructed layers and the same
    by second routes, Gram matrices and T's (``dense``); ``quotient`` T's Rayleigh quotient at rank one;
    ``drawn_surrogate`` and ``drawn_lam`` of the layers the pair came from (nan without any); the bound with n
    and m ``exchanged`` and as ``printed``, at imbalances of norm ``SMALL``.
    """

    kind: list[str]
    alpha: FloatArray
    misfit: FloatArray
    surrogate: FloatArray
    grams: FloatArray
    lam: FloatArray
    dense: FloatArray
    quotient: FloatArray
    drawn_surrogate: FloatArray
    drawn_lam: FloatArray
    exchanged: FloatArray
    printed: FloatArray

    def relative(self, values: FloatArray) -> float:
        """Largest |value / bound - 1| where the bound is clear of zero."""
        clear = self.alpha > CLEAR
        return float(np.max(np.abs(values[clear] / self.alpha[clear] - 1)))


def build(draws: int, spectra: int, rng: Generator, shapes: Sequence[Shape] = SHAPES) -> Built:
    """Minimisers of feasible pairs from layers of every ensemble and from drawn spectra."""
    names, rows = [], []
    for kind, n, m, (D1, D2), weights in pairs(draws, spectra, rng, shapes):
        unit = norm(D1, D2)
        if unit == 0:
            continue
        D1, D2 = D1 / unit, D2 / unit
        built = three_layer_minimizer(D1, D2, n, m)
        misfit = max(
            float(np.max(np.abs(have - want))) for have, want in zip(imbalances(built), (D1, D2), strict=True)
        )
        corner = np.zeros((n, m))
        corner[-1, -1] = 1.0
        drawn = [np.nan, np.nan]
        if weights:
            drawn = [
                float(total(four_eigenvalues(weights))) / unit**2,
                tangent_min_eigenvalue(weights) / unit**2,
            ]
        small = rates.three_layer_parts(SMALL * D1, SMALL * D2, n, m)
        names.append(kind)
        rows.append(
            [
                rates.three_layer_rate(D1, D2, n, m),
                misfit,
                float(total(four_eigenvalues(built))),
                literal_surrogate(built),
                tangent_min_eigenvalue(built),
                float(np.linalg.eigvalsh(tangent_matrix(built))[0]),
                float(tangent_apply(built, corner)[-1, -1]),
                *drawn,
                rates.three_layer_rate(D1, D2, m, n),
                rates.without_squares(small) / SMALL**2,
            ]
        )
    return Built(names, *np.array(rows).T)


def ratios(sizes: Sequence[int], kind: str, factor: float, draws: int, rng: Generator) -> FloatArray:
    """Bound over lambda_min(T) of drawn and of constructed layers, printed form over that of the drawn.

    Shape (3, networks with a bound that is not empty); ``sizes`` n, h1, h2, m, and W_2 times ``factor``. The
    printed form is at layers of squared norm ``SMALL``.
    """
    rows = []
    for _ in range(draws):
        W1, W2, W3 = random_layers(pairwise(sizes), rng, kind)
        size = max(float(np.linalg.norm(layer, 2)) for layer in (W1, factor * W2, W3))
        weights = [W1 / size, factor * W2 / size, W3 / size]
        (D1, D2), n, m = imbalances(weights), sizes[0], sizes[-1]
        bound, lam = rates.three_layer_rate(D1, D2, n, m), tangent_min_eigenvalue(weights)
        if bound > EMPTY:
            least = tangent_min_eigenvalue(three_layer_minimizer(D1, D2, n, m))
            small = rates.three_layer_parts(SMALL * D1, SMALL * D2, n, m)
            rows.append([bound / lam, bound / least, rates.without_squares(small) / SMALL**2 / lam])
    return np.array(rows).T


def _off(values: FloatArray, alpha: FloatArray) -> float:
    """Margin of values that a control takes for the minimum."""
    return identity_margin(float(np.nanmax(np.abs(values - alpha))), ON_THE_LINE)


def _evidence(
    key: str, seen: Built, shapes: Sequence[Shape], values: FloatArray, second: FloatArray, drawn: FloatArray
) -> Evidence:
    """What both minima have in common."""
    off = [values - seen.alpha, seen.quotient - seen.alpha, seen.misfit]
    residual = max(float(np.max(np.abs(gap))) for gap in off)
    gap = apart(float(np.max(np.abs(values - second))))
    above = drawn[seen.alpha > CLEAR] / seen.alpha[seen.alpha > CLEAR]
    return Evidence(
        statement=f"min2022.{key}",
        margin=identity_margin(residual, ON_THE_LINE),
        error=identity_error(gap, ON_THE_LINE),
        instances=len(seen.kind),
        sizes={
            "n x m": [f"{n} x {m}" for n, m in shapes],
            "hidden widths": [1, 6],
            "pairs from layers": sum(kind != DRAWN for kind in seen.kind),
            "from drawn spectra": sum(kind == DRAWN for kind in seen.kind),
            "with a bound above a thousandth of |D|^2": int(np.sum(seen.alpha > CLEAR)),
        },
        control=("the layers the pair came from", _off(drawn, seen.alpha)),
        controls=[("n and m exchanged in the bound", _off(seen.exchanged, values))],
        constants={
            "largest |value / bound - 1|, bound above a thousandth": (seen.relative(values), RELATIVE),
            "median value of the layers it came from, over the bound": float(np.nanmedian(above)),
        },
    )


@settles("min2022.three.optimal", kind="identity")
def optimal(
    *,
    shapes: Sequence[Shape] = SHAPES,
    draws: int = 2,
    spectra: int = 60,
    seen: Built | None = None,
    rng: Generator,
) -> Evidence:
    """The bound is the least value of the surrogate over all layers with these imbalances.

    Margin: digits to spare of the constructed layers' imbalances and surrogate, in units of ||D|| and its
    square, and of T's Rayleigh quotient at the matrix of rank one that the last row of W_1 and the last
    column of W_3 single out; that no layers are below is min2022.three.pieces. Second route: Gram matrices.
    Controls: the layers the pair came from; n and m exchanged. Printed: without the squares, at small
    imbalances.
    """
    seen = seen or build(draws, spectra, rng, shapes)
    evidence = _evidence("three.optimal", seen, shapes, seen.surrogate, seen.grams, seen.drawn_surrogate)
    source = f"slides, Delta without its square, at |D| = {SMALL:g}"
    return replace(evidence, printed=(source, _off(seen.printed, seen.surrogate)))


@settles("min2022.three.exact", kind="identity")
def exact(
    *,
    shapes: Sequence[Shape] = SHAPES,
    draws: int = 2,
    spectra: int = 60,
    seen: Built | None = None,
    rng: Generator,
) -> Evidence:
    """The bound is the least lambda_min(T) itself over all layers with these imbalances.

    As ``optimal``, with the eigenvalue from the Jacobian in place of the surrogate, and T's matrix for
    second route.
    """
    seen = seen or build(draws, spectra, rng, shapes)
    return _evidence("three.exact", seen, shapes, seen.lam, seen.dense, seen.drawn_lam)
