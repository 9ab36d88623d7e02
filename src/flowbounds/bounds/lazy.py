r"""What lazy training can reach: the dimension of its tangent space, and a floor under its error.

A lazily trained sum of m components of order l moves in a linear space :math:`S_U` of dimension at most dm
within the symmetric tensors, of dimension :math:`N=\binom{d+l-1}l`. A target
:math:`T^*=u^{*\otimes l}` with :math:`u^*` uniform on the sphere does not know :math:`S_U`, and its second
moments have no eigenvalue below :math:`\mu_l=l!/(d(d+2)\cdots(d+2l-2))`. Of them :math:`N-dm` stay outside.
"""

from math import comb, factorial, prod

from numpy.typing import ArrayLike

from flowbounds.bounds import tangent_space
from flowbounds.validation import require_array, require_count

EXCEPTIONS = {(3, 5, 7), (4, 3, 5), (4, 4, 9), (4, 5, 14)}  # (l, d, m): one dimension less than counted


def _counted(order: int, d: int, m: int = 1, *, lowest: int = 1) -> tuple[int, int, int]:
    return require_count("order", order, lowest), require_count("d", d, 1), require_count("m", m, 1)


def tangent_dimension(order: int, d: int, m: int) -> int:
    r"""Dimension of :math:`S_U` for almost every U: the smaller of dm and N, or one less.

    The exceptions are (l, d, m) = (3, 5, 7), (4, 3, 5), (4, 4, 9) and (4, 5, 14). Not more for any U.

    Parameters
    ----------
    order : int >= 3
        The order l; at order two the count is another one.
    d, m : int >= 1
        Dimension and number of components.

    Returns
    -------
    int

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Exact. By Terracini's lemma this is the dimension of a secant variety of a Veronese variety, and that is
    the theorem of Alexander and Hirschowitz. Source: beyond the text (wang2020.thm1.dim).

    >>> tangent_dimension(3, 10, 5), tangent_dimension(3, 5, 7)
    (50, 34)
    """
    order, d, m = _counted(order, d, m, lowest=3)
    return min(d * m, comb(d + order - 1, order)) - ((order, d, m) in EXCEPTIONS)


