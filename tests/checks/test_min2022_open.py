"""The checks of page 18 at small sizes: they hold, their controls do not, planted slips are seen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from flowbounds.bounds import short_product
from flowbounds.checks import imbalance_fibre as fibres
from flowbounds.checks import min2022_open as page
from flowbounds.checks import short_product_survey as cases
from flowbounds.dynamics.sweep import agree
from flowbounds.models.linear_network import imbalances, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import random_layers
from flowbounds.studies import adversarial_ratio as study


def rng(seed=1):
    return np.random.default_rng(seed)


FEW = page.TWO_WIDE[:1]
BRIEF = {"fibres": FEW, "wider": FEW[0], "starts": 1}  # without the slow control
SMALL = {
    "short_product": lambda: page.short_product(draws=12, rng=rng()),
    "conjecture": lambda: page.conjecture(fibres=FEW, starts=1, rng=rng()),
}


@pytest.fixture(scope="module")
def found():
    return fibres.minima(FEW[0], 1, rng())


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == ("consistent on the grid" if name == "conjecture" else "holds")
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_survey_has_every_ensemble_and_depth_and_bounds_of_both_kinds():
    seen = cases.survey(2, rng())
    assert set(seen.kind) == set(cases.ENSEMBLES)
    assert set(seen.depth) == {3, 4, 5}
    assert 0 < np.sum(~seen.vacuous) < len(seen.kind)
    assert all(np.any(seen.kept(kind, 4)) for kind in cases.ENSEMBLES)
    assert seen.deviation < 1e-14


@pytest.mark.parametrize("share", [2.0, -1.0])
def test_a_bound_that_is_too_large_or_negative_is_told_apart(monkeypatch, share):
    true = short_product.short_product_rate
    monkeypatch.setattr(short_product, "short_product_rate", lambda Ds, n, m: share * true(Ds, n, m))
    evidence = page.short_product(draws=30, depths=(3,), rng=rng())
    assert evidence.status == ("fails" if share > 0 else "vacuous here")


def test_a_floor_that_is_none_is_seen(monkeypatch):
    """Weyl's inequality with the indices of its upper bound."""

    def upper(floor, values):
        known = np.zeros(values.size)
        known[: floor[: values.size].size] = floor[: values.size]
        return known + values[0]

    monkeypatch.setattr(short_product, "floor_beyond", upper)
    assert page.short_product(draws=12, depths=(4,), rng=rng()).status == "fails"


def test_a_wrong_eigenvalue_is_seen_by_the_second_route(monkeypatch, found):
    for module in (cases, page):
        monkeypatch.setattr(module, "tangent_min_eigenvalue", lambda w: 1.001 * tangent_min_eigenvalue(w))
    assert SMALL["short_product"]().status == "inconclusive"
    monkeypatch.setattr(page, "minima", lambda *given: found)
    assert page.conjecture(**BRIEF, rng=rng()).status == "inconclusive"


def test_a_left_minimum_that_is_missed_is_seen(monkeypatch, found):
    missed = replace(found, left=(1.0, 1.01 * found.left[1], *found.left[2:]))
    monkeypatch.setattr(page, "minima", lambda *given: missed)
    assert page.conjecture(**BRIEF, rng=rng()).status == "fails"


def test_the_values_that_are_minimised_are_those_of_the_tangent_operator():
    weights = random_layers([(2, 3), (3, 2), (2, 2), (2, 3)], rng(3))
    e = np.array([0.6, 0.8])
    E = np.zeros((2, 3))
    E[[0, 1], [0, 1]] = e
    W1, W2, W3, W4 = weights
    sides = [(np.eye(2), W2 @ W3 @ W4), (W1, W3 @ W4), (W1 @ W2, W4), (W1 @ W2 @ W3, np.eye(3))]
    want = sum(np.sum((P.T @ E @ Q.T) ** 2) for P, Q in sides)
    assert fibres.rayleigh(weights, e) == pytest.approx(want, rel=1e-13)
    assert fibres.left_product(2)(weights, e) == pytest.approx((W1 @ W2 @ W2.T @ W1.T)[0, 0], rel=1e-13)
    assert fibres.right_product(2)(weights, e) == pytest.approx((W4.T @ W3.T @ W3 @ W4)[0, 0], rel=1e-13)


def test_stacks_of_layers_have_stacks_of_values():
    fibre = page.TWO_WIDE[0]
    flat = rng(4).normal(size=(5, 13))
    flat[:, -1] = 1.0
    for value in (fibres.rayleigh, fibres.left_product(3), fibres.right_product(2)):
        whole = value(*fibres.split(flat, fibre.sizes))
        single = [value(*fibres.split(one, fibre.sizes)) for one in flat]
        np.testing.assert_allclose(whole, single, rtol=1e-13)


def test_what_the_solver_returns_is_on_the_fibre():
    fibre = page.TWO_WIDE[0]
    value, weights = fibres.least(fibres.rayleigh, fibre, 1, rng())
    for have, want in zip(imbalances(weights), fibre.Ds, strict=True):
        np.testing.assert_allclose(have, want, atol=1e-7)
    assert tangent_min_eigenvalue(weights) == pytest.approx(value, rel=1e-9)


def test_signs_are_told():
    fibre = fibres.Fibre((1, 2, 2, 2, 1), ((-1.0, -4.0), (0.5, -0.1), (3.0, 2.0)))
    assert page.signs(fibre) == "- 0 +"


def test_a_search_ends_at_the_bound_and_repeats_itself(monkeypatch):
    monkeypatch.setattr(study, "STARTS", 2)
    for shape in ("1-2-2-1", "1-1-1-1-1"):
        result = study.cell(shape=shape, block=0)
        assert max(abs(np.array(result["reached"]) - 1)) < 1e-8
        assert min(result["ratios"]) > 1
        assert agree(result, study.cell(shape=shape, block=0), study.STUDY.rtol)


def test_a_search_does_not_enter_where_the_bound_is_empty():
    layers = random_layers([(2, 2)] * 4, rng(0))
    assert study.is_vacuous(layers, 0.0)
    assert not study.is_vacuous(layers, 1.0)
    starts = [study.drawn((2, 2, 2, 2), rng(seed)) for seed in range(20)]
    assert all(max(np.max(np.abs(layer)) for layer in start) == 1.0 for start in starts)


def test_a_search_sees_a_bound_that_is_too_large(monkeypatch):
    true = study.combine
    monkeypatch.setattr(study, "combine", lambda ends, depth: 1.01 * true(ends, depth))
    monkeypatch.setattr(study, "STARTS", 1)
    assert min(study.cell(shape="1-2-2-1", block=0)["reached"]) == pytest.approx(1 / 1.01, rel=1e-6)
