r"""Targets of low rank and of norm one, the random ones of Theorem 3 of Wang et al. (2020).

The span S of the components is that of the first coordinates. Nothing is lost: gradient descent commutes
with rotations, and its starts are uniform on spheres.
"""

import numpy as np
from numpy.random import Generator

from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray, HypothesisError, require_count

KINDS = ("orthonormal", "gaussian", "dependent")


def span_dimension(kind: str, r: int) -> int:
    """Dimension of the span of ``r`` components: r, or about half of it for ``dependent`` ones.

    Raises HypothesisError for another kind, and for fewer than three dependent components: two of them
    would be parallel, and the target of rank one.

    >>> span_dimension("dependent", 5)
    3
    """
    r = require_count("r", r, 1)
    if kind not in KINDS:
        raise HypothesisError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind != "dependent":
        return r
    require_count("r", r, 3)
    return (r + 1) // 2


def low_rank_target(kind: str, r: int, d: int, order: int, rng: Generator) -> tuple[FloatArray, FloatArray]:
    r"""A target :math:`\sum_jc_j^*u_j^{*\otimes l}` with :math:`\|T^*\|_F=1` and unit components.

    Parameters
    ----------
    kind : str
        ``orthonormal``: orthonormal components of equal weight. ``gaussian``: independent uniform unit
        vectors of an r-dimensional space, weights equal in size, of random sign. ``dependent``: the same in
        a space of :func:`span_dimension`, so that the components are linearly dependent.
    r, d : int
        Number of components and dimension; their span must fit, and r >= 3 where they are dependent.
    order : int >= 2
        The order l, which sets the norm.
    rng : Generator
        Not used by ``orthonormal``.

    Returns
    -------
    U_star, c_star : (d, r) and (r,)
        Where weights of either sign nearly cancel, the norm one makes :math:`\sum_j|c_j^*|` large.

    Raises
    ------
    HypothesisError
        Another kind, a span of more than d dimensions, two dependent components, an order below two.

    Notes
    -----
    Norm one to 1e-8. Source: wang2020.thm3 (targets of rank at most r and of norm one); the three
    distributions are ours.

    >>> U_star, c_star = low_rank_target("orthonormal", 4, 6, 3, np.random.default_rng(0))
    >>> U_star.shape, c_star.tolist()
    ((6, 4), [0.5, 0.5, 0.5, 0.5])
    """
    span = span_dimension(kind, r)
    d = require_count("d", d, span)
    order = require_count("order", order, 2)
    if kind == "orthonormal":
        return np.eye(d, r), np.full(r, r**-0.5)
    U_star = np.zeros((d, r))
    U_star[:span] = uniform_directions(span, r, rng)
    signs = rng.choice([-1.0, 1.0], size=r)
    return U_star, signs / np.sqrt(tensor.squared_norm(U_star[:span], signs, order))
