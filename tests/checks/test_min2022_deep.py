"""The checks of page 17 at small sizes: they hold, their controls do not, planted slips are seen."""

import json
from decimal import Decimal, localcontext

import numpy as np
import pytest

from flowbounds.bounds import comparison, deep_minimizers, deep_rates
from flowbounds.checks import comparison_cells, ordered_survey
from flowbounds.checks import min2022_comparison as table
from flowbounds.checks import min2022_deep as deep
from flowbounds.checks import min2022_square_root as square_root
from flowbounds.checks.ordered_networks import KINDS, least_square, ordered_network
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "unimodal": (lambda: deep.unimodal(depths=(2, 3, 5), draws=3, every=2, rng=rng()), "tight"),
    "one_sided": (lambda: deep.one_sided(depths=(2, 3, 5), draws=3, every=2, rng=rng()), "tight"),
    "naive_sqrt": (lambda: square_root.naive_sqrt(depths=(2, 3, 4), draws=25, rng=rng()), "holds"),
    "table": (lambda: table.table(draws=2, rng=rng()), "holds"),
}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    call, status = SMALL[name]
    evidence = call()
    assert evidence.status == status
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    assert evidence.vacuous < evidence.instances / 2
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("share", [1.05, 0.95])
@pytest.mark.parametrize(("name", "rate"), [("unimodal", "unimodal_rate"), ("one_sided", "one_sided_rate")])
def test_a_bound_five_per_cent_off_is_seen(monkeypatch, name, rate, share):
    """Too large is a violation; too small is not, but no layers attain it, and the second route differs."""
    true = getattr(deep_rates, rate)
    monkeypatch.setattr(deep_rates, rate, lambda *given: share * true(*given))
    evidence = SMALL[name][0]()
    assert evidence.status in {"fails", "inconclusive"}
    assert (evidence.margin < -1e-3) is (share > 1)
    assert evidence.constants["largest residual of a minimiser"][0] > 1e-3


def test_a_minimiser_that_misses_is_seen(monkeypatch):
    true = deep_minimizers.unimodal_minimizer
    monkeypatch.setattr(deep_minimizers, "unimodal_minimizer", lambda *given: [1.1 * w for w in true(*given)])
    evidence = SMALL["unimodal"][0]()
    assert evidence.constants["largest residual of a minimiser"][0] > 1e-3
    assert evidence.status == "inconclusive"


def test_a_wrong_eigenvalue_is_seen_by_the_second_route(monkeypatch):
    monkeypatch.setattr(ordered_survey, "tangent_min_eigenvalue", lambda w: 1.1 * tangent_min_eigenvalue(w))
    evidence = SMALL["unimodal"][0]()
    assert evidence.error > 1e-3
    assert evidence.status == "inconclusive"


def test_a_formula_that_were_true_would_not_pass(monkeypatch):
    """With the one-sided bound for the formula there is no violation."""
    monkeypatch.setattr(
        square_root, "square_root_form", lambda Ds, n, m, s: deep_rates.one_sided_rate(Ds, n, m, s)
    )
    assert SMALL["naive_sqrt"][0]().status == "fails"


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (comparison, "scalar_rate_exact"),
        (comparison, "two_layer_rate_at_margin"),
        (comparison, "balanced_rate"),
        (comparison, "one_sided_rate"),
        (comparison, "unimodal_rate"),
    ],
)
def test_a_slip_in_any_cell_of_the_table_is_seen(monkeypatch, room, name):
    true = getattr(room, name)
    monkeypatch.setattr(room, name, lambda *given: 1.001 * true(*given))
    assert SMALL["table"][0]().status == "fails"


def test_a_wrong_formula_of_a_cell_is_seen_by_the_layers_that_attain_it(monkeypatch):
    true = comparison_cells.proposition2
    monkeypatch.setattr(comparison_cells, "proposition2", lambda *given: 2 * true(*given))
    evidence = SMALL["table"][0]()
    assert evidence.status != "holds"
    assert evidence.error > 1


def test_the_table_has_every_cell():
    found = table.by_cell(comparison_cells.cells(2, (2, 3, 4), rng()))
    assert len({key[:2] for key in found}) == 9
    assert len(found) == 16


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_networks_are_what_they_say(kind):
    draw = rng(3)
    for depth in (2, 3, 5):
        for layer in range(1, depth + 1):
            one = ordered_network(2, 3, layer, depth, kind, draw)
            assert product(one.weights).shape == (2, 3)
            for have, want in zip(imbalances(one.weights), one.Ds, strict=True):
                np.testing.assert_allclose(have, want, atol=1e-12 * one.unit ** (1 / (depth - 1)))
            for place, D in enumerate(one.Ds, start=1):
                sign = 1 if place < layer else -1
                assert np.linalg.eigvalsh(sign * D)[0] > -1e-12
            assert len(one.cumulative) == depth - 1


def test_widths_are_below_and_above_the_product():
    widths = {
        np.sign(D.shape[0] - limit)
        for one in ordered_survey.ordered_networks(2, (3,), rng())
        for D in one.Ds
        for limit in (one.n, one.m)
    }
    assert widths == {-1, 0, 1}


def test_a_bracketed_root():
    t = least_square([3.0, 1.0], 0.7)
    assert t * (t + 3) * (t + 1) == pytest.approx(0.49, rel=1e-13)
    assert least_square([2.0], 0.0) == 0.0
    assert least_square([5.0, 5.0, 5.0], 1e-9) == pytest.approx(1e-18 / 125, rel=1e-9)


def test_the_golden_layers_in_sixty_digits():
    """D = diag(4, 1), W = I and the eigenvalue 1.854..., below the formula's root of five."""
    with localcontext() as context:
        context.prec = 60
        root = Decimal(5).sqrt()
        golden = (1 + root) / 2
        first, second = (root + 2, golden), (root - 2, golden - 1)
        tiny = Decimal(10) ** -57
        for x, y, d in zip(first, second, (4, 1), strict=True):
            assert abs(x * y - 1) < tiny
            assert abs(x - y - d) < tiny
        assert abs(golden**3 - first[0]) < tiny
        eigenvalue = min(x + y for x in first for y in second)
        assert abs(eigenvalue - (golden + golden**-3)) < tiny
        assert eigenvalue < root
        value = float(eigenvalue)
    np.testing.assert_allclose(np.diag(square_root.golden_layers()[0]) ** 2, [float(x) for x in first])
    assert [round(float(x), 7) for x in first] == [4.2360680, 1.6180340]
    assert [round(float(x), 7) for x in second] == [0.2360680, 0.6180340]
    assert square_root.golden_eigenvalue() == pytest.approx(value, rel=1e-15)
    assert tangent_min_eigenvalue(square_root.golden_layers()) == pytest.approx(value, rel=1e-14)
    assert square_root.square_root_form([np.diag([4.0, 1.0])], 2, 2, 1.0) == pytest.approx(5**0.5, rel=1e-15)
