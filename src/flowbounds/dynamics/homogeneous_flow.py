r"""Gradient flow of a network with kinks: in fixed steps, or by an adaptive solver that has a budget.

With ReLU the velocity jumps where a preactivation changes its sign, and trajectories can *slide* along the
jump. A solver that controls its error sees an error that no smaller step removes, and cuts its steps to
nothing. Fixed steps go on, with an error of first order whatever the method.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.dynamics.solve import MAX_EVALUATIONS, solve
from flowbounds.models.activations import Name, activations_of
from flowbounds.models.homogeneous_network import loss_and_gradients, value_and_gradients
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range

BUDGET = 20_000  # right-hand sides of an adaptive run: seconds for the networks of this project
METHODS = ("rk4", "euler")


@dataclass(frozen=True)
class NetworkTrajectory:
    """States of a network along its flow, n times.

    Attributes
    ----------
    t : (n,)
    weights : list over layers of (n, n_h, n_{h-1})
    biases : list over layers of (n, n_h); empty for a network without
    loss : (n,)
    evaluations : int
        Gradients that were computed.
    finished : bool
        False where the budget was spent before the end; ``t[-1]`` is how far it reached.
    """

    t: FloatArray
    weights: list[FloatArray]
    biases: list[FloatArray]
    loss: FloatArray
    evaluations: int
    finished: bool

    def state(self, sample: int) -> Weights:
        """The layers at one time; -1 is the last."""
        return [layer[sample] for layer in self.weights]


class _Problem:
    """The right-hand side on one flat vector, and the way back from it."""

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        activations: Sequence[Name],
        X: ArrayLike,
        Y: ArrayLike,
        loss: str,
        biases: Sequence[ArrayLike] | None,
        kink: float,
    ) -> None:
        loss_and_gradients(weights, activations, X, Y, loss=loss, biases=biases, kink=kink)  # validates
        self.layers = [np.array(layer, dtype=np.float64) for layer in weights]
        self.shifts = [np.array(shift, dtype=np.float64) for shift in biases or []]
        self.phis = activations_of(activations, len(self.layers))
        self.X, self.Y = np.array(X, dtype=np.float64), np.array(Y, dtype=np.float64)
        self.loss, self.kink = loss, kink
        self.shapes = [array.shape for array in [*self.layers, *self.shifts]]
        self.cuts = np.cumsum([0, *(array.size for array in [*self.layers, *self.shifts])])
        self.evaluations = 0

    def start(self) -> FloatArray:
        return np.concatenate([array.ravel() for array in [*self.layers, *self.shifts]])

    def unpack(self, y: FloatArray) -> list[FloatArray]:
        """Layers and biases of y (..., k), each with the leading axes of y."""
        parts = zip(self.cuts, self.cuts[1:], self.shapes, strict=False)
        return [y[..., a:b].reshape(*y.shape[:-1], *shape) for a, b, shape in parts]

    def gradient(self, y: FloatArray) -> tuple[float, FloatArray]:
        arrays, depth = self.unpack(y), len(self.layers)
        value, slopes, shifts = value_and_gradients(
            arrays[:depth], arrays[depth:] or None, self.phis, self.X, self.Y, self.loss, self.kink
        )
        return value, np.concatenate([slope.ravel() for slope in [*slopes, *shifts]])

    def rhs(self, t: float, y: FloatArray) -> FloatArray:
        self.evaluations += 1
        return -self.gradient(y)[1]

    def trajectory(
        self, t: FloatArray, states: FloatArray, losses: FloatArray, finished: bool
    ) -> NetworkTrajectory:
        """``states`` (n, k)."""
        arrays, depth = self.unpack(states), len(self.layers)
        return NetworkTrajectory(t, arrays[:depth], arrays[depth:], losses, self.evaluations, finished)


def _rk4(
    rhs: Callable[[float, FloatArray], FloatArray], y: FloatArray, h: float, first: FloatArray
) -> FloatArray:
    """One step of the classical method, whose first slope is known."""
    second = rhs(0.0, y + 0.5 * h * first)
    third = rhs(0.0, y + 0.5 * h * second)
    return y + h / 6 * (first + 2 * second + 2 * third + rhs(0.0, y + h * third))


def fixed_step_flow(
    weights: Sequence[ArrayLike],
    activations: Sequence[Name],
    X: ArrayLike,
    Y: ArrayLike,
    t_end: float,
    *,
    steps: int,
    method: str = "rk4",
    loss: str = "squared",
    biases: Sequence[ArrayLike] | None = None,
    kink: float = 0.0,
) -> NetworkTrajectory:
    r"""Flow :math:`\dot W_h=-\partial L/\partial W_h` in ``steps`` equal steps, every state kept.

    Parameters
    ----------
    weights, activations, X, Y, loss, biases, kink
        As in :func:`~flowbounds.models.homogeneous_network.loss_and_gradients`.
    t_end : float > 0
    steps : int >= 1
    method : ``"rk4"`` or ``"euler"``
        The classical method of Runge and Kutta, or gradient descent with the step t_end / steps.

    Returns
    -------
    NetworkTrajectory
        ``steps + 1`` states. Linear networks: error of order 4 (or 1) in the step; with kinks of order 1.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, an unknown method, a step so large that
        the run leaves the floating-point numbers.

    Notes
    -----
    Source: du2018.eq5.

    >>> run = fixed_step_flow([[[1.0]], [[1.0]]], ["linear"], [[1.0]], [[2.0]], 8.0, steps=80)
    >>> round(float(run.weights[0][-1, 0, 0]), 4)  # the square root of 2
    1.4142
    """
    problem = _Problem(weights, activations, X, Y, loss, biases, kink)
    t_end = require_range("t_end", t_end, 0.0, np.inf, open_ends=True)
    steps = require_count("steps", steps, 1)
    if method not in METHODS:
        raise HypothesisError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    h = t_end / steps
    y = problem.start()
    states, losses = [y], []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            loss_here, gradient = problem.gradient(y)
            y = _rk4(problem.rhs, y, h, -gradient) if method == "rk4" else y - h * gradient
            states.append(y)
            losses.append(loss_here)
        losses.append(problem.gradient(y)[0])
    problem.evaluations += steps
    if not np.isfinite(losses[-1]):
        raise HypothesisError(f"steps must be more, got {steps}: with a step of {h:g} the run diverges")
    times = np.linspace(0.0, t_end, steps + 1)
    return problem.trajectory(times, np.array(states), np.array(losses), finished=True)


def adaptive_flow(
    weights: Sequence[ArrayLike],
    activations: Sequence[Name],
    X: ArrayLike,
    Y: ArrayLike,
    t_end: float,
    *,
    tol: float = 1e-6,
    max_evaluations: int = BUDGET,
    loss: str = "squared",
    biases: Sequence[ArrayLike] | None = None,
    kink: float = 0.0,
) -> NetworkTrajectory:
    r"""Flow :math:`\dot W_h=-\partial L/\partial W_h` by an adaptive solver, as far as a budget goes.

    Parameters
    ----------
    weights, activations, X, Y, loss, biases, kink
        As in :func:`~flowbounds.models.homogeneous_network.loss_and_gradients`.
    t_end : float > 0
    tol : float in [1e-13, 0.1]
        Local error allowed to every weight.
    max_evaluations : int >= 1
        After the step in which so many gradients have been computed, the run ends.

    Returns
    -------
    NetworkTrajectory
        At the solver's own steps. Where the budget was spent ``finished`` is False and the states
        up to ``t[-1]`` are there: take fixed steps, a larger ``tol``, or a shorter ``t_end``.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, arguments out of range.
    IntegrationError
        The solver's step has fallen below the spacing of the floating-point numbers.

    Notes
    -----
    Source: du2018.eq5.sliding, beyond the text.

    >>> run = adaptive_flow([[[1.0]], [[1.0]]], ["linear"], [[1.0]], [[2.0]], 8.0, max_evaluations=30)
    >>> run.finished, bool(run.t[-1] < 8)
    (False, True)
    """
    problem = _Problem(weights, activations, X, Y, loss, biases, kink)
    budget = require_count("max_evaluations", max_evaluations, 1)
    t_end = require_range("t_end", t_end, 0.0, np.inf, open_ends=True)
    solution = solve(
        problem.rhs,
        problem.start(),
        t_end,
        tol=tol,
        finished=lambda y: problem.evaluations >= budget,
        max_evaluations=MAX_EVALUATIONS,
    )
    losses = np.array([problem.gradient(y)[0] for y in solution.y.T])
    return problem.trajectory(solution.t, solution.y.T, losses, finished=bool(solution.t[-1] == t_end))
