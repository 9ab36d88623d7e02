r"""One step of descent with a scalar mode switch, and a component drawn afresh: inside Algorithm 1.

The state of Wang et al. (2020) is (norms, directions, modes, signs), so that a component of norm 1e-100
costs no accuracy. A step of size :math:`\eta` moves U with the scalars held fixed, which are then restored:

.. math:: u_i'=n_i\bigl(\bar u_i-\eta\,\nabla_{u_i}f/n_i\bigr),\qquad n_i'=\|u_i'\|,\quad s_i'=s_i .

A component begins with mode :math:`s_0` and goes to mode 1 when its norm exceeds
:math:`2\sqrt{m+K}\,\delta` for the first time. The kernels take any leading axes as a batch of runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from flowbounds.models.scaled_components import Components, relative_gradient
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray


@dataclass(frozen=True)
class Rule:
    """What a step needs besides the target: order, step size, regulariser, first mode, threshold.

    ``through_scalars`` differentiates through the scalars, which the algorithm does not (a control).
    """

    order: int
    eta: float
    lam: float
    s0: float
    threshold: float
    delta: float
    through_scalars: bool = False


@dataclass(frozen=True)
class Step:
    """One step: the relative gradient at ``before``, the state ``moved``, and ``after`` the mode switch."""

    before: Components
    gradient: FloatArray
    moved: Components
    after: Components


def working_rule(
    d: int, m: int, epochs: int, *, order: int, eta: float, lam: float, delta: float, s0: float | None = None
) -> Rule:
    """Kernel: first mode and threshold of Algorithm 1, or another first mode."""
    first = float(np.sqrt(d * (m + epochs))) if s0 is None else s0
    return Rule(order, eta, lam, first, float(2 * np.sqrt(m + epochs) * delta), delta)


def fresh(shape: tuple[int, ...], rule: Rule, rng: Generator) -> Components:
    """Kernel: components of norm delta, uniform directions and signs, mode s0; ``shape`` is (..., d, m)."""
    d, outer = shape[-2], (*shape[:-2], shape[-1])
    flat = uniform_directions(d, int(np.prod(outer)), rng)
    directions = np.moveaxis(flat.reshape(d, *outer), 0, -2)
    signs = rng.choice([-1.0, 1.0], size=outer)
    return Components(np.full(outer, rule.delta), directions, np.full(outer, rule.s0), signs)


def reinitialized(x: Components, choice: str | None, rule: Rule, rng: Generator) -> Components:
    """Kernel: x with its component of smallest (or largest) norm drawn afresh; ties go to the first."""
    if choice is None:
        return x
    j = (np.argmin if choice == "smallest" else np.argmax)(x.norms, axis=-1)[..., None]
    new = fresh((*x.norms.shape[:-1], x.directions.shape[-2], 1), rule, rng)
    chosen = np.arange(x.norms.shape[-1]) == j
    return Components(
        np.where(chosen, new.norms, x.norms),
        np.where(chosen[..., None, :], new.directions, x.directions),
        np.where(chosen, new.modes, x.modes),
        np.where(chosen, new.signs, x.signs),
    )


def step(x: Components, U_star: FloatArray, c_star: FloatArray, rule: Rule) -> Step:
    """Kernel: one iteration."""
    G = relative_gradient(x, U_star, c_star, rule.order, rule.lam)
    if rule.through_scalars:
        radial = np.sum(G * x.directions, axis=-2, keepdims=True) * x.directions
        G = G - (rule.order - 2) / rule.order * radial
    v = x.directions - rule.eta * G
    stretch = np.sqrt(np.sum(v * v, axis=-2))
    moved = Components(x.norms * stretch, v / stretch[..., None, :], x.modes, x.signs)
    crossed = (x.modes == rule.s0) & (x.norms <= rule.threshold) & (moved.norms > rule.threshold)
    return Step(x, G, moved, replace(moved, modes=np.where(crossed, 1.0, x.modes)))


def iterate(
    x: Components,
    U_star: FloatArray,
    c_star: FloatArray,
    rule: Rule,
    iterations: int,
    watch: Callable[[Step], None] | None = None,
) -> Components:
    """Kernel: the iterations of one epoch; ``watch`` sees every step."""
    for _ in range(iterations):
        taken = step(x, U_star, c_star, rule)
        x = taken.after
        if watch is not None:
            watch(taken)
    return x
