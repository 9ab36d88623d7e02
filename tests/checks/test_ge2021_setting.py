"""The checks of pages 2 and 3 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.checks import ge2021_component as component
from flowbounds.checks import ge2021_setting as setting
from flowbounds.dynamics import vanilla_atom
from flowbounds.dynamics.frozen_order import OrderPath
from flowbounds.models import tensor, tensor_fit
from flowbounds.models.tensor_ensembles import uniform_directions


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "power method": lambda: component.power_method(dimensions=(2, 4), draws=10, rng=rng()),
    "factor": lambda: component.normalization(delta0=(1e-3, 1e-8), d=3, r=2, seeds=(1,), tol=1e-8),
    "rotation": lambda: component.rotation(sizes=((3, 8, 2),), lams=(0.02,), rng=rng()),
    "setting": lambda: setting.setting(dimensions=(3, 50), accuracies=(0.3, 0.1), draws=3, rng=rng()),
    "order": lambda: setting.order(orders=(3, 5), d=3, m=12, r=2, seeds=(0,)),
    "together": lambda: setting.simultaneous(ratios=(1.2, 1.0), d=3, m=8, seeds=(0,), draws=5),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status in {"holds", "consistent on the grid"}
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def fails(name):
    return SMALL[name]().status == "fails"


def test_a_power_method_that_squares_is_seen(monkeypatch):
    """Order three compares a_i w_i: another rule, another limit for some start."""
    true = component.iterate
    monkeypatch.setattr(component, "iterate", lambda u, a, steps, basis=None: true(np.abs(u), a, 60, order=3))
    assert fails("power method")


def test_a_flow_that_leaves_a_tie_is_seen(monkeypatch):
    """Starts whose first coordinate is a billionth larger are no ties any more."""
    true = component._tied

    def nudged(*args):
        u, a = true(*args)
        u = u * np.where(np.arange(u.shape[0]) == 0, 1 + 1e-6, 1.0)[:, None]
        return u / np.linalg.norm(u, axis=0), a

    monkeypatch.setattr(component, "_tied", nudged)
    assert fails("power method")


@pytest.mark.parametrize("name", ["predicted_log_half_time", "integrated_log_half_time"])
def test_a_lost_factor_in_the_wait_is_seen(monkeypatch, name):
    true = getattr(vanilla_atom, name)
    monkeypatch.setattr(vanilla_atom, name, lambda *args, **more: true(*args, **more) + np.log(2))
    assert fails("factor")


def test_a_direction_that_does_not_turn_is_seen(monkeypatch):
    """A kernel that knows the coordinate axes: the residual less a part of its first entry."""
    true = tensor_fit.residual_contraction

    def crooked(*args):
        F = true(*args)
        F[0] *= 1 + 1e-6
        return F

    monkeypatch.setattr(tensor_fit, "residual_contraction", crooked)
    assert fails("rotation")


def test_a_threshold_that_is_too_high_is_seen(monkeypatch):
    """np.sqrt(d) replaced by the cube root: more is dropped than allowed."""
    true = np.sqrt
    monkeypatch.setattr(np, "sqrt", lambda x: np.cbrt(x) if isinstance(x, int) else true(x))
    assert fails("setting")


def test_weights_that_add_up_to_two_make_room_for_more(monkeypatch):
    """Without the hypothesis on the sum all d weights qualify at an eps beyond 1/sqrt(d)."""
    monkeypatch.setattr(setting, "_targets", lambda *args: [np.full(50, 2 / 50)])
    evidence = setting.setting(dimensions=(50,), accuracies=(0.28,), rng=rng())
    assert evidence.status == "fails"


def test_an_error_in_the_dropped_norm_is_seen(monkeypatch):
    """The second route disagrees: the margin is no longer resolved."""
    true = tensor.squared_norm
    monkeypatch.setattr(tensor, "squared_norm", lambda *args: 1.1 * true(*args))
    assert SMALL["setting"]().status == "inconclusive"


@pytest.mark.parametrize("name", ["order", "together"])
def test_wrong_predictions_are_seen(monkeypatch, name):
    true = setting.predicted_fitting_times

    def late(*args, **more):
        times = true(*args, **more)
        return times + 1e-4 * np.arange(times.size)

    monkeypatch.setattr(setting, "predicted_fitting_times", late)
    assert fails(name)


def test_a_wrong_delay_is_seen(monkeypatch):
    true = OrderPath.delay
    monkeypatch.setattr(OrderPath, "delay", lambda self: true(self) + 1e-3)
    assert fails("order")


def test_a_missing_component_is_not_deflation():
    evidence = setting.order(orders=(3,), d=4, m=1, r=2, seeds=(0,))
    assert evidence.status == "fails"
    assert evidence.margin == -1.0


def test_the_model_fits_what_is_dropped_rather_than_its_opposite():
    """<T, D> >= 0 for every T of the model and D = sum of dropped components, hence sqrt(2) eps in all."""
    draw = rng(3)
    for d in (2, 5):
        u, mass = uniform_directions(d, 7, draw), draw.exponential(size=7)
        assert tensor.inner(u, mass, np.eye(d), draw.uniform(size=d)) > 0
    assert SMALL["setting"]().constants["largest total squared error over the sum of both"] <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: component.normalization(delta0=(0.0,)), "delta0 must be finite and in"),
        (lambda: component.normalization(delta0=(2.0,)), "delta0 must be finite and in"),
        (lambda: setting.order(delta0=-1.0), "delta0 must be finite and in"),
        (lambda: setting.order(orders=(2,)), "order must be an integer, at least 3, got 2"),
        (lambda: setting.simultaneous(delta0=1.5), "delta0 must be finite and in"),
        (lambda: setting.setting(accuracies=(-0.1,), rng=rng()), "accuracies must be finite and in"),
        (lambda: component.power_method(tol=1.0, rng=rng()), "tol must be finite and in"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
