"""Rates of one instant against differences of the flow, steps of the proofs, and Lemma 7's two forms."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds import local_stability, stability_constants
from flowbounds.bounds.local_stability import mass_growth_bound, stability_rates
from flowbounds.bounds.phases import gap_time
from flowbounds.checks.ge2021_average import average_loss, common_lean, mass_slack
from flowbounds.checks.ge2021_stability import individual_loss
from flowbounds.checks.stability_states import (
    opposite_pair,
    random_states,
    rare_member,
    rates_from_gradient,
)
from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import uniform_directions

RNG = np.random.default_rng(7)
U = uniform_directions(5, 4, RNG)
RHO = RNG.normal(-1, 0.3, size=4)
A = np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("k", [0, 1, 4])
def test_rates_are_differences_along_the_flow(k):
    W, held, lam, h = U * np.exp(RHO), [0, 2], 0.1, 1e-5
    step = -h * tensor_fit.gradient(W, A, lam=lam)

    def measure(W):
        mass = np.sum(W * W, axis=0)
        return W[k] ** 2 / mass, np.sum(W[k, held] ** 2) / mass[held].sum(), mass[held].sum()

    ahead, behind = measure(W + step), measure(W - step)
    state = stability_rates(RHO, U, A, held, k, lam=lam)
    for late, early, rate in zip(
        ahead, behind, (state.individual, state.average, state.fitted_rate), strict=True
    ):
        np.testing.assert_allclose((late - early) / (2 * h), rate, atol=1e-9)  # h^2 and rounding / h
    np.testing.assert_allclose(state.average_distance, 1 - measure(W)[1], atol=1e-15)


def test_a_permutation_and_signs_change_nothing():
    order = np.array([2, 0, 3, 1])
    one = stability_rates(RHO, U, A, [0, 2], 1)
    other = stability_rates(RHO[order], -U[:, order], A, [1, 0], 1)
    assert other.average == pytest.approx(float(one.average), abs=1e-15)
    np.testing.assert_allclose(other.individual, one.individual[order], atol=1e-15)


def test_rates_far_below_rounding_keep_their_digits():
    """One member against its own target: the rate is 8 a q (1 - q)^2, however small q is."""
    for q in (1e-4, 1e-20, 1e-100):
        u = np.array([[np.sqrt(1 - q)], [np.sqrt(q)]])
        state = stability_rates([-2.0], u, [0.7], [0], 0)
        np.testing.assert_allclose(state.average, 8 * 0.7 * q * (1 - q) ** 2, rtol=1e-13)


def test_batches_are_the_single_states():
    states = random_states(3, 0.01, np.random.default_rng(1))
    found = states.rates(0.2)
    for n in range(3):
        members = np.flatnonzero(states.members[n])
        one = stability_rates(states.log_norms[n], states.u[n], states.a[n], members, 0, lam=0.2)
        np.testing.assert_allclose(found.individual[n], one.individual, rtol=1e-9, atol=1e-16)
        np.testing.assert_allclose(found.average[n], one.average, rtol=1e-9, atol=1e-16)
        np.testing.assert_allclose(found.fitted_rate[n], one.fitted_rate, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 1e-2, 1e-4])
def test_drawn_states_are_within_proposition_1(alpha):
    states = random_states(300, alpha, np.random.default_rng(2), least_gap=0.01)
    found = states.rates()
    assert np.all(found.distance[states.members > 0] <= alpha * (1 + 1e-12))
    assert np.all(found.average_distance <= alpha**2 * (1 + 1e-12))
    assert np.max(found.average_distance) > 0.99 * alpha**2, "the hypothesis must be used up"
    gap = states.a[:, 0] - found.fitted
    assert np.all(gap >= 0.01 - 1e-12)
    free = np.exp(2 * states.log_norms[:, -2:]).sum(axis=1)
    np.testing.assert_allclose(free, alpha**3, rtol=1e-12)
    both = rates_from_gradient(states.only(np.arange(20)), 0.1)
    np.testing.assert_allclose(both[1], found.average[:20], atol=1e-9 * alpha**3)


@pytest.mark.parametrize("alpha", [0.05, 1e-2, 1e-3])
def test_the_closed_forms_of_the_extreme_states(alpha):
    assert average_loss(rare_member(alpha))[0] / alpha**3 == pytest.approx(
        8 * (1 + alpha / 2 - alpha**2 / 2), abs=1e-7
    )
    # one member: R(u^4) = (1 - q)^2 - ahat, so the shortfall of Lemma 7 is 8 q - 4 q^2
    q, gap, lam = alpha**2, 0.01, 0.02
    slack = float(mass_slack(common_lean(alpha, gap), alpha, lam)[0])
    unit = stability_constants.mass_constant([1.0], 0, alpha) * q
    assert (1 - slack) * unit == pytest.approx(8 * q - 4 * q * q, rel=1e-6)
    # a probe against an opposite bulk, tau = <v, w>
    c, b = np.sqrt(1 - alpha), np.sqrt(1 - q)
    tau = c * b - np.sqrt(alpha * q)
    loss = 8 * gap * alpha - 8 * c**4 * alpha + 8 * (1 - gap) * c * tau**3 * (b - c * tau)
    assert individual_loss(opposite_pair(alpha, gap))[0, 1] == pytest.approx(loss, rel=1e-6)


def test_constants_tend_to_what_the_extreme_states_attain():
    alpha = 1e-6
    pair = np.max(individual_loss(opposite_pair(alpha, np.sqrt(alpha)))) / alpha**1.5
    assert pair == pytest.approx(stability_constants.individual_constant([1.0], 0, 0.0), rel=3e-3)
    rare = average_loss(rare_member(alpha))[0] / alpha**3
    assert rare == pytest.approx(stability_constants.average_constant([1.0], 0, 0.0), rel=1e-5)


def test_the_fitted_set_takes_nothing_from_its_average():
    """The step of the proof that needs alpha <= 1/20: the fitted mass's own term G is not positive."""
    rng = np.random.default_rng(5)
    for alpha in (0.05, 0.01, 1e-3):
        states = random_states(500, alpha, rng)
        for u, rho, member in zip(states.u, states.log_norms, states.members, strict=True):
            u, share = u[:, member > 0], np.exp(2 * rho[member > 0])
            share = share / share.sum()
            tau, y = u.T @ u, u[1:].T @ u[1:]
            q = np.sum(u[1:] ** 2, axis=0)
            mean = share @ q
            G = -0.5 * (share @ ((1 - tau**4) * (q[:, None] + mean)) @ share) - share @ (y * tau**3) @ share
            assert G <= 0


