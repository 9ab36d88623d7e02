"""Checks of the gradients in the introduction of Du et al., without and with the balancing term."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.checks.factorization_cases import SHAPES, drawn, orthonormal, stencil
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian
from flowbounds.validation import FloatArray

ROUNDING = 1e-13  # of the largest value in a stencil: a few hundred roundings, with room for ten


def gradient_residual(
    U: FloatArray, V: FloatArray, M: FloatArray, weight: float, slopes: Sequence[FloatArray]
) -> tuple[float, float]:
    """How far ``slopes`` are from the stencil's derivatives, and two stencils from each other.

    Both in units of the largest value met. The objective is a quartic, for which the stencil is exact.
    """
    n, k = U.shape

    def value(z: FloatArray) -> float:
        return model.loss(z[: n * k].reshape(n, k), z[n * k :].reshape(-1, k), M, weight=weight)

    point = np.concatenate([U.ravel(), V.ravel()])
    h = float(np.max(np.abs(point)))
    truth, unit = stencil(value, point, h)
    other, _ = stencil(value, point, h / 2)
    claimed = np.concatenate([part.ravel() for part in slopes])
    return float(np.max(np.abs(claimed - truth))) * h / unit, float(np.max(np.abs(other - truth))) * h / unit


def sharpness(e: float, rng: Generator) -> float:
    """Largest curvature at the optimum U = e u, V = v / e of M = u v^T, u and v of length one."""
    u, v = orthonormal(3, 1, rng), orthonormal(2, 1, rng)
    return float(np.linalg.eigvalsh(hessian.hessian_matrix(e * u, v / e, u @ v.T))[-1])


@settles("du2018.eq2", kind="identity")
def eq2(
    *, draws: int = 10, scales: Sequence[float] = (1.0, 0.3, 0.1, 0.03, 0.01), rng: Generator
) -> Evidence:
    """Gradient (R V, R^T U); and curvature e^2 + e^-2 at the optimum U = e u, V = v / e, without bound.

    Margin: digits to spare of the gradient against a five-point stencil (exact for a quartic) and of the
    largest eigenvalue of the Hessian, worst over both. Error: two stencils against each other. Controls: R
    in place of its transpose; the balanced curvature, 2, at every e.
    """
    worst = second = wrong = 0.0
    for shape in SHAPES:
        for _ in range(draws):
            U, V, M = drawn(shape, rng)
            slopes = model.gradient(U, V, M)
            found, other = gradient_residual(U, V, M, 0.0, slopes)
            worst, second = max(worst, found), max(second, other)
            if shape[0] == shape[1] > 1:
                R = U @ V.T - M
                wrong = max(wrong, gradient_residual(U, V, M, 0.0, (R @ V, R @ U))[0])
    sharp = {e: sharpness(e, rng) for e in scales}
    off = max(abs(found / (e**2 + e**-2) - 1) for e, found in sharp.items())
    return Evidence(
        statement="du2018.eq2",
        margin=identity_margin(max(worst, off), ROUNDING),
        error=identity_error(decade_above(second), ROUNDING),
        instances=draws * len(SHAPES) + len(scales),
        sizes={"(n, m, k)": [str(shape) for shape in SHAPES], "draws of each": draws, "e": list(scales)},
        where="no residual near the model",
        control=("R in place of its transpose", identity_margin(wrong, ROUNDING)),
        controls=[("curvature 2 at every e", identity_margin(max(sharp.values()) / 2 - 1, ROUNDING))],
        constants={f"largest curvature at e = {e:g}": (found, 1e-9 * found) for e, found in sharp.items()},
    )


def imbalance_velocity(
    U: FloatArray, V: FloatArray, M: FloatArray, weight: float
) -> tuple[FloatArray, FloatArray, float]:
    """dD/dt under the flow by central differences (exact: D is quadratic), by the product rule; its unit."""
    G, H = model.gradient(U, V, M, weight=weight)
    speeds = [float(np.linalg.norm(g) / np.linalg.norm(x)) for g, x in ((G, U), (H, V))]
    h = 1 / max(*speeds, 1e-300)
    moved = [model.imbalance(U - c * h * G, V - c * h * H) for c in (1, -1)]
    rule = -(G.T @ U + U.T @ G) + H.T @ V + V.T @ H
    unit = float((np.linalg.norm(U) ** 2 + np.linalg.norm(V) ** 2) / h)
    return (moved[0] - moved[1]) / (2 * h), rule, unit


@settles("du2018.eq3", kind="identity")
def eq3(*, draws: int = 10, rng: Generator) -> Evidence:
    """With the term |D|_F^2 / 8: gradient (R V + U D / 2, R^T U - V D / 2), and dD/dt = -(D S + S D) / 2.

    S = U^T U + V^T V. Margin: digits to spare of the gradient against a stencil and of dD/dt against
    differences along the flow, worst over both. Error: two stencils, and the product rule. Controls: the
    gradient without the term; dD/dt without the half; dD/dt of the objective without the term.
    """
    worst = second = 0.0
    wrong = dict.fromkeys(("gradient", "half", "flow"), 0.0)
    for shape in SHAPES:
        for _ in range(draws):
            U, V, M = drawn(shape, rng)
            found, other = gradient_residual(U, V, M, 1.0, model.gradient(U, V, M, weight=1.0))
            D, S = model.imbalance(U, V), U.T @ U + V.T @ V
            law = -0.5 * (D @ S + S @ D)
            truth, rule, unit = imbalance_velocity(U, V, M, 1.0)
            plain = imbalance_velocity(U, V, M, 0.0)
            worst = max(worst, found, float(np.linalg.norm(truth - law)) / unit)
            second = max(second, other, float(np.linalg.norm(truth - rule)) / unit)
            without = gradient_residual(U, V, M, 1.0, model.gradient(U, V, M))[0]
            wrong["gradient"] = max(wrong["gradient"], without)
            wrong["half"] = max(wrong["half"], float(np.linalg.norm(truth - 2 * law)) / unit)
            wrong["flow"] = max(wrong["flow"], float(np.linalg.norm(plain[0] - law)) / plain[2])
    return Evidence(
        statement="du2018.eq3",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(decade_above(second), ROUNDING),
        instances=draws * len(SHAPES),
        sizes={"(n, m, k)": [str(shape) for shape in SHAPES], "draws of each": draws},
        where="no residual near the model",
        control=("the flow without the term", identity_margin(wrong["flow"], ROUNDING)),
        controls=[
            ("the gradient without the term", identity_margin(wrong["gradient"], ROUNDING)),
            ("dD/dt without the factor one half", identity_margin(wrong["half"], ROUNDING)),
        ],
        note="gradient and dD/dt are not in the text",
    )
