"""Checks of Min et al. on the tangent operator T of a linear network, and on what it is for."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models import linear_network as network
from flowbounds.models.layer_chain import Weights
from flowbounds.models.network_ensembles import KINDS, random_layers
from flowbounds.models.objectives import Regression, Sensing, factorization, regression, sensing
from flowbounds.validation import FloatArray, require_count

EPS = float(np.finfo(float).eps)
ROUNDING = 512 * EPS  # of the largest value possible: ten products of order five, singular values of order 25


def networks(
    trials: int, rng: Generator, *, layers: Sequence[int], widths: Sequence[int] = (1, 2, 3, 4, 5)
) -> Iterator[tuple[str, Weights]]:
    """Random networks: depths and ensembles in turn, every width on its own, with the ensemble's name."""
    for trial in range(require_count("trials", trials, 1)):
        depth = layers[trial % len(layers)]
        kind = KINDS[trial // len(layers) % len(KINDS)]
        shape = rng.choice(widths, size=depth + 1)
        yield kind, random_layers(pairwise(map(int, shape)), rng, kind)


def tangent_scale(weights: Weights) -> float:
    """The largest that a term of T can be, max over l of the squared norms of the other layers multiplied."""
    squares = np.array([np.linalg.norm(layer, 2) ** 2 for layer in weights])
    return max(float(max(np.prod(np.delete(squares, k)) for k in range(squares.size))), np.finfo(float).tiny)


def literal_jacobian(weights: Weights) -> FloatArray:
    """dW/dw, weight by weight: the product is linear in a layer, so a unit matrix takes the layer's place."""
    columns = []
    for k, layer in enumerate(weights):
        for entry in range(layer.size):
            unit = np.zeros(layer.size)
            unit[entry] = 1.0
            moved = [*weights[:k], unit.reshape(layer.shape), *weights[k + 1 :]]
            columns.append(network.product(moved).ravel())
    return np.column_stack(columns)


def random_objective(shape: tuple[int, int], rng: Generator, which: int) -> Regression | Sensing:
    """Factorization, regression of full rank, of rank n - 1 (where n > 1), or sensing; ``which`` modulo 4."""
    n, m = shape
    if which % 4 == 0:
        return factorization(rng.normal(size=(n, m)))
    if which % 4 == 3:
        count = int(rng.integers(1, n * m + 3))
        return sensing(rng.normal(size=(count, n, m)), rng.normal(size=count))
    X = rng.normal(size=(n + 3, n))
    if which % 4 == 2 and n > 1:
        X[:, -1] = X[:, 0]
    return regression(X, rng.normal(size=(n + 3, m)))


@settles("min2022.general.T", kind="identity")
def tangent(*, trials: int = 420, rng: Generator) -> Evidence:
    """T is self-adjoint, positive semidefinite, and J J^T: the neural tangent kernel of the linear model.

    Residual: the largest of ``|<F, T E> - <T F, E>|``, ``|T - J J^T|`` with J column by column from products
    of layers, the operator applied less the matrix applied, and minus the smallest eigenvalue, relative to
    the largest that a term of T can be. Second route: layers with entries -1, 0 and 1, where every product is
    exact and the two sides agree to the last bit. Control: T without the term of its last layer.
    """
    worst, exact, control = 0.0, 0.0, -np.inf
    for kind, weights in networks(trials, rng, layers=(2, 3, 4, 5)):
        scale = tangent_scale(weights)
        T, J = network.tangent_matrix(weights), literal_jacobian(weights)
        E, F = rng.normal(size=(2, *network.product(weights).shape))
        E, F = E / np.linalg.norm(E), F / np.linalg.norm(F)
        image = network.tangent_apply(weights, E)
        swapped = abs(float(np.sum(F * image) - np.sum(E * network.tangent_apply(weights, F))))
        lowest = -float(np.linalg.eigvalsh((T + T.T) / 2)[0])
        applied = float(np.max(np.abs(image.ravel() - T @ E.ravel())))
        square = float(np.max(np.abs(T - J @ J.T)))
        worst = max(worst, max(square, swapped, applied, lowest) / scale)
        if kind == "integers":
            exact = max(exact, square / scale)
        if kind == "gaussian":
            last = weights[-1].size
            without = float(np.max(np.abs(T - J[:, :-last] @ J[:, :-last].T))) / scale
            control = max(control, identity_margin(without, ROUNDING))
    return Evidence(
        statement="min2022.general.T",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(exact, ROUNDING),
        instances=trials,
        sizes={"layers": [2, 3, 4, 5], "widths": [1, 5], "ensembles": list(KINDS)},
        control=("the term of the last layer left out", control),
    )


def gradient_norms(weights: Weights, G: FloatArray) -> FloatArray:
    """The squared norm of the gradient in all layers by four routes, the last layer left out as a fifth.

    In the layers; <T G, G>; the quadratic form of T's matrix; J^T G, with J column by column.
    """
    slopes = [float(np.sum(slope**2)) for slope in network.layer_gradients(weights, G)]
    g = G.ravel()
    return np.array(
        [
            sum(slopes),
            np.sum(network.tangent_apply(weights, G) * G),
            g @ network.tangent_matrix(weights) @ g,
            np.sum((literal_jacobian(weights).T @ g) ** 2),
            sum(slopes[:-1]),
        ]
    )


@settles("min2022.general.T_identity", kind="identity")
def tangent_identity(*, trials: int = 420, rng: Generator) -> Evidence:
    """The squared gradient norm of the network is <T grad f, grad f>, by four routes.

    Residual: largest difference of layers, operator and matrix from the fourth route (the Jacobian, weight
    by weight), relative to the largest value that T allows. Second route: layers and gradients with
    entries -1, 0 and 1, for which all four agree to the last bit. Control: the last layer at rest.
    """
    worst, exact, control = 0.0, 0.0, -np.inf
    for trial, (kind, weights) in enumerate(networks(trials, rng, layers=(1, 2, 3, 4, 5))):
        W = network.product(weights)
        f = random_objective(W.shape, rng, trial)
        G = f.gradient(W)
        allowed = tangent_scale(weights) * float(np.sum(G**2))
        if allowed <= np.finfo(float).tiny:
            continue
        norms = gradient_norms(weights, G) / allowed
        worst = max(worst, float(np.max(np.abs(norms[:3] - norms[3]))))
        if kind == "gaussian":
            control = max(control, identity_margin(abs(float(norms[4] - norms[3])), ROUNDING))
        if kind == "integers":
            whole = gradient_norms(weights, np.sign(np.round(G)))
            exact = max(exact, float(np.max(np.abs(whole[:3] - whole[3]))) / allowed)
    return Evidence(
        statement="min2022.general.T_identity",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(exact, ROUNDING),
        instances=trials,
        sizes={"layers": [1, 2, 3, 4, 5], "widths": [1, 5], "ensembles": list(KINDS)},
        control=("the last layer left out", control),
    )


def layer_minima(weights: Weights) -> float:
    """lambda_n(W_1 W_1^T) + lambda_m(W_L^T W_L), from the singular values of the first and last layer."""
    first, last = weights[0], weights[-1]
    total = 0.0
    for tall in (first, last.T):
        if tall.shape[0] <= tall.shape[1]:
            total += float(np.linalg.svd(tall, compute_uv=False)[-1]) ** 2
    return total


@settles("min2022.general.lambda_min", kind="identity")
def two_layer_eigenvalue(*, trials: int = 420, rng: Generator) -> Evidence:
    """With two layers the smallest eigenvalue of T is the sum of the smallest eigenvalues of the two terms.

    Residual: the singular values of the Jacobian against those of the two layers, and the eigenvalues of T's
    matrix against both, relative to the larger term. Controls: the outer two terms at three layers, and the
    largest eigenvalue of one term with the smallest of the other.
    """
    worst = 0.0
    for _, weights in networks(trials, rng, layers=(2,)):
        scale, value = tangent_scale(weights), network.tangent_min_eigenvalue(weights)
        dense = float(np.linalg.eigvalsh(network.tangent_matrix(weights))[0])
        worst = max(worst, max(abs(value - layer_minima(weights)), abs(value - dense)) / scale)
    three = random_layers([(2, 2)] * 3, rng)
    control = abs(network.tangent_min_eigenvalue(three) - layer_minima(three)) / tangent_scale(three)
    two = random_layers([(2, 2)] * 2, rng)
    mixed = float(np.linalg.norm(two[0], 2) ** 2 + np.linalg.svd(two[1], compute_uv=False)[-1] ** 2)
    swapped = abs(network.tangent_min_eigenvalue(two) - mixed) / tangent_scale(two)
    return Evidence(
        statement="min2022.general.lambda_min",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(EPS, ROUNDING),  # either side is rounded at least once
        instances=trials,
        sizes={"widths": [1, 5], "ensembles": list(KINDS)},
        control=("the outer two of three layers", identity_margin(control, ROUNDING)),
        controls=[("the largest of one, the smallest of the other", identity_margin(swapped, ROUNDING))],
    )


@settles("min2022.general.localPL", kind="inequality")
def local_pl(*, trials: int = 600, rng: Generator) -> Evidence:
    """The squared gradient norm is at least gamma lambda_min(T) times the gap.

    Margin: the ratio of the sides minus one, for Gaussian layers and random objectives with more than one
    entry; a network whose T is singular is vacuous. Second route: the gradient by the Jacobian, lambda_min
    from T's matrix, at the worst instance. Constants: the smallest of each of the two steps, and the ratio
    where both are equalities, a gap along the last eigenvector of T under factorization. Controls: the
    largest eigenvalue of T, and the opposite inequality.
    """
    margin, error, control, vacuous = np.inf, 0.0, np.inf, 0
    steps, where, sharp = np.full(2, np.inf), "", (0.0, 0.0)
    for trial in range(require_count("trials", trials, 1)):
        shape = rng.integers(2, 5, size=3 + trial % 3)
        weights = random_layers(pairwise(map(int, shape)), rng)
        W = network.product(weights)
        f = random_objective(W.shape, rng, trial)
        G, lowest = f.gradient(W), network.tangent_min_eigenvalue(weights)
        values, vectors = np.linalg.eigh(network.tangent_matrix(weights))
        if lowest <= ROUNDING * tangent_scale(weights):
            vacuous += 1
            continue
        norms, gap = gradient_norms(weights, G), f.gap(W)
        size = float(np.sum(G**2))
        steps = np.minimum(steps, [norms[0] / (lowest * size), size / (f.gamma * gap)])
        ratio = norms[0] / (f.gamma * lowest * gap)
        control = min(control, float(norms[0] / (f.gamma * values[-1] * gap) - 1))
        if ratio - 1 < margin:
            margin, error = float(ratio - 1), float(abs(norms[3] / (f.gamma * values[0] * gap) - ratio))
            where = f"{len(weights)} layers, {type(f).__name__.lower()}"
            best = factorization(W - vectors[:, 0].reshape(W.shape))
            attained = gradient_norms(weights, best.gradient(W))
            bottom = best.gamma * lowest * best.gap(W)
            sharp = (float(attained[0] / bottom), abs(float(attained[3] / attained[0]) - 1))
    return Evidence(
        statement="min2022.general.localPL",
        margin=margin,
        error=error,
        instances=trials,
        vacuous=vacuous,
        sizes={"layers": [2, 3, 4], "widths": [2, 4]},
        where=where,
        control=("the largest eigenvalue of T", control),
        controls=[("its sign turned, as one summary slide is read, where it is closest", -margin)],
        constants={
            "smallest ratio of the step by T": float(steps[0]),
            "smallest ratio of the step by gamma": float(steps[1]),
            "ratio along the last eigenvector": sharp,
        },
    )
