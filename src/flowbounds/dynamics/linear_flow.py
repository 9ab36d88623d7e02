"""Gradient flow of a linear network in all its layers; stops where the gap has fallen far enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.dynamics.solve import MAX_EVALUATIONS, solve
from flowbounds.models.layer_chain import Weights, prefixes, require_chain
from flowbounds.models.linear_network import pull_back
from flowbounds.models.objectives import Objective
from flowbounds.validation import FloatArray, HypothesisError, require_range

RESOLVED_GAP = 1e-18  # of the gap at the start: below it the integrator follows its own errors


@dataclass(frozen=True)
class LinearTrajectory:
    """A trajectory of :func:`linear_flow`, n sample times.

    Attributes
    ----------
    t : (n,)
        Shorter than asked for when the gap fell below ``stop`` times its start.
    weights : list over layers of (h_{l-1}, h_l, n)
    gap : (n,)
        f(W) - f*, relatively accurate.
    nfev : int
    """

    t: FloatArray
    weights: list[FloatArray]
    gap: FloatArray
    nfev: int

    def state(self, sample: int) -> Weights:
        """The layers at one sample; -1 is the last."""
        return [layer[:, :, sample] for layer in self.weights]


def linear_flow(
    weights: Sequence[ArrayLike],
    objective: Objective,
    t_end: float,
    *,
    tol: float = 1e-10,
    t_eval: ArrayLike | None = None,
    stop: float = RESOLVED_GAP,
    max_evaluations: int = MAX_EVALUATIONS,
) -> LinearTrajectory:
    r"""Gradient flow :math:`\dot W_l=-\partial f(W_1\cdots W_L)/\partial W_l`.

    Parameters
    ----------
    weights : list of (h_{l-1}, h_l) arrays
        The start.
    objective : Objective
        f, of shape (n, m): see :mod:`flowbounds.models.objectives` and
        :mod:`~flowbounds.models.separable_losses`.
    t_end : float > 0
    tol : float
        Local error allowed to every weight, in units of the largest one at the start (at least one).
    t_eval : (n,), optional
        Sample times; the solver's own steps when None.
    stop : float in [0, 1)
        End when the gap is below this share of its start.
    max_evaluations : int
        Budget of right-hand sides.

    Returns
    -------
    LinearTrajectory

    Raises
    ------
    HypothesisError
        Shapes that do not chain or do not fit the objective, entries that are not finite.
    IntegrationError
        The budget is spent.

    Notes
    -----
    The imbalances drift by less than 100 ``tol`` over the runs of this project.
    Source: min2022, problem setting.

    >>> from flowbounds.models.objectives import factorization
    >>> run = linear_flow([[[1.0]], [[0.5]]], factorization([[2.0]]), 3.0, t_eval=[0.0, 3.0])
    >>> u, v = (float(layer[0, 0, -1]) for layer in run.weights)
    >>> round(u * u - v * v, 8), round(u * v, 3)
    (0.75, 2.0)
    """
    chain = require_chain(weights)
    shape = (chain[0].shape[0], chain[-1].shape[1])
    if shape != objective.shape:
        raise HypothesisError(
            f"weights multiply to shape {shape}, but the objective is of shape {objective.shape}"
        )
    stop = require_range("stop", stop, 0.0, 1.0)
    tol = require_range("tol", tol, 1e-13, 0.1)
    shapes = [layer.shape for layer in chain]
    cuts = np.cumsum([0] + [layer.size for layer in chain])

    def unpack(y: FloatArray) -> Weights:
        return [y[a:b].reshape(s) for a, b, s in zip(cuts, cuts[1:], shapes, strict=False)]

    def rhs(t: float, y: FloatArray) -> FloatArray:
        layers = unpack(y)
        slopes = pull_back(layers, objective.gradient(prefixes(layers)[-1]))
        return -np.concatenate([slope.ravel() for slope in slopes])

    def gap(y: FloatArray) -> float:
        return objective.gap(prefixes(unpack(y))[-1])

    y0 = np.concatenate([layer.ravel() for layer in chain])
    enough = stop * gap(y0)
    solution = solve(
        rhs,
        y0,
        t_end,
        tol=np.full(y0.size, tol * max(1.0, float(np.max(np.abs(y0))))),
        t_eval=t_eval,
        finished=lambda y: gap(y) <= enough,
        max_evaluations=max_evaluations,
    )
    layers = [
        solution.y[a:b].reshape(*s, solution.t.size) for a, b, s in zip(cuts, cuts[1:], shapes, strict=False)
    ]
    return LinearTrajectory(
        t=solution.t, weights=layers, gap=np.array([gap(y) for y in solution.y.T]), nfev=solution.nfev
    )
