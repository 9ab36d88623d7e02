r"""Every lower bound on :math:`\lambda_{\min}(T)` that applies to a linear network, by name and in pieces.

Their maximum is :func:`~flowbounds.bounds.comparison.rate_bound`; here one sees which it was, and why there
is none. Layers are in the convention :math:`W=W_1\cdots W_L`, ``sigma`` bounds the smallest of the min(n, m)
singular values of the product from below.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from flowbounds.bounds.balanced_rates import balanced_rate
from flowbounds.bounds.comparison import rate_bound
from flowbounds.bounds.deep_rates import one_sided_rate, scalar_imbalances, smallest_layer, unimodal_rate
from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.layer_laws import shown
from flowbounds.bounds.scalar_rates import scalar_rate_exact, scalar_squares
from flowbounds.bounds.short_product import DEPTHS, EndProducts, combine, end_products
from flowbounds.bounds.three_layer_rates import three_layer_parts
from flowbounds.bounds.two_layer_rates import part, positive_part
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray, HypothesisError

ROUNDING = 1e-12  # of the largest squared norm of a layer: imbalances, and rates, that count as zero
DOUBLINGS = 5  # layers are rescaled by powers of two up to this one in search of a bound


@dataclass(frozen=True)
class NamedBound:
    """One bound: its name, its value and the numbers it is made of, each with its meaning."""

    name: str
    value: float
    pieces: tuple[tuple[str, float], ...] = field(default=())

    def lines(self) -> list[str]:
        """The name, the value and the pieces."""
        return [f"  {self.name}: {shown(self.value)}", *(f"    {what} {shown(x)}" for what, x in self.pieces)]


def chain_imbalances(chain: Weights) -> tuple[Weights, bool]:
    """Kernel: the imbalances, zeros if all are zero to rounding, and whether they are."""
    Ds = [left.T @ left - right @ right.T for left, right in pairwise(chain)]
    if scale(chain) > 0 and all(np.max(np.abs(D)) <= ROUNDING * scale(chain) for D in Ds):
        return [np.zeros_like(D) for D in Ds], True
    return Ds, False


def scale(chain: Weights) -> float:
    """Kernel: the largest squared norm of a layer."""
    return max(float(np.linalg.norm(layer, 2)) ** 2 for layer in chain)


def named_bounds(Ds: Weights, n: int, m: int, sigma: float) -> list[NamedBound]:
    """Kernel: what applies, the largest first."""
    if not Ds:
        return [NamedBound("one layer, T is the identity", 1.0)]
    if n == m == 1 and all(D.size == 1 for D in Ds):
        d = [float(D[0, 0]) for D in Ds]
        x = scalar_squares(d, sigma)
        squares = tuple((f"w_{k}^2 where |w| is the margin:", float(one)) for k, one in enumerate(x, 1))
        name = "scalar layers, exact (min2022.scalarL.exact)"
        return [NamedBound(name, scalar_rate_exact(d, sigma), squares)]
    values = spectra(Ds)
    if len(Ds) == 1:
        return [_two_layers(values[0], n, m, sigma)]
    return sorted(_many_layers(Ds, values, n, m, sigma), key=lambda bound: -bound.value)


def _two_layers(values: FloatArray, n: int, m: int, sigma: float) -> NamedBound:
    sigma_n, sigma_m = (sigma if k == min(n, m) else 0.0 for k in (n, m))
    a1, an = positive_part(values, 1), positive_part(values, n)
    b1, bm = positive_part(-values[::-1], 1), positive_part(-values[::-1], m)
    one, two = part(an, b1, sigma_n), part(bm, a1, sigma_m)
    pieces = (
        (f"lambda_{n}(D_1), positive part:", an),
        (f"lambda_{m}(-D_1), positive part:", bm),
        (f"sigma_{n}(W_1)^2 >=", one),
        (f"sigma_{m}(W_2)^2 >=", two),
    )
    return NamedBound("two layers, Proposition 2 (min2022.two.prop2)", one + two, pieces)


def _many_layers(Ds: Weights, values: list[FloatArray], n: int, m: int, sigma: float) -> list[NamedBound]:
    found, depth = [], len(Ds) + 1
    pieces: tuple[tuple[str, float], ...]
    if not any(D.any() for D in Ds):
        name = "balanced layers, imbalances zero to rounding (min2022.rate.balanced)"
        found.append(NamedBound(name, balanced_rate(n, m, depth, sigma)))
    if depth == 3:
        three = three_layer_parts(Ds[0], Ds[1], n, m)
        pieces = (
            (f"sigma_{n} of layers 1 and 2, squared >=", three.first_two),
            (f"sigma_{n}(W_1)^2 >=", three.first),
            (f"sigma_{m}(W_3)^2 >=", three.last),
            (f"sigma_{m} of layers 2 and 3, squared >=", three.last_two),
        )
        found.append(NamedBound("three layers (min2022.three.alpha)", three.rate, pieces))
    elif depth in DEPTHS:
        left, right = end_products(values, n, m)
        pieces = (
            (f"sigma_{n}(W_1)^2 >=", left[1]),
            (f"sigma_{n} of layers 1 and 2, squared >=", left[2]),
            (f"sigma_{m}(W_{depth})^2 >=", right[1]),
            (f"sigma_{m} of layers {depth - 1} and {depth}, squared >=", right[2]),
        )
        rate = combine(EndProducts(left, right), depth)
        found.append(NamedBound("short products (min2022.deep.short_product)", rate, pieces))
    with suppress(HypothesisError):
        layer = smallest_layer(values)
        d = scalar_imbalances(values, n, m, layer)
        pieces = tuple((f"imbalance d_{k} of the scalar network:", float(x)) for k, x in enumerate(d, 1))
        name = f"ordered imbalances, layer {layer} the smallest (deep_rates.unimodal_rate)"
        found.append(NamedBound(name, unimodal_rate(Ds, n, m), pieces))
    with suppress(HypothesisError):
        name = "imbalances of one sign, and margin (deep_rates.one_sided_rate)"
        found.append(NamedBound(name, one_sided_rate(Ds, n, m, sigma)))
    return found


def narrow_layers(chain: Weights) -> tuple[int, int] | None:
    r"""Kernel: (k, j), k <= j, with :math:`h_k<n` and :math:`h_j<m`, which make T singular for all weights.

    Some p has :math:`P_k^\top p=0` and some q has :math:`Q_{j+1}q=0`; every term of :math:`T(pq^\top)` has
    one of the two, since l > k or l <= k <= j.
    """
    n, m = chain[0].shape[0], chain[-1].shape[1]
    widths = [layer.shape[1] for layer in chain[:-1]]
    below = [k for k, width in enumerate(widths, 1) if width < n]
    above = [k for k, width in enumerate(widths, 1) if width < m]
    return (below[0], above[-1]) if below and above and below[0] <= above[-1] else None


def why_zero(chain: Weights, Ds: Weights) -> str:
    """Kernel: which hypothesis is missing where the best bound is zero."""
    n, m = chain[0].shape[0], chain[-1].shape[1]
    narrow = narrow_layers(chain)
    if narrow:
        k, j = narrow
        return (
            f"hidden width {chain[k - 1].shape[1]} after layer {k} is below n = {n} and width "
            f"{chain[j - 1].shape[1]} after layer {j} below m = {m}: T is singular whatever the weights are"
        )
    if len(Ds) == 1:
        first, small = spectra(Ds)[0], ROUNDING * scale(chain)
        return (
            f"without a margin it takes {n} positive or {m} negative eigenvalues of D_1, which has "
            f"{np.sum(first > small)} and {np.sum(first < -small)}"
        )
    if len(Ds) + 1 in DEPTHS:
        empty = "the bound for imbalances in any order is empty here"
    else:
        empty = f"for {len(Ds) + 1} layers there is a bound for ordered imbalances only"
    values = spectra(Ds)
    try:
        layer = smallest_layer(values)
    except HypothesisError:
        return f"the imbalances are in no order ({_disorder(values)}), and {empty}"
    return (
        f"the imbalances are ordered around layer {layer}, but too few of their eigenvalues are away from "
        "zero, and no margin counts"
    )


def _disorder(values: list[FloatArray]) -> str:
    """The first negative eigenvalue of all, and the largest positive one from there on."""
    small = ROUNDING * max(float(np.max(np.abs(one))) for one in values)
    first = next(k for k, one in enumerate(values) if one[-1] < -small)
    later = max(range(first, len(values)), key=lambda k: float(values[k][0]))
    low, high = f"{values[first][-1]:.3g}", f"{values[later][0]:.3g}"
    if first == later:
        return f"D_{first + 1} has eigenvalues of both signs, {low} and {high}"
    return f"D_{first + 1} has the eigenvalue {low} and after it D_{later + 1} has {high}"


def rebalanced(chain: Weights, layer: int, doublings: int) -> Weights:
    """Kernel: W_layer over 2^((L - 1) doublings), every other layer times 2^doublings: the same product."""
    inner = 2.0 ** (-(len(chain) - 1) * doublings)
    return [one * (inner if k == layer else 2.0**doublings) for k, one in enumerate(chain, 1)]


def what_helps(chain: Weights, sigma: float) -> tuple[int, int, float] | None:
    """Kernel: (layer, doublings, rate): the mildest rescaling of one layer against the others with a bound.

    The product, and so the function and the margin, stays; only the imbalances change.
    """
    n, m = chain[0].shape[0], chain[-1].shape[1]
    for size in range(1, DOUBLINGS + 1):
        tried = []
        for layer in range(1, len(chain) + 1):
            for doublings in (size, -size):
                other = rebalanced(chain, layer, doublings)
                rate = rate_bound(chain_imbalances(other)[0], n, m, sigma)
                if rate > ROUNDING * scale(other) ** (len(chain) - 1):
                    tried.append((rate, layer, doublings))
        if tried:
            rate, layer, doublings = max(tried)
            return layer, doublings, rate
    return None


def advice(chain: Weights, sigma: float) -> str:
    """Kernel: what would give a bound, in words; it searches the rescalings of every layer."""
    if narrow_layers(chain):
        return "wider hidden layers."
    depth, found = len(chain), what_helps(chain, sigma)
    if found is None and depth == 2:
        return "wider hidden layers, or an objective whose minimiser is near, which gives a margin."
    if found is None:
        fewer = "" if depth in DEPTHS else "fewer layers, or "
        return f"{fewer}balanced layers and an objective whose minimiser is near, which gives a margin."
    layer, doublings, rate = found
    inner, outer = 2 ** ((depth - 1) * abs(doublings)), 2 ** abs(doublings)
    words = ("dividing", "multiplying") if doublings > 0 else ("multiplying", "dividing")
    others = "the other layer" if depth == 2 else "every other layer"
    return (
        f"{words[0]} W_{layer} by {inner} and {words[1]} {others} by {outer}, which leaves the product as it "
        f"is and gives the bound {shown(rate)}."
    )
