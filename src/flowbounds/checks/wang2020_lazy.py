"""Checks of Theorem 1 of Wang et al.: the tangent space, the moments of a random target, and the floor."""

from collections.abc import Mapping, Sequence
from math import comb, factorial

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import lazy, tangent_space
from flowbounds.checks import tangent_cases as cases
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

HALF = 0.5  # of a dimension: two integers that differ are off by twice this
EIGENVALUES = 1e-14  # absolute; the eigenvalues add up to one
ROUTES = 1e-9  # two routes to E dist^2 differ by rounding times a condition number, and not by this
ACCURACIES = (0.5, 0.2, 0.1, 0.05, 0.01)  # of E dist^2, for a target of norm one
DIMENSIONS: Mapping[int, tuple[int, ...]] = {3: (2, 3, 4, 5, 6, 7), 4: (2, 3, 4, 5, 6, 7), 5: (2, 3, 4)}
MOMENTS = ((3, 2), (3, 3), (3, 4), (3, 5), (4, 2), (4, 3), (4, 4), (5, 2), (5, 3), (6, 2))
NEEDED = ((3, 4), (3, 6), (3, 8), (3, 10), (3, 12), (4, 3), (4, 4), (4, 5), (4, 6))
DRAWN = ((3, 5, 4), (3, 6, 5), (3, 8, 6), (3, 8, 14), (4, 4, 6), (4, 5, 10), (5, 3, 5))
SOLVED = ((3, 3, 2), (3, 4, 2), (3, 4, 3), (4, 3, 2), (4, 3, 3), (3, 3, 3), (3, 4, 4))
SHARP = ((3, 5, 5), (3, 6, 6), (3, 6, 8), (3, 8, 8), (3, 8, 14))


@settles("wang2020.thm1.dim", kind="identity")
def dimension(*, dimensions: Mapping[int, Sequence[int]] = DIMENSIONS, rng: Generator) -> Evidence:
    """The tangent space of generic components has dimension min(dm, N), less one in four exceptions.

    Every m up to one more than fill the space. Margin: digits of the largest difference from the rank of
    integer components modulo a prime, in units of half a dimension. Second route: singular values of real
    ones. Controls: the count without its exceptions, and components of which two agree.
    """
    off, second, plain, repeated, instances, exceptions, where = 0, 0, 0, 0, 0, 0, "no case differs"
    for order, d, top in cases.generic_cases(dimensions):
        exact = cases.exact_ranks(order, d, top, rng)
        U = uniform_directions(d, top, rng)
        for m in range(1, top + 1):
            claim = lazy.tangent_dimension(order, d, m)
            counted = min(d * m, comb(d + order - 1, order))
            gap = abs(claim - exact[m - 1])
            if gap > off:
                off, where = gap, f"l = {order}, d = {d}, m = {m}"
            plain = max(plain, abs(counted - exact[m - 1]))
            exceptions += exact[m - 1] < counted
            second = max(second, abs(rank(U[:, :m], order) - exact[m - 1]))
            if 1 < m < top - 1:
                twice = np.hstack([U[:, : m - 1], U[:, :1]])
                repeated = max(repeated, abs(rank(twice, order) - claim))
            instances += 1
    return Evidence(
        statement="wang2020.thm1.dim",
        margin=identity_margin(off, HALF),
        error=identity_error(second, HALF),
        instances=instances,
        sizes={f"d for l = {order}": list(d) for order, d in dimensions.items()},
        where=where,
        control=("without the exceptions", identity_margin(plain, HALF)),
        controls=[("two components agree", identity_margin(repeated, HALF))],
        constants={"cases one below the count": float(exceptions)},
        note="from below exact in these cases; for every (l, d, m) it is a theorem that is cited",
    )


def rank(U: FloatArray, order: int) -> int:
    """Numerical rank of the tangent columns."""
    sizes = np.linalg.svd(tangent_space.tangent_columns(U, order), compute_uv=False)
    return int(np.sum(sizes > tangent_space.RANK_CUT * sizes[0]))


def apart(values: Sequence[tuple[float, int]], exact: FloatArray) -> float:
    """Largest difference of sorted eigenvalues; a list that is too long loses its largest."""
    flat = np.sort(np.concatenate([np.full(count, value) for value, count in values]))
    return float(np.max(np.abs(np.resize(flat, len(exact)) - exact)))


