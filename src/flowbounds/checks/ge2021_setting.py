"""Checks of what Section 2 of Ge et al. (2021) sets aside: small weights, other orders, equal weights."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.checks.ge2021_staircase import HORIZON, SOLVER_ALLOWANCE, smallest_gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.dynamics.tensor_power import predicted_fitting_times
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import RESOLVED
from flowbounds.models import tensor, tensor_fit
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions
from flowbounds.validation import FloatArray, require_range

JUST_BELOW = 0.999  # of the threshold: the target that loses most when the small weights are left out


def _targets(d: int, eps: float, draws: int, rng: Generator) -> list[FloatArray]:
    """Weights of sum one, r = d: equal, geometric, power law, Dirichlet draws, as many as can just below."""
    power_law = 1.0 / np.arange(1, d + 1)
    small = min(d - 1, int(np.sqrt(d) / eps))
    edge = np.full(d, (1 - small * JUST_BELOW * eps / np.sqrt(d)) / (d - small))
    edge[d - small :] = JUST_BELOW * eps / np.sqrt(d)
    fixed = [np.full(d, 1.0 / d), geometric_weights(d, 1.2), power_law / power_law.sum(), edge]
    return fixed + [rng.dirichlet(np.ones(d)) for _ in range(draws)]


def _together(a: FloatArray, small: np.ndarray, rng: Generator) -> float:
    """|T - T*|^2 over |T - kept|^2 + |dropped|^2 at a random T with 2 d components of total mass one."""
    d = a.size
    W = uniform_directions(d, 2 * d, rng) * np.sqrt(rng.dirichlet(np.ones(2 * d)))
    apart = 2 * tensor_fit.loss(W, np.where(small, 0.0, a)) + float(np.sum(a[small] ** 2))
    return 2 * tensor_fit.loss(W, a) / apart


@settles("ge2021.setting", kind="definition")
def setting(
    *,
    dimensions: Sequence[int] = (3, 10, 50),
    accuracies: Sequence[float] = (0.3, 0.1, 0.03),
    draws: int = 20,
    rng: Generator,
) -> Evidence:
    """Leaving out all a_i < eps/sqrt(d) costs at most eps; keeping all d of them forces eps <= 1/sqrt(d).

    Margin: 1 - |dropped|/eps where something is dropped, 1 - eps sqrt(d) where nothing is, the smallest over
    all targets. Error: the norm from the weights against the norm from the dropped tensor's entries in
    turned coordinates. Control: the threshold eps, without the root of d. Measured constants: the
    largest cost, nearly one by construction; the largest eps sqrt(d) at which no weight is below; and
    |T - T*|^2 over |T - kept|^2 + |dropped|^2, at most one for every T of the model.
    """
    margin, error, control, count, worst = np.inf, 0.0, np.inf, 0, ""
    cost, feasible, together = 0.0, 0.0, 0.0
    for d in dimensions:
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        for eps in accuracies:
            require_range("accuracies", eps, 0.0, np.inf, open_ends=True)
            for a in _targets(d, eps, draws, rng):
                small = a < eps / np.sqrt(d)
                lost = float(np.sqrt(np.sum(a[small] ** 2)))
                entries = tensor.squared_norm(Q[:, small], a[small]) if small.any() else 0.0
                slack = 1 - lost / eps if small.any() else 1 - eps * np.sqrt(d)
                if slack < margin:
                    margin, worst = slack, f"d = {d}, eps = {eps:g}"
                error = max(error, abs(lost - np.sqrt(entries)) / eps)
                cost, feasible = max(cost, lost / eps), max(feasible, d * float(a.min()))
                control = min(control, 1 - float(np.sqrt(np.sum(a[a < eps] ** 2))) / eps)
                together = max(together, _together(a, small, rng)) if small.any() else together
                count += 1
    return Evidence(
        statement="ge2021.setting",
        margin=margin,
        error=error,
        instances=count,
        sizes={"d": list(dimensions), "eps": list(accuracies), "targets of each": 4 + draws},
        where=worst,
        control=("threshold eps instead of eps/sqrt(d)", control),
        constants={
            "largest cost of dropping, in units of eps": cost,
            "largest eps sqrt(d) that leaves all d weights": feasible,
            "largest total squared error over the sum of both": together,
        },
    )


@settles("ge2021.order", kind="empirical")
def order(
    *,
    orders: Sequence[int] = (3, 4, 5, 6),
    d: int = 10,
    m: int = 50,
    r: int = 5,
    ratio: float = 1.2,
    delta0: float = 1e-15,
    seeds: Sequence[int] = (0, 1, 2),
    tol: float = 1e-8,
) -> Evidence:
    """Deflation happens at every order l >= 3, and its times are predicted at every order.

    The columns head for argmax a_i u_i^(l-2), signed where l is odd. Margin: the smallest relative gap
    t_{i+1}/t_i - 1, or what is left of the prediction's error model (``delta0`` + 100 ``tol``), whichever is
    less. Error: the worst case again at ``tol``/100. Controls at order 3: every column on the far side of
    every target direction; predictions that ignore the sign.
    """
    require_range("delta0", delta0, 0.0, 1.0, open_ends=True)
    a, log_norms = geometric_weights(r, ratio), np.full(m, np.log(delta0))
    model = delta0 + SOLVER_ALLOWANCE * tol

    def compare(degree: int, u: FloatArray, seen: FloatArray, tol: float) -> tuple[float, float]:
        """Margin and |integrated - predicted| of the flow from u, predicted from ``seen``."""
        expected = predicted_fitting_times(seen, log_norms, a, order=degree)
        horizon = HORIZON * float(np.max(expected[np.isfinite(expected)], initial=np.log(1 / delta0) / a[-1]))
        run = tensor_flow(u, log_norms, a, horizon, order=degree, tol=tol, t_eval=[0.0])
        both = np.isfinite(expected) & np.isfinite(run.fitting_times)
        missed = float(np.max(np.abs(run.fitting_times[both] - expected[both]), initial=0.0))
        return min(smallest_gap(run.fitting_times), 1 - missed / model), missed

    starts = {seed: uniform_directions(d, m, np.random.default_rng(seed)) for seed in seeds}
    results = {(n, seed): compare(n, u, u, tol) for n in orders for seed, u in starts.items()}
    degree, seed = worst = min(results, key=lambda case: results[case][0])
    finer = compare(degree, starts[seed], starts[seed], tol / 100)[0]
    one = starts[seeds[0]]
    return Evidence(
        statement="ge2021.order",
        margin=results[worst][0],
        error=abs(results[worst][0] - finer),
        instances=len(results),
        sizes={"l": list(orders), "d": d, "m": m, "r": r, "ratio": ratio, "delta0": delta0},
        seeds=tuple(seeds),
        where=f"l = {degree}, seed {seed}",
        control=("order 3, every column on the far side", compare(3, -np.abs(one), -np.abs(one), tol)[0]),
        controls=[("order 3, predicted without signs", compare(3, one, np.abs(one), tol)[0])],
        constants={
            f"largest |time - prediction| at l = {n}": (
                max(results[n, seed][1] for seed in seeds),
                SOLVER_ALLOWANCE * tol / RESOLVED,
            )
            for n in orders
        },
    )


@settles("ge2021.figure1.simultaneous", kind="empirical")
def simultaneous(
    *,
    ratios: Sequence[float] = (1.2, 1.1, 1.03, 1.01, 1.0),
    d: int = 10,
    m: int = 50,
    delta0: float = 1e-15,
    doublings: int = 2,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    draws: int = 200,
    tol: float = 1e-8,
) -> Evidence:
    """Two components of equal weight are fitted together: their gap stays while the wait grows.

    For equal weights the gap |t_2 - t_1| is measured at ``delta0`` and doubled; it must then suffice at
    delta0^2, delta0^4, ... Margin: the share of it left, or what is left of the error model (``delta0`` +
    100 ``tol``) of the predicted gaps over all ``ratios``, whichever is less. Error: the largest mismatch in
    units of the smallest gap. Control: the first of the ratios, whose gap grows with log(1/delta0). Measured
    constant: how often the second is first at equal weights, over ``draws`` predicted starts.
    """
    require_range("delta0", delta0, 0.0, 1.0, open_ends=True)
    model = delta0 + SOLVER_ALLOWANCE * tol

    def gap(ratio: float, u: FloatArray, log_norm: float) -> tuple[float, float]:
        """t_2 - t_1 as integrated, and its distance to the prediction."""
        a, log_norms = geometric_weights(2, ratio), np.full(m, log_norm)
        expected = predicted_fitting_times(u, log_norms, a)
        run = tensor_flow(u, log_norms, a, HORIZON * float(expected.max()), tol=tol, t_eval=[0.0])
        measured = float(np.diff(run.fitting_times)[0])
        return measured, abs(measured - float(np.diff(expected)[0]))

    starts = [uniform_directions(d, m, np.random.default_rng(seed)) for seed in seeds]
    scales = np.log(delta0) * 2.0 ** np.arange(doublings + 1)
    along = [gap(ratio, u, scales[0])[1] for ratio in ratios for u in starts]
    equal = np.array([[gap(1.0, u, scale) for scale in scales] for u in starts])
    kept = 1 - np.abs(equal[:, 1:, 0]) / (2 * np.abs(equal[:, :1, 0]))
    missed = max(*along, float(np.max(equal[:, :, 1])))
    unequal = [gap(ratios[0], starts[0], scale)[0] for scale in scales]
    rng = np.random.default_rng(seeds[0])
    ahead = [
        np.diff(predicted_fitting_times(uniform_directions(d, m, rng), np.full(m, scales[0]), [0.5, 0.5]))[0]
        for _ in range(draws)
    ]
    return Evidence(
        statement="ge2021.figure1.simultaneous",
        margin=min(float(kept.min()), 1 - missed / model),
        error=missed / float(np.min(np.abs(equal[:, :, 0]))),
        instances=len(along) + kept.size,
        sizes={"ratio": list(ratios), "d": d, "m": m, "log delta0": [round(float(s), 1) for s in scales]},
        seeds=tuple(seeds),
        where="ratio 1",
        control=(f"ratio {ratios[0]:g}: the gap grows", 1 - abs(unequal[-1]) / (2 * abs(unequal[0]))),
        constants={
            "share of starts that fit the second of two equals first": float(np.mean(np.array(ahead) < 0)),
            "largest |t_2 - t_1| at equal weights": float(np.max(np.abs(equal[:, 0, 0]))),
        },
    )
