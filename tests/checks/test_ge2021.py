"""The checks of chapter 1 at small sizes: they hold, their controls do not, planted slips are seen."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.checks import ge2021_power as power
from flowbounds.checks import ge2021_staircase as staircase
from flowbounds.dynamics import tensor_power
from flowbounds.models import tensor_fit


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "eq1": lambda: power.eq1(sizes=((2, 1, 1), (3, 2, 2)), trials=4, rng=rng()),
    "growth": lambda: power.eq1_growth(dimensions=(2, 5), trials=10, rng=rng()),
    "closed form": lambda: power.tpd_exact(dimensions=(3,), log_norms=(-200.0,), lams=(0.0, 0.1), rng=rng()),
    "figure": lambda: staircase.figure1(seeds=(0, 1)),
    "staircase": lambda: staircase.staircase(delta0=(1e-3, 1e-15), seeds=(0, 1)),
    "fit time": lambda: staircase.fit_time(decades=1.0, r=3, d=5, doublings=1),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status in {"holds", "consistent on the grid"}
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control


def test_same_seeds_same_evidence():
    first, second = (staircase.staircase(delta0=1e-3, seeds=(3,)) for _ in range(2))
    assert first == second


def wrong_gradient(factor):
    def gradient(W, a, basis=None, *, lam=0.0):
        return factor * true_gradient(W, a, basis, lam=lam)

    true_gradient = tensor_fit.gradient
    return gradient


def test_a_lost_factor_in_equation_1_is_seen(monkeypatch):
    monkeypatch.setattr(tensor_fit, "gradient", wrong_gradient(1 + 1e-10))
    assert SMALL["eq1"]().status == "fails"


def test_a_lost_factor_in_the_growth_rate_is_seen(monkeypatch):
    true = tensor_power.growth_rate
    monkeypatch.setattr(tensor_power, "growth_rate", lambda w, a: true(w, a) * (1 + 1e-10))
    assert SMALL["growth"]().status == "fails"


def test_a_wrong_power_in_the_closed_form_is_seen(monkeypatch):
    def wrong(p0, a, t, *, lam=0.0):
        p, growth = true(p0, a, t, lam=lam)
        return p, growth * (1 + 1e-6)

    true = tensor_power.solve
    monkeypatch.setattr(tensor_power, "solve", wrong)
    assert SMALL["closed form"]().status == "fails"


@pytest.mark.parametrize("slip", [lambda t: t + 5e-3, lambda t: np.where(np.arange(t.size) == 2, np.inf, t)])
def test_wrong_predictions_are_seen(monkeypatch, slip):
    true = tensor_power.predicted_fitting_times
    monkeypatch.setattr(staircase, "predicted_fitting_times", lambda *args: slip(true(*args)))
    assert SMALL["staircase"]().status == "fails"


@pytest.mark.press
def test_fitting_times_within_5e_3_at_1e_15_and_1e_8_relative_at_exp_minus_2000():
    """Five starts at 1e-15; two at exp(-2000), where page 01 runs all five."""
    loose = staircase.staircase(delta0=1e-15)
    ((error, _),) = loose.constants.values()
    assert error < 5e-3
    tiny = staircase.staircase(delta0=(), log_delta0=-2000.0, seeds=(0, 1))
    ((error, _),) = tiny.constants.values()
    assert error / 3000 < 1e-8  # the earliest fitting time is beyond 3000
    assert tiny.instances == 10


def test_too_few_components_is_not_a_staircase():
    evidence = staircase.figure1(m=5, seeds=(0,))
    assert evidence.status == "fails"


def test_bad_settings_name_the_argument():
    with pytest.raises(HypothesisError, match="delta0 must be finite and in"):
        staircase.staircase(delta0=-1.0)
    with pytest.raises(HypothesisError, match="delta0 must be finite and in"):
        staircase.figure1(delta0=0.0)
