"""Checks of Min et al., scalar networks of any depth: the feasible set, the exact rate, Proposition 1.

Networks are drawn as integer squares x_l = w_l^2, so that imbalances, product and rate are exact integers
and the truth has no rounding at all; every rational network is one of these up to a common factor.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product as choices

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.scalar_rates import scalar_rate, scalar_rate_exact, scalar_squares
from flowbounds.checks.registry import settles
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.evidence_table import ERROR_FLOOR
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.validation import FloatArray

EPS = float(np.finfo(float).eps)
DEPTHS = (2, 3, 4, 5, 6, 7, 8)
Squares = tuple[int, ...]


def draw_squares(
    depth: int, bits: int, count: int, rng: Generator, *, zeros: bool = True
) -> Iterator[Squares]:
    """Squares of ``depth`` weights spread over ``bits`` bits; ties, zeros and equal ones among them."""
    for k in range(count):
        x = [int(rng.integers(1, 2 ** int(rng.integers(1, bits + 1)), endpoint=True)) for _ in range(depth)]
        one, other = rng.choice(depth, size=2, replace=False)
        if k % 8 == 5:
            x[one] = x[other] = min(x)
        if k % 8 == 6 and zeros:
            x[one] = 0
        if k % 8 == 7:
            x = [x[0]] * depth
        yield tuple(x)


def exact_rate(x: Squares) -> int:
    """``e_{L-1}(x)``, in integers."""
    return sum(math.prod(x[:k] + x[k + 1 :]) for k in range(len(x)))


def exact_cumulative_product(x: Squares) -> int:
    """Product of the cumulative imbalances but the zero one, in integers."""
    return math.prod(sorted(one - min(x) for one in x)[1:])


def exact_sign(x: Squares) -> int:
    """Sign of rate minus bound, in integers: of ``(e^2 - p^2)^L - L^(2L) (w^2)^(2L-2)``."""
    depth = len(x)
    room: int = exact_rate(x) ** 2 - exact_cumulative_product(x) ** 2
    slack = room**depth - depth ** (2 * depth) * math.prod(x) ** (2 * depth - 2)
    return -1 if room < 0 else (slack > 0) - (slack < 0)


def data(x: Squares) -> tuple[FloatArray, float]:
    """Imbalances and product of the positive network with these squares."""
    return -np.diff(np.array(x, float)), math.sqrt(math.prod(x))


def _twins(x: Squares, *, odd: bool) -> Iterator[list[FloatArray]]:
    """Networks with squares x and positive product (negative when ``odd``), one for each sign pattern."""
    for signs in choices((1.0, -1.0), repeat=len(x)):
        if (math.prod(signs) < 0) is odd:
            yield [np.array([[s * math.sqrt(one)]]) for s, one in zip(signs, x, strict=True)]


def _constraint_determinant(x: Squares) -> float:
    """Determinant of the Jacobian of (d_1, ..., d_{L-1}, w) in the weights, their signs all positive."""
    depth, roots = len(x), np.sqrt(np.array(x, float))
    J = 2 * (np.eye(depth) - np.eye(depth, k=1)) * roots
    J[-1] = [np.prod(np.delete(roots, k)) for k in range(depth)]
    return float(np.linalg.det(J))


def feasible_residual(net: list[FloatArray], x: Squares) -> float:
    """Largest of the relative differences of a network's imbalances, product and T from those asked for."""
    d, w = data(x)
    off = [abs(float(D[0, 0]) - one) / max(x) for D, one in zip(imbalances(net), d, strict=True)]
    off.append(abs(float(product(net)[0, 0]) / w - 1))
    off.append(abs(tangent_min_eigenvalue(net) / exact_rate(x) - 1))
    return float(max(off))


@settles("min2022.scalarL.formulation", kind="identity")
def formulation(
    *, depths: Sequence[int] = DEPTHS, bits: int = 12, draws: int = 10, rng: Generator
) -> Evidence:
    r"""The feasible set is 2^(L-1) isolated sign patterns, and lambda_min(T) is the same number on all.

    Residual: imbalances, product and lambda_min(T) (Jacobian route) of every pattern against the integers;
    the squares found from imbalances and product alone against the ones drawn, so that there are no others;
    and the determinant of the constraints, which is 2^(L-1) e_{L-1}(x), so that no point is degenerate.
    Controls: a pattern with an odd number of changed signs; all squares shifted by one.
    """
    margin, where, patterns = DIGITS_CAP, "", 0
    odd, shifted = -np.inf, -np.inf
    for depth in depths:
        model = 100 * depth * EPS
        for x in draw_squares(depth, bits, draws, rng, zeros=False):
            worst = max(feasible_residual(net, x) for net in _twins(x, odd=False))
            found = scalar_squares(*data(x)) / np.array(x, float)
            volume = abs(_constraint_determinant(x)) / (2.0 ** (depth - 1) * exact_rate(x))
            residual = max(worst, float(np.max(np.abs(found - 1))), abs(volume - 1))
            patterns += 2 ** (depth - 1)
            digits = identity_margin(residual, model)
            if digits < margin:
                margin, where = digits, f"L = {depth}"
            odd = max(odd, identity_margin(feasible_residual(next(_twins(x, odd=True)), x), model))
            moved = next(_twins(tuple(one + 1 for one in x), odd=False))
            shifted = max(shifted, identity_margin(feasible_residual(moved, x), model))
    return Evidence(
        statement="min2022.scalarL.formulation",
        margin=margin,
        error=identity_error(4 * EPS, 100 * min(depths) * EPS),  # w and the integer truth are rounded
        instances=patterns,
        sizes={"L": list(depths), "draws": draws, "bits of a square": bits},
        where=where,
        control=("an odd number of changed signs", odd),
        controls=[("every square one larger: the same imbalances", shifted)],
        note="e_{L-1}(x) is the slides' sum of w^2 / w_l^2 where no weight is zero",
    )


