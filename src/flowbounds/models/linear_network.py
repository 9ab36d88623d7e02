r"""Linear networks :math:`W=W_1W_2\cdots W_L`: product, layer gradients, imbalances, tangent operator.

Layer l is ``weights[l - 1]``, of shape :math:`(h_{l-1},h_l)`, with :math:`h_0=n` and :math:`h_L=m`. Put
:math:`P_k=W_1\cdots W_k` and :math:`Q_k=W_k\cdots W_L` (:math:`P_0=I_n`, :math:`Q_{L+1}=I_m`). The gradient
of :math:`f(W_1\cdots W_L)` in layer l is :math:`P_{l-1}^\top\nabla f\,Q_{l+1}^\top`, and under gradient flow
the product moves by :math:`\dot W=-T(\nabla f)` with the *tangent operator*

.. math:: T(E)=\sum_{l=1}^LP_{l-1}P_{l-1}^\top\,E\,Q_{l+1}^\top Q_{l+1}=JJ^\top\mathrm{vec}(E),

J the Jacobian of the product in the weights: T is the neural tangent kernel of the linear model.
Vectorisation is row-major, so that :math:`\mathrm{vec}(AEB)=(A\otimes B^\top)\mathrm{vec}(E)`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.layer_chain import Weights, prefixes, require_chain, suffixes
from flowbounds.models.tangent_eigenvalue import tangent_smallest
from flowbounds.validation import FloatArray, require_array

__all__ = [
    "imbalances",
    "jacobian",
    "layer_gradients",
    "product",
    "pull_back",
    "tangent_apply",
    "tangent_matrix",
    "tangent_min_eigenvalue",
    "tangent_smallest",
]


def product(weights: Sequence[ArrayLike]) -> FloatArray:
    r"""The matrix :math:`W_1W_2\cdots W_L`, shape (n, m).

    Parameters
    ----------
    weights : list of (h_{l-1}, h_l) arrays
        One or more layers whose shapes chain.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, entries that are not finite. Source: min2022, problem setting.

    >>> product([[[1.0, 2.0]], [[3.0], [4.0]]]).tolist()
    [[11.0]]
    """
    return prefixes(require_chain(weights))[-1]


def pull_back(weights: Weights, G: FloatArray) -> Weights:
    """Kernel: gradients in the layers from the gradient ``G`` (n, m) in the product."""
    P, Q = prefixes(weights), suffixes(weights)
    return [P[k].T @ G @ Q[k + 1].T for k in range(len(weights))]


def layer_gradients(weights: Sequence[ArrayLike], G: ArrayLike) -> Weights:
    r"""Gradients :math:`P_{l-1}^\top G\,Q_{l+1}^\top` of f(W_1 ... W_L), given :math:`G=\nabla f` (n, m).

    By suffix products: 3 (L - 1) products of two matrices besides the sums that define P and Q. ``weights``
    as in :func:`product`. Raises HypothesisError when ``G`` does not have the product's shape. Source:
    min2022, general case.

    >>> [g.tolist() for g in layer_gradients([[[2.0]], [[3.0]]], [[1.0]])]
    [[[3.0]], [[2.0]]]
    """
    chain = require_chain(weights)
    G = require_array("G", G, (chain[0].shape[0], chain[-1].shape[1]))
    return pull_back(chain, G)


def imbalances(weights: Sequence[ArrayLike]) -> Weights:
    r"""Imbalance matrices :math:`D_l=W_l^\top W_l-W_{l+1}W_{l+1}^\top`, l = 1, ..., L - 1.

    Parameters
    ----------
    weights : list of (h_{l-1}, h_l) arrays
        Layers whose shapes chain; one layer has no imbalance.

    Returns
    -------
    list of (h_l, h_l) arrays
        Symmetric; ``imbalances(w)[0]`` is :math:`D_1`. Accurate to rounding of the larger term.

    Raises
    ------
    HypothesisError
        Shapes that do not chain, entries that are not finite.

    Notes
    -----
    Conserved by gradient flow, whatever f is. Source: min2022.general.imbalance.

    >>> imbalances([[[2.0]], [[1.0]]])[0].tolist()
    [[3.0]]
    """
    chain = require_chain(weights)
    return [left.T @ left - right @ right.T for left, right in pairwise(chain)]


def tangent_apply(weights: Sequence[ArrayLike], E: ArrayLike) -> FloatArray:
    r"""The tangent operator :math:`T(E)=\sum_lP_{l-1}P_{l-1}^\top E\,Q_{l+1}^\top Q_{l+1}`, shape (n, m).

    ``weights`` as in :func:`product`, ``E`` (n, m). Symmetric and positive semidefinite in the inner product
    of the entries. Raises HypothesisError for shapes that do not fit. Source: min2022.general.T.

    >>> tangent_apply([[[2.0]], [[3.0]]], [[1.0]]).tolist()  # u^2 + v^2
    [[13.0]]
    """
    chain = require_chain(weights)
    E = require_array("E", E, (chain[0].shape[0], chain[-1].shape[1]))
    P, Q = prefixes(chain), suffixes(chain)
    terms = (P[k] @ (P[k].T @ E @ Q[k + 1].T) @ Q[k + 1] for k in range(len(chain)))
    return np.asarray(sum(terms, np.zeros_like(E)))


def jacobian(weights: Weights) -> FloatArray:
    """Kernel: the Jacobian of the product in all weights, (nm, sum h_{l-1} h_l), row-major."""
    P, Q = prefixes(weights), suffixes(weights)
    return np.hstack([np.kron(P[k], Q[k + 1].T) for k in range(len(weights))])


def tangent_matrix(weights: Sequence[ArrayLike]) -> FloatArray:
    r"""The matrix of T in row-major order, :math:`\sum_lP_{l-1}P_{l-1}^\top\otimes Q_{l+1}^\top Q_{l+1}`.

    Shape (nm, nm), for small nm. ``weights`` and errors as in :func:`product`. Source: min2022.general.T.

    >>> tangent_matrix([[[2.0]], [[3.0]]]).tolist()
    [[13.0]]
    """
    chain = require_chain(weights)
    P, Q = prefixes(chain), suffixes(chain)
    terms = (np.kron(P[k] @ P[k].T, Q[k + 1].T @ Q[k + 1]) for k in range(len(chain)))
    size = chain[0].shape[0] * chain[-1].shape[1]
    return np.asarray(sum(terms, np.zeros((size, size))))


def tangent_min_eigenvalue(weights: Sequence[ArrayLike]) -> float:
    r"""Smallest eigenvalue of T, as the square of the smallest singular value of its Jacobian.

    Its square root is accurate to rounding of the largest singular value, so that values down to
    :math:`10^{-32}` of the largest eigenvalue are resolved; the eigenvalues of the matrix itself end at
    :math:`10^{-16}`. For small nm.
    ``weights`` and errors as in :func:`product`. Source: min2022.general.lambda_min.

    >>> round(tangent_min_eigenvalue([[[2.0]], [[3.0]]]), 12)
    13.0
    """
    J = jacobian(require_chain(weights))
    if J.shape[1] < J.shape[0]:
        return 0.0
    return float(np.linalg.svd(J, compute_uv=False)[-1] ** 2)
