"""The checks of page 28 at small sizes: they hold, their controls do not, planted slips are seen."""

import dataclasses
import json

import numpy as np
import pytest

from flowbounds.bounds import bad_minimum, escape
from flowbounds.checks import escape_cases as cases
from flowbounds.checks import wang2020_escape as way_out
from flowbounds.checks import wang2020_minimum as minimum
from flowbounds.checks import wang2020_vanilla as vanilla
from flowbounds.checks import wang2020_width as width
from flowbounds.dynamics import saddle_escape
from flowbounds.models import scaled_tensor_fit


def rng(seed=1):
    return np.random.default_rng(seed)


FEW = {"orders": (3, 4), "missing": (1, 2)}
SMALL = {
    "vanilla": lambda: vanilla.vanilla(orders=(3, 4), draws=1, rng=rng()),
    "challenge1": lambda: vanilla.challenge1(rng=rng()),
    "exact_width": lambda: width.exact_width(shapes=((4, 3),), starts=40, steps=1500, rng=rng()),
    "matrix": lambda: width.matrix(
        shapes=((4, 3, 3), (5, 2, 4)), starts=10, targets=1, steps=2500, rng=rng()
    ),
    "theorem2": lambda: minimum.theorem2(draws=3, rng=rng(), **FEW),
    "region": lambda: minimum.region(draws=3, rng=rng(), **FEW),
    "homogeneous": lambda: minimum.homogeneous(draws=2, lams=(0.01, 0.3), rng=rng(), **FEW),
    "not_strict": lambda: way_out.not_strict(rng=rng(), **FEW),
}
OK = {"holds", "corrected", "consistent on the grid"}
GRID = {"challenge1", "exact_width", "matrix"}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    expected = "consistent on the grid" if name in GRID else "corrected" if name == "not_strict" else "holds"
    assert evidence.status == expected
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls or name == "exact_width"
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


def test_the_region_reaches_far_and_keeps_its_signs():
    seen = cases.vanilla_trials([(3, 1, 2, 3)], 30, rng())
    assert seen.rise.max() > 1e3
    assert seen.descent < cases.ROUNDING
    U, c = rng().normal(size=(3, 50)), rng(2).normal(size=50)
    for order in (3, 4):
        assert np.all(cases.into_region(U, c, order) * U[0] ** (order - 2) >= 0)


def test_a_target_with_another_residual_is_seen(monkeypatch):
    """The sign of one missing direction is wrong: still stationary, of the same value."""
    true = bad_minimum.residual_form

    def careless(order, r, d):
        vectors, weights = true(order, r, d)
        pairs = len(weights) // r if r > 1 else len(weights) - 1
        weights = weights.copy()
        weights[-pairs:] *= -1
        weights[0] = -np.sum(weights[1:])
        return vectors, weights

    monkeypatch.setattr(bad_minimum, "residual_form", careless)
    assert SMALL["theorem2"]().status not in OK
    assert SMALL["region"]().status not in OK
    assert SMALL["homogeneous"]().status not in OK
    assert SMALL["not_strict"]().status != "corrected"


def test_a_wrong_value_is_seen(monkeypatch):
    monkeypatch.setattr(bad_minimum, "bad_minimum_value", lambda order, r: order * (order - 1) * r / 2)
    assert SMALL["theorem2"]().status not in OK
    assert SMALL["homogeneous"]().status not in OK


def test_a_wrong_gain_is_seen_by_both_routes(monkeypatch):
    true = escape.escape_gain
    monkeypatch.setattr(escape, "escape_gain", lambda order: 1.001 * true(order))
    assert SMALL["not_strict"]().status != "corrected"


def test_a_wrong_regulariser_is_seen(monkeypatch):
    true = bad_minimum.scaled_bad_minimum

    def careless(order, r, d, m, *, kappa, lam, flip=False):
        at = true(order, r, d, m, kappa=kappa, lam=lam, flip=flip)
        return dataclasses.replace(at, U=at.U * np.sqrt((kappa + lam) / kappa))

    monkeypatch.setattr(bad_minimum, "scaled_bad_minimum", careless)
    assert SMALL["homogeneous"]().status not in OK


def test_a_gradient_without_a_factor_is_seen(monkeypatch):
    true = scaled_tensor_fit.vanilla_gradient

    def careless(*given):
        along, across = true(*given)
        return along, 2 * across

    monkeypatch.setattr(scaled_tensor_fit, "vanilla_gradient", careless)
    assert SMALL["vanilla"]().status == "fails"


def test_a_wrong_wait_is_seen(monkeypatch):
    true = saddle_escape.vanilla_escape_time
    monkeypatch.setattr(saddle_escape, "vanilla_escape_time", lambda *given: 1.3 * true(*given))
    assert SMALL["challenge1"]().status == "inconclusive"
    monkeypatch.setattr(saddle_escape, "vanilla_escape_time", lambda order, a, b: true(order, a, b) ** 2)
    assert SMALL["challenge1"]().status != "consistent on the grid"


def test_starts_that_get_stuck_at_order_two_are_seen(monkeypatch):
    true = width.orthogonal_runs
    monkeypatch.setattr(
        width, "orthogonal_runs", lambda order, *rest, **options: true(max(order, 3), *rest, **options)
    )
    assert SMALL["matrix"]().status == "fails"


def test_no_start_that_gets_stuck_is_seen(monkeypatch):
    true = width.orthogonal_runs
    monkeypatch.setattr(width, "orthogonal_runs", lambda order, *rest, **options: true(2, *rest, **options))
    assert SMALL["exact_width"]().status == "inconclusive"


@pytest.mark.parametrize(("order", "lam"), [(3, 0.0), (4, 0.05), (5, 0.3)])
def test_a_reinitialised_component_gains_in_its_squared_length(order, lam):
    at = bad_minimum.scaled_bad_minimum(order, 1, 2, 4, kappa=0.5, lam=lam)
    v, _ = escape.escape_direction(order, 2)
    pull = at.residual_scale * escape.escape_gain(order) - lam * (1 + abs(v[0]) ** order)
    s = 0.1
    gain = minimum.reinitialized(order, 1, 0.5, lam, length=s) * at.value
    assert gain == pytest.approx(s**2 * pull - s**4 / 2, abs=1e-12)


def test_the_path_never_rises():
    lengths = np.linspace(0, 1, 11)
    for order in (3, 4):
        v, c = escape.escape_direction(order, 3)
        t = escape.escape_gain(order) ** (1 / order) * lengths
        flat, down = way_out.escape_path(order, 1, 3, 1 - lengths, t, v, c)
        assert np.all(np.diff(np.concatenate([flat, down])) < 1e-12)
