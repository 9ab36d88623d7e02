"""The loop of descent: closed forms on a parabola, a literal twin of each option, and what it refuses."""

import math

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.descent import descend, label_noise, minibatch

CURVATURE = np.array([1.0, 0.3])


def parabola(parameters, drawn):
    shift = 0.0 if drawn is None else drawn
    (x, y) = parameters
    value = 0.5 * float(np.sum(CURVATURE * (x - shift) ** 2) + np.sum(y**2))
    return value, [CURVATURE * (x - shift), y]


START = [np.array([1.0, -2.0]), np.array([[0.5], [0.25]])]


def first(parameters, slopes):
    return parameters[0]


def test_descent_is_a_power_of_one_minus_step():
    run = descend(START, parabola, 10, step=0.1, record=first)
    expected = START[0] * (1 - 0.1 * CURVATURE) ** np.arange(11)[:, None]
    np.testing.assert_allclose(run.observed, expected, rtol=1e-14)
    np.testing.assert_allclose(run.parameters[0], expected[-1], rtol=1e-14)
    np.testing.assert_array_equal(run.t, np.arange(11))
    np.testing.assert_allclose(run.time, 0.1 * np.arange(11), rtol=1e-14)
    assert run.steps == 10
    assert not run.diverged
    assert run.losses.shape == (11,)
    assert run.losses[0] == parabola(START, None)[0]


def test_a_schedule_is_asked_for_the_step_number():
    asked = []

    def schedule(t):
        asked.append(t)
        return 0.5 / (t + 1)

    run = descend(START, parabola, 4, step=schedule, record=first)
    assert asked == [0, 1, 2, 3]
    factors = np.prod([1 - 0.5 / (t + 1) * CURVATURE for t in range(4)], axis=0)
    np.testing.assert_allclose(run.parameters[0], START[0] * factors, rtol=1e-14)
    assert run.time[-1] == pytest.approx(0.5 * (1 + 1 / 2 + 1 / 3 + 1 / 4))


def test_weight_decay_is_that_of_the_loss():
    def with_penalty(parameters, drawn):
        value, slopes = parabola(parameters, drawn)
        return value, [g + 0.2 * w for g, w in zip(slopes, parameters, strict=True)]

    for beta in (0.0, 0.7):
        one = descend(START, parabola, 20, step=0.1, weight_decay=0.2, momentum=beta)
        two = descend(START, with_penalty, 20, step=0.1, momentum=beta)
        for a, b in zip(one.parameters, two.parameters, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_heavy_ball_solves_its_recursion():
    beta, eta = 0.8, 0.1
    path = [START[0], START[0] - eta * CURVATURE * START[0]]
    for _ in range(30):
        path.append(path[-1] + beta * (path[-1] - path[-2]) - eta * CURVATURE * path[-1])
    run = descend(START, parabola, 31, step=eta, momentum=beta, record=first)
    np.testing.assert_allclose(run.observed, path, rtol=1e-12, atol=1e-14)


def test_signs_and_normalised_steps():
    run = descend(START, parabola, 1, step=0.1, method="sign")
    np.testing.assert_allclose(run.parameters[0], [0.9, -1.9], rtol=1e-14)
    run = descend(START, parabola, 1, step=0.1, method="normalized")
    moved = math.sqrt(sum(float(np.sum((a - b) ** 2)) for a, b in zip(run.parameters, START, strict=True)))
    assert moved == pytest.approx(0.1, rel=1e-12)
    still = descend(
        [[0.0], [0.0]], lambda p, drawn: (0.0, [0 * w for w in p]), 3, step=1, method="normalized"
    )
    assert still.parameters[0].tolist() == [0.0]


def test_adam_is_its_literal_twin():
    x, m, v = 3.0, 0.0, 0.0
    for t in range(1, 51):
        g = x
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        x -= 0.05 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    run = descend([[3.0]], lambda p, drawn: (0.5 * float(p[0][0] ** 2), [p[0]]), 50, step=0.05, method="adam")
    assert run.parameters[0][0] == pytest.approx(x, rel=1e-12)


def test_records_are_every_so_often_and_at_the_end():
    run = descend(START, parabola, 10, step=0.1, record=first, every=4)
    assert run.t.tolist() == [0, 4, 8, 10]
    assert run.observed.shape == (4, 2)
    np.testing.assert_array_equal(run.observed[-1], run.parameters[0])
    assert descend(START, parabola, 10, step=0.1).observed.shape == (0,)
    assert descend(START, parabola, 0, step=0.1, record=first).t.tolist() == [0]


def test_the_start_and_earlier_records_are_not_changed():
    kept = [array.copy() for array in START]
    seen = []
    descend(START, parabola, 3, step=0.1, momentum=0.5, record=lambda p, g: seen.append(p[0]) or 0.0)
    for array, before in zip(START, kept, strict=True):
        np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(seen[0], START[0])


def test_a_diverging_run_keeps_what_it_had():
    def cubic(parameters, drawn):
        x = parameters[0]
        return float(np.sum(x**4)), [4 * x**3]

    run = descend([[2.0]], cubic, 50, step=1.0, record=lambda p, g: p[0], every=7)
    assert run.diverged
    assert 0 < run.steps < 50
    assert np.all(np.isfinite(run.losses))
    assert run.losses.size == run.steps + 1
    assert run.t[-1] == run.steps
    assert np.all(np.isfinite(run.parameters[0]))
    assert cubic(run.parameters, None)[0] == run.losses[-1]
    assert run.time[-1] == pytest.approx(run.steps)


def test_draws_come_from_the_generator_and_reach_the_function():
    seen = []

    def watching(parameters, drawn):
        seen.append(drawn)
        return parabola(parameters, None)

    descend(START, watching, 3, step=0.1, draw=minibatch(10, 4), rng=np.random.default_rng(5))
    twin = np.random.default_rng(5)
    for drawn in seen:
        np.testing.assert_array_equal(drawn, twin.choice(10, 4, replace=False))
        assert len(set(drawn.tolist())) == 4
    noise = label_noise((2, 3), 0.5)
    many = np.array([noise(twin) for _ in range(2000)])
    assert many.shape == (2000, 2, 3)
    assert np.std(many) == pytest.approx(0.5, rel=0.03)


def test_the_same_generator_gives_the_same_run():
    ways = {"step": 0.1, "draw": label_noise((2,), 1.0)}
    one, two = (descend(START, parabola, 9, rng=np.random.default_rng(3), **ways) for _ in range(2))
    np.testing.assert_array_equal(one.losses, two.losses)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start": [[np.nan]]}, r"start\[0\] must be finite"),
        ({"method": "newton"}, "method must be one of"),
        ({"momentum": 1.0}, "momentum must be below 1"),
        ({"momentum": 0.5, "method": "adam"}, "momentum must be below 1, and 0 unless"),
        ({"draw": label_noise((2,), 1.0)}, "draw needs rng"),
        ({"step": lambda t: math.nan}, "step must be finite"),
        ({"value_and_gradient": lambda p, drawn: (0.0, [p[0]])}, "gradients of shapes"),
        ({"value_and_gradient": lambda p, drawn: (math.nan, p)}, "finite at start"),
    ],
)
def test_what_it_refuses(given, message):
    usual = {"start": START, "value_and_gradient": parabola, "steps": 2, "step": 0.1}
    with pytest.raises(HypothesisError, match=message):
        descend(**{**usual, **given})


def test_draws_refuse_bad_sizes():
    with pytest.raises(HypothesisError, match="size"):
        minibatch(3, 4)
    with pytest.raises(HypothesisError, match="sd"):
        label_noise((2,), -1.0)
