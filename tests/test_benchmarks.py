"""The benchmarks run, and refuse to compare ways to different results; their times are no test."""

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def beside_the_script(monkeypatch):
    """The modules find each other as they do when the script is run."""
    monkeypatch.syspath_prepend(FOLDER)
    yield
    for name in ("alternate", "cases", "run"):
        sys.modules.pop(name, None)


def test_every_case_runs_and_both_ways_agree(capsys):
    import run

    run.main(tiny=True, rounds=1)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("plain time / fast time")
    assert [word for word in ("contraction", "Gram", "eigenvalue", "rank-one") if word not in str(said)] == []


def test_a_fast_way_to_something_else_is_refused():
    import alternate

    wrong = alternate.Case("halved", lambda: np.ones(3), lambda: 2 * np.ones(3), tolerance=1e-12)
    with pytest.raises(ValueError, match=r"halved: the two results differ by 5\.0e-01"):
        alternate.time(wrong, rounds=1, least=0.0)


def test_a_ratio_is_plain_over_fast():
    import alternate

    slow = alternate.Case("slow", lambda: 1.0, lambda: float(np.sum(np.ones(10**6))) / 10**6, tolerance=1e-12)
    timing = alternate.time(slow, rounds=3, least=0.0)
    assert timing.lowest <= timing.ratio <= timing.highest
    assert timing.difference <= 1e-12