@settles("min2022.scalarL.exact", kind="identity")
def exact(
    *,
    depths: Sequence[int] = DEPTHS,
    spreads: Sequence[int] = (3, 10, 20, 40),
    draws: int = 60,
    rng: Generator,
) -> Evidence:
    """One monotone root gives alpha*: e_{L-1} of t + c_l, where the product of the t + c_l is w^2.

    Residual: relative difference of alpha*, from imbalances and product alone, from the integer e_{L-1}(x).
    Rounding model: 100 L eps, and 16 |log w^2| eps since the root is found as a logarithm.
    Controls: |d_l| for the cumulative imbalances; |w| for w^2.
    """
    margin, where, count = DIGITS_CAP, "", 0
    naive, unsquared = -np.inf, -np.inf
    for depth in depths:
        worst_naive = worst_unsquared = -np.inf
        for bits in spreads:
            for x in draw_squares(depth, bits, draws, rng):
                d, w = data(x)
                truth = exact_rate(x)
                scale = max(truth, 1)  # an integer rate below one is zero
                model = (100 * depth + 16 * abs(math.log(max(math.prod(x), 1)))) * EPS
                residual = abs(scalar_rate_exact(d, w) - truth) / scale
                count += 1
                digits = identity_margin(residual, model)
                if digits < margin:
                    margin, where = digits, f"L = {depth}, {bits} bits"
                off = abs(scalar_rate_exact(-np.diff(np.abs(np.append(d, 0.0))), w) - truth) / scale
                worst_naive = max(worst_naive, off / model)
                off = abs(scalar_rate_exact(d, math.sqrt(w)) - truth) / scale
                worst_unsquared = max(worst_unsquared, off / model)
        if depth > 2:  # with one imbalance there is nothing to cumulate
            naive = max(naive, identity_margin(worst_naive, 1.0))
        unsquared = max(unsquared, identity_margin(worst_unsquared, 1.0))
    return Evidence(
        statement="min2022.scalarL.exact",
        margin=margin,
        error=identity_error(4 * EPS, 100 * min(depths) * EPS),  # as above
        instances=count,
        sizes={"L": list(depths), "bits of a square": list(spreads), "draws": draws},
        where=where,
        control=("|d_l| and 0 for the cumulative imbalances, L > 2", naive),
        controls=[("product of the t + c_l set to |w|", unsquared)],
    )


@settles("min2022.scalarL.prop1", kind="inequality")
def proposition1(
    *,
    depths: Sequence[int] = DEPTHS,
    spreads: Sequence[int] = (3, 10, 20, 40),
    draws: int = 200,
    rng: Generator,
) -> Evidence:
    """Rate at least sqrt(p^2 + q^2): p the product of cumulative imbalances, q = L |w|^(2 - 2/L).

    Margin: rate over bound less one, the rate in integers; and every instance decided without rounding, in
    integers. Zero at L = 2, at w = 0 and at d = 0: sharp. Error: the rate by its root, against the integer.
    Controls: the raw product of |d_l| in place of p; p + q. Printed: two table rows without the root.
    """
    margin, error, where, count, vacuous, wrong = np.inf, ERROR_FLOOR, "", 0, 0, 0
    raw, added, rootless = np.inf, np.inf, np.inf
    for depth in depths:
        for bits in spreads:
            for x in draw_squares(depth, bits, draws, rng):
                d, w = data(x)
                rate, bound, count = exact_rate(x), scalar_rate(d, w), count + 1
                wrong += exact_sign(x) < 0
                vacuous += bound == 0
                q = depth * w ** (2 - 2 / depth)
                product_of_d = float(np.prod(np.abs(d)))
                if max(product_of_d, q) > 0:
                    raw = min(raw, rate / math.hypot(product_of_d, q) - 1)
                if bound == 0:
                    continue
                error = max(error, abs(scalar_rate_exact(d, w) / rate - 1))
                added = min(added, rate / (exact_cumulative_product(x) + q) - 1)
                rootless = min(rootless, rate / bound**2 - 1)
                if rate / bound - 1 < min(margin, -ERROR_FLOOR):
                    where = f"L = {depth}, {bits} bits"
                margin = min(margin, rate / bound - 1)
    return Evidence(
        statement="min2022.scalarL.prop1",
        margin=-1.0 if wrong else margin,
        error=error,
        instances=count,
        vacuous=vacuous,
        sizes={"L": list(depths), "bits of a square": list(spreads), "draws": draws},
        where=where,
        control=("raw product of |d_l|", raw),
        controls=[("p + q for sqrt(p^2 + q^2)", added)],
        printed=("slides, two of the table rows: p^2 + q^2 without the root", rootless),
        constants={"violations in exact integers": float(wrong)},
        note="cumulative imbalance: our reconstruction",
        sharp=True,
    )
