"""The checks of page 27 at small sizes: they hold, their controls do not, planted slips are seen."""

import json
from math import comb

import numpy as np
import pytest

from flowbounds.bounds import lazy
from flowbounds.bounds import tangent_space as space
from flowbounds.checks import tangent_cases as cases
from flowbounds.checks import wang2020_lazy as checks
from flowbounds.checks import wang2020_lazy_descent as runs
from flowbounds.dynamics import lazy_descent as module
from flowbounds.models.tensor_ensembles import uniform_directions


def rng(seed=1):
    return np.random.default_rng(seed)


SIZES = {"drawn": ((3, 4, 3), (4, 3, 3)), "solved": ((3, 3, 2),), "sharp": ((3, 4, 4),)}
SMALL = {
    "dimension": lambda: checks.dimension(dimensions={3: (3, 5), 4: (3,)}, rng=rng()),
    "spectrum": lambda: checks.spectrum(sizes=((3, 2), (4, 3))),
    "theorem1": lambda: checks.theorem1(sizes=((3, 5), (4, 3)), rng=rng()),
    "residual": lambda: checks.residual(**SIZES, rng=rng()),
    "descent": lambda: runs.descent(sizes=((3, 4, 2), (4, 3, 2)), targets=3, free=1000, rng=rng()),
    "enough": lambda: runs.enough(sizes=((3, 3),), targets=2, steps=1500, rng=rng(2)),
}
STATUS = {"residual": "tight", "descent": "consistent on the grid", "enough": "consistent on the grid"}


@pytest.mark.parametrize("name", SMALL)
def test_holds_and_its_controls_do_not(name):
    evidence = SMALL[name]()
    assert evidence.status == STATUS.get(name, "holds")
    assert name == "residual" or evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


def test_a_lost_exception_is_seen(monkeypatch):
    monkeypatch.setattr(lazy, "EXCEPTIONS", lazy.EXCEPTIONS - {(3, 5, 7)})
    assert SMALL["dimension"]().status == "fails"


def test_an_exception_too_many_is_seen(monkeypatch):
    monkeypatch.setattr(lazy, "EXCEPTIONS", lazy.EXCEPTIONS | {(4, 3, 4)})
    assert SMALL["dimension"]().status == "fails"


@pytest.mark.parametrize("factor", [1 + 1e-12, 1.01])
def test_a_wrong_eigenvalue_is_seen(monkeypatch, factor):
    true = lazy.moment_spectrum
    monkeypatch.setattr(
        lazy,
        "moment_spectrum",
        lambda *size: [(n, value * (factor if n == 3 else 1), count) for n, value, count in true(*size)],
    )
    assert SMALL["spectrum"]().status != "holds"


@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_a_floor_two_per_cent_off_is_seen(monkeypatch, factor):
    """Too high is a violation; too low is not, but then it is not attained."""
    true = lazy.spectral_bound
    monkeypatch.setattr(lazy, "spectral_bound", lambda *size: factor * true(*size))
    assert SMALL["residual"]().status == "fails"


def test_a_constant_twice_as_good_is_seen(monkeypatch):
    """A bound on m that asks for twice as many components."""
    monkeypatch.setattr(checks, "comb", lambda n, k: 2 * comb(n, k))
    assert SMALL["theorem1"]().status == "fails"


def test_a_wrong_tangent_space_is_seen_by_the_second_route(monkeypatch):
    true = space.tangent_columns

    def careless(U, order):
        return true(U, order)[:, :-1]  # one direction lost: the floor is higher, the bound would pass

    monkeypatch.setattr(space, "tangent_columns", careless)
    assert checks.theorem1(sizes=((3, 4), (3, 6)), rng=rng()).status == "inconclusive"
    assert SMALL["residual"]().error > 0.1


def test_descent_with_a_wrong_force_is_seen(monkeypatch):
    true = module._residual_contraction

    def another_target(V, V0, c, U, scale, order):
        return true(V, V0, c, 1.1 * U, scale, order)

    monkeypatch.setattr(module, "_residual_contraction", another_target)
    assert SMALL["descent"]().status == "fails"


def test_a_start_that_cannot_land_is_counted():
    evidence = runs.descent(sizes=((3, 4, 2), (3, 5, 5)), targets=3, free=500, limit=8, rng=rng())
    assert 0 < evidence.vacuous <= evidence.instances


@pytest.mark.parametrize(("order", "d", "m"), [(3, 5, 4), (4, 4, 6), (5, 3, 4), (2, 4, 2)])
def test_both_routes_to_the_expected_distance_agree(order, d, m):
    U, stars = uniform_directions(d, m, rng()), uniform_directions(d, 4, rng(2))
    assert cases.gram_route(U, order) == pytest.approx(space.expected_distance_squared(U, order), abs=1e-9)
    expected = [lazy.distance_squared(U, star[:, None], [1.0], order) for star in stars.T]
    np.testing.assert_allclose(cases.distance_by_gram(U, stars, order), expected, atol=1e-9)


def test_exact_ranks_of_known_tables():
    table = np.array([[1, 2, 3, 4], [2, 4, 6, 8], [0, 0, 1, 1]])
    assert cases.pivots(table, 1) == [1, 1, 2, 2]
    assert cases.pivots(np.eye(4, dtype=np.int64), 2) == [2, 4]
    assert cases.exact_ranks(4, 3, 6, rng()) == [3, 6, 9, 12, 14, 15]


def test_a_solver_finds_what_a_basis_attains():
    U = cases.least_expected(3, 3, 3, rng())
    assert space.expected_distance_squared(U, 3) == pytest.approx(lazy.lower_bound(3, 3, 3), rel=1e-4)


def test_patterns_are_components():
    for name, U in cases.structured(4, 3):
        assert U.shape == (4, 3), name
        assert np.all(np.isfinite(U))
    assert len(list(cases.structured(3, 12))) == 2
