"""Checks of the three-layer bound in the slides of Min et al.: its surrogate, its pieces, their sum."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds import three_layer_rates as rates
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.checks.registry import settles
from flowbounds.checks.three_layer_cases import (
    EMPTY,
    ENSEMBLES,
    MIDDLE,
    ROUNDING,
    SHAPES,
    SMALL,
    Shape,
    Survey,
    apart,
    digits,
    four_eigenvalues,
    survey,
    total,
)
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, tangent_apply, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import KINDS, random_layers
from flowbounds.validation import FloatArray

DIGITS_NOTE = "margins here are digits under the rounding model"
PRINTED = f"slides, Delta without its square, at max |W_l|^2 = {SMALL:g}"


def _sizes(shapes: Sequence[Shape], draws: int) -> dict[str, object]:
    return {
        "n x m": [f"{n} x {m}" for n, m in shapes],
        "hidden widths": [1, 6],
        "ensembles": len(ENSEMBLES),
        "factors of W_2": list(MIDDLE),
        "draws of each": draws,
    }


def _error(gap: FloatArray) -> float:
    """Error of a margin in digits from what two routes to the truth differ by."""
    return identity_error(apart(float(np.max(np.abs(gap)))), ROUNDING)


def _share(wrong: FloatArray, right: FloatArray, kept: NDArray[np.bool_]) -> float:
    """Share of the kept cases in which a wrong form is violated."""
    return float(np.mean((wrong > right + ROUNDING)[kept]))


@settles("min2022.general.T_surrogate", kind="inequality")
def surrogate_bound(
    *, shapes: Sequence[Shape] = SHAPES, draws: int = 30, seen: Survey | None = None, rng: Generator
) -> Evidence:
    """lambda_min(T) of three layers is at least the sum of its terms' products of smallest eigenvalues.

    Equality is attained (one row and one column), so margin is the digits to spare of the largest excess of
    the bound, by singular values or Gram matrices, in units of max |W_l|^4. Truth: the Jacobian; second
    route: T's matrix. Vacuous where the bound is zero. Controls: the largest eigenvalue of W_1 W_1^T in the
    middle term; the opposite inequality. Constants: the bound over the eigenvalue for Gaussian layers of two
    or more rows and columns.
    """
    seen = seen or survey(draws, rng, shapes)
    excess = np.maximum(seen.surrogate, seen.grams) - seen.lam
    plain = seen.at("gaussian", 1.0) & (np.min(seen.shape, axis=1) > 1) & (seen.surrogate > EMPTY)
    ratios = seen.surrogate[plain] / seen.lam[plain]
    return Evidence(
        statement="min2022.general.T_surrogate",
        margin=digits(excess),
        error=_error(seen.lam - seen.dense),
        instances=len(seen.kind),
        vacuous=int(np.sum(seen.surrogate <= EMPTY)),
        sizes=_sizes(shapes, draws),
        where=seen.where(excess),
        control=("the largest eigenvalue of W_1 W_1^T in the middle term", digits(seen.mixed - seen.lam)),
        controls=[("the opposite inequality", digits(seen.lam - seen.surrogate))],
        constants={
            "median bound over eigenvalue, Gaussian, n, m > 1": float(np.median(ratios)),
            "smallest": float(np.min(ratios)),
        },
        note=DIGITS_NOTE,
    )


def the_number(weights: Weights) -> float:
    """The three terms of T for one row and one column, as squared lengths of vectors."""
    W1, W2, W3 = weights
    ends = np.sum(W1**2), np.sum(W3**2)
    return float(np.sum((W1 @ W2) ** 2) + ends[0] * ends[1] + np.sum((W2 @ W3) ** 2))


@settles("min2022.three.scalar", kind="identity")
def scalar(*, draws: int = 100, rng: Generator) -> Evidence:
    """For n = m = 1 the operator T is a number; with widths one its bound is Proposition 1's at w = 0.

    Residual: the number against T applied to one and against the Jacobian's singular value, in units of max
    |W_l|^4; for widths one the bound against the product of the cumulative imbalances. Second route: entries
    -1, 0 and 1, where the number is exact. Controls: the middle term left out; one row and two columns, where
    the layerwise sum is no longer T; the product of the imbalances themselves.
    """
    worst, exact, wrong, count = 0.0, 0.0, {"middle": 0.0, "columns": 0.0, "plain": 0.0}, 0
    for kind in KINDS:
        for _ in range(draws):
            hidden = [int(h) for h in rng.integers(1, 7, size=2)]
            weights, thin = (random_layers(pairwise(s), rng, kind) for s in ((1, *hidden, 1), (1, 1, 1, 1)))
            unit, thin_unit = (max(float(np.linalg.norm(W, 2)) for W in net) ** 4 for net in (weights, thin))
            if unit == 0 or thin_unit == 0:
                continue
            number, lam = the_number(weights), tangent_min_eigenvalue(weights)
            gaps = [abs(number - lam), abs(number - tangent_apply(weights, [[1.0]]).item())]
            d = [D.item() for D in imbalances(thin)]
            bound = rates.three_layer_rate(d[0], d[1], 1, 1)
            worst = max(worst, max(gaps) / unit, abs(bound - scalar_rate(d, 0.0)) / thin_unit)
            count += 1
            if kind == "integers":
                exact = max(exact, max(gaps) / unit)
            if kind == "gaussian":
                two = random_layers(pairwise((1, *hidden, 2)), rng)
                size = max(float(np.linalg.norm(W, 2)) for W in two) ** 4
                layerwise = abs(tangent_min_eigenvalue(two) - float(total(four_eigenvalues(two)))) / size
                middle = float(np.sum(weights[0] ** 2) * np.sum(weights[2] ** 2)) / unit
                plain = abs(abs(d[0] * d[1]) - scalar_rate(d, 0.0)) / thin_unit
                found = {"middle": middle, "columns": layerwise, "plain": plain}
                wrong = {key: max(wrong[key], value) for key, value in found.items()}
    return Evidence(
        statement="min2022.three.scalar",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(apart(exact), ROUNDING),
        instances=count,
        sizes={"hidden widths": [1, 6], "ensembles": list(KINDS), "draws of each": draws},
        control=("the middle term left out", identity_margin(wrong["middle"], ROUNDING)),
        controls=[
            ("one row, two columns: the layerwise sum", identity_margin(wrong["columns"], ROUNDING)),
            ("the product of the imbalances, not cumulative", identity_margin(wrong["plain"], ROUNDING)),
        ],
    )


@settles("min2022.three.pieces", kind="inequality")
def pieces(
    *, shapes: Sequence[Shape] = SHAPES, draws: int = 30, seen: Survey | None = None, rng: Generator
) -> Evidence:
    """Each of the four eigenvalues in the surrogate has its own bound, with the square of Delta.

    Margin as in ``surrogate_bound``, the worst of the four. Second route: their Gram matrices. Printed:
    the two long ones without the square, at small layers. Controls: n and m exchanged; interlacing by one row
    and one column, whatever their number. Vacuous: all four are zero.
    """
    seen = seen or survey(draws, rng, shapes)
    excess, wrong, exchanged, unshifted = (
        np.max(form - seen.bounded, axis=1)
        for form in (seen.pieces, seen.printed_pieces, seen.exchanged, seen.unshifted)
    )
    empty = np.max(seen.pieces, axis=1) <= EMPTY
    return Evidence(
        statement="min2022.three.pieces",
        margin=digits(excess),
        error=_error(seen.surrogate - seen.grams),
        instances=len(seen.kind),
        vacuous=int(np.sum(empty)),
        sizes=_sizes(shapes, draws),
        where=seen.where(excess),
        control=("n and m exchanged", digits(exchanged)),
        controls=[("interlacing by one, whatever n and m", digits(unshifted))],
        printed=(PRINTED, digits(wrong)),
        constants={
            "share of non-empty cases that violate the printed form": float(
                np.mean((wrong > ROUNDING)[~empty])
            )
        },
        note=DIGITS_NOTE,
    )


@settles("min2022.three.alpha", kind="inequality")
def alpha(
    *, shapes: Sequence[Shape] = SHAPES, draws: int = 30, seen: Survey | None = None, rng: Generator
) -> Evidence:
    """The imbalances of three layers bound lambda_min(T) from below, with the squares of Delta.

    Margin as in ``surrogate_bound``, of the larger of the bound and the same from traces. Second route:
    T's matrix. Printed: without the squares, at small layers. Controls: n and m exchanged; interlacing by one
    row and one column.
    """
    seen = seen or survey(draws, rng, shapes)
    excess, full = np.maximum(seen.alpha, seen.literal) - seen.lam, ~seen.vacuous
    exchanged, unshifted = total(seen.exchanged), total(seen.unshifted)
    return Evidence(
        statement="min2022.three.alpha",
        margin=digits(excess),
        error=_error(seen.lam - seen.dense),
        instances=len(seen.kind),
        vacuous=int(np.sum(seen.vacuous)),
        sizes=_sizes(shapes, draws),
        where=seen.where(excess),
        control=("n and m exchanged", digits(exchanged - seen.lam)),
        controls=[("interlacing by one, whatever n and m", digits(unshifted - seen.lam))],
        printed=(PRINTED, digits(seen.printed - seen.lam)),
        constants={
            "share of non-empty cases that violate the printed form": _share(seen.printed, seen.lam, full),
            "share that violate it with n and m exchanged": _share(exchanged, seen.lam, full),
            "median bound over eigenvalue, non-empty cases": float(
                np.median(seen.alpha[full] / np.maximum(seen.lam[full], EMPTY))
            ),
        },
        note=f"{DIGITS_NOTE}; the Deltas are reconstructed",
    )
