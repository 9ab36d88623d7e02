"""Imbalances as a reader gives them, and their eigenvalues."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.two_layer_rates import symmetric
from flowbounds.validation import FloatArray, HypothesisError


def imbalance_list(Ds: Sequence[ArrayLike]) -> list[FloatArray]:
    """Kernel: a list of finite symmetric matrices."""
    try:
        given = list(Ds)
    except TypeError:
        raise HypothesisError(f"Ds must be a list of matrices, got {type(Ds).__name__}") from None
    return [symmetric(f"Ds[{k}] (D_{k + 1})", D) for k, D in enumerate(given)]


def spectra(Ds: list[FloatArray]) -> list[FloatArray]:
    """Kernel: their eigenvalues, largest first."""
    return [np.asarray(np.linalg.eigvalsh(D)[::-1]) for D in Ds]
