"""Claim 2 in closed form: against the gradient, against exact fractions, and its trade-off."""

from fractions import Fraction

import numpy as np
import pytest

from flowbounds.bounds.induction import claim2_derivative, claim2_mass_limit
from flowbounds.checks.ge2021_stability import claim2_bracket


@pytest.mark.parametrize("alpha", [1e-8, 0.02, 0.3, 0.7])
@pytest.mark.parametrize("w2", [0.0, 0.55, 1.0])
def test_formula_is_the_gradients_rate_whatever_the_small_mass(alpha, w2):
    for v2 in (1e-9, 0.4):
        bracket = claim2_bracket(alpha, v2, max(w2, 1e-30), -1, np.array([0.3, -1.0, 2.0]))
        assert 8 * alpha * (1 - alpha) * bracket == pytest.approx(
            claim2_derivative(alpha, w2), rel=1e-12, abs=1e-15
        )


def test_formula_in_exact_fractions():
    """The rate from equation (1) with rational coordinates: alpha = 9/25, so that the head is 4/5."""
    head, tail, W, V = Fraction(4, 5), Fraction(3, 5), Fraction(2, 3), Fraction(1, 7)
    tau = head**2 - tail**2
    along = head**3 - V * head - W * tau**3 * head  # R(v^3, I)_k
    across = -V * tail + W * tau**3 * tail
    rate = 8 * (along * head * tail**2 - head**2 * tail * across)
    assert claim2_derivative(0.36, 2 / 3) == pytest.approx(float(rate), rel=1e-14)


def test_same_side_leaves_only_the_pull():
    for alpha in (0.001, 0.1, 0.5):
        bracket = claim2_bracket(alpha, 0.1, 0.7, +1, np.array([1.0, 0.0]))
        assert bracket == pytest.approx(1 - alpha, rel=1e-12)  # rate 8 alpha (1 - alpha)^2


@pytest.mark.parametrize(("c2", "c1"), [(0.0, 1 / 6), (0.02, 0.1128290), (0.04, 0.0502455)])
def test_threshold_curve(c2, c1):
    assert claim2_mass_limit(c2) == pytest.approx(c1, abs=1e-6)
    if c2:
        assert abs(claim2_derivative(c2, 2 / 3 - claim2_mass_limit(c2))) < 1e-15


def test_no_mass_limit_is_left_where_the_cubic_says():
    """3 (1 - x) = 4 (1 - 2x)^3 at the c2 where c1 = 0."""
    roots = np.roots([-32, 48, -21, 1])
    end = float(min(r.real for r in roots if abs(r.imag) < 1e-12))
    assert claim2_mass_limit(end) == pytest.approx(0, abs=1e-12)
    assert end == pytest.approx(0.0540577, abs=1e-6)
