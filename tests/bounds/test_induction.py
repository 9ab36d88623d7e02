"""Constants of Theorem 1 against decimal arithmetic, lengths of epochs, and what is refused."""

from decimal import Decimal, getcontext

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.induction import (
    DeflationConstants,
    Theorem1Parameters,
    claim2_derivative,
    claim2_mass_limit,
    epoch_lengths,
    theorem1_parameters,
)

getcontext().prec = 40
SETS = (DeflationConstants.literal(), DeflationConstants.fast(), DeflationConstants.separated())


def by_decimals(d, eps, m, c):
    """The four numbers from 40 digits and no logarithms of products."""
    D = Decimal
    d_, eps_, root = D(d), D(repr(eps)), D(d).sqrt()
    lam = min(D(repr(c.lam_dimension)) * d_.ln() / d_, D(repr(c.lam_accuracy)) * eps_ / root)
    alpha = min(
        D(repr(c.alpha_dimension)) * lam / (d_ * root),
        D(repr(c.alpha_square)) * lam**2,
        D(repr(c.alpha_accuracy)) * eps_**2 / d_**4,
    )
    delta1 = D(repr(c.delta1)) * alpha * alpha.sqrt() / D(m).sqrt()
    delta0 = D(repr(c.delta0)) * delta1 * alpha / d_.ln().sqrt()
    return tuple(float(x) for x in (lam, alpha, delta1.ln(), delta0.ln()))


@pytest.mark.parametrize("constants", SETS)
@pytest.mark.parametrize(("d", "eps", "m"), [(2, 0.3, 1), (5, 0.3, 40), (10, 0.03, 100), (50, 1e-6, 4000)])
def test_parameters_in_forty_digits(d, eps, m, constants):
    p = theorem1_parameters(d, eps, m, constants=constants)
    found = (p.lam, p.alpha, p.log_delta1, p.log_delta0)
    np.testing.assert_allclose(found, by_decimals(d, eps, m, constants), rtol=1e-14)


def test_literal_is_the_default_and_an_overridden_alpha_carries_the_norms_along():
    assert theorem1_parameters(10, 0.1, 7) == theorem1_parameters(10, 0.1, 7, constants=SETS[0])
    p = theorem1_parameters(10, 0.1, 4, alpha=0.1)
    assert p.alpha == 0.1
    assert p.log_delta1 == pytest.approx(1.5 * np.log(0.1) - np.log(2))
    assert p.log_delta0 == pytest.approx(p.log_delta1 + np.log(0.1) - 0.5 * np.log(np.log(10)))


def test_epochs_lengthen_as_beta_shrinks():
    p = theorem1_parameters(10, 0.1, 100)
    parts = epoch_lengths(10, 0.5, p)
    np.testing.assert_allclose(epoch_lengths(10, 0.25, p), 2 * np.array(parts), rtol=1e-14)
    log_d = np.log(10)
    assert parts[0] / parts[1] == pytest.approx(log_d**2)
    assert parts[2] == pytest.approx(np.log(10 / p.alpha) / 0.5)
    assert parts[3] == pytest.approx(-(p.log_delta1 + np.log(p.lam)) / 0.5)


def test_without_a_regulariser_the_second_phase_drops_its_logarithm():
    p = Theorem1Parameters(0.0, 0.1, -10.0, -20.0)
    assert epoch_lengths(10, 0.5, p)[3] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (lambda: DeflationConstants(gamma=1.0), "gamma"),
        (lambda: DeflationConstants(c4=0.0), "c4"),
        (lambda: DeflationConstants(c_rho=np.nan), "c_rho"),
        (lambda: Theorem1Parameters(0.1, 1.0, -10.0, -20.0), "alpha"),
        (lambda: Theorem1Parameters(0.1, 0.5, -10.0, -10.0), "delta0 must be below delta1"),
        (lambda: Theorem1Parameters(0.1, 0.5, 1.0, -10.0), "log_delta1"),
        (lambda: theorem1_parameters(10, 0.0, 5), "eps"),
        (lambda: theorem1_parameters(1, 0.1, 5), "d "),
        (lambda: theorem1_parameters(10, 0.1, 0), "m "),
        (lambda: theorem1_parameters(10, 0.1, 5, constants=DeflationConstants(delta0=1e9)), "delta0"),
        (lambda: theorem1_parameters(10, 0.1, 5, alpha=1.5), "alpha"),
        (lambda: epoch_lengths(10, 0.5, Theorem1Parameters(1e9, 0.1, -10.0, -20.0)), "lam"),
    ],
)
def test_bad_constants_are_refused_by_name(made, named):
    with pytest.raises(HypothesisError, match=named):
        made()


@pytest.mark.parametrize(("c2", "c1"), [(0.0, 1 / 6), (0.02, 0.112829), (0.04, 0.050245)])
def test_claim_2_mass_limit(c2, c1):
    assert claim2_mass_limit(c2) == pytest.approx(c1, abs=1e-5)
    assert claim2_derivative(max(c2, 1e-9), 2 / 3 - c1 + 1e-5) < 0 < claim2_derivative(max(c2, 1e-9), 0.5)
