"""Questions about an epoch, answered a second time from the run's own records."""

import numpy as np
import pytest

from flowbounds.bounds.induction import DeflationConstants
from flowbounds.bounds.proposition1 import groups
from flowbounds.dynamics import epoch_view
from flowbounds.dynamics.epochs import modified_flow

A = np.array([0.45, 0.35, 0.2])


@pytest.fixture(scope="module")
def run():
    return modified_flow(
        A, 4, 24, 0.05, rng=np.random.default_rng(2), constants=DeflationConstants.fast(), alpha=0.1
    )


def test_masses_and_sets_are_those_of_definition_1(run):
    for epoch in run.history:
        for phase in epoch.phases:
            mass = epoch_view.fitted(phase, A.size)
            for sample in (0, phase.t.size // 2, -1):
                state = phase.state(sample)
                sets = groups(state.log_norms, state.directions, state.owner)
                np.testing.assert_allclose(mass[:, sample], sets.mass[: A.size], rtol=1e-14)
                assert epoch_view.found(phase, sample) == set(np.flatnonzero(sets.count))


def test_first_passages_are_the_discoveries(run):
    first = run.history[0]
    for passage in run.discoveries:
        assert epoch_view.first_passage(run, passage.target, first) == passage.time
    assert epoch_view.first_passage(run, 3, first) == run.history[-1].phase2.t[-1]  # no target there


def test_the_largest_fresh_share_is_that_of_the_draw(run):
    start = run.history[0].phase1.directions[:, :, 0]
    assert epoch_view.fresh_share(run, 0) == np.max(start**2)
    again = run.history[0]
    assert 0 < epoch_view.fresh_share(run, 1) <= 1
    assert again.fresh.any()
    assert epoch_view.fresh_share(run, 1) == np.max(again.phase2.directions[:, again.fresh, 0] ** 2)


def test_each_part_of_proposition_1_is_asked_for(run):
    ratios = run.history[0].ratios2
    assert epoch_view.proposition1_holds(ratios, 0)
    one = epoch_view.at(ratios, 0)
    broken = {"individual": 1.1, "average": 1.1, "gap_low": 0.1, "gap_high": 1.1, "outside": 0.1}
    for name, value in broken.items():
        fields = {key: np.array([getattr(one, key)]) for key in broken} | {name: np.array([value])}
        assert not epoch_view.proposition1_holds(type(ratios)(**fields), 0), name