def test_the_largest_push_of_a_stray_component():
    """max over tau of c tau^3 (y - c tau) is (27/256) y^4 / c^2: the short bound of the proof."""
    tau = np.linspace(-1, 1, 20001)
    for c, y in ((0.95, 0.3), (0.99, 1.0), (0.9, 0.01)):
        top = np.max(c * tau**3 * (y - c * tau))
        assert top <= 27 / 256 * y**4 / c**2 * (1 + 1e-12)
    assert top > 0


def test_the_printed_bracket_is_half_and_follows_from_lambda_over_two():
    lam = 0.06
    for gap in np.linspace(0, 1, 51):
        exact, printed = mass_growth_bound(gap, lam), mass_growth_bound(gap, lam, printed=True)
        assert exact == pytest.approx(2 * printed)
        assert (exact >= printed - 1e-15) == (gap >= lam / 2)
    assert mass_growth_bound(lam / 6, lam, printed=True) - mass_growth_bound(lam / 6, lam) == pytest.approx(
        2 / 3 * lam
    )


def test_lemma_7_ends_where_its_equation_does():
    """Follow equality in the bound from delta1^2 for the predicted time: the gap is lambda."""
    a, lam, rest, log_delta1 = 0.5, 0.05, 0.004, -6.0
    time = gap_time(a, lam + rest / 2, 2 * log_delta1, lam)
    limit = a - lam / 2 - rest / 4
    start = np.exp(2 * log_delta1)
    x = limit / (1 + (limit / start - 1) * np.exp(-4 * limit * time))
    assert a - x == pytest.approx(lam, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stability_rates(RHO, U, A, [0, 0], 0), "members must name each column once"),
        (lambda: stability_rates(RHO, U, A, [9], 0), "members must be an integer"),
        (lambda: stability_rates(RHO, U, A, [0], 5), "k must be an integer"),
        (lambda: stability_rates(RHO, U, np.ones(6), [0], 0), "a has 6 weights"),
        (lambda: stability_constants.average_constant(A, 0, 0.1), "alpha must be finite and in"),
        (lambda: stability_constants.individual_constant(A, 0, 0.3), "alpha must be finite and in"),
        (lambda: local_stability.mass_growth_bound(0.1, -1.0), "lam must be finite and in"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
