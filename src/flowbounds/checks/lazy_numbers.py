"""How many components lazy training needs for random targets of rank one: what a bound allows, and a run."""

import numpy as np

from flowbounds.bounds.lazy import lower_bound
from flowbounds.dynamics.lazy_descent import lazy_descent
from flowbounds.models.tensor_ensembles import uniform_directions


def allowed_number(order: int, d: int, eps: float) -> int:
    """Smallest m at which the lower bound on the mean squared error is at most ``eps`` squared."""
    m = 1
    while lower_bound(order, d, m) > eps**2:
        m += 1
    return m


def descent_error(order: int, d: int, m: int, *, size: float, steps: int, targets: int, seed: int) -> float:
    """Root mean square error of descent from m random components of length ``size``, over random targets."""
    rng = np.random.default_rng([seed, order, d, m])
    signs = rng.choice([-1.0, 1.0], m)
    start, stars = uniform_directions(d, m, rng), uniform_directions(d, targets, rng)
    run = lazy_descent(start, signs, stars, order, size=size, steps=steps)
    return float(np.sqrt(np.mean(run.error**2)))


def descent_number(
    order: int, d: int, eps: float, *, size: float, steps: int, targets: int, seed: int
) -> int:
    """Smallest m, from what the bound allows on, at which that error is at most ``eps``."""
    m = allowed_number(order, d, eps)
    while descent_error(order, d, m, size=size, steps=steps, targets=targets, seed=seed) > eps:
        m += 1
    return m
