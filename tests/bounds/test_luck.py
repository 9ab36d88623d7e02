"""Definition 2, the bounds on unlucky components, and the exact probabilities of luck."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import beta

from flowbounds.bounds.luck import classify, thresholds, unlucky_bounds
from flowbounds.bounds.luck_probability import class_probabilities, joint_tail, luck_failure, lucky_widths
from flowbounds.dynamics import tensor_power
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import HypothesisError


def test_thresholds_are_blow_up_times_of_single_coordinates():
    """At Gamma the bound 1/p(0) - 8 a t reaches zero at t1', and lam takes the place of a fitted weight."""
    gamma = thresholds([0.5, 0.2], 3, 4.0, lam=0.01, discovered=[0])
    np.testing.assert_allclose(1 / gamma[:2] - 8 * np.array([0.01, 0.2]) * 4.0, 0.0, atol=1e-12)
    assert gamma[2] == np.inf
    assert thresholds([0.5], 1, 4.0, lam=0.0, discovered=[0]).tolist() == [np.inf]


def test_one_column_of_each_kind():
    """Thresholds 0.3: good needs 0.33 and nothing else above 0.27."""
    columns = np.array(
        [[0.5, 0.2, 0.3], [0.3, 0.2, 0.5], [0.25, 0.25, 0.5], [0.3, 0.26, 0.44], [0.2, 0.2, 0.6]]
    ).T
    columns[:, 1] = [0.3, 0.28, 0.42]
    small = np.array([True, True, True, True, False])
    sets = classify(columns, np.array([0.3, 0.3, np.inf]), small, c_rho=0.1)
    assert sets.good.any(axis=0).tolist() == [True, False, False, False, False]
    assert sets.potential.any(axis=0).tolist() == [True, True, False, True, False]
    assert sets.bad.tolist() == [False, True, False, False, False]


def test_the_bounds_on_unlucky_components_hold_for_any_column():
    """Deterministic: every start outside S_pot, typical or not, with unequal weights too."""
    rng = np.random.default_rng(0)
    for d in (5, 20, 60):
        a, waiting = rng.uniform(0.2, 1.0, d), 2.0
        gamma = thresholds(a, d, waiting, lam=0.0)
        share, log_growth = unlucky_bounds(0.1, 0.05)
        for shape in (0.05, 0.5, 5.0):
            p = np.clip(rng.dirichlet(np.full(d, shape)), 1e-12, None)
            p /= max(1.0, np.max(p / (0.9 * gamma)))  # just outside; the rest of the mass has no weight
            start, weights = np.append(p, 1 - p.sum()), np.append(a, 0.0)
            end, grown = tensor_power.solve(start / start.sum(), weights, 1.05 * waiting)
            assert np.all(end[:d] <= share * gamma * (1 + 1e-9))
            assert grown <= log_growth


def test_nothing_is_bounded_when_phase_one_is_long():
    assert unlucky_bounds(0.1, 0.2) == (np.inf, np.inf)


def pair_tail(d, theta):
    """P(p_1, p_2 >= theta) by a double integral of the Dirichlet density, one of them in closed form."""
    front = np.exp(gammaln(d / 2) - gammaln(0.5) - gammaln((d - 1) / 2))

    def inner(p):
        return front * p**-0.5 * (1 - p) ** ((d - 3) / 2) * beta.sf(theta / (1 - p), 0.5, (d - 2) / 2)

    return quad(inner, theta, 1 - theta, epsabs=0, epsrel=1e-11)[0]


@pytest.mark.parametrize(
    ("d", "theta", "rtol"), [(10, 0.2, 1e-6), (20, 0.2, 1e-9), (50, 0.3, 1e-9), (1000, 0.05, 1e-9)]
)
def test_exact_tails_against_beta_and_dirichlet(d, theta, rtol):
    assert joint_tail(d, 1, theta, 0, 1.0) == pytest.approx(float(beta.sf(theta, 0.5, (d - 1) / 2)), rel=rtol)
    assert joint_tail(d, 2, theta, 0, 1.0) == pytest.approx(pair_tail(d, theta), rel=rtol)


