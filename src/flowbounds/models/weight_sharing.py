r"""Sparse connections and shared weights: a layer W of free parameters v through a map of indices.

The map g has the shape of W. Where :math:`g(i,j)=0` there is no connection and :math:`W[i,j]=0`; elsewhere
:math:`W[i,j]=v[g(i,j)]`, counted from one. A convolution is the map whose entries repeat along diagonals.
By the chain rule the gradient in :math:`v[k]` is the sum of G over the entries with :math:`g=k`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowbounds.validation import FloatArray, HypothesisError, require_array, require_count


def _require_map(g: ArrayLike, size: int | None = None) -> NDArray[np.int64]:
    """A map as integers, its largest at most ``size``."""
    numbers = require_array("g", g, ("n", "k"))
    if not np.array_equal(numbers, np.rint(numbers)) or numbers.min() < 0:
        raise HypothesisError(f"g must hold integers, zero or above, got {numbers.min():g} as its least")
    if size is not None and numbers.max() > size:
        raise HypothesisError(f"g must not exceed the number of parameters {size}, got {numbers.max():g}")
    return numbers.astype(np.int64)


def expand(v: ArrayLike, g: ArrayLike) -> FloatArray:
    r"""The layer W with :math:`W[i,j]=v[g(i,j)]`, and 0 where :math:`g(i,j)=0`.

    Parameters
    ----------
    v : (k,) array
        Free parameters; v[g] counts from one.
    g : (n_h, n_{h-1}) array of integers in [0, k]
        Parameters that it does not contain are unused.

    Returns
    -------
    (n_h, n_{h-1}) array

    Raises
    ------
    HypothesisError
        Entries of ``g`` that are not such integers.

    Notes
    -----
    Source: du2018.thm2.3.

    >>> expand([5.0, 7.0], [[1, 2, 0], [0, 1, 2]]).tolist()
    [[5.0, 7.0, 0.0], [0.0, 5.0, 7.0]]
    """
    v = require_array("v", v, ("k",))
    return np.asarray(np.append(0.0, v)[_require_map(g, v.size)])


def pull_back(G: ArrayLike, g: ArrayLike, size: int) -> FloatArray:
    r"""Gradient in the free parameters, :math:`\sum_{g(i,j)=k}G[i,j]` for k = 1, ..., size, shape (size,).

    ``G`` (n_h, n_{h-1}) is the gradient in the layer, ``g`` the map of :func:`expand` and ``size`` the number
    of parameters; unused ones have gradient zero. Raises HypothesisError when shapes do not fit or ``g``
    exceeds ``size``. Source: du2018.thm2.3.

    >>> pull_back([[1.0, 2.0, 9.0], [9.0, 3.0, 4.0]], [[1, 2, 0], [0, 1, 2]], 2).tolist()
    [4.0, 6.0]
    """
    size = require_count("size", size, 1)
    numbers = _require_map(g, size)
    G = require_array("G", G, numbers.shape)
    sums = np.bincount(numbers.ravel(), weights=G.ravel(), minlength=size + 1)
    return np.asarray(sums[1:], dtype=np.float64)


def convolution_map(
    length: int, taps: int, *, channels_in: int = 1, channels_out: int = 1, circular: bool = False
) -> NDArray[np.int64]:
    r"""The map of a one-dimensional convolution; parameter :math:`((c'\,C+c)\,r+q)+1` is tap q from c to c'.

    Parameters
    ----------
    length : int >= 1
        Positions of the input; neuron :math:`c\cdot\mathrm{length}+x` is channel c at position x.
    taps : int in [1, length]
        Size r of a filter.
    channels_in, channels_out : int >= 1
        C and C'; there are C C' filters.
    circular : bool
        Positions wrap around and the output has ``length`` of them; otherwise it has length - taps + 1.

    Returns
    -------
    (C' * output length, C * length) array of integers
        For :func:`expand` with ``taps * channels_in * channels_out`` parameters.

    Raises
    ------
    HypothesisError
        Sizes out of range.

    Notes
    -----
    Source: du2018.thm2.3, the case in its text. As usual in networks, filters are not reversed.

    >>> convolution_map(3, 2).tolist()
    [[1, 2, 0], [0, 1, 2]]
    >>> convolution_map(3, 2, circular=True).tolist()
    [[1, 2, 0], [0, 1, 2], [2, 0, 1]]
    """
    length = require_count("length", length, 1)
    taps = require_count("taps", taps, 1, length)
    into, out = require_count("channels_in", channels_in, 1), require_count("channels_out", channels_out, 1)
    places = length if circular else length - taps + 1
    g = np.zeros((out, places, into, length), dtype=np.int64)
    x, q = np.meshgrid(np.arange(places), np.arange(taps), indexing="ij")
    for to in range(out):
        for of in range(into):
            g[to, x, of, (x + q) % length] = (to * into + of) * taps + q + 1
    return g.reshape(out * places, into * length)
