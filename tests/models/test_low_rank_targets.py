"""Random targets of low rank: norm one, the span they claim, and what they refuse."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.models.low_rank_targets import KINDS, low_rank_target, span_dimension


def dense(U, c, order):
    """The tensor as an array."""
    total = 0.0
    for u, weight in zip(U.T, c, strict=True):
        array = weight * np.ones(())
        for _ in range(order):
            array = np.multiply.outer(array, u)
        total = total + array
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("r", [3, 5])
def test_norm_span_and_unit_components(kind, order, r):
    U, c = low_rank_target(kind, r, 6, order, np.random.default_rng(r))
    assert np.linalg.norm(dense(U, c, order)) == pytest.approx(1, abs=1e-8)
    np.testing.assert_allclose(np.linalg.norm(U, axis=0), 1, rtol=1e-14)
    assert np.linalg.matrix_rank(U) == span_dimension(kind, r)
    assert not U[span_dimension(kind, r) :].any()
    np.testing.assert_allclose(np.abs(c), np.abs(c[0]))


def test_dependent_components_are_dependent_and_orthonormal_ones_are_not():
    assert span_dimension("dependent", 5) == 3 < 5 == span_dimension("gaussian", 5)
    U, c = low_rank_target("orthonormal", 3, 4, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(U.T @ U, np.eye(3))
    assert (c > 0).all()


def test_signs_of_both_kinds_occur():
    rng = np.random.default_rng(1)
    signs = [np.sign(low_rank_target("gaussian", 2, 4, 3, rng)[1]) for _ in range(20)]
    assert {-1.0, 1.0} == set(np.ravel(signs))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sparse", 3, 6, 3), "kind"),
        (("dependent", 2, 6, 3), "r must"),
        (("gaussian", 5, 4, 3), "d must"),
        (("gaussian", 2, 4, 1), "order"),
    ],
)
def test_refusals(arguments, named):
    with pytest.raises(HypothesisError, match=named):
        low_rank_target(*arguments, np.random.default_rng(0))
