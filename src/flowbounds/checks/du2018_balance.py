"""Checks of Section 2.1 of Du et al.: balance at neurons, across layers, as a matrix, and with biases."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.activation_defect import rate_of_pass
from flowbounds.checks import homogeneous_cases as cases
from flowbounds.checks.homogeneous_cases import IDENTITY
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_margin
from flowbounds.models.activations import Name
from flowbounds.models.homogeneous_ensembles import HOMOGENEOUS, OTHERS, Network, random_network

RESOLUTION = 1e-13  # at which what replaces a law is published

Found = dict[str, float]


def _digits(residual: float) -> float:
    return identity_margin(residual, IDENTITY)


def at_one_layer(name: Name, count: int, rng: Generator) -> list[tuple[int, Network]]:
    """Networks with ``name`` at one hidden layer h and activations that are not homogeneous elsewhere."""
    layers = rng.integers(1, 4, size=count)
    return [(int(h), random_network(rng, hidden=OTHERS, at=(int(h), name))) for h in layers]


def neuron_residual(net: Network, h: int) -> Found:
    """The law of Theorem 2.1 at layer h: its residual, the second route, and the exact rate's residual."""
    run = net.back()
    G = run.weight_gradients()
    size = cases.unit(net.weights, G, h - 1, h)
    left, right = cases.neuron_sides(net.weights, G, h)
    rate = rate_of_pass(net.weights, net.phis[h - 1], run, h, net.kink)
    again = cases.neuron_sides(net.weights, cases.transfer_gradients(net)[0], h)
    routes = np.concatenate([again[0] - left, again[1] - right, cases.middle(net, run, h) - right])
    return {
        "law": cases.relative(left - right, size),
        "rate": cases.relative(-2 * (left - right) - rate, size),
        "second": cases.relative(routes, size),
        "still": float(size == 0),
    }


def typical(rows: Sequence[Found], key: str) -> float:
    """Digits to spare of the median of the networks that move: negative where most of them violate."""
    return _digits(float(np.median([row[key] for row in rows if not row["still"]])))


def worst(rows: Sequence[Found], key: str) -> float:
    """Largest entry of that name."""
    return max(row[key] for row in rows)


@settles("du2018.thm2.1", kind="identity")
def neurons(*, networks: int = 600, mixed: int = 100, controls: int = 40, rng: Generator) -> Evidence:
    """Incoming and outgoing squared weights of every neuron keep their difference: eq. (6), at an instant.

    ``networks`` with homogeneous activations throughout, every hidden layer; ``mixed`` for each homogeneous
    activation with others at all other layers. Margin: digits to spare of the largest
    |<W_h[i,:], G_h[i,:]> - <W_{h+1}[:,i], G_{h+1}[:,i]>| in units of sum |W||G| of the two layers, under a
    rounding model. Second route: Jacobians sample by sample, and equation (7). Controls, at the median
    network: activations that are not homogeneous at layer h; what they do instead is compared with its
    exact formula.
    """
    streams = cases.spawned(rng, 2 + len(HOMOGENEOUS) + len(OTHERS))
    nets = [random_network(streams[0]) for _ in range(networks)]
    rows = [neuron_residual(net, h) for net in nets for h in range(1, len(net.weights))]
    for name, stream in zip(HOMOGENEOUS, streams[2:], strict=False):
        rows += [neuron_residual(net, h) for h, net in at_one_layer(name, mixed, stream)]
    broken = {}
    for name, stream in zip(OTHERS, streams[2 + len(HOMOGENEOUS) :], strict=True):
        broken[str(name)] = [neuron_residual(net, h) for h, net in at_one_layer(name, controls, stream)]
    others = [row for found in broken.values() for row in found]
    first, *rest = [(f"{name} at the neuron", typical(found, "law")) for name, found in broken.items()]
    return Evidence(
        statement="du2018.thm2.1",
        margin=_digits(worst(rows, "law")),
        error=cases.second_route(max(worst(rows, "second"), worst(others, "second"))),
        instances=len(rows),
        vacuous=int(sum(row["still"] for row in rows)),
        sizes={
            "networks, homogeneous throughout": networks,
            "networks, homogeneous at one layer only": mixed * len(HOMOGENEOUS),
            "layers": "2 to 5",
            "widths": "1 to 8",
        },
        control=first,
        controls=rest,
        constants={
            "largest residual of the exact rate, other activations": (worst(others, "rate"), RESOLUTION)
        },
        note="only the activation at the neuron has to be homogeneous; vacuous: no gradient at all",
    )


