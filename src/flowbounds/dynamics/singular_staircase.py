r"""The staircase of two linear layers: which singular value is learned when, told by the start alone.

Two layers follow the flow of :math:`\tfrac12\|W_1W_2-M\|_F^2` with :math:`M=\sum_is_iu_iv_i^\top`. While
they are small, :math:`\dot W_1=MW_2^\top` and :math:`\dot W_2=W_1^\top M`, a linear system in which only

.. math:: z_i=\tfrac1{\sqrt2}\bigl(W_1^\top u_i+W_2v_i\bigr)\in\mathbb R^h

grow, like :math:`e^{s_it}`. When the i-th singular value is learned it keeps its direction of the hidden
space, and what later :math:`z_j` have along that direction dies out: with :math:`\rho_i` the length of the
part of :math:`z_i` orthogonal to :math:`z_1,\ldots,z_{i-1}`, :math:`x_i=u_i^\top W_1W_2v_i` begins as
:math:`\tfrac12\rho_i^2e^{2s_it}` and obeys :math:`\dot x_i=2x_i(s_i-x_i)`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.models.layer_chain import require_chain
from flowbounds.validation import FloatArray, HypothesisError, require_array

APART = 1e-12  # of the largest: closer singular values have no order, and values below it count as zero


def predicted_learning_times(weights: Sequence[ArrayLike], M: ArrayLike) -> FloatArray:
    r"""Predicted time of :math:`u_i^\top W_1W_2v_i=s_i/2`, for each singular value of the target.

    .. math:: t_i=\frac1{2s_i}\log\frac{2s_i}{\rho_i^2}

    Parameters
    ----------
    weights : (n, h) and (h, m)
        The two layers at the start.
    M : (n, m)
        The target, of distinct non-zero singular values.

    Returns
    -------
    (min(n, m),) array
        Largest singular value first; ``inf`` where nothing grows: beyond the rank of M, or beyond h.

    Raises
    ------
    HypothesisError
        Not two layers, shapes that do not fit, entries that are not finite, singular values that agree.

    Notes
    -----
    Exact in the limit of small layers. The error falls like a power of their size, a smaller one the closer
    the singular values are: in the ratio 1.2 it is a few tenths at entries of 1e-3 and about 0.01 at 1e-6.
    A start that is not small gives times without meaning, even negative ones. Source: beyond the text.

    >>> predicted_learning_times([[[0.1]], [[0.1]]], [[2.0]]).round(4).tolist()  # log(2 / 0.01) / 4
    [1.3246]
    """
    chain = require_chain(weights)
    if len(chain) != 2:
        raise HypothesisError(f"weights must be two layers, got {len(chain)}")
    first, second = chain
    M = require_array("M", M, (first.shape[0], second.shape[1]))
    left, s, right = np.linalg.svd(M, full_matrices=False)
    rank = int(np.sum(s > APART * s[0]))
    close = -np.diff(s[:rank]) <= APART * s[0]
    if close.any():
        where = int(np.argmax(close))
        raise HypothesisError(f"M must have distinct singular values, got {s[where]:g} twice")
    growing = (left.T @ first + right @ second.T)[:rank] / np.sqrt(2)
    times = np.full(s.size, np.inf)
    for i, rho in enumerate(np.abs(np.diag(np.linalg.qr(growing.T)[1]))):
        if rho > 0:
            times[i] = (np.log(2 * s[i]) - 2 * np.log(rho)) / (2 * s[i])
    return times
