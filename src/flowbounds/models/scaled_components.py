r"""State of the 2-homogeneous model of Wang et al. (2020), and what descent needs of it.

The model is :math:`T=\sum_ia_ic_i^{l-2}u_i^{\otimes l}`, its regulariser
:math:`\lambda\sum_i\hat c_i^{l-2}\|u_i\|^l`. The algorithm keeps :math:`c_i=s_i/\|u_i\|` and
:math:`\hat c_i=1/\|u_i\|`, so that norm :math:`n_i`, unit direction :math:`\bar u_i`, scalar mode
:math:`s_i` and sign :math:`a_i` are the state:

.. math:: T=\sum_ia_is_i^{l-2}n_i^2\,\bar u_i^{\otimes l},\qquad
          \lambda\sum_i\hat c_i^{l-2}\|u_i\|^l=\lambda\sum_in_i^2 .

However small the norms, nothing else in it is large or small. Kernels: shapes are the caller's business, and
leading axes are a batch.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.models import tensor
from flowbounds.validation import FloatArray


@dataclass(frozen=True)
class Components:
    """State of the 2-homogeneous model; any leading axes are a batch.

    Attributes
    ----------
    norms : (..., m)
    directions : (..., d, m)
        Unit columns.
    modes : (..., m)
        The products ``c_i |u_i|``.
    signs : (..., m)
        Plus or minus one.
    """

    norms: FloatArray
    directions: FloatArray
    modes: FloatArray
    signs: FloatArray

    @property
    def U(self) -> FloatArray:
        """Components as columns, (..., d, m)."""
        return np.asarray(self.norms[..., None, :] * self.directions)

    def weights(self, order: int) -> FloatArray:
        """Weights of the unit directions in the tensor, (..., m)."""
        return np.asarray(self.signs * tensor.power(self.modes, order - 2) * self.norms**2)


def residual_contraction(
    x: Components, U_star: FloatArray, c_star: FloatArray, order: int, along: FloatArray | None = None
) -> FloatArray:
    r"""Kernel: :math:`(T-T^*)(v^{\otimes(l-1)},I)` for the columns of ``along`` (the directions)."""
    V = x.directions if along is None else along
    overlaps = tensor.power(np.swapaxes(x.directions, -1, -2) @ V, order - 1)
    fitted = x.directions @ (x.weights(order)[..., :, None] * overlaps)
    return np.asarray(fitted - U_star @ (c_star[:, None] * tensor.power(U_star.T @ V, order - 1)))


def relative_gradient(
    x: Components, U_star: FloatArray, c_star: FloatArray, order: int, lam: float
) -> FloatArray:
    r"""Kernel: :math:`\nabla_{u_i}f/n_i` with the scalars held fixed, (..., d, m); it does not underflow."""
    pull = x.signs * tensor.power(x.modes, order - 2)
    F = residual_contraction(x, U_star, c_star, order)
    return np.asarray(order * (pull[..., None, :] * F + lam * x.directions))


def squared_error(x: Components, U_star: FloatArray, c_star: FloatArray, order: int) -> FloatArray:
    r"""Kernel: :math:`\|T-T^*\|_F^2` over a batch by inner products; error 1e-15 of the largest term."""
    w, V = x.weights(order), x.directions
    own = tensor.power(np.swapaxes(V, -1, -2) @ V, order)
    mixed = tensor.power(np.swapaxes(V, -1, -2) @ U_star, order)
    star = float(c_star @ tensor.power(U_star.T @ U_star, order) @ c_star)
    fitted = np.sum(w[..., None, :] * own * w[..., :, None], axis=(-1, -2))
    crossed = np.sum(w * (mixed @ c_star), axis=-1)
    return np.asarray(np.maximum(fitted - 2 * crossed + star, 0.0))


def objective(x: Components, U_star: FloatArray, c_star: FloatArray, order: int, lam: float) -> FloatArray:
    """Kernel: regularised objective over a batch; accuracy as :func:`squared_error`."""
    return np.asarray(0.5 * squared_error(x, U_star, c_star, order) + lam * np.sum(x.norms**2, axis=-1))


def squared_distance(vectors: FloatArray, weights: FloatArray, order: int) -> float:
    """Kernel: squared norm of a sum of powers, relatively accurate, in the span of few vectors of many."""
    if vectors.shape[1] < vectors.shape[0]:  # rotations keep the norm; then few entries are distinct
        vectors = np.asarray(np.linalg.qr(vectors)[1])
    return tensor.squared_norm(vectors, weights, order)
