r"""What components can do to first order: the tangent space of sums of l-th powers, and random targets.

When :math:`u_i` moves to :math:`u_i+\delta_i`, the tensor :math:`\sum_ic_iu_i^{\otimes l}` moves, to first
order, within

.. math:: S_U=\operatorname{span}\{P_{\mathrm{sym}}(u_i^{\otimes(l-1)}\otimes x):\ i\le m,\ x\in\mathbb R^d\}.

Symmetric tensors are written in the orthonormal coordinates :math:`\sqrt{l!/\alpha!}\,v^\alpha`, one for each
of the :math:`N=\binom{d+l-1}l` distinct entries. In kernels shapes are the caller's business.
"""

from functools import lru_cache
from itertools import combinations_with_replacement
from math import factorial, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowbounds.models import tensor
from flowbounds.validation import FloatArray, require_array, require_count

RANK_CUT = 1e-10  # of the largest singular value: far above rounding, far below those of generic components


@lru_cache(maxsize=8)
def entries(order: int, d: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Kernel: sorted index tuples (N, order) of the distinct entries; roots of how often each occurs."""
    indices = np.array(list(combinations_with_replacement(range(d), order)), dtype=np.intp)
    counts = [prod(map(factorial, np.bincount(row))) for row in indices]
    return indices, np.sqrt(factorial(order) / np.array(counts, dtype=float))


def coordinates_of_each(vectors: FloatArray, order: int) -> FloatArray:
    r"""Kernel: coordinates of :math:`v_k^{\otimes l}` for each column, (N, k), isometric."""
    indices, roots = entries(order, vectors.shape[0])
    return np.asarray(roots[:, None] * np.prod(vectors[indices], axis=1))


def directions(U: FloatArray) -> FloatArray:
    """Kernel: columns scaled to unit length, without over- or underflow; a zero column stays zero."""
    largest = np.max(np.abs(U), axis=0)
    scaled = U / np.where(largest > 0, largest, 1.0)
    return np.asarray(scaled / np.where(largest > 0, np.linalg.norm(scaled, axis=0), 1.0))


def tangent_columns(U: FloatArray, order: int) -> FloatArray:
    r"""Kernel: coordinates of :math:`P_{\mathrm{sym}}(u_i^{\otimes(l-1)}\otimes e_a)` as columns (N, m d).

    Column ``i d + a``. Only directions matter for their span, so lengths are set to one.
    """
    U = directions(U)
    d, m = U.shape
    indices, roots = entries(order, d)
    columns = np.zeros((len(indices), m, d))
    rows = np.arange(len(indices))
    for slot in range(order):  # the derivative of a product: one factor at a time is left out
        rest = np.prod(U[np.delete(indices, slot, axis=1)], axis=1)
        columns[rows, :, indices[:, slot]] += rest * (roots / order)[:, None]
    return columns.reshape(len(indices), m * d)


def normal_basis(U: FloatArray, order: int) -> FloatArray:
    """Kernel: orthonormal basis of the symmetric tensors orthogonal to S_U, (N, N - dim S_U)."""
    left, sizes, _ = np.linalg.svd(tangent_columns(U, order), full_matrices=True)
    rank = int(np.sum(sizes > RANK_CUT * sizes[0])) if sizes[0] > 0 else 0
    return np.asarray(left[:, rank:])


def tangent_gram(U: FloatArray, order: int) -> FloatArray:
    r"""Kernel: inner products of the tangent columns, (m d, m d), without any entry of a tensor.

    .. math::

       \begin{aligned}
       &\langle P_{\mathrm{sym}}(u^{\otimes(l-1)}\otimes x),\,
       P_{\mathrm{sym}}(v^{\otimes(l-1)}\otimes y)\rangle\\
       &\quad=\tfrac1l\,\langle u,v\rangle^{l-2}
       \bigl[\langle x,y\rangle\langle u,v\rangle+(l-1)\langle u,y\rangle\langle v,x\rangle\bigr].
       \end{aligned}
    """
    U = directions(U)
    d, m = U.shape
    cosines = U.T @ U
    lower = tensor.power(cosines, order - 2)
    straight = np.einsum("ij,ab->iajb", lower * cosines, np.eye(d))
    crossed = (order - 1) * np.einsum("ij,aj,bi->iajb", lower, U, U)
    return np.asarray((straight + crossed).reshape(m * d, m * d) / order)


@lru_cache(maxsize=8)
def moment_matrix(order: int, d: int) -> FloatArray:
    r"""Kernel: second moments of :math:`u^{\otimes l}`, u uniform on the sphere, (N, N).

    :math:`E\,u^\gamma=\prod_i(\gamma_i-1)!!\,/\,d(d+2)\cdots(d+2l-2)` for even exponents, zero otherwise.
    """
    indices, roots = entries(order, d)
    odd_products = np.zeros(2 * order + 1)
    odd_products[::2] = np.cumprod([1, *range(1, 2 * order, 2)])
    moments = np.ones((len(indices), len(indices)))
    for axis in range(d):
        exponents = np.sum(indices == axis, axis=1)
        moments *= odd_products[exponents[:, None] + exponents[None, :]]
    return np.asarray(roots[:, None] * moments * roots / prod(d + 2 * j for j in range(order)))


def expected_distance_squared(U: ArrayLike, order: int) -> float:
    r"""Exact :math:`E\,\mathrm{dist}(u^{*\otimes l},S_U)^2` over :math:`u^*` uniform on the unit sphere.

    Parameters
    ----------
    U : (d, m)
        Components, of any length; a zero column adds nothing.
    order : int >= 2

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    HypothesisError
        Entries that are not finite, an order below two.

    Notes
    -----
    The trace of the moments over what is orthogonal to :math:`S_U`; nothing is sampled. Accuracy as in
    :func:`~flowbounds.bounds.lazy.distance_squared`. Source: beyond the text (wang2020.thm1.residual).

    >>> round(expected_distance_squared([[1.0], [0.0]], 3), 12)
    0.5
    """
    U = require_array("U", U, ("d", "m"))
    order = require_count("order", order, 2)
    normal = normal_basis(U, order)
    return float(np.sum(normal * (moment_matrix(order, U.shape[0]) @ normal)))
