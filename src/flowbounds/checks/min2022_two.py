"""Checks of Proposition 2 in the slides of Min et al.: the bound for two layers, and when it is attained."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import two_layer_rates as rates
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.checks.registry import settles
from flowbounds.checks.square_fibre import fibre_values
from flowbounds.checks.two_layer_cases import (
    ROUNDING,
    SHAPES,
    Shape,
    Survey,
    drawn_pair,
    half_eigenvalues,
    largest,
    layers,
    scale,
    survey,
    swapped,
    widths,
)
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.validation import FloatArray

ON_THE_LINE = 1e-12  # of max |W_l|^2: D, W and the eigenvalue after a construction of a few products
RELATIVE = 1e-11  # resolution at which the eigenvalue over the bound is published


def _digits(excess: FloatArray) -> float:
    """Digits that the largest excess of a bound over the eigenvalue stays below rounding."""
    return identity_margin(max(0.0, float(np.max(excess))), ROUNDING)


@settles("min2022.two.prop2", kind="inequality")
def prop2(
    *,
    shapes: Sequence[Shape] = SHAPES,
    draws: int = 24,
    seen: Survey | None = None,
    rng: Generator,
) -> Evidence:
    """Imbalance and product bound lambda_min(T) of two layers from below, with the factor one half.

    Every ensemble, widths below, at and above n + m; ``seen`` is that survey where it is at hand. Equality is
    attained, so the slack itself is zero at its worst: margin is the digits to spare of the largest excess of
    the bound, or of one of its halves, over what it bounds, in units of max |W_l|^2, under a rounding model.
    Truth: the Jacobian; second route: the singular values of the two layers. Printed: twice the bound.
    Controls: sigma_n and sigma_m exchanged; the largest eigenvalues in place of the n-th and the m-th.
    """
    seen = seen or survey(draws, rng, shapes)
    excess = np.maximum(seen.alpha - seen.lam, seen.split)
    worst = int(np.argmax(excess))
    full = ~seen.vacuous
    medians = {
        f"median bound over eigenvalue, {name}": float(np.median(seen.tightness(group)))
        for name, group in (("h < n + m", -1), ("h = n + m", 0), ("h > n + m", 1))
    }
    return Evidence(
        statement="min2022.two.prop2",
        margin=_digits(excess),
        error=identity_error(decade_above(float(np.max(np.abs(seen.lam - seen.sum)))), ROUNDING),
        instances=len(seen.kind),
        vacuous=int(np.sum(seen.vacuous)),
        sizes={"n x m": [f"{n} x {m}" for n, m in shapes], "draws of each width and ensemble": draws},
        where="no excess beyond rounding" if excess[worst] <= ROUNDING else seen.kind[worst],
        control=("sigma_n and sigma_m exchanged", _digits(seen.swapped - seen.lam)),
        controls=[("the largest eigenvalues in the gap", _digits(seen.largest - seen.lam))],
        printed=("slides, without the factor one half", _digits(2 * seen.alpha - seen.lam)),
        constants={
            "share of non-empty cases that violate the printed form": float(
                np.mean((2 * seen.alpha > seen.lam + ROUNDING)[full])
            ),
            "share that violate it with the sigmas exchanged, no factor two": float(
                np.mean((seen.swapped > seen.lam + ROUNDING)[full])
            ),
            **medians,
        },
        note="margins here are digits under the rounding model; spread and gap are reconstructed",
    )


def feasible_pairs(
    draws: int, spectra: int, rng: Generator, shapes: Sequence[Shape]
) -> list[tuple[str, FloatArray, FloatArray]]:
    """(where from, D, W): from layers of every ensemble with n != m, and from drawn spectra.

    Of square products only those are drawn for which equality is proved: a singular W.
    """
    pairs = []
    for kind, _, weights in layers(draws, rng, [shape for shape in shapes if shape[0] != shape[1]]):
        pairs.append((kind, imbalances(weights)[0], product(weights)))
    for n, m in shapes:
        for h in widths(n, m):
            for _ in range(spectra):
                if n != m:
                    pairs.append(("drawn spectra", *drawn_pair(n, m, h, rng)))
                elif n > 1:
                    rank = int(rng.integers(0, min(n - 1, h) + 1))
                    pairs.append(("n = m, W singular", *drawn_pair(n, m, h, rng, rank=rank)))
    return pairs


@settles("min2022.two.equality", kind="identity")
def equality(
    *,
    shapes: Sequence[Shape] = SHAPES,
    draws: int = 2,
    spectra: int = 10,
    square: tuple[float, float, float, float] = (4.0, 1.0, 2.0, 1.0),
    points: int = 500,
    rng: Generator,
) -> Evidence:
    """For n != m every feasible (D, W) has layers at which lambda_min(T) equals the bound.

    Margin: digits to spare of the constructed layers' imbalance, product and eigenvalue (from the Jacobian),
    in units of max |W_l|^2. Second route for the eigenvalue: the layers' singular values. Controls: n = m,
    the least eigenvalue on a whole fibre, D = diag of the first two of ``square`` and singular values the
    other two, swept with ``points``; the bound without one half, with the sigmas exchanged, and with the
    largest eigenvalues in its gap.
    """
    worst, second, relative, where = 0.0, 0.0, 0.0, ""
    wrong = {"as printed": 0.0, "exchanged": 0.0, "largest": 0.0}
    pairs = feasible_pairs(draws, spectra, rng, shapes)
    for name, D, W in pairs:
        built = two_layer_minimizer(D, W)
        unit = scale(built)
        if unit == 0:
            continue
        alpha, lam = rates.two_layer_rate(D, W), tangent_min_eigenvalue(built)
        off = [imbalances(built)[0] - D, product(built) - W, np.array(lam - alpha)]
        residual = max(float(np.max(np.abs(gap))) for gap in off) / unit
        second = max(second, abs(lam - sum(half_eigenvalues(built))) / unit)
        if residual > worst:
            worst, where = residual, name
        if name == "drawn spectra" and alpha > 1e-3 * unit:
            relative = max(relative, abs(lam / alpha - 1))
        others = {"as printed": 2 * alpha, "exchanged": swapped(D, W), "largest": largest(D, W)}
        wrong = {key: max(wrong[key], abs(lam - value) / unit) for key, value in others.items()}
    margin = identity_margin(worst, ON_THE_LINE)
    d, sigma = square[:2], square[2:]
    least = float(np.min(fibre_values(d, sigma, points)))
    bound = rates.two_layer_rate(np.diag(d), np.diag(sigma))
    return Evidence(
        statement="min2022.two.equality",
        margin=margin,
        error=identity_error(decade_above(second), ON_THE_LINE),
        instances=len(pairs),
        sizes={
            "n x m": [f"{n} x {m}" for n, m in shapes],
            "pairs from layers": sum(
                name not in {"drawn spectra", "n = m, W singular"} for name, *_ in pairs
            ),
            "from drawn spectra": sum(name == "drawn spectra" for name, *_ in pairs),
            "n = m, W singular": sum(name == "n = m, W singular" for name, *_ in pairs),
        },
        where="no residual near the model" if margin == DIGITS_CAP else where,
        control=("n = m = h = 2: the least on the fibre", identity_margin(least - bound, ON_THE_LINE)),
        controls=[
            ("without the factor one half", identity_margin(wrong["as printed"], ON_THE_LINE)),
            ("sigma_n and sigma_m exchanged", identity_margin(wrong["exchanged"], ON_THE_LINE)),
            ("the largest eigenvalues in the gap", identity_margin(wrong["largest"], ON_THE_LINE)),
        ],
        constants={
            "largest |eigenvalue / bound - 1|, drawn spectra": (relative, RELATIVE),
            f"bound over least value, n = m = h = 2, D = {d}, sigma = {sigma}": bound / least,
        },
        note="n = m is strict in general; its closed form is open",
    )
