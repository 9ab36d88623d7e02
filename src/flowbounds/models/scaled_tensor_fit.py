r"""Fitting :math:`T^*=\sum_jc_j^*u_j^{*\otimes l}` with scalars beside the components, at any order l.

Two models of Wang et al. (2020): the vanilla one, :math:`T=\sum_ic_iu_i^{\otimes l}`, and the one with signs
and terms of degree two, :math:`T=\sum_ia_ic_i^{l-2}u_i^{\otimes l}`, with a regulariser of the same degree.
The algorithms move the state of :mod:`~flowbounds.models.scaled_components`; here are the printed forms. All
quantities are dimensionless.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models import tensor
from flowbounds.models.scaled_components import Components, residual_contraction, squared_distance
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count, require_range


def _checked_target(
    U: ArrayLike, U_star: ArrayLike, c_star: ArrayLike, order: int
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    U = require_array("U", U, ("d", "m"))
    U_star = require_array("U_star", U_star, (U.shape[0], "r"))
    c_star = require_array("c_star", c_star, (U_star.shape[1],))
    return U, U_star, c_star, require_count("order", order, 2)


def vanilla_loss(U: ArrayLike, c: ArrayLike, U_star: ArrayLike, c_star: ArrayLike, order: int) -> float:
    r"""Vanilla objective :math:`\tfrac12\|\sum_ic_iu_i^{\otimes l}-T^*\|_F^2`.

    Parameters
    ----------
    U : (d, m)
        Components, one a column, of any length.
    c : (m,)
        Their coefficients, of either sign.
    U_star : (d, r)
        Directions of the target, of any length.
    c_star : (r,)
        Coefficients of the target, of either sign.
    order : int >= 2
        The order l.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, an order below two.

    Notes
    -----
    Relative accuracy about 1e-10 down to 1e-30 of the target's squared norm. Source: wang2020.vanilla.

    >>> vanilla_loss([[1.0], [0.0]], [1.0], [[0.0], [1.0]], [1.0], 3)
    1.0
    """
    U, U_star, c_star, order = _checked_target(U, U_star, c_star, order)
    c = require_array("c", c, (U.shape[1],))
    return 0.5 * squared_distance(np.hstack([U, U_star]), np.concatenate([c, -c_star]), order)


def vanilla_gradient(
    U: ArrayLike, c: ArrayLike, U_star: ArrayLike, c_star: ArrayLike, order: int
) -> tuple[FloatArray, FloatArray]:
    r"""Gradients of :func:`vanilla_loss` in U (d, m) and in c (m,).

    .. math:: \nabla_{u_i}=l\,c_i\,(T-T^*)(u_i^{\otimes(l-1)},I),\qquad \nabla_{c_i}=(T-T^*)(u_i^{\otimes l}).

    Parameters and errors as in :func:`vanilla_loss`. Accurate to a few units in the last place of the largest
    term.

    Raises
    ------
    HypothesisError
        As :func:`vanilla_loss`.

    Notes
    -----
    Source: wang2020.vanilla.

    >>> slopes = vanilla_gradient([[2.0]], [1.0], [[1.0]], [1.0], 3)
    >>> [part.tolist() for part in slopes]
    [[[84.0]], [56.0]]
    """
    U, U_star, c_star, order = _checked_target(U, U_star, c_star, order)
    c = require_array("c", c, (U.shape[1],))
    vectors, weights = np.hstack([U, U_star]), np.concatenate([c, -c_star])
    F = tensor.contract(vectors, weights, U, order)
    return np.asarray(order * c * F), np.asarray(np.sum(F * U, axis=0))


def _checked(
    U: ArrayLike,
    C: ArrayLike,
    C_hat: ArrayLike,
    signs: ArrayLike,
    U_star: ArrayLike,
    c_star: ArrayLike,
    order: int,
    lam: float,
) -> tuple[Components, FloatArray, FloatArray, FloatArray, int, float]:
    U, U_star, c_star, order = _checked_target(U, U_star, c_star, order)
    C = require_array("C", C, (U.shape[1],))
    C_hat = require_array("C_hat", C_hat, (U.shape[1],))
    if (C_hat <= 0).any():
        where = int(np.argmax(C_hat <= 0))
        raise HypothesisError(f"C_hat must be positive, got {C_hat[where]:g} at index {where}")
    signs = require_array("signs", signs, (U.shape[1],))
    if (np.abs(signs) != 1).any():
        where = int(np.argmax(np.abs(signs) != 1))
        raise HypothesisError(f"signs must be +1 or -1, got {signs[where]:g} at index {where}")
    lam = require_range("lam", lam, 0.0, np.inf)
    norms = np.linalg.norm(U, axis=0)
    directions = U / np.where(norms > 0, norms, 1.0)
    x = Components(norms, directions, C * norms, signs)
    return x, tensor.power(C_hat * norms, order - 2), U_star, c_star, order, lam


def loss(
    U: ArrayLike,
    C: ArrayLike,
    C_hat: ArrayLike,
    signs: ArrayLike,
    U_star: ArrayLike,
    c_star: ArrayLike,
    order: int,
    *,
    lam: float,
) -> float:
    r"""Regularised objective of the model with signs and scalars.

    .. math:: \tfrac12\Bigl\|\sum_ia_ic_i^{l-2}u_i^{\otimes l}-T^*\Bigr\|_F^2
              +\lambda\sum_i\hat c_i^{l-2}\|u_i\|^l

    Parameters
    ----------
    U : (d, m)
        Components, one a column, of any length.
    C, C_hat : (m,)
        The scalars :math:`c_i` of the model and :math:`\hat c_i>0` of the regulariser.
    signs : (m,)
        The signs :math:`a_i`, each +1 or -1.
    U_star, c_star : (d, r) and (r,)
        The target, of any lengths and signs.
    order : int >= 2
        The order l.
    lam : float >= 0

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, signs that are none, a negative ``lam`` or an
        entry of ``C_hat`` that is not positive.

    Notes
    -----
    Relative accuracy about 1e-10 down to 1e-30 of the target's squared norm. Homogeneous of degree two in T
    when the scalars are tied to the lengths. Source: wang2020.model.

    >>> loss([[2.0]], [0.5], [0.5], [1.0], [[1.0]], [1.0], 3, lam=0.1)  # T = 4, 1/2 (4 - 1)^2 + 0.1 * 4
    4.9
    """
    x, hat, U_star, c_star, order, lam = _checked(U, C, C_hat, signs, U_star, c_star, order, lam)
    vectors = np.hstack([x.directions, U_star])
    fit = 0.5 * squared_distance(vectors, np.concatenate([x.weights(order), -c_star]), order)
    return fit + lam * float(hat @ x.norms**2)


def gradient(
    U: ArrayLike,
    C: ArrayLike,
    C_hat: ArrayLike,
    signs: ArrayLike,
    U_star: ArrayLike,
    c_star: ArrayLike,
    order: int,
    *,
    lam: float,
    through_scalars: bool = False,
) -> FloatArray:
    r"""Gradient of :func:`loss` in U, (d, m), with the scalars held fixed or followed.

    .. math::
       \begin{aligned}
       G_i&=l\,a_ic_i^{l-2}(T-T^*)(u_i^{\otimes(l-1)},I)+\lambda l\,\hat c_i^{l-2}\|u_i\|^{l-2}u_i,\\
       G_i^{\mathrm{full}}&=\bigl(I-\tfrac{l-2}l\bar u_i\bar u_i^\top\bigr)G_i .
       \end{aligned}

    Parameters
    ----------
    U, C, C_hat, signs, U_star, c_star, order, lam
        As in :func:`loss`.
    through_scalars : bool
        False: G, which the algorithm descends. True: the full gradient, where :math:`c_i` and
        :math:`\hat c_i` are kept inversely proportional to :math:`\|u_i\|`.

    Raises
    ------
    HypothesisError
        As :func:`loss`.

    Notes
    -----
    Accurate to a few units in the last place of the largest term. Both gradients vanish at the same points.
    Source: wang2020.model; the relation of the two is beyond the text.

    >>> gradient([[2.0]], [0.5], [0.5], [1.0], [[1.0]], [1.0], 3, lam=0.1).tolist()  # 3 * 2 * 3 + 0.3 * 2
    [[18.6]]
    """
    x, hat, U_star, c_star, order, lam = _checked(U, C, C_hat, signs, U_star, c_star, order, lam)
    pull = x.signs * tensor.power(x.modes, order - 2) * x.norms
    F = residual_contraction(x, U_star, c_star, order)
    G = order * (pull * F + lam * hat * x.norms * x.directions)
    if through_scalars:
        G = G - (order - 2) / order * np.sum(G * x.directions, axis=0) * x.directions
    return np.asarray(G)
