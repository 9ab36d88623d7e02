"""Check that the flow of a ReLU network slides along its kinks, and what that does to a solver."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flowbounds.checks.descent_cases import Data, drawn_data
from flowbounds.checks.registry import settles
from flowbounds.dynamics.homogeneous_flow import NetworkTrajectory, adaptive_flow, fixed_step_flow
from flowbounds.evidence import Evidence
from flowbounds.models.activations import Activation, Kink, activation
from flowbounds.models.homogeneous_network import neuron_imbalance, preactivations, value_and_gradients
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray, require_count

LEAST = 5  # changes of sign at the coarser step from which a preactivation is followed

Entry = tuple[int, int, int]  # hidden layer from 1, neuron and sample from 0


def flow(data: Data, name: str, t_end: float, steps: int, method: str) -> NetworkTrajectory:
    """Fixed steps, all hidden layers of one activation."""
    names = [name] * (len(data.weights) - 1)
    return fixed_step_flow(data.weights, names, data.X, data.Y, t_end, steps=steps, method=method)


def paths(data: Data, name: str, run: NetworkTrajectory) -> list[FloatArray]:
    """Preactivations of the hidden layers along a run, each (n, n_h, m)."""
    phis = [activation(name)] * (len(data.weights) - 1)
    return preactivations(run.weights, None, phis, data.X)[0][:-1]


def sign_changes(path: list[FloatArray]) -> list[NDArray[np.int64]]:
    """How often each preactivation changes its sign, each (n_h, m)."""
    return [np.sum((Z[1:] > 0) != (Z[:-1] > 0), axis=0) for Z in path]


def counted(
    data: Data, name: str, t_end: float, steps: Sequence[int], method: str, least: int = LEAST
) -> FloatArray:
    """Changes of sign for each number of steps, then how many preactivations they are summed over.

    Those are counted that change their sign ``least`` times or more with the fewest steps, the first ones.
    """
    runs = [sign_changes(paths(data, name, flow(data, name, t_end, n, method))) for n in steps]
    counts = np.array([np.concatenate([c.ravel() for c in run]) for run in runs])
    followed = counts[:, counts[0] >= least]
    return np.array([*followed.sum(axis=1), followed.shape[1]], dtype=np.float64)


def growth(counts: FloatArray, steps: Sequence[int]) -> float:
    """Exponent of the number of changes in the number of steps: 0 when they are crossings, 1 when sliding."""
    if counts[0] == 0:
        return 0.0
    return float(np.log(counts[-1] / counts[0]) / np.log(steps[-1] / steps[0]))


def velocity(data: Data, weights: Weights, at: Entry, slope: float) -> float:
    """dz/dt of one preactivation of a ReLU network with the given derivative there, whatever its sign."""
    relu = activation("relu")
    h, i, k = at

    def pinned(z: FloatArray, kink: Kink) -> FloatArray:
        slopes = relu.slope(z, kink)
        slopes[i, k] = slope
        return slopes

    phis: list[Activation] = [relu] * (len(weights) - 1)
    phis[h - 1] = replace(relu, slope=pinned)
    inputs, activities = preactivations(weights, None, phis, data.X)
    gradients = value_and_gradients(weights, None, phis, data.X, data.Y)[1]
    moving = np.zeros_like(data.X)
    for layer in range(h):
        moving = weights[layer] @ moving - gradients[layer] @ activities[layer]
        if layer < h - 1:
            moving = moving * relu.slope(inputs[layer], 0.0)
    return float(moving[i, k])


def flow_drift(data: Data, name: str, t_end: float, steps: int, method: str = "rk4") -> float:
    """Largest change of the imbalance of a neuron from the start of a fixed-step run to its end."""
    run = flow(data, name, t_end, steps, method)
    ends = [[neuron_imbalance(run.state(k), h) for h in range(1, len(data.weights))] for k in (0, -1)]
    return max(float(np.max(np.abs(after - before))) for before, after in zip(*ends, strict=True))


@dataclass(frozen=True)
class Slide:
    """One preactivation along its kink, from its second change of sign to the last but one.

    ``share`` is that of the steps on the positive side, ``selection`` the derivative at the kink with which
    the preactivation would stay at zero, ``attracting`` the share of states from which both sides lead there.
    """

    at: Entry
    first: int
    last: int
    share: float
    selection: float
    attracting: float


def longest_slide(data: Data, run: NetworkTrajectory, *, states: int = 60) -> Slide | None:
    """The preactivation of a ReLU run that changes its sign most often; None below ``LEAST`` times."""
    path = paths(data, "relu", run)
    counts = sign_changes(path)
    layer = int(np.argmax([c.max() for c in counts]))
    i, k = (int(x) for x in np.unravel_index(int(np.argmax(counts[layer])), counts[layer].shape))
    if counts[layer][i, k] < LEAST:
        return None
    z = path[layer][:, i, k]
    flips = np.flatnonzero((z[1:] > 0) != (z[:-1] > 0)) + 1
    first, last = int(flips[1]), int(flips[-2])
    at = (layer + 1, i, k)
    picked = np.unique(np.linspace(first, last, states).astype(int))
    sides = np.array([[velocity(data, run.state(int(n)), at, s) for s in (0.0, 1.0)] for n in picked])
    below, above = sides.mean(axis=0)
    return Slide(
        at=at,
        first=first,
        last=last,
        share=float(np.mean(z[first:last] > 0)),
        selection=float(below / (below - above)),
        attracting=float(np.mean((sides[:, 0] > 0) & (sides[:, 1] < 0))),
    )


@settles("du2018.eq5.sliding", kind="empirical")
def sliding(
    *,
    seeds: Sequence[int] = tuple(range(12)),
    t_end: float = 5.0,
    steps: Sequence[int] = (250, 500, 1000),
    tol: float = 1e-6,
    budget: int = 2000,
    solved: int = 6,
) -> Evidence:
    """Preactivations of a ReLU network change their sign in proportion to the number of steps: they slide.

    Starts drawn with ``seeds``, Euler's steps to ``t_end``, three numbers of them. Margin: with x the
    exponent of the pooled number of changes in the number of steps, 2 x - 1, so that sliding is 1 and
    crossing -1; vacuous are networks with no preactivation to follow. Error: the difference between the two
    halves of the range. Control: tanh, every preactivation that changes its sign. Constants: the same margin
    with Runge-Kutta steps, which average over the two sides and see fewer; of the longest slide of each
    network the share of steps on the positive side against the derivative that holds it at zero; how many of
    ``solved`` adaptive runs spend their budget.
    """
    require_count("solved", solved, 1, len(seeds))
    starts = [drawn_data(np.random.default_rng(seed)) for seed in seeds]
    euler = np.array([counted(data, "relu", t_end, steps, "euler") for data in starts])
    pooled, *others = (
        np.sum(one, axis=0)[:-1]
        for one in (
            euler,
            [counted(data, "relu", t_end, steps, "rk4") for data in starts[:solved]],
            [counted(data, "tanh", t_end, steps, "euler", least=1) for data in starts],
        )
    )
    margin, rk4, crossing = (2 * growth(found, steps) - 1 for found in (pooled, *others))
    halves = [growth(pooled[k : k + 2], steps[k : k + 2]) for k in (0, 1)]
    slides = [longest_slide(data, flow(data, "relu", t_end, steps[-1], "euler")) for data in starts]
    found = [slide for slide in slides if slide is not None]
    spent = {
        name: np.mean(
            [
                not adaptive_flow(
                    data.weights, [name] * 2, data.X, data.Y, t_end, tol=tol, max_evaluations=budget
                ).finished
                for data in starts[:solved]
            ]
        )
        for name in ("relu", "linear")
    }
    return Evidence(
        statement="du2018.eq5.sliding",
        margin=margin,
        error=2 * abs(halves[1] - halves[0]),
        instances=len(seeds),
        vacuous=int(np.sum(euler[:, -1] == 0)),
        sizes={"steps": list(steps), "t_end": t_end, "tol": tol, "budget": budget},
        seeds=seeds,
        control=("tanh", crossing),
        constants={
            "preactivations followed": float(np.sum(euler[:, -1])),
            "margin with Runge-Kutta steps": rk4,
            "median gap of share and selection": float(
                np.median([abs(s.share - s.selection) for s in found])
            ),
            "share of states that both sides lead back to": float(np.mean([s.attracting for s in found])),
            "budget spent, ReLU": float(spent["relu"]),
            "budget spent, linear": float(spent["linear"]),
        },
        note="margin 1: in proportion to the number of steps; -1: as many at every step",
    )
