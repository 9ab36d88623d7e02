"""Checks beyond the text of Du et al.: weight decay forgets an imbalance."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import optimizer_laws as laws
from flowbounds.checks import optimizer_cases as cases
from flowbounds.checks.optimizer_cases import ALLOWED, ROUNDING, gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import Parameters, descend
from flowbounds.dynamics.solve import solve
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.homogeneous_network import matrix_imbalance
from flowbounds.validation import FloatArray


def decayed_matrices(case: cases.Case, lam: float, t_end: float, tol: float) -> float:
    """Largest departure of the matrices of a linear network from exp(-2 lam t) of themselves, on a flow."""
    slope = case.slope()
    times = np.linspace(0.0, t_end, 9)

    def rhs(t: float, y: FloatArray) -> FloatArray:
        layers = cases.unflat(y, case.start)
        return -cases.flat(slope(layers, None)[1], []) - lam * y

    y0 = cases.flat(case.start, [])
    run = solve(rhs, y0, t_end, tol=tol, t_eval=times)
    layers = [cases.unflat(y, case.start) for y in run.y.T]
    path = np.array(
        [np.concatenate([matrix_imbalance(one, h).ravel() for h in range(1, len(one))]) for one in layers]
    )
    return gap(path, laws.decayed_flow(path[0], times, lam=lam), cases.largest(case.start))


def off_decay_law(
    case: cases.Case,
    lam: float,
    eta: float,
    steps: int,
    *,
    each: Sequence[float] | None = None,
    law_lam: float | None = None,
) -> float:
    """Departure of a run from the law of weight decay; ``each``: a decay for each layer, in place of lam."""

    def record(layers: Parameters, slopes: Sequence[FloatArray]) -> FloatArray:
        data = slopes if each is None else [g - c * w for g, c, w in zip(slopes, each, layers, strict=True)]
        return cases.watch(layers, data)

    decay = lam if each is None else 0.0
    run = descend(case.start, case.slope(decays=each), steps, step=eta, weight_decay=decay, record=record)
    path, kicks, unit = cases.watched(run)
    law_lam = lam if law_lam is None else law_lam
    return gap(path, laws.decayed_imbalance(path[0], kicks, eta=eta, lam=law_lam), unit)


@settles("du2018.ext.weight_decay", kind="identity")
def weight_decay(
    *,
    decays: Sequence[float] = (0.01, 0.1, 0.5),
    etas: Sequence[float] = (0.02, 0.1),
    steps: int = 200,
    t_end: float = 3.0,
    tol: float = 1e-10,
    rng: Generator,
) -> Evidence:
    """With weight decay an imbalance is multiplied by (1 - eta lam)^2 a step, beside the drift of descent.

    Residual: the whole path of every neuron's imbalance against the law fed with the squared gradients, in
    units of the largest squared norm; and for the flow, every entry of a linear network's matrices against
    exp(-2 lam t), whose error model is ``ALLOWED`` local errors. Second route: three steps of a ReLU network
    in fractions, exact. Controls, the smallest departure of all runs: another decay for each layer, against
    the law with their mean; an activation that is not homogeneous; the law without decay.
    """
    worst, flow, count = 0.0, 0.0, 0
    controls = dict.fromkeys(("a decay for each layer", "tanh", "the law without decay"), np.inf)
    for lam in decays:
        for eta in etas:
            for names in cases.HOMOGENEOUS:
                case = cases.network(rng, names)
                worst, count = max(worst, off_decay_law(case, lam, eta, steps)), count + 1
                each = [0.5 * lam, lam, 1.5 * lam]
                found = {
                    "a decay for each layer": off_decay_law(case, lam, eta, steps, each=each),
                    "tanh": off_decay_law(cases.network(rng, ("tanh", "tanh")), lam, eta, steps),
                    "the law without decay": off_decay_law(case, lam, eta, steps, law_lam=0.0),
                }
                controls = {name: min(least, found[name]) for name, least in controls.items()}
        linear = cases.network(rng, ("linear", "linear"))
        flow, count = max(flow, decayed_matrices(linear, lam, t_end, tol)), count + 1
    route = Fraction(0)
    step, decay = Fraction(1, 10), Fraction(1, 7)
    exact = cases.exact_descent(
        rng, lambda w, _, g: [(1 - step * decay) * a - step * b for a, b in zip(w, g, strict=True)], 3
    )
    for (w, g), (after, _) in pairwise(exact):
        law = (1 - step * decay) ** 2 * cases.exact_squares(w) + step**2 * cases.exact_squares(g)
        route = max(route, np.max(np.abs(cases.exact_squares(after) - law)))
    first, *rest = [(name, identity_margin(found, ROUNDING)) for name, found in controls.items()]
    return Evidence(
        statement="du2018.ext.weight_decay",
        margin=min(identity_margin(worst, ROUNDING), identity_margin(flow, ALLOWED * tol)),
        error=identity_error(float(route), ROUNDING),
        instances=count,
        sizes={"decays": list(decays), "steps of size": list(etas), "steps": steps, "tol": tol},
        control=first,
        controls=rest,
    )
