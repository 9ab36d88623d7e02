"""What is measured of ordered networks: the smallest eigenvalue, both bounds, second routes, wrong forms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds import deep_rates
from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.scalar_rates import scalar_rate, scalar_squares
from flowbounds.bounds.two_layer_rates import positive_part
from flowbounds.checks.ordered_networks import Ordered, least_square, ordered_networks
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.tangent_eigenvalue import tangent_smallest
from flowbounds.validation import FloatArray

DEPTHS = (2, 3, 4, 5, 6)
ROUNDING = 1e-13  # of the unit: a bound below it is empty to rounding
EVERY = 7  # of the networks: those with a second route and the controls; in no step with the kinds of l*


@dataclass(frozen=True)
class Survey:
    """Measured of many ordered networks, arrays of one length, all rates in units of ``Ordered.unit``.

    ``lam`` is lambda_min(T) from the Jacobian; ``unimodal`` and ``one_sided`` the bounds, the latter NaN
    where l* is inside; ``deviation`` the largest distance of a second route. ``wrong`` has the least slack of
    forms that are no bounds.
    """

    networks: list[Ordered]
    lam: FloatArray
    unimodal: FloatArray
    one_sided: FloatArray
    deviation: float
    wrong: dict[str, float]

    def kept(self, bound: FloatArray, kind: str) -> NDArray[np.bool_]:
        """The networks of one ensemble for which the bound is asked."""
        return np.array([one.kind == kind for one in self.networks]) & np.isfinite(bound)

    def tightness(self, bound: FloatArray, kind: str) -> FloatArray:
        """Bound over eigenvalue for one ensemble, where the bound is not empty."""
        full = self.kept(bound, kind) & (np.nan_to_num(bound) > ROUNDING)
        return np.asarray(bound[full] / self.lam[full])


def elsewhere(one: Ordered, sigma: float) -> float:
    """A control: the formula with l* at the other end, from the absolute values of the eigenvalues."""
    first = one.layer == one.depth
    size = one.m if first else one.n
    values = [np.sort(np.abs(v))[::-1] for v in spectra(one.Ds)]
    d = [(-1 if first else 1) * positive_part(v, size) for v in values]
    if sigma == 0:
        return scalar_rate(d, 0.0)
    squares = scalar_squares(d, sigma)
    return float(np.prod(squares[1:] if first else squares[:-1]))


def all_terms(one: Ordered, sigma: float) -> float:
    """A control: the sum of all L products of L - 1 squares, as for scalars, and not the largest alone."""
    t = least_square(one.cumulative, sigma)
    x = t + np.array([0.0, *one.cumulative])
    return float(sum(np.prod(np.delete(x, k)) for k in range(x.size)))


def from_cores(one: Ordered, sigma: float) -> float:
    """The bound from the cores that the network was made of: plain sums, a bracketed root."""
    t = least_square(one.cumulative, sigma)
    return float(np.prod(t + np.array(one.cumulative)))


def rounding(one: Ordered) -> float:
    """Distance of the imbalances of the weights from those they were made with, over a squared norm."""
    largest = one.unit ** (1 / (one.depth - 1))
    pairs = zip(one.Ds, imbalances(one.weights), strict=True)
    return float(max(np.max(np.abs(D - found)) for D, found in pairs) / largest)


def second_routes(one: Ordered, lam: float, sigma: float) -> list[float]:
    """Distances, in units of the network, of its imbalances, eigenvalue and bounds from a second route."""
    n, m = one.n, one.m
    off = [abs(deep_rates.unimodal_rate(one.Ds, n, m) - from_cores(one, 0.0))]
    off.append(abs(tangent_smallest(one.weights).value - lam))
    if one.at_end and any(D.any() for D in one.Ds):  # at zero both ends are l*, and the bound is the better
        reach = sigma if one.inner == min(n, m) else 0.0
        off.append(abs(deep_rates.one_sided_rate(one.Ds, n, m, sigma) - from_cores(one, reach)))
    return [rounding(one), *(value / one.unit for value in off)]


def wrong_forms(one: Ordered, sigma: float) -> dict[str, float]:
    """Controls: what is larger than either bound, and is none."""
    n, m = one.n, one.m
    forms = {
        "unimodal, elsewhere": elsewhere(one, 0.0),
        "unimodal, exchanged": deep_rates.unimodal_rate(one.Ds, m, n),
    }
    if one.at_end:
        forms["one-sided, elsewhere"] = elsewhere(one, sigma)
        forms["one-sided, exchanged"] = deep_rates.one_sided_rate(one.Ds, m, n, sigma)
        forms["one-sided, all terms"] = all_terms(one, sigma)
    return forms


def survey(draws: int, rng: Generator, depths: Sequence[int] = DEPTHS) -> Survey:
    """Both bounds beside lambda_min(T) on every ensemble of ordered networks."""
    kept: list[Ordered] = []
    rows: list[tuple[float, float, float]] = []
    deviation, wrong = 0.0, dict[str, float]()
    for k, one in enumerate(ordered_networks(draws, depths, rng)):
        unit, n, m = one.unit, one.n, one.m
        if unit == 0:  # nothing but zeros: there is no unit, and nothing to bound
            continue
        lam = tangent_min_eigenvalue(one.weights)
        sigma = float(np.linalg.svd(product(one.weights), compute_uv=False)[-1])
        side = deep_rates.one_sided_rate(one.Ds, n, m, sigma) if one.at_end else np.nan
        kept.append(one)
        rows.append((lam / unit, deep_rates.unimodal_rate(one.Ds, n, m) / unit, side / unit))
        if k % EVERY == 0:
            deviation = max(deviation, *second_routes(one, lam, sigma))
            for name, value in wrong_forms(one, sigma).items():
                wrong[name] = min(wrong.get(name, np.inf), (lam - value) / unit)
    lams, unimodal, one_sided = np.array(rows).T
    return Survey(kept, lams, unimodal, one_sided, deviation, wrong)
