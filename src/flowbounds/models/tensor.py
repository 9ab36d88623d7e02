r"""Symmetric tensors :math:`\sum_k a_k\, v_k^{\otimes l}`, kept as vectors and weights.

A tensor is a pair ``vectors`` (d, k), ``weights`` (k,); the array with :math:`d^l` entries is never
formed. Everything follows from :math:`\langle v^{\otimes l}, u^{\otimes l}\rangle=\langle v,u\rangle^l`.
These are kernels: shapes are the caller's business, validated at the public functions above them.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, combinations_with_replacement
from math import factorial

import numpy as np

from flowbounds.validation import FloatArray

COLUMN_BLOCK = 256  # bounds the Gram block at 256 k numbers; below 64 the matrix products starve
MONOMIAL_BLOCK = 8192  # same purpose for the table of distinct entries
CANCELLATION = 1e-6  # Gram form of a squared distance kept while the result exceeds this share of its terms


def power(x: FloatArray, exponent: int) -> FloatArray:
    """``x**exponent`` by multiplication; numpy's float power is several times slower."""
    result = np.array(x)
    for _ in range(exponent - 1):
        result *= x
    return result if exponent > 0 else np.ones_like(x)


def inner(
    vectors: FloatArray, weights: FloatArray, others: FloatArray, other_weights: FloatArray, order: int = 4
) -> float:
    r"""Inner product :math:`\sum_{kj}a_k b_j\langle v_k,u_j\rangle^l` of two symmetric tensors."""
    return float(weights @ power(vectors.T @ others, order) @ other_weights)


def evaluate(vectors: FloatArray, weights: FloatArray, points: FloatArray, order: int = 4) -> FloatArray:
    r"""Values :math:`T(x^{\otimes l})` at the columns of ``points`` (d, n): shape (n,)."""
    return np.asarray(weights @ power(vectors.T @ points, order))


def contract(vectors: FloatArray, weights: FloatArray, points: FloatArray, order: int = 4) -> FloatArray:
    r"""Contractions :math:`T(x^{\otimes(l-1)}, I)=\sum_k a_k\langle v_k,x\rangle^{l-1}v_k`: shape (d, n).

    4 d k multiply-adds a column in two matrix products; memory ``k * COLUMN_BLOCK`` numbers.
    """
    scaled = vectors * weights
    result = np.empty_like(points)
    for start in range(0, points.shape[1], COLUMN_BLOCK):
        block = slice(start, start + COLUMN_BLOCK)
        result[:, block] = scaled @ power(vectors.T @ points[:, block], order - 1)
    return result


@lru_cache(maxsize=8)
def _monomials(d: int, order: int) -> tuple[np.ndarray, FloatArray]:
    """Sorted index tuples of the distinct entries, and how often each occurs in the full tensor."""
    tuples = chain.from_iterable(combinations_with_replacement(range(d), order))
    indices = np.fromiter(tuples, dtype=np.intp).reshape(-1, order)
    runs = np.ones(len(indices))  # product of the factorials of the run lengths
    length = np.ones(len(indices))
    for column in range(1, order):
        length = np.where(indices[:, column] == indices[:, column - 1], length + 1, 1.0)
        runs *= length
    return indices, factorial(order) / runs


def _entries(vectors: FloatArray, weights: FloatArray, order: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Blocks of (distinct entries, multiplicities) of the tensor."""
    indices, multiplicity = _monomials(vectors.shape[0], order)
    for start in range(0, len(indices), MONOMIAL_BLOCK):
        block = indices[start : start + MONOMIAL_BLOCK]
        product = vectors[block[:, 0]]
        for column in range(1, order):
            product = product * vectors[block[:, column]]
        yield product @ weights, multiplicity[start : start + MONOMIAL_BLOCK]


def squared_norm(vectors: FloatArray, weights: FloatArray, order: int = 4) -> float:
    r"""Squared Frobenius norm of :math:`\sum_k a_k v_k^{\otimes l}`, weights of either sign.

    The Gram form costs :math:`k^2d` but is a difference of large terms when positive and negative
    weights nearly cancel; then the :math:`\binom{d+l-1}{l}` distinct entries are summed instead, each a
    small number with relative accuracy. So a squared distance is relatively accurate to about 1e-10
    above, and down to the square of a rounding error of an entry, about 1e-33 of the terms' scale.
    """
    gram = power(vectors.T @ vectors, order)
    by_gram = float(weights @ gram @ weights)
    scale = float(np.abs(weights) @ np.abs(gram) @ np.abs(weights))
    if by_gram > CANCELLATION * scale:
        return by_gram
    return float(sum(np.sum(count * entry * entry) for entry, count in _entries(vectors, weights, order)))


def off_diagonal_norm(vectors: FloatArray, weights: FloatArray, order: int = 4) -> float:
    r"""Norm of what is left of :math:`\sum_k a_k v_k^{\otimes l}` without its entries (i, ..., i).

    Summed over the distinct entries: each is a small number by itself, where the difference of two norms
    would cancel.
    """
    blocks = _entries(vectors, weights, order)
    return float(np.sqrt(sum(np.sum((count * entry * entry)[count > 1]) for entry, count in blocks)))
