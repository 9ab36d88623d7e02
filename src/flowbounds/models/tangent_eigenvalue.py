r"""Smallest eigenvalue of the tangent operator without its matrix, for products of some hundred rows.

The matrix of :math:`T(E)=\sum_lP_{l-1}P_{l-1}^\top E\,Q_{l+1}^\top Q_{l+1}` has :math:`(nm)^2` entries;
applying T takes two small products a layer. The search is LOBPCG in the *joint eigenbasis of the two end
terms*: with :math:`P_{L-1}P_{L-1}^\top=U\,\mathrm{diag}(a)\,U^\top` and
:math:`Q_2^\top Q_2=V\,\mathrm{diag}(b)\,V^\top` the operator on :math:`U^\top EV` has the diagonal

.. math:: \delta_{ij}=a_i+b_j
          +\sum_{1<l<L}(U^\top P_{l-1}P_{l-1}^\top U)_{ii}\,(V^\top Q_{l+1}^\top Q_{l+1}V)_{jj},

which is all of T for two layers and for balanced ones. It starts and preconditions the search; without it
LOBPCG stops far from the smallest eigenvalue, since the spectrum of T spreads over many orders of magnitude.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator, lobpcg

from flowbounds.models.layer_chain import Weights, prefixes, require_chain, suffixes
from flowbounds.validation import FloatArray

Terms = list[tuple[FloatArray, FloatArray]]

DENSE = 400  # nm up to which the Jacobian's singular vectors are computed instead
BLOCK = 2  # directions sought at once; a third costs products and found nothing more
STEPS = 280  # each takes BLOCK products at most, so that the whole stays below 600
STOP = 1e-11  # residual at which the search ends, in units of the largest term's norm
MIXED = 0.1  # share of every direction in the start, lest an invariant subspace hold the search


class TangentEigenvalue(NamedTuple):
    """The smallest eigenvalue of T as found, the residual of its eigenvector, and a lower bound."""

    value: float
    residual: float
    lower_bound: float


def factors(weights: Weights) -> Terms:
    """Kernel: (A_l, B_l) with T(E) = sum A_l A_l^T E B_l^T B_l; A_l (n, <= n), B_l (<= m, m), any widths."""
    P, Q = prefixes(weights), suffixes(weights)
    return [(_narrow(P[k].T).T, _narrow(Q[k + 1])) for k in range(len(weights))]


def _narrow(tall: FloatArray) -> FloatArray:
    """A matrix of no more rows than columns with the same Gram matrix."""
    return tall if tall.shape[0] <= tall.shape[1] else np.asarray(np.linalg.qr(tall, mode="r"))


def largest_term(terms: Terms) -> float:
    """Kernel: the largest norm of a term, between ||T|| / L and ||T||."""
    return max(float(np.linalg.norm(A, 2) ** 2 * np.linalg.norm(B, 2) ** 2) for A, B in terms)


def tangent_smallest(weights: Sequence[ArrayLike]) -> TangentEigenvalue:
    r"""Smallest eigenvalue of T with its residual and a lower bound; matrix-free beyond small nm.

    Parameters
    ----------
    weights : list of (h_{l-1}, h_l) arrays
        One or more layers whose shapes chain.

    Returns
    -------
    value : float >= 0
        The Rayleigh quotient :math:`\|J^\top x\|^2` of the unit vector x found: never below
        :math:`\lambda_{\min}(T)`, up to rounding.
    residual : float >= 0
        :math:`\|Tx-\mathrm{value}\,x\|`: an eigenvalue of T lies this near to ``value``. Below
        :math:`10^{-9}\|T\|` wherever it was measured; a larger one says that the search did not converge.
    lower_bound : float >= 0
        The sum over the layers of :math:`\lambda_{\min}(P_{l-1}P_{l-1}^\top)` times
        :math:`\lambda_{\min}(Q_{l+1}^\top Q_{l+1})`, rigorous up to rounding: the smallest eigenvalue of a
        sum is at least the sum of the smallest, and T's terms are Kronecker products.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, entries that are not finite.

    Notes
    -----
    Two layers and nm up to 400 directly. The error of ``value`` is of second order in the residual, and
    rounding leaves about :math:`10^{-16}\|T\|` in x; where the eigenvalue itself is below that of small
    networks use :func:`~flowbounds.models.linear_network.tangent_min_eigenvalue`. Deterministic. Source:
    min2022.general.lambda_min; the method is beyond the text.

    >>> tangent_smallest([[[2.0]], [[3.0]]]).value
    13.0
    """
    terms = factors(require_chain(weights))
    n, m = terms[0][0].shape[0], terms[0][1].shape[1]
    if largest_term(terms) == 0:
        return TangentEigenvalue(0.0, 0.0, 0.0)
    if len(terms) < 3:
        (U, _), (V, _) = _eigenbasis(terms[-1][0]), _eigenbasis(terms[0][1].T)
        E = np.outer(U[:, -1], V[:, -1])
    elif n * m <= DENSE:
        J = np.hstack([np.kron(A, B.T) for A, B in terms])
        E = np.linalg.svd(J, full_matrices=J.shape[1] < n * m)[0][:, -1].reshape(n, m)
    else:
        E, _ = search(terms)
    slopes = [A.T @ E @ B.T for A, B in terms]
    value = sum(float(np.sum(slope * slope)) for slope in slopes)
    image = sum((A @ slope @ B for (A, B), slope in zip(terms, slopes, strict=True)), np.zeros_like(E))
    lower = sum(float(_eigenbasis(A)[1][-1] * _eigenbasis(B.T)[1][-1]) for A, B in terms)
    return TangentEigenvalue(value, float(np.linalg.norm(image - value * E)), lower)


def _eigenbasis(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvectors and eigenvalues of A A^T, largest first, from the singular values of A."""
    U, s, _ = np.linalg.svd(A)
    return np.asarray(U), np.concatenate([s**2, np.zeros(U.shape[0] - s.size)])


