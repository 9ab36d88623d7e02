r"""A rate bound of three, four or five layers from any imbalances, definite or not.

:math:`T=\sum_lP_{l-1}P_{l-1}^\top\otimes Q_{l+1}^\top Q_{l+1}` is a sum of Kronecker products, so that

.. math:: \lambda_{\min}(T)\ge\sum_{l=1}^L\lambda_n(P_{l-1}P_{l-1}^\top)\,\lambda_m(Q_{l+1}^\top Q_{l+1}).

A product of one or two layers at an end has the lower bound of
:mod:`~flowbounds.bounds.three_layer_rates`, which needs of the rest of the network only a floor under the
squared singular values of the second layer from that end. Longer products have none here, and their terms
are left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.imbalance_spectra import imbalance_list, spectra
from flowbounds.bounds.three_layer_rates import deltas, middle_spectrum
from flowbounds.validation import FloatArray, HypothesisError, require_count

DEPTHS = (3, 4, 5)  # of more layers every term has a product of three layers or more


class EndProducts(NamedTuple):
    """Lower bounds of the products of none, one and two layers at the left and at the right end."""

    left: tuple[float, float, float]
    right: tuple[float, float, float]


def floor_beyond(floor: FloatArray, values: FloatArray) -> FloatArray:
    r"""Kernel: a floor under the eigenvalues of A + D, from one under those of :math:`A\succeq0`, by Weyl.

    :math:`\lambda_t(A+D)\ge\max_{i+j=t+h}\lambda_i(A)+\lambda_j(D)`; ``values`` are those of D, largest
    first, and a floor of another length is cut or filled with zeros to theirs.
    """
    known = np.zeros(values.size)
    kept = floor[: values.size]
    known[: kept.size] = np.maximum(kept, 0.0)
    return np.array([np.max(known[t:] + values[t:][::-1]) for t in range(values.size)])


def inner_floors(values: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    r"""Kernel: floors under the squared singular values of W_2 and of :math:`W_{L-1}`, L >= 3.

    One sweep from either end is enough: there and back through the same imbalance a floor only falls.
    """
    forward, backward = [np.zeros(0)], [np.zeros(0)]
    for one in values:
        forward.append(floor_beyond(forward[-1], -one[::-1]))
    for one in reversed(values):
        backward.append(floor_beyond(backward[-1], one))
    backward.reverse()  # both now hold layer l at place l - 1
    last = len(values) - 1
    return middle_spectrum(forward[1], backward[1]), middle_spectrum(forward[last], backward[last])


def end_products(values: list[FloatArray], n: int, m: int) -> EndProducts:
    """Kernel: what the spectra of the imbalances leave of one and of two layers at either end."""
    second, last_but_one = inner_floors(values)
    left_1, _, left_2 = deltas(-values[0][::-1], second, n)
    right_1, _, right_2 = deltas(values[-1], last_but_one, m)
    return EndProducts((1.0, left_1, left_2), (1.0, right_1, right_2))


def combine(ends: EndProducts, depth: int) -> float:
    """Kernel: the sum over the layers with at most two layers on either side."""
    left, right = ends
    kept = (layer for layer in range(1, depth + 1) if layer - 1 <= 2 and depth - layer <= 2)
    return float(sum(left[layer - 1] * right[depth - layer] for layer in kept))


def short_product_rate(Ds: Sequence[ArrayLike], n: int, m: int) -> float:
    r"""Lower bound on :math:`\lambda_{\min}(T)` from any imbalances of three, four or five layers.

    .. math:: \sum_{l-1\le2,\ L-l\le2}a_{l-1}\,b_{L-l},\qquad a_0=1,\quad a_1=\Delta,\quad
              a_2=\tfrac12\bigl(\Delta^{(2)}+\Delta^2\bigr),

    with, from :math:`D_1`, n and the floors :math:`\beta_i` under :math:`\lambda_i(W_2W_2^\top)`,

    .. math:: y_i=\min\bigl(\beta_i,\lambda_{i+1-n}(-D_1)\bigr),\quad
              \Delta=\sum_i(\beta_i-y_i),\quad \Delta^{(2)}=\sum_i(\beta_i^2-y_i^2);

    :math:`b` likewise from :math:`D_{L-1}`, m and :math:`W_{L-1}`. The floors come from all imbalances, by
    Weyl's inequality from layer to layer, as :math:`W_lW_l^\top=W_{l-1}^\top W_{l-1}-D_{l-1}`.

    Parameters
    ----------
    Ds : list of (h_l, h_l) arrays
        Two, three or four imbalances, symmetric, of any signs and widths; a number counts as 1 x 1.
    n, m : int >= 1
        Shape of the product.

    Returns
    -------
    float >= 0
        For three layers :func:`~flowbounds.bounds.three_layer_rates.three_layer_rate`. For four the terms
        of the outermost layers are missing, for five only the middle layer's is there; often zero.

    Raises
    ------
    HypothesisError
        Other than two, three or four matrices, one that is not finite or not symmetric, a size below one.

    Notes
    -----
    Accurate to rounding of the (L - 1)-th power of the largest eigenvalue. Imbalances that no layers have
    are not noticed. Source: min2022.deep.short_product (beyond the text).

    >>> short_product_rate([[[1.0]], [[-2.0]], [[-3.0]]], 1, 1)  # layer 2 is the smallest: 1 (2) (2 + 3)
    10.0
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    matrices = imbalance_list(Ds)
    depth = len(matrices) + 1
    if depth not in DEPTHS:
        raise HypothesisError(f"Ds must hold 2, 3 or 4 imbalances, of 3 to 5 layers, got {len(matrices)}")
    return combine(end_products(spectra(matrices), n, m), depth)
