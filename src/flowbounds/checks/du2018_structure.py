"""Checks of what Du et al. start from: homogeneous activations, and which initialisations are balanced."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.activation_defect import defect
from flowbounds.checks import homogeneous_cases as cases
from flowbounds.checks.homogeneous_cases import IDENTITY
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_margin
from flowbounds.models.homogeneous_ensembles import HOMOGENEOUS, KINKS, OTHERS, Network, random_network
from flowbounds.models.homogeneous_network import preactivations
from flowbounds.models.initial_schemes import SCHEMES, expected_square, initial_layers
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

FACTORS = (1e-3, 1e3, 2.0**-20, 2.0**20)  # the last two are exact in floating point


def outputs(net: Network, weights: Weights) -> FloatArray:
    """f(X) at other weights, (p, m)."""
    return preactivations(weights, None, net.phis, net.X)[0][-1]


def slope_outputs(net: Network) -> FloatArray:
    """f(X) as W_N S_{N-1} W_{N-1} ... S_1 W_1 x with S = diag(phi'), sample by sample: the other route."""
    inputs, _ = preactivations(net.weights, None, net.phis, net.X)
    columns = []
    for k in range(net.X.shape[1]):
        matrix = net.weights[0]
        for h, phi in enumerate(net.phis):
            slope = phi.slope(inputs[h][:, k], net.kink)
            matrix = net.weights[h + 1] @ (slope[:, None] * matrix)
        columns.append(matrix @ net.X[:, k])
    return np.stack(columns, axis=1)


def output_size(net: Network) -> float:
    """Largest entry of |W_N| ... |W_1| |X|: the size of what an output is a sum of."""
    size = np.abs(net.X)
    for layer in net.weights:
        size = np.abs(layer) @ size
    return float(np.max(size))


def moved(net: Network, a: int, b: int, c: float) -> Weights:
    """Layer a times c, layer b divided by it."""
    weights = list(net.weights)
    weights[a], weights[b] = c * weights[a], weights[b] / c
    return weights


def scaling_residual(net: Network, rng: Generator, factors: Sequence[float]) -> float:
    """Largest change of the outputs in units of their size when one layer lends a factor to another."""
    a, b = rng.choice(len(net.weights), size=2, replace=False)
    before = outputs(net, net.weights)
    gaps = [outputs(net, moved(net, int(a), int(b), c)) - before for c in factors]
    return max(cases.relative(gap, output_size(net)) for gap in gaps)


@settles("du2018.hom", kind="identity")
def homogeneous(
    *, networks: int = 300, controls: int = 40, reach: float = 3.0, points: int = 601, rng: Generator
) -> Evidence:
    """Two slopes and a kink: phi(z) = phi'(z) z, and a factor may pass from one layer to another.

    Each homogeneous activation on ``points`` of [-reach, reach] with zero among them, for every value of
    phi'(0) in use; ``networks`` with factors up to 2^20 passed between two of their layers. Margin: digits to
    spare of the worst of both. Second route: the network as a product of matrices, W_N S_{N-1} ... S_1 W_1 x.
    Controls: the largest defect of other activations on the grid; networks of them; a negative factor.
    """
    z = np.append(np.linspace(-reach, reach, points), 0.0)
    grid = max(float(np.max(np.abs(defect(name, z, kink=kink)))) for name in HOMOGENEOUS for kink in KINKS)
    streams = cases.spawned(rng, 3)
    nets = [random_network(streams[0]) for _ in range(networks)]
    law = max(scaling_residual(net, streams[0], FACTORS) for net in nets)
    second = max(
        cases.relative(outputs(net, net.weights) - slope_outputs(net), output_size(net)) for net in nets
    )
    defects = {str(name): float(np.max(np.abs(defect(name, z)))) for name in OTHERS}
    others = [random_network(streams[1], hidden=OTHERS) for _ in range(controls)]
    bent = [random_network(streams[2], hidden=["relu"]) for _ in range(controls)]
    wrong = float(np.median([scaling_residual(net, streams[1], FACTORS) for net in others]))
    flipped = float(np.median([scaling_residual(net, streams[2], (-2.0,)) for net in bent]))
    first, *rest = [(f"{name} on the grid", identity_margin(x, IDENTITY)) for name, x in defects.items()]
    grown = [
        _norm(moved(net, 0, 1, FACTORS[-1])) / _norm(net.weights) for net in nets if np.any(net.weights[0])
    ]
    return Evidence(
        statement="du2018.hom",
        margin=identity_margin(max(grid, law), IDENTITY),
        error=cases.second_route(second),
        instances=networks + len(HOMOGENEOUS) * len(KINKS),
        sizes={"networks": networks, "activations": len(HOMOGENEOUS), "values of phi'(0)": list(KINKS)},
        control=first,
        controls=[
            *rest,
            ("networks of these", identity_margin(wrong, IDENTITY)),
            ("relu and a factor of -2", identity_margin(flipped, IDENTITY)),
        ],
        constants={
            **{f"largest defect, {name}": (x, 1e-6) for name, x in defects.items()},
            "median growth of the squared norm at unchanged outputs": (float(np.median(grown)), 1.0),
        },
    )


def _norm(weights: Weights) -> float:
    return float(sum(np.sum(layer * layer) for layer in weights))


def step_apart(squares: Sequence[float]) -> float:
    """Largest ||W_h|^2 - |W_{h+1}|^2| in units of the smaller of the two; one and more is not small."""
    return max(float(abs(a - b) / min(a, b)) for a, b in pairwise(squares))


@settles("du2018.init_schemes", kind="empirical")
def schemes(
    *,
    equal: Sequence[int] = (100, 100, 100, 100),
    unequal: Sequence[int] = (1000, 100, 100, 10),
    draws: int = 12,
    rng: Generator,
) -> Evidence:
    """Common initialisations start balanced where widths agree: differences below the layers themselves.

    Margin: 1 - the largest difference of two adjacent squared norms in units of the smaller, worst over
    schemes and draws, for the widths ``equal``. Error: largest departure of a mean over the draws from the
    closed form, at any of the widths. Printed: the same without a condition on the widths, from the closed
    forms at ``unequal``, worst of Kaiming, Xavier and 1 / fan-in. Entries normal and uniform in turn.
    """
    worst, off = 0.0, 0.0
    for widths in (equal, unequal):
        for scheme in SCHEMES:
            found = np.array(
                [
                    [np.sum(W * W) for W in initial_layers(scheme, widths, rng, uniform=bool(k % 2))]
                    for k in range(draws)
                ]
            )
            expected = closed_form(scheme, widths)
            off = max(off, float(np.max(np.abs(found.mean(axis=0) / expected - 1))))
            if widths is equal:
                worst = max(worst, *(step_apart(row) for row in found))
    printed = {name: step_apart(list(closed_form(name, unequal))) for name in ("kaiming", "xavier", "fan_in")}
    small = closed_form("small", unequal)
    return Evidence(
        statement="du2018.init_schemes",
        margin=1 - worst,
        error=off,
        instances=len(SCHEMES) * draws,
        sizes={"widths": [list(equal), list(unequal)], "draws": draws, "schemes": list(SCHEMES)},
        printed=("paper text, one reading, at unequal widths", 1 - max(printed.values())),
        constants={
            **{f"largest relative difference, unequal widths, {name}": x for name, x in printed.items()},
            "entries of 0.01: largest difference, unequal widths": float(np.max(np.abs(np.diff(small)))),
        },
        note="balanced at equal widths; elsewhere the differences are those of the widths",
    )


def closed_form(scheme: str, widths: Sequence[int]) -> FloatArray:
    """Expected squared norms of the layers through ``widths``."""
    return np.array([expected_square(scheme, rows, columns) for columns, rows in pairwise(widths)])
