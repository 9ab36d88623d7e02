"""The four-number recursion is descent on vectors, its starts have the right law, its records are honest."""

import numpy as np
import pytest
from scipy import stats

from flowbounds import HypothesisError
from flowbounds.dynamics import rank_one_descent as rank_one
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.rank_one_descent import Parts, draw_parts, parts_of, rank_one_descent, rank_one_path
from flowbounds.models.factorization import value_and_gradient


def unit(d, rng):
    x = rng.normal(size=d)
    return x / np.linalg.norm(x)


@pytest.mark.parametrize(("d1", "d2", "s", "eta"), [(5, 3, 1.0, 0.1), (1, 4, 2.5, 0.3), (7, 7, 0.01, 60.0)])
def test_the_literal_twin_with_vectors(d1, d2, s, eta):
    rng = np.random.default_rng(d1)
    u, v, u_star, v_star = (
        0.3 * np.sqrt(s) * rng.normal(size=d1),
        0.3 * np.sqrt(s) * rng.normal(size=d2),
        unit(d1, rng),
        unit(d2, rng),
    )
    M = s * np.outer(u_star, v_star)
    path = rank_one_path(parts_of(u, v, u_star, v_star), s, eta, 60)
    literal = descend(
        [u[:, None], v[:, None]],
        value_and_gradient(M),
        60,
        step=eta,
        record=lambda w, slopes: [
            *(float(x[0]) for x in parts_of(w[0][:, 0], w[1][:, 0], u_star, v_star)),
            float(np.linalg.norm(w[0] @ w[1].T - M)),
        ],
    )
    error = rank_one.error(path, s)[:, 0]
    fast = np.stack([path.a[:, 0], path.b[:, 0], np.abs(path.p[:, 0]), np.abs(path.q[:, 0]), error], axis=1)
    np.testing.assert_allclose(fast, literal.observed, rtol=1e-9, atol=1e-12 * max(s, np.sqrt(s)))


@pytest.mark.parametrize(("d1", "d2"), [(1, 3), (6, 2)])
def test_drawn_parts_have_the_law_of_vectors(d1, d2):
    rng = np.random.default_rng(7)
    drawn = draw_parts(4000, d1, d2, 0.5, rng)
    e1, e2 = np.eye(d1)[0], np.eye(d2)[0]
    vectors = [parts_of(0.5 * rng.normal(size=d1), 0.5 * rng.normal(size=d2), e1, e2) for _ in range(4000)]
    for name in "abpq":
        one, two = getattr(drawn, name), np.concatenate([getattr(x, name) for x in vectors])
        if np.any(one):
            assert stats.ks_2samp(one, two).pvalue > 1e-3, name
        else:
            np.testing.assert_allclose(two, 0, atol=1e-12)


def test_the_scale_of_the_target_changes_nothing():
    start = draw_parts(50, 30, 20, 0.02, np.random.default_rng(3))
    one = rank_one_descent(start, 1.0, 0.1)
    other = rank_one_descent(Parts(*(8.0 * x for x in start)), 64.0, 0.1 / 64)
    np.testing.assert_array_equal(one.iterations, other.iterations)
    np.testing.assert_allclose(one.angles, other.angles, rtol=1e-9)


def test_records_are_those_of_the_path():
    start = draw_parts(20, 9, 4, 0.05, np.random.default_rng(5))
    levels = (1e-1, 1e-3)
    run = rank_one_descent(start, 1.0, 0.2, accuracies=levels)
    path = rank_one_path(start, 1.0, 0.2, int(run.iterations.max()))
    off = rank_one.error(path, 1.0)
    for trial in range(20):
        for k, level in enumerate(levels):
            assert run.iterations[k, trial] == np.flatnonzero(off[:, trial] <= level)[0]
        last = int(run.iterations[-1, trial])
        ratio = np.abs(path.a / path.b)[: last + 1, trial]
        np.testing.assert_allclose(np.tan(run.angles[:, trial]), [ratio.min(), ratio.max()], rtol=1e-12)
        worst = max(ratio.max(), 1 / ratio.min())
        assert run.within(1.001 * worst)[trial]
        assert not run.within(0.999 * worst)[trial]
        norms = np.hypot(path.a, path.p)[: last + 1, trial] / np.hypot(path.b, path.q)[: last + 1, trial]
        assert run.norm_factor[trial] == pytest.approx(max(norms.max(), 1 / norms.min()), rel=1e-12)


def test_a_blow_up_and_a_saddle_are_told_apart():
    one = np.array([1.0])
    up = rank_one_descent(Parts(10 * one, one, one, one), 1.0, 1.0, max_steps=50)
    assert up.diverged.all()
    assert np.isinf(up.iterations).all()
    saddle = rank_one_descent(Parts(0.1 * one, -0.1 * one, 0 * one, 0 * one), 1.0, 0.1, max_steps=50)
    assert not saddle.diverged.any()
    assert np.isinf(saddle.iterations).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda one: rank_one_descent(Parts(one, one, one, np.ones(2)), 1.0, 0.1), "parts of one length"),
        (
            lambda one: rank_one_descent(Parts(one, one, one, one), 1.0, 0.1, accuracies=[0.1, 0.2]),
            "decrease",
        ),
        (lambda one: rank_one_descent(Parts(one, one, one, one), -1.0, 0.1), "s must be finite"),
        (lambda one: parts_of([1.0], [1.0], [2.0], [1.0]), "u_star must be a unit vector"),
        (lambda one: draw_parts(3, 10**16, 2, 0.1, np.random.default_rng(0)), "d1 must be an integer"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(HypothesisError, match=message):
        call(np.ones(1))
