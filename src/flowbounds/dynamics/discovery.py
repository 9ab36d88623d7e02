r"""A stretch of flow with the sets of Definition 1: who passes the norm :math:`\delta_1`, and how aligned.

Component j joins :math:`S_k` when its norm equals :math:`\delta_1` (in either direction) with
:math:`\bar w_k^2\ge1-\alpha^2`. The passage is located by root finding on the step's interpolant, and
:math:`1-\bar w_k^2` is the sum of the other squares in the target's frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flowbounds.bounds.induction import Theorem1Parameters
from flowbounds.bounds.proposition1 import OUTSIDE
from flowbounds.dynamics.solve import solve
from flowbounds.models import tensor_fit
from flowbounds.validation import FloatArray

DIRECTION_SHARE = 1e-3  # of tol: coordinates cost little more, and alignment is what is measured
LOCAL_TO_GLOBAL = 100.0  # a coordinate is accurate to about this many local errors
ALIGNMENT_SHARE = 1e-4  # of alpha: so that q is resolved to d * (1e-4 alpha)^2, far below alpha^2


@dataclass(frozen=True)
class State:
    """Log norms (m,), unit directions (d, m), and the set S_k of each component or ``OUTSIDE`` (m,)."""

    log_norms: FloatArray
    directions: FloatArray
    owner: np.ndarray


@dataclass(frozen=True)
class Passage:
    """A component's norm passes delta1: at ``time`` since the run began, nearest to direction ``target``.

    ``misalignment`` is 1 - w_k^2 there; the component joins S_k when ``discovers``, that is when it is at
    most alpha^2.
    """

    epoch: int
    phase: int
    time: float
    column: int
    target: int
    misalignment: float
    rising: bool
    discovers: bool


@dataclass(frozen=True)
class Stretch:
    """Flow without interruption: n samples at the solver's own steps, and the passages of delta1.

    ``t`` (n,) counts from the beginning of the run; ``log_norms`` (m, n), ``directions`` (d, m, n),
    ``owner`` (m, n).
    """

    t: FloatArray
    log_norms: FloatArray
    directions: FloatArray
    owner: np.ndarray
    passages: tuple[Passage, ...]
    nfev: int

    def state(self, sample: int) -> State:
        """The state at one sample; -1 is the last."""
        return State(self.log_norms[:, sample], self.directions[:, :, sample], self.owner[:, sample])

    def states(self) -> Iterator[State]:
        """All samples in order."""
        return (self.state(sample) for sample in range(self.t.size))


def tolerances(tol: float, alpha: float, d: int, m: int) -> FloatArray:
    """Local error allowed to each entry of the packed state (m + d m,)."""
    return np.concatenate([np.full(m, tol), np.full(d * m, coordinate_tolerance(tol, alpha))])


def coordinate_tolerance(tol: float, alpha: float) -> float:
    """Local error allowed to a coordinate of a direction."""
    return min(DIRECTION_SHARE * tol, ALIGNMENT_SHARE * alpha)


def alignment_floor(d: int, alpha: float, tol: float) -> float:
    """Below this 1 - w_k^2 is the integrator's noise: d squared errors of a coordinate."""
    return d * (LOCAL_TO_GLOBAL * coordinate_tolerance(tol, alpha)) ** 2


def follow(
    state: State,
    a: FloatArray,
    basis: FloatArray,
    frame: FloatArray,
    duration: float,
    parameters: Theorem1Parameters,
    *,
    tol: float,
    start: float = 0.0,
    epoch: int = 0,
    phase: int = 1,
) -> Stretch:
    """Kernel: gradient flow for ``duration``; ``frame`` (d, d) begins with the target's ``basis`` (d, r)."""
    d, m = state.directions.shape
    lam, log_delta1 = parameters.lam, parameters.log_delta1

    def unpack(y: FloatArray) -> tuple[FloatArray, FloatArray]:
        u = y[m:].reshape(d, m)
        return y[:m], u / np.sqrt(np.sum(u * u, axis=0))

    def rhs(t: float, y: FloatArray) -> FloatArray:
        growth, turn = tensor_fit.polar_velocity(*unpack(y), a, basis, lam)
        return np.concatenate([growth, turn.ravel()])

    solution = solve(
        rhs,
        np.concatenate([state.log_norms, state.directions.ravel()]),
        duration,
        tol=tolerances(tol, parameters.alpha, d, m),
        watch=lambda y: y[:m] - log_delta1,
    )
    passages = []
    for crossing in solution.crossings:
        squares = (frame.T @ unpack(crossing.state)[1][:, crossing.index]) ** 2
        target = int(np.argmax(squares))
        others = float(np.sum(np.delete(squares, target)))
        passages.append(
            Passage(
                epoch,
                phase,
                start + crossing.time,
                crossing.index,
                target,
                others,
                crossing.rising,
                others <= parameters.alpha**2,
            )
        )
    u = solution.y[m:].reshape(d, m, -1)
    return Stretch(
        t=start + solution.t,
        log_norms=solution.y[:m],
        directions=u / np.sqrt(np.sum(u * u, axis=0)),
        owner=_owners(state.owner, passages, start + solution.t),
        passages=tuple(passages),
        nfev=solution.nfev,
    )


def _owners(owner: np.ndarray, passages: list[Passage], times: FloatArray) -> np.ndarray:
    """The sets at each time: membership begins at the passage and lasts."""
    result = np.repeat(owner[:, None], times.size, axis=1)
    for passage in passages:
        if passage.discovers:
            result[passage.column, times >= passage.time] = passage.target
    return result


def fresh(state: State, small: np.ndarray, directions: FloatArray, log_norm: float) -> State:
    """Kernel: the ``small`` components replaced by ``directions`` at one norm, outside the sets."""
    log_norms, u, owner = state.log_norms.copy(), state.directions.copy(), state.owner.copy()
    log_norms[small], u[:, small], owner[small] = log_norm, directions, OUTSIDE
    return State(log_norms, u, owner)
