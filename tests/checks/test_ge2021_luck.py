"""Definition 2, luck, and Lemmas 5 and 6.3: what each check reports, and the slips it sees."""

import json
from dataclasses import replace

import numpy as np
import pytest

from flowbounds.bounds.induction import DeflationConstants
from flowbounds.bounds.luck import Classes
from flowbounds.checks import ge2021_lemma5 as lemma5
from flowbounds.checks import ge2021_luck as luck
from flowbounds.checks import ge2021_preserved as preserved
from flowbounds.checks import ge2021_two_ends as ends
from flowbounds.dynamics.lucky_columns import LastEpoch, RepeatedPath
from flowbounds.validation import HypothesisError

ONE = ((5, 5, 40),)
FAR = (10**3, 10**4, 10**5, 10**7)


def rng():
    return np.random.default_rng(0)


SMALL = {
    "def2": (lambda: luck.classes(dimensions=(3, 6), draws=2, rng=rng()), "corrected"),
    "lucky": (
        lambda: luck.lucky(dimensions=(10, 20), draws=50, large=FAR, rng=rng()),
        "fails at these sizes",
    ),
    "5.1": (lambda: lemma5.unlucky(sizes=ONE, large=FAR), "fails at these sizes"),
    "5.2": (lambda: lemma5.discover(sizes=ONE, large=FAR), "fails at these sizes"),
    "5.3": (lambda: lemma5.aligned(sizes=ONE, large=FAR), "holds"),
    "6.3": (lambda: preserved.preserved(sizes=ONE, large=FAR), "fails at these sizes"),
}


def starts(evidence):
    """The dimension from which it holds, as a number; None if there is none."""
    return evidence.holds_from and float(evidence.holds_from.split()[2])


@pytest.mark.parametrize("name", SMALL)
def test_status_and_controls(name):
    check, status = SMALL[name]
    evidence = check()
    assert evidence.status == status
    assert abs(evidence.margin) > 10 * evidence.error
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    assert bool(evidence.all_controls) == (name != "6.3")
    json.dumps(evidence.published(), allow_nan=False)


def test_dimensions_from_which_they_hold():
    """On a coarse grid; Lemma 5.2 holds at 1e3 and not at 1e4, so that 1e3 does not count."""
    assert starts(SMALL["lucky"][0]()) == 1e4
    assert starts(SMALL["5.1"][0]()) == 1e7
    assert starts(SMALL["5.2"][0]()) == 1e5
    assert starts(SMALL["6.3"][0]()) == 1e7


def test_luck_with_its_own_constants_at_a_lucky_size():
    """x = 3 at d = 20 leaves no room for bad columns; m of 4 d log d is too few for good ones."""
    wide = replace(DeflationConstants.separated(), c1=1 / 24)
    evidence = luck.lucky(dimensions=(20,), constants=wide, draws=50, large=FAR, rng=rng())
    assert evidence.constants["share of bad columns, d = 20"] < 1e-6
    assert evidence.status == "fails at these sizes"


def test_a_growing_grid_moves_no_dimension_up():
    """The first dimension depends on the grid's spacing and not on where the grid ends."""
    coarse, fine = ends.Asymptotics(), (10**5, 10**6, 10**7, 10**9)
    assert coarse.first(fine, lemma5.unlucky_far) == coarse.first(fine[:-1], lemma5.unlucky_far)
    assert coarse.first((10**3,), lemma5.unlucky_far) is None


def test_a_definition_that_forgets_the_others_is_seen(monkeypatch):
    true = luck.classify

    def forgetful(squares, gamma, small, *, c_rho):
        sets = true(squares, gamma, small, c_rho=c_rho)
        return Classes(sets.potential, sets.potential, sets.bad)

    monkeypatch.setattr(luck, "classify", forgetful)
    assert SMALL["def2"][0]().status == "fails"


def test_thresholds_that_ignore_the_fitted_are_seen(monkeypatch):
    true = luck.thresholds
    monkeypatch.setattr(luck, "thresholds", lambda a, d, t, *, lam, discovered: true(a, d, t, lam=lam))
    assert SMALL["def2"][0]().status == "fails"


