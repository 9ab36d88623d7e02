"""Components, exact ranks and exact moments behind the checks of lazy training."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import minimize

from flowbounds.bounds import tangent_space
from flowbounds.models.tensor_ensembles import equiangular_basis, uniform_directions
from flowbounds.validation import FloatArray

PRIME = 2**31 - 1  # products of two residues fit into 63 bits
GRAM_CUT = 1e-12  # of the largest eigenvalue; a cut on squares, so that 1e-6 of a column is kept
CLEAR = 1e-6  # of the largest eigenvalue: an inverse that keeps ten digits


def exact_ranks(order: int, d: int, m: int, rng: Generator) -> list[int]:
    """Ranks of the tangent columns of the first 1, ..., m of m integer components, modulo a prime.

    Exact arithmetic on random residues, one elimination: never above the generic rank.
    """
    U = rng.integers(0, PRIME, size=(d, m))
    indices = np.array(list(combinations_with_replacement(range(d), order)))
    columns = np.zeros((len(indices), m, d), dtype=np.int64)
    for slot in range(order):
        rest = np.ones((len(indices), m), dtype=np.int64)
        for other in range(order):
            if other != slot:
                rest = rest * U[indices[:, other]] % PRIME
        columns[np.arange(len(indices)), :, indices[:, slot]] += rest
    return pivots(columns.reshape(len(indices), m * d) % PRIME, d)


def pivots(table: NDArray[np.int64], block: int) -> list[int]:
    """Ranks modulo the prime of the first block, 2 blocks, ... columns."""
    table, rank, ranks = table.copy(), 0, []
    for column in range(table.shape[1]):
        alive = np.flatnonzero(table[rank:, column])
        if alive.size:
            table[[rank, rank + alive[0]]] = table[[rank + alive[0], rank]]
            lead = table[rank, column:] * pow(int(table[rank, column]), -1, PRIME) % PRIME
            below = table[rank + 1 :, column:]
            below[:] = (below - below[:, :1] * lead) % PRIME
            rank += 1
        if (column + 1) % block == 0:
            ranks.append(rank)
    return ranks


@lru_cache(maxsize=32)
def exact_moments(order: int, d: int) -> tuple[list[list[Fraction]], FloatArray]:
    """Moments of all products of ``order`` coordinates, as fractions, similar to the symmetric float matrix.

    The fractions act on coefficients, (N, N), entry ``l!/beta! E[u^(alpha+beta)]``; the floats are the same
    in orthonormal coordinates, each entry a fraction rounded once and two roots.
    """
    below = prod(d + 2 * j for j in range(order))
    tuples = list(combinations_with_replacement(range(d), order))
    powers = [np.bincount(entry, minlength=d) for entry in tuples]
    counts = [factorial(order) // prod(factorial(int(k)) for k in alpha) for alpha in powers]

    def moment(alpha: NDArray[np.intp], beta: NDArray[np.intp]) -> Fraction:
        total = [int(k) for k in alpha + beta]
        if any(k % 2 for k in total):
            return Fraction(0)
        return Fraction(prod(prod(range(1, k, 2)) for k in total), below)

    raw = [[moment(alpha, beta) for beta in powers] for alpha in powers]
    roots = np.sqrt(np.array(counts, dtype=float))
    exact = [[entry * count for entry, count in zip(row, counts, strict=True)] for row in raw]
    return exact, roots[:, None] * np.array(raw, dtype=float) * roots


def exactly_off(order: int, d: int, listed: list[tuple[int, float, int]]) -> float:
    """Zero where a list (degree, eigenvalue, multiplicity) is exactly the spectrum of the moments.

    The product of M - mu over the list vanishes, and traces of as many powers of M agree: then M has these
    eigenvalues and no other, with these multiplicities. In fractions, one rounding at the end; the listed
    floats are read as the nearest fractions of small denominator.
    """
    M = np.array(exact_moments(order, d)[0], dtype=object)
    spectrum = [(Fraction(value).limit_denominator(10**9), count) for _, value, count in listed]
    one = np.array([[Fraction(int(i == j)) for j in range(len(M))] for i in range(len(M))], dtype=object)
    product, power, off = one, one, Fraction(0)
    for k, (mu, _) in enumerate(spectrum):
        claimed = sum((count * value**k for value, count in spectrum), Fraction(0))
        off = max(off, abs(sum(np.diagonal(power), Fraction(0)) - claimed))
        product, power = product @ (M - mu * one), power @ M
    return float(max(off, *(abs(entry) for entry in product.flat)))


def gram_route(U: FloatArray, order: int) -> float:
    r"""E dist^2 by inner products alone: one minus the trace of the Gram matrix's inverse with that of E.

    Where the tangent columns have inner products G, and a random target makes inner products of covariance H
    with them, E dist^2 = 1 - tr(G^+ H). H is the mixed derivative in u and v, over l^2, of

        E <u,x>^l <v,x>^l = sum_k h_k |u|^2k |v|^2k <u,v>^(l-2k),  x uniform on the sphere.

    Not a number where an eigenvalue of G is neither clearly zero nor clearly not.
    """
    U = tangent_space.directions(U)
    d, m = U.shape
    c = U.T @ U
    below = prod(d + 2 * j for j in range(order))
    H = np.zeros((m, d, m, d))
    for k in range(order // 2 + 1):
        n = order - 2 * k
        h = factorial(order) ** 2 / (factorial(n) * factorial(k) ** 2 * 4**k) / below
        # derivatives of |u|^2k |v|^2k <u,v>^n in u_a and v_b at unit u, v
        outer = np.einsum("ij,ai,bj->iajb", 4 * k * k * c**n, U, U)
        if n:
            first = n * c ** (n - 1)
            outer += np.einsum("ij,ab->iajb", first, np.eye(d))
            outer += 2 * k * np.einsum("ij,ai,bi->iajb", first, U, U)
            outer += 2 * k * np.einsum("ij,aj,bj->iajb", first, U, U)
        if n > 1:
            outer += np.einsum("ij,aj,bi->iajb", n * (n - 1) * c ** (n - 2), U, U)
        H += h * outer
    H = H.reshape(m * d, m * d) / order**2
    values, modes = np.linalg.eigh(tangent_space.tangent_gram(U, order))
    kept = values > GRAM_CUT * values[-1]
    if values[kept][0] < CLEAR * values[-1]:
        return np.nan
    return float(1 - np.sum(np.einsum("ak,ab,bk->k", modes[:, kept], H, modes[:, kept]) / values[kept]))


def structured(d: int, m: int) -> Iterator[tuple[str, FloatArray]]:
    """Components with a pattern: an orthonormal basis and its sums, equal angles, a pencil, a repetition."""
    pairs = [np.eye(d)[:, i] + s * np.eye(d)[:, j] for i in range(d) for j in range(i) for s in (1, -1)]
    grid = np.column_stack([np.eye(d), *pairs])
    if m <= grid.shape[1]:
        yield "basis vectors, their sums and differences", grid[:, :m]
    if m <= d:
        yield "equal angles of 60 degrees", equiangular_basis(d, m, 60.0)
    angles = np.pi * np.arange(m) / m
    pencil = np.zeros((d, m))
    pencil[:2] = np.cos(angles), np.sin(angles)
    yield "all in one plane", pencil
    yield "all the same", np.ones((d, m))


def least_expected(order: int, d: int, m: int, rng: Generator, *, starts: int = 2) -> FloatArray:
    """Components (d, m) at which a local solver finds E dist^2 least, of some random starts."""

    def value(flat: FloatArray) -> float:
        return tangent_space.expected_distance_squared(flat.reshape(d, m), order)

    found = [
        minimize(value, uniform_directions(d, m, rng).ravel(), method="BFGS", options={"maxiter": 60})
        for _ in range(starts)
    ]
    return np.asarray(min(found, key=lambda run: run.fun).x).reshape(d, m)


def generic_cases(dimensions: Mapping[int, Sequence[int]]) -> list[tuple[int, int, int]]:
    """(order, d, largest m): for each dimension up to one component more than fill the space."""
    return [
        (order, d, -(-comb(d + order - 1, order) // d) + 1) for order in dimensions for d in dimensions[order]
    ]


def distance_by_gram(U: FloatArray, targets: FloatArray, order: int) -> FloatArray:
    """Squared distances of l-th powers of unit columns (d, B) by inner products, (B,), or not numbers."""
    U = tangent_space.directions(U)
    cosines = U.T @ targets
    against = np.einsum("ib,ab->iab", cosines ** (order - 1), targets).reshape(-1, targets.shape[1])
    values, modes = np.linalg.eigh(tangent_space.tangent_gram(U, order))
    kept = values > GRAM_CUT * values[-1]
    if values[kept][0] < CLEAR * values[-1]:
        return np.full(targets.shape[1], np.nan)
    parts = modes[:, kept].T @ against
    return np.asarray(1 - np.sum(parts**2 / values[kept][:, None], axis=0))
