"""Checks of deep networks with ordered imbalances: two bounds beyond the text."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import deep_minimizers, deep_rates
from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.scalar_rates import scalar_rate, scalar_squares
from flowbounds.bounds.two_layer_rates import positive_part
from flowbounds.checks.ordered_survey import DEPTHS, ROUNDING, Survey, survey
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers
from flowbounds.validation import FloatArray

ATTAINED = 1e-12  # of the unit of the minimiser: its imbalances, its eigenvalue and the bound


def unit_of(weights: Weights) -> float:
    """Largest squared norm of a layer, to the power L - 1."""
    return float(max(np.linalg.norm(layer, 2) ** 2 for layer in weights) ** (len(weights) - 1))


def attained(Ds: Sequence[FloatArray], built: Weights, bound: float) -> tuple[float, float]:
    """Of constructed layers: slack of the bound, and the largest residual of imbalances and bound."""
    unit = unit_of(built)
    slack = (tangent_min_eigenvalue(built) - bound) / unit
    largest = unit ** (1 / (len(built) - 1))
    pairs = zip(imbalances(built), Ds, strict=True)
    return slack, max(abs(slack), *(float(np.max(np.abs(D - E))) / largest for D, E in pairs))


def indefinite(draws: int, depths: Sequence[int], rng: Generator) -> tuple[float, float]:
    """A control: both formulas where no order holds, in the positive parts; their least slacks."""
    worst = [np.inf, np.inf]
    for depth in depths:
        for _ in range(draws):
            n, m = (int(v) for v in rng.integers(1, 4, size=2))
            hidden = rng.integers(max(n, m), max(n, m) + 3, size=depth - 1).tolist()
            weights = random_layers(zip([n, *hidden], [*hidden, m], strict=True), rng)
            d = [positive_part(values, n) for values in spectra(imbalances(weights))]
            sigma = float(np.linalg.svd(product(weights), compute_uv=False)[-1]) if n <= m else 0.0
            lam, unit = tangent_min_eigenvalue(weights), unit_of(weights)
            for k, value in enumerate((scalar_rate(d, 0.0), float(np.prod(scalar_squares(d, sigma)[:-1])))):
                worst[k] = min(worst[k], (lam - value) / unit)
    return worst[0], worst[1]


def medians(seen: Survey, bound: FloatArray) -> dict[str, float]:
    """The middle of bound over eigenvalue at each depth, of those that are not empty."""
    depth = np.array([one.depth for one in seen.networks])
    full = np.nan_to_num(bound) > ROUNDING
    ratio = bound[full] / seen.lam[full]
    return {
        f"median bound over eigenvalue, L = {L}": float(np.median(ratio[depth[full] == L]))
        for L in sorted(set(depth[full].tolist()))
    }


def place(seen: Survey, bound: FloatArray) -> str:
    """Where the least slack is: of random networks only if it is no rounding."""
    worst = int(np.nanargmin(seen.lam - bound))
    if seen.lam[worst] - bound[worst] >= -ROUNDING:
        return "at the minimisers"
    return f"{seen.networks[worst].kind}, L = {seen.networks[worst].depth}"


@settles("min2022.deep.unimodal", kind="inequality")
def unimodal(
    *,
    depths: Sequence[int] = DEPTHS,
    draws: int = 126,
    every: int = 5,
    seen: Survey | None = None,
    rng: Generator,
) -> Evidence:
    """Ordered imbalances alone bound lambda_min(T) from below, and layers with l* zero attain it.

    ``seen`` is the survey of ordered networks where it is at hand. Margin: the least slack, in units of
    max |W_l|^(2L-2), over these networks and the minimisers of every ``every``-th; zero is the claim.
    Truth: the Jacobian; second routes: the eigenvector of T found otherwise, and the cores the networks were
    made of; where these routes part, or a minimiser misses, nothing is claimed to be sharp. Controls:
    imbalances in no order; l* at the other end; n and m exchanged.
    """
    seen = seen or survey(draws, rng, depths)
    slack, residual, built = float(np.min(seen.lam - seen.unimodal)), 0.0, 0
    for one in seen.networks[::every]:
        bound = deep_rates.unimodal_rate(one.Ds, one.n, one.m)
        if bound > ROUNDING * one.unit:
            weights = deep_minimizers.unimodal_minimizer(one.Ds, one.n, one.m)
            found, off = attained(one.Ds, weights, bound)
            slack, residual, built = min(slack, found), max(residual, off), built + 1
    return Evidence(
        statement="min2022.deep.unimodal",
        margin=slack,
        error=max(ROUNDING, decade_above(seen.deviation)),
        instances=len(seen.networks) + built,
        vacuous=int(np.sum(seen.unimodal <= ROUNDING)),
        sizes={"L": list(depths), "n, m": "1 to 4", "random": len(seen.networks), "minimisers": built},
        where=place(seen, seen.unimodal),
        control=("imbalances in no order", indefinite(max(10, draws), depths, rng)[0]),
        controls=[
            ("l* at the other end", seen.wrong["unimodal, elsewhere"]),
            ("n and m exchanged", seen.wrong["unimodal, exchanged"]),
        ],
        constants={"largest residual of a minimiser": (residual, ATTAINED), **medians(seen, seen.unimodal)},
        sharp=seen.deviation <= ROUNDING and residual <= ATTAINED,
    )


@settles("min2022.deep.one_sided", kind="inequality")
def one_sided(
    *,
    depths: Sequence[int] = DEPTHS,
    draws: int = 126,
    every: int = 5,
    seen: Survey | None = None,
    rng: Generator,
) -> Evidence:
    """Imbalances of one sign and the smallest singular value together bound lambda_min(T) from below.

    Arguments, margin, truth and second routes as in :func:`unimodal`; minimisers exist where n < m and
    D_l >= 0, or n > m and D_l <= 0. Controls as there, and all L terms of the scalar network in place of
    one.
    """
    seen = seen or survey(draws, rng, depths)
    asked = np.isfinite(seen.one_sided)
    slack, residual, built = float(np.nanmin(seen.lam - seen.one_sided)), 0.0, 0
    for one in [network for network, kept in zip(seen.networks, asked, strict=True) if kept][::every]:
        if one.n != one.m and one.inner == min(one.n, one.m) and one.kind != "narrow":
            sigma = float(np.linalg.svd(product(one.weights), compute_uv=False)[-1])
            bound = deep_rates.one_sided_rate(one.Ds, one.n, one.m, sigma)
            weights = deep_minimizers.one_sided_minimizer(one.Ds, one.n, one.m, sigma)
            if unit_of(weights) > 0:
                found, off = attained(one.Ds, weights, bound)
                slack, residual, built = min(slack, found), max(residual, off), built + 1
    return Evidence(
        statement="min2022.deep.one_sided",
        margin=slack,
        error=max(ROUNDING, decade_above(seen.deviation)),
        instances=int(np.sum(asked)) + built,
        vacuous=int(np.sum(seen.one_sided[asked] <= ROUNDING)),
        sizes={"L": list(depths), "n, m": "1 to 4", "random": int(np.sum(asked)), "minimisers": built},
        where=place(seen, seen.one_sided),
        control=("imbalances in no order", indefinite(max(10, draws), depths, rng)[1]),
        controls=[
            ("l* at the other end", seen.wrong["one-sided, elsewhere"]),
            ("n and m exchanged", seen.wrong["one-sided, exchanged"]),
            ("all L terms of the scalar network", seen.wrong["one-sided, all terms"]),
        ],
        constants={"largest residual of a minimiser": (residual, ATTAINED), **medians(seen, seen.one_sided)},
        sharp=seen.deviation <= ROUNDING and residual <= ATTAINED,
    )
