"""Check of the way out of the bad minimum of Wang et al. (2020): flat to a zero component, then down."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from scipy.optimize import minimize_scalar

from flowbounds.bounds import bad_minimum, escape
from flowbounds.checks.escape_cases import MISSING, NOISE, ORDERS, ROUNDING, missing_form
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.evidence_table import decade_above
from flowbounds.models import scaled_tensor_fit
from flowbounds.validation import FloatArray

COMPONENTS = 4


def value_with(order: int, r: int, keep: float, v: FloatArray, c: float) -> float:
    """f where component m is ``keep`` of its length, or c v^l when that is zero, the others making e_1^l."""
    at = bad_minimum.bad_minimum(order, r, v.size, COMPONENTS)
    U, last = np.array(at.U), 1.0
    U[:, :-1] *= ((COMPONENTS - keep**order) / (COMPONENTS - 1)) ** (1 / order)
    U[:, -1] *= keep
    if keep == 0:
        U[:, -1], last = v, c
    coefficients = np.append(np.ones(COMPONENTS - 1), last)
    return scaled_tensor_fit.vanilla_loss(U, coefficients, at.U_star, at.c_star, order)


def escape_path(
    order: int, r: int, d: int, flat: FloatArray, down: FloatArray, v: FloatArray, c: float
) -> tuple[FloatArray, FloatArray]:
    """f along the way out: over the shares kept in ``flat``, and over the lengths in ``down`` along c v^l."""
    first = [value_with(order, r, float(share), np.zeros(d), 1.0) for share in flat]
    second = [value_with(order, r, 0.0, t * v, c) for t in down]
    return np.array(first), np.array(second)


def swept_gain(order: int, r: int) -> float:
    """Largest |D(v)| over unit v, found by search in the plane of e_1 and one missing direction."""

    def negative(angle: float) -> float:
        plane = np.zeros((r + 1, 1))
        plane[:2, 0] = np.cos(angle), np.sin(angle)
        return -abs(float(missing_form(plane, order, r)[0]))

    found = minimize_scalar(negative, bounds=(0.0, np.pi / 2), method="bounded", options={"xatol": 1e-10})
    return -float(found.fun)


@settles("wang2020.thm2.notstrict", kind="identity")
def not_strict(
    *, orders: Sequence[int] = ORDERS, missing: Sequence[int] = MISSING, shares: int = 21, rng: Generator
) -> Evidence:
    """The minimum is not strict: along a path f keeps its value, and then falls by D_max^2/2.

    Margin: digits to spare, in units of f*, of what f moves on the flat part, of f - (f* - t^l D_max +
    t^2l/2) on the way down, of the fall at its end and of 1000 random powers that fall further than that.
    Second route: D_max by search. Printed, read literally: along the missing direction alone the fall is to
    be the same; f rises by t^2l/2. Control: the escape direction with the other sign.
    """
    worst, second, instances, where = 0.0, 0.0, 0, ""
    literal, other = [], []
    lengths: FloatArray = np.linspace(0.0, 1.0, shares)
    for order in orders:
        for r in missing:
            d, top, start = r + 2, escape.escape_gain(order), bad_minimum.bad_minimum_value(order, r)
            v, c = escape.escape_direction(order, d, missing=r)
            t = top ** (1 / order) * lengths
            flat, down = escape_path(order, r, d, 1 - lengths, t, v, c)
            predicted = start - t**order * top + t ** (2 * order) / 2
            draws = rng.normal(size=(d, 1000))
            seen = np.max(np.abs(missing_form(draws / np.linalg.norm(draws, axis=0), order, r)))
            off = {
                "flat part": float(np.max(np.abs(flat - start))),
                "way down": float(np.max(np.abs(down - predicted))),
                "fall": abs(start - down[-1] - top**2 / 2),
                "a power that gains more": max(0.0, float(seen) - top),
            }
            for name, residual in off.items():
                if residual / start > worst:
                    worst, where = residual / start, f"{name}, order {order}, r = {r}"
            second = max(second, abs(swept_gain(order, r) / top - 1))
            unit, target = t[-1], top**2 / 2
            alone = start - min(value_with(order, r, 0.0, s * unit * np.eye(d)[r], c) for s in lengths)
            literal.append((target - alone) / start)
            other.append((target - start + value_with(order, r, 0.0, unit * v, -c)) / start)
            instances += 2 * shares
    margin = identity_margin(worst, ROUNDING)
    return Evidence(
        statement="wang2020.thm2.notstrict",
        margin=margin,
        error=identity_error(decade_above(max(NOISE, second)), ROUNDING),
        instances=instances,
        sizes={"order": list(orders), "r": list(missing), "m": COMPONENTS, "points on each part": shares},
        where="no residual near the model" if margin == 1 else where,
        control=("the escape direction, the other sign", identity_margin(min(other), ROUNDING)),
        printed=("paper text, one reading: e_j alone", identity_margin(min(literal), ROUNDING)),
        constants={"largest share of the value gained, order 3": float(escape.escape_gain(3) ** 2 / 2 / 1.5)},
        note="at even orders the coefficient has to change its sign on the way, at zero length",
    )
