"""Descent in epochs, each with one component drawn afresh: Wang et al. (2020), Algorithm 1.

The steps are those of :mod:`~flowbounds.dynamics.scalar_mode_step`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from flowbounds.dynamics.scalar_mode_step import Rule, Step, fresh, iterate, reinitialized, working_rule
from flowbounds.models.scaled_components import Components, objective, squared_distance
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range

CHOICES = ("smallest", "largest", None)


@dataclass(frozen=True)
class Epoch:
    """One epoch of Algorithm 1.

    Attributes
    ----------
    start, opened, end : Components
        State before the re-initialisation, after it, and after the last iteration.
    values : (float, float, float)
        Objective at these three.
    error : float
        Distance of the tensor from the target at the end.
    switches : int
        How many components changed their scalar mode.
    """

    start: Components
    opened: Components
    end: Components
    values: tuple[float, float, float]
    error: float
    switches: int


@dataclass(frozen=True)
class Run:
    """A run: its rule, the epochs, and whether an epoch ended within the accuracy asked for."""

    rule: Rule
    epochs: tuple[Epoch, ...]
    reached: bool

    @property
    def errors(self) -> FloatArray:
        """Distance from the target at the end of each epoch."""
        return np.array([epoch.error for epoch in self.epochs])


def distance(x: Components, U_star: FloatArray, c_star: FloatArray, order: int) -> float:
    """Kernel: distance of one state's tensor from the target, relatively accurate."""
    weights = np.concatenate([x.weights(order), -c_star])
    return float(np.sqrt(squared_distance(np.hstack([x.directions, U_star]), weights, order)))


def reinitialized_descent(
    U_star: ArrayLike,
    c_star: ArrayLike,
    m: int,
    *,
    order: int,
    epochs: int,
    iterations: int,
    eta: float,
    lam: float,
    delta: float,
    rng: Generator,
    eps: float = 0.0,
    reinitialize: str | None = "smallest",
    s0: float | None = None,
    through_scalars: bool = False,
    start: Components | None = None,
    watch: Callable[[Step], None] | None = None,
) -> Run:
    r"""Algorithm 1: descent in epochs, each beginning with one component drawn afresh.

    Parameters
    ----------
    U_star : (d, r)
        Directions of the target :math:`T^*=\sum_jc_j^*u_j^{*\otimes l}`.
    c_star : (r,)
        Its coefficients, of either sign.
    m : int >= 1
        Components.
    order : int >= 3
        The order l.
    epochs, iterations : int >= 1
        K and H.
    eta, delta : float > 0
        Step size and norm of a fresh component.
    lam : float >= 0
        Coefficient of the regulariser.
    rng : Generator
        Draws directions and signs of the start and of every re-initialisation, nothing else.
    eps : float >= 0
        Accuracy: the run ends with the first epoch at whose end :math:`\|T-T^*\|_F\le\varepsilon`.
    reinitialize : "smallest", "largest" or None
        Which norm the component drawn afresh has; only the first is the algorithm.
    s0 : float > 0, optional
        First scalar mode; :math:`\sqrt{d(m+K)}` by default, 1 for no scalar mode.
    through_scalars : bool
        Descend the full gradient (a control).
    start : Components, optional
        State to start from in place of m fresh components.
    watch : callable, optional
        Called with the :class:`~flowbounds.dynamics.scalar_mode_step.Step` of every iteration.

    Returns
    -------
    Run
        Epochs with their states, values and errors.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, numbers out of range, an unknown choice.

    Notes
    -----
    Every epoch begins with a re-initialisation, the first one too. A step costs 2 d m (m + r)
    multiply-adds. Source: wang2020.alg1.

    >>> rng = np.random.default_rng(0)
    >>> common = {"order": 3, "epochs": 20, "iterations": 300, "eta": 0.05, "lam": 0.02, "delta": 1e-6}
    >>> run = reinitialized_descent(np.eye(5, 1), [1.0], 2, **common, rng=rng, eps=0.05)
    >>> run.reached, round(float(run.errors[-1]), 6)
    (True, 0.02)
    """
    U_star = require_array("U_star", U_star, ("d", "r"))
    d, r = U_star.shape
    c_star = require_array("c_star", c_star, (r,))
    m, order = require_count("m", m, 1), require_count("order", order, 3)
    epochs, iterations = require_count("epochs", epochs, 1), require_count("iterations", iterations, 1)
    eta = require_range("eta", eta, 0.0, np.inf, open_ends=True)
    delta = require_range("delta", delta, 0.0, np.inf, open_ends=True)
    lam, eps = require_range("lam", lam, 0.0, np.inf), require_range("eps", eps, 0.0, np.inf)
    if s0 is not None:
        s0 = require_range("s0", s0, 0.0, np.inf, open_ends=True)
    if reinitialize not in CHOICES:
        raise HypothesisError(f"reinitialize must be 'smallest', 'largest' or None, got {reinitialize!r}")
    if start is not None and start.directions.shape != (d, m):
        raise HypothesisError(f"start must have directions of shape ({d}, {m}), got {start.directions.shape}")
    rule = working_rule(d, m, epochs, order=order, eta=eta, lam=lam, delta=delta, s0=s0)
    rule = replace(rule, through_scalars=through_scalars)
    x = fresh((d, m), rule, rng) if start is None else start
    done: list[Epoch] = []
    for _ in range(epochs):
        opened = reinitialized(x, reinitialize, rule, rng)
        end = iterate(opened, U_star, c_star, rule, iterations, watch)
        first, second, third = (float(objective(y, U_star, c_star, order, lam)) for y in (x, opened, end))
        switches = int(np.sum(opened.modes != end.modes))
        error = distance(end, U_star, c_star, order)
        done.append(Epoch(x, opened, end, (first, second, third), error, switches))
        x = end
        if error <= eps:
            break
    return Run(rule, tuple(done), done[-1].error <= eps)
