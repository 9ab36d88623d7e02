"""Checks beyond the text of Du et al.: what a heavy ball does to an imbalance, and what it conserves."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import optimizer_laws as laws
from flowbounds.checks import optimizer_cases as cases
from flowbounds.checks.optimizer_cases import ALLOWED, ROUNDING, gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.solve import solve
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.validation import FloatArray


def off_heavy_ball_law(
    case: cases.Case, beta: float, eta: float, steps: int, *, lam: float = 0.0, law_beta: float | None = None
) -> float:
    """Departure of a run of the heavy ball from its law."""
    run = descend(
        case.start,
        case.slope(),
        steps,
        step=eta,
        momentum=beta,
        weight_decay=lam,
        record=cases.flat,
    )
    path, moves, unit = cases.path_of_moves(run, case.start)
    law_beta = beta if law_beta is None else law_beta
    law = laws.heavy_ball_imbalance(path[0], moves, momentum=law_beta, shrink=eta * lam)
    return gap(path, law, unit)


def damped_factors(
    U: FloatArray, V: FloatArray, dU: FloatArray, dV: FloatArray, mu: float, t_end: float, tol: float
) -> tuple[float, float, float]:
    """Departures along W.. + mu W. = -G on 1/2 |U V^T|^2 - tr(U V^T), in units of what they are made of.

    Of Noether's matrix from exp(-mu t) of its start; of the trace of the imbalance from the solution of
    Q.. + mu Q. = 2(|U.|^2 - |V.|^2); and of the left factor's part of Noether's matrix alone (a control).
    """
    target = np.eye(U.shape[0], V.shape[0])
    shapes = [U, V, dU, dV]
    times = np.linspace(0.0, t_end, 9)

    def rhs(t: float, y: FloatArray) -> FloatArray:
        A, B, dA, dB = cases.unflat(y[:-2], shapes)
        R = A @ B.T - target
        force = 2 * float(np.sum(dA**2) - np.sum(dB**2)) - mu * y[-1]
        pushes = [dA, dB, -mu * dA - R @ B, -mu * dB - R.T @ A]
        return np.concatenate([cases.flat(pushes, []), [y[-1], force]])

    Q0 = float(np.sum(U**2) - np.sum(V**2))
    dQ0 = 2 * float(np.sum(U * dU) - np.sum(V * dV))
    run = solve(rhs, np.concatenate([cases.flat(shapes, []), [Q0, dQ0]]), t_end, tol=tol, t_eval=times)
    charge, start = laws.noether_charge(U, V, dU, dV), U.T @ dU - dU.T @ U
    unit = float(np.linalg.norm(U) * np.linalg.norm(dU) + np.linalg.norm(V) * np.linalg.norm(dV))
    off = [0.0, 0.0, 0.0]
    for t, y in zip(times, run.y.T, strict=True):
        A, B, dA, dB = cases.unflat(y[:-2], shapes)
        grown = np.exp(mu * t)
        part = A.T @ dA - dA.T @ A
        found = (
            float(np.max(np.abs(grown * laws.noether_charge(A, B, dA, dB) - charge))) / unit,
            abs(float(np.sum(A**2) - np.sum(B**2)) - y[-2]) / float(np.sum(U**2) + np.sum(V**2)),
            float(np.max(np.abs(grown * part - start))) / unit,
        )
        off = [max(pair) for pair in zip(off, found, strict=True)]
    return off[0], off[1], off[2]


def drift_ratio(case: cases.Case, beta: float, eta: float, t_end: float) -> float:
    """Drift of the heavy ball over that of descent, both with the effective step ``eta``: least squares."""
    steps = round(t_end / eta)
    plain, heavy = (
        descend(
            case.start, case.slope(), steps, step=eta * (1 - b), momentum=b, record=cases.watch, every=steps
        )
        for b in (0.0, beta)
    )
    first, second = (cases.watched(run)[0][-1] - cases.watched(run)[0][0] for run in (plain, heavy))
    return float(first @ second / (first @ first))


@settles("du2018.ext.momentum", kind="identity")
def momentum(
    *,
    betas: Sequence[float] = (0.5, 0.9, 0.99),
    etas: Sequence[float] = (0.02, 0.05),
    steps: int = 200,
    mus: Sequence[float] = (0.3, 2.0),
    t_end: float = 3.0,
    tol: float = 1e-10,
    effective: float = 1e-3,
    rng: Generator,
) -> Evidence:
    """A heavy ball drives the imbalance by squared moves, and keeps another matrix instead of it.

    Residual: every neuron's path against the law fed with the squared moves, with and without weight decay;
    on flows of two factors, Noether's matrix times exp(mu t) and the trace of the imbalance against its
    second-order equation, under ``ALLOWED`` local errors. Second route: four steps of a ReLU network in
    fractions. Controls, the smallest departure of all runs: the law without memory; the imbalance taken for
    conserved; tanh; the left factor's part of Noether's matrix. Constants: the drift over that of descent
    at the effective step ``effective``, over (1 + beta)/(1 - beta), on a linear network.
    """
    worst, flow, count = 0.0, 0.0, 0
    names = ("the law without memory", "taken for conserved", "tanh", "one factor's part alone")
    controls = dict.fromkeys(names, np.inf)
    for beta in betas:
        for eta in (one * (1 - beta) for one in etas):
            for activations in cases.HOMOGENEOUS:
                case, bent = cases.network(rng, activations), cases.network(rng, ("tanh", "tanh"))
                lam = float(rng.choice([0.0, 0.1]))
                worst = max(worst, off_heavy_ball_law(case, beta, eta, steps, lam=lam))
                count += 1
                run = descend(case.start, case.slope(), steps, step=eta, momentum=beta, record=cases.watch)
                path, _, unit = cases.watched(run)
                found = {
                    "the law without memory": off_heavy_ball_law(case, beta, eta, steps, law_beta=0.0),
                    "taken for conserved": gap(path, path[0], unit),
                    "tanh": off_heavy_ball_law(bent, beta, eta, steps),
                }
                controls |= {name: min(controls[name], value) for name, value in found.items()}
    for mu in mus:
        U, V, dU, dV = (rng.normal(size=(rows, 2)) for rows in (3, 4, 3, 4))
        charge, trace, part = damped_factors(U, V, dU, dV, mu, t_end, tol)
        flow, count = max(flow, charge, trace), count + 1
        controls["one factor's part alone"] = min(controls["one factor's part alone"], part)
    step, keep = Fraction(1, 10), Fraction(1, 2)
    exact = cases.exact_descent(
        rng,
        lambda w, old, g: [a + keep * (a - b) - step * c for a, b, c in zip(w, old, g, strict=True)],
        4,
    )
    route, chain = Fraction(0), [layers for layers, _ in exact]
    d = [cases.exact_squares(layers) for layers in chain]
    k = [0 * d[0]] + [
        cases.exact_squares([after - before for before, after in zip(*pair, strict=True)])
        for pair in pairwise(chain)
    ]
    for t in range(1, len(d) - 1):
        off = (d[t + 1] - d[t]) - (keep * (d[t] - d[t - 1]) + k[t + 1] + keep * k[t])
        route = max(route, np.max(np.abs(off)))
    smooth = cases.network(rng, ("linear", "linear"))
    first, *rest = [(name, identity_margin(found, ROUNDING)) for name, found in controls.items()]
    return Evidence(
        statement="du2018.ext.momentum",
        margin=min(identity_margin(worst, ROUNDING), identity_margin(flow, ALLOWED * tol)),
        error=identity_error(float(route), ROUNDING),
        instances=count,
        sizes={"beta": list(betas), "effective steps": list(etas), "steps": steps, "mu": list(mus)},
        control=first,
        controls=rest,
        constants={
            f"drift over that of descent and the factor, beta = {beta}": drift_ratio(
                smooth, beta, effective, t_end
            )
            / laws.momentum_factor(beta)
            for beta in betas
        },
    )
