"""Gradient flow of the tensor fit in polar state: no underflow, no cancellation, one tolerance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.dynamics.solve import MAX_EVALUATIONS, Solution, solve
from flowbounds.models import tensor, tensor_fit
from flowbounds.validation import (
    FloatArray,
    require_array,
    require_basis,
    require_count,
    require_range,
    require_unit_columns,
    require_weights,
)


@dataclass(frozen=True)
class TensorTrajectory:
    """A trajectory of :func:`tensor_flow`: n sample times, m components in d dimensions, r targets.

    Attributes
    ----------
    t : (n,)
    log_norms : (m, n)
        Logarithms of the components' norms.
    directions : (d, m, n)
        Unit vectors.
    loss : (n,)
        The objective, relatively accurate far below 1e-16.
    residual : (r, n)
        ``(T* - T)`` in each direction of the target.
    fitting_times : (r,)
        First time at which ``T(v_i^{(x)l}) = a_i / 2``; 0 if it starts above, ``inf`` if it never happens.
    nfev : int
        Right-hand sides evaluated, dense output included.
    """

    t: FloatArray
    log_norms: FloatArray
    directions: FloatArray
    loss: FloatArray
    residual: FloatArray
    fitting_times: FloatArray
    nfev: int


def tensor_flow(
    directions: ArrayLike,
    log_norms: ArrayLike,
    a: ArrayLike,
    t_end: float,
    *,
    basis: ArrayLike | None = None,
    lam: float = 0.0,
    tol: float = 1e-8,
    t_eval: ArrayLike | None = None,
    order: int = 4,
    max_evaluations: int = MAX_EVALUATIONS,
) -> TensorTrajectory:
    r"""Gradient flow of :math:`\tfrac12\|T-T^*\|_F^2+\tfrac\lambda2\|W\|_F^2` from a polar start.

    .. math:: \dot\rho_j=2R(u_j^{\otimes l})-\lambda,\qquad
              \dot u_j=l\,\bigl(R(u_j^{\otimes(l-1)},I)-R(u_j^{\otimes l})\,u_j\bigr).

    Parameters
    ----------
    directions : (d, m)
        Unit vectors :math:`u_j` as columns.
    log_norms : (m,)
        :math:`\rho_j=\log\|w_j\|`; any finite number, -10000 as well as 0.
    a : (r,)
        Weights of the target, non-negative.
    t_end : float > 0
    basis : (d, r), optional
        Target directions as columns; the first r unit vectors by default.
    lam : float >= 0
    tol : float
        Local error allowed to every log norm and every coordinate of a direction. At Figure 1 the
        fitting times are then accurate to about 100 ``tol``.
    t_eval : (n,), optional
        Sample times; the solver's own steps when None.
    order : int >= 3
        The order l of the tensors.
    max_evaluations : int
        Budget of right-hand sides.

    Returns
    -------
    TensorTrajectory

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, directions that are not unit, a negative
        weight or ``lam``, sample times outside the horizon.
    IntegrationError
        The budget is spent.

    Notes
    -----
    Source: ge2021.eq1 (order 4); other orders: ge2021.order.

    >>> run = tensor_flow([[0.6], [0.8]], [-20.0], [1.0, 0.2], 60.0, t_eval=[0.0, 60.0])
    >>> run.residual[:, -1].round(6).tolist()
    [0.0, 0.2]
    """
    a = require_weights("a", a)
    u0 = require_unit_columns("directions", directions, ("d", "m"))
    d, m = u0.shape
    rho0 = require_array("log_norms", log_norms, (m,))
    basis = require_basis(basis, d, a.size)
    lam = require_range("lam", lam, 0.0, np.inf)
    order = require_count("order", order, 3)

    def rhs(t: float, y: FloatArray) -> FloatArray:
        log_norms, u = _unpack(y, d, m)
        growth, turn = tensor_fit.polar_velocity(log_norms, u, a, basis, lam, order)
        return np.concatenate([growth, turn.ravel()])

    def fitted_less_half(y: FloatArray) -> FloatArray:
        log_norms, u = _unpack(y, d, m)
        return tensor.evaluate(u, np.exp(2 * log_norms), basis, order) - a / 2

    y0 = np.concatenate([rho0, u0.ravel()])
    solution = solve(
        rhs, y0, t_end, tol=tol, t_eval=t_eval, watch=fitted_less_half, max_evaluations=max_evaluations
    )
    return _trajectory(solution, fitted_less_half(y0) >= 0, a, basis, lam, order, (d, m))


def _unpack(y: FloatArray, d: int, m: int) -> tuple[FloatArray, FloatArray]:
    """Log norms and *normalised* directions: a trial step may leave the sphere by far."""
    u = y[m:].reshape(d, m)
    return y[:m], u / np.sqrt(np.sum(u * u, axis=0))


def _trajectory(
    solution: Solution,
    fitted_at_start: np.ndarray,
    a: FloatArray,
    basis: FloatArray,
    lam: float,
    order: int,
    shape: tuple[int, int],
) -> TensorTrajectory:
    times = np.where(fitted_at_start, 0.0, np.inf)
    for crossing in solution.crossings:
        if crossing.rising:
            times[crossing.index] = min(times[crossing.index], crossing.time)
    target = tensor.evaluate(basis, a, basis, order)
    states = [_unpack(y, *shape) for y in solution.y.T]
    return TensorTrajectory(
        t=solution.t,
        log_norms=np.stack([rho for rho, _ in states], axis=1),
        directions=np.stack([u for _, u in states], axis=2),
        loss=np.array([tensor_fit.polar_loss(rho, u, a, basis, lam, order) for rho, u in states]),
        residual=np.stack(
            [target - tensor.evaluate(u, np.exp(2 * rho), basis, order) for rho, u in states], axis=1
        ),
        fitting_times=times,
        nfev=solution.nfev,
    )