@settles("wang2020.thm1.spectrum", kind="identity")
def spectrum(*, sizes: Sequence[tuple[int, int]] = MOMENTS) -> Evidence:
    """The moments of a random rank-one target have one eigenvalue for each degree of harmonics.

    Margin: digits of the largest difference from the eigenvalues of moment matrices whose entries are exact
    fractions rounded once, under a model of 1e-14. Second route: in fractions, the matrix is annihilated by
    the product over the listed eigenvalues, and traces of its powers agree. Controls: multiplicities of all
    polynomials of a degree, moments of a Gaussian vector of the same mean square, one eigenvalue 1/N.
    """
    worst, second, where = 0.0, 0.0, ""
    wrong = {"all polynomials of the degree": 0.0, "a Gaussian in place of the sphere": 0.0, "1/N": 0.0}
    for order, d in sizes:
        listed = lazy.moment_spectrum(order, d)
        exact: FloatArray = np.linalg.eigvalsh(cases.exact_moments(order, d)[1]).astype(np.float64)
        N = len(exact)

        found = apart([(value, count) for _, value, count in listed], exact)
        second = max(second, cases.exactly_off(order, d, listed))
        if found > worst:
            worst, where = found, f"l = {order}, d = {d}"
        growth = float(np.prod([1 + 2 * j / d for j in range(order)]))  # E|g|^2l for g of E|g|^2 = 1
        others: dict[str, list[tuple[float, int]]] = {
            "all polynomials of the degree": [(value, comb(d + n - 1, n)) for n, value, _ in listed],
            "a Gaussian in place of the sphere": [(growth * value, count) for _, value, count in listed],
            "1/N": [(1 / N, N)],
        }
        wrong = {name: max(wrong[name], apart(values, exact)) for name, values in others.items()}
    margin = identity_margin(worst, EIGENVALUES)
    first, *rest = [(name, identity_margin(off, EIGENVALUES)) for name, off in wrong.items()]
    return Evidence(
        statement="wang2020.thm1.spectrum",
        margin=margin,
        error=identity_error(second, EIGENVALUES),
        instances=len(sizes),
        sizes={"(l, d)": [f"({order}, {d})" for order, d in sizes]},
        where="no difference beyond rounding" if margin == 1 else where,
        control=first,
        controls=rest,
        note="in fractions the spectrum is exact, with its multiplicities",
    )


def needed(directions: FloatArray, order: int, accuracy: float) -> int:
    """Fewest of the first columns at which E dist^2 is at most ``accuracy``; it falls with each column."""
    low, high = 0, directions.shape[1]
    while high - low > 1:
        middle = (low + high) // 2
        value = tangent_space.expected_distance_squared(directions[:, :middle], order)
        low, high = (low, middle) if value <= accuracy else (middle, high)
    return int(high)