def threshold(order: int, d: int) -> int:
    r"""Smallest m at which :math:`S_U` is everything for almost every U.

    :math:`\lceil N/d\rceil`, about :math:`d^{l-1}/l!`, and one more in the four exceptions of
    :func:`~flowbounds.bounds.lazy.tangent_dimension`.

    Parameters
    ----------
    order : int >= 3
    d : int >= 1

    Returns
    -------
    int

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Exact. Source: beyond the text (wang2020.thm1.dim).

    >>> [threshold(3, d) for d in (5, 10, 20, 100)]
    [8, 22, 77, 1717]
    """
    order, d, _ = _counted(order, d, lowest=3)
    m = -(-comb(d + order - 1, order) // d)
    return m + ((order, d, m) in EXCEPTIONS)


def moment_spectrum(order: int, d: int) -> list[tuple[int, float, int]]:
    r"""Spectrum of the second moments of :math:`u^{\otimes l}`, u uniform on the sphere.

    :math:`E[\operatorname{vec}(u^{\otimes l})\operatorname{vec}(u^{\otimes l})^\top]` has, on symmetric
    tensors, one eigenvalue for each degree :math:`n=l-2k\ge0` of harmonic polynomials,

    .. math:: \mu_n=\frac{l!}{\prod_{j<n}(d+2j)\,\prod_{j=1}^{k}2j\,(d+2n+2j-2)} .

    Parameters
    ----------
    order : int >= 1
        The order l.
    d : int >= 1
        Dimension of u.

    Returns
    -------
    list of (degree, eigenvalue, multiplicity)
        Degrees l, l - 2, ...; so the smallest eigenvalue comes first. Multiplicities add up to N, and
        multiplicity times eigenvalue to one. (For d = 1 only degrees up to one are there.)

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Integers up to one division: relatively accurate to the last digit.
    Source: beyond the text (wang2020.thm1.spectrum).

    >>> [(n, round(1 / value), count) for n, value, count in moment_spectrum(4, 2)]
    [(4, 16, 2), (2, 4, 2), (0, 3, 1)]
    """
    order, d, _ = _counted(order, d)
    spectrum = []
    for k in range(order // 2 + 1):
        n = order - 2 * k
        radial = prod(2 * j * (d + 2 * n + 2 * j - 2) for j in range(1, k + 1))
        below = prod(d + 2 * j for j in range(n)) * radial
        count = comb(d + n - 1, n) - (comb(d + n - 3, n - 2) if n >= 2 else 0)
        if count:
            spectrum.append((n, factorial(order) / below, count))
    return spectrum


def spectral_bound(order: int, d: int, m: int) -> float:
    r"""Sum of the :math:`(N-dm)_+` smallest eigenvalues of the moments.

    Below :math:`E\,\mathrm{dist}^2` for every U, and for every subspace of dimension at most dm, tangent to
    something or not (Ky Fan). Never below :func:`~flowbounds.bounds.lazy.lower_bound`; zero where dm
    reaches N.

    Parameters
    ----------
    order, d, m : int >= 1

    Returns
    -------
    float in [0, 1)

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    Source: beyond the text (wang2020.thm1.residual).

    >>> spectral_bound(4, 10, 2) > lower_bound(4, 10, 2), spectral_bound(3, 10, 22)
    (True, 0.0)
    """
    order, d, m = _counted(order, d, m)
    left, total = comb(d + order - 1, order) - d * m, 0.0
    for _, value, count in moment_spectrum(order, d):
        taken = min(count, max(left, 0))
        total, left = total + taken * value, left - taken
    return float(total)


def lower_bound(order: int, d: int, m: int) -> float:
    r"""Closed form below :math:`E\,\mathrm{dist}(u^{*\otimes l},S_U)^2`, for every U.

    .. math:: (N-dm)\,\mu_l=\prod_{j=0}^{l-1}\frac{d+j}{d+2j}-\frac{m\,l!}{\prod_{j=1}^{l-1}(d+2j)} .

    Parameters
    ----------
    order, d, m : int >= 1

    Returns
    -------
    float
        Negative where dm exceeds N: there it says nothing.

    Raises
    ------
    HypothesisError
        Arguments out of range.

    Notes
    -----
    An integer over an integer: relatively accurate to the last digit.
    Source: wang2020.thm1, with its constant (wang2020.thm1.residual).

    >>> [round(lower_bound(3, 10, m), 3) for m in (5, 11, 16)]
    [0.607, 0.393, 0.214]
    """
    order, d, m = _counted(order, d, m)
    left = comb(d + order - 1, order) - d * m
    return left * factorial(order) / prod(d + 2 * j for j in range(order))


def distance_squared(U: ArrayLike, U_star: ArrayLike, c_star: ArrayLike, order: int) -> float:
    r"""Squared distance of :math:`T^*=\sum_jc_j^*u_j^{*\otimes l}` from the tangent space :math:`S_U`.

    Parameters
    ----------
    U : (d, m)
        Components before training, one a column, of any length; a zero column adds nothing.
    U_star : (d, r)
        Directions of the target, of any length.
    c_star : (r,)
        Coefficients of the target, of either sign.
    order : int >= 2
        The order l.

    Returns
    -------
    float >= 0

    Raises
    ------
    HypothesisError
        Shapes that do not fit, entries that are not finite, an order below two.

    Notes
    -----
    Absolute accuracy near rounding, relative to :math:`\|T^*\|^2`, where the tangent columns are not nearly
    dependent; what is within 1e-10 of being dependent is dropped. Takes a singular value decomposition of
    N dm numbers. Source: wang2020.thm1.

    >>> distance_squared([[1.0], [0.0]], [[1.0, 0.0], [0.0, 1.0]], [5.0, 2.0], 3)  # only e_1 is within reach
    4.0
    """
    U = require_array("U", U, ("d", "m"))
    U_star = require_array("U_star", U_star, (U.shape[0], "r"))
    c_star = require_array("c_star", c_star, (U_star.shape[1],))
    order = require_count("order", order, 2)
    outside = tangent_space.normal_basis(U, order).T @ (
        tangent_space.coordinates_of_each(U_star, order) @ c_star
    )
    return float(outside @ outside)
