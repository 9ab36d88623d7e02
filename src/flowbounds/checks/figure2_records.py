"""Figure 2 of Du et al. as records: miniatures of its runs, and what its four panels claim as slacks.

A run whose loss falls at every step counts for a claim; one whose loss rises has passed the edge of
stability, where the drift law's constant is not small.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from flowbounds.bounds.balance import total_drift_bound
from flowbounds.dynamics.descent import Descent, descend
from flowbounds.dynamics.sample_gram import gram_descent
from flowbounds.models.activations import activation
from flowbounds.models.homogeneous_network import value_and_gradients
from flowbounds.models.layer_chain import Weights
from flowbounds.studies.figure2 import EVERY, NO_RISE, STUDY, problem, rounded, summary
from flowbounds.validation import FloatArray, HypothesisError

QUOTED = {"balanced": (42.90, 43.76, 43.68), "unbalanced": (55.50, 45.65, 45.46)}  # end norms, as read
BOUND = {"balanced": 0.14, "unbalanced": 9.0}  # of the differences, beside them
MINIATURES = (
    ("balanced", 0.04, 0, 3600),
    ("unbalanced", 0.05, 0, 1200),
    ("balanced", 0.15, 0, 1000),
    ("unbalanced", 0.15, 0, 400),
)
MINIATURE = {"widths": (200, 30, 30, 5), "samples": 200, "sigma": 1.0}
TINY = {"widths": (40, 12, 12, 3), "samples": 40, "sigma": 1.0}  # for the second route
TINY_STEPS, TINY_ETA = 400, 0.05

Record: TypeAlias = Mapping[str, Any]
Records: TypeAlias = Sequence[Record]
Slack: TypeAlias = Callable[[Record], float]


def direct(weights: Weights, X: FloatArray, Y: FloatArray, steps: int, eta: float) -> Descent:
    """The same descent with every layer formed, by back-propagation through all of them."""
    phis = [activation("relu")] * (len(weights) - 1)

    def slope(layers: Weights, drawn: object) -> tuple[float, Weights]:
        value, gradients, _ = value_and_gradients(layers, None, phis, X, Y)
        return value, gradients

    def squares(layers: Weights, slopes: Sequence[FloatArray]) -> FloatArray:
        return np.array([np.sum(W * W) for W in layers])

    return descend(weights, slope, steps, step=eta, record=squares)


def labelled(start: str, eta: float, seed: int, run: Descent) -> Record:
    """A record as the study has it, of a run of any size."""
    return {"start": start, "eta": eta, "seed": seed, "steps": run.steps, **summary(run, EVERY)}


def miniatures() -> list[Record]:
    """Four runs that take a second or so together: both starts, each with a small and a large step."""
    records = []
    for start, eta, seed, steps in MINIATURES:
        run = gram_descent(*problem(start, seed, **MINIATURE), steps, step=eta)  # type: ignore[arg-type]
        records.append(labelled(start, eta, seed, run))
    return records


def falling(records: Records, start: str) -> tuple[list[Record], list[Record]]:
    """Records of one start: those whose loss falls at every step, and the others."""
    mine = [one for one in records if one["start"] == start]
    calm = [one for one in mine if one["rise"] <= NO_RISE]
    if not calm:
        raise HypothesisError(
            f"records must hold a run from the {start} start whose loss falls at every step"
        )
    return calm, [one for one in mine if one["rise"] > NO_RISE]


def squares(record: Record) -> FloatArray:
    """Squared norms of the three layers, (entries, 3)."""
    return np.asarray(record["squares"], dtype=np.float64)


def differences(record: Record) -> FloatArray:
    """Squared norm of a layer less that of the next one, (entries, 2)."""
    return squares(record)[:, :-1] - squares(record)[:, 1:]


def ratios(record: Record) -> FloatArray:
    """Squared norm of a layer over that of the next one, (entries, 2)."""
    return squares(record)[:, :-1] / squares(record)[:, 1:]


def law(record: Record) -> float:
    """What the exact drift law allows in all to small steps: eta times the loss that is gone."""
    drop = record["first_loss"] * (1 - record["loss"][-1])
    return total_drift_bound(drop, record["eta"], 0.0)


def drift_slack(record: Record) -> float:
    """One less the largest departure of a difference from its start over what the law allows."""
    return float(1 - max(record["drift"]) / law(record))


def difference_slack(record: Record) -> float:
    """One less the largest difference over the mean end norm, in units of the same quotient in the text."""
    text = BOUND["balanced"] / float(np.mean(QUOTED["balanced"]))
    return float(1 - max(record["largest"]) / np.mean(squares(record)[-1]) / text)


def balanced_slack(record: Record) -> float:
    """The smaller of the two: differences no larger than in the text, and than the law allows."""
    return min(difference_slack(record), drift_slack(record))


def approach_slack(record: Record) -> float:
    """One less the largest distance of a ratio from one at the end, over that at the start."""
    away = np.max(np.abs(ratios(record) - 1), axis=1)
    return float(1 - away[-1] / away[0])


def each_approach_slack(record: Record) -> float:
    """The same for each ratio by itself, the smaller one: for a start at which both are far from one."""
    away = np.abs(ratios(record) - 1)
    return float(np.min(1 - away[-1] / away[0]))


def quoted_slack(start: str) -> float:
    """One less the largest difference of the text's own end norms over the bound beside them."""
    return 1 - float(np.max(np.abs(np.diff(QUOTED[start])))) / BOUND[start]


def coarser(record: Record) -> Record:
    """The record with the digits to which it is held when it is repeated, and no more."""
    digits = int(-np.log10(STUDY.rtol))
    kept = {name: rounded(np.asarray(record[name]), digits) for name in ("squares", "largest", "drift")}
    return {**record, **kept}


def uncertainty(slack: Slack, record: Record) -> float:
    """Of a slack: direct descent against the Gram matrix on tiny layers, or the record's digits if more."""
    start = record["start"]
    problem_and_steps = *problem(start, 0, **TINY), TINY_STEPS  # type: ignore[arg-type]
    by_gram = gram_descent(*problem_and_steps, step=TINY_ETA)
    one, other = (
        slack(labelled(start, TINY_ETA, 0, run)) for run in (by_gram, direct(*problem_and_steps, TINY_ETA))
    )
    return max(abs(one - other), abs(slack(record) - slack(coarser(record))))