def layer_products(net: Network) -> Found:
    """<W_h, G_h> of all layers against each other, and against the derivative along the outputs."""
    run = net.back()
    G = run.weight_gradients()
    size = max(cases.unit(net.weights, G, k) for k in range(len(G)))
    values = np.array([np.sum(W * g) for W, g in zip(net.weights, G, strict=True)])
    euler = float(np.sum(run.back[-1] * run.inputs[-1]))
    again = [np.sum(W * g) for W, g in zip(net.weights, cases.transfer_gradients(net)[0], strict=True)]
    routes = np.append(values - np.array(again), values[-1] - euler)
    return {
        "law": cases.relative(np.ptp(values), size),
        "second": cases.relative(routes, size),
        "still": float(size == 0),
    }


@settles("du2018.cor2.1", kind="identity")
def layers(*, networks: int = 600, controls: int = 40, rng: Generator) -> Evidence:
    """Squared Frobenius norms of any two layers keep their difference, as <W_h, G_h> is one number for all h.

    Margin as in Theorem 2.1, unit sum |W||G| of the largest layer. Second routes: Jacobians sample by sample;
    the derivative of the loss along the outputs, which is <W_N, G_N>. Controls: other activations throughout;
    biases that are left out.
    """
    streams = cases.spawned(rng, 2 + len(OTHERS))
    rows = [layer_products(random_network(streams[0])) for _ in range(networks)]
    shifted = [layer_products(random_network(streams[1], biases=True)) for _ in range(controls)]
    wrong = {}
    for name, stream in zip(OTHERS, streams[2:], strict=True):
        wrong[str(name)] = [layer_products(random_network(stream, hidden=[name])) for _ in range(controls)]
    first, *rest = [(f"{name} throughout", typical(found, "law")) for name, found in wrong.items()]
    return Evidence(
        statement="du2018.cor2.1",
        margin=_digits(worst(rows, "law")),
        error=cases.second_route(worst(rows, "second")),
        instances=len(rows),
        vacuous=int(sum(row["still"] for row in rows)),
        sizes={"networks": networks, "layers": "2 to 5", "widths": "1 to 8"},
        control=first,
        controls=[*rest, ("biases left out", typical(shifted, "law"))],
    )


def matrix_residual(net: Network, h: int) -> Found:
    """G_h W_h^T - W_{h+1}^T G_{h+1}, whole and on its diagonal, and as a speed of the matrix imbalance."""
    G = net.back().weight_gradients()
    size = cases.unit(net.weights, G, h - 1, h)
    left, right = G[h - 1] @ net.weights[h - 1].T, net.weights[h].T @ G[h]
    again = cases.transfer_gradients(net)[0]
    routes = np.stack([again[h - 1] @ net.weights[h - 1].T - left, net.weights[h].T @ again[h] - right])
    gap = left - right
    return {
        "law": cases.relative(gap, size),
        "speed": cases.relative(gap + gap.T, size),
        "diagonal": cases.relative(np.diag(gap), size),
        "second": cases.relative(routes, size),
        "still": float(size == 0),
    }


