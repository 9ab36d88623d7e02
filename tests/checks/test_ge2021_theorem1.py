"""Theorem 1's check and its study: the records against an independent table, planted slips are seen."""

from statistics import median

import pytest

from flowbounds.checks import ge2021_theorem1 as theorem1
from flowbounds.dynamics.sweep import load
from flowbounds.studies.theorem1 import ROWS, SEEDS, STUDY, cell

# Median epochs of an independent implementation, three draws a row (one for the larger ones)
REFERENCE = (2, 3, 3, 3, 3, 4, 2, 4, 2, 3, 5, 2, 2, 2, 3)


@pytest.fixture(scope="module")
def records():
    return load(STUDY)


def draws(row, records):
    return [one for one in records if vars(row).items() <= one.items()]


@pytest.mark.parametrize("number", range(len(REFERENCE)))
def test_median_epochs_agree_with_the_reference(number, records):
    epochs = [one["epochs"] for one in draws(ROWS[number], records)]
    assert len(epochs) == len(SEEDS)
    assert abs(median(epochs) - REFERENCE[number]) <= 1


def test_every_wide_row_meets_the_theorem_and_proposition_1(records):
    wide = theorem1.widest(records)
    assert len(wide) == 180
    assert all(one["error"] <= 1 and one["epochs"] <= one["allowed"] for one in wide)
    assert all(one["individual"] <= 1 and one["average"] <= 1 for one in wide)
    assert all(one["gap_low"] >= 1 / 6 and one["gap_high"] <= 1 for one in wide)
    assert not any(one["misaligned"] or one["exhausted"] or one["epoch_limit"] for one in wide)
    binding = [one for one in wide if one["binding"]]
    assert 0 < len(binding) < len(wide)
    assert {one["family"] for one in binding} >= {"steep", "geometric"}
    outside = {one["d"] for one in wide if one["small_weights"]}
    assert outside == {10}


def test_the_evidence_stands_on_all_records(records):
    evidence = theorem1.thm1(records=records)
    assert evidence.status == "consistent on the grid"
    assert evidence.instances == 180
    assert evidence.constants["draws that lost a target at half the width"] >= 1
    for name, result in evidence.all_controls:
        assert evidence.violates(result), name
    assert not evidence.violates(evidence.tried[0][1])


@pytest.mark.parametrize(
    "slip",
    [{"error": 1.2}, {"exhausted": 1}, {"epoch_limit": 1}, {"epochs": 99}],
    ids=lambda slip: next(iter(slip)),
)
def test_one_bad_record_is_seen(records, slip):
    spoilt = [dict(one) for one in theorem1.widest(records)]
    spoilt[7] |= slip
    assert min(map(theorem1._slack, spoilt)) < 0


def test_a_record_can_be_repeated(records):
    again = cell(**vars(ROWS[0]), seed=100)
    stored = draws(ROWS[0], records)[0]
    assert all(stored[key] == pytest.approx(value, rel=STUDY.rtol) for key, value in again.items())


def test_error_at_rest_follows_its_law():
    error, law = theorem1.resting_error(1.9, 0, epochs=5)
    assert error == pytest.approx(law, rel=1e-6)
