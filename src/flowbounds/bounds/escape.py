r"""The way out of the bad minimum of :mod:`~flowbounds.bounds.bad_minimum`, once a component is zero.

A further power :math:`c\,t^lv^{\otimes l}` changes the vanilla objective there by

.. math:: c\,t^lD(v^{\otimes l})+\tfrac12t^{2l},\qquad
          D(v^{\otimes l})=\tbinom l2v_1^{l-2}\sum_{j=2}^{r+1}v_j^2 .

For l >= 3 a missing direction alone gains nothing: D vanishes at :math:`e_j`. Axes here are columns: the
first axis of the text is row 0. All quantities are dimensionless.
"""

import numpy as np

from flowbounds.validation import FloatArray, require_count


def escape_gain(order: int) -> float:
    r"""Largest value of :math:`-cD(v^{\otimes l})` over unit v and c = 1 or -1.

    .. math:: D_{\max}=\tbinom l2\Bigl(\frac{l-2}l\Bigr)^{(l-2)/2}\frac2l

    A component :math:`tv` with :math:`t^l=D_{\max}`, where none was, lowers the vanilla objective at the bad
    minimum by :math:`\tfrac12D_{\max}^2`, the most that one more power can.

    Parameters
    ----------
    order : int >= 2

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        ``order`` below two.

    Notes
    -----
    Source: wang2020.thm2.notstrict; the value is beyond the text.

    >>> escape_gain(2), escape_gain(4)
    (1.0, 1.5)
    """
    order = require_count("order", order, 2)
    share = (order - 2) / order
    power = share ** ((order - 2) / 2) if order > 2 else 1.0
    return float(order * (order - 1) / 2 * power * 2 / order)


def escape_direction(order: int, d: int, *, missing: int = 1) -> tuple[FloatArray, float]:
    r"""Unit vector along which the objective falls fastest, with the sign its coefficient needs.

    .. math:: v=\mp\sqrt{\tfrac{l-2}l}\;e_1+\sqrt{\tfrac2l}\;e_j ,

    with minus and c = 1 for odd orders, plus and c = -1 for even ones.

    Parameters
    ----------
    order : int >= 2
    d : int >= 2
    missing : int from 1 to d - 1
        Row of the missing direction :math:`e_j`, counted from zero.

    Returns
    -------
    (v, c)
        Shape (d,), and 1.0 or -1.0.

    Raises
    ------
    HypothesisError
        Sizes out of range.

    Notes
    -----
    Source: wang2020.thm2.notstrict, which names the missing direction alone; see :func:`escape_gain`.

    >>> v, c = escape_direction(4, 3)
    >>> [round(x, 4) for x in v.tolist()], c
    ([0.7071, 0.7071, 0.0], -1.0)
    """
    order, d = require_count("order", order, 2), require_count("d", d, 2)
    row = require_count("missing", missing, 1, d - 1)
    odd = order % 2 == 1
    v = np.zeros(d)
    v[0] = np.sqrt((order - 2) / order) * (-1 if odd else 1)
    v[row] = np.sqrt(2 / order)
    return v, 1.0 if odd else -1.0
