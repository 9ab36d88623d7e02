"""Checks of Section 5.1 of Ge et al. (2021) on one component: Claim 2 and the first line of Lemma 3."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.induction import claim2_derivative, claim2_mass_limit
from flowbounds.bounds.stability_constants import individual_constant
from flowbounds.checks.registry import settles
from flowbounds.checks.stability_states import (
    States,
    opposite_pair,
    probe_path,
    random_states,
    rates_from_gradient,
)
from flowbounds.evidence import Evidence
from flowbounds.models import tensor_fit
from flowbounds.validation import FloatArray, HypothesisError, require_count, require_range

SECOND_ROUTE = 50  # states of every batch whose rates are also taken from the gradient


def claim2_bracket(alpha: float, v2: float, w2: float, side: int, tail: FloatArray) -> float:
    """Bracket of Claim 2's rate by the gradient route: the rate of v's correlation over 8 alpha (1 - alpha).

    ``side`` = -1: tails opposite, as in the claim; +1: equal, as in its discussion.
    """
    tail = tail * np.sqrt(alpha) / np.linalg.norm(tail)
    head = np.sqrt(1 - alpha)
    v, w = np.sqrt(v2) * np.r_[head, tail], np.sqrt(w2) * np.r_[head, side * tail]
    velocity = -tensor_fit.gradient(np.column_stack([v, w]), [1.0])[:, 0]
    rest, move = np.sum(v[1:] ** 2), v[1:] @ velocity[1:]
    rate = 2 * v[0] * (velocity[0] * rest - v[0] * move) / v2**2
    return float(rate / (8 * alpha * (1 - alpha)))


@settles("ge2021.claim2", kind="inequality")
def claim2(
    *,
    c2: float = 0.02,
    share: float = 0.99,
    beyond: float = 0.06,
    trials: int = 1000,
    d: int = 6,
    rng: Generator,
) -> Evidence:
    """Within the claim's constants the small component's correlation falls, whatever its size.

    States have ``alpha <= c2``, ``|v|^2 <= c1`` (``share`` of the largest one) and total mass in [2/3, 1];
    the first is the least favourable corner. Margin: minus the bracket of the formula, which does not shrink
    with alpha. Truth: the gradient of the full objective. Controls: equal sides; half the mass; ``alpha`` at
    ``beyond``, where no c1 is left.
    """
    require_range("share", share, 0.0, 1.0, open_ends=True)
    limit = claim2_mass_limit(c2)
    if limit <= 0:
        raise HypothesisError(f"c2 leaves no mass to v: the largest c1 is {limit:.3g} at c2 = {c2:g}")
    c1 = share * limit
    states = [(c2, c1, 2 / 3 - c1)]
    for _ in range(require_count("trials", trials, 1)):
        alpha, v2 = c2 * 10.0 ** -rng.uniform(0, 6), c1 * 10.0 ** -rng.uniform(0, 6)
        states.append((alpha, v2, rng.uniform(2 / 3, 1.0) - v2))
    margin, error, same, where = np.inf, 0.0, np.inf, ""
    for alpha, v2, w2 in states:
        tail = rng.normal(size=d - 1)
        bracket = claim2_derivative(alpha, w2) / (8 * alpha * (1 - alpha))
        error = max(error, abs(bracket - claim2_bracket(alpha, v2, w2, -1, tail)))
        same = min(same, -claim2_bracket(alpha, v2, w2, +1, tail))
        if -bracket < margin:
            margin, where = -bracket, f"alpha = {alpha:.2g}, |v|^2 = {v2:.2g}, |w|^2 = {w2:.2g}"
    tail = rng.normal(size=d - 1)
    return Evidence(
        statement="ge2021.claim2",
        margin=margin,
        error=error,
        instances=len(states),
        sizes={"d": d, "trials": trials},
        where=where,
        control=("both components lean to the same side", same),
        controls=[
            ("the large component has mass 1/2", -claim2_bracket(c2, c1, 0.5, -1, tail)),
            (f"alpha = {beyond:g}, |w|^2 = 2/3", -claim2_bracket(beyond, 1e-6, 2 / 3, -1, tail)),
        ],
        printed=("claim, paper text, two readings", margin),
        constants={"largest c1 at this c2": limit},
        note=f"c1 = {c1:.4f}, c2 = {c2:g}",
    )


def individual_loss(states: States) -> FloatArray:
    """``8 (a_k - ahat_k) q - d(u_k^2)/dt`` of every member, minus infinity for other columns: (count, m)."""
    found = states.rates()
    loss = 8 * (states.a[:, 0] - found.fitted)[:, None] * found.distance - found.individual
    return np.where(states.members > 0, loss, -np.inf)


@settles("ge2021.lemma3.individual", kind="inequality")
def lemma3_individual(
    *, alphas: Sequence[float] = (1e-1, 1e-2, 1e-3, 1e-4), draws: int = 1000, rng: Generator
) -> Evidence:
    """A member's correlation grows as stated up to C alpha^1.5, with the proved constant C.

    States: random ones within Proposition 1, and the opposite pair at the smallest gap, sqrt(alpha), that
    alpha <= lambda^2 / 36 leaves. Margin: ``1 - loss / (C alpha^1.5)``, and for a probe at distance alpha
    whose gap is at least sqrt(alpha) its rate over ``8 gap alpha``, which must be positive. Truth: the
    gradient. Controls: the pair with its bulk at alpha, so that the average bound is gone; and lambda = 0,
    where the flow takes the probe out of Proposition 1(a).
    """
    margin, error, where, control, counted = np.inf, 0.0, "", np.inf, 0
    sharpest: dict[float, float] = {}
    for alpha in alphas:
        floor = np.sqrt(alpha)
        batches = {
            "random": random_states(draws, alpha, rng),
            "random, gap >= sqrt(alpha)": random_states(draws, alpha, rng, least_gap=min(floor, 0.3)),
            "opposite pair": opposite_pair(alpha, floor),
        }
        for name, states in batches.items():
            unit = np.array([individual_constant(a, 0, alpha) for a in states.a]) * alpha**1.5
            loss, found = individual_loss(states), states.rates()
            probe = np.argmax(np.where(states.members > 0, found.distance, -1.0), axis=1)
            rows = np.arange(len(probe))
            gap = states.a[:, 0] - found.fitted
            kept = found.individual[rows, probe] / (8 * np.maximum(gap, floor) * alpha)
            slack = np.minimum(
                np.min(1 - loss / unit[:, None], axis=1), np.where(gap >= floor * (1 - 1e-9), kept, np.inf)
            )
            worst = int(np.argmin(slack))
            pick = np.unique(np.append(np.arange(min(SECOND_ROUTE, len(slack))), worst))
            off = np.abs(rates_from_gradient(states.only(pick), 0.0)[0] - found.individual[pick])
            off = off * states.members[pick]
            error = max(error, float(np.max(off / np.minimum(unit[pick], 8 * floor * alpha)[:, None])))
            counted += int(states.members.sum())
            if slack[worst] < margin:
                margin, where = float(slack[worst]), f"{name}, alpha = {alpha:g}"
            if name == "opposite pair":
                sharpest[alpha] = float(np.max(loss)) / alpha**1.5
        loose = opposite_pair(alpha, floor, bulk=alpha)
        control = min(control, float(1 - np.max(individual_loss(loose)) / unit[0]))
    path = probe_path(max(alphas), 0.0, np.linspace(0, 5, 201))[1]
    return Evidence(
        statement="ge2021.lemma3.individual",
        margin=margin,
        error=error,
        instances=counted,
        sizes={"alpha": list(alphas), "draws": draws},
        where=where,
        control=("the average is no better than the worst member", control),
        controls=[("lambda = 0: room left to the probe in Proposition 1(a)", float(1 - path.max()))],
        constants={f"largest loss over alpha^1.5, a_k = 1, alpha = {k:g}": v for k, v in sharpest.items()},
        printed=("paper text with its index restored, two readings", margin),
        note="proved constant, with limit 8 a_k; in particular alpha <= lambda^2 / 36 will do",
    )
