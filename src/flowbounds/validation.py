"""The boundary: what an argument must satisfy before any mathematics starts.

Every public function calls these on the way in and nowhere else. A violation raises
:class:`HypothesisError`, which names the argument, the offending number and the hypothesis, so
that the message alone tells the reader what to change.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]

UNIT_TOLERANCE = 1e-6  # directions typed by hand or read from text are unit to about this


class HypothesisError(ValueError):
    """A hypothesis of the statement (or the shape it presumes) is not met by an argument."""


def require_range(name: str, value: float, low: float, high: float, *, open_ends: bool = False) -> float:
    """``value`` as a float in ``[low, high]``, or in ``(low, high)`` when ``open_ends``.

    An infinite limit is never attained: ``require_range("t", inf, 0, inf)`` raises.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise HypothesisError(f"{name} must be a number, got {value!r}") from None
    inside = low < number < high if open_ends else low <= number <= high
    if not inside or not np.isfinite(number):
        left, right = ("(", ")") if open_ends else ("[", "]")
        raise HypothesisError(f"{name} must be finite and in {left}{low:g}, {high:g}{right}, got {number!r}")
    return number


def require_count(name: str, value: int, low: int, high: float = np.inf) -> int:
    """``value`` as an integer in ``[low, high]``; a float is accepted when it is whole."""
    try:
        number = int(value)
        whole = number == value
    except (TypeError, ValueError, OverflowError):
        raise HypothesisError(f"{name} must be an integer, got {value!r}") from None
    if not whole or not low <= number <= high:
        limit = f"at least {low}" if high == np.inf else f"from {low} to {high:g}"
        raise HypothesisError(f"{name} must be an integer, {limit}, got {value!r}")
    return number


def require_array(name: str, value: ArrayLike, shape: Sequence[int | str]) -> FloatArray:
    """A finite, non-empty float64 copy of ``value`` whose shape matches ``shape``.

    Entries of ``shape`` are numbers (must be equal) or letters (any length), as in
    ``require_array("W", W, ("d", "m"))``.
    """
    try:
        raw = np.asarray(value)
    except ValueError:
        raise HypothesisError(f"{name} must be a rectangular array of numbers") from None
    if raw.dtype.kind not in "buif":
        raise HypothesisError(f"{name} must hold real numbers, got dtype {raw.dtype}")
    wanted = "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
    fits = raw.ndim == len(shape) and all(
        isinstance(want, str) or want == have for want, have in zip(shape, raw.shape, strict=True)
    )
    if not fits:
        raise HypothesisError(f"{name} must have shape {wanted}, got {raw.shape}")
    if raw.size == 0:
        raise HypothesisError(f"{name} must not be empty, got shape {raw.shape}")
    array = np.array(raw, dtype=np.float64)
    bad = ~np.isfinite(array)
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        raise HypothesisError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def require_weights(name: str, value: ArrayLike, length: int | str = "r") -> FloatArray:
    """Non-negative weights, shape ``(length,)``."""
    weights = require_array(name, value, (length,))
    if (weights < 0).any():
        where = int(np.argmax(weights < 0))
        raise HypothesisError(f"{name} must be non-negative, got {weights[where]:g} at index {where}")
    return weights


def require_unit_columns(name: str, value: ArrayLike, shape: Sequence[int | str]) -> FloatArray:
    """Columns of unit length, normalised to the last bit."""
    directions = require_array(name, value, shape)
    lengths = np.linalg.norm(directions, axis=0)
    off = np.abs(lengths - 1) > UNIT_TOLERANCE
    if off.any():
        where = int(np.argmax(off))
        raise HypothesisError(
            f"{name} must have unit columns, column {where} has norm {lengths[where]:.6g}; "
            "divide each column by its norm and pass the logarithm of the norm separately"
        )
    return np.asarray(directions / lengths)


def require_basis(value: ArrayLike | None, d: int, r: int) -> FloatArray:
    """The directions v_i as columns, (d, r); the first ``r`` unit vectors when ``value`` is None."""
    if value is None:
        if r > d:
            raise HypothesisError(f"a has {r} weights but the dimension is {d}: pass basis, shape ({d}, {r})")
        return np.eye(d, r)
    return require_array("basis", value, (d, r))
