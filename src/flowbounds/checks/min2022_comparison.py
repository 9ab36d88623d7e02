"""Check of the comparison in the slides of Min et al.: earlier rates as special cases of one function."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import comparison
from flowbounds.bounds.scalar_rates import scalar_rate
from flowbounds.checks.comparison_cells import MARGIN, SCALARS, TWO, Case, cells
from flowbounds.checks.registry import settles
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above

MODEL = 1e-12  # of the case's unit: eigenvalues of layers that attain the rate, some constructed
EMPTY = 1e-3  # of the unit: a rate below it is too near zero to tell it from its double


def residual(case: Case) -> float:
    """Distance of the general function from the rates of the cell, in units of the case."""
    bound = comparison.rate_bound(case.Ds, case.n, case.m, case.sigma)
    return float(max(abs(bound - rate) for rate in case.rates) / case.unit)


def by_cell(found: Sequence[Case]) -> dict[tuple[str, str, str], list[Case]]:
    """The cases of each row, column and rule of the table."""
    table: dict[tuple[str, str, str], list[Case]] = {}
    for case in found:
        table.setdefault((case.row, case.column, case.rule), []).append(case)
    return table


def factor_everywhere(case: Case) -> float:
    """A control: L s^(2-2/L) where n and m differ."""
    depth = len(case.Ds) + 1
    bound = comparison.rate_bound(case.Ds, case.n, case.m, case.sigma)
    return float(abs(bound - depth * case.sigma ** (2 - 2 / depth)) / case.unit)


def other_end(case: Case) -> float:
    """A control: Yun's rate with the one imbalance at the first layer, where two or more are smallest."""
    moved = [case.Ds[-1], *[0 * D for D in case.Ds[:-1]]]
    return abs(comparison.rate_bound(moved, case.n, case.m) - case.rates[0]) / case.unit


def doubled(case: Case) -> float:
    """A control: twice the bound of two layers, which is the form printed in the slides."""
    twice = 2 * comparison.rate_bound(case.Ds, case.n, case.m, case.sigma)
    return abs(twice - case.rates[0]) / case.unit


@settles("min2022.table.comparison", kind="identity")
def table(
    *,
    depths: Sequence[int] = (2, 3, 4, 5),
    draws: int = 12,
    found: Sequence[Case] | None = None,
    rng: Generator,
) -> Evidence:
    """Every cell of the table of earlier rates is a special case of one function of imbalances and margin.

    ``found`` are the cases of :func:`~flowbounds.checks.comparison_cells.cells` where they are at hand.
    Residual: the general function against the cell's own formula and against lambda_min(T) of layers that
    attain it; second route: these two against each other. Controls: the factor L where n and m differ; Yun's
    imbalance at the first layer; Proposition 2 as printed.
    """
    found = cells(draws, depths, rng) if found is None else found
    offs = [residual(case) for case in found]
    worst = int(np.argmax(offs))
    margin = identity_margin(offs[worst], MODEL)
    apart = max(abs(case.rates[0] - case.rates[-1]) / case.unit for case in found)
    unequal = [case for case in found if case.column == MARGIN and case.n != case.m]
    yun = [case for case in found if case.rule == "c^(L-1)" and len(case.Ds) > 1]
    two = [case for case in found if case.row == TWO]
    ratios = [
        scalar_rate([float(D[0, 0]) for D in case.Ds], case.sigma) / case.rates[0]
        for case in found
        if case.row == SCALARS and case.rule == "exact, L > 2"
    ]
    return Evidence(
        statement="min2022.table.comparison",
        margin=margin,
        error=identity_error(decade_above(apart), MODEL),
        instances=len(found),
        sizes={"L": list(depths), "rules": len(by_cell(found)), "draws": draws},
        where="" if margin == DIGITS_CAP else f"{found[worst].row}: {found[worst].rule}",
        control=(
            "the factor L where n and m differ",
            identity_margin(min(factor_everywhere(case) for case in unequal), MODEL),
        ),
        controls=[
            (
                "Yun's imbalance at the first layer, L > 2",
                identity_margin(min(other_end(case) for case in yun), MODEL),
            ),
            (
                "Proposition 2 as printed",
                identity_margin(
                    min(doubled(case) for case in two if case.rates[0] > EMPTY * case.unit), MODEL
                ),
            ),
        ],
        constants={"median Proposition 1 over the exact rate, L > 2": float(np.median(ratios))},
        note="the cell that is empty in the slides is filled for imbalances of one sign",
    )
