r"""How many components Theorem 3 of Wang et al. (2020) asks for, with numbers for its constants.

The theorem gives rates: :math:`m=O(r^{2.5l}\epsilon^{-5}\log(d/\epsilon))`,
:math:`\lambda=O(\epsilon r^{-l/2})`, :math:`K=O(r^{2l}\epsilon^{-4}\log(d/\epsilon))`, and
:math:`\eta H=\Theta(r^{l/2}\epsilon^{-1}\log(d/\epsilon))` in its proof. Read literally every constant is one
(:func:`literal_parameters`); :func:`heuristic_parameters` follows the chain of lemmas instead. Neither is
what is needed in practice. All quantities are dimensionless.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.validation import require_count, require_range

CORRELATION = 0.1  # for the constant of Lemma 6, which names none; fixed before its trials
CAP = 1.0  # the objective, half at the start, stays below this: Lemma 2 over K epochs adds at most a sixth
SHARE = 24.0  # a re-initialisation may cost this part of what a lucky epoch gains
LUCKY, FAILURE = 1 / 6, 0.01  # Lemma 1's probability, and that of Theorem 3


@dataclass(frozen=True)
class ComponentParameters:
    """Parameters of the algorithm under one reading of Theorem 3.

    Attributes
    ----------
    m : float
        Components; a float, since it may exceed every integer type.
    lam : float
        Coefficient of the regulariser.
    epochs : float
        The number K.
    epoch_time : float
        Step size times iterations of an epoch, eta H.
    """

    m: float
    lam: float
    epochs: float
    epoch_time: float


def _checked(order: int, r: int, d: int, eps: float) -> tuple[int, int, int, float]:
    order, r = require_count("order", order, 3), require_count("r", r, 1)
    d = require_count("d", d, r)
    return order, r, d, require_range("eps", eps, 0.0, 1.0, open_ends=True)


def literal_parameters(order: int, r: int, d: int, eps: float) -> ComponentParameters:
    r"""Theorem 3's parameters with every hidden constant equal to one.

    Parameters
    ----------
    order : int >= 3
        The order l.
    r : int >= 1
        Rank of the target.
    d : int >= r
        Dimension.
    eps : float in (0, 1)
        Accuracy asked for; the target has norm one.

    Raises
    ------
    HypothesisError
        An argument outside its range.

    Notes
    -----
    For orthonormal targets of equal weight the error at rest is :math:`\lambda\sqrt r`, so that the constant
    of :math:`\lambda` must in fact be below :math:`r^{(l-1)/2}`: one will not do at r = 1. Source:
    wang2020.thm3.

    >>> literal_parameters(3, 4, 10, 0.1).lam
    0.0125
    """
    order, r, d, eps = _checked(order, r, d, eps)
    log = float(np.log(d / eps))
    rank, inverse = float(r), 1 / eps
    return ComponentParameters(
        m=rank ** (2.5 * order) * inverse**5 * log,
        lam=eps * rank ** (-order / 2),
        epochs=rank ** (2 * order) * inverse**4 * log,
        epoch_time=rank ** (order / 2) * inverse * log,
    )


def heuristic_parameters(
    order: int, r: int, d: int, eps: float, *, delta: float = 1e-6, correlation: float = CORRELATION
) -> ComponentParameters:
    r"""The same from the chain of lemmas, with constants that can be traced; a heuristic, not a theorem.

    With :math:`\kappa=c_6\epsilon r^{-l/2}` (Lemma 6) and :math:`\lambda=2^{-l}\kappa`, a component whose
    correlation stays below :math:`-\kappa/2` would exceed the norm :math:`\lambda^{-1/2}` that the
    regulariser allows after :math:`\eta H=2^{l-1}\log(d/\lambda\delta^2)/(l\kappa)` (Lemma 7, small steps).
    So the correlation has changed by :math:`\kappa/2`, for which Lemma 9 asks a decrease of

    .. math:: \Delta=\frac{\lambda\,(\kappa/2)^2}{C_9^2\,\eta H},\qquad C_9=\max(2,\sqrt l)\sqrt l .

    One epoch in six does this (Lemma 1); the others cost at most :math:`\sqrt2X+\tfrac12X^2` with
    :math:`X=1/(\lambda m)` (Lemma 4), which m makes equal to :math:`\Delta/24`. Hoeffding's inequality then
    gives the K after which the objective would be negative with probability 0.99.

    Parameters
    ----------
    order, r, d, eps
        As in :func:`literal_parameters`.
    delta : float in (0, 1)
        Norm of a (re-)initialised component.
    correlation : float in (0, 1]
        Lemma 6's constant :math:`c_6`; its default held in trials and is not proven.

    Raises
    ------
    HypothesisError
        An argument outside its range.

    Notes
    -----
    Terms that vanish with ``delta`` or the step size are left out. Source: beyond the text.

    >>> heuristic_parameters(3, 1, 10, 0.1).m > 1e13
    True
    """
    order, r, d, eps = _checked(order, r, d, eps)
    delta = require_range("delta", delta, 0.0, 1.0, open_ends=True)
    correlation = require_range("correlation", correlation, 1e-12, 1.0)
    kappa = correlation * eps * float(r) ** (-order / 2)
    lam = kappa / 2**order
    epoch_time = 2 ** (order - 1) * float(np.log(CAP * d / (lam * delta**2))) / (order * kappa)
    path = max(2.0, order**0.5) * (order * CAP) ** 0.5
    gain = lam * (kappa / 2) ** 2 / (path**2 * epoch_time)
    cost = gain / SHARE
    X = 2 * cost / ((2 * CAP) ** 0.5 + (2 * CAP + 2 * cost) ** 0.5)  # root of sqrt(2 CAP) X + X^2/2 = cost
    drift = LUCKY - 1 / SHARE  # gains an epoch, on average, in units of one gain
    spread = (np.log(1 / FAILURE) / 2) ** 0.5  # Hoeffding: lucky epochs >= K/6 - spread sqrt(K)
    root = (spread + (spread**2 + 4 * drift * 0.5 / gain) ** 0.5) / (2 * drift)
    return ComponentParameters(m=CAP / (lam * X), lam=lam, epochs=float(root**2), epoch_time=epoch_time)
