"""Checks of Theorem 2 in Wang et al. (2020): the bad minimum, its region, the 2-homogeneous model."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds import bad_minimum, escape
from flowbounds.bounds.tangent_space import entries
from flowbounds.checks.distinct_entries import written_out
from flowbounds.checks.escape_cases import (
    MISSING,
    NOISE,
    ORDERS,
    ROUNDING,
    Trials,
    points,
    scaled_trials,
    vanilla_trials,
)
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models import scaled_tensor_fit
from flowbounds.validation import FloatArray

BALL = (1e-6, 1e-4, 1e-2)  # displacements that leave every component and coefficient positive along e_1


def residual_written_out(order: int, r: int, d: int) -> FloatArray:
    """D from its definition: its entries are one wherever l - 2 indices are e_1 and two are e_j."""
    indices, roots = entries(order, d)
    pairs = indices[:, -1]  # sorted: the last two are the pair
    ones = (pairs >= 1) & (pairs <= r) & (indices[:, -2] == pairs) & np.all(indices[:, :-2] == 0, axis=1)
    return np.asarray(roots * ones)


def _digits(fall: float) -> float:
    """Digits that a fall below the value at the point, if any, stays below rounding."""
    return identity_margin(max(0.0, fall), ROUNDING)


def _error(*trials: Trials) -> float:
    return identity_error(decade_above(max(NOISE, *(one.disagreement for one in trials))), ROUNDING)


@settles("wang2020.thm2", kind="inequality")
def theorem2(
    *, orders: Sequence[int] = ORDERS, missing: Sequence[int] = MISSING, draws: int = 20, rng: Generator
) -> Evidence:
    """A target that is a sum of few powers, and a local minimum of value l(l-1)r/4 far from it.

    Margin: digits to spare, in units of the value, of the largest of: gradient, error of the value, error of
    the target's entries, fall of the objective in a ball. Second route for the trials: the proof's terms.
    Control: the residual of the other sign, as stationary and no minimum. Tried: the same point at order two,
    where it is a minimum too once coefficients are allowed.
    """
    worst, where, powers = 0.0, "", 0.0
    for order, r, d, m in points(orders, missing):
        at = bad_minimum.bad_minimum(order, r, d, m)
        ones = np.ones(m)
        f = scaled_tensor_fit.vanilla_loss(at.U, ones, at.U_star, at.c_star, order)
        slopes = scaled_tensor_fit.vanilla_gradient(at.U, ones, at.U_star, at.c_star, order)
        off = {
            "value": abs(f - bad_minimum.bad_minimum_value(order, r)),
            "gradient": max(float(np.max(np.abs(part))) for part in slopes),
        }
        target = written_out(at.U_star, at.c_star, order)
        target[0] -= 1.0  # e_1^l
        off["target"] = float(np.max(np.abs(target + residual_written_out(order, r, d))))
        powers = max(powers, at.c_star.size / (r * (order + 1) + 1))
        for name, residual in off.items():
            if residual / at.value > worst:
                worst, where = residual / at.value, f"{name}, order {order}, r = {r}"
    settings = list(points(orders, missing))
    near = vanilla_trials(settings, draws, rng, sizes=BALL, signs_kept=False)
    flipped = vanilla_trials(settings, 2, rng, sizes=BALL[-1:], residual_scale=-1.0, signs_kept=False)
    second = vanilla_trials(list(points((2,), missing)), draws, rng, sizes=BALL, signs_kept=False)
    worst = max(worst, near.descent)
    margin = identity_margin(worst, ROUNDING)
    return Evidence(
        statement="wang2020.thm2",
        margin=margin,
        error=_error(near),
        instances=len(settings) + near.rise.size,
        sizes={"order": list(orders), "r": list(missing), "displacements": list(BALL), "draws": draws},
        where="no residual near the model" if margin == 1 else where,
        control=("the residual of the other sign", _digits(flipped.descent)),
        tried=[("the same point at order two, with coefficients", _digits(second.descent))],
        constants={"most powers in the target, in units of r(l + 1) + 1": powers},
        note="the target's norm is not one here: a multiple of the whole has the same minimum",
    )


@settles("wang2020.thm2.region", kind="inequality")
def region(
    *,
    orders: Sequence[int] = ORDERS,
    missing: Sequence[int] = MISSING,
    draws: int = 60,
    seen: Trials | None = None,
    rng: Generator,
) -> Evidence:
    """f >= f* wherever c_i u_i1^(l-2) >= 0 for all i, however far from the point.

    ``seen`` are such trials where they are at hand. Equality holds along flat directions; margin is the
    digits to spare of the largest fall in units of f*. Second route: the proof's terms. Controls: a component
    beyond the region, along the escape direction and along random ones; the residual of the other sign.
    """
    settings = list(points(orders, missing))
    seen = seen or vanilla_trials(settings, draws, rng)
    flipped = vanilla_trials(settings, 2, rng, sizes=(0.1, 1.0), residual_scale=-1.0)
    outside = max(added_power(order, r, *outward(order, r + 1, rng), length=0.3) for order, r, *_ in settings)
    beyond = max(added_power(order, r, *escape.escape_direction(order, r + 1)) for order, r, *_ in settings)
    worst = int(np.argmin(seen.rise))
    return Evidence(
        statement="wang2020.thm2.region",
        margin=_digits(seen.descent),
        error=_error(seen),
        instances=seen.rise.size,
        sizes={"order": list(orders), "r": list(missing), "displacements": [1e-6, 10.0], "draws": draws},
        where="no fall beyond rounding" if seen.descent <= ROUNDING else seen.where[worst],
        control=("a component along the escape direction", _digits(beyond)),
        controls=[
            ("a small random component of the other sign", _digits(outside)),
            ("the residual of the other sign", _digits(flipped.descent)),
        ],
        note="margins here are digits under the rounding model",
    )


def outward(order: int, d: int, rng: Generator) -> tuple[FloatArray, float]:
    """A random unit vector, and the sign that takes its power out of the region."""
    v = rng.normal(size=d)
    v /= np.linalg.norm(v)
    return v, -(float(np.sign(v[0])) ** (order - 2))


def added_power(order: int, r: int, v: FloatArray, c: float, *, length: float | None = None) -> float:
    """Fall of f, in units of f*, when one of four components is made zero and then c and t v.

    ``length`` is t; by default that of the largest fall along the escape direction.
    """
    at = bad_minimum.bad_minimum(order, r, v.size, 4)
    t = escape.escape_gain(order) ** (1 / order) if length is None else length
    U = at.U * (4 / 3) ** (1 / order)
    U[:, -1] = t * v
    f = scaled_tensor_fit.vanilla_loss(U, [1.0, 1.0, 1.0, c], at.U_star, at.c_star, order)
    return 1 - f / at.value


def reinitialized(order: int, r: int, kappa: float, lam: float, *, length: float = 0.1) -> float:
    """Fall of the regularised f, in units of f*, when one of four components becomes a short one outside.

    The others take over its share of the tensor. A fall that is linear in the squared length: the
    2-homogeneous model has no high-order saddle there.
    """
    d = r + 1
    at = bad_minimum.scaled_bad_minimum(order, r, d, 4, kappa=kappa, lam=lam)
    v, sign = escape.escape_direction(order, d)
    U = at.U * np.sqrt(4 / 3)
    U[:, -1] = length * v
    C = 1 / np.linalg.norm(U, axis=0)
    signs = np.array([1.0, 1.0, 1.0, sign])
    return 1 - scaled_tensor_fit.loss(U, C, C, signs, at.U_star, at.c_star, order, lam=lam) / at.value


@settles("wang2020.thm2.hom", kind="inequality")
def homogeneous(
    *,
    orders: Sequence[int] = ORDERS,
    missing: Sequence[int] = MISSING,
    draws: int = 6,
    kappa: float = 0.5,
    lams: Sequence[float] = (0.0, 0.01, 0.3),
    rng: Generator,
) -> Evidence:
    """The 2-homogeneous model with its regulariser has such a minimum too, for a target of norm one.

    Margin: digits to spare of gradient, error of the value, error of the target's norm and the largest fall
    over the region a_i u_i1^(l-2) >= 0, in units of f*. Second route: the proof's terms. Controls: a
    component re-initialised along the escape direction; the residual of the other sign.
    """
    settings = list(points(orders, missing))
    worst, where, seen = 0.0, "", []
    for lam in lams:
        for order, r, d, m in settings:
            at = bad_minimum.scaled_bad_minimum(order, r, d, m, kappa=kappa, lam=lam)
            C, ones = 1 / np.linalg.norm(at.U, axis=0), np.ones(m)
            f = scaled_tensor_fit.loss(at.U, C, C, ones, at.U_star, at.c_star, order, lam=lam)
            G = scaled_tensor_fit.gradient(at.U, C, C, ones, at.U_star, at.c_star, order, lam=lam)
            norm2 = 2 * scaled_tensor_fit.vanilla_loss(np.zeros((d, 1)), [0.0], at.U_star, at.c_star, order)
            off = {"value": abs(f - at.value), "gradient": float(np.max(np.abs(G))), "norm": abs(norm2 - 1)}
            for name, residual in off.items():
                if residual / at.value > worst:
                    worst, where = residual / at.value, f"{name}, order {order}, r = {r}, lambda = {lam}"
        seen.append(scaled_trials(settings, draws, rng, kappa=kappa, lam=lam))
    flipped = scaled_trials(settings, 4, rng, kappa=kappa, lam=lams[0], sizes=(0.1, 0.5), flip=True)
    beyond = max(reinitialized(order, r, kappa, lams[0]) for order, r, *_ in settings)
    worst = max(worst, *(one.descent for one in seen))
    margin = identity_margin(worst, ROUNDING)
    return Evidence(
        statement="wang2020.thm2.hom",
        margin=margin,
        error=_error(*seen),
        instances=sum(one.rise.size for one in seen),
        sizes={"order": list(orders), "r": list(missing), "lambda": list(lams), "kappa": kappa},
        where="no residual near the model" if margin == 1 else where,
        control=("a component re-initialised along the escape direction", _digits(beyond)),
        controls=[("the residual of the other sign", _digits(flipped.descent))],
        note="our reconstruction; scalars tied to the lengths, all modes one",
    )
