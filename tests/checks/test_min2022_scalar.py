"""The checks of page 11 at small sizes: they hold, their controls do not, planted slips are seen."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import quad

from flowbounds import HypothesisError
from flowbounds.checks import min2022_scalar as scalar
from flowbounds.checks import min2022_scalar_rate as rates
from flowbounds.checks import min2022_setting as setting
from flowbounds.checks.scalar_flows import (
    Bowl,
    Kink,
    decayed_flow,
    exact_descent,
    nearest_to_zero,
    passage_time,
)


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "pl": (lambda: setting.pl(draws=20, rng=rng()), "tight"),
    "rate0": (lambda: setting.rate0(starts=2, samples=5, rng=rng()), "tight"),
    "imbalance": (lambda: scalar.imbalance(runs=1, rng=rng()), "holds"),
    "gradnorm": (lambda: scalar.gradnorm(draws=20, rng=rng()), "holds"),
    "split": (lambda: scalar.split(draws=100, rng=rng()), "holds"),
    "local PL": (lambda: scalar.local_pl(draws=50, rng=rng()), "tight"),
    "margin": (lambda: rates.margin(draws=100, flows=3, rng=rng()), "tight"),
    "rate": (lambda: rates.rate(count=15, distances=(0.5, 2.0, 8.0), rng=rng()), "holds"),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    call, status = SMALL[name]
    evidence = call()
    assert evidence.status == status
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


def changed(function, **values):
    """The objective that ``function`` makes, with constants replaced by what ``values`` make of them."""

    def make(*args):
        f = function(*args)
        return dataclasses.replace(f, **{name: change(getattr(f, name)) for name, change in values.items()})

    return make


@pytest.mark.parametrize("maker", ["factorization", "regression", "sensing"])
@pytest.mark.parametrize(("factor", "status"), [(1.02, "fails"), (0.5, "holds")])
def test_a_wrong_gamma_of_one_problem_is_not_called_tight(monkeypatch, maker, factor, status):
    """Too large fails; too small in every problem is valid but no longer attained."""
    for name in ["factorization", "regression", "sensing"] if factor < 1 else [maker]:
        monkeypatch.setattr(
            setting, name, changed(getattr(setting, name), gamma=lambda gamma: factor * gamma)
        )
    assert SMALL["pl"][0]().status == status


def test_a_wrong_minimum_is_seen_by_the_second_route(monkeypatch):
    monkeypatch.setattr(setting, "regression", changed(setting.regression, minimum=lambda f: 0.9 * f))
    evidence = SMALL["pl"][0]()
    assert evidence.error > 1e-3


def test_a_flow_at_another_speed_is_seen_by_the_exact_one(monkeypatch):
    true = setting.linear_flow

    def slow(weights, f, t_end, **options):
        options["t_eval"] = 0.5 * np.asarray(options["t_eval"])
        return true(weights, f, t_end, **options)

    monkeypatch.setattr(setting, "linear_flow", slow)
    assert SMALL["rate0"][0]().error > 0.1


def test_a_leaking_integrator_is_seen(monkeypatch):
    true = scalar.linear_flow
    monkeypatch.setattr(scalar, "linear_flow", lambda w, f, t, tol, **rest: true(w, f, t, tol=1e-4, **rest))
    assert SMALL["imbalance"][0]().status == "fails"


def test_a_sign_in_the_layer_gradients_is_harmless_and_a_factor_is_not(monkeypatch):
    true = scalar.layer_gradients
    monkeypatch.setattr(scalar, "layer_gradients", lambda w, g: [1.001 * x for x in true(w, g)])
    assert SMALL["gradnorm"][0]().status == "fails"
    assert SMALL["local PL"][0]().status == "inconclusive" or SMALL["local PL"][0]().error > 1e-4


def test_a_split_that_cancels_is_seen(monkeypatch):
    def naive(d, w):
        S = np.hypot(d, 2 * w)
        return (d + S) / 2, (-d + S) / 2

    monkeypatch.setattr(scalar, "split_squares", naive)
    assert SMALL["split"][0]().status == "fails"


@pytest.mark.parametrize("name", ["margin", "rate"])
def test_a_generous_margin_is_seen(monkeypatch, name):
    """One that takes the loss for the distance, as if K were mu."""
    monkeypatch.setattr(
        rates, "margin_of", lambda star, w0, *, K, mu: max(0.0, 1.1 * abs(star)) if mu else 0.0
    )
    assert SMALL[name][0]().status == "fails"


def test_a_bound_of_another_time_scale_is_seen(monkeypatch):
    true = rates.passage_time
    monkeypatch.setattr(rates, "passage_time", lambda *args: 1.2 * true(*args))
    assert SMALL["rate"][0]().status in {"fails", "inconclusive"}


def test_passage_time_is_the_quadrature_of_the_velocity():
    """t = integral of dw / ((y - w) sqrt(d^2 + 4 w^2)), through zero too."""
    for w0, d in ((0.3, 1.0), (-0.7, 0.2), (3.0, -2.0)):
        f, X = Bowl(1.5, 1.0, 1.0), 2.0
        end = 1.5 + (w0 - 1.5) * np.exp(-X)
        direct = quad(lambda s, d=d: 1 / ((1.5 - s) * np.hypot(d, 2 * s)), w0, end, epsabs=1e-13, limit=400)[
            0
        ]
        assert passage_time(f, d, w0, X) == pytest.approx(direct, rel=1e-10)


def test_the_bowl_has_its_constants():
    f, x = Bowl(0.7, 0.5, 3.0), np.linspace(-6, 6, 241)
    slopes = np.array([f.gradient(np.array([[0.7 + e]])).item() for e in x])
    gaps = np.array([f.gap(np.array([[0.7 + e]])) for e in x])
    bends = np.diff(slopes) / np.diff(x)
    assert 0.5 <= bends.min() < 0.51
    assert 2.9 < bends.max() <= 3.0
    np.testing.assert_allclose(np.diff(gaps), (slopes[1:] + slopes[:-1]) / 2 * np.diff(x), atol=2e-4)
    assert (slopes**2 >= f.gamma * gaps).all()
    assert f.gap(np.array([[0.7 + 1e-9]])) == pytest.approx(1.5e-18, rel=1e-6)


def test_the_end_of_a_sublevel_set():
    kink = Kink(2.0, 1.0, 4.0)
    assert nearest_to_zero(kink, 2.5) == pytest.approx(1.0, abs=1e-13)
    assert nearest_to_zero(kink, 4.0) == 0
    assert nearest_to_zero(kink, 1.7) == pytest.approx(1.7, abs=1e-13)


def test_weight_decay_lets_the_imbalance_decay_at_twice_its_rate():
    t = np.linspace(0, 3, 7)
    u, v = decayed_flow(1.5, -0.4, lambda w: -2 * (1.0 - w), 0.3, t, tol=1e-12)
    np.testing.assert_allclose(u**2 - v**2, (1.5**2 - 0.4**2) * np.exp(-0.6 * t), rtol=1e-9)


def test_descent_multiplies_the_imbalance_exactly():
    pairs = exact_descent(Fraction(3, 2), Fraction(-1, 3), Fraction(1), Fraction(1, 10), 4)
    assert all(after == law for after, law in pairs)
    assert pairs[-1][0] != Fraction(9, 4) - Fraction(1, 9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: setting.pl(draws=0, rng=rng()), "draws must be an integer"),
        (lambda: setting.rate0(reach=-1.0, rng=rng()), "reach must be finite and in"),
        (lambda: scalar.split(spread=-1.0, rng=rng()), "spread must be finite and in"),
        (lambda: rates.rate(distances=(), rng=rng()), "distances must be finite and in"),
        (lambda: rates.margin(flows=0, rng=rng()), "flows must be an integer"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
