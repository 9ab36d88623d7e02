r"""Descent on a ReLU network whose first layer is never formed, only what it makes of the samples.

With many inputs nearly all the work of a step is in the first layer, and it is done twice: once for
:math:`Z_1=W_1X` and once for the gradient :math:`G_1=E_1X^\top`, where :math:`E_h` is the derivative of the
loss in :math:`Z_h`. Both meet in one product with the Gram matrix :math:`K=X^\top X` of the samples,

.. math::

    W_1&\leftarrow W_1-\eta E_1X^\top\\
    \Longrightarrow\quad Z_1&\leftarrow Z_1-\eta E_1K,

and the squared norm follows without the layer, by an identity and not an approximation:

.. math::

    \|W_1\|_F^2\leftarrow\|W_1\|_F^2&-2\eta\langle Z_1,E_1\rangle\\
    &+\eta^2\langle E_1K,E_1\rangle .

The layer itself is recovered at the end, as :math:`W_1(0)-\bigl(\sum_t\eta E_1(t)\bigr)X^\top`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from flowbounds.dynamics.descent import Descent
from flowbounds.models.homogeneous_network import require_layers
from flowbounds.validation import HypothesisError, require_array, require_count, require_range

PRECISIONS = {"float64": np.float64, "float32": np.float32}


class MultiplyAdds(NamedTuple):
    """Multiply-adds of one step; a multiply-add is two floating-point operations."""

    direct: int
    gram: int


def multiply_adds(widths: Sequence[int], samples: int) -> MultiplyAdds:
    r"""Multiply-adds of the matrix products of one step, with the first layer and through the Gram matrix.

    Counted are the products forward, backward and of the gradients. Not counted: what is done entry by
    entry, two inner products, and what is done once, :math:`dm\,(m+n_1)` for K and the first :math:`Z_1`.

    Parameters
    ----------
    widths : sequence of N + 1 >= 3 integers
        :math:`d,n_1,\ldots,n_N`.
    samples : int >= 1
        m.

    Returns
    -------
    MultiplyAdds
        ``direct`` is :math:`2dn_1m` for the first layer and :math:`3n_{h-1}n_hm` for each other; ``gram``
        has :math:`n_1m^2` in place of the first.

    Raises
    ------
    HypothesisError
        Fewer than two layers, a width or a number of samples below one.

    Notes
    -----
    With m > 2d the Gram matrix is the slower way. Source: beyond the text.

    >>> multiply_adds((1000, 100, 100, 10), 1000)
    MultiplyAdds(direct=233000000, gram=133000000)
    """
    try:
        sizes = [require_count("widths", width, 1) for width in widths]
    except TypeError:
        raise HypothesisError(f"widths must be a list of integers, got {widths!r}") from None
    if len(sizes) < 3:
        raise HypothesisError(f"widths must hold at least 3 numbers, got {len(sizes)}")
    m = require_count("samples", samples, 1)
    rest = 3 * m * sum(into * out for into, out in pairwise(sizes[1:]))
    return MultiplyAdds(direct=2 * sizes[0] * sizes[1] * m + rest, gram=sizes[1] * m * m + rest)


def _inner(a: NDArray[Any], b: NDArray[Any], room: NDArray[Any]) -> float:
    """Sum of products, added up in double precision whatever the arrays are in."""
    return float(np.sum(np.multiply(a, b, out=room), dtype=np.float64))


def gram_descent(
    weights: Sequence[ArrayLike],
    X: ArrayLike,
    Y: ArrayLike,
    steps: int,
    *,
    step: float,
    every: int = 1,
    precision: str = "float64",
) -> Descent:
    r"""Gradient descent on :math:`L=\frac1{2m}\sum_k|f(x_k)-y_k|^2`, all samples, hidden layers ReLU.

    Parameters
    ----------
    weights : list of N >= 2 arrays (n_h, n_{h-1})
        The start; not changed.
    X, Y : (d, m), (p, m)
        Samples are columns.
    steps : int >= 0
    step : float > 0
        :math:`\eta`.
    every : int >= 1
        Squared norms are kept at every ``every``-th step and at the last.
    precision : ``"float64"`` or ``"float32"``
        Of the products. Squared norms are added up in double precision.

    Returns
    -------
    Descent
        As of :func:`~flowbounds.dynamics.descent.descend`; ``observed`` holds
        :math:`\|W_1\|_F^2,\ldots,\|W_N\|_F^2`. The derivative at a kink is 0. In double precision equal to
        the direct computation up to rounding, which a run at the edge of stability magnifies.

    Raises
    ------
    HypothesisError
        Shapes that do not fit, arguments out of range, a step with which the loss is no longer finite.

    Notes
    -----
    K takes the memory of m^2 numbers. Source: beyond the text.

    >>> run = gram_descent([[[2.0]], [[3.0]]], [[1.0]], [[5.0]], 1, step=0.1)
    >>> [layer.round(12).tolist() for layer in run.parameters]  # gradients 3 and 2
    [[[1.7]], [[2.8]]]
    """
    chain = require_layers(weights, layers=2)
    inputs = require_array("X", X, (chain[0].shape[1], "m"))
    m = inputs.shape[1]
    labels = require_array("Y", Y, (chain[-1].shape[0], m))
    steps, every = require_count("steps", steps, 0), require_count("every", every, 1)
    eta = require_range("step", step, 0.0, np.inf, open_ends=True)
    if precision not in PRECISIONS:
        raise HypothesisError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    kind = PRECISIONS[precision]

    K = (inputs.T @ inputs).astype(kind)
    target = labels.astype(kind)
    square = float(np.sum(chain[0] ** 2))
    layers = [W.astype(kind) for W in chain[1:]]
    slopes = [np.empty_like(W) for W in layers]
    Z = [(chain[0] @ inputs).astype(kind), *(np.empty((W.shape[0], m), kind) for W in layers)]
    A, E, room = ([np.empty_like(z) for z in Z] for _ in range(3))
    off = [np.empty(z.shape, bool) for z in Z[:-1]]
    total = np.zeros_like(Z[0])  # sum of eta E_1
    losses: list[float] = []
    records: list[tuple[int, list[float]]] = []
    with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is refused below
        for t in range(steps + 1):
            for h, W in enumerate(layers):
                np.matmul(W, np.maximum(Z[h], 0, out=A[h]), out=Z[h + 1])
            np.subtract(Z[-1], target, out=E[-1])
            losses.append(_inner(E[-1], E[-1], room[-1]) / (2 * m))
            if not math.isfinite(losses[-1]):
                raise HypothesisError(f"step must be smaller, got {eta:g}: no finite loss after {t} steps")
            if t % every == 0 or t == steps:
                records.append((t, [square, *(float(np.sum(W.astype(np.float64) ** 2)) for W in layers)]))
            if t == steps:
                break
            E[-1] /= m
            for h in range(len(layers) - 1, -1, -1):
                np.matmul(layers[h].T, E[h + 1], out=E[h])
                np.copyto(E[h], 0, where=np.less_equal(Z[h], 0, out=off[h]))
                np.matmul(E[h + 1], A[h].T, out=slopes[h])
            P = np.matmul(E[0], K, out=A[0])  # the activities are not needed any more
            square -= 2 * eta * _inner(Z[0], E[0], room[0])
            square += eta**2 * _inner(P, E[0], room[0])
            for state, move in zip([Z[0], total, *layers], [P, E[0], *slopes], strict=True):
                move *= eta
                state -= move
    first = chain[0] + total.astype(np.float64) @ inputs.T
    return Descent(
        t=np.array([t for t, _ in records], dtype=np.int64),
        time=eta * np.array([t for t, _ in records], dtype=np.float64),
        observed=np.array([squares for _, squares in records]),
        losses=np.array(losses),
        parameters=[first, *(W.astype(np.float64) for W in layers)],
        steps=steps,
        diverged=False,
    )
