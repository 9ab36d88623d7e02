r"""How the loss of a factorization bounds its factors, when their imbalance is bounded.

With :math:`P=UV^\top` and :math:`D=U^\top U-V^\top V`, :math:`U` (n, k) and :math:`V` (m, k),

.. math:: \|U^\top U\|_F^2+\|V^\top V\|_F^2=\|D\|_F^2+2\|P\|_F^2,

and :math:`\|U\|_F^4\le k\|U^\top U\|_F^2`. So small factors follow from a small product and a small
imbalance, and a small product from a small loss. Without a bound on D nothing follows: U and V may be scaled
against each other for free. All quantities are dimensionless.
"""

import numpy as np

from flowbounds.validation import require_count, require_range


def norm_bound(loss: float, imbalance: float, target: float, k: int) -> float:
    r"""Bound on the fourth powers of the factors' norms.

    .. math:: \begin{aligned}
              &\|U\|_F^4+\|V\|_F^4\\
              &\quad\le k\Bigl(\|D\|_F^2+2\bigl(\|M\|_F+\sqrt{2f}\bigr)^2\Bigr).
              \end{aligned}

    Parameters
    ----------
    loss : float >= 0
        :math:`f=\frac12\|UV^\top-M\|_F^2`, or an upper bound of it.
    imbalance : float >= 0
        :math:`\|D\|_F`, or an upper bound of it.
    target : float >= 0
        :math:`\|M\|_F`.
    k : int >= 1
        Columns of U and V.

    Returns
    -------
    float
        Attained when :math:`U^\top U`, :math:`V^\top V` are multiples of I and :math:`M=cUV^\top` with
        0 <= c <= 1.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: du2018.coercive; the constant is beyond the text.

    >>> norm_bound(2.0, 1.0, 1.0, 1)
    19.0
    """
    loss = require_range("loss", loss, 0.0, np.inf)
    imbalance = require_range("imbalance", imbalance, 0.0, np.inf)
    target = require_range("target", target, 0.0, np.inf)
    k = require_count("k", k, 1)
    return k * (imbalance**2 + 2 * (target + float(np.sqrt(2 * loss))) ** 2)


def loss_bound(fourth_powers: float, imbalance: float, target: float, k: int) -> float:
    r"""The same read the other way: a lower bound of the loss that grows with the factors.

    .. math:: f\ge\tfrac12\Bigl[\sqrt{\tfrac12
              \bigl[F/k-\|D\|_F^2\bigr]_+}-\|M\|_F\Bigr]_+^2,

    with :math:`F=\|U\|_F^4+\|V\|_F^4` = ``fourth_powers`` >= 0, the other arguments as
    :func:`~flowbounds.bounds.coercivity.norm_bound`, zero where F is too small to say anything.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: du2018.coercive; the constant is beyond the text.

    >>> loss_bound(19.0, 1.0, 1.0, 1)
    2.0
    """
    fourth = require_range("fourth_powers", fourth_powers, 0.0, np.inf)
    imbalance = require_range("imbalance", imbalance, 0.0, np.inf)
    target = require_range("target", target, 0.0, np.inf)
    k = require_count("k", k, 1)
    product = float(np.sqrt(max(0.0, fourth / k - imbalance**2) / 2))
    return 0.5 * max(0.0, product - target) ** 2


def smoothness_on_sublevel(level: float, target: float) -> float:
    r"""Bound on the curvature of the regularised objective :math:`f_1` where it is at most ``level``.

    .. math:: \|\nabla^2f_1\|_2\le4\sqrt{4c+2\|M\|_F^2}+2\sqrt c,
              \qquad f_1\le c .

    There :math:`\|U^\top U\|_F^2+\|V^\top V\|_F^2\le8c+4\|M\|_F^2` whatever the imbalance, since
    :math:`2\|P\|^2\le4\|P-M\|^2+4\|M\|^2`: with its regulariser the loss is coercive everywhere. The
    norm of the Hessian is at most :math:`2(\|U\|_2^2+\|V\|_2^2)+\|R\|_2+\frac12\|D\|_2`.

    Parameters
    ----------
    level : float >= 0
        c.
    target : float >= 0
        :math:`\|M\|_F`.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: du2018.eq3.landscape; beyond the text.

    >>> smoothness_on_sublevel(4.0, 0.0)
    20.0
    """
    level = require_range("level", level, 0.0, np.inf)
    target = require_range("target", target, 0.0, np.inf)
    return 4 * float(np.sqrt(4 * level + 2 * target**2)) + 2 * float(np.sqrt(level))
