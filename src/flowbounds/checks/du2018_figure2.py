"""Checks of Figure 2 of Du et al.: squared norms of three ReLU layers, from a balanced start and another.

All read the records of the study figure2; miniatures are run where none are given. Only runs whose loss
falls at every step count for a margin. The others have passed the edge of stability: they are controls where
the claim fails for them, and tried where it does not.
"""

from typing import Any

import numpy as np

from flowbounds.checks.figure2_records import (
    BOUND,
    QUOTED,
    Record,
    Records,
    Slack,
    approach_slack,
    balanced_slack,
    differences,
    drift_slack,
    each_approach_slack,
    falling,
    law,
    miniatures,
    quoted_slack,
    ratios,
    squares,
    uncertainty,
)
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence

READING = "quoted norms against the quoted bound; paper text, one reading"
CLAIMED = 1000  # iterations after which the ratios are said to be close to one
CLEAR = 10  # errors by which a control must fail


def measured(start: str, slack: Slack, records: Records | None) -> tuple[dict[str, Any], list[Record]]:
    """What the four pieces of evidence have in common, and the runs that count."""
    calm, large = falling(miniatures() if records is None else records, start)
    slacks = [slack(one) for one in calm]
    worst = calm[int(np.argmin(slacks))]
    error = uncertainty(slack, worst)
    beyond = [(f"eta = {one['eta']:g}, seed {one['seed']}: the loss rises", slack(one)) for one in large]
    common = {
        "margin": min(slacks),
        "error": error,
        "instances": len(calm),
        "sizes": {"eta": sorted({one["eta"] for one in calm}), "iterations": worst["steps"]},
        "seeds": sorted({one["seed"] for one in calm}),
        "where": f"eta = {worst['eta']:g}, seed {worst['seed']}",
        "controls": [pair for pair in beyond if pair[1] < -CLEAR * error],
        "tried": [pair for pair in beyond if pair[1] >= -CLEAR * error],
        "note": "the text gives neither data nor step: normal data and these steps are ours",
    }
    return common, calm


@settles("du2018.fig2a", kind="figure")
def fig2a(*, records: Records | None = None) -> Evidence:
    """From a balanced start the squared norms grow together: their differences stay small.

    Margin: the smaller of one less the largest difference over the mean end norm, in units of the text's
    0.14 over its own, and of one less the largest drift over eta times the loss that is gone, which is what
    the exact law allows to small steps. Error: direct descent, and the record's digits. Controls: larger
    steps. Printed: the text's own end norms against its 0.14.
    """
    common, calm = measured("balanced", balanced_slack, records)
    first = calm[0]
    return Evidence(
        statement="du2018.fig2a",
        printed=(READING, quoted_slack("balanced")),
        constants={
            "largest difference, first run": max(first["largest"]),
            "its bound in the text": BOUND["balanced"],
            "largest drift over what the law allows": max(max(one["drift"]) / law(one) for one in calm),
            "mean end norm, first run": float(np.mean(squares(first)[-1])),
            "mean end norm in the text": float(np.mean(QUOTED["balanced"])),
        },
        **common,
    )


@settles("du2018.fig2b", kind="figure")
def fig2b(*, records: Records | None = None) -> Evidence:
    """From a balanced start the ratios of squared norms approach one.

    Margin: one less the largest distance from one at the end, over the largest at the start. Error: direct
    descent, and the record's digits. Nothing but the start and the drift decides it: a ratio less one is the
    difference, which hardly moves, over a norm that grows.
    """
    common, calm = measured("balanced", approach_slack, records)
    away = np.max(np.abs(ratios(calm[0]) - 1), axis=1)
    return Evidence(
        statement="du2018.fig2b",
        constants={
            "largest distance from one, first": float(away[0]),
            "last": float(away[-1]),
            "last in the text, as read": float(np.max(np.abs(_quoted_ratios("balanced") - 1))),
        },
        **common,
    )


@settles("du2018.fig2c", kind="figure")
def fig2c(*, records: Records | None = None) -> Evidence:
    """From an unbalanced start the differences of squared norms hardly change.

    Margin: one less the largest drift over eta times the loss that is gone, which is what the exact law
    allows to small steps. Error: direct descent, and the record's digits. Printed: the text's own end norms
    against its bound, 9, which is the first difference.
    """
    common, calm = measured("unbalanced", drift_slack, records)
    return Evidence(
        statement="du2018.fig2c",
        printed=(READING, quoted_slack("unbalanced")),
        constants={
            "first difference, layers 1 and 2": float(differences(calm[0])[0, 0]),
            "the same, layers 2 and 3": float(differences(calm[0])[0, 1]),
            "largest difference": max(max(one["largest"]) for one in calm),
            "largest drift": max(max(one["drift"]) for one in calm),
            "last difference in the text, layers 2 and 3": QUOTED["unbalanced"][1] - QUOTED["unbalanced"][2],
        },
        **common,
    )


@settles("du2018.fig2d", kind="figure")
def fig2d(*, records: Records | None = None) -> Evidence:
    """From an unbalanced start the ratios of squared norms come much closer to one, and settle.

    Margin: one less the distance of a ratio from one at the end over that at the start, the smaller of both
    ratios, worst over runs. Error: direct descent, and the record's digits. A ratio has settled when it stays
    within five per cent of its last value. It does not settle at one: where the first ratio ends is set by
    the difference, which is the invariant.
    """
    common, calm = measured("unbalanced", each_approach_slack, records)
    first = calm[0]
    claimed = int(np.argmin(np.abs(np.asarray(first["t"]) - CLAIMED)))
    quoted = _quoted_ratios("unbalanced")
    return Evidence(
        statement="du2018.fig2d",
        constants={
            "first ratio, layers 1 and 2": float(ratios(first)[0, 0]),
            "last": float(ratios(first)[-1, 0]),
            "last in the text": float(quoted[0]),
            "last less one, layers 2 and 3": float(ratios(first)[-1, 1]) - 1,
            "the same in the text": float(quoted[1]) - 1,
            "iterations until settled, layers 1 and 2": max(one["settled"][0] for one in calm),
            "iterations until settled, layers 2 and 3": max(one["settled"][1] for one in calm),
            "iterations until one per cent of the loss is gone": max(one["drop"] for one in calm),
            f"ratio at iteration {first['t'][claimed]}, layers 1 and 2": float(ratios(first)[claimed, 0]),
        },
        **common,
    )


def _quoted_ratios(start: str) -> Any:
    norms = np.array(QUOTED[start])
    return norms[:-1] / norms[1:]
