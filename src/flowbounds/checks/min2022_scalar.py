"""Checks of the scalar dynamics of Min et al.: conservation, gradient norm, split, local PL."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.two_numbers import split as split_squares
from flowbounds.checks.registry import settles
from flowbounds.checks.scalar_flows import Bowl, decayed_flow
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.linear_network import layer_gradients
from flowbounds.models.objectives import Objective, sensing
from flowbounds.models.separable_losses import exponential, logistic
from flowbounds.validation import require_count, require_range

EPS = 2.0**-52
ROUNDINGS = 64 * EPS  # a dozen operations, and the condition of exp and log at these arguments
DRIFT = 100.0  # in units of tol: what the integrator may add to an imbalance over a run of this project
STEP = 1e-100  # of a derivative along the imaginary axis, whose error is STEP^2

Complex = Callable[[complex], complex]


def losses(y: float) -> dict[str, tuple[Objective, Complex]]:
    """Objectives of one number, each beside its formula for complex arguments."""
    return {
        "|y - w|^2": (sensing([[[1.0]]], [y]), lambda w: (y - w) ** 2),
        "bowl around y": (
            Bowl(y, 1.0, 4.0),
            lambda w: (w - y) ** 2 / 2 + 3 * complex(np.log(np.cosh(w - y))),
        ),
        "exponential": (exponential([[1.0]], [1]), lambda w: complex(np.exp(-w))),
        "logistic": (logistic([[1.0]], [1], level=1.0), lambda w: complex(np.log(1 + np.exp(-w)))),
    }


def random_pair(rng: Generator, spread: float = 1.0) -> tuple[float, float]:
    """u and v of either sign, sizes 10^(-spread) to 10^spread."""
    size = 10.0 ** rng.uniform(-spread, spread, size=2)
    signs = rng.choice([-1.0, 1.0], size=2)
    return float(signs[0] * size[0]), float(signs[1] * size[1])


@settles("min2022.scalar.imbalance", kind="identity")
def imbalance(
    *,
    runs: int = 5,
    t_end: float = 2.0,
    decay: float = 0.1,
    step: float = 0.05,
    tol: float = 1e-11,
    rng: Generator,
) -> Evidence:
    """u^2 - v^2 is constant along the flow of f(uv), whatever f is.

    Flows of four objectives from random starts. Residual: the largest change of d, in units of the largest
    weight at the start (at least one); error model: 100 ``tol``, what the integrator adds. Error: the
    rounding of d itself. Controls: weight decay; descent with a finite step.
    """
    require_count("runs", runs, 1)
    model, residual, where, count = DRIFT * tol, 0.0, "", 0
    weak, coarse = 0.0, 0.0
    times = np.linspace(0, t_end, 21)
    for _ in range(runs):
        y = float(rng.uniform(0.5, 2.0))
        u, v = random_pair(rng, 0.5)
        scale = max(1.0, abs(u), abs(v)) ** 2
        for name, (f, _) in losses(y).items():
            run = linear_flow([[[u]], [[v]]], f, t_end, tol=tol, t_eval=times, stop=0.0)
            d = run.weights[0][0, 0] ** 2 - run.weights[1][0, 0] ** 2
            change = float(np.max(np.abs(d - (u * u - v * v)))) / scale
            count += 1
            if change >= residual:
                residual, where = change, name

            def slope(w: float, f: Objective = f) -> float:
                return f.gradient(np.array([[w]])).item()

            pair = decayed_flow(u, v, slope, decay, times, tol=tol)
            weak = max(weak, abs(pair[0, -1] ** 2 - pair[1, -1] ** 2 - (u * u - v * v)) / scale)
            g = slope(u * v)
            coarse = max(coarse, abs((step * g) ** 2 * (u * u - v * v)) / scale)
    return Evidence(
        statement="min2022.scalar.imbalance",
        margin=identity_margin(residual, model),
        error=identity_error(EPS, model),
        instances=count,
        sizes={"runs": runs, "t_end": t_end, "tol": f"{tol:g}"},
        where=where,
        control=(f"weight decay {decay:g}", identity_margin(weak, model)),
        controls=[(f"one step of descent of length {step:g}", identity_margin(coarse, model))],
        constants={"largest change of d, in units of 100 tol": (residual / model, 0.1)},
        printed=("slides", identity_margin(residual, model)),
    )


@settles("min2022.scalar.gradnorm", kind="identity")
def gradnorm(*, draws: int = 200, rng: Generator) -> Evidence:
    """||grad L||^2 = f'(uv)^2 (u^2 + v^2) for L(u, v) = f(uv).

    Left side: derivatives of L along the imaginary axis, which do not cancel. Right side: the objective's
    own slope. Residual relative; error model: ``ROUNDINGS``. Controls: the slope of a network whose second
    layer rests; a product with a bias, L = f(uv + u).
    """
    require_count("draws", draws, 1)
    residual, still, other, where, count = 0.0, np.inf, np.inf, "", 0
    for _ in range(draws):
        y = float(rng.uniform(0.5, 2.0))
        u, v = random_pair(rng, 0.7)
        for name, (f, formula) in losses(y).items():
            by_u = formula(complex(u, STEP) * v).imag / STEP
            by_v = formula(u * complex(v, STEP)).imag / STEP
            slope = f.gradient(np.array([[u * v]]))
            right = slope.item() ** 2 * (u * u + v * v)
            layers = layer_gradients([[[u]], [[v]]], slope)
            both = (by_u**2 + by_v**2, sum(layer.item() ** 2 for layer in layers))
            gap = max(abs(left / right - 1) for left in both)
            count += 1
            if gap >= residual:
                residual, where = gap, name
            still = min(still, u * u / (u * u + v * v))
            by_u = formula(complex(u, STEP) * (1 + v)).imag / STEP
            by_v = formula(u * complex(1 + v, STEP)).imag / STEP
            slope = f.gradient(np.array([[u * (1 + v)]]))
            other = min(other, abs((by_u**2 + by_v**2) / (slope.item() ** 2 * (u * u + v * v)) - 1))
    return Evidence(
        statement="min2022.scalar.gradnorm",
        margin=identity_margin(residual, ROUNDINGS),
        error=identity_error(STEP**2, ROUNDINGS),
        instances=count,
        sizes={"draws": draws, "objectives": 4},
        where=where,
        control=("v rests", identity_margin(still, ROUNDINGS)),
        controls=[("the model u v + u", identity_margin(other, ROUNDINGS))],
        printed=("slides", identity_margin(residual, ROUNDINGS)),
    )


@settles("min2022.scalar.split", kind="identity")
def split(*, draws: int = 2000, spread: float = 6.0, rng: Generator) -> Evidence:
    """u^2 = (d + S)/2, v^2 = (-d + S)/2, u^2 + v^2 = S, with S = sqrt(d^2 + 4 (uv)^2).

    Sizes 10^-``spread`` to 10^``spread``; d and uv are computed exactly and rounded once. Residual: the
    relative error of the squares by the branch that does not cancel, against exact fractions. Controls:
    d with its sign lost; S without the factor 4. The formula as it stands, in floating point, is another
    thing: it loses all digits of the smaller square, see the constants.
    """
    require_count("draws", draws, 1)
    spread = require_range("spread", spread, 0.0, 50.0)
    residual, swapped, short, naive = 0.0, np.inf, np.inf, 0.0
    for _ in range(draws):
        u, v = random_pair(rng, spread)
        squares = Fraction(u) ** 2, Fraction(v) ** 2
        d, w = float(squares[0] - squares[1]), float(Fraction(u) * Fraction(v))

        def off(pair: tuple[float, ...], squares: tuple[Fraction, Fraction] = squares) -> float:
            return max(abs(float(Fraction(x) / exact - 1)) for x, exact in zip(pair, squares, strict=True))

        found = tuple(float(square) for square in split_squares(d, w))
        total = float(Fraction(float(np.hypot(d, 2 * w))) / sum(squares) - 1)
        residual = max(residual, off(found), abs(total))
        swapped = min(swapped, off(found[::-1]))
        S, T = float(np.hypot(d, 2 * w)), float(np.hypot(d, w))
        naive = max(naive, off(((d + S) / 2, (-d + S) / 2)))
        short = min(short, off(((d + T) / 2, (-d + T) / 2)))
    return Evidence(
        statement="min2022.scalar.split",
        margin=identity_margin(residual, ROUNDINGS),
        error=identity_error(EPS, ROUNDINGS),  # exact squares, d and w are rounded once
        instances=draws,
        sizes={"draws": draws, "sizes": f"10^-{spread:g} to 10^{spread:g}"},
        where="any",
        control=("the sign of d lost", identity_margin(swapped, ROUNDINGS)),
        controls=[("S without the factor 4", identity_margin(short, ROUNDINGS))],
        constants={"largest relative error of the formula as it stands": naive},
        printed=("slides", identity_margin(residual, ROUNDINGS)),
    )


@settles("min2022.scalar.localPL", kind="inequality")
def local_pl(*, draws: int = 1000, spread: float = 1.0, rng: Generator) -> Evidence:
    """||grad L||^2 >= gamma sqrt(d^2 + 4 (uv)^2) (L - L*), with equality for the squared distance.

    Squared distance with gamma = 4 and a bowl that is no quadratic; u = v = 0 is counted as vacuous. Margin:
    the smallest ratio of both sides, less one. Error: rounding, ``ROUNDINGS``, or where it is more, the same
    ratio by derivatives along the imaginary axis. Controls: |d| + 2|uv| in place of the root; the global
    inequality, with one in place of the root.
    """
    require_count("draws", draws, 1)
    least = {"|y - w|^2": np.inf, "bowl around y": np.inf}
    error, added, whole = ROUNDINGS, np.inf, np.inf
    for _ in range(draws):
        y = float(rng.uniform(0.5, 2.0))
        u, v = random_pair(rng, spread)
        d, w = (u - v) * (u + v), u * v
        for name in least:
            f, formula = losses(y)[name]
            W = np.array([[w]])
            layers = layer_gradients([[[u]], [[v]]], f.gradient(W))
            square = sum(layer.item() ** 2 for layer in layers)
            unit = f.gamma * f.gap(W)
            ratio = square / (unit * float(np.hypot(d, 2 * w)))
            by_u = formula(complex(u, STEP) * v).imag / STEP
            by_v = formula(u * complex(v, STEP)).imag / STEP
            error = max(error, abs((by_u**2 + by_v**2) / square - 1))
            least[name] = min(least[name], ratio)
            added = min(added, square / (unit * (abs(d) + 2 * abs(w))) - 1)
            whole = min(whole, square / unit - 1)
    return Evidence(
        statement="min2022.scalar.localPL",
        margin=min(least.values()) - 1,
        error=error,
        instances=2 * draws + 1,
        vacuous=1,
        sizes={"draws": draws, "sizes": f"10^-{spread:g} to 10^{spread:g}"},
        where="|y - w|^2, every point",
        control=("|d| + 2|uv| in place of the root", added),
        controls=[("one in place of the root", whole)],
        constants={"least ratio in the bowl around y": least["bowl around y"]},
        printed=("slides", min(least.values()) - 1),
        sharp=True,
    )
