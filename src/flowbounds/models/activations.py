r"""Activations of hidden layers: value, derivative, and the value that stands for the derivative at a kink.

The paper's class is :math:`\phi(z)=\phi'(z)z`: two slopes and a kink at zero, where any number ``kink`` may
stand for :math:`\phi'(0)`. For those the floating-point numbers ``slope(z) * z`` and ``value(z)`` are equal,
bit for bit. :math:`\phi=\mathrm{relu}^k` is homogeneous of degree k, :math:`\phi'(z)z=k\phi(z)`; the others
are not homogeneous of any degree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from scipy.special import expit, ndtr

from flowbounds.validation import FloatArray, HypothesisError, require_range

Kink: TypeAlias = float | FloatArray  # one number, or one for each (neuron, sample)
Name: TypeAlias = str | tuple[str, float]

LEAK = 0.01  # slope of "leaky" when none is given, the usual default
ROOT_TAU = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Activation:
    """One activation: ``value(z)`` and ``slope(z, kink)``, both elementwise.

    ``degree`` is its degree of homogeneity, with :math:`\\phi'(z)z=\\mathrm{degree}\\cdot\\phi(z)`, or None.
    """

    name: str
    value: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray, Kink], FloatArray]
    degree: float | None = None

    @property
    def linear(self) -> bool:
        """Whether the activation is the identity."""
        return self.name == "linear"


def _bent(z: FloatArray, left: float, right: float) -> FloatArray:
    return np.where(z > 0, right * z, left * z)


def _bent_slope(z: FloatArray, kink: Kink, left: float, right: float) -> FloatArray:
    return np.where(z > 0, right, np.where(z < 0, left, kink))


def _two_slopes(name: str, left: float, right: float = 1.0) -> Activation:
    """The homogeneous functions: slope ``left`` below zero and ``right`` above."""
    value = partial(_bent, left=left, right=right)
    return Activation(name, value, partial(_bent_slope, left=left, right=right), 1.0)


def _gaussian(z: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * z * z) / ROOT_TAU)


def _tanh_slope(z: FloatArray, kink: Kink) -> FloatArray:
    y = np.tanh(z)
    return np.asarray(1 - y * y)


def _sigmoid_slope(z: FloatArray, kink: Kink) -> FloatArray:
    return np.asarray(expit(z) * expit(-z))


def _silu_slope(z: FloatArray, kink: Kink) -> FloatArray:
    y = expit(z)
    return np.asarray(y + z * y * expit(-z))


def _power(z: FloatArray, k: float) -> FloatArray:
    return np.asarray(np.maximum(z, 0.0) ** k)


def _power_slope(z: FloatArray, kink: Kink, k: float) -> FloatArray:
    return np.asarray(k * np.maximum(z, 0.0) ** (k - 1))


FIXED = {
    one.name: one
    for one in (
        Activation("linear", np.array, lambda z, kink: np.ones_like(z), 1.0),
        Activation("relu", lambda z: np.maximum(z, 0.0), partial(_bent_slope, left=0.0, right=1.0), 1.0),
        _two_slopes("abs", -1.0),
        _two_slopes("leaky", LEAK),
        Activation("tanh", np.tanh, _tanh_slope),
        Activation("sigmoid", expit, _sigmoid_slope),
        Activation("gelu", lambda z: z * ndtr(z), lambda z, kink: ndtr(z) + z * _gaussian(z)),
        Activation("softplus", lambda z: np.logaddexp(0.0, z), lambda z, kink: expit(z)),
        Activation("silu", lambda z: z * expit(z), _silu_slope),
    )
}


def activation(name: Name) -> Activation:
    r"""The activation of that name: :math:`\phi` and :math:`\phi'`.

    Parameters
    ----------
    name : str or (str, float)
        ``"linear"``, ``"relu"``, ``"leaky"`` (slope 0.01) or ``("leaky", slope)`` with a slope in [-1, 1],
        ``"abs"``; ``"tanh"``, ``"sigmoid"``, ``"gelu"`` (with the normal distribution function, not its
        approximation by tanh), ``"softplus"``, ``"silu"``; ``("relu_power", k)`` with k in (1, 10].

    Returns
    -------
    Activation
        Homogeneous ones satisfy ``slope(z, kink) * z == value(z)`` exactly, at z = 0 for any ``kink``.

    Raises
    ------
    HypothesisError
        An unknown name, a parameter out of its range or where none belongs.

    Notes
    -----
    Source: du2018.hom; the kinds after ``"abs"`` are beyond the text.

    >>> phi = activation(("leaky", 0.5))
    >>> z = np.array([-2.0, 0.0, 3.0])
    >>> phi.value(z).tolist(), phi.slope(z, 17.0).tolist()
    ([-1.0, 0.0, 3.0], [0.5, 17.0, 1.0])
    """
    if isinstance(name, str) and name in FIXED:
        return FIXED[name]
    if isinstance(name, tuple | list) and len(name) == 2 and name[0] in ("leaky", "relu_power"):
        if name[0] == "leaky":
            return _two_slopes("leaky", require_range("activations: the slope of leaky", name[1], -1.0, 1.0))
        k = require_range("activations: the power of relu_power", name[1], 1.0, 10.0)
        if k > 1:
            return Activation("relu_power", partial(_power, k=k), partial(_power_slope, k=k), k)
        raise HypothesisError("activations: the power of relu_power must be above 1, got 1; use 'relu'")
    known = ", ".join(sorted(FIXED))
    raise HypothesisError(
        f"activations must name one of {known}, ('leaky', slope), ('relu_power', k); got {name!r}"
    )


def activations_of(names: Sequence[Name], layers: int) -> list[Activation]:
    """Kernel: the activations of ``layers`` - 1 hidden layers from a list of their names."""
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise HypothesisError(f"activations must be a list, one for each hidden layer, got {names!r}")
    if len(names) != layers - 1:
        raise HypothesisError(f"activations must name {layers - 1} hidden layers, got {len(names)}")
    return [activation(name) for name in names]
