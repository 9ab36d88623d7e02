"""Random layers of linear networks: the ensembles on which the checks draw their weights.

Shapes come in a chain: ``itertools.pairwise((n, h, m))`` are those of two layers.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from flowbounds.models.layer_chain import Weights, require_chain
from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count

KINDS = ("gaussian", "scaled", "low_rank", "row_scales", "integers", "identity", "orthogonal")


def random_layers(shapes: Iterable[tuple[int, int]], rng: Generator, kind: str = "gaussian") -> Weights:
    r"""Layers of the given shapes, drawn independently.

    Parameters
    ----------
    shapes : (rows, columns) of every layer, in a chain
    rng : numpy.random.Generator
    kind : one of ``KINDS``
        Standard normal entries (``gaussian``); a layer of them times :math:`10^{U(-3,3)}` (``scaled``), of
        random lower rank where there is room (``low_rank``), its rows times :math:`10^{U(-2,2)}`
        (``row_scales``); entries in {-1, 0, 1} (``integers``: ties, repeated and zero eigenvalues); the
        first rows and columns of a multiple of the identity or of an orthogonal matrix (``identity``,
        ``orthogonal``).

    Returns
    -------
    list of (rows, columns) arrays

    Raises
    ------
    HypothesisError
        Shapes that do not chain or are empty, an unknown ``kind``.

    Notes
    -----
    Source: beyond the text (the slides test nothing).

    >>> [layer.shape for layer in random_layers([(2, 3), (3, 1)], np.random.default_rng(0), "integers")]
    [(2, 3), (3, 1)]
    """
    if kind not in KINDS:
        raise HypothesisError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    return require_chain([_layer(rows, columns, rng, kind) for rows, columns in shapes])


def _layer(rows: int, columns: int, rng: Generator, kind: str) -> FloatArray:
    rows, columns = require_count("shapes", rows, 1), require_count("shapes", columns, 1)
    if kind == "integers":
        return rng.integers(-1, 2, size=(rows, columns)).astype(float)
    if kind == "identity":
        return np.asarray(rng.uniform(0.5, 2.0) * np.eye(rows, columns))
    if kind == "orthogonal":
        whole = _frame(max(rows, columns), max(rows, columns), rng)
        return np.asarray(rng.uniform(0.5, 2.0) * whole[:rows, :columns])
    layer = rng.normal(size=(rows, columns))
    if kind == "scaled":
        layer = layer * 10.0 ** rng.uniform(-3, 3)
    elif kind == "low_rank":
        rank = int(rng.integers(1, max(2, min(rows, columns))))
        layer = rng.normal(size=(rows, rank)) @ rng.normal(size=(rank, columns))
    elif kind == "row_scales":
        layer = layer * 10.0 ** rng.uniform(-2, 2, size=(rows, 1))
    return np.asarray(layer)


def _frame(size: int, columns: int, rng: Generator) -> FloatArray:
    """Orthonormal columns, (size, columns), uniformly distributed."""
    Q, R = np.linalg.qr(rng.normal(size=(size, columns)))
    return np.asarray(Q * np.where(np.diag(R) < 0, -1.0, 1.0))


def balanced_layers(n: int, m: int, hidden: Sequence[int], rng: Generator) -> Weights:
    r"""Layers whose imbalances are all zero, :math:`W_l=O_{l-1}SO_l^\top`, with orthonormal frames O.

    Parameters
    ----------
    n, m : int >= 1
        Shape of the product.
    hidden : widths :math:`h_1,\ldots,h_{L-1}`
    rng : numpy.random.Generator

    Returns
    -------
    list of L arrays
        All of rank min(n, m, hidden); the singular values are uniform in [0.5, 1.5]. Zero to rounding.

    Raises
    ------
    HypothesisError
        A width below one.

    Notes
    -----
    Source: min2022.rate.balanced.

    >>> from flowbounds.models.linear_network import imbalances
    >>> D = imbalances(balanced_layers(2, 3, (4,), np.random.default_rng(0)))[0]
    >>> float(abs(D).max()) < 1e-14
    True
    """
    widths = [require_count("n", n, 1), *(require_count("hidden", h, 1) for h in hidden)]
    widths.append(require_count("m", m, 1))
    rank = min(widths)
    S = rng.uniform(0.5, 1.5, size=rank)
    frames = [_frame(width, rank, rng) for width in widths]
    return [(left * S) @ right.T for left, right in pairwise(frames)]


def spectral_layers(W: ArrayLike, hidden: Sequence[int]) -> Weights:
    r"""Balanced layers through the widths ``hidden`` whose product is W, or the nearest one that fits.

    With :math:`W=USV^\top`: :math:`W_1=US^{1/L}`, :math:`W_l=S^{1/L}`, :math:`W_L=S^{1/L}V^\top`, filled up
    with zeros.

    Parameters
    ----------
    W : (n, m)
    hidden : widths :math:`h_1,\ldots,h_{L-1}`

    Returns
    -------
    list of L arrays
        Their product is W when no width is below its rank, and otherwise W cut to its largest singular
        values, the best approximation of that rank (Eckart and Young).

    Raises
    ------
    HypothesisError
        ``W`` not a finite matrix, a width below one.

    Notes
    -----
    Imbalances zero. Source: min2022.setting.overparam.

    >>> from flowbounds.models.linear_network import product
    >>> product(spectral_layers([[2.0, 0.0], [0.0, 1.0]], (1,))).round(12).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    W = require_array("W", W, ("n", "m"))
    widths = [require_count("hidden", h, 1) for h in hidden]
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    root = np.diag(s ** (1 / (len(widths) + 1)))
    corners = [s.size, *widths, s.size]
    layers = [_corner(root, rows, columns) for rows, columns in pairwise(corners)]
    layers[0], layers[-1] = U @ layers[0], layers[-1] @ Vt
    return layers


def _corner(matrix: FloatArray, rows: int, columns: int) -> FloatArray:
    """The first rows and columns of a matrix, filled with zeros beyond its size."""
    result = np.zeros((rows, columns))
    kept = matrix[:rows, :columns]
    result[: kept.shape[0], : kept.shape[1]] = kept
    return result
