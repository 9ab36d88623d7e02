"""The checks of page 14 at small sizes: they hold, their controls do not, planted slips are seen."""

import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import two_layer_rates as rates
from flowbounds.bounds.two_layer_minimizer import two_layer_minimizer
from flowbounds.checks import min2022_two as two
from flowbounds.checks import min2022_two_width as around
from flowbounds.checks import two_layer_cases as cases
from flowbounds.checks.square_fibre import fibre_values, least_of_many
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue


def rng(seed=1):
    return np.random.default_rng(seed)


SHAPES = ((1, 1), (2, 2), (2, 3), (3, 2))
SMALL = {
    "prop2": lambda: two.prop2(shapes=SHAPES, draws=2, rng=rng()),
    "equality": lambda: two.equality(shapes=SHAPES, draws=1, spectra=3, points=60, rng=rng()),
    "width": lambda: around.width(draws=200, rng=rng()),
    "monotone": lambda: around.monotone(draws=10, rng=rng()),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("corrected" if name == "prop2" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    for attempt, result in evidence.tried:
        assert not evidence.violates(result), attempt
    json.dumps(evidence.published(), allow_nan=False)


def test_a_survey_has_every_ensemble_width_and_an_empty_bound():
    seen = cases.survey(1, rng(), SHAPES)
    assert len(set(seen.kind)) == 8
    assert {-1, 0, 1} <= set(np.sign(seen.over).astype(int))
    assert 0 < np.sum(seen.vacuous) < len(seen.kind)
    np.testing.assert_allclose(seen.lam, seen.sum, atol=1e-13)
    for group in (-1, 0, 1):
        ratios = seen.tightness(group)
        assert ratios.size
        assert np.all((ratios > 0) & (ratios < 1 + 1e-9))


@pytest.mark.parametrize("share", [1.05, 0.95])
def test_a_bound_five_per_cent_off_is_seen(monkeypatch, share):
    """Too large is a violation; too small is not, but the constructed layers do not meet it."""
    true = rates.two_layer_rate
    monkeypatch.setattr(rates, "two_layer_rate", lambda D, W: share * true(D, W))
    assert SMALL["prop2"]().status == ("fails" if share > 1 else "corrected")
    assert SMALL["equality"]().status == "fails"


def test_exchanged_halves_are_seen(monkeypatch):
    true = rates.two_layer_parts
    monkeypatch.setattr(rates, "two_layer_parts", lambda D, W: true(D, W)[::-1])
    assert SMALL["prop2"]().status == "fails"


def test_exchanged_singular_values_are_seen(monkeypatch):
    true = rates.sigmas
    monkeypatch.setattr(rates, "sigmas", lambda W: true(W)[::-1])
    assert SMALL["prop2"]().status == "fails"


def test_a_wrong_eigenvalue_is_seen_by_the_second_route(monkeypatch):
    """One that is too large by a thousandth would pass the inequality."""
    monkeypatch.setattr(two, "tangent_min_eigenvalue", lambda w: 1.001 * tangent_min_eigenvalue(w))
    monkeypatch.setattr(cases, "tangent_min_eigenvalue", lambda w: 1.001 * tangent_min_eigenvalue(w))
    assert SMALL["prop2"]().status == "inconclusive"
    assert SMALL["equality"]().status == "inconclusive"


def test_layers_with_another_product_are_seen(monkeypatch):
    def careless(D, W):
        W1, W2 = two_layer_minimizer(D, W)
        return W1, -W2

    monkeypatch.setattr(two, "two_layer_minimizer", careless)
    assert SMALL["equality"]().status == "fails"


def test_an_empty_bound_at_a_large_width_is_seen(monkeypatch):
    true = around.gaps
    monkeypatch.setattr(around, "gaps", lambda n, m, h, draws, draw: true(n, m, max(1, h - 2), draws, draw))
    assert SMALL["width"]().status == "fails"


def test_a_frequency_that_is_not_the_exact_one_is_seen(monkeypatch):
    monkeypatch.setattr(around, "EXACT", {(2, 2, 2): 0.9, (2, 3, 3): 0.9})
    assert SMALL["width"]().margin < 10 * SMALL["width"]().error


def test_a_bound_that_falls_is_seen(monkeypatch):
    true = rates.two_layer_rate_at_margin
    monkeypatch.setattr(
        rates, "two_layer_rate_at_margin", lambda D, n, m, sigma: true(D, n, m, 1 / (1 + sigma))
    )
    assert SMALL["monotone"]().status in {"fails", "inconclusive"}


def test_intervals_contain_the_share_and_shrink():
    few, many = around.frequency(3, 10), around.frequency(300, 1000)
    assert few.low < few.share < few.high
    assert many.high - many.low < 0.2 * (few.high - few.low)
    assert around.frequency(0, 10).low == 0.0
    assert around.frequency(10, 10).high == 1.0


@pytest.mark.parametrize("key", list(around.EXACT))
def test_exact_frequencies(key):
    seen = around.positive_share(*key, 20000, rng(3))
    assert seen == pytest.approx(around.EXACT[key], abs=4 * np.sqrt(0.25 / 20000))


def test_gaps_are_the_bound_from_imbalance_alone():
    gap = around.gaps(2, 3, 4, 1, rng(5))[0]
    draw = rng(5)
    weights = [draw.normal(size=(1, 2, 4))[0], draw.normal(size=(1, 4, 3))[0]]
    assert gap == pytest.approx(rates.two_layer_rate(imbalances(weights)[0], np.zeros((2, 3))), rel=1e-12)


@pytest.mark.parametrize(
    ("d", "sigma"), [((4.0, 1.0), (2.0, 1.0)), ((4.0, -1.0), (2.0, 1.0)), ((1.0, -2.0), (2.0, 0.5))]
)
def test_the_swept_fibre_agrees_with_a_solver(d, sigma):
    D, W = np.diag(d), np.diag(sigma)
    swept = float(np.min(fibre_values(d, sigma, points=200)))
    solved = least_of_many(D, W, starts=5, spread=0.5, rng=rng(1))
    assert swept == pytest.approx(solved, rel=1e-4)
    assert swept > 1.1 * rates.two_layer_rate(D, W)


def test_one_point_fibres_are_on_the_line():
    values = fibre_values((4.0, 1.0), (1.0, 1.0), points=50)
    np.testing.assert_allclose(values, rates.two_layer_rate(np.diag([4.0, 1.0]), np.eye(2)), rtol=1e-12)


def test_drawn_pairs_are_feasible():
    for seed in range(20):
        D, W = cases.drawn_pair(2, 3, 4, rng(seed))
        built = two_layer_minimizer(D, W)
        np.testing.assert_allclose(product(built), W, atol=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [(lambda: around.width(draws=3, rng=rng()), "draws must be an integer, at least 10")],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
