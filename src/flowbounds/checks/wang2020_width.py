"""Checks of what plain descent does with exactly as many components as the target has, at several orders."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import bad_minimum
from flowbounds.checks.min2022_two_width import Frequency, frequency
from flowbounds.checks.registry import settles
from flowbounds.dynamics.vanilla_descent import Ends, descend_many
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models import scaled_tensor_fit
from flowbounds.validation import FloatArray

LENGTH = 0.7  # of the components at the start: far from zero, and far from lazy
STEP = 0.05  # stable up to 2 / l^2 at a solution, 0.125 at order 4
SOLVED = 1e-3  # of the value; what is not solved ends near multiples of one half
Shape = tuple[int, int, int]


def random_starts(starts: int, d: int, m: int, rng: Generator) -> FloatArray:
    """Components of one length in uniform directions, (starts, d, m)."""
    U = rng.normal(size=(starts, d, m))
    return np.asarray(LENGTH * U / np.linalg.norm(U, axis=1, keepdims=True))


def orthogonal_runs(
    order: int, shape: Shape, starts: int, steps: int, rng: Generator, *, coefficients: bool = False
) -> Ends:
    """Descent to the sum of r unit powers along the axes from random starts; shape is (d, r, m)."""
    d, r, m = shape
    U = random_starts(starts, d, m, rng)
    c = np.ones((starts, m))
    options = {"step": STEP, "steps": steps, "coefficients": coefficients, "solved": SOLVED}
    return descend_many(U, c, np.eye(d, r), np.ones(r), order, **options)  # type: ignore[arg-type]


def matrix_runs(shape: Shape, starts: int, steps: int, rng: Generator) -> Ends:
    """The same at order two, to one random positive semidefinite target of rank r.

    Its eigenvalues are drawn from [1/2, 1], so that an overlooked one costs 1/8 at least, and can be told
    from slow progress.
    """
    d, r, m = shape
    basis = np.linalg.qr(rng.normal(size=(d, r)))[0]
    weights = rng.uniform(0.5, 1.0, size=r)
    U, c = random_starts(starts, d, m, rng), np.ones((starts, m))
    return descend_many(U, c, basis, weights, 2, step=STEP, steps=steps, solved=SOLVED)


def unsolved(ends: Ends) -> int:
    """Starts that are not solved at the end."""
    return int(np.sum(ends.value > SOLVED))


def stuck_share(ends: Ends) -> Frequency:
    """Share of the starts that are not solved at the end, with its 95 % interval."""
    return frequency(unsolved(ends), ends.value.size)


def kernel_error(ends: Ends, order: int, r: int) -> float:
    """Largest difference of the values from the objective itself, over some ends of an orthogonal target."""
    d = ends.U.shape[1]
    target = np.eye(d, r), np.ones(r)
    pairs = zip(ends.U[:20], ends.c[:20], ends.value[:20], strict=True)
    return float(max(abs(scaled_tensor_fit.vanilla_loss(U, c, *target, order) - f) for U, c, f in pairs))


@settles("wang2020.intro.exact_width", kind="empirical")
def exact_width(
    *,
    orders: Sequence[int] = (3, 4),
    shapes: Sequence[tuple[int, int]] = ((5, 5), (10, 3), (10, 5)),
    starts: int = 200,
    steps: int = 3000,
    rng: Generator,
) -> Evidence:
    """With m = r plain descent on an orthogonal target ends at a wrong tensor from many starts.

    No coefficients, as in objective (1). Margin: lower end of the 95 % interval of the smallest share of
    starts not solved after ``steps`` steps. Error: values from the objective itself. Constants: the shares.
    """
    shares: dict[str, float] = {}
    lows, second, where, largest = [], 0.0, "", 0.0
    for order in orders:
        for d, r in shapes:
            ends = orthogonal_runs(order, (d, r, r), starts, steps, rng)
            share = stuck_share(ends)
            name = f"order {order}, d = {d}, m = r = {r}"
            lows.append((share.low, name))
            shares[f"share not solved, {name}"] = share.share
            second = max(second, kernel_error(ends, order, r))
            largest = max(largest, float(np.max(ends.value)))
    margin, where = min(lows)
    return Evidence(
        statement="wang2020.intro.exact_width",
        margin=margin,
        error=decade_above(second),
        instances=len(lows) * starts,
        sizes={
            "order": list(orders),
            "d x r": [f"{d} x {r}" for d, r in shapes],
            "starts": starts,
            "steps": steps,
        },
        where=where,
        constants=shares,
        note="within this budget: at order 4 some starts leave their plateau later",
    )


@settles("wang2020.thm2.matrix", kind="empirical")
def matrix(
    *,
    shapes: Sequence[tuple[int, int, int]] = ((5, 5, 5), (10, 3, 3), (10, 5, 5), (10, 3, 6)),
    targets: int = 3,
    starts: int = 200,
    steps: int = 3000,
    rng: Generator,
) -> Evidence:
    """The same descent at order two is never stuck: all components of one sign, semidefinite targets.

    Margin: 1 - 2 (starts not solved). Error: values from the objective itself. Controls: the same at order
    three; order two with coefficients of either sign, from near Theorem 2's point.
    """
    stuck, instances, second = 0, 0, 0.0
    for shape in shapes:
        ends = orthogonal_runs(2, shape, starts, steps, rng)
        second = max(second, kernel_error(ends, 2, shape[1]))
        runs = [matrix_runs(shape, starts, steps, rng) for _ in range(targets)]
        stuck += unsolved(ends) + sum(unsolved(one) for one in runs)
        instances += (1 + targets) * starts
    third = unsolved(orthogonal_runs(3, shapes[0], starts, 1000, rng))
    signed = signed_runs(2, 2, 4, 5, 20, 2000, rng)
    return Evidence(
        statement="wang2020.thm2.matrix",
        margin=1.0 - 2 * stuck,
        error=decade_above(second),
        instances=instances,
        sizes={
            "d x r x m": [f"{d} x {r} x {m}" for d, r, m in shapes],
            "starts": starts,
            "random targets of a shape": targets,
        },
        where="no start is stuck" if stuck == 0 else "some start",
        control=("order three", 1.0 - 2 * third),
        controls=[("order two with coefficients, from near Theorem 2's point", 1.0 - 2 * unsolved(signed))],
        note="the cited theorem is about semidefinite targets, where one sign is enough",
    )


def signed_runs(order: int, r: int, d: int, m: int, starts: int, steps: int, rng: Generator) -> Ends:
    """Descent in U and C from displacements of Theorem 2's point by a tenth."""
    at = bad_minimum.bad_minimum(order, r, d, m)
    U = at.U + 0.1 * m ** (-1 / order) * rng.normal(size=(starts, d, m))
    c = 1 + 0.1 * rng.normal(size=(starts, m))
    return descend_many(U, c, at.U_star, at.c_star, order, step=0.02, steps=steps, coefficients=True)
