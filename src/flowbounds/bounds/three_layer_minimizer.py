r"""Three layers with given imbalances at which the three-layer bound is attained.

:math:`W_2W_2^\top=D_{21}+W_1^\top W_1` adds the n rows of W_1 to :math:`D_{21}=-D_1`, one rank-one matrix
each, and one such step can lead from a spectrum to any other that interlaces it. The chain taken here goes
through

.. math:: c^{(k)}_i=\min\bigl(\bar\Delta_i,\lambda_{i-k}(D_{21})\bigr),\qquad k=0,\ldots,n,

from :math:`D_{21}` to the least spectrum :math:`\bar\Delta` the middle layer can have, and its last step
attains every estimate in the proof of the bound at once. The columns of W_3 do the same from
:math:`D_{23}=D_2`, and W_2 joins the two frames.
"""

import numpy as np
from numpy.typing import ArrayLike

from flowbounds.bounds.three_layer_rates import middle_spectrum, shifted
from flowbounds.bounds.two_layer_rates import symmetric
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray, HypothesisError, require_count

ROUNDING = 1e-13  # of the largest eigenvalue: what an inequality between eigenvalues may miss


def three_layer_minimizer(D1: ArrayLike, D2: ArrayLike, n: int, m: int) -> Weights:
    r"""Layers [W1, W2, W3] of imbalances D1 and D2 with the least possible :math:`\lambda_{\min}(T)`.

    Layers exist exactly when, with :math:`\bar\Delta_i=\max(\lambda_i(-D_1),\lambda_i(D_2),0)`,

    .. math:: \lambda_i(-D_1)\le0\ (i>h_2),\quad \lambda_i(D_2)\le0\ (i>h_1),\quad
              \bar\Delta_i\le\lambda_{i-n}(-D_1),\quad \bar\Delta_i\le\lambda_{i-m}(D_2).

    Parameters
    ----------
    D1 : (h1, h1)
        Symmetric imbalance :math:`W_1^\top W_1-W_2W_2^\top`.
    D2 : (h2, h2)
        Symmetric imbalance :math:`W_2^\top W_2-W_3W_3^\top`.
    n, m : int >= 1
        Rows of W_1 and columns of W_3.

    Returns
    -------
    list of arrays of shapes (n, h1), (h1, h2), (h2, m)
        At them :math:`\lambda_{\min}(T)` is
        :func:`~flowbounds.bounds.three_layer_rates.three_layer_rate` of the arguments.

    Raises
    ------
    HypothesisError
        A matrix that is not finite or not symmetric, a size below one; imbalances that no such layers have:
        the message names the first of the inequalities above that fails, by more than 1e-13 of the largest
        eigenvalue.

    Notes
    -----
    Accurate to 1e-12 of the largest eigenvalue of D1 and D2, and of its square. The differences of nearly
    balanced layers carry the rounding of the layers, which may then be refused. Source: min2022.three.exact
    (beyond the text).

    >>> W1, W2, W3 = three_layer_minimizer([[1.0]], [[2.0]], 1, 1)  # the last weight vanishes
    >>> [abs(round(float(W.item()) ** 2, 12)) for W in (W1, W2, W3)]
    [3.0, 2.0, 0.0]
    """
    n, m = require_count("n", n, 1), require_count("m", m, 1)
    first, first_frame = _eigen(-symmetric("D1", D1))
    last, last_frame = _eigen(symmetric("D2", D2))
    middle = middle_spectrum(first, last)
    _require_feasible(first, last, middle, n, m)
    rows, left = _added(first, first_frame, middle[: first.size], n)
    columns, right = _added(last, last_frame, middle[: last.size], m)
    shared = min(first.size, last.size)
    W2 = (left[:, :shared] * np.sqrt(middle[:shared])) @ right[:, :shared].T
    return [rows, np.asarray(W2), columns.T]


def interlacing_spectra(values: FloatArray, top: FloatArray, steps: int) -> list[FloatArray]:
    r"""Kernel: :math:`c^{(k)}_i=\min(\mathrm{top}_i,\lambda_{i-k})` for k = 0, ..., ``steps``."""
    return [np.minimum(top, shifted(values, k)) for k in range(steps + 1)]


def rank_one_step(a: FloatArray, c: FloatArray) -> FloatArray:
    r"""Kernel: v with diag(a) + v v^T of spectrum c, for :math:`c_1\ge a_1\ge c_2\ge a_2\ge\cdots`.

    Loewner's formula, ordered so that every factor but the first is in [0, 1]: the components are accurate
    however close the eigenvalues are. What a and c have in common is deflated: it stays, and v is zero there.
    """
    v = np.zeros(a.size)
    moved, targets = _deflated(a, c)
    for place, i in enumerate(moved):
        others = np.delete(a[moved], place)
        nearer = np.concatenate([targets[1 : place + 1], targets[place + 1 :]])
        v[i] = np.sqrt((targets[0] - a[i]) * np.prod((nearer - a[i]) / (others - a[i])))
    return v


def _deflated(a: FloatArray, c: FloatArray) -> tuple[list[int], FloatArray]:
    """Places of a and values of c that remain when equal ones are struck off in pairs."""
    moved, targets = [], list(c)
    for i, value in enumerate(a):
        if value in targets:
            targets.remove(value)
        else:
            moved.append(i)
    return moved, np.array(targets)


def _eigen(D: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues, the largest first, and their frame."""
    values, frame = np.linalg.eigh(D)
    return values[::-1], frame[:, ::-1]


def _added(
    values: FloatArray, frame: FloatArray, top: FloatArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """The rows whose rank-one matrices lead from ``values`` to ``top``, and the frame they lead to."""
    rows = np.zeros((count, values.size))
    ladder = interlacing_spectra(values, top, count)
    for k in range(count):
        v = rank_one_step(ladder[k], ladder[k + 1])
        rows[k] = frame @ v
        frame = frame @ _eigen(np.diag(ladder[k]) + np.outer(v, v))[1]
    return rows, frame


def _require_feasible(first: FloatArray, last: FloatArray, middle: FloatArray, n: int, m: int) -> None:
    """The four families of inequalities between eigenvalues that make D1 and D2 imbalances of layers."""
    room = ROUNDING * max(float(np.max(np.abs(first))), float(np.max(np.abs(last))))
    sides = (("-D1", first, last.size), ("D2", last, first.size))
    for name, values, other in sides:
        for i in range(other + 1, values.size + 1):
            if values[i - 1] > room:
                raise HypothesisError(
                    f"{name} must have at most {other} positive eigenvalues, the size of the other "
                    f"imbalance: eigenvalue {i} of {name} must be <= 0, got {values[i - 1]:.6g}"
                )
    for (name, values, _), (size, shift) in zip(sides, (("n", n), ("m", m)), strict=True):
        for i in range(shift + 1, values.size + 1):
            least, most = middle[i - 1] + 0.0, values[i - shift - 1] + 0.0  # no -0 in the message
            if least > most + room:
                raise HypothesisError(
                    f"D1 and D2 are no imbalances of layers with {size} = {shift}: "
                    f"max(eigenvalue {i} of -D1, eigenvalue {i} of D2, 0) must be <= "
                    f"eigenvalue {i} - {size} = {i - shift} of {name}, got {least:.6g} > {most:.6g}"
                )
