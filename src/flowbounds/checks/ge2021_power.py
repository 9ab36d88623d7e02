"""Checks of Sections 1 and 3 of Ge et al. (2021): one component under a frozen residual."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from flowbounds.checks.registry import settles
from flowbounds.dynamics import tensor_power
from flowbounds.dynamics.tensor_flow import tensor_flow
from flowbounds.evidence import DIGITS_CAP, Evidence, identity_error, identity_margin
from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

EPS = float(np.finfo(float).eps)
EXACT_STEP = Fraction(1, 10**40)  # central differences in exact arithmetic: truncation near 1e-80


def _dot(x: list[Fraction], y: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(x, y, strict=True)), Fraction(0))


def _own_loss(w: list[Fraction], others: list[tuple[Fraction, list[Fraction]]]) -> Fraction:
    """Terms of the objective that contain w, exactly: 1/2 |w|^4 + sum_k c_k <x_k, w>^4 / |w|^2."""
    mass = _dot(w, w)
    cross = sum((c * _dot(x, w) ** 4 for c, x in others), Fraction(0))
    return mass * mass / 2 + cross / mass


def _exact_velocity(W: FloatArray, a: FloatArray, basis: FloatArray) -> FloatArray:
    """-dL/dw of the first column, by central differences in rational arithmetic; the second route."""
    w, *rest = [[Fraction(x) for x in column] for column in W.T]
    others = [(-Fraction(x), [Fraction(y) for y in v]) for x, v in zip(a, basis.T, strict=True)]
    others += [(1 / _dot(x, x), x) for x in rest]
    velocity = []
    for k in range(len(w)):
        ahead, behind = w.copy(), w.copy()
        ahead[k] += EXACT_STEP
        behind[k] -= EXACT_STEP
        slope = (_own_loss(ahead, others) - _own_loss(behind, others)) / (2 * EXACT_STEP)
        velocity.append(-float(slope))
    return np.array(velocity)


@settles("ge2021.eq1", kind="identity")
def eq1(
    *,
    sizes: Sequence[tuple[int, int, int]] = ((2, 1, 1), (4, 3, 2), (6, 5, 4)),
    trials: int = 20,
    rng: Generator,
) -> Evidence:
    """Gradient flow moves one component by equation (1), whatever the other components do.

    States (d, m, r) with norms from 1 down to e^-12, arbitrary unit target directions. Truth: the
    objective differenced in exact rational arithmetic. Rounding model: 32 (d + m + r) eps relative
    to the sum of the terms' sizes. Control: the term that comes from the factor 1/|w|^2 left out.
    """
    worst, margin, control = "", np.inf, -np.inf
    for d, m, r in sizes:
        model = 32 * (d + m + r) * EPS
        for trial in range(trials):
            W = uniform_directions(d, m, rng) * np.exp(rng.uniform(-12, 0, size=m))
            a, basis = rng.uniform(0.1, 1.0, size=r), uniform_directions(d, r, rng)
            exact = _exact_velocity(W, a, basis)
            norm = float(np.linalg.norm(W[:, 0]))
            scale = 6 * norm * float(a.sum() + np.sum(W * W))
            velocity = -tensor_fit.gradient(W, a, basis)[:, 0]
            digits = identity_margin(float(np.max(np.abs(velocity - exact))) / scale, model)
            if digits < margin:
                margin, worst = digits, f"d = {d}, m = {m}, r = {r}, trial {trial}"
            rho, u = tensor_fit.to_polar(W)
            unprojected = 4 * norm * tensor_fit.residual_contraction(rho, u, a, basis)[:, 0]
            missing = float(np.max(np.abs(unprojected - exact))) / scale
            control = max(control, identity_margin(missing, model))
    return Evidence(
        statement="ge2021.eq1",
        margin=margin,
        error=identity_error(EPS, 32 * EPS),  # the exact slope is rounded once
        instances=len(sizes) * trials,
        sizes={"(d, m, r)": [str(size) for size in sizes]},
        where=worst if margin < DIGITS_CAP else "",
        control=("without the term from the factor 1/|w|^2", control),
        printed=("paper text, two readings", margin),  # the formula is used as printed
    )


@settles("ge2021.eq1.growth", kind="identity")
def eq1_growth(
    *, dimensions: Sequence[int] = (2, 3, 5, 10), trials: int = 50, mass: float = 1e-24, rng: Generator
) -> Evidence:
    """Squared coordinates of a small component grow at 8 a_i p_i - 4 sum a_j p_j^2.

    Truth: the gradient of the full objective (itself held against exact arithmetic by ge2021.eq1) at a
    component of squared norm ``mass``, so that R differs from T* by that much. Rounding model: 128 d
    eps of the largest rate. Control: the same at squared norm 1. Measured constant: the deviation per unit
    of mass, which for one component is exactly 4.
    """

    def deviation(u: FloatArray, a: FloatArray, mass: float) -> float:
        w = np.sqrt(mass) * u
        rate = -2 * tensor_fit.gradient(w[:, None], a)[:, 0] / w
        return float(np.max(np.abs((rate - tensor_power.growth_rate(u, a)) * w * w / mass)) / (8 * a.max()))

    margin, control, slope, worst = np.inf, -np.inf, 0.0, ""
    for d in dimensions:
        model = 128 * d * EPS + mass
        for trial in range(trials):
            u, a = uniform_directions(d, 1, rng)[:, 0], rng.uniform(0.05, 1.0, size=d)
            digits = identity_margin(deviation(u, a, mass), model)
            if digits < margin:
                margin, worst = digits, f"d = {d}, trial {trial}"
            control = max(control, identity_margin(deviation(u, a, 1.0), model))
            share = float(np.max(u * u))  # the deviation is weighted by p_i above
            slope = max(slope, deviation(u, a, 1e-3) * 8 * a.max() / (1e-3 * share))
    return Evidence(
        statement="ge2021.eq1.growth",
        margin=margin,
        error=identity_error(EPS, 128 * min(dimensions) * EPS),
        instances=len(dimensions) * trials,
        sizes={"d": list(dimensions), "squared norm": mass},
        where=worst if margin < DIGITS_CAP else "",
        control=("squared norm 1: the residual is no longer the target", control),
        printed=("paper text, two readings", margin),  # with equality, at R = T*
        constants={"deviation per unit of mass": slope},
    )


@settles("ge2021.tpd_exact", kind="identity")
def tpd_exact(
    *,
    dimensions: Sequence[int] = (2, 5, 10),
    log_norms: Sequence[float] = (-200.0, -500.0, -10000.0),
    times: Sequence[float] = (1.0, 10.0, 40.0),
    lams: Sequence[float] = (0.0, 0.05),
    tol: float = 1e-12,
    rng: Generator,
) -> Evidence:
    """The closed form of equation (1) at frozen residual equals the integrated flow.

    Compared: squared coordinates and the logarithm of the norm's growth, at every time and norm. The
    model is 1000 ``tol`` (the integrator's error over the run); the truth's own error comes from a run
    at 10 ``tol``. Control: a component of norm e^-1, whose own mass moves the residual.
    """

    def mismatch(d: int, log_norm: float, lam: float, tol: float) -> tuple[float, FloatArray]:
        run = tensor_flow(u, [log_norm], a, max(times), lam=lam, tol=tol, t_eval=sorted(times))
        state = np.vstack([run.directions[:, 0] ** 2, run.log_norms - log_norm])
        closed = []
        for t in sorted(times):
            p, growth = tensor_power.solve(u[:, 0] ** 2, a, t, lam=lam)
            closed.append(np.append(p, growth))
        return float(np.max(np.abs(state - np.array(closed).T))), state

    model = 1000 * tol
    margin, truth_error, control, worst, count = np.inf, 0.0, -np.inf, "", 0
    for d in dimensions:
        for lam in lams:
            u, a = uniform_directions(d, 1, rng), rng.uniform(0.1, 1.0, size=max(1, d // 2 + 1))
            a /= a.sum()
            for log_norm in log_norms:
                residual, state = mismatch(d, log_norm, lam, tol)
                loose = mismatch(d, log_norm, lam, 10 * tol)[1]
                truth_error = max(truth_error, float(np.max(np.abs(state - loose))))
                count += len(times)
                digits = identity_margin(residual, model)
                if digits < margin:
                    margin, worst = digits, f"d = {d}, lam = {lam:g}, log norm {log_norm:g}"
            control = max(control, identity_margin(mismatch(d, -1.0, lam, tol)[0], model))
    return Evidence(
        statement="ge2021.tpd_exact",
        margin=margin,
        error=identity_error(truth_error, model),
        instances=count,
        sizes={"d": list(dimensions), "log norm": list(log_norms), "lam": list(lams)},
        where=worst if margin < DIGITS_CAP else "",
        control=("norm e^-1: the residual is not frozen", control),
    )
