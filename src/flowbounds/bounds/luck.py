r"""Definition 2 of Ge et al. (2021): good, potential and bad components, and what the others may do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import (
    FloatArray,
    HypothesisError,
    require_count,
    require_range,
    require_weights,
)


def thresholds(
    a: ArrayLike, d: int, waiting: float, *, lam: float, discovered: Sequence[int] = ()
) -> FloatArray:
    r"""The thresholds of Definition 2, :math:`1/(8a_it_1')`, or :math:`1/(8\lambda t_1')` once discovered.

    A coordinate with :math:`\bar w_i^2=\Gamma_i` needs the time :math:`t_1'` to blow up if it is by itself.

    Parameters
    ----------
    a : (r,)
        Weights of the target, non-negative, r <= d.
    d : int >= 1
    waiting : float > 0
        The first part :math:`t_1'` of phase 1.
    lam : float >= 0
        Coefficient of the regulariser, which is what is left of :math:`a_i` once direction i is fitted.
    discovered : sequence of int
        The directions, from 0, with :math:`S_i^{(s,0)}\ne\emptyset`.

    Returns
    -------
    (d,) array
        Infinite where the weight is zero: nothing pulls there.

    Raises
    ------
    HypothesisError
        More weights than coordinates, a negative weight, ``waiting`` or ``lam`` out of range, an index
        beyond d.

    Notes
    -----
    Source: ge2021.def2.

    >>> thresholds([0.5, 0.25], 3, 2.0, lam=0.125, discovered=[1]).tolist()
    [0.125, 0.5, inf]
    """
    d = require_count("d", d, 1)
    a = require_weights("a", a)
    if a.size > d:
        raise HypothesisError(f"a has {a.size} weights but the dimension d is {d}")
    waiting = require_range("waiting", waiting, 0.0, np.inf, open_ends=True)
    pull = np.concatenate([a, np.zeros(d - a.size)])
    pull[[require_count("discovered", i, 0, d - 1) for i in discovered]] = require_range(
        "lam", lam, 0.0, np.inf
    )
    return np.asarray(np.divide(1.0, 8 * waiting * pull, out=np.full(d, np.inf), where=pull > 0))


@dataclass(frozen=True)
class Classes:
    """The sets of Definition 2 as masks: ``good`` and ``potential`` (d, m), ``bad`` (m,).

    Not a partition: good and bad components are potential as well, and some components are in none.
    """

    good: np.ndarray
    potential: np.ndarray
    bad: np.ndarray


def classify(squares: FloatArray, gamma: FloatArray, small: np.ndarray, *, c_rho: float) -> Classes:
    r"""Kernel: the sets of Definition 2 among the components that are ``small`` (m,).

    ``squares`` (d, m) are squared coordinates, ``gamma`` (d,) the thresholds, :math:`\rho_i=c_\rho\Gamma_i`.
    As printed the sets range over all columns, and then every fitted one is potential; what is said
    about them is about components that have just been drawn, hence ``small``.
    """
    high, low = (1 + c_rho) * gamma[:, None], (1 - c_rho) * gamma[:, None]
    potential = (squares >= low) & small
    above = squares > low  # good asks for "at most low" elsewhere
    others = above.sum(axis=0) - above
    good = (squares >= high) & (others == 0) & small
    return Classes(good, potential, potential.sum(axis=0) >= 2)


def unlucky_bounds(c_rho: float, delay: float) -> tuple[float, float]:
    r"""What a component outside :math:`S_{\rm pot}` can reach by :math:`t_1`: Lemma 5.1 with its constants.

    With :math:`\tau=(t_1''+t_1''')/t_1'` and :math:`R=T^*` frozen,

    .. math:: \bar w_i^2\le\frac{(1-c_\rho)\Gamma_i}{c_\rho-(1-c_\rho)\tau},\qquad
              \frac{\|w\|}{\|w(0)\|}\le\bigl(c_\rho-(1-c_\rho)\tau\bigr)^{-1/4}.

    Parameters
    ----------
    c_rho : float in (0, 1)
    delay : float >= 0
        The ratio :math:`\tau`.

    Returns
    -------
    (share, log_growth)
        The first bound in units of :math:`\Gamma_i` and the logarithm of the second; infinite where the
        denominator is not positive, that is where the rest of phase 1 is long enough for anything.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Proof: :math:`\dot p_i\le8a_ip_i^2` gives :math:`1/p_i(t)\ge1/p_i(0)-8a_it`, and the norm grows at the
    rate :math:`2\sum a_jp_j^2\le2\max_ja_jp_j`. Source: ge2021.lemma5.1 (beyond the text).

    >>> share, log_growth = unlucky_bounds(0.1, 0.0)
    >>> round(share, 6), round(float(np.exp(log_growth)), 6)
    (9.0, 1.778279)
    """
    c_rho = require_range("c_rho", c_rho, 0.0, 1.0, open_ends=True)
    delay = require_range("delay", delay, 0.0, np.inf)
    left = c_rho - (1 - c_rho) * delay
    return ((1 - c_rho) / left, -float(np.log(left)) / 4) if left > 0 else (np.inf, np.inf)
