r"""Two layers with a given imbalance and product at which Proposition 2 is attained.

Weights with :math:`W_1^\top W_1-W_2W_2^\top=D` and :math:`W_1W_2=W` exist exactly when D has at most n
positive and at most m negative eigenvalues and W has rank at most h. Up to rotations they can be built from
blocks, each on one row of W_1, one column of W_2 and the eigenvectors of two eigenvalues a and -b of D:

.. math:: x=(\sqrt a\,\mathrm{ch},\sqrt b\,\mathrm{sh}),\quad
          y=(\sqrt a\,\mathrm{sh},\sqrt b\,\mathrm{ch}),\quad (a+b)\,\mathrm{ch}\,\mathrm{sh}=\sigma,

a hyperbolic rotation, for which :math:`xx^\top` and :math:`y^\top y` are the two halves of Proposition 2 with
these a, b and :math:`\sigma`. The smallest singular value is paired with :math:`a_n` and :math:`b_1`.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.two_layer_rates import matrix, symmetric
from flowbounds.validation import FloatArray, HypothesisError

NOTHING = 1e-13  # of the largest of |D| and |W|: eigenvalues and singular values that are taken for zero


def two_layer_minimizer(D: ArrayLike, W: ArrayLike) -> tuple[FloatArray, FloatArray]:
    r"""Weights of imbalance D and product W, those of least :math:`\lambda_{\min}(T)` when :math:`n\ne m`.

    Parameters
    ----------
    D : (h, h)
        Symmetric, with at most n positive and at most m negative eigenvalues.
    W : (n, m)
        Of rank at most h.

    Returns
    -------
    W1 : (n, h)
    W2 : (h, m)
        At them :math:`\lambda_{\min}(T)` equals Proposition 2's bound when :math:`n\ne m`; also for n = m
        when W is singular, when its two smallest singular values are equal, and when :math:`a_1=a_n` and
        :math:`b_1=b_n`. Otherwise the value for n = m is an upper bound of the least one.

    Raises
    ------
    HypothesisError
        A ``D`` that is not symmetric or no imbalance of such layers, a ``W`` whose rank exceeds h.

    Notes
    -----
    Accurate to 1e-12 of the larger of :math:`\|D\|` and :math:`\|W\|`. Source: min2022.two.equality; the
    construction is beyond the text.

    >>> W1, W2 = two_layer_minimizer([[3.0]], [[2.0]])
    >>> (W1.round(12).tolist(), W2.round(12).tolist())
    ([[2.0]], [[1.0]])
    """
    D, W = symmetric("D", D), matrix("W", W)
    values, frame = np.linalg.eigh(D)
    values, frame = values[::-1], frame[:, ::-1]
    left, sigma, right = np.linalg.svd(W)
    small = NOTHING * max(float(np.max(np.abs(values))), float(sigma[0]))
    p, q, rank = (int(np.sum(x > small)) for x in (values, -values, sigma))
    (n, m), h = W.shape, values.size
    for name, count, limit in (("positive", p, n), ("negative", q, m)):
        if count > limit:
            raise HypothesisError(
                f"D must have at most {limit} {name} eigenvalues to be an imbalance of layers "
                f"with W of shape {W.shape}, got {count}"
            )
    if rank > h:
        raise HypothesisError(f"W must have rank at most {h}, the size of D, got {rank}")
    if n > m:  # the mirror image: transposed layers have imbalance -D and product W^T
        mirrored2, mirrored1 = _core(-values[::-1], sigma, n, (q, p, rank))
        core1, core2 = mirrored1.T[:, ::-1], mirrored2.T[::-1]
    else:
        core1, core2 = _core(values, sigma, m, (p, q, rank))
    return np.asarray(left @ core1 @ frame.T), np.asarray(frame @ core2 @ right)


def _core(
    values: FloatArray, sigma: FloatArray, m: int, counts: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray]:
    """Both layers in the eigenvectors of D and the singular vectors of W, n <= m."""
    (p, q, rank), h, n = counts, values.size, sigma.size
    W1, W2 = np.zeros((n, h)), np.zeros((h, m))
    zero = p  # the next eigenvector of eigenvalue zero that is free
    for i, (k, j) in enumerate(_pairs(n, m, rank)):
        a, b = (values[k] if k < p else 0.0), (-values[h - 1 - j] if j < q else 0.0)
        if a + b == 0:
            W1[i, zero] = W2[zero, i] = np.sqrt(sigma[i])
            zero += 1
            continue
        total = a + b
        sh = np.sqrt(2 * sigma[i] / total * (sigma[i] / (np.hypot(total, 2 * sigma[i]) + total)))
        ch = np.hypot(1, sh)
        if a > 0:
            W1[i, k], W2[k, i] = np.sqrt(a) * ch, np.sqrt(a) * sh
        if b > 0:
            W1[i, h - 1 - j], W2[h - 1 - j, i] = np.sqrt(b) * sh, np.sqrt(b) * ch
    for k in range(rank, min(p, n)):  # what is left has a row or a column to itself
        W1[k, k] = np.sqrt(values[k])
    for j in range(rank, min(q, m)):
        W2[h - 1 - j, j] = np.sqrt(-values[h - 1 - j])
    return W1, W2


def _pairs(n: int, m: int, rank: int) -> list[tuple[int, int]]:
    """Which (a, b), counted from the largest, goes with each non-zero singular value, the largest first.

    The last one gets the smallest of the first ``rank`` a and the largest b. Where every a and b is used up
    (n = m = rank) the last but one gets the opposite pair, which binds the second half of the bound.
    """
    pairs = [(i, rank - 1 - i) for i in range(rank)]
    if n == m == rank > 1:
        pairs = [*pairs[1:-1], pairs[0], pairs[-1]]
    return pairs
