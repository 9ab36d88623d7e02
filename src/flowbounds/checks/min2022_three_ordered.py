"""Check of the closed forms that the three-layer bound has for definite imbalances."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import three_layer_rates as rates
from flowbounds.bounds.deep_rates import unimodal_rate
from flowbounds.bounds.three_layer_minimizer import three_layer_minimizer
from flowbounds.bounds.two_layer_rates import positive_part, spectrum
from flowbounds.checks.min2022_three_minimum import CLEAR, ON_THE_LINE
from flowbounds.checks.registry import settles
from flowbounds.checks.three_layer_cases import SHAPES, Shape, apart
from flowbounds.checks.three_layer_pairs import Pair, Signs, drawn_imbalances, norm
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.linear_network import tangent_matrix, tangent_min_eigenvalue
from flowbounds.validation import FloatArray

ORDERS: dict[str, Signs] = {
    "D1, D2 >= 0": (1, 1),
    "D1 >= 0 >= D2": (1, -1),
    "D1, D2 <= 0": (-1, -1),
    "D1 <= 0 <= D2": (-1, 1),
}


def ordered_rate(D1: FloatArray, D2: FloatArray, n: int, m: int, signs: Signs) -> float:
    """The closed form of the bound for definite imbalances, zero allowed."""
    up, down, last, first = (spectrum(D) for D in (D1, -D1, D2, -D2))
    if signs == (1, 1):
        return positive_part(last, n) * (positive_part(up, n) + positive_part(last, n))
    if signs == (1, -1):
        return positive_part(up, n) * positive_part(first, m)
    if signs == (-1, -1):
        return positive_part(down, m) * (positive_part(down, m) + positive_part(first, m))
    left, from_left = _largest_middle(down, last, n)
    right, from_right = _largest_middle(last, down, m)
    return from_left + left * right + from_right


def _largest_middle(values: FloatArray, other: FloatArray, k: int) -> tuple[float, float]:
    """Sum of the steps [other_i - values_{i+1-k}]_+ for i >= k; their products with other_i and in pairs."""
    steps = [(max(0.0, x - values[i + 1 - k]), x) for i, x in enumerate(other[: values.size]) if i + 1 >= k]
    squares = sum(step * x for step, x in steps)
    in_pairs = sum(a * b for i, (a, _) in enumerate(steps) for b, _ in steps[i + 1 :])
    return float(sum(step for step, _ in steps)), float(squares + in_pairs)


def first_for_last(D1: FloatArray, D2: FloatArray, n: int, m: int, signs: Signs) -> float:
    """A control: the largest eigenvalues in place of the n-th and the m-th."""
    return ordered_rate(D1, D2, 1, 1, signs)


def ordered_pairs(
    shapes: Sequence[Shape], draws: int, rng: Generator
) -> list[tuple[str, Signs, int, int, Pair]]:
    """Feasible pairs of each order, in units of their norm."""
    found = []
    for name, signs in ORDERS.items():
        for n, m in shapes:
            for _ in range(draws):
                hidden = int(rng.integers(1, 7)), int(rng.integers(1, 7))
                D1, D2 = drawn_imbalances(n, m, hidden, rng, signs)
                unit = norm(D1, D2)
                if unit > 0:
                    found.append((name, signs, n, m, (D1 / unit, D2 / unit)))
    return found


@settles("min2022.three.ordered", kind="identity")
def ordered(*, shapes: Sequence[Shape] = SHAPES, draws: int = 30, rng: Generator) -> Evidence:
    """For definite imbalances the bound has closed forms, products of cumulative imbalances.

    Margin: digits to spare of closed form against the bound, lambda_min(T) of the constructed layers and, but
    for D1 <= 0 <= D2, the bound for any depth, in units of ||D||^2. Second route: T's matrix. Controls: the
    largest eigenvalues for the n-th and m-th; the form of D1, D2 >= 0 for indefinite imbalances.
    """
    worst, second, wrong, where, positive, three = 0.0, 0.0, 0.0, "", dict.fromkeys(ORDERS, 0), 0
    cases = ordered_pairs(shapes, draws, rng)
    for name, signs, n, m, (D1, D2) in cases:
        value, parts = ordered_rate(D1, D2, n, m, signs), rates.three_layer_parts(D1, D2, n, m)
        bound = rates.three_layer_rate(D1, D2, n, m)
        built = three_layer_minimizer(D1, D2, n, m)
        lam = tangent_min_eigenvalue(built)
        deep = bound if signs == (-1, 1) else unimodal_rate([D1, D2], n, m)
        residual = max(abs(value - other) for other in (bound, lam, deep))
        if residual > worst:
            worst, where = residual, name
        second = max(second, abs(lam - float(np.linalg.eigvalsh(tangent_matrix(built))[0])))
        positive[name] += value > CLEAR
        three += min(parts.first_two, parts.first * parts.last, parts.last_two) > CLEAR
        wrong = max(wrong, abs(first_for_last(D1, D2, n, m, signs) - bound))
    free = [drawn_imbalances(2, 2, (3, 3), rng) for _ in range(draws)]
    indefinite = max(
        abs(ordered_rate(*pair, 2, 2, (1, 1)) - rates.three_layer_rate(*pair, 2, 2)) / norm(*pair) ** 2
        for pair in free
    )
    margin = identity_margin(worst, ON_THE_LINE)
    return Evidence(
        statement="min2022.three.ordered",
        margin=margin,
        error=identity_error(apart(second), ON_THE_LINE),
        instances=len(cases),
        sizes={
            "n x m": [f"{n} x {m}" for n, m in shapes],
            "hidden widths": [1, 6],
            **{f"{name}, above a thousandth of |D|^2": count for name, count in positive.items()},
            "of the last, all three terms": three,
        },
        where="no residual near the model" if margin == 1 else where,
        control=("largest eigenvalues for the n-th and m-th", identity_margin(wrong, ON_THE_LINE)),
        controls=[("indefinite imbalances", identity_margin(indefinite, ON_THE_LINE))],
    )
