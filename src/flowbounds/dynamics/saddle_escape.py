r"""How long one aligned component waits near zero: closed forms of both models.

Along the target, r = m = 1, the vanilla flow is :math:`\dot u=l\,u^{l-1}(1-u^l)` and the flow of the
2-homogeneous model without its regulariser :math:`\dot u=l\,u(1-u^2)`. All quantities are dimensionless.
"""

import numpy as np
from scipy.special import hyp2f1

from flowbounds.validation import HypothesisError, require_count, require_range


def _checked(order: int, start: float, end: float) -> tuple[int, float, float]:
    order = require_count("order", order, 2)
    start = require_range("start", start, 0.0, 1.0, open_ends=True)
    end = require_range("end", end, 0.0, 1.0, open_ends=True)
    if start > end:
        raise HypothesisError(f"start must not exceed end, got {start:g} and {end:g}")
    return order, start, end


def vanilla_escape_time(order: int, start: float, end: float) -> float:
    r"""Time from length ``start`` to ``end`` under the vanilla flow of one aligned component.

    .. math:: \frac1l\Bigl[\frac{\delta^{2-l}-b^{2-l}}{l-2}+G(b)-G(\delta)\Bigr],\qquad
              G(u)=\int_0^u\frac{x\,dx}{1-x^l}=\frac{u^2}2\,{}_2F_1\bigl(1,\tfrac2l;1+\tfrac2l;u^l\bigr),

    and :math:`\ln(b/\delta)` for the quotient at l = 2.

    Parameters
    ----------
    order : int >= 2
    start, end : float in (0, 1)
        :math:`\delta\le b`.

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        An argument out of its range, or ``start`` above ``end``.

    Notes
    -----
    Relative accuracy 1e-13. As :math:`\delta\to0` it is :math:`\delta^{2-l}/(l(l-2))` for l >= 3 and
    :math:`\tfrac12\ln(1/\delta)` for l = 2. Source: wang2020.chal1; the closed form is beyond the text.

    >>> round(vanilla_escape_time(3, 1e-3, 0.5) * 3e-3, 3)
    0.998
    """
    order, start, end = _checked(order, start, end)
    k = order - 2
    waiting = (start**-k - end**-k) / k if k else np.log(end / start)
    ends = np.array([start, end])
    saturation = ends**2 / 2 * hyp2f1(1, 2 / order, 1 + 2 / order, ends**order)
    return float((waiting + saturation[1] - saturation[0]) / order)


def scaled_escape_time(order: int, start: float, end: float) -> float:
    r"""Time from length ``start`` to ``end`` under the flow of the 2-homogeneous model.

    .. math:: \frac1{2l}\ln\frac{b^2(1-\delta^2)}{\delta^2(1-b^2)}

    Parameters
    ----------
    order : int >= 2
    start, end : float in (0, 1)
        :math:`\delta\le b`.

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        An argument out of its range, or ``start`` above ``end``.

    Notes
    -----
    Grows like :math:`\ln(1/\delta)/l` at every order. Source: wang2020.chal1; beyond the text.

    >>> round(scaled_escape_time(3, 1e-3, 0.5), 2)
    2.12
    """
    order, start, end = _checked(order, start, end)
    rise = np.log(end / start) - 0.5 * (np.log1p(-(end**2)) - np.log1p(-(start**2)))
    return float(rise / order)
