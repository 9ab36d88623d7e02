r"""Initialisations in common use, and how large each layer is under them.

Entries of a layer are independent, of mean zero and one variance; the schemes differ in the variance only,
as a function of the numbers of inputs and outputs.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.models.layer_chain import Weights
from flowbounds.validation import HypothesisError, require_count

SCHEMES = ("kaiming", "xavier", "fan_in", "fan_out", "small")
SMALL = 1e-2  # standard deviation of the entries of "small", whatever the widths


def expected_square(scheme: str, rows: int, columns: int) -> float:
    r"""Expected :math:`\|W\|_F^2` of a layer with ``columns`` inputs and ``rows`` outputs under a scheme.

    Parameters
    ----------
    scheme : one of ``SCHEMES``
        Independent entries of mean zero and variance 2 / columns (``kaiming``), 2 / (rows + columns)
        (``xavier``), 1 / columns (``fan_in``), 1 / rows (``fan_out``), 1e-4 (``small``).
    rows, columns : int >= 1

    Returns
    -------
    float
        rows * columns * variance: 2 rows, 2 / (1/rows + 1/columns), rows, columns.

    Raises
    ------
    HypothesisError
        An unknown scheme, a size below one.

    Notes
    -----
    Source: du2018.init_schemes.

    >>> expected_square("kaiming", 100, 1000)
    200.0
    """
    if scheme not in SCHEMES:
        raise HypothesisError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
    n, m = require_count("rows", rows, 1), require_count("columns", columns, 1)
    squares = {
        "kaiming": 2.0 * n,
        "xavier": 2.0 * n * m / (n + m),
        "fan_in": float(n),
        "fan_out": float(m),
        "small": SMALL**2 * n * m,
    }
    return squares[scheme]


def initial_layers(scheme: str, widths: Sequence[int], rng: Generator, *, uniform: bool = False) -> Weights:
    r"""Layers through ``widths`` (d first) under a scheme of :func:`expected_square`.

    Entries are normal, or uniform on an interval of the same variance. Raises HypothesisError for an unknown
    scheme and a width below one. Source: du2018.init_schemes.

    >>> [layer.shape for layer in initial_layers("xavier", (4, 3, 1), np.random.default_rng(0))]
    [(3, 4), (1, 3)]
    """
    layers = []
    for into, out in pairwise(widths):
        sd = np.sqrt(expected_square(scheme, out, into) / (out * into))
        draw = rng.uniform(-np.sqrt(3), np.sqrt(3), (out, into)) if uniform else rng.normal(size=(out, into))
        layers.append(np.asarray(sd * draw))
    return layers