@settles("wang2020.thm1", kind="inequality")
def theorem1(
    *,
    sizes: Sequence[tuple[int, int]] = NEEDED,
    accuracies: Sequence[float] = ACCURACIES,
    rng: Generator,
) -> Evidence:
    """For an expected squared error eps of a random rank-one target m is at least (N - eps/mu_l)/d.

    The constant made explicit; at least (1 - 2^(l-1) eps) d^(l-1)/l!. Random components. Margin: the fewest
    components found over the bound, less one, the worst.
    Error: the difference of two routes to E dist^2, in components. Control: components that may depend on
    the target; one is enough.
    """
    worst, error, where, known, instances, vacuous = np.inf, 0.0, "", np.inf, 0, 0
    shares: dict[str, float] = {}
    for order, d in sizes:
        top = lazy.threshold(order, d)
        mu, N = lazy.moment_spectrum(order, d)[0][1], comb(d + order - 1, order)
        U = uniform_directions(d, top, rng)
        half = U[:, : -(-top // 2)]
        routes = tangent_space.expected_distance_squared(half, order) - cases.gram_route(half, order)
        for accuracy in accuracies:
            bound = (N - accuracy / mu) / d
            instances += 1
            if bound <= 1:
                vacuous += 1
                continue
            found = needed(U, order, accuracy)
            error = float(np.fmax(error, abs(routes) / (d * mu) / bound))
            known = min(known, 1 / bound - 1)
            if found / bound - 1 < worst:
                worst, where = found / bound - 1, f"l = {order}, d = {d}, eps = {accuracy:g}"
            shares[f"l = {order}, eps = {accuracy:g}"] = found * factorial(order) / d ** (order - 1)
    asked = [f"l = {order}, eps = {min(accuracies):g}" for order in dict(sizes)]
    return Evidence(
        statement="wang2020.thm1",
        margin=worst,
        error=decade_above(max(error, ROUTES)),
        instances=instances,
        vacuous=vacuous,
        sizes={"(l, d)": [f"({order}, {d})" for order, d in sizes], "eps": list(accuracies)},
        where=where,
        control=("components that know the target", known),
        constants={
            f"m over d^(l-1)/l! at the largest d, {name}": shares[name] for name in asked if name in shares
        },
        note="the expected distance itself is never less than its expected square",
    )


def residual_cases(
    drawn: Sequence[tuple[int, int, int]],
    solved: Sequence[tuple[int, int, int]],
    sharp: Sequence[tuple[int, int, int]],
    rng: Generator,
) -> list[tuple[str, int, FloatArray]]:
    """(name, order, U): random, patterned, sought by a solver, and an orthonormal basis with random ones."""
    found = []
    for order, d, m in drawn:
        found.append(("random", order, uniform_directions(d, m, rng)))
        found += [(name, order, U) for name, U in cases.structured(d, m)]
    for order, d, m in solved:
        found.append(("sought by a solver", order, cases.least_expected(order, d, m, rng)))
    for order, d, m in sharp:
        basis = np.linalg.qr(rng.normal(size=(d, d)))[0]
        found.append(
            ("orthonormal basis first", order, np.hstack([basis, uniform_directions(d, m, rng)])[:, :m])
        )
    return found


@settles("wang2020.thm1.residual", kind="inequality")
def residual(
    *,
    drawn: Sequence[tuple[int, int, int]] = DRAWN,
    solved: Sequence[tuple[int, int, int]] = SOLVED,
    sharp: Sequence[tuple[int, int, int]] = SHARP,
    rng: Generator,
) -> Evidence:
    """For every U, E dist^2 is at least (N - dm) mu_l; for l = 3 and m >= d some U attain it.

    E dist^2 is exact, a trace. Margin: its excess over the sum of the N - dm smallest eigenvalues, which is
    never below (N - dm) mu_l, relative to it, the least; zero is the claim. Error: inner products alone as
    second route, where they are well conditioned. Control: a target that is one of the components.
    """
    least, least_random, error, where, known = np.inf, np.inf, ROUTES, "", np.inf
    instances = residual_cases(drawn, solved, sharp, rng)
    for name, order, U in instances:
        d, m = U.shape
        bound, closed = lazy.spectral_bound(order, d, m), lazy.lower_bound(order, d, m)
        value = tangent_space.expected_distance_squared(U, order)
        error = float(np.fmax(error, abs(value - cases.gram_route(U, order)) / bound))
        slack = min(value / bound, bound / closed if closed > 0 else np.inf) - 1
        if slack < least:
            least, where = slack, f"{name}, l = {order}, d = {d}, m = {m}"
        if name == "random":
            least_random = min(least_random, value / bound)
        known = min(
            known, lazy.distance_squared(U, U[:, :1] / np.linalg.norm(U[:, 0]), [1.0], order) / bound - 1
        )
    return Evidence(
        statement="wang2020.thm1.residual",
        margin=float(least),
        error=decade_above(error),
        instances=len(instances),
        sizes={
            "random and patterned (l, d, m)": [str(size) for size in drawn],
            "sought by a solver": [str(size) for size in solved],
            "orthonormal basis first": [str(size) for size in sharp],
        },
        where="orthonormal basis first, l = 3" if abs(least) <= 10 * decade_above(error) else where,
        control=("the target is a component", known),
        constants={"E dist^2 over the bound, random components, least": float(least_random)},
        sharp=True,
    )
