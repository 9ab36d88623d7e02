r"""A bad local minimum of tensor fitting, for the vanilla and the 2-homogeneous model.

The residual at the point is the symmetric tensor

.. math:: D=\sum_{j=2}^{r+1}\sum_{\text{places}}e_1^{\otimes(l-2)}\otimes e_j^{\otimes2},\qquad
          D(v^{\otimes l})=\tbinom l2v_1^{l-2}\sum_{j=2}^{r+1}v_j^2,\qquad\|D\|_F^2=r\tbinom l2,

the target is :math:`T^*=e_1^{\otimes l}-D`, and all m components stand at :math:`e_1/m^{1/l}`, so that
:math:`T=e_1^{\otimes l}`. Axes here are columns: the first axis of the text is row 0. All quantities are
dimensionless.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range


@dataclass(frozen=True)
class BadMinimum:
    r"""A target, a point, and the value of the objective there.

    Attributes
    ----------
    U : (d, m)
        Components at the point.
    U_star, c_star : (d, k) and (k,)
        The target as a sum of k powers.
    value : float
        The objective at the point, from its formula.
    residual_scale : float
        The residual is this multiple of D, up to a multiple of :math:`e_1^{\otimes l}`.
    """

    U: FloatArray
    U_star: FloatArray
    c_star: FloatArray
    value: float
    residual_scale: float


def _sizes(order: int, r: int, d: int, m: int) -> tuple[int, int, int, int]:
    order = require_count("order", order, 2)
    r = require_count("r", r, 1)
    return order, r, require_count("d", d, r + 1), require_count("m", m, 1)


def residual_form(order: int, r: int, d: int) -> tuple[FloatArray, FloatArray]:
    r"""The tensor D as a sum of powers: vectors (d, k), weights (k,), the first vector being :math:`e_1`.

    .. math:: \tbinom l2\operatorname{Sym}(e_1^{l-2}e_j^2)=w_0e_1^{\otimes l}
              +\sum_{k=1}^{h}w_k\bigl[(e_1+t_ke_j)^{\otimes l}+(e_1-t_ke_j)^{\otimes l}\bigr],
              \qquad h=\lfloor l/2\rfloor,

    with :math:`2\sum_kw_kt_k^{2q}=1` for q = 1 and 0 for q = 2, ..., h: the odd powers cancel in pairs.

    Parameters
    ----------
    order : int >= 2
        The order l.
    r : int >= 1
        Number of missing directions.
    d : int > r

    Returns
    -------
    (vectors, weights)
        :math:`k=2r\lfloor l/2\rfloor+1` of them, at most :math:`rl+1`.

    Raises
    ------
    HypothesisError
        Sizes out of range.

    Notes
    -----
    Weights grow with the order (about 5 at order 6), so entries are accurate to 1e-14. Source: wang2020.thm2,
    the number of powers beyond the text (there it is at most :math:`r(l+1)+1`).

    >>> vectors, weights = residual_form(3, 1, 2)
    >>> vectors.tolist(), weights.tolist()
    ([[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]], [-1.0, 0.5, 0.5])
    """
    order, r, d, _ = _sizes(order, r, d, 1)
    half = order // 2
    nodes = np.cos(np.pi * np.arange(half) / (2 * half + 1))  # spread like Chebyshev's, none at zero
    squares = nodes**2
    # 2 w_k x_k is the Lagrange polynomial of the node x_k = t_k^2, taken at zero
    others = [np.delete(squares, k) for k in range(half)]
    basis = np.array([np.prod(x / (x - own)) for x, own in zip(others, squares, strict=True)])
    weights = basis / (2 * squares)
    vectors = np.zeros((d, 2 * half * r + 1))
    vectors[0] = 1.0
    for j in range(r):
        columns = slice(1 + 2 * half * j, 1 + 2 * half * (j + 1))
        vectors[j + 1, columns] = np.concatenate([nodes, -nodes])
    pairs = np.tile(weights, 2 * r)
    return vectors, np.concatenate([[-np.sum(pairs)], pairs])


def bad_minimum_value(order: int, r: int) -> float:
    r"""Value of the vanilla objective at the bad minimum, :math:`\tfrac12\|D\|_F^2=l(l-1)r/4`.

    Parameters
    ----------
    order : int >= 2
    r : int >= 1

    Returns
    -------
    float

    Raises
    ------
    HypothesisError
        Sizes out of range.

    Notes
    -----
    Source: wang2020.thm2.

    >>> bad_minimum_value(3, 2)
    3.0
    """
    r = require_count("r", r, 1)
    order, _, _, _ = _sizes(order, r, r + 1, 1)
    return order * (order - 1) * r / 4


def bad_minimum(order: int, r: int, d: int, m: int, *, residual_scale: float = 1.0) -> BadMinimum:
    r"""The construction of Theorem 2 for the vanilla objective, all coefficients :math:`c_i=1`.

    Parameters
    ----------
    order, r, d : int
        As in :func:`residual_form`.
    m : int >= 1
        Number of components.
    residual_scale : float
        The residual is this multiple of D. One is the theorem; minus one, which is still stationary, is what
        it must not be.

    Returns
    -------
    BadMinimum

    Raises
    ------
    HypothesisError
        Sizes out of range.

    Notes
    -----
    Wherever :math:`c_iu_{i1}^{l-2}\ge0` for all i the objective is

    .. math:: f=f^*+\sum_ic_iD(u_i^{\otimes l})+\tfrac12\|T-e_1^{\otimes l}\|_F^2\ge f^*,

    since D has no component along :math:`e_1^{\otimes l}`. Source: wang2020.thm2; the region is beyond the
    text.

    >>> bad_minimum(4, 1, 3, 5).value
    3.0
    """
    order, r, d, m = _sizes(order, r, d, m)
    beta = require_range("residual_scale", residual_scale, -np.inf, np.inf)
    vectors, weights = residual_form(order, r, d)
    c_star = -beta * weights
    c_star[0] += 1.0
    U = np.zeros((d, m))
    U[0] = m ** (-1 / order)
    return BadMinimum(U, vectors, c_star, beta**2 * bad_minimum_value(order, r), beta)


def scaled_bad_minimum(
    order: int, r: int, d: int, m: int, *, kappa: float, lam: float, flip: bool = False
) -> BadMinimum:
    r"""The same for the 2-homogeneous model with its regulariser; the target has norm one.

    .. math::
       \begin{aligned}
       T^*&=(\kappa+\lambda)e_1^{\otimes l}-\beta D,\qquad\beta^2r\tbinom l2=1-(\kappa+\lambda)^2,\\
       u_i&=\sqrt{\kappa/m}\;e_1,\qquad
       f^*=\tfrac12\bigl(\beta^2r\tbinom l2+\lambda^2\bigr)+\lambda\kappa .
       \end{aligned}

    Parameters
    ----------
    order, r, d, m : int
        As in :func:`bad_minimum`.
    kappa : float > 0
        Size of the fitted part.
    lam : float >= 0
        Strength of the regulariser; ``kappa + lam`` below one.
    flip : bool
        The residual of the other sign: still stationary, no longer a minimum.

    Returns
    -------
    BadMinimum
        With all signs and modes one, so that :math:`c_i=\hat c_i=1/\|u_i\|`.

    Raises
    ------
    HypothesisError
        Sizes out of range, or ``kappa + lam`` of one or more.

    Notes
    -----
    With :math:`\Delta=T-\kappa e_1^{\otimes l}` and :math:`\bar u=u/\|u\|`

    .. math:: f=f^*+\tfrac12\|\Delta\|_F^2+\sum_i\|u_i\|^2\bigl[\beta a_iD(\bar u_i^{\otimes l})
              +\lambda(1-a_i\bar u_{i1}^l)\bigr].

    Our reconstruction, without the paper's appendix. Source: wang2020.thm2.hom.

    >>> point = scaled_bad_minimum(3, 1, 2, 4, kappa=0.6, lam=0.0)
    >>> round(2 * point.value, 12)  # what is left of a target of norm one
    0.64
    """
    order, r, d, m = _sizes(order, r, d, m)
    kappa = require_range("kappa", kappa, 0.0, 1.0, open_ends=True)
    lam = require_range("lam", lam, 0.0, 1.0)
    if kappa + lam >= 1:
        raise HypothesisError(f"kappa + lam must be below one, got {kappa + lam:g}")
    left = 1 - (kappa + lam) ** 2
    beta = np.sqrt(left / (2 * bad_minimum_value(order, r))) * (-1.0 if flip else 1.0)
    vectors, weights = residual_form(order, r, d)
    c_star = -beta * weights
    c_star[0] += kappa + lam
    U = np.zeros((d, m))
    U[0] = np.sqrt(kappa / m)
    return BadMinimum(U, vectors, c_star, 0.5 * (left + lam**2) + lam * kappa, float(beta))
