"""Checks of Proposition 1 of Ge et al. (2021), watched along Algorithm 2 at every step of the solver."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from flowbounds.bounds.induction import DeflationConstants
from flowbounds.bounds.proposition1 import groups
from flowbounds.checks.ge2021_theorem1 import Records, widest
from flowbounds.checks.ge2021_watched import (
    TOL,
    Watched,
    error_of,
    largest_misalignment,
    planted,
    watched,
)
from flowbounds.checks.registry import settles
from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.evidence import Evidence

TIGHTER = 100.0  # factor by which the tolerance is tightened for the error
SMALL: dict[str, Any] = {"sizes": [(6, 5, 40)], "alphas": [0.1], "seeds": [0]}
LOWER = 1 / 6  # of lam: the lower half of (c)
PLANTED = 0.01  # the alpha of the planted states


def _evidence(
    statement: str,
    runs: Sequence[Watched] | None,
    slack: Callable[[Watched], float],
    **more: Any,
) -> Evidence:
    """Smallest slack over the runs; its error from one of them at a hundredth of the tolerance."""
    runs = watched() if runs is None else runs
    slacks = [slack(one) for one in runs]
    worst = runs[int(np.argmin(slacks))]
    twice = [watched(**SMALL, tol=tol)[0] for tol in (TOL, TOL / TIGHTER)]
    difference = abs(slack(twice[0]) - slack(twice[1]))
    given: dict[str, Any] = {"margin": min(slacks), "instances": len(runs)} | more
    return Evidence(
        statement=statement,
        error=error_of(difference, twice[0].run.parameters.lam),
        sizes={
            "d": sorted({one.d for one in runs}),
            "m": sorted({one.m for one in runs}),
            "alpha": sorted({one.alpha for one in runs}),
        },
        seeds=sorted({one.seed for one in runs}),
        where=f"d = {worst.d}, alpha = {worst.alpha:g}, seed {worst.seed}",
        **given,
    )


def _at_own_alpha(records: Records | None, part: str) -> dict[str, tuple[float, float]]:
    """The worst ratio of the study, with the solver's floor as its error; nothing without records."""
    if records is None:
        return {}
    own = widest(records)
    floors = {"individual": lambda one: one["floor"], "average": lambda one: one["floor"] / one["alpha"]}
    return {"at the theorem's own alpha": (max(one[part] for one in own), max(map(floors[part], own)))}


def without_regulariser() -> Watched:
    """One run with lam = 0; the unit of (c) stays the theorem's lam."""
    return watched(**SMALL, change=lambda p: replace(p, lam=0.0))[0]


@settles("ge2021.prop1.a", kind="inequality")
def individual(*, runs: Sequence[Watched] | None = None, records: Records | None = None) -> Evidence:
    """Every member of S_k keeps 1 - w_k^2 <= alpha.

    ``runs`` as made by :func:`~flowbounds.checks.ge2021_watched.watched` (its defaults when None);
    ``records`` of the study theorem1 add the ratio at the theorem's own alpha. Margin: 1 - (1 - w_k^2)/alpha,
    the smallest over members, states and runs, passages included. Control: lam = 0 and a sliver opposite
    the bulk (Claim 2). Tried: lam = 0 along the real flow, where no such state arises.
    """
    sliver = planted((1.0, 1e-9), (PLANTED**2, PLANTED))
    return _evidence(
        "ge2021.prop1.a",
        runs,
        lambda one: 1 - float(one.run.proposition1.individual),
        control=(
            "lam = 0, a sliver opposite the bulk",
            1 - largest_misalignment(sliver, 1) / PLANTED,
        ),
        tried=[
            ("lam = 0 along the flow", 1 - float(without_regulariser().run.proposition1.individual)),
        ],
        constants=_at_own_alpha(records, "individual"),
    )


@settles("ge2021.prop1.b", kind="inequality")
def average(*, runs: Sequence[Watched] | None = None, records: Records | None = None) -> Evidence:
    """The members of S_k keep E(1 - w_k^2) <= alpha^2 + 4 s m delta1^2, weighted by their squared norms.

    Arguments as in :func:`individual`. Margin: one less the ratio of the two sides. Control: two opposite
    members at the limit alpha^2 whose mass exceeds the target's by a fifth, against (c).
    """
    both = planted((0.6, 0.6), (PLANTED**2, PLANTED**2))
    return _evidence(
        "ge2021.prop1.b",
        runs,
        lambda one: 1 - float(one.run.proposition1.average),
        control=(
            "mass beyond the target's, at the limit",
            1 - largest_misalignment(both) / PLANTED**2,
        ),
        constants=_at_own_alpha(records, "average"),
    )


