"""Checks of the vanilla objective of Wang et al. (2020), and of the saddle it has at zero."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.integrate import quad

from flowbounds.checks.distinct_entries import COMPLEX_STEP, written_out
from flowbounds.checks.escape_cases import NOISE
from flowbounds.checks.registry import settles
from flowbounds.dynamics import saddle_escape
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models import scaled_tensor_fit
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

ROUNDING = 1e-11  # of the largest term: sums of some hundred products of a few factors
NEAR = 1e-3  # the scale at which orders are read off slopes, where corrections are t^l
FAR = 0.05  # the same off values, whose difference from f(0) has to be seen

Complex = NDArray[np.complex128]
Target = tuple[FloatArray, FloatArray]


def written_value(U: Complex, c: Complex, U_star: FloatArray, c_star: FloatArray, order: int) -> complex:
    """The objective from all distinct entries; polynomial, hence good at complex arguments too."""
    R = written_out(np.hstack([U, U_star]), np.concatenate([c, -c_star]), order)
    return complex(0.5 * np.sum(R * R))


def slopes_written_out(
    U: FloatArray, c: FloatArray, U_star: FloatArray, c_star: FloatArray, order: int
) -> tuple[float, FloatArray, FloatArray]:
    """Value and slopes of :func:`written_value` by complex steps, exact to rounding."""
    step = 1j * COMPLEX_STEP
    along, across = np.zeros(U.shape), np.zeros(c.shape)
    for k in np.ndindex(*U.shape):
        moved = U.astype(np.complex128)
        moved[k] += step
        along[k] = written_value(moved, c.astype(np.complex128), U_star, c_star, order).imag / COMPLEX_STEP
    for i in range(c.size):
        weights = c.astype(np.complex128)
        weights[i] += step
        across[i] = written_value(U.astype(np.complex128), weights, U_star, c_star, order).imag / COMPLEX_STEP
    value = written_value(U.astype(np.complex128), c.astype(np.complex128), U_star, c_star, order).real
    return value, along, across


@settles("wang2020.vanilla", kind="identity")
def vanilla(
    *,
    orders: Sequence[int] = (2, 3, 4, 5),
    sizes: Sequence[tuple[int, int, int]] = ((2, 1, 1), (3, 4, 2), (4, 3, 3)),
    draws: int = 2,
    rng: Generator,
) -> Evidence:
    """Objective (2) and its gradients in U and in C, by inner products, against tensors written out.

    Margin: digits to spare of value and slopes, relative to the largest slope or value; truth from all
    entries by complex steps, with a second difference quotient as its own check. Controls: without the factor
    one half; slopes without the factor l; coefficients left out where they are not one.
    """
    worst, second, where, instances = 0.0, 0.0, "", 0
    wrong = {"without the factor one half": 0.0, "slopes without the factor l": 0.0, "objective (1)": 0.0}
    for order in orders:
        for d, m, r in sizes:
            for _ in range(draws):
                U, c = rng.normal(size=(d, m)), rng.normal(size=m)
                target = rng.normal(size=(d, r)), rng.normal(size=r)
                value, along, across = slopes_written_out(U, c, *target, order)
                f = scaled_tensor_fit.vanilla_loss(U, c, *target, order)
                G, g = scaled_tensor_fit.vanilla_gradient(U, c, *target, order)
                unit = max(value, float(np.max(np.abs(along))), float(np.max(np.abs(across))))
                gaps = [abs(f - value), np.max(np.abs(G - along)), np.max(np.abs(g - across))]
                residual = float(max(gaps)) / unit
                if residual > worst:
                    worst, where = residual, f"order {order}, d = {d}, m = {m}"
                # Euler: a slope along U is l times one along C
                euler = abs(float(np.sum(along * U)) - order * float(across @ c))
                second = max(second, euler / (unit * max(1.0, float(np.sum(np.abs(U))))))
                ones = scaled_tensor_fit.vanilla_loss(U, np.ones(m), *target, order)
                off = (abs(2 * f - value), float(np.max(np.abs(G / order - along))), abs(ones - value))
                for name, gap in zip(wrong, off, strict=True):
                    wrong[name] = max(wrong[name], gap / unit)
                instances += 1
    margin = identity_margin(worst, ROUNDING)
    controls = [(name, identity_margin(gap, ROUNDING)) for name, gap in wrong.items()]
    return Evidence(
        statement="wang2020.vanilla",
        margin=margin,
        error=identity_error(decade_above(max(NOISE, second)), ROUNDING),
        instances=instances,
        sizes={"order": list(orders), "d x m x r": [f"{d} x {m} x {r}" for d, m, r in sizes]},
        where="no residual near the model" if margin == 1 else where,
        control=controls[0],
        controls=controls[1:],
        note="objective (1) is missing from our text; it is taken to be (2) with all coefficients one",
    )


def _fall(model: str, t: float, U: FloatArray, c: FloatArray, target: Target, order: int) -> float:
    """Value less that at zero, of the point times t."""
    if model == "scaled":
        C = 1 / (t * np.linalg.norm(U, axis=0))
        f = scaled_tensor_fit.loss(t * U, C, C, np.sign(c), *target, order, lam=0.0)
    else:
        scale = t if model == "joint" else 1.0
        f = scaled_tensor_fit.vanilla_loss(t * U, scale * c, *target, order)
    zero = scaled_tensor_fit.vanilla_loss(0 * U, c, *target, order)
    return f - zero


def _slope(model: str, t: float, U: FloatArray, c: FloatArray, target: Target, order: int) -> float:
    """Derivative of the value along the ray, at t."""
    if model == "scaled":
        C = 1 / (t * np.linalg.norm(U, axis=0))
        G = scaled_tensor_fit.gradient(t * U, C, C, np.sign(c), *target, order, lam=0.0, through_scalars=True)
        return float(np.sum(G * U))
    scale = t if model == "joint" else 1.0
    G, g = scaled_tensor_fit.vanilla_gradient(t * U, scale * c, *target, order)
    return float(np.sum(G * U)) + (float(g @ c) if model == "joint" else 0.0)


def saddle_order(model: str, order: int, rng: Generator) -> tuple[float, float]:
    """Degree in t of the first term of f(t x) - f(0), from slopes and, as a second route, from values.

    ``model``: "fixed" moves U alone, "joint" U and C, "scaled" is the 2-homogeneous model. The target is one
    of the components, so that the first term is not small.
    """
    U, c = uniform_directions(4, 3, rng), np.array([1.0, 1.0, -1.0])
    target = (U[:, :1], np.ones(1))
    slopes = [_slope(model, t, U, c, target, order) for t in (2 * NEAR, NEAR)]
    falls = [_fall(model, t, U, c, target, order) for t in (2 * FAR, FAR)]
    return 1 + float(np.log2(slopes[0] / slopes[1])), float(np.log2(falls[0] / falls[1]))


def descent_steps(order: int, start: float, end: float, step: float, *, scaled: bool) -> int:
    """Steps of gradient descent of one aligned component from ``start`` to ``end``."""
    u, steps = start, 0
    while u < end:
        u += step * order * (u * (1 - u * u) if scaled else u ** (order - 1) * (1 - u**order))
        steps += 1
    return steps


def integrated_time(order: int, start: float, end: float) -> float:
    """The vanilla wait by quadrature of dt over ln u, to about 1e-10."""

    def rate(log_u: float) -> float:
        u = np.exp(log_u)
        return float(1 / (order * u ** (order - 2) * (1 - u**order)))

    return float(quad(rate, np.log(start), np.log(end), epsrel=1e-12, limit=200)[0])


@settles("wang2020.chal1", kind="asymptotic")
def challenge1(
    *,
    orders: Sequence[int] = (2, 3, 4, 5),
    starts: tuple[float, float] = (1e-3, 1e-4),
    end: float = 0.5,
    step: float = 0.05,
    rng: Generator,
) -> Evidence:
    """Zero is a saddle of order l of the vanilla objective, of order two of the 2-homogeneous one.

    Margin: 1 - 2 |measured - claimed| of the worst degree (U alone: l; U and C: l + 1; 2-homogeneous: 2) and
    of the exponent of the wait in 1/delta (l - 2, zero for the 2-homogeneous model); negative where another
    integer is nearer. Error: degrees from values, waits by quadrature. Controls: the 2-homogeneous model held
    against the degree l; its wait against l - 2.
    """
    gaps: dict[str, float] = {}
    second, stands, waits = 0.0, np.inf, np.inf
    for order in orders:
        claimed = {"fixed": order, "joint": order + 1, "scaled": 2}
        for model, degree in claimed.items():
            near, far = saddle_order(model, order, rng)
            gaps[f"degree, {model}, order {order}"] = abs(near - degree)
            second = max(second, abs(near - far))
            if model == "scaled" and order > 2:
                stands = min(stands, abs(near - order))
        times = [saddle_escape.vanilla_escape_time(order, start, end) for start in starts]
        decades = np.log(starts[0] / starts[1])
        if order > 2:  # at two it is a logarithm, whose exponent is read off too slowly
            gaps[f"wait, order {order}"] = abs(float(np.log(times[1] / times[0])) / decades - (order - 2))
        other = [saddle_escape.scaled_escape_time(order, start, end) for start in starts]
        growth = (other[1] - other[0]) * order / decades  # of the logarithm: one
        gaps[f"wait, scaled, order {order}"] = abs(growth - 1)
        if order > 2:
            waits = min(waits, abs(float(np.log(other[1] / other[0])) / decades - (order - 2)))
        second = max(second, abs(integrated_time(order, starts[0], end) / times[0] - 1))
    name = max(gaps, key=lambda key: gaps[key])
    delta = 0.02
    counted = {scaled: descent_steps(4, delta, end, step, scaled=scaled) for scaled in (False, True)}
    exact = saddle_escape.vanilla_escape_time(4, delta, end), saddle_escape.scaled_escape_time(4, delta, end)
    leading = saddle_escape.vanilla_escape_time(3, starts[0], end) * 3 * starts[0]
    return Evidence(
        statement="wang2020.chal1",
        margin=1 - 2 * gaps[name],
        error=2 * second,
        instances=len(gaps),
        sizes={"order": list(orders), "delta": list(starts), "end": end, "step of descent": step},
        where=name,
        control=("the 2-homogeneous model against the degree l", 1 - 2 * stands),
        controls=[("its wait against the exponent l - 2", 1 - 2 * waits)],
        constants={
            "descent over flow, vanilla, order 4": counted[False] * step / exact[0],
            "descent over flow, 2-homogeneous, order 4": counted[True] * step / exact[1],
            f"wait times l(l - 2) delta^(l - 2), order 3, delta = {starts[0]:g}": leading,
        },
        note="the degree is l with C held fixed, and l + 1 where U and C shrink together",
    )
