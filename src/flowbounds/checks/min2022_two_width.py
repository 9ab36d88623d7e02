"""Checks around Proposition 2: from which width on it is positive, and that it grows with sigma_min(W)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import two_layer_rates as rates
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.checks.registry import settles
from flowbounds.checks.two_layer_cases import Shape, drawn_pair, half_eigenvalues
from flowbounds.evidence import Evidence
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers
from flowbounds.validation import FloatArray, require_count

Z95 = 1.96  # half width of a 95 % interval, in standard deviations
EXACT = {(2, 2, 2): 1 - np.pi / 4, (2, 3, 3): 1 - np.sqrt(0.5)}  # (n, m, h): from the eigenvalue densities


@dataclass(frozen=True)
class Frequency:
    """A share of draws with its 95 % interval (Wilson's)."""

    share: float
    low: float
    high: float


def frequency(count: int, draws: int) -> Frequency:
    """Share ``count / draws`` with Wilson's 95 % interval."""
    share, z2 = count / draws, Z95**2 / draws
    centre = (share + z2 / 2) / (1 + z2)
    half = float(np.sqrt(z2 * share * (1 - share) + z2**2 / 4) / (1 + z2))
    return Frequency(share, max(0.0, centre - half), min(1.0, centre + half))


def gaps(n: int, m: int, h: int, draws: int, rng: Generator) -> FloatArray:
    """a_n + b_m, the bound from imbalance alone, of Gaussian layers, (draws,)."""
    W1, W2 = rng.normal(size=(draws, n, h)), rng.normal(size=(draws, h, m))
    D = np.swapaxes(W1, 1, 2) @ W1 - W2 @ np.swapaxes(W2, 1, 2)
    values = np.linalg.eigvalsh(D)[:, ::-1]
    a = values[:, n - 1] if n <= h else np.zeros(draws)
    b = -values[:, h - m] if m <= h else np.zeros(draws)
    return np.maximum(a, 0) + np.maximum(b, 0)


def positive_share(n: int, m: int, h: int, draws: int, rng: Generator) -> float:
    """Share of Gaussian layers whose bound from imbalance alone is positive."""
    return float(np.mean(gaps(n, m, h, draws, rng) > 0))


@settles("min2022.two.width", kind="probability")
def width(
    *,
    shapes: Sequence[Shape] = ((1, 2), (2, 2), (2, 3), (3, 3)),
    beyond: Sequence[int] = (0, 1, 4),
    draws: int = 2000,
    rng: Generator,
) -> Evidence:
    """From width n + m on, almost every start has a positive bound from its imbalance alone.

    Gaussian layers of h = n + m and ``beyond``. Margin: 1 - 2 (draws whose bound is empty), worst over shapes
    and widths. Error: the rule of three, plus how far the frequencies at the two widths below that are known
    exactly are from them. Control: h = n + m - 2. Tried: h = n + m - 1, where it still holds.
    """
    require_count("draws", draws, 10)
    empty, where = 0, "no draw"
    for n, m in shapes:
        for more in beyond:
            found = int(np.sum(gaps(n, m, n + m + more, draws, rng) <= 0))
            if found > empty:
                empty, where = found, f"n x m = {n} x {m}, h = {n + m + more}"
    known = {key: positive_share(*key, draws, rng) for key in EXACT}
    off = max(abs(known[key] - exact) for key, exact in EXACT.items())
    below = {less: [positive_share(n, m, n + m - less, draws, rng) for n, m in shapes] for less in (1, 2)}
    margins = {less: 1 - 2 * draws * (1 - min(shares)) for less, shares in below.items()}
    constants = {f"exact at (n, m, h) = {key}": float(exact) for key, exact in EXACT.items()}
    return Evidence(
        statement="min2022.two.width",
        margin=1.0 - 2 * empty,
        error=3 / draws + off,
        instances=len(shapes) * len(beyond) * draws,
        sizes={"n x m": [f"{n} x {m}" for n, m in shapes], "h - n - m": list(beyond), "draws": draws},
        where=where,
        control=("h = n + m - 2", margins[2]),
        tried=[("h = n + m - 1", margins[1])],
        constants=constants,
        note="proved by inertia, from n + m - 1 on; the margin counts draws, 1 - 2 (empty ones)",
    )


def secant(D: FloatArray, n: int, m: int, low: float, high: float) -> tuple[float, float]:
    """Growth of the bound from sigma = ``low`` to ``high`` over its growth at D = 0, by two routes.

    The difference, and the closed form: each root grows by 4 (high^2 - low^2) over the sum of its values.
    """
    ends = [rates.two_layer_rate_at_margin(D, n, m, sigma) for sigma in (low, high)]
    balanced = (2 if n == m else 1) * (high - low)
    values = rates.spectrum(D)
    a1, an = rates.positive_part(values, 1), rates.positive_part(values, n)
    b1, bm = rates.positive_part(-values[::-1], 1), rates.positive_part(-values[::-1], m)
    slope = 0.0
    for base, k in ((a1 + bm, m), (b1 + an, n)):
        if k == min(n, m):
            slope += 2 * (high + low) / float(np.hypot(base, 2 * high) + np.hypot(base, 2 * low))
    return (ends[1] - ends[0]) / balanced, slope / (2 if n == m else 1)


def scalar_secant(d: FloatArray, low: float, high: float) -> tuple[float, float]:
    """The same of Proposition 1 in |w|: difference, and quotient of sums."""
    layers = d.size + 1
    free = [layers * w ** (2 - 2 / layers) for w in (low, high)]
    ends = [scalar_rate(d, w) for w in (low, high)]
    return (ends[1] - ends[0]) / (free[1] - free[0]), sum(free) / sum(ends)


@settles("min2022.rate.monotone", kind="inequality")
def monotone(
    *,
    shapes: Sequence[Shape] = ((1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3)),
    depths: Sequence[int] = (2, 3, 4, 5),
    draws: int = 100,
    rng: Generator,
) -> Evidence:
    """The bounds grow with sigma_min(W), so that a lower bound on it may stand in its place.

    Margin: growth of the bound between two values of sigma, and of lambda_min(T) at sigma_min(W) above the
    bound at a smaller sigma, in units of the growth that D = 0 would have; Proposition 1 in |w| alike. Two
    decades either side of one for everything that is drawn. Second route: closed forms of the growth.
    Controls: sigma_max(W) in the place of sigma_min(W); lambda_min(T) itself, which need not grow.
    """
    margin, error, where, count = np.inf, 0.0, "", 0
    overshoot, itself = np.inf, np.inf

    def record(value: float, twin: float, name: str) -> None:
        nonlocal margin, error, where, count
        error, count = max(error, abs(value - twin)), count + 1
        if value < margin:
            margin, where = value, name

    for n, m in shapes:
        for _ in range(draws):
            D, _ = drawn_pair(n, m, n + m, rng)
            low = 10.0 ** rng.uniform(-1, 1)
            record(*secant(D, n, m, low, low * 10.0 ** rng.uniform(0.05, 1)), f"bound, n x m = {n} x {m}")
            weights = random_layers([(n, n + m), (n + m, m)], rng)
            D, W = imbalances(weights)[0], product(weights)
            sigma = np.linalg.svd(W, compute_uv=False)
            share, balanced = float(rng.uniform(0, 0.9)), 2 if n == m else 1
            lower = rates.two_layer_rate_at_margin(D, n, m, share * sigma[-1])
            lam, unit = tangent_min_eigenvalue(weights), balanced * (1 - share) * sigma[-1]
            twin = sum(half_eigenvalues(weights))
            record((lam - lower) / unit, (twin - lower) / unit, f"layers, n x m = {n} x {m}")
            if n != m and min(n, m) > 1:
                built = tangent_min_eigenvalue(two_layer_minimizer(D, W))
                top = rates.two_layer_rate_at_margin(D, n, m, sigma[0])
                overshoot = min(overshoot, (built - top) / (sigma[0] - sigma[-1]))
            if n != m:
                larger = tangent_min_eigenvalue(two_layer_minimizer(D, 1.1 * W))
                itself = min(itself, (larger - lam) / (0.1 * sigma[-1]))
    for depth in depths:
        for _ in range(draws):
            d, low = rng.normal(size=depth - 1), 10.0 ** rng.uniform(-1, 1)
            record(*scalar_secant(d, low, low * 10.0 ** rng.uniform(0.05, 1)), f"scalars, L = {depth}")
    return Evidence(
        statement="min2022.rate.monotone",
        margin=margin,
        error=error,
        instances=count,
        sizes={"n x m": [f"{n} x {m}" for n, m in shapes], "L": list(depths), "draws of each": draws},
        where=where,
        control=("sigma_max(W) for sigma_min(W)", overshoot),
        controls=[("lambda_min(T) itself, from random layers to the least at 1.1 W", itself)],
        note="in units of the growth at D = 0",
    )