@settles("du2018.thm2.2", kind="identity")
def matrices(*, networks: int = 400, controls: int = 40, rng: Generator) -> Evidence:
    """Where phi_h is linear the whole matrix W_h W_h^T - W_{h+1}^T W_{h+1} stays.

    Networks with the identity at one hidden layer and activations elsewhere of which half are not homogeneous
    of any degree. Margin: digits to spare of G_h W_h^T - W_{h+1}^T G_{h+1}, which is more than the theorem
    needs. Second route: Jacobians sample by sample. Controls: relu, leaky and abs at the layer, the symmetric
    part, which is the speed of the matrix. Tried: the diagonal under these is Theorem 2.1, and stays.
    """
    bent: tuple[Name, ...] = ("relu", ("leaky", 0.3), "abs")
    streams = cases.spawned(rng, 2 + len(bent))
    rows = [matrix_residual(net, h) for h, net in at_one_layer("linear", networks // 2, streams[0])]
    for _ in range(networks - networks // 2):
        h = int(streams[1].integers(1, 4))
        rows.append(matrix_residual(random_network(streams[1], at=(h, "linear")), h))
    broken = {
        str(name[0] if isinstance(name, tuple) else name): [
            matrix_residual(net, h) for h, net in at_one_layer(name, controls, stream)
        ]
        for name, stream in zip(bent, streams[2:], strict=True)
    }
    first, *rest = [(f"{name} at the layer", typical(found, "speed")) for name, found in broken.items()]
    return Evidence(
        statement="du2018.thm2.2",
        margin=_digits(worst(rows, "law")),
        error=cases.second_route(worst(rows, "second")),
        instances=len(rows),
        vacuous=int(sum(row["still"] for row in rows)),
        sizes={"networks": networks, "layers": "2 to 5", "widths": "1 to 8"},
        control=first,
        controls=rest,
        tried=[
            (f"{name} at the layer, diagonal only", _digits(worst(found, "diagonal")))
            for name, found in broken.items()
        ],
    )


def bias_residual(net: Network, h: int) -> Found:
    """The law of neurons with b_h in it, without it, and across layers with the next bias in it as well."""
    run = net.back()
    G, g = run.weight_gradients(), run.bias_gradients()
    assert net.biases is not None
    products = [b * slope for b, slope in zip(net.biases, g, strict=True)]
    left, right = cases.neuron_sides(net.weights, G, h)
    size = cases.unit(net.weights, G, h - 1, h) + float(np.sum(np.abs(products[h - 1])))
    again, shifts = cases.transfer_gradients(net)
    other = cases.neuron_sides(net.weights, again, h)
    gap = left + products[h - 1] - right
    own = net.biases[h - 1] * shifts[h - 1] - products[h - 1]
    found = {
        "law": cases.relative(gap, size),
        "without": cases.relative(left - right, size),
        "both": cases.relative(np.sum(gap) - np.sum(products[h]), size + float(np.sum(np.abs(products[h])))),
        "second": cases.relative(np.stack([other[0] - left, other[1] - right, own]), size),
        "still": float(size == 0),
    }
    if net.phis[h - 1].linear:
        whole = G[h - 1] @ net.weights[h - 1].T + np.outer(g[h - 1], net.biases[h - 1])
        found["law"] = max(found["law"], cases.relative(whole - net.weights[h].T @ G[h], size))
    return found


@settles("du2018.footnote8", kind="identity")
def biases(*, networks: int = 400, rng: Generator) -> Evidence:
    """With biases the neuron's own one joins its incoming weights.

    The difference |W_h[i,:]|^2 + b_h[i]^2 - |W_{h+1}[:,i]|^2 stays, and where phi_h is linear the matrix
    W_h W_h^T + b_h b_h^T - W_{h+1}^T W_{h+1} as well (beyond the text). Margin and second route as in Theorem
    2.1. Controls, at the median: without b_h; summed over the layer, with the next bias on the other side.
    """
    nets = [random_network(rng, biases=True) for _ in range(networks)]
    rows = [bias_residual(net, h) for net in nets for h in range(1, len(net.weights))]
    return Evidence(
        statement="du2018.footnote8",
        margin=_digits(worst(rows, "law")),
        error=cases.second_route(worst(rows, "second")),
        instances=len(rows),
        vacuous=int(sum(row["still"] for row in rows)),
        sizes={"networks": networks, "layers": "2 to 5", "widths": "1 to 8"},
        control=("weights only", typical(rows, "without")),
        controls=[("the next bias on the other side", typical(rows, "both"))],
    )
