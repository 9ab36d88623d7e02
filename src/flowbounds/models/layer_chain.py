"""Chains of matrices whose shapes fit, and their partial products from either end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.validation import FloatArray, HypothesisError, require_array

Weights = list[FloatArray]


def require_chain(weights: Sequence[ArrayLike], *, layers: int = 1) -> Weights:
    """Kernel: ``layers`` or more matrices whose shapes chain; a HypothesisError names the layer at fault."""
    try:
        count = len(weights)
    except TypeError:
        raise HypothesisError(f"weights must be a list of matrices, got {type(weights).__name__}") from None
    if count < layers:
        raise HypothesisError(f"weights must hold at least {layers} layers, got {count}")
    chain: Weights = []
    for k, layer in enumerate(weights, start=1):
        rows: int | str = chain[-1].shape[1] if chain else "n"
        chain.append(require_array(f"weights[{k - 1}] (layer {k})", layer, (rows, "h" if k < count else "m")))
    return chain


def prefixes(weights: Weights) -> Weights:
    """Kernel: P_0, ..., P_L."""
    products = [np.eye(weights[0].shape[0])]
    for layer in weights:
        products.append(products[-1] @ layer)
    return products


def suffixes(weights: Weights) -> Weights:
    """Kernel: Q_1, ..., Q_{L+1}."""
    products = [np.eye(weights[-1].shape[1])]
    for layer in reversed(weights):
        products.append(layer @ products[-1])
    return products[::-1]
