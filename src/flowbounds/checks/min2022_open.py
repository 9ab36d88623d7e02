"""Checks of what is known of four and more layers: a bound for any imbalances, and the slides' conjecture."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.short_product import short_product_rate
from flowbounds.checks.imbalance_fibre import Fibre, Minima, minima
from flowbounds.checks.registry import settles
from flowbounds.checks.short_product_survey import DEPTHS, ENSEMBLES, ROUNDING, Survey, survey
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models.linear_network import tangent_min_eigenvalue

NOISE = 1e-14  # between two eigenvalue solvers, in units of the largest layers; no less is told apart
SOLVED = 1e-7  # relative: what a local solver leaves of a minimum and of the products of two

TWO_WIDE = (  # one row, one column, hidden widths two; definite imbalances in no unimodal order
    Fibre((1, 2, 2, 2, 1), ((-1.0, -4.0), (0.5, 0.1), (3.0, 2.0))),
    Fibre((1, 2, 2, 2, 1), ((-1.0, -4.0), (0.8, 0.3), (4.0, 1.0))),
    Fibre((1, 2, 2, 2, 1), ((-1.0, -4.0), (-0.1, -0.5), (3.0, 2.0))),
    Fibre((1, 2, 2, 2, 1), ((-0.3, -4.1), (-0.1, -0.6), (5.4, 0.2))),
    Fibre((1, 2, 2, 2, 2, 1), ((-1.0, -4.0), (0.5, 0.1), (-0.3, -0.1), (3.0, 2.0))),
)
THREE_WIDE = Fibre((1, 3, 3, 3, 1), ((-0.87, -1.57, -2.54), (-0.02, -0.25, -0.86), (3.91, 2.3, 0.22)))


def signs(fibre: Fibre) -> str:
    """'- + +' for three definite imbalances; '0' for one that is not definite."""
    return " ".join("+" if min(one) > 0 else "-" if max(one) < 0 else "0" for one in fibre.spectra)


def excess(found: Minima) -> float:
    """Least eigenvalue over the sum of products of separate minima, less one."""
    return float(found.tangent / np.sum(found.terms) - 1)


@settles("min2022.deep.short_product", kind="inequality")
def short_product(
    *, draws: int = 160, depths: Sequence[int] = DEPTHS, seen: Survey | None = None, rng: Generator
) -> Evidence:
    """Any imbalances of three, four or five layers bound lambda_min(T) through end products of two layers.

    Every ensemble and depth, widths one to three; ``seen`` is that survey where it is at hand. Equality is
    attained, so the slack is zero at its worst: margin is the digits to spare of the largest excess of the
    bound in units of max |W_l|^(2 (L - 1)), under a rounding model. Truth: the Jacobian; second route: the
    smallest eigenvalue of the dense matrix. Controls: n and m exchanged; the eigenvalues of the neighbouring
    imbalances added where the larger is meant; Delta for its square.
    """
    seen = seen or survey(draws, rng, depths)
    over = seen.bound - seen.lam
    worst = int(np.argmax(over))
    full = ~seen.vacuous
    controls = [(name, identity_margin(max(0.0, -slack), ROUNDING)) for name, slack in seen.wrong.items()]
    medians = {
        f"median eigenvalue over bound where not empty, L = {depth}": float(
            np.median(seen.lam[some] / seen.bound[some])
        )
        for depth in depths
        if np.any(some := full & (seen.depth == depth))
    }
    return Evidence(
        statement="min2022.deep.short_product",
        margin=identity_margin(max(0.0, float(over[worst])), ROUNDING),
        error=identity_error(max(decade_above(seen.deviation), NOISE), ROUNDING),
        instances=len(seen.kind),
        vacuous=int(np.sum(seen.vacuous)),
        sizes={"L": list(depths), "widths": "1 to 3", "ensembles": len(ENSEMBLES), "of each": draws},
        where="no excess beyond rounding" if over[worst] <= ROUNDING else str(seen.kind[worst]),
        control=controls[0],
        controls=controls[1:],
        constants=medians,
        note="margins here are digits under the rounding model",
    )


@settles("min2022.deep.conjecture", kind="empirical")
def conjecture(
    *,
    fibres: Sequence[Fibre] = TWO_WIDE,
    wider: Fibre = THREE_WIDE,
    starts: int = 3,
    rng: Generator,
) -> Evidence:
    """The least lambda_min(T) is a sum over the layers of products of a left and a right minimum.

    For given definite imbalances, which are in no unimodal order: the least eigenvalue beside the sum of the
    products of the least |W_1 ... W_{l-1}|^2 and |W_{l+1} ... W_L|^2, each minimised on its own from
    ``starts`` starts. Margin: digits to spare of the excess of the former, relative; second route: the
    eigenvalue at the layers found, by the Jacobian. Controls: the imbalances ``wider``, of hidden widths
    three; the sum without the outermost layers' terms, which is the short-product bound.
    """
    worst, second, where = -1.0, 0.0, ""
    without = 0.0
    for fibre in fibres:
        found = minima(fibre, starts, rng)
        off = abs(excess(found))
        second = max(second, abs(tangent_min_eigenvalue(found.weights) / found.tangent - 1))
        short = short_product_rate(fibre.Ds, fibre.sizes[0], fibre.sizes[-1])
        without = max(without, 1 - short / found.tangent)
        if off > worst:
            worst, where = off, f"{signs(fibre)}, widths {fibre.sizes}"
    margin, apart = identity_margin(worst, SOLVED), excess(minima(wider, starts, rng))
    return Evidence(
        statement="min2022.deep.conjecture",
        margin=margin,
        error=identity_error(max(decade_above(second), 1e-5 * SOLVED), SOLVED),
        instances=len(fibres),
        sizes={"imbalances": [signs(fibre) for fibre in fibres], "starts": starts},
        where="no excess near the model" if margin == DIGITS_CAP else where,
        control=(f"hidden widths {wider.sizes[1:-1]}", identity_margin(abs(apart), SOLVED)),
        controls=[("without the outermost terms", identity_margin(without, SOLVED))],
        constants={f"least eigenvalue over the sum less one, widths {wider.sizes}": (apart, SOLVED)},
        note="a reading of the slides' sentence, for hidden widths two; by local searches",
    )
