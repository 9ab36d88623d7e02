"""Algorithm 2: against a literal twin, under rotation, and where it cannot finish."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from flowbounds import HypothesisError
from flowbounds.bounds.induction import DeflationConstants, epoch_lengths, theorem1_parameters
from flowbounds.bounds.proposition1 import OUTSIDE
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.models import tensor_fit
from flowbounds.models.tensor_ensembles import geometric_weights, uniform_directions

FAST = DeflationConstants.fast()
A = np.array([0.6, 0.4])


def run(seed=0, **changed):
    given = {"a": A, "d": 3, "m": 12, "eps": 0.1, "constants": FAST, "alpha": 0.1} | changed
    return modified_flow(rng=np.random.default_rng(seed), **given)


def literal_twin(a, d, m, eps, constants, alpha, seed):
    """Algorithm 2 in the matrix W, by scipy with one event a column; passages as (column, time)."""
    rng = np.random.default_rng(seed)
    p = theorem1_parameters(d, eps, m, constants=constants, alpha=alpha)
    delta0, delta1 = np.exp(p.log_delta0), np.exp(p.log_delta1)
    W = delta0 * uniform_directions(d, m, rng)
    zero_lam = {"basis": np.eye(d, a.size)}

    def error(W):
        return np.sqrt(2 * tensor_fit.loss(W, a, **zero_lam))

    events = [lambda t, y, j=j: np.linalg.norm(y.reshape(d, m)[:, j]) / delta1 - 1 for j in range(m)]
    beta, epochs, time, passages = error(W), 0, 0.0, []
    while error(W) > eps:
        lengths = epoch_lengths(d, beta, p, constants=constants)
        for phase, length in enumerate((sum(lengths[:3]), lengths[3])):
            flow = solve_ivp(
                lambda t, y: -tensor_fit.gradient(y.reshape(d, m), a, lam=p.lam).ravel(),
                (0.0, length),
                W.ravel(),
                method="DOP853",
                rtol=1e-9,
                atol=1e-9 * delta0,
                events=events,
            )
            passages += [(j, time + t) for j in range(m) for t in flow.t_events[j]]
            W, time = flow.y[:, -1].reshape(d, m), time + length
            if phase == 0:
                small = np.linalg.norm(W, axis=0) < delta1
                W[:, small] = delta0 * uniform_directions(d, int(small.sum()), rng)
        beta, epochs = beta * (1 - constants.gamma), epochs + 1
    return epochs, error(W), sorted(passages, key=lambda one: one[1])


def test_agrees_with_a_literal_twin():
    epochs, error, passages = literal_twin(A, 3, 12, 0.1, FAST, 0.1, seed=3)
    found = run(seed=3)
    assert found.epochs == epochs
    assert found.final_error == pytest.approx(error, rel=1e-6)
    assert [one.column for one in found.crossings] == [j for j, _ in passages]
    np.testing.assert_allclose([one.time for one in found.crossings], [t for _, t in passages], rtol=1e-6)


def test_turning_target_and_draws_turns_the_run():
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    plain, turned = run(), run(basis=Q[:, :2], turn=Q)
    np.testing.assert_allclose(turned.final_error, plain.final_error, rtol=1e-9)
    times = [[one.time for one in each.crossings] for each in (plain, turned)]
    np.testing.assert_allclose(times[0], times[1], rtol=1e-8)
    np.testing.assert_allclose(turned.state.directions, Q @ plain.state.directions, atol=1e-6)
    other = run(basis=Q[:, :2])  # the same draws, not turned: another run
    assert abs(other.crossings[0].time - plain.crossings[0].time) > 1e-3


def test_what_is_re_initialised_and_what_is_kept():
    found = run(seed=2)
    p = found.parameters
    for epoch in found.history:
        before, after = epoch.phase1.state(-1), epoch.phase2.state(0)
        np.testing.assert_array_equal(epoch.fresh, before.log_norms < p.log_delta1)
        np.testing.assert_allclose(after.log_norms[epoch.fresh], p.log_delta0)
        assert (after.owner[epoch.fresh] == OUTSIDE).all()
        kept = ~epoch.fresh
        np.testing.assert_array_equal(after.log_norms[kept], before.log_norms[kept])
        np.testing.assert_array_equal(after.owner[kept], before.owner[kept])
        spans = [phase.t[-1] - phase.t[0] for phase in epoch.phases]
        np.testing.assert_allclose(spans, [sum(epoch.lengths[:3]), epoch.lengths[3]], rtol=1e-12)
    assert found.history[0].fresh.any()


def test_membership_begins_at_the_passage():
    found = run(seed=1)
    for epoch in found.history:
        for phase in epoch.phases:
            for one in phase.passages:
                inside = phase.owner[one.column, phase.t >= one.time] == one.target
                assert inside.all() == one.discovers
    assert len(found.discoveries) == 2
    assert found.proposition1.individual >= max(one.misalignment for one in found.crossings) / 0.1
    assert found.final_error <= 0.1


def test_sampling_finer_changes_no_verdict():
    """The passages and the error at a tolerance a thousand times smaller."""
    coarse, fine = run(tol=1e-7), run(tol=1e-10)
    np.testing.assert_allclose(
        [one.time for one in coarse.crossings], [one.time for one in fine.crossings], rtol=1e-5
    )
    assert coarse.final_error == pytest.approx(fine.final_error, rel=1e-6)


def test_too_few_components_are_exhausted_and_say_so():
    found = modified_flow(geometric_weights(5, 1.2), 10, 5, 0.1, rng=np.random.default_rng(0))
    assert found.exhausted
    assert not found.epoch_limit
    assert found.final_error > 0.1
    assert (found.state.owner != OUTSIDE).all()


def test_the_cap_on_epochs_returns_the_state():
    found = run(max_epochs=1, alpha=None, constants=DeflationConstants.separated())
    assert found.epoch_limit
    assert not found.exhausted
    assert found.epochs == 1
    assert found.final_error > 0.1


def test_a_target_within_eps_needs_no_epoch():
    found = modified_flow(np.full(20, 0.05), 20, 30, 0.3, rng=np.random.default_rng(0))
    assert found.epochs == 0
    assert found.final_error == pytest.approx(0.05 * np.sqrt(20))
    assert found.small_weights == 20
    assert found.proposition1.gap_high == -np.inf


def test_norms_too_close_let_misaligned_components_through():
    p = theorem1_parameters(10, 0.1, 60, constants=FAST, alpha=0.1)
    close = dataclasses.replace(p, log_delta0=p.log_delta1 - np.log(2))
    given = {"a": geometric_weights(5, 1.2), "d": 10, "m": 60, "constants": FAST, "alpha": 0.1}
    assert len(run(**given, parameters=close).misaligned) > 10
    assert len(run(**given).misaligned) == 0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"eps": 0.0}, "eps"),
        ({"d": 1}, "d "),
        ({"a": np.full(4, 0.25)}, "a has 4 weights"),
        ({"a": np.array([0.9, 0.4])}, "add up to one"),
        ({"a": np.array([1.1, -0.1])}, "non-negative"),
        ({"basis": np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])}, "basis must have orthonormal"),
        ({"turn": 2 * np.eye(3)}, "turn must have orthonormal"),
        ({"start": np.eye(3)}, "start"),
        ({"alpha": 1.0}, "alpha"),
        ({"constants": dataclasses.replace(FAST, delta0=1e9)}, "delta0 must be below delta1"),
    ],
)
def test_bad_input_is_refused_by_name(changed, named):
    with pytest.raises(HypothesisError, match=named):
        run(**changed)
