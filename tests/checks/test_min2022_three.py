"""The checks of page 16 at small sizes: they hold, their controls do not, planted slips are seen."""

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

from flowbounds.bounds import three_layer_minimizer as construction
from flowbounds.bounds import three_layer_rates as rates
from flowbounds.bounds.two_layer_rates import spectrum
from flowbounds.checks import min2022_three as three
from flowbounds.checks import min2022_three_minimum as minimum
from flowbounds.checks import min2022_three_ordered as order
from flowbounds.checks import three_layer_cases as cases
from flowbounds.checks import three_layer_pairs as pairs
from flowbounds.models.linear_network import imbalances, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers


def rng(seed=1):
    return np.random.default_rng(seed)


SHAPES = ((1, 1), (2, 2), (2, 3), (3, 2))
SMALL = {
    "surrogate_bound": lambda: three.surrogate_bound(shapes=SHAPES, draws=1, rng=rng()),
    "scalar": lambda: three.scalar(draws=4, rng=rng()),
    "pieces": lambda: three.pieces(shapes=SHAPES, draws=1, rng=rng()),
    "alpha": lambda: three.alpha(shapes=SHAPES, draws=1, rng=rng()),
    "optimal": lambda: minimum.optimal(shapes=SHAPES, draws=1, spectra=6, rng=rng()),
    "exact": lambda: minimum.exact(shapes=SHAPES, draws=1, spectra=6, rng=rng()),
    "ordered": lambda: order.ordered(shapes=SHAPES, draws=5, rng=rng()),
}
CORRECTED = {"pieces", "alpha", "optimal"}  # whose printed forms lack a square


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("corrected" if name in CORRECTED else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_survey_has_every_ensemble_empty_bounds_and_others():
    seen = cases.survey(1, rng(), SHAPES)
    assert set(seen.kind) == set(cases.ENSEMBLES)
    assert 0 < np.sum(seen.vacuous) < len(seen.kind)
    np.testing.assert_allclose(seen.lam, seen.dense, atol=1e-13)
    np.testing.assert_allclose(seen.surrogate, seen.grams, atol=1e-13)
    np.testing.assert_allclose(seen.alpha, seen.literal, atol=1e-13)
    np.testing.assert_allclose(seen.alpha, cases.total(seen.pieces), atol=1e-15)


def test_the_printed_form_is_off_by_half_of_delta_times_one_minus_delta():
    """What the page draws in its right panel."""
    seen = cases.survey(1, rng(2), SHAPES)
    np.testing.assert_allclose(cases.as_printed(seen, cases.SMALL), seen.printed, rtol=1e-12, atol=1e-12)


def test_ratios_and_shares_of_the_pictures():
    drawn, built, printed = minimum.ratios((2, 4, 4, 2), "gaussian", 0.25, 10, rng())
    assert np.all(drawn < 1)
    np.testing.assert_allclose(built, 1, rtol=1e-9)
    assert np.all(printed > 1)
    small, large = (cases.positive_share((2, 4, 4, 2), "gaussian", s, 20, rng()) for s in (0.01, 100.0))
    assert small == 1
    assert large == 0


@pytest.mark.parametrize("share", [1.05, 0.95])
def test_a_bound_five_per_cent_off_is_seen(monkeypatch, share):
    """Too large is a violation; too small is not, but the constructed layers do not meet it."""
    true = rates.three_layer_rate
    monkeypatch.setattr(rates, "three_layer_rate", lambda *arguments: share * true(*arguments))
    assert SMALL["alpha"]().status == ("fails" if share > 1 else "corrected")
    for name in ("scalar", "optimal", "exact", "ordered"):
        assert SMALL[name]().status == "fails", name


def test_pieces_five_per_cent_off_are_seen(monkeypatch):
    true = rates.deltas

    def larger(*arguments):
        delta, second, both = true(*arguments)
        return delta, second, 1.05 * both

    monkeypatch.setattr(rates, "deltas", larger)
    assert SMALL["pieces"]().status == "fails"


def test_the_wrong_shift_is_seen(monkeypatch):
    true = rates.shifted
    monkeypatch.setattr(rates, "shifted", lambda values, k: true(values, max(0, k - 1)))
    assert SMALL["pieces"]().status == "fails"
    assert SMALL["alpha"]().status == "fails"


def test_a_wrong_eigenvalue_is_seen_by_the_second_route(monkeypatch):
    """One that is too large by a thousandth would pass the inequalities."""
    for module in (cases, minimum):
        monkeypatch.setattr(module, "tangent_min_eigenvalue", lambda w: 1.001 * tangent_min_eigenvalue(w))
    assert SMALL["surrogate_bound"]().status == "inconclusive"
    assert SMALL["alpha"]().status == "inconclusive"
    assert SMALL["exact"]().status in {"fails", "inconclusive"}


def test_a_wrong_surrogate_is_seen(monkeypatch):
    true = cases.four_eigenvalues
    monkeypatch.setattr(cases, "four_eigenvalues", lambda w: 1.001 * true(w))
    assert SMALL["surrogate_bound"]().status == "fails"  # equality for one row and one column


@pytest.mark.parametrize("name", ["optimal", "exact"])
def test_layers_with_other_imbalances_are_seen(monkeypatch, name):
    def careless(*arguments):
        W1, W2, W3 = construction.three_layer_minimizer(*arguments)
        return [W1, W2[::-1], W3]

    monkeypatch.setattr(minimum, "three_layer_minimizer", careless)
    assert SMALL[name]().status == "fails"


def test_a_ladder_half_way_between_misses_the_minimum(monkeypatch):
    """Rungs half way between the highest and the lowest ones: imbalances right, eigenvalue too large."""
    true = construction.interlacing_spectra

    def middling(values, top, steps):
        first, high, last = true(values, top, 2)
        low = np.maximum(values, np.append(last[1:], -np.inf))
        return [first, (high + low) / 2, last]

    D1, D2 = np.diag([-2.0, -0.5, 0.4, 1.6]), np.diag([3.4, 2.6, 1.0, -0.5])
    least = tangent_min_eigenvalue(construction.three_layer_minimizer(D1, D2, 2, 2))
    monkeypatch.setattr(construction, "interlacing_spectra", middling)
    built = construction.three_layer_minimizer(D1, D2, 2, 2)
    for have, want in zip(imbalances(built), (D1, D2), strict=True):
        np.testing.assert_allclose(have, want, atol=1e-12)
    assert tangent_min_eigenvalue(built) > 1.1 * least


@pytest.mark.parametrize("name", list(order.ORDERS))
def test_one_wrong_closed_form_is_seen(monkeypatch, name):
    true, wrong = order.ordered_rate, order.ORDERS[name]
    monkeypatch.setattr(order, "ordered_rate", lambda *a: (1.01 if a[-1] == wrong else 1.0) * true(*a))
    assert SMALL["ordered"]().status == "fails"


@pytest.mark.parametrize("signs", [*order.ORDERS.values(), (0, 0)])
def test_drawn_imbalances_have_layers_and_their_signs(signs):
    draw = rng(3)
    for _ in range(40):
        n, m, *hidden = (int(size) for size in draw.integers(1, 6, size=4))
        pair = pairs.drawn_imbalances(n, m, tuple(hidden), draw, signs)
        assert not pairs.is_refused(*pair, n, m)
        for sign, D in zip(signs, pair, strict=True):
            assert sign == 0 or np.min(spectrum(sign * D)) > -1e-12


def test_a_search_reaches_what_has_layers_and_nothing_else():
    draw = rng(5)
    reached = pairs.least_misfit(*pairs.drawn_imbalances(1, 1, (2, 2), draw), 1, 1, 3, draw)
    assert reached < 1e-8
    assert pairs.is_refused(np.zeros((2, 2)), 3 * np.eye(2), 1, 1)
    assert pairs.least_misfit(np.zeros((2, 2)), 3 * np.eye(2), 1, 1, 3, draw) > 0.1


def test_narrow_layers_of_one_width_have_all_imbalances():
    draw = rng(6)
    assert not any(pairs.is_refused(*pairs.arbitrary((2, 2), draw), 2, 3) for _ in range(50))
    assert any(pairs.is_refused(*pairs.arbitrary((4, 4), draw), 2, 3) for _ in range(50))


def test_the_literal_surrogate_is_the_one_from_singular_values():
    for seed in range(10):
        net = random_layers(pairwise((2, 3, 4, 2)), rng(seed))
        assert cases.literal_surrogate(net) == pytest.approx(float(cases.total(cases.four_eigenvalues(net))))
        D1, D2 = imbalances(net)
        spectra = spectrum(-D1), spectrum(D2)
        assert cases.literal_rate(*spectra, 2, 2) == pytest.approx(
            rates.three_layer_rate(D1, D2, 2, 2), abs=1e-10
        )


def test_fields_of_a_survey_are_of_one_length():
    seen = cases.survey(1, rng(), ((1, 2),))
    sizes = {len(getattr(seen, field.name)) for field in dataclasses.fields(seen)}
    assert sizes == {len(seen.kind)}
