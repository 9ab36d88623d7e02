"""Descent in discrete steps: one loop for gradient descent, its schedules, and the methods beside it.

The loop knows nothing of what is descended: parameters are a list of arrays (layers, layers and biases, or
the two factors U and V), and a function returns the loss and its gradients. What is random is drawn by the
loop, from a generator that is passed in, and handed to that function.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from flowbounds.dynamics.descent_directions import DIRECTIONS
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range

Parameters: TypeAlias = list[FloatArray]
ValueAndGradient: TypeAlias = Callable[[Parameters, Any], tuple[float, Sequence[FloatArray]]]


@dataclass(frozen=True)
class Descent:
    """A run of :func:`~flowbounds.dynamics.descent.descend`; n records, ``steps`` steps.

    Attributes
    ----------
    t : (n,)
        Step numbers of the records: 0, every, 2 every, ..., and the last one.
    time : (n,)
        Sum of the step sizes before each record.
    observed : (n, ...)
        What ``record`` returned; empty without one.
    losses : (steps + 1,)
        At every step, as drawn, without weight decay; all finite.
    parameters : list of arrays
        The last ones with a finite loss.
    steps : int
        Steps taken.
    diverged : bool
        The next step would have had a loss that is not finite.
    """

    t: NDArray[np.int64]
    time: FloatArray
    observed: FloatArray
    losses: FloatArray
    parameters: Parameters
    steps: int
    diverged: bool


def minibatch(samples: int, size: int) -> Callable[[Generator], NDArray[np.int64]]:
    """For ``draw``: the indices of ``size`` of ``samples`` samples, without repetition, at every step."""
    samples = require_count("samples", samples, 1)
    size = require_count("size", size, 1, samples)
    return lambda rng: rng.choice(samples, size, replace=False)


def label_noise(shape: Sequence[int], sd: float) -> Callable[[Generator], FloatArray]:
    """For ``draw``: Gaussian noise of standard deviation ``sd`` >= 0 on labels of the given shape."""
    sd = require_range("sd", sd, 0.0, np.inf)
    sizes = tuple(require_count("shape", size, 1) for size in shape)
    return lambda rng: sd * rng.standard_normal(sizes)


def descend(
    start: Sequence[ArrayLike],
    value_and_gradient: ValueAndGradient,
    steps: int,
    *,
    step: float | Callable[[int], float],
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    method: str = "gradient",
    draw: Callable[[Generator], Any] | None = None,
    rng: Generator | None = None,
    record: Callable[[Parameters, Sequence[FloatArray]], ArrayLike] | None = None,
    every: int = 1,
) -> Descent:
    r"""Descend from ``start``: weight decay, heavy ball, other directions and noise as options of one loop.

    .. math:: V_{t+1}=\beta V_t-\eta_t\,(P_t+\lambda W_t),\qquad W_{t+1}=W_t+V_{t+1},\qquad V_0=0,

    where P is the gradient G; G over its norm; the signs of G; or Adam's direction. For the first the decay
    is that of a term :math:`\frac\lambda2\|W\|^2` in the loss; for the others it is the decoupled one.

    Parameters
    ----------
    start : list of arrays of any shapes
        Not changed.
    value_and_gradient : (parameters, drawn) -> (loss, gradients)
        Gradients in the shapes of the parameters; ``drawn`` is what ``draw`` returned, or None.
    steps : int >= 0
    step : float > 0, or a function t -> eta_t of the step number t = 0, 1, ...
    weight_decay : float >= 0
        :math:`\lambda`.
    momentum : float in [0, 1)
        :math:`\beta` of the heavy ball; with ``method="gradient"`` only.
    method : "gradient", "normalized", "sign" or "adam"
        Normalised over all parameters together. Adam with .9, .999 and 1e-8.
    draw : rng -> anything, optional
        Drawn anew at every step: :func:`~flowbounds.dynamics.descent.minibatch`,
        :func:`~flowbounds.dynamics.descent.label_noise`, or your own.
    rng : Generator
        Needed with ``draw``.
    record : (parameters, gradients) -> array, optional
        What to observe, at every ``every``-th step and at the last.
    every : int >= 1

    Returns
    -------
    Descent
        A loss that is not finite ends the run early; everything before it is kept.

    Raises
    ------
    HypothesisError
        Arguments out of range, a start that is not finite, gradients of other shapes.

    Notes
    -----
    Source: du2018.gd-drift (the discrete laws); the methods are standard, see the page on other optimisers.

    >>> run = descend([[1.0]], lambda p, drawn: (0.5 * float(p[0][0] ** 2), [p[0]]), 3, step=0.5)
    >>> run.parameters[0].tolist(), run.losses.tolist()
    ([0.125], [0.5, 0.125, 0.03125, 0.0078125])
    """
    layers = [_finite(index, array) for index, array in enumerate(start)]
    steps, every = require_count("steps", steps, 0), require_count("every", every, 1)
    decay = require_range("weight_decay", weight_decay, 0.0, np.inf)
    beta = require_range("momentum", momentum, 0.0, 1.0)
    if not callable(step):
        require_range("step", step, 0.0, np.inf, open_ends=True)
    if method not in DIRECTIONS:
        raise HypothesisError(f"method must be one of {', '.join(DIRECTIONS)}, got {method!r}")
    if beta == 1 or (beta and method != "gradient"):
        raise HypothesisError(f"momentum must be below 1, and 0 unless method is gradient, got {beta:g}")
    if draw is not None and rng is None:
        raise HypothesisError("draw needs rng, a numpy Generator")
    direction = DIRECTIONS[method]()

    records: list[tuple[int, float, Any]] = []
    losses: list[float] = []
    before, moves = layers, list[FloatArray]()
    slopes: Sequence[FloatArray] = []
    time = eta = 0.0
    diverged = False
    with np.errstate(all="ignore"):  # a run that diverges says so in its result
        for t in range(steps + 1):
            loss, new = value_and_gradient(layers, draw(rng) if draw and rng else None)
            loss = float(loss)
            if t == 0:
                _require_fit(loss, layers, new)
            if not math.isfinite(loss):
                diverged, layers, time = True, before, time - eta
                break
            losses.append(loss)
            slopes = new
            if record and t % every == 0:
                records.append((t, time, record(layers, slopes)))
            if t == steps:
                break
            eta = float(step(t)) if callable(step) else step
            if not 0 <= eta < math.inf:
                raise HypothesisError(f"step must be finite and non-negative, got {eta:g} at t = {t}")
            pushes = direction(slopes)
            if beta and t:
                moves = [
                    beta * v - eta * (p + decay * w) for v, p, w in zip(moves, pushes, layers, strict=True)
                ]
            elif beta or decay:
                moves = [-eta * (p + decay * w) for p, w in zip(pushes, layers, strict=True)]
            else:
                moves = [-eta * p for p in pushes]
            before, layers = layers, [w + v for w, v in zip(layers, moves, strict=True)]
            time += eta
        last = len(losses) - 1
        if record and records[-1][0] != last:
            records.append((last, time, record(layers, slopes)))
    return Descent(
        t=np.array([entry[0] for entry in records], dtype=np.int64),
        time=np.array([entry[1] for entry in records], dtype=np.float64),
        observed=np.array([entry[2] for entry in records], dtype=np.float64),
        losses=np.array(losses),
        parameters=layers,
        steps=last,
        diverged=diverged,
    )


def _finite(index: int, array: ArrayLike) -> FloatArray:
    """One parameter as a float64 copy of any shape."""
    copy = np.array(array, dtype=np.float64)
    if not np.all(np.isfinite(copy)):
        raise HypothesisError(f"start[{index}] must be finite, got {copy[~np.isfinite(copy)][0]}")
    return copy


def _require_fit(loss: float, layers: Parameters, slopes: Sequence[FloatArray]) -> None:
    """The first answer must be a finite loss and gradients in the shapes of the parameters."""
    if not math.isfinite(loss):
        raise HypothesisError(f"value_and_gradient must be finite at start, got a loss of {loss}")
    have, want = [np.shape(g) for g in slopes], [w.shape for w in layers]
    if have != want:
        raise HypothesisError(f"value_and_gradient must return gradients of shapes {want}, got {have}")