def test_wrong_probabilities_are_seen(monkeypatch):
    """Bad columns forgotten: the exact law and the frequency part, and the margin is not resolved."""
    monkeypatch.setattr(luck, "failure", lambda *args: 0.0)
    assert SMALL["lucky"][0]().status == "inconclusive"


def test_forgotten_bad_columns_make_luck_too_easy(monkeypatch):
    true = luck.class_probabilities
    monkeypatch.setattr(luck, "class_probabilities", lambda *a, **k: (true(*a, **k)[0], 0.0))
    evidence = SMALL["lucky"][0]()
    assert not evidence.violates(dict(evidence.all_controls)["m = d^6, d = 1e+07"])


def test_a_residual_that_pulls_harder_moves_the_dimension(monkeypatch):
    """A lost factor: twice the rate brings every blow-up forward, and then nothing is unlucky."""
    true = RepeatedPath.of
    monkeypatch.setattr(RepeatedPath, "of", classmethod(lambda cls, p, a, n: true(p, 2 * a, n)))
    assert SMALL["5.1"][0]().status == "fails"


def test_a_regulariser_of_half_the_weight_hides_what_was_good(monkeypatch):
    true = ends.last_epoch
    monkeypatch.setattr(ends, "last_epoch", lambda d, eps, *more, **given: true(d, d**-0.5, *more, **given))
    assert lemma5.discover(sizes=ONE, large=FAR).status == "fails"


def test_a_phase_one_without_its_last_part_discovers_nothing(monkeypatch):
    true = LastEpoch.end.fget
    monkeypatch.setattr(LastEpoch, "end", property(lambda self: 0.9 * true(self)))
    assert lemma5.discover(sizes=ONE, large=FAR).holds_from is None


def test_passages_that_are_misaligned_are_seen(monkeypatch):
    """delta0 within a factor of two of delta1 in the runs themselves."""
    true = ends.modified_flow

    def hasty(*args, **given):
        before = true(*args, **{**given, "max_epochs": 0}).parameters
        near = replace(before, log_delta0=before.log_delta1 - np.log(2))
        return true(*args, **{**given, "max_epochs": 1, "parameters": near})

    monkeypatch.setattr(ends, "modified_flow", hasty)
    ends.cached_run.cache_clear()
    try:
        assert SMALL["5.3"][0]().status == "fails"
    finally:
        ends.cached_run.cache_clear()


def test_a_second_integration_that_disagrees_leaves_it_open(monkeypatch):
    """The looser run gives another margin: the error exceeds a tenth of it."""
    true = lemma5.discover_seen

    def noisy(seen, due=False):
        value = true(seen, due)
        return value + 0.2 if all(seen.epoch is not one for one in seen.run.history) else value

    monkeypatch.setattr(lemma5, "discover_seen", noisy)
    assert lemma5.discover(sizes=ONE, large=FAR).status == "inconclusive"


def test_an_empty_claim_is_vacuous(monkeypatch):
    monkeypatch.setattr(lemma5, "discover_seen", lambda seen, due=False: None)
    assert lemma5.discover(sizes=ONE, large=FAR).status == "vacuous here"


def test_the_norm_of_phase_two_is_kept_where_the_weights_are_large():
    """At fixed eps lam (t2 - t1) falls, and the norm is kept in the end; at eps = 1/sqrt(d) it never is."""
    use = ends.Asymptotics()
    kept = [preserved.norm_kept_far(use.at(d)) for d in (10**8, 10**9)]
    assert kept[0] < kept[1]
    assert kept[1] > 0.9
    assert all(preserved.norm_kept_far(use.at(d, eps=d**-0.5)) < -5 for d in (10**6, 10**9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lemma5.unlucky(eps=-1.0, sizes=ONE), "eps must be finite and in"),
        (lambda: lemma5.aligned(sizes=ONE, alphas=(2.0,)), "alpha must be finite and in"),
        (lambda: luck.lucky(dimensions=(5,), rng=rng()), "d must be an integer, at least 10"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
