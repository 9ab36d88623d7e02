"""The fast ways of the library beside the plain ones that they replace."""

from functools import partial
from typing import Any

import numpy as np
from alternate import Case
from numpy.random import Generator, default_rng

from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.rank_one_descent import Parts, draw_parts, rank_one_descent
from flowbounds.dynamics.sample_gram import gram_descent
from flowbounds.models import tensor
from flowbounds.models.homogeneous_network import loss_and_gradients
from flowbounds.models.linear_network import tangent_matrix
from flowbounds.models.network_ensembles import random_layers
from flowbounds.models.tangent_eigenvalue import tangent_smallest
from flowbounds.models.tensor_ensembles import uniform_directions

SEED = 1  # of every case; only sizes differ


def cases(*, tiny: bool = False) -> list[Case]:
    """All cases; ``tiny`` ones only show that they run."""
    makers = (contraction, first_layer, tangent, batch)
    return [make(default_rng(SEED), 0.1 if tiny else 1.0) for make in makers]


def scaled(size: int, share: float) -> int:
    """A share of a size, at least 2."""
    return max(2, round(share * size))


def contraction(rng: Generator, share: float) -> Case:
    """Powers of the Gram matrix by multiplication, against numpy's power of floats."""
    d, m = scaled(50, share), scaled(800, share)
    vectors, weights = uniform_directions(d, m, rng), rng.uniform(size=m)

    def plain() -> Any:
        return (vectors * weights) @ (vectors.T @ vectors) ** 3

    fast = partial(tensor.contract, vectors, weights, vectors)
    return Case(f"contraction, G*G*G against G**3 (d={d}, m={m})", fast, plain, 1e-12)


def first_layer(rng: Generator, share: float) -> Case:
    """Descent through the Gram matrix of the samples, against descent on the first layer itself."""
    d, h, m, steps = scaled(1000, share), scaled(50, share), scaled(60, share), 5
    weights = [rng.normal(size=(h, d)) / np.sqrt(d), rng.normal(size=(2, h)) / np.sqrt(h)]
    X, Y = rng.normal(size=(d, m)), rng.normal(size=(2, m))

    def slope(layers: Any, drawn: Any) -> Any:
        value, gradients, _ = loss_and_gradients(layers, ["relu"], X, Y)
        return value, gradients

    def fast() -> Any:
        return gram_descent(weights, X, Y, steps, step=1e-3).parameters[0]

    def plain() -> Any:
        return descend(weights, slope, steps, step=1e-3).parameters[0]

    return Case(f"{steps} steps, samples' Gram against direct (d={d}, m={m})", fast, plain, 1e-10)


def tangent(rng: Generator, share: float) -> Case:
    """The smallest eigenvalue of the tangent operator without its matrix, against a dense one."""
    n = scaled(40, share)
    layers = random_layers([(n, 2 * n), (2 * n, 2 * n), (2 * n, n)], rng)

    def fast() -> Any:
        return tangent_smallest(layers).value

    def plain() -> Any:
        return np.linalg.eigvalsh(tangent_matrix(layers))[0]

    return Case(f"smallest eigenvalue of T, searched against dense ({n}x{n})", fast, plain, 1e-6)


def batch(rng: Generator, share: float) -> Case:
    """All starts of rank-one descent at once, against one after the other."""
    trials = scaled(50, share)
    start = draw_parts(trials, 100, 100, 0.01, rng)

    def fast() -> Any:
        return rank_one_descent(start, 1.0, 0.1).iterations

    def plain() -> Any:
        ones = (Parts(*(part[k : k + 1] for part in start)) for k in range(trials))
        return np.concatenate([rank_one_descent(one, 1.0, 0.1).iterations for one in ones], axis=1)

    return Case(f"rank-one descent, {trials} starts at once against singly", fast, plain, 0.0)
