"""Algorithm 2 of Ge et al. (2021): gradient flow in epochs of two phases, re-initialised between them."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from flowbounds.bounds.induction import (
    DeflationConstants,
    Theorem1Parameters,
    epoch_lengths,
    theorem1_parameters,
)
from flowbounds.bounds.proposition1 import OUTSIDE
from flowbounds.dynamics.deflation_run import (
    DeflationRun,
    Epoch,
    discoveries,
    passages,
    watch,
    worst_ratios,
)
from flowbounds.dynamics.discovery import State, Stretch, follow, fresh
from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_basis,
    require_count,
    require_range,
    require_unit_columns,
    require_weights,
)

SUM_TOLERANCE = 1e-3  # the weights of the problem add up to one; typed weights do to about this
ORTHONORMAL = 1e-8  # largest entry of V^T V - I that is taken for rounding


def modified_flow(
    a: ArrayLike,
    d: int,
    m: int,
    eps: float,
    *,
    rng: Generator,
    constants: DeflationConstants | None = None,
    basis: ArrayLike | None = None,
    max_epochs: int = 60,
    alpha: float | None = None,
    parameters: Theorem1Parameters | None = None,
    start: ArrayLike | None = None,
    turn: ArrayLike | None = None,
    reinitialize: bool = True,
    tol: float = 1e-9,
) -> DeflationRun:
    r"""Algorithm 2 with every constant explicit, watched by the sets of Definition 1.

    Each epoch runs the flow of :math:`\tfrac12\|T-T^*\|_F^2+\tfrac\lambda2\|W\|_F^2` for
    :math:`t_1\propto1/\beta`, replaces every component with norm below :math:`\delta_1` by a uniform
    direction of norm :math:`\delta_0`, runs for :math:`t_2-t_1`, and shrinks :math:`\beta` by
    :math:`1-\gamma`; it starts from :math:`\beta=\|T-T^*\|_F` and ends when :math:`\|T-T^*\|_F\le\epsilon`.

    Parameters
    ----------
    a : (r,)
        Weights, non-negative, with sum one; r <= d.
    d, m : int
        Dimension (at least 2) and number of components.
    eps : float > 0
        Target accuracy.
    rng : Generator
        Draws the start and every re-initialisation, in that order.
    constants : DeflationConstants, optional
        ``DeflationConstants.separated()`` when None.
    basis : (d, r), optional
        Orthonormal target directions; the first r unit vectors by default.
    max_epochs : int
        Give up after so many; the state is returned with ``epoch_limit``.
    alpha : float in (0, 1), optional
        Overrides the theorem's alpha; delta1 and delta0 follow it.
    parameters : Theorem1Parameters, optional
        Overrides all four numbers; the unit of Proposition 1(c) stays the theorem's lam.
    start : (d, m), optional
        Initial directions instead of a draw.
    turn : (d, d), optional
        Orthogonal matrix applied to every draw: with ``basis`` turned too, the run is the same run, turned.
    reinitialize : bool
        False leaves small components as they are.
    tol : float
        Local error of log norms; coordinates are held to ``min(1e-3 tol, 1e-4 alpha)``.

    Returns
    -------
    DeflationRun

    Raises
    ------
    HypothesisError
        ``eps <= 0``, r > d, weights that do not add up to one, a basis that is not orthonormal, constants
        that give :math:`\delta_0\ge\delta_1` or :math:`\alpha\ge1`.

    Notes
    -----
    :math:`1-\bar w_k^2` is accurate down to about ``d * min(1e-3 tol, 1e-4 alpha)**2``.
    Source: ge2021.algorithm2.

    >>> run = modified_flow([0.6, 0.4], 3, 12, 0.3, rng=np.random.default_rng(0))
    >>> run.final_error <= 0.3, run.exhausted, len(run.misaligned)
    (True, False, 0)
    """
    d, m = require_count("d", d, 2), require_count("m", m, 1)
    a = _weights(a, d)
    eps = require_range("eps", eps, 0.0, np.inf, open_ends=True)
    max_epochs = require_count("max_epochs", max_epochs, 0)
    tol = require_range("tol", tol, 1e-13, 1e-2)
    c = constants or DeflationConstants.separated()
    claimed = theorem1_parameters(d, eps, m, constants=c, alpha=alpha)
    used = parameters or claimed
    frame = _frame(basis, d, a.size)
    directions = frame[:, : a.size]
    turned = np.eye(d) if turn is None else _orthonormal("turn", require_array("turn", turn, (d, d)))

    def draw(count: int) -> FloatArray:
        return np.asarray(turned @ uniform_directions(d, count, rng)) if count else np.empty((d, 0))

    first = draw(m) if start is None else require_unit_columns("start", start, (d, m))
    state = State(np.full(m, used.log_delta0), first, np.full(m, OUTSIDE))
    error = _error(state, a, directions)
    beta, time, exhausted = error, 0.0, False
    history: list[Epoch] = []
    while error > eps and len(history) < max_epochs and not exhausted:
        s = len(history)
        lengths = epoch_lengths(d, beta, used, constants=c)
        first_part, second_part = sum(lengths[:3]), lengths[3]

        def flow(state: State, duration: float, phase: int, begin: float = time, epoch: int = s) -> Stretch:
            return follow(
                state, a, directions, frame, duration, used, tol=tol, start=begin, epoch=epoch, phase=phase
            )

        phase1 = flow(state, first_part, 1)
        state = phase1.state(-1)
        small = (state.log_norms < used.log_delta1) & reinitialize
        state = fresh(state, small, draw(int(small.sum())), used.log_delta0)
        phase2 = flow(state, second_part, 2, time + first_part)
        state, time = phase2.state(-1), time + first_part + second_part
        watched = [
            watch(phase, a, frame, used, unit=claimed.lam, epoch=s, threshold=beta / (1 - c.gamma))
            for phase in (phase1, phase2)
        ]
        history.append(Epoch(s, beta, error, lengths, phase1, phase2, small, *watched))
        error, beta = _error(state, a, directions), beta * (1 - c.gamma)
        exhausted = error > eps and _exhausted(state, a, used.lam)
    return DeflationRun(
        epochs=len(history),
        final_error=error,
        proposition1=worst_ratios(history, used.alpha),
        discoveries=tuple(discoveries(history)),
        crossings=tuple(passages(history)),
        exhausted=exhausted,
        epoch_limit=error > eps and not exhausted,
        history=tuple(history),
        state=state,
        parameters=used,
        constants=c,
        small_weights=int(np.sum(a < eps / np.sqrt(d))),
        nfev=sum(phase.nfev for epoch in history for phase in epoch.phases),
    )


def _weights(a: ArrayLike, d: int) -> FloatArray:
    a = require_weights("a", a)
    if a.size > d:
        raise HypothesisError(
            f"a has {a.size} weights but the dimension is {d}: an orthogonal target has r <= d"
        )
    if abs(a.sum() - 1) > SUM_TOLERANCE:
        raise HypothesisError(f"a must add up to one, got {a.sum():.6g}; divide it by its sum")
    return a


def _orthonormal(name: str, columns: FloatArray) -> FloatArray:
    off = float(np.max(np.abs(columns.T @ columns - np.eye(columns.shape[1]))))
    if off > ORTHONORMAL:
        raise HypothesisError(f"{name} must have orthonormal columns, got an inner product off by {off:.3g}")
    return columns


def _frame(basis: ArrayLike | None, d: int, r: int) -> FloatArray:
    """An orthonormal frame (d, d) whose first r columns are the target's directions."""
    if basis is None:
        return np.eye(d)
    columns = _orthonormal("basis", require_basis(basis, d, r))
    rest = np.linalg.qr(columns, mode="complete")[0][:, r:]
    return np.concatenate([columns, rest], axis=1)


def _error(state: State, a: FloatArray, directions: FloatArray) -> float:
    """|T - T*|_F."""
    vectors = np.concatenate([directions, state.directions], axis=1)
    weights = np.concatenate([a, -np.exp(2 * state.log_norms)])
    return float(np.sqrt(max(tensor.squared_norm(vectors, weights), 0.0)))


def _exhausted(state: State, a: FloatArray, lam: float) -> bool:
    """Every component belongs to a set, and the set of some target above lam is empty."""
    found = np.bincount(state.owner[state.owner != OUTSIDE], minlength=a.size)[: a.size]
    return bool((state.owner != OUTSIDE).all() and ((a > lam) & (found == 0)).any())