def search(terms: Terms) -> tuple[FloatArray, int]:
    """Kernel: the unit E (n, m) LOBPCG ends at, and how often T was applied; for three or more terms."""
    (U, a), (V, b) = _eigenbasis(terms[-1][0]), _eigenbasis(terms[0][1].T)
    scale = largest_term(terms)
    ends = (a[:, None] + b[None, :]) / scale
    middle = []
    for A, B in terms[1:-1]:
        left, right = U.T @ A, B @ V
        middle.append((left @ left.T / scale, right.T @ right))
    diagonal = ends + sum(np.multiply.outer(np.diag(left), np.diag(right)) for left, right in middle)
    products = 0

    def apply(block: FloatArray) -> FloatArray:
        nonlocal products
        E = np.ascontiguousarray(block.T).reshape(-1, *ends.shape)
        products += len(E)
        image = sum((left @ E @ right for left, right in middle), ends * E)
        return np.asarray(image.reshape(len(E), -1).T)

    flat = diagonal.ravel()[:, None]
    inverse = 1 / np.maximum(flat, np.finfo(float).eps * flat.max())
    size = flat.size
    operator = LinearOperator((size, size), matvec=apply, matmat=apply, dtype=np.float64)
    scaled = LinearOperator(
        (size, size),
        matvec=lambda x: inverse * x.reshape(size, -1),
        matmat=lambda X: inverse * X,
        dtype=float,
    )
    mixed = inverse * np.random.default_rng(0).normal(size=(size, BLOCK))
    start = MIXED * mixed / np.linalg.norm(mixed, axis=0)
    start[np.argsort(flat[:, 0], kind="stable")[:BLOCK], np.arange(BLOCK)] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is in the residual that is returned
        values, vectors = lobpcg(operator, start, M=scaled, tol=STOP, maxiter=STEPS, largest=False)
    x = np.asarray(vectors)[:, int(np.argmin(values))].reshape(ends.shape)
    return np.asarray(U @ (x / np.linalg.norm(x)) @ V.T), products
