"""Check of Theorem 3 of Wang et al. (2020): Algorithm 1 reaches eps with few components, almost surely."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from scipy.stats import binomtest

from flowbounds.bounds.components import literal_parameters
from flowbounds.checks.component_runs import EPOCHS
from flowbounds.checks.registry import settles
from flowbounds.dynamics.sweep import load
from flowbounds.evidence import Evidence
from flowbounds.studies.components_settings import COMPARED, EPS, SINGLE, STUDY

CLAIMED = 0.99  # the theorem's probability
COMPARED_ORDER = 4  # at order 3 many draws succeed whatever is left out

Record = Mapping[str, Any]


def interval(records: Sequence[Record], method: Literal["exact", "wilson"] = "exact") -> tuple[float, float]:
    """95 % interval for the probability of reaching eps, all draws of the records taken together."""
    draws = sum(len(one["epochs"]) for one in records)
    test = binomtest(sum(int(one["reached"]) for one in records), draws)
    ends = test.proportion_ci(method=method)
    return float(ends.low), float(ends.high)


def share(records: Sequence[Record]) -> tuple[int, int]:
    """How many draws reached eps, and of how many."""
    return sum(int(one["reached"]) for one in records), sum(len(one["epochs"]) for one in records)


def part(records: Sequence[Record], **wanted: Any) -> list[Record]:
    """The records with these parameters."""
    return [one for one in records if wanted.items() <= one.items()]


def groups(records: Sequence[Record]) -> dict[str, list[Record]]:
    """What the probability is stated for: the grid at the larger width, and single settings."""
    named: dict[str, list[Record]] = {"all wide settings": part(records, part="wide")}
    for one in part(records, part="many"):
        name = "{kind}, l = {order}, r = {r}, d = {d}, m = {m}".format(**one)
        named.setdefault(name, []).append(one)
    return {name: members for name, members in named.items() if members}


def _slack(probability: float) -> float:
    """Distance from the claimed probability in units of the failure that it allows."""
    return (probability - CLAIMED) / (1 - CLAIMED)


@settles("wang2020.thm3", kind="existence")
def thm3(*, records: Sequence[Record] | None = None) -> Evidence:
    """Algorithm 1 reaches eps with probability at least .99, at a width that does not grow with d.

    ``records`` are those of the study components_settings, read from its folder when None. Margin: lower end
    of the exact 95 % interval for the probability of reaching eps within the epochs allowed, less .99, over
    .01; the worst of the grid at m = 4 r and of two single settings. Error: distance to Wilson's interval,
    same unit. Controls, at one budget, m = r + 2 and order 4, the *upper* end: no re-initialisation, the
    largest component in place of the smallest; and at order 3 a first norm of .1. Tried: the algorithm
    without scalar mode, which loses nothing at these dimensions. The narrow width m = r + 2 is in the
    constants: it does lose some draws.
    """
    records = list(load(STUDY)) if records is None else list(records)
    named = groups(records)
    lows = {name: interval(members)[0] for name, members in named.items()}
    worst = min(lows, key=lambda name: lows[name])
    doubt = max(abs(interval(one)[0] - interval(one, "wilson")[0]) for one in named.values())
    counted = [one for members in named.values() for one in members]
    firsts = np.concatenate([one["epochs"] for one in counted])

    def upper(variant: str, order: int) -> float:
        r, d = COMPARED
        return _slack(interval(part(records, part="variants", variant=variant, order=order, m=r + 2, d=d))[1])

    narrow = part(records, part="narrow")
    good, draws = share(narrow)
    single = [share(part(records, part="few", kind=kind)) for kind, *_ in SINGLE]
    thin = [1 - reached / tried for reached, tried in single]
    scaled = share(part(records, part="theorem"))
    literal = [one["m"] / literal_parameters(one["order"], one["r"], one["d"], EPS).m for one in counted]
    return Evidence(
        statement="wang2020.thm3",
        margin=_slack(lows[worst]),
        error=doubt / (1 - CLAIMED),
        instances=len(firsts),
        sizes={
            "order": sorted({one["order"] for one in counted}),
            "r": sorted({one["r"] for one in counted}),
            "d": sorted({one["d"] for one in counted}),
            "kinds of target": sorted({one["kind"] for one in counted}),
            "epochs allowed": EPOCHS,
        },
        where=worst,
        controls=[
            ("never re-initialised, order 4", upper("none", COMPARED_ORDER)),
            ("largest component re-initialised, order 4", upper("largest", COMPARED_ORDER)),
            ("first norm .1, order 3", upper("coarse", 3)),
        ],
        tried=[("no scalar mode, order 4", upper("unswitched", COMPARED_ORDER))],
        constants={
            "epochs, median": float(np.median(firsts[firsts > 0])),
            "epochs, largest": float(firsts.max()),
            "draws lost at m = 4 r": float((firsts == 0).sum()),
            "share lost at m = r + 2, grid": 1 - good / draws,
            "share lost at m = r + 2, worst single setting": max(thin),
            "draws lost, lambda as in the theorem": float(scaled[1] - scaled[0]),
            "m over the literal m, largest": max(literal),
        },
        note="orthonormal, Gaussian and linearly dependent components; eps = 0.1",
    )
