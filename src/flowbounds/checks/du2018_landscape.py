"""Checks of Du et al. on coercivity and on the landscape with the balancing term."""

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import coercivity
from flowbounds.checks.factorization_cases import SHAPES, drawn, orthonormal, target
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import descend
from flowbounds.evidence import Evidence
from flowbounds.evidence_table import decade_above
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian
from flowbounds.validation import FloatArray


@settles("du2018.coercive", kind="inequality")
def coercive(*, draws: int = 100, scaling: float = 30.0, rng: Generator) -> Evidence:
    """|U|_F^4 + |V|_F^4 <= k (|D|_F^2 + 2 (|M|_F + sqrt(2 f))^2): small loss and imbalance bound the factors.

    Margin: relative slack, at random factors and at those that attain it. Error: the bound from the norm of
    the product in place of the loss, where they are equal. Control: factors scaled by c and 1 / c at zero
    loss, the imbalance held at its value before.
    """
    slack, exact = [], []
    for shape in SHAPES:
        n, m, k = shape
        for draw in range(draws):
            U, V, M = drawn(shape, rng)
            if draw % 4 == 0 and k <= min(n, m):
                a, b = 10.0 ** rng.uniform(-1, 1, size=2)
                U, V = a * orthonormal(n, k, rng), b * orthonormal(m, k, rng)
                M = rng.uniform(0, 1) * U @ V.T
                product = float(np.linalg.norm(U @ V.T))
                size = np.linalg.norm(U) ** 4 + np.linalg.norm(V) ** 4
                e = float(np.linalg.norm(model.imbalance(U, V)))
                exact.append(abs(float(size / (k * (e**2 + 2 * product**2))) - 1))
            slack.append(1 - bound_share(U, V, M))
    u, v = orthonormal(3, 1, rng), orthonormal(2, 1, rng)
    held = coercivity.norm_bound(0.0, 0.0, 1.0, 1)
    stretched = float(np.linalg.norm(scaling * u) ** 4 + np.linalg.norm(v / scaling) ** 4)
    generic = [s for s in slack if s > 1e-9]
    return Evidence(
        statement="du2018.coercive",
        margin=min(slack),
        error=max(decade_above(max(exact)), 1e-13),
        instances=len(slack),
        sizes={"(n, m, k)": [str(shape) for shape in SHAPES], "draws of each": draws},
        where="attained: columns orthogonal and of equal length, M a multiple of U V^T",
        control=(f"scaled by {scaling:g} and its inverse, imbalance forgotten", 1 - stretched / held),
        constants={
            "instances that attain it": len(exact),
            "median share of the bound, random factors": 1 - float(np.median(generic)),
        },
        sharp=True,
        note="the explicit bound is beyond the text",
    )


def bound_share(U: FloatArray, V: FloatArray, M: FloatArray) -> float:
    """Sum of the fourth powers of the factors' norms over its bound."""
    e = float(np.linalg.norm(model.imbalance(U, V)))
    bound = coercivity.norm_bound(model.loss(U, V, M), e, float(np.linalg.norm(M)), U.shape[1])
    return float(np.linalg.norm(U) ** 4 + np.linalg.norm(V) ** 4) / bound


@settles("du2018.eq3.landscape", kind="empirical")
def landscape(
    *,
    starts: int = 20,
    steps: int = 3000,
    points: int = 100,
    far: float = 30.0,
    rng: Generator,
) -> Evidence:
    """The regularised objective: minima global, saddles strict, and smooth where it is bounded.

    Margin, the worst of three. Descents from random starts, step 1 / K of their level: end value over
    s_r^2 / 2, the least of any critical point that is not global. Constructed critical points: distance of
    lambda_min from -|R|_2, which is its value there, to zero. Hessians at random points: slack below K of
    the level. Printed: smoothness everywhere, with the largest K of the starts, at U = V = ``far`` I.
    """
    ends, slack, curvatures, error, levels = [], [], [], 0.0, []
    for draw in range(max(starts, points)):
        n, m = (int(x) for x in rng.integers(2, 6, size=2))
        k = int(rng.integers(1, min(n, m) + 1))
        P, sigma, Q = target(n, m, k, rng)
        M = (P * sigma) @ Q.T
        size, tilt = 10.0 ** rng.uniform(-2, 0), 10.0 ** rng.uniform(-0.3, 0.3)
        U, V = size * tilt * rng.normal(size=(n, k)), size / tilt * rng.normal(size=(m, k))
        norm = float(np.linalg.norm(M))
        if draw < starts:
            level = coercivity.smoothness_on_sublevel(model.loss(U, V, M, weight=1.0), norm)
            levels.append(level)
            run = descend([U, V], model.value_and_gradient(M, 1.0), steps, step=1 / level)
            ends.append(float(run.losses[-1] / (sigma.min() ** 2 / 2)))
        U, V = 30 * U, 30 * V  # sublevel sets up to high levels
        level = coercivity.smoothness_on_sublevel(model.loss(U, V, M, weight=1.0), norm)
        spectrum = np.linalg.eigvalsh(hessian.hessian_matrix(U, V, M, weight=1.0))
        slack.append(1 - float(np.max(np.abs(spectrum))) / level)
        kept = rng.permutation(k)[: int(rng.integers(0, k))]
        root = np.zeros((k, k))
        root[kept, kept] = np.sqrt(sigma[kept])
        Z = orthonormal(k, k, rng)
        U, V = P @ root @ Z, Q @ root @ Z
        found = hessian.smallest_curvature(U, V, M, weight=1.0)[0]
        missed = float(np.linalg.norm(U @ V.T - M, 2))
        curvatures.append(-found / missed)
        error = max(error, abs(1 + found / missed))
    big = far * np.eye(2)
    curved = float(np.linalg.norm(hessian.hessian_matrix(big, big, np.zeros((2, 2)), weight=1.0), 2))
    return Evidence(
        statement="du2018.eq3.landscape",
        margin=min(1 - max(ends), min(curvatures), min(slack)),
        error=max(decade_above(error), 1e-12),
        instances=len(ends) + len(curvatures) + len(slack),
        sizes={"descents": starts, "steps": steps, "critical points and Hessians": len(slack)},
        where=("descents", "critical points", "sublevel sets")[
            int(np.argmin([1 - max(ends), min(curvatures), min(slack)]))
        ],
        printed=("paper text, one reading: smooth everywhere", 1 - curved / max(levels)),
        constants={
            "descents that reach a global minimum": float(np.mean(np.array(ends) < 1)),
            "smallest -lambda_min / |R|_2 at critical points": (min(curvatures), 1e-9),
            "largest share of the smoothness bound": 1 - min(slack),
            "curvature at U = V = t I over t^2": (curved / far**2, 1e-9),
        },
        note="attributed in the text to Ge et al. (2017); smooth on sublevel sets only",
    )
