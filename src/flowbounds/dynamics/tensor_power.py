"""Equation (1) of Ge et al. (2021) with the residual frozen at an orthogonal target.

Growth rates, the solution in closed form, growth times, and the predicted staircase. The formula and
its derivation stand in :mod:`flowbounds.dynamics.frozen_path`.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from flowbounds.dynamics.frozen_order import OrderPath
from flowbounds.dynamics.frozen_path import FrozenPath, padded, root
from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_array,
    require_count,
    require_range,
    require_unit_columns,
    require_weights,
)


def growth_rate(w: ArrayLike, a: ArrayLike) -> FloatArray:
    r"""Growth rate of the squared coordinates of a component, :math:`(dw_i^2/dt)/w_i^2`.

    .. math:: 8a_i\bar w_i^2-4\sum_ja_j\bar w_j^4 .

    Parameters
    ----------
    w : (d,)
        A component, not zero.
    a : (d,)
        Weights of the orthogonal target along the coordinate axes, non-negative; fewer than d are
        padded with zeros.

    Returns
    -------
    (d,) array
        Also at coordinates that are zero, where it is the limit.

    Raises
    ------
    HypothesisError
        ``w`` zero or not finite, more weights than coordinates, a negative weight.

    Notes
    -----
    Exact for the residual :math:`R=T^*` and :math:`\lambda=0`. Source: ge2021.eq1.growth.

    >>> growth_rate([3.0, 4.0], [1.0, 0.5]).round(4).tolist()
    [1.5424, 1.2224]
    """
    w = require_array("w", w, ("d",))
    weights = padded(a, w.size)
    largest = np.max(np.abs(w))
    if largest == 0:
        raise HypothesisError("w must not be zero: its direction is undefined, got norm 0")
    squares = (w / largest) ** 2
    p = squares / squares.sum()
    return np.asarray(8 * weights * p - 4 * np.sum(weights * p * p))


def solve(p0: ArrayLike, a: ArrayLike, t: float, *, lam: float = 0.0) -> tuple[FloatArray, float]:
    r"""Squared coordinates at time ``t`` and the logarithm of the norm's growth.

    Parameters
    ----------
    p0 : (d,)
        Squared coordinates of the starting direction, non-negative, summing to one.
    a : (d,)
        Weights, non-negative; fewer than d are padded with zeros.
    t : float >= 0
    lam : float >= 0
        Coefficient of the regulariser; it acts on the norm alone.

    Returns
    -------
    p : (d,) array
        Relatively accurate also where tiny: ``1 - p_i`` is the sum of the others.
    log_growth : float
        :math:`\log\|w(t)\|/\|w(0)\|`.

    Raises
    ------
    HypothesisError
        ``p0`` off the simplex, a negative weight, time or ``lam``.

    Notes
    -----
    Agrees with integration to the integrator's tolerance. Source: ge2021.tpd_exact (beyond the text).

    >>> p, growth = solve([1.0, 0.0], [0.25, 0.2], 30.0)  # aligned: the norm grows at the rate 2 a
    >>> p.tolist(), round(growth, 9)
    ([1.0, 0.0], 15.0)
    """
    path = FrozenPath.start(p0, a)
    t = require_range("t", t, 0.0, np.inf)
    lam = require_range("lam", lam, 0.0, np.inf)
    if path.rate == 0:
        return path.p0, -lam * t
    if t == 0:
        return path.p0, 0.0
    z = root(lambda z: path.time(z) - t, path.rate_limit * t)
    return path.squares(z), path.log_norm(z) - lam * t


def growth_time(p0: ArrayLike, a: ArrayLike, log_growth: float, *, lam: float = 0.0) -> float:
    r"""Time at which the norm has grown by the factor ``exp(log_growth)``; ``inf`` if it never does.

    Parameters as in :func:`solve`; ``log_growth`` is any finite number. With ``lam > 0`` the norm may
    fall before it rises; for a negative ``log_growth`` the first passage is meant.

    Notes
    -----
    The logarithm of the norm is a convex function of time (its slope :math:`2S-\lambda` increases,
    because the direction climbs :math:`T^*`), so a level above the start is passed at most once.
    Source: ge2021.tpd_exact (beyond the text).

    >>> round(growth_time([1.0, 0.0], [0.25, 0.1], 10.0), 12)  # a component already aligned
    20.0
    """
    path = FrozenPath.start(p0, a)
    lam = require_range("lam", lam, 0.0, np.inf)
    level = require_range("log_growth", log_growth, -np.inf, np.inf)
    if level == 0:
        return 0.0

    def excess(z: float) -> float:
        return path.log_norm(z) - lam * path.time(z) - level

    if path.rate == 0:  # no pull at all: the regulariser alone
        return -level / lam if level < 0 < lam else np.inf
    if level > 0:
        # far out z = 8 a_i (t - delay), so the excess grows like (2 a_i - lam) / (8 a_i) z
        if 2 * path.limit_weight <= lam:
            return np.inf
        high = 4 * level - np.log(path.p0[path.winner]) + 1.0
        while excess(high) < 0:
            high *= 2
        return path.time(root(excess, high))
    low = path.lowest(lam)
    if low is None:  # the norm falls for ever: bracket the level
        low = 1.0
        while excess(low) > 0:
            low *= 2
    return path.time(root(lambda z: -excess(z), low)) if excess(low) <= 0 else np.inf


def predicted_fitting_times(
    directions: ArrayLike, log_norms: ArrayLike, a: ArrayLike, *, lam: float = 0.0, order: int = 4
) -> FloatArray:
    r"""Predicted time of :math:`T(e_i^{\otimes l})=a_i/2` for every target direction.

    Column j heads for :math:`i=\arg\max_ka_kp_{kj}(0)` and arrives there with the alignment delay
    :math:`D_j=\sum_{k\ne i}-\log(1-r_{kj})/(8a_k)` (a term :math:`p_{kj}(0)/q_{ij}` where
    :math:`a_k=0`). The group of i then grows together and saturates like a logistic:

    .. math:: t_i=\frac{\log A_i-\log K_i+\log\frac{a_i}{a_i-\lambda}}{4A_i},\quad
              A_i=a_i-\tfrac\lambda2,\quad K_i=\sum_{j\to i}\|w_j(0)\|^2\sqrt{p_{ij}(0)}\,e^{-4a_iD_j}.

    At another order l the same holds with :math:`\arg\max_ka_ku_{kj}(0)^{l-2}` (signed where l is odd), the
    delay of :mod:`~flowbounds.dynamics.frozen_order`, and :math:`|u_{ij}(0)|^{4/l}` for the square root.

    Parameters
    ----------
    directions : (d, m)
        Unit columns.
    log_norms : (m,)
    a : (r,)
        Weights along the first r coordinate axes, r <= d.
    lam : float >= 0
    order : int >= 3
        The order l of the tensors.

    Returns
    -------
    (r,) array
        ``inf`` where no column leads to the direction, or where :math:`\lambda\ge a_i`.

    Raises
    ------
    HypothesisError
        Directions that are not unit, shapes that do not fit, a negative weight or ``lam``.

    Notes
    -----
    Exact in the limit of small initial norms. At the sizes of Figure 1 the error falls faster than the
    initial norm: below 1e-3 at norm 1e-3, below 1e-9 from norm 1e-8 on. A start that is not small gives
    times without meaning, even negative ones. Source: ge2021.staircase; other orders: ge2021.order
    (both beyond the text).

    >>> predicted_fitting_times([[1.0], [0.0]], [-50.0], [0.5, 0.25]).round(6).tolist()
    [49.653426, inf]
    """
    u = require_unit_columns("directions", directions, ("d", "m"))
    d, m = u.shape
    rho = require_array("log_norms", log_norms, (m,))
    a = require_weights("a", a)
    lam = require_range("lam", lam, 0.0, np.inf)
    weights = padded(a, d)
    order = require_count("order", order, 3)
    log_mass: list[list[float]] = [[] for _ in range(a.size)]
    for j in range(m):
        winner, delay = _heading(u[:, j], weights, order)
        if winner is not None:
            head = 4 / order * np.log(abs(u[winner, j]))
            log_mass[winner].append(2 * rho[j] + head - 4 * weights[winner] * delay)
    times = np.full(a.size, np.inf)
    for i, terms in enumerate(log_mass):
        if terms and lam < a[i]:
            rate = a[i] - lam / 2
            times[i] = (np.log(rate) - logsumexp(terms) - np.log1p(-lam / a[i])) / (4 * rate)
    return times


def _heading(u: FloatArray, weights: FloatArray, order: int) -> tuple[int | None, float]:
    """The direction that one column leads to (None: nowhere), and its alignment delay."""
    if order != 4:
        path = OrderPath.build(u, weights, order)
        return path.winner, path.delay() if path.winner is not None else np.inf
    closed = FrozenPath.build(u * u, weights)
    return (closed.winner, closed.delay()) if closed.rate > 0 else (None, np.inf)
