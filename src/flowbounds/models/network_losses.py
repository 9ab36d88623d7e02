r"""Losses of network outputs against labels, averaged over samples, with their derivative in the outputs.

:math:`L=\frac1m\sum_k\ell(f_k,y_k)`, one column a sample: ``squared`` :math:`\frac12|f-y|^2`, ``logistic``
:math:`\sum_j\log(1+e^{-y_jf_j})`, ``exponential`` :math:`\sum_je^{-y_jf_j}`. Nothing here uses more of
:math:`\ell` than its derivative; labels are any real numbers, for the last two normally 1 and -1.
"""

import numpy as np
from scipy.special import expit

from flowbounds.validation import FloatArray, HypothesisError

LOSSES = ("squared", "logistic", "exponential")


def require_loss(loss: str) -> str:
    """Kernel: ``loss`` where it is one of ``LOSSES``."""
    if loss not in LOSSES:
        raise HypothesisError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}")
    return loss


def value_and_slope(F: FloatArray, Y: FloatArray, loss: str) -> tuple[float, FloatArray]:
    """Kernel: the mean loss of outputs F (p, m) and its derivative in F, (p, m)."""
    m = F.shape[1]
    if loss == "squared":
        R = F - Y
        return float(0.5 * np.sum(R * R) / m), R / m
    agreement = Y * F
    if loss == "logistic":
        return float(np.sum(np.logaddexp(0.0, -agreement)) / m), np.asarray(-Y * expit(-agreement) / m)
    decay = np.exp(-agreement)
    return float(np.sum(decay) / m), np.asarray(-Y * decay / m)
