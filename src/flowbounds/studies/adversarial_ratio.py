"""The least quotient of lambda_min(T) and the short-product bound that a search over all weights finds.

Both are homogeneous of one degree and smooth wherever no two eigenvalues meet, which quasi-Newton steps
with central differences cope with (Nelder and Mead's simplex ends at the same values, more slowly). A start
of an empty bound has no slope to follow: it is counted, and another is drawn.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from flowbounds.bounds.imbalance_spectra import spectra
from flowbounds.bounds.short_product import combine, end_products
from flowbounds.dynamics.sweep import Study
from flowbounds.models.layer_chain import Weights
from flowbounds.models.linear_network import jacobian
from flowbounds.validation import FloatArray

SHAPES = (
    *("1-2-2-1", "1-2-3-1", "2-3-2-1", "2-2-2-2", "1-3-1-2"),
    *("1-1-1-1-1", "1-2-2-2-1", "2-2-2-2-2", "1-2-2-2-2-1"),
)
BLOCKS = 20
STARTS = 10  # searches in a block
SPREAD = 1.0  # layers are normal, times 10 to a power drawn from [-SPREAD, SPREAD]
VACUOUS = 1e-7  # of max |W_l|^(2 (L - 1)): bounds above it are not rounding, those at it are not searched
STEP = 1e-7  # of the central differences, for weights whose largest is one at the start
ROUNDS = 10  # of a search at most; each starts near the place where the last one ended
SHAKE = 0.03  # relative noise in the weights at which a further round starts
ITERATIONS = 120  # a round
THERE = 1e-9  # the quotient less one at which no further round is needed
ROUNDING = 1e-11  # and at which the round itself may end: the bound is met, and not crossed
WALL = 50.0  # of the logarithm, where the bound is empty: no step of a search goes there


def widths(shape: str) -> tuple[int, ...]:
    """(2, 3, 1) from '2-3-1'."""
    return tuple(int(size) for size in shape.split("-"))


def layers(flat: FloatArray, sizes: Sequence[int]) -> Weights:
    """The layers whose entries stand in ``flat``."""
    shapes = list(pairwise(sizes))
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), shapes, strict=True)]


def bound_and_eigenvalue(weights: Weights) -> tuple[float, float]:
    """The short-product bound and lambda_min(T), without the validation that readers' functions do."""
    Ds = [left.T @ left - right @ right.T for left, right in pairwise(weights)]
    n, m = weights[0].shape[0], weights[-1].shape[1]
    bound = combine(end_products(spectra(Ds), n, m), len(weights))
    J = jacobian(weights)
    enough = J.shape[1] >= J.shape[0]
    return bound, float(np.linalg.svd(J, compute_uv=False)[-1] ** 2) if enough else 0.0


def is_vacuous(weights: Weights, bound: float) -> bool:
    """Whether the bound is zero, or as small as rounding may leave it."""
    unit = max(float(np.linalg.norm(layer, 2) ** 2) for layer in weights)
    return bound <= VACUOUS * unit ** (len(weights) - 1)


def drawn(sizes: Sequence[int], rng: np.random.Generator) -> Weights:
    """Normal layers of different sizes, the largest entry of all being one."""
    weights = [10.0 ** rng.uniform(-SPREAD, SPREAD) * rng.normal(size=shape) for shape in pairwise(sizes)]
    largest = max(float(np.max(np.abs(layer))) for layer in weights)
    return [layer / largest for layer in weights]


def least_ratio(start: Weights, rng: np.random.Generator) -> float:
    """The quotient at which the search from ``start`` ends; the bound there must not be empty."""
    sizes = [start[0].shape[0], *(layer.shape[1] for layer in start)]

    def logarithm(flat: FloatArray) -> float:
        weights = layers(flat, sizes)
        bound, eigenvalue = bound_and_eigenvalue(weights)
        if is_vacuous(weights, bound):
            return WALL
        return float(np.log(eigenvalue / bound))

    def slope(flat: FloatArray) -> FloatArray:
        steps = STEP * np.eye(flat.size)
        return np.array([(logarithm(flat + one) - logarithm(flat - one)) / (2 * STEP) for one in steps])

    def stop(intermediate_result: OptimizeResult) -> None:
        if abs(intermediate_result.fun) <= ROUNDING:
            raise StopIteration

    options = {"maxiter": ITERATIONS, "gtol": 1e-7}
    flat = begin = np.concatenate([layer.ravel() for layer in start])
    best = logarithm(flat)
    for _ in range(ROUNDS):
        end = minimize(  # type: ignore[call-overload]  # the stubs want literal option keys
            logarithm, begin, jac=slope, method="BFGS", callback=stop, options=options
        )
        if end.fun < best:
            flat, best = end.x, float(end.fun)
        if best <= THERE:
            break
        begin = flat * (1 + SHAKE * rng.normal(size=flat.size))
    return float(np.exp(best))


def cell(*, shape: str, block: int) -> dict[str, Any]:
    """Searches from one block of random starts on one shape."""
    sizes = widths(shape)
    rng, noise = (np.random.default_rng([block, *sizes, k]) for k in (0, 1))
    vacuous = 0
    ratios: list[float] = []
    reached: list[float] = []
    while len(reached) < STARTS:
        start = drawn(sizes, rng)
        bound, eigenvalue = bound_and_eigenvalue(start)
        if is_vacuous(start, bound):
            vacuous += 1
            continue
        ratios.append(eigenvalue / bound)
        reached.append(least_ratio(start, noise))
    return {"vacuous": vacuous, "ratios": ratios, "reached": reached}


STUDY = Study(
    name="adversarial_ratio",
    cell=cell,
    grid=[{"shape": shape, "block": block} for shape in SHAPES for block in range(BLOCKS)],
    rtol=0.05,  # a search that does not arrive, one in 200, ends a few per cent off; others repeat to 1e-9
)
