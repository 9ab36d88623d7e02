"""Many columns at one growth against the closed form of single columns."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics import tensor_power
from flowbounds.dynamics.frozen_crossing import misalignment_at_growth
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions


@pytest.mark.parametrize(("d", "r", "lam"), [(4, 4, 0.0), (4, 2, 0.0), (10, 5, 0.016), (3, 1, 0.1)])
@pytest.mark.parametrize("log_growth", [0.5, 3.0, 60.0])
def test_agrees_column_by_column(d, r, lam, log_growth):
    u = uniform_directions(d, 25, np.random.default_rng(d + r))
    a = geometric_weights(r, 1.3)
    q, t = misalignment_at_growth(u, a, log_growth, lam=lam)
    for j in range(25):
        p0 = u[:, j] ** 2 / np.sum(u[:, j] ** 2)
        time = tensor_power.growth_time(p0, a, log_growth, lam=lam)
        assert t[j] == pytest.approx(time, rel=1e-9)
        squares = np.sort(tensor_power.solve(p0, a, time, lam=lam)[0])
        assert q[j] == pytest.approx(squares[:-1].sum(), rel=1e-6)


def test_more_growth_is_better_alignment_and_takes_longer():
    u = uniform_directions(6, 200, np.random.default_rng(2))
    a = geometric_weights(6, 1.2)
    results = [misalignment_at_growth(u, a, level) for level in (1.0, 2.0, 4.0)]
    for (q1, t1), (q2, t2) in pairwise(results):
        assert (q2 < q1).all()
        assert (t2 > t1).all()


def test_who_never_grows_says_so():
    q, t = misalignment_at_growth(np.eye(2), [0.5, 0.1], 2.0, lam=0.3)
    assert np.isfinite(q[0])
    assert np.isnan(q[1])
    assert t[1] == np.inf
    q, t = misalignment_at_growth(np.eye(3)[:, 2:], [0.5, 0.1], 2.0)  # no pull at all
    assert np.isnan(q[0])
    with pytest.raises(HypothesisError, match="log_growth"):
        misalignment_at_growth(np.eye(2), [0.5, 0.1], 0.0)
