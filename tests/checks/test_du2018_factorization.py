"""The checks of pages 22 and 24 at small sizes: their status, their controls, planted slips seen."""

import json

import numpy as np
import pytest

from flowbounds.bounds import coercivity, stationary_points
from flowbounds.checks import du2018_factorization as gradients
from flowbounds.checks import du2018_figure1 as figure1
from flowbounds.checks import du2018_landscape as landscape
from flowbounds.checks import du2018_stationary as stationary
from flowbounds.checks import factorization_cases as cases
from flowbounds.models import factorization as model
from flowbounds.models import factorization_curvature as hessian


def rng(seed=1):
    return np.random.default_rng(seed)


SMALL = {
    "eq2": lambda: gradients.eq2(draws=1, rng=rng()),
    "eq3": lambda: gradients.eq3(draws=1, rng=rng()),
    "coercive": lambda: landscape.coercive(draws=8, rng=rng()),
    "landscape": lambda: landscape.landscape(starts=3, steps=1500, points=8, rng=rng()),
    "fig1a": lambda: figure1.fig1a(seeds=[0], steps=600),
    "fig1b": lambda: figure1.fig1b(seeds=[0], steps=600),
    "lemma": lambda: stationary.lemma(draws=12, rng=rng()),
    "curvature": lambda: stationary.curvature(draws=12, rng=rng()),
}
STATUS = {
    "coercive": "tight",
    "curvature": "tight",
    "landscape": "corrected",
    "fig1a": "consistent on the grid",
    "fig1b": "consistent on the grid",
}
WITHOUT_CONTROL = {"landscape", "fig1a"}  # kinds that need none


@pytest.mark.parametrize("name", SMALL)
def test_status_and_controls(name):
    evidence = SMALL[name]()
    assert evidence.status == STATUS.get(name, "holds")
    assert evidence.all_controls or name in WITHOUT_CONTROL
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("name", ["eq2", "eq3"])
def test_a_gradient_off_by_a_millionth_is_seen(monkeypatch, name):
    true = model.gradient
    monkeypatch.setattr(
        gradients.model, "gradient", lambda U, V, M, **w: tuple((1 + 1e-6) * g for g in true(U, V, M, **w))
    )
    assert SMALL[name]().status in {"fails", "inconclusive"}


def test_a_hessian_without_its_residual_is_seen(monkeypatch):
    true = hessian.hessian_matrix
    monkeypatch.setattr(gradients.hessian, "hessian_matrix", lambda U, V, M, **w: 1.001 * true(U, V, M, **w))
    assert SMALL["eq2"]().status == "fails"


@pytest.mark.parametrize("share", [0.9, 0.99])
def test_a_smaller_norm_bound_is_seen(monkeypatch, share):
    true = coercivity.norm_bound
    monkeypatch.setattr(landscape.coercivity, "norm_bound", lambda *given: share * true(*given))
    assert SMALL["coercive"]().status == "fails"


def test_a_smoothness_bound_that_is_too_small_is_seen(monkeypatch):
    true = coercivity.smoothness_on_sublevel
    monkeypatch.setattr(landscape.coercivity, "smoothness_on_sublevel", lambda *given: 0.1 * true(*given))
    assert SMALL["landscape"]().margin < 0


def test_descents_that_stop_at_a_saddle_are_seen(monkeypatch):
    true = landscape.descend
    monkeypatch.setattr(
        landscape, "descend", lambda start, f, steps, **o: true([1e-30 * x for x in start], f, 5, **o)
    )
    assert SMALL["landscape"]().margin < 0


def test_a_limit_that_asks_for_too_much_is_seen(monkeypatch):
    monkeypatch.setattr(stationary.bounds, "curvature_limits", lambda s, e: (-s, -s * s / np.hypot(s, e / 2)))
    assert SMALL["curvature"]().status == "fails"


def test_points_that_are_not_saddles_are_seen(monkeypatch):
    monkeypatch.setattr(stationary, "survey", lambda draws, rng: [cases.beyond_the_rank()] * 3)
    assert SMALL["lemma"]().status == "fails"
    assert SMALL["curvature"]().status == "fails"


def test_a_wrong_eigenvector_is_seen_by_the_second_route(monkeypatch):
    true = hessian.smallest_curvature
    monkeypatch.setattr(
        cases.hessian,
        "smallest_curvature",
        lambda U, V, M, **w: (1.05 * true(U, V, M, **w)[0], *true(U, V, M)[1:]),
    )
    assert SMALL["lemma"]().error > 1e-3


def test_points_that_are_not_stationary_are_seen(monkeypatch):
    true = cases.stationary_points.stationary_point

    def careless(*given, **options):
        U, V = true(*given, **options)
        return U + 0.01, V

    monkeypatch.setattr(cases.stationary_points, "stationary_point", careless)
    assert SMALL["lemma"]().status == "inconclusive"
    assert SMALL["curvature"]().error > 1e-3


def test_a_descent_that_does_not_arrive_is_seen():
    assert figure1.fig1a(seeds=[0], steps=60).margin < 0.5


def test_a_ratio_that_moves_is_seen(monkeypatch):
    monkeypatch.setattr(figure1, "NEARLY_BALANCED", figure1.OTHER_STARTS["U0 thirty times larger"])
    assert SMALL["fig1b"]().status == "fails"


def test_the_survey_has_every_family_balanced_points_and_ties():
    points = cases.survey(12, rng())
    assert {p.family for p in points} == set(cases.FAMILIES)
    assert any(p.e < 1e-9 for p in points)
    assert any(p.e > p.s for p in points)
    assert max(p.slope for p in points) < 1e-12
    assert all(p.s > 0.1 for p in points)
    limits = [stationary_points.curvature_limits(p.s, p.e) for p in points]
    assert all(
        low - 1e-9 <= p.curvature <= high + 1e-9 for (low, high), p in zip(limits, points, strict=True)
    )