def test_a_million_dimensions_against_the_beta_tail():
    d, theta = 10**6, 8 * np.log(1e6) / 1e6
    assert joint_tail(d, 1, theta, 0, 1.0) == pytest.approx(float(beta.sf(theta, 0.5, (d - 1) / 2)), rel=1e-7)


def test_the_count_of_large_coordinates_adds_up():
    """sum_k P(K = k) = 1 and E K = r P(p_1 >= theta): the sum of positive terms is complete."""
    d, r, low = 30, 30, 0.09
    ways = [np.exp(gammaln(r + 1) - gammaln(k + 1) - gammaln(r - k + 1)) for k in range(12)]
    law = np.array([ways[k] * joint_tail(d, k, low, r - k, low) for k in range(12)])
    assert law.sum() == pytest.approx(1, rel=1e-10)
    assert law @ np.arange(12) == pytest.approx(r * float(beta.sf(low, 0.5, 14.5)), rel=1e-10)
    assert class_probabilities(d, r, 0.1, c_rho=0.1)[1] == pytest.approx(1 - law[0] - law[1], rel=1e-10)


def test_frequencies_agree():
    d, r, gamma = 20, 12, 0.25
    squares = uniform_directions(d, 200_000, np.random.default_rng(1)) ** 2
    level = np.where(np.arange(d) < r, gamma, np.inf)
    sets = classify(squares, level, np.ones(200_000, bool), c_rho=0.1)
    good, bad = class_probabilities(d, r, gamma, c_rho=0.1)
    assert sets.bad.mean() == pytest.approx(bad, abs=4 * np.sqrt(bad / 200_000))
    assert sets.good[:r].mean() == pytest.approx(good, abs=4 * np.sqrt(good / r / 200_000))


def test_edges_of_the_probabilities():
    assert joint_tail(20, 2, 0.5, 0, 1.0) == 0.0
    assert joint_tail(20, 0, 1.0, 5, 2.0) == pytest.approx(1, rel=1e-9)
    assert class_probabilities(20, 1, 0.2, c_rho=0.1)[1] == 0.0
    assert class_probabilities(20, 20, 0.95, c_rho=0.1) == (0.0, 0.0)
    assert luck_failure(0.0, 0.0, 3, 5.0) == (0.0, 1.0)
    assert luck_failure(1.0, 1.0, 3, 0.0) == (1.0, 0.0)
    assert luck_failure(1e-30, 1e-80, 3, 200.0)[0] == 1.0


def test_lucky_widths_are_the_ends_of_luck():
    for good, bad, r in ((1e-6, 1e-12, 50), (1e-15, 1e-20, 300), (1e-3, 0.0, 4)):
        low, high = lucky_widths(good, bad, r, 0.01)
        assert sum(luck_failure(good, bad, r, low)) == pytest.approx(0.01, rel=1e-6)
        if bad:
            assert sum(luck_failure(good, bad, r, high)) == pytest.approx(0.01, rel=1e-6)
        assert sum(luck_failure(good, bad, r, low + 0.1)) < 0.01 < sum(luck_failure(good, bad, r, low - 0.1))


def test_no_width_is_lucky_when_bad_is_as_likely_as_good():
    for pair in ((1e-6, 1e-6), (1e-6, 1e-9), (0.0, 0.0), (0.5, 1.0)):
        assert lucky_widths(*pair, 50, 0.001) == (np.inf, -np.inf)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: thresholds([0.5, 0.5], 1, 1.0, lam=0.0), "a has 2 weights but the dimension d is 1"),
        (lambda: thresholds([0.5], 1, 1.0, lam=0.0, discovered=[1]), "discovered must be an integer"),
        (lambda: joint_tail(9, 1, 0.1, 0, 1.0), "d must be an integer, at least 10"),
        (lambda: joint_tail(10, 6, 0.1, 5, 1.0), r"large \+ rest must be"),
        (lambda: unlucky_bounds(1.0, 0.0), "c_rho must be finite and in"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