def _band(low: float, high: float) -> float:
    """Slack of lam/6 <= gap <= lam, both in units of their bound; the upper half claims nothing at -inf."""
    return min(low / LOWER - 1, 1 - high)


def _printed_for_all_k(one: Watched, r: int) -> float:
    """The lower half of (c) at the start for a padded k > r, whose weight is zero and whose set is empty."""
    state = one.run.history[0].phase1.state(0)
    found = groups(state.log_norms, state.directions, state.owner)
    return float(-found.mass[r:].max() / one.run.parameters.lam) / LOWER - 1


@settles("ge2021.prop1.c", kind="inequality")
def gaps(*, runs: Sequence[Watched] | None = None, records: Records | None = None) -> Evidence:
    """The gap a_k - ahat_k stays above lam/6 - s m delta1^2, and in late epochs below lam + s m delta1^2.

    Arguments as in :func:`individual`; ``records`` count as further runs, at the theorem's own alpha. Margin
    over the r targets: the gap against lam/6, and against lam where a_k >= beta/(1 - gamma); a run in which
    that never happens is vacuous in its upper half. As printed the claim is for all k in [d], and fails for
    the padding a_k = 0. Controls: lam = 0 in the flow; phases too short for delta0; and, from the
    records, a draw in which some target found no component at half the width.
    """
    runs = watched() if runs is None else runs
    worst = [one.run.proposition1 for one in runs]
    own = widest(records) if records is not None else []
    low = [float(one.gap_low) for one in worst] + [one["gap_low"] for one in own]
    high = [float(one.gap_high) for one in worst] + [one["gap_high"] for one in own]
    short = watched(**SMALL, constants=DeflationConstants.separated())[0].run.proposition1
    free = without_regulariser().run.proposition1
    narrow = [_band(one["gap_low"], one["gap_high"]) for one in records or () if one not in own]
    lost = [("half the width: a target finds no component", min(narrow))] if narrow else []
    padded = next(one for one in runs if one.d > one.a.size)
    return _evidence(
        "ge2021.prop1.c",
        runs,
        lambda one: _band(float(one.run.proposition1.gap_low), float(one.run.proposition1.gap_high)),
        margin=min(map(_band, low, high)),
        instances=2 * len(low),
        vacuous=int(np.sum(np.isneginf(high))),
        controls=[
            ("lam = 0", _band(float(free.gap_low), float(free.gap_high))),
            ("phases too short for delta0", _band(float(short.gap_low), float(short.gap_high))),
            *lost,
        ],
        printed=("paper text, two readings", _printed_for_all_k(padded, padded.a.size)),
        constants={
            "smallest gap/lam": min(low),
            "largest gap/lam where claimed": max(value for value in high if np.isfinite(value)),
        },
    )


def _worst_passage(run: DeflationRun, alpha: float) -> float:
    """Largest misalignment at an upward passage of delta1, in units of alpha^2."""
    return max((one.misalignment for one in run.crossings if one.rising), default=0.0) / alpha**2


@settles("ge2021.prop1.d", kind="inequality")
def outside(*, runs: Sequence[Watched] | None = None, records: Records | None = None) -> Evidence:
    """Components outside the sets stay below delta1: whoever passes it upwards is aligned, and joins one.

    Arguments as in :func:`individual`; ``records`` add their counts. A margin of norms would be zero from
    below by construction, since a component comes arbitrarily close to delta1 before it passes. So the
    margin is that of the passages: 1 - (1 - w_i^2)/alpha^2, the smallest over all of them. Controls:
    delta0 = delta1/2, so that nobody has time to turn; delta0 = delta1 sqrt(alpha), so that most have.
    """
    runs = watched() if runs is None else runs
    close = watched(**SMALL, change=lambda p: replace(p, log_delta0=p.log_delta1 - np.log(2)))[0]
    root = watched(**SMALL, change=lambda p: replace(p, log_delta0=p.log_delta1 + np.log(p.alpha) / 2))[0]
    own = widest(records) if records is not None else []
    return _evidence(
        "ge2021.prop1.d",
        runs,
        lambda one: 1 - _worst_passage(one.run, one.alpha),
        controls=[
            ("delta0 = delta1/2", 1 - _worst_passage(close.run, close.alpha)),
            ("delta0 = delta1 sqrt(alpha)", 1 - _worst_passage(root.run, root.alpha)),
        ],
        constants={
            "misaligned passages": sum(len(one.run.misaligned) for one in runs)
            + sum(one["misaligned"] for one in own),
            "upward passages": sum(passage.rising for one in runs for passage in one.run.crossings)
            + sum(one["passages"] for one in own),
            "misaligned at delta0 = delta1/2, of all": len(close.run.misaligned)
            / sum(passage.rising for passage in close.run.crossings),
        },
    )
