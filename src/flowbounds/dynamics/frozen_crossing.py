r"""How aligned many columns are when their norms have grown by one factor, at a frozen residual.

The closed form of :mod:`~flowbounds.dynamics.frozen_path` for n columns at once: the parameter z of each
is found by bisection, all columns in step. It answers how often a component passes :math:`\delta_1`
without being aligned, which takes many thousands of draws.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.dynamics.frozen_path import padded
from flowbounds.validation import FloatArray, require_range, require_unit_columns

HALVINGS = 80  # of a bracket of about 100: down to the last digits
FAR = 1e4  # a z that no column needs: its norm would have grown by e^2500


def misalignment_at_growth(
    directions: ArrayLike, a: ArrayLike, log_growth: float, *, lam: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    r"""Misalignment and time of every column when its norm has grown by the factor ``exp(log_growth)``.

    The residual is frozen at :math:`T^*=\sum a_ie_i^{\otimes4}`. The misalignment is
    :math:`1-\max_i\bar w_i^2`, as the sum of the other squares.

    Parameters
    ----------
    directions : (d, n)
        Unit columns.
    a : (d,)
        Weights, non-negative; fewer than d are padded with zeros.
    log_growth : float > 0
    lam : float >= 0
        Coefficient of the regulariser.

    Returns
    -------
    misalignment, time : (n,) arrays
        nan and inf for a column whose norm never grows so far.

    Raises
    ------
    HypothesisError
        Columns that are not unit, more weights than coordinates, a negative weight, ``log_growth`` <= 0.

    Notes
    -----
    Agrees with :func:`~flowbounds.dynamics.tensor_power.growth_time` to about 1e-9. Source:
    ge2021.tpd_exact (beyond the text).

    >>> q, t = misalignment_at_growth([[1.0], [0.0]], [0.25, 0.2], 5.0)  # aligned: rate 2 a
    >>> q.tolist(), t.round(9).tolist()
    ([0.0], [10.0])
    """
    u = require_unit_columns("directions", directions, ("d", "n"))
    weights = padded(a, u.shape[0])[:, None]
    level = require_range("log_growth", log_growth, 0.0, np.inf, open_ends=True)
    lam = require_range("lam", lam, 0.0, np.inf)
    p0 = u * u
    pull = 8 * weights * p0
    winner = np.argmax(pull, axis=0)
    rate = np.take_along_axis(pull, winner[None], axis=0)[0]
    able = 2 * weights[winner, 0] > lam
    safe = np.where(rate > 0, rate, 1.0)
    gap = np.where(rate > 0, (rate - pull) / safe, 1.0)  # 1 - r_j without cancellation
    with np.errstate(divide="ignore"):
        log_p0, log_ratio, log_gap = np.log(p0), np.log(pull / safe), np.log(gap)

    def at(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(log norm's growth, squares, time) at the parameter z of each column."""
        log_f = np.logaddexp(log_gap, log_ratio - z)  # log(1 - r + r e^-z)
        terms = log_p0 - log_f
        top = terms.max(axis=0)
        shares = np.exp(terms - top)
        total = shares.sum(axis=0)
        clock = np.sum(np.where(weights > 0, -log_f / np.where(weights > 0, 8 * weights, 1.0), 0.0), axis=0)
        clock += np.sum(np.where(weights > 0, 0.0, p0), axis=0) * -np.expm1(-z) / safe
        return (top + np.log(total)) / 4 - lam * clock, shares / total, clock

    low, high = np.zeros(u.shape[1]), np.full(u.shape[1], 8 * level + 8.0)
    while True:
        short = able & (at(high)[0] < level) & (high < FAR)
        if not short.any():
            break
        high = np.where(short, 2 * high, high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = at(middle)[0] < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    _, squares, clock = at(high)
    np.put_along_axis(squares, np.argmax(squares, axis=0)[None], 0.0, axis=0)
    passes = able & (high < FAR)
    return np.where(passes, squares.sum(axis=0), np.nan), np.where(passes, clock, np.inf)
