"""Check of Theorem 2.3 of Du et al.: sparse connections and shared weights."""

import numpy as np
from numpy.random import Generator

from flowbounds.checks import homogeneous_cases as cases
from flowbounds.checks.homogeneous_cases import IDENTITY
from flowbounds.checks.registry import settles
from flowbounds.checks.sharing_cases import SharedNetwork, convolutional, scattered
from flowbounds.evidence import Evidence, identity_margin
from flowbounds.models import weight_sharing
from flowbounds.models.homogeneous_ensembles import OTHERS
from flowbounds.validation import FloatArray

Found = dict[str, float]


def shared_gradients(net: SharedNetwork) -> list[FloatArray]:
    """dL/dv of every layer, pulled back from the gradient in the expanded weights."""
    G = net.network.back().weight_gradients()
    rows = zip(G, net.maps, net.parameters, strict=True)
    return [weight_sharing.pull_back(g, where, v.size) for g, where, v in rows]


def _pulled_by_loops(net: SharedNetwork) -> list[FloatArray]:
    """The same, entry by entry, from the other route to G."""
    result = []
    G = cases.transfer_gradients(net.network)[0]
    for g, where, v in zip(G, net.maps, net.parameters, strict=True):
        total = np.zeros(v.size)
        for (i, j), k in np.ndenumerate(where):
            if k:
                total[k - 1] += g[i, j]
        result.append(total)
    return result


def channel_residual(net: SharedNetwork, slopes: list[FloatArray]) -> float:
    """Largest |<filters that make c> - <filters that read c>| over the channels between two convolutions."""
    assert net.channels is not None
    C0, C1, C2, r1, r2 = net.channels
    made = (net.parameters[0] * slopes[0]).reshape(C1, C0 * r1).sum(axis=1)
    read = (net.parameters[1] * slopes[1]).reshape(C2, C1, r2).sum(axis=(0, 2))
    return float(np.max(np.abs(made - read)))


def sharing_residuals(net: SharedNetwork) -> Found:
    """Theorem 2.3 for adjacent layers, the same for the expanded weights and at neurons, and the channels.

    At neurons: speeds of |W_h[i,:]|^2 - |W_{h+1}[:,i]|^2 when the free parameters move.
    """
    slopes = shared_gradients(net)
    products = [v * s for v, s in zip(net.parameters, slopes, strict=True)]
    values = np.array([np.sum(p) for p in products])
    again = [np.sum(v * s) for v, s in zip(net.parameters, _pulled_by_loops(net), strict=True)]
    size = max(float(np.sum(np.abs(p))) for p in products)
    weights = net.network.weights
    moved = [weight_sharing.expand(s, g) for s, g in zip(slopes, net.maps, strict=True)]
    expanded = np.array([np.sum(W * m) for W, m in zip(weights, moved, strict=True)])
    sides = [cases.neuron_sides(weights, moved, h) for h in range(1, len(weights))]
    neurons = max(float(np.max(np.abs(left - right))) for left, right in sides)
    return {
        "law": cases.relative(np.ptp(values), size),
        "second": cases.relative(values - np.array(again), size),
        "channels": cases.relative(channel_residual(net, slopes), size) if net.channels else 0.0,
        "expanded": cases.relative(np.ptp(expanded), size),
        "neurons": cases.relative(neurons, size),
        "still": float(size == 0),
    }


@settles("du2018.thm2.3", kind="identity")
def sharing(*, networks: int = 200, controls: int = 40, rng: Generator) -> Evidence:
    """Free parameters of any two layers keep the difference of their squared norms.

    ``networks`` with two convolutions and as many with random maps: sharing, missing connections, unused
    parameters. Margin: digits to spare of the largest difference between <v_h, dL/dv_h> of two layers, in
    units of sum |v||dL/dv| of the largest, and of the law of every channel between two convolutions (beyond
    the text). Second route: Jacobians sample by sample, summed entry by entry. Controls, at the median: the
    expanded weights in place of the free ones; the law at every neuron; other activations.
    """
    streams = cases.spawned(rng, 3)
    nets = [convolutional(streams[0]) for _ in range(networks)]
    nets += [scattered(streams[1]) for _ in range(networks)]
    rows = [sharing_residuals(net) for net in nets]
    wrong = [sharing_residuals(convolutional(streams[2], hidden=OTHERS)) for _ in range(controls)]

    def typical(found: list[Found], key: str) -> float:
        return identity_margin(float(np.median([one[key] for one in found if not one["still"]])), IDENTITY)

    worst = max(max(row["law"], row["channels"]) for row in rows)
    return Evidence(
        statement="du2018.thm2.3",
        margin=identity_margin(worst, IDENTITY),
        error=cases.second_route(max(row["second"] for row in rows)),
        instances=len(rows),
        vacuous=int(sum(row["still"] for row in rows)),
        sizes={"networks with convolutions": networks, "with random maps": networks, "layers": "2 to 4"},
        control=("norms of the expanded weights", typical(rows, "expanded")),
        controls=[
            ("at every neuron", typical(rows, "neurons")),
            ("activations that are not homogeneous", typical(wrong, "law")),
        ],
        note="the law of every channel between two convolutions is in the margin",
    )
