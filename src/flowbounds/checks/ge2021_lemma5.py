"""Checks of Lemma 5 of Ge et al. (2021), phase 1: where its parts hold, and from which dimension on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from flowbounds.checks.ge2021_two_ends import LARGE, PRACTICAL, RATIO, Asymptotics, Practical, Seen, Size
from flowbounds.checks.registry import settles
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.lucky_columns import LastEpoch, RepeatedPath
from flowbounds.evidence import Evidence
from flowbounds.models.tensor_ensembles import geometric_weights

ROOM = 2.0  # what O(.) may cost beyond the limit of the constant for large d


def room_left(log_growth: float, share: float, gamma: float, c_rho: float) -> float:
    """Kernel: slack of Lemma 5.1 with ROOM times the limits of ``bounds.luck.unlucky_bounds``."""
    most = ROOM * (1 - c_rho) / c_rho
    norm = 1 - 4 * log_growth / float(np.log(ROOM / c_rho))
    return min(norm, 1 - share / most) if most * gamma < 1 else norm  # no square exceeds one


def unlucky_seen(seen: Seen) -> float | None:
    """Kernel: Lemma 5.1 in one epoch; None if every small component is potential."""
    rest = seen.small & ~seen.classes.potential.any(axis=0)
    if not rest.any():
        return None
    phase, c_rho = seen.epoch.phase1, seen.run.constants.c_rho
    grown = float(np.max(phase.log_norms[rest])) - seen.run.parameters.log_delta0
    return room_left(grown, float(np.max(phase.directions[:, rest] ** 2)) / seen.gamma, seen.gamma, c_rho)


def unlucky_far(epoch: LastEpoch, side: float = -1.0) -> float:
    """Kernel: the same for a typical column at (1 + side c_rho) Gamma, by default just outside S_pot."""
    squares, grown = epoch.column(1 + side * epoch.c_rho).follow(epoch.end, epoch.parameters.lam)
    # the logarithm of the norm is convex in time: largest at an end
    return room_left(max(grown, 0.0), float(squares.max()) / epoch.gamma, epoch.gamma, epoch.c_rho)


def discover_seen(seen: Seen, due: bool = False) -> float | None:
    """Kernel: Lemma 5.2 in one epoch: the worst direction with a good component (``due``: a_i >= beta)."""
    before, end, found = seen.epoch.phase1.state(0).owner, seen.epoch.phase1.state(-1), []
    log_delta1, log_delta0 = seen.run.parameters.log_delta1, seen.run.parameters.log_delta0
    for i in np.flatnonzero(seen.classes.good.any(axis=1)):
        if not (before == i).any() and (seen.a[i] >= seen.epoch.beta or not due):
            members = end.owner == i
            lead = np.max(end.log_norms[members if members.any() else seen.classes.good[i]])
            found.append(float(lead - log_delta1) / (log_delta1 - log_delta0))
    return min(found) if found else None


def discover_far(epoch: LastEpoch, side: float = 1.0) -> float:
    """Kernel: 1 - (time of discovery) / t1 of a typical column, by default one that is just good."""
    p = epoch.parameters
    column = epoch.column(1 + side * epoch.c_rho)
    return 1 - column.passage(p.log_delta1 - p.log_delta0, p.lam)[0] / epoch.end


def aligned_seen(seen: Seen) -> float | None:
    """Kernel: Lemma 5.3, the least aligned component that passes delta1 in phase 1, in units of alpha^2."""
    passages = [one.misalignment for one in seen.epoch.phase1.passages if one.rising]
    return 1 - max(passages) / seen.run.parameters.alpha**2 if passages else None


def aligned_far(epoch: LastEpoch, *, twins: bool = False) -> float:
    """Kernel: the same for a typical good column; ``twins`` gives it a second coordinate of the same size."""
    p, column = epoch.parameters, epoch.column(1 + epoch.c_rho)
    if twins:
        first, rest = column.p0[0], column.p0[1:]
        rest = rest * (1 - 2 * first) / (1 - first)  # one more coordinate: the sum stays one
        column = RepeatedPath.of(
            np.concatenate([[first, first], rest]),
            np.concatenate([column.a[:1], column.a]),
            np.concatenate([[1.0], column.counts]),
        )
    return 1 - column.passage(p.log_delta1 - p.log_delta0, p.lam)[1] / p.alpha**2


@settles("ge2021.lemma5.1", kind="inequality")
def unlucky(
    *,
    sizes: Sequence[Size] = PRACTICAL,
    eps: float = 0.1,
    seeds: Sequence[int] = (0,),
    large: Sequence[int] = LARGE,
    asymptotics: Asymptotics | None = None,
    tol: float = 1e-9,
) -> Evidence:
    """Outside S_pot nothing grows: norms to (2/c_rho)^(1/4) delta0, squares to 2 (1/c_rho - 1) Gamma.

    Both are twice the limits proved in ``bounds.luck.unlucky_bounds``. Margin: over every epoch of Algorithm
    2 at the practical ``sizes``, the slack of log norm or of square, whichever is less. Error: the worst
    epoch again at looser tolerances. Holds from: the closed form for a typical column just outside S_pot.
    Control: a component just inside good, at the largest d.
    """
    use = asymptotics or Asymptotics()
    seen, last = Practical.of(unlucky_seen, sizes, eps, seeds, tol), use.at(max(large))
    squares, _ = last.column(1 - last.c_rho).follow(last.end, last.parameters.lam)
    return Evidence(
        statement="ge2021.lemma5.1",
        margin=seen.margin,
        error=seen.error,
        instances=seen.instances,
        vacuous=seen.vacuous,
        sizes={"(d, r, m)": [str(size) for size in sizes], "eps": eps},
        seeds=tuple(seeds),
        where=seen.where,
        control=(f"a good component, d = {last.d:.0e}", unlucky_far(last, 1.0)),
        holds_from=use.first(large, unlucky_far),
        constants={f"square times d / log d, d = {last.d:.0e}": float(squares[0] * last.d / np.log(last.d))},
    )


@settles("ge2021.lemma5.2", kind="inequality")
def discover(
    *,
    sizes: Sequence[Size] = PRACTICAL,
    eps: float = 0.1,
    seeds: Sequence[int] = (0,),
    large: Sequence[int] = LARGE,
    asymptotics: Asymptotics | None = None,
    tol: float = 1e-9,
) -> Evidence:
    """Where a good component exists, its direction is discovered by t1.

    Margin: log norm at t1 beyond log delta1 of the largest member of S_i, or of the largest good component
    where S_i is empty, as a share of log(delta1/delta0); the worst direction of every epoch of Algorithm 2.
    Error: the worst epoch again at looser tolerances. Holds from: 1 - (time of discovery)/t1 in closed form,
    for a typical column that is just good. Controls at the largest d: one that is just not potential; a
    regulariser of half the weight (eps = 1/sqrt(d)), under which the norm lost while waiting is not regained.
    """
    use = asymptotics or Asymptotics()
    seen, last = Practical.of(discover_seen, sizes, eps, seeds, tol), use.at(max(large))
    due = Practical.of(lambda one: discover_seen(one, due=True), sizes, eps, seeds, tol)
    strong = use.at(last.d, eps=last.d**-0.5)
    return Evidence(
        statement="ge2021.lemma5.2",
        margin=seen.margin,
        error=seen.error,
        instances=seen.instances,
        vacuous=seen.vacuous,
        sizes={"(d, r, m)": [str(size) for size in sizes], "eps": eps},
        seeds=tuple(seeds),
        where=seen.where,
        control=(f"not potential, d = {last.d:.0e}", discover_far(last, -1.0)),
        controls=[(f"eps = 1/sqrt(d), lam = a_i/2, d = {last.d:.0e}", discover_far(strong))],
        holds_from=use.first(large, discover_far),
        constants={
            f"time of discovery over t1, d = {last.d:.0e}": 1 - discover_far(last),
            "margin over the directions with a_i >= beta alone": (due.margin, due.error),
        },
    )


@settles("ge2021.lemma5.3", kind="inequality")
def aligned(
    *,
    sizes: Sequence[Size] = PRACTICAL,
    eps: float = 0.1,
    alphas: Sequence[float | None] = (None, 0.1, 0.03),
    seeds: Sequence[int] = (0,),
    large: Sequence[int] = LARGE,
    asymptotics: Asymptotics | None = None,
    tol: float = 1e-9,
) -> Evidence:
    """A component that passes delta1 in phase 1 is within alpha^2 of a target direction.

    Margin: 1 - (1 - w_i^2)/alpha^2, the worst passage of every epoch of Algorithm 2 (``alphas``: None is the
    theorem's; at others delta0 is close to delta1) and of a typical good column in every ``large``
    dimension. Error: the worst epoch again at looser tolerances. Controls: delta0 = delta1/2, where nothing
    has time to align; a bad component, with two equal coordinates.
    """
    use = asymptotics or Asymptotics()
    seen = Practical.of(aligned_seen, sizes, eps, seeds, tol, alphas)
    epochs = [use.at(d) for d in large]
    far = [aligned_far(epoch) for epoch in epochs if (1 + epoch.c_rho) * epoch.gamma < 1]
    d, r, m = sizes[0]
    rng, a = np.random.default_rng(seeds[0]), geometric_weights(r, RATIO)
    given = modified_flow(a, d, m, eps, rng=rng, tol=tol, max_epochs=0).parameters
    near = replace(given, log_delta0=given.log_delta1 - float(np.log(2)))
    rushed = modified_flow(a, d, m, eps, rng=rng, tol=tol, max_epochs=1, parameters=near)
    hasty = aligned_seen(Seen.of(rushed, rushed.history[0], a))
    twins = aligned_far(epochs[-1], twins=True)
    return Evidence(
        statement="ge2021.lemma5.3",
        margin=min(seen.margin, *far),
        error=seen.error,
        instances=seen.instances + len(far),
        vacuous=seen.vacuous,
        sizes={
            "(d, r, m)": [str(size) for size in sizes],
            "eps": eps,
            "alpha": [x or "theorem's" for x in alphas],
        },
        seeds=tuple(seeds),
        where=seen.where if seen.margin <= min(far, default=np.inf) else "",
        control=(f"delta0 = delta1/2, d = {d}", hasty if hasty is not None else np.inf),
        controls=[(f"two equal coordinates, d = {epochs[-1].d:.0e}", twins)],
        constants={"largest misalignment in units of alpha^2": (1 - seen.margin, seen.error)},
    )
