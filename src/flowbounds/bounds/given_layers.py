"""A network as a reader has it: lists, NumPy arrays or tensors, in one of two conventions of shape.

``"product"`` is :math:`f(x)=xW_1W_2\\cdots W_L` with samples in rows and :math:`W_l` of shape
:math:`(h_{l-1},h_l)`, as in min2022; ``"torch"`` is :math:`f(x)=W_L\\cdots W_2W_1x` with :math:`W_l` of shape
:math:`(h_l,h_{l-1})`, as ``torch.nn.Linear`` keeps its weights. One is the transpose of the other.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.rates import margin as margin_of
from flowbounds.models.activations import Name, activations_of
from flowbounds.models.layer_chain import Weights
from flowbounds.models.objectives import Objective, Regression, Sensing
from flowbounds.models.separable_losses import Exponential, Logistic
from flowbounds.validation import FloatArray, HypothesisError, require_array

CONVENTIONS = {"product": "f(x) = x W_1 ... W_L", "torch": "f(x) = W_L ... W_1 x"}


def plain_array(name: str, value: Any) -> ArrayLike:
    """Kernel: what NumPy can read; a tensor is detached from its graph and its device first."""
    if not hasattr(value, "detach"):
        return value  # type: ignore[no-any-return]  # judged by require_array
    try:
        return value.detach().cpu().numpy()  # type: ignore[no-any-return]
    except (TypeError, RuntimeError, AttributeError) as error:  # bfloat16, sparse, quantised
        raise HypothesisError(f"{name} must be readable by NumPy, try .float().to_dense(): {error}") from None


def _matrix(name: str, value: Any) -> FloatArray:
    given = plain_array(name, value)
    shape = getattr(given, "shape", None)
    if shape is not None and len(shape) == 1:
        raise HypothesisError(f"{name} must be a matrix, got shape {tuple(shape)}; biases go into biases=")
    if shape is not None and len(shape) > 2:
        cure = "of a convolution pass the matrix it stands for, flowbounds.models.weight_sharing.expand"
        raise HypothesisError(f"{name} must be a matrix, got shape {tuple(shape)}; {cure}")
    return require_array(name, given, ("n", "m"))


def given_list(name: str, value: Any, what: str) -> list[Any]:
    """Kernel: a list of what the reader gave, which must not be a name or a single number."""
    if isinstance(value, str | bytes | dict):
        raise HypothesisError(f"{name} must be a list of {what}, got {type(value).__name__}")
    try:
        return list(value)
    except TypeError:
        raise HypothesisError(f"{name} must be a list of {what}, got {type(value).__name__}") from None


def chains(matrices: Weights) -> bool:
    """Kernel: whether the columns of each are as many as the rows of the next."""
    return all(one.shape[1] == two.shape[0] for one, two in pairwise(matrices))


def layer_chain(layers: Sequence[Any], convention: str) -> Weights:
    """Kernel: the layers in the convention ``"product"``; the message says if the other one would do."""
    if convention not in CONVENTIONS:
        raise HypothesisError(f"convention must be 'product' or 'torch', got {convention!r}")
    given = given_list("layers", layers, "matrices")
    if not given:
        raise HypothesisError("layers must hold at least 1 matrix, got 0")
    read = [_matrix(f"layers[{k}] (layer {k + 1})", one) for k, one in enumerate(given)]
    turned = [np.ascontiguousarray(one.T) for one in read]
    chain, other = (read, turned) if convention == "product" else (turned, read)
    for k, (one, two) in enumerate(pairwise(chain), start=1):
        if one.shape[1] == two.shape[0]:
            continue
        side = "rows" if convention == "product" else "columns"
        name = next(name for name in CONVENTIONS if name != convention)
        cure = f"; the shapes chain with convention={name!r}" if chains(other) else ""
        raise HypothesisError(
            f"layers[{k}] (layer {k + 1}) must have {one.shape[1]} {side}, as many as layer {k} of shape "
            f"{read[k - 1].shape} has outputs in the convention {convention!r}, {CONVENTIONS[convention]}; "
            f"got shape {read[k].shape}{cure}"
        )
    return chain


def given_biases(biases: Sequence[Any] | None, chain: Weights) -> list[FloatArray | None]:
    """Kernel: one vector or None for each layer."""
    if biases is None:
        return [None] * len(chain)
    given = given_list("biases", biases, "vectors")
    if len(given) != len(chain):
        raise HypothesisError(f"biases must hold {len(chain)} vectors or None, got {len(given)}")
    read: list[FloatArray | None] = []
    for k, (one, layer) in enumerate(zip(given, chain, strict=True)):
        name = f"biases[{k}] (layer {k + 1})"
        read.append(None if one is None else require_array(name, plain_array(name, one), (layer.shape[1],)))
    return read


def given_names(activations: Name | Sequence[Name] | None, depth: int) -> list[Name]:
    """Kernel: one name for each hidden layer, as a list of names that are known."""
    names: list[Name]
    if activations is None:
        names = ["linear"] * (depth - 1)
    elif isinstance(activations, str) or (isinstance(activations, tuple) and np.isreal(activations[-1])):
        names = [activations] * (depth - 1)
    else:
        names = given_list("activations", activations, "names")
    activations_of(names, depth)
    return names


def given_objective(objective: Objective, W: FloatArray) -> tuple[float, float, float, float]:
    """Kernel: gamma, gap at the start, exponent of the gradient inequality, margin."""
    try:
        shape, gamma = tuple(objective.shape), objective.gamma
    except AttributeError as error:
        raise HypothesisError(f"objective must be one of flowbounds.models.objectives: {error}") from None
    if shape != W.shape:
        raise HypothesisError(f"objective must be of the shape {W.shape}, inputs and outputs, got {shape}")
    gap = objective.gap(W)
    if isinstance(objective, Logistic) and gap > objective.level:
        raise HypothesisError(f"objective must have a level of at least the loss {gap:.4g} at the layers")
    exponent = 1.0 if isinstance(objective, Logistic | Exponential) else 0.5
    sigma = 0.0
    if isinstance(objective, Regression | Sensing):
        sigma = margin_of(objective.minimiser, W, K=objective.K, mu=objective.mu)
    return gamma, gap, exponent, sigma
