"""The checks of page 13 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds.checks import min2022_scalar_cases as cases
from flowbounds.checks import min2022_scalar_depth as depth
from flowbounds.checks import min2022_scalar_speed as speed


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "formulation": lambda: depth.formulation(depths=(2, 3, 5), draws=8, rng=rng()),
    "exact": lambda: depth.exact(depths=(2, 3, 6), spreads=(3, 30), draws=10, rng=rng()),
    "prop1": lambda: depth.proposition1(depths=(2, 3, 6), spreads=(3, 30), draws=20, rng=rng()),
    "const": lambda: cases.case_const(depths=(2, 3, 5)),
    "linear": lambda: cases.case_linear(depths=(2, 3, 5)),
    "spectral": lambda: cases.spectral(shapes=((2, 3, 2), (2, 3, 3, 4)), draws=3, rng=rng()),
    "exploding": lambda: speed.exploding(depths=(2, 3), lams=(0.0, 2.0)),
    "small": lambda: speed.small_init(depths=(3,), scales=(1e-1, 1e-2)),
}
STATUS = {"prop1": "tight", "exploding": "consistent on the grid", "small": "corrected"}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == STATUS.get(name, "holds")
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    if name not in {"exploding", "small"}:
        assert evidence.all_controls
    json.dumps(evidence.published(), allow_nan=False)


def test_integers_know_equality_and_violation():
    assert depth.exact_sign((7, 4)) == 0, "two layers"
    assert depth.exact_sign((3, 3, 3, 3)) == 0, "balanced"
    assert depth.exact_sign((0, 4, 9)) == 0, "w = 0"
    assert depth.exact_sign((1, 4, 9)) == 1
    assert depth.exact_rate((1, 4, 9)) == 36 + 9 + 4
    assert depth.exact_cumulative_product((1, 4, 9)) == 24


def test_a_violation_in_integers_is_seen(monkeypatch):
    monkeypatch.setattr(depth, "exact_sign", lambda x: -1)
    assert SMALL["prop1"]().status == "fails"


@pytest.mark.parametrize(("factor", "status"), [(1.001, "fails"), (0.999, "corrected")])
def test_a_bound_off_by_a_thousandth_is_not_tight(monkeypatch, factor, status):
    true = depth.scalar_rate
    monkeypatch.setattr(depth, "scalar_rate", lambda d, w: factor * true(d, w))
    assert SMALL["prop1"]().status == status


def test_a_root_that_is_off_is_seen(monkeypatch):
    monkeypatch.setattr(depth, "scalar_rate_exact", lambda d, w: 1.0)
    assert SMALL["exact"]().status == "fails"


def test_wrong_squares_are_seen(monkeypatch):
    true = depth.scalar_squares
    monkeypatch.setattr(depth, "scalar_squares", lambda d, w: true(d, w) * (1 + 1e-6))
    assert SMALL["formulation"]().status == "fails"


@pytest.mark.parametrize("name", ["const", "linear"])
def test_a_bound_from_the_raw_imbalances_is_seen(monkeypatch, name):
    monkeypatch.setattr(
        cases, "scalar_rate", lambda d, w: float(np.hypot(np.prod(np.abs(d)), (d.size + 1) * abs(w)))
    )
    assert SMALL[name]().status == "fails"


def test_a_gradient_that_couples_the_modes_is_seen(monkeypatch):
    true = cases.layer_gradients
    monkeypatch.setattr(cases, "layer_gradients", lambda w, G: [g + 1e-9 for g in true(w, G)])
    assert SMALL["spectral"]().status == "fails"


def test_a_flow_that_leaves_its_modes_is_seen(monkeypatch):
    monkeypatch.setattr(cases, "flow_residual", lambda *args: 1e-6)
    assert SMALL["spectral"]().status == "fails"


def test_descent_keeps_to_its_minimum_below_the_step_and_leaves_it_above():
    d = speed.last_behind(3, 2.0)
    minimum = np.sqrt(speed.scalar_squares(d, 1.0))
    limit = speed.stable_step(d, 1.0)
    assert limit == pytest.approx(2 / speed.scalar_rate_exact(d, 1.0), rel=1e-5)
    below = speed.descend(minimum * (1 + 1e-6), 1.0, 0.9 * limit, 400)
    above = speed.descend(minimum * (1 + 1e-6), 1.0, 1.05 * limit, 400)
    assert below[-1] < 1e-12
    assert above.max() > 1e-2
    assert np.isinf(speed.descend(minimum, 1.001, 1e6, 5)[-1])


def test_the_hessian_is_the_second_difference_of_the_loss():
    x, y, h = np.array([0.9, -1.2, 0.7]), 0.4, 1e-4
    steps = h * np.eye(3)

    def loss(z):
        return 0.5 * (np.prod(z) - y) ** 2

    for i in range(3):
        for j in range(3):
            a, b = steps[i], steps[j]
            second = (loss(x + a + b) - loss(x + a - b) - loss(x - a + b) + loss(x - a - b)) / (4 * h * h)
            assert speed.hessian(x, y)[i, j] == pytest.approx(second, abs=1e-6)


def test_a_flow_that_does_not_take_its_time_is_seen(monkeypatch):
    true = speed.flow_time
    monkeypatch.setattr(speed, "flow_time", lambda *args: 1.1 * true(*args))
    assert SMALL["exploding"]().status == "inconclusive"
    assert SMALL["small"]().status != "corrected"


def test_escape_without_the_wait_is_seen(monkeypatch):
    monkeypatch.setattr(speed, "balanced_escape", lambda depth, scale, tol: np.log(1 / scale))
    assert SMALL["small"]().status != "corrected"
