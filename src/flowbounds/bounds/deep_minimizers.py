r"""Deep networks with given ordered imbalances at which the bounds of ``deep_rates`` are attained.

The weights are *aligned*: :math:`W_l=V_{l-1}\Sigma_lV_l^\top`, with :math:`V_l` the eigenvectors of
:math:`D_l` (largest :math:`|\lambda|` first), :math:`V_0` and :math:`V_L` identities and :math:`\Sigma_l`
diagonal. The network then is one scalar network for every k, with imbalances :math:`\lambda_k(D_l)`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.deep_rates import ROUNDING, sides, smallest_layer
from flowbounds.bounds.imbalance_spectra import imbalance_list, spectra
from flowbounds.bounds.scalar_rates import scalar_squares
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range


def unimodal_minimizer(Ds: Sequence[ArrayLike], n: int, m: int) -> list[FloatArray]:
    r"""Weights of the imbalances Ds with the least :math:`\lambda_{\min}(T)`, the bound of ``unimodal_rate``.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        As in :func:`~flowbounds.bounds.deep_rates.unimodal_rate`, at least one.
    n, m : int >= 1
        Shape of the product.

    Returns
    -------
    list of L arrays
        Layer l* is zero, so is their product.

    Raises
    ------
    HypothesisError
        No or badly ordered imbalances, or ones of more eigenvalues than the layers outside have room for:
        :math:`D_l` before l* has rank at most :math:`\min(n,h_1,\ldots,h_l)`, and its mirror image.

    Notes
    -----
    Accurate to 1e-12 of the largest eigenvalue. Source: beyond the text.

    >>> [layer.round(12).tolist() for layer in unimodal_minimizer([[[9.0]], [[-4.0]]], 1, 1)]
    [[[3.0]], [[0.0]], [[2.0]]]
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    matrices = _at_least_one(Ds)
    layer = smallest_layer(spectra(matrices))
    small = ROUNDING * max(float(np.max(np.abs(D))) for D in matrices)
    before, after = matrices[: layer - 1], [-D for D in matrices[layer - 1 :]][::-1]
    left = _aligned(before, n, [f"Ds[{k}]" for k in range(layer - 1)], small)
    names = [f"Ds[{k}]" for k in range(layer - 1, len(matrices))][::-1]
    right = [one.T for one in _aligned(after, m, names, small)][::-1]
    rows = before[-1].shape[0] if before else n
    columns = after[-1].shape[0] if after else m
    return [*left, np.zeros((rows, columns)), *right]


def one_sided_minimizer(Ds: Sequence[ArrayLike], n: int, m: int, sigma: float) -> list[FloatArray]:
    r"""Weights of imbalances Ds of one sign, every singular value of their product equal to ``sigma``.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        All positive semidefinite with n <= m, or all negative semidefinite with n >= m; at least one.
    n, m : int >= 1
        Shape of the product, at most all widths.
    sigma : float >= 0

    Returns
    -------
    list of L arrays
        At them :math:`\lambda_{\min}(T)` is the bound of
        :func:`~flowbounds.bounds.deep_rates.one_sided_rate` when n and m differ.

    Raises
    ------
    HypothesisError
        Imbalances of both signs, or of the sign that n and m do not allow, or of rank above min(n, m);
        widths below min(n, m).

    Notes
    -----
    Accurate to 1e-12 of the largest eigenvalue. Source: beyond the text.

    >>> [layer.round(12).tolist() for layer in one_sided_minimizer([[[3.0]]], 1, 2, 2.0)]
    [[[2.0]], [[1.0, 0.0]]]
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    sigma = require_range("sigma", sigma, 0.0, np.inf)
    matrices = _at_least_one(Ds)
    found = sides(spectra(matrices), sigma)
    if not any(n <= m if layer > 1 else n >= m for layer in found):
        raise HypothesisError(
            f"Ds must be positive semidefinite for n < m and negative semidefinite for n > m, "
            f"got n = {n:g}, m = {m:g} and the other sign"
        )
    if not any(layer > 1 and n <= m for layer in found):
        return [one.T for one in one_sided_minimizer([-D for D in matrices[::-1]], m, n, sigma)][::-1]
    depth = len(matrices) + 1
    values, frames = _eigen(matrices)
    small = ROUNDING * max(max(float(abs(one[0])) for one in values), sigma ** (2 / depth))
    for k, one in enumerate(values):
        if one.size < n:
            raise HypothesisError(f"Ds[{k}] must be at least {n} x {n}, the width of W, got {one.size}")
        _require_room(f"Ds[{k}]", one, n, small)
    squares = np.array([scalar_squares([max(0.0, one[k]) for one in values], sigma) for k in range(n)])
    return _turned(list(squares.T), [np.eye(n), *frames, np.eye(m)])


def _at_least_one(Ds: Sequence[ArrayLike]) -> list[FloatArray]:
    matrices = imbalance_list(Ds)
    if not matrices:
        raise HypothesisError("Ds must hold at least one imbalance, got none")
    return matrices


def _eigen(matrices: list[FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Eigenvalues, largest first, and eigenvectors."""
    pairs = [np.linalg.eigh(D) for D in matrices]
    return [np.asarray(v[::-1]) for v, _ in pairs], [np.asarray(F[:, ::-1]) for _, F in pairs]


def _require_room(name: str, values: FloatArray, room: int, small: float) -> None:
    if values.size > room and values[room] > small:
        raise HypothesisError(
            f"{name} must have rank at most {room} to be an imbalance of such layers, "
            f"got {values[room]:.3g} as eigenvalue {room + 1} of its sign"
        )


def _aligned(matrices: list[FloatArray], n: int, names: list[str], small: float) -> list[FloatArray]:
    """Layers 1, ..., l* - 1 of the minimiser: squares are the sums of the eigenvalues from there to l*."""
    values, frames = _eigen(matrices)
    room, kept = n, []
    for name, one in zip(names, values, strict=True):
        room = min(room, one.size)
        _require_room(name, one, room, small)
        kept.append(np.concatenate([np.maximum(one[:room], 0.0), np.zeros(n - room)]))
    squares = [np.sum(kept[k:], axis=0) for k in range(len(kept))]
    return _turned(squares, [np.eye(n), *frames])


def _turned(squares: list[FloatArray], frames: list[FloatArray]) -> list[FloatArray]:
    """Layers with the given squared singular values between consecutive frames."""
    layers = []
    for k, one in enumerate(squares):
        left, right = frames[k], frames[k + 1]
        size = min(one.size, left.shape[1], right.shape[1])
        layers.append(np.asarray(left[:, :size] * np.sqrt(one[:size]) @ right[:, :size].T))
    return layers
