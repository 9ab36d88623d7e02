"""Descent through the Gram matrix: its literal twin, the identity of norms, the count of products."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics import sample_gram
from flowbounds.dynamics.descent import descend
from flowbounds.dynamics.sample_gram import gram_descent, multiply_adds
from flowbounds.models.activations import activation
from flowbounds.models.homogeneous_network import loss_and_gradients, value_and_gradients
from flowbounds.studies.figure2 import problem

RELU = activation("relu")


def drawn(widths, samples, seed, scale=0.3):
    rng = np.random.default_rng(seed)
    X, Y = (rng.normal(size=(width, samples)) for width in (widths[0], widths[-1]))
    return [scale * rng.normal(size=(out, into)) for into, out in pairwise(widths)], X, Y


def direct(weights, X, Y, steps, step, every=1):
    """The literal twin: the first layer formed, twice the work."""

    def slope(layers, _):
        value, gradients, _ = loss_and_gradients(layers, ["relu"] * (len(layers) - 1), X, Y)
        return value, gradients

    def squares(layers, _):
        return np.array([np.sum(W * W) for W in layers])

    return descend(weights, slope, steps, step=step, record=squares, every=every)


@pytest.mark.parametrize(
    ("widths", "samples", "step"),
    [((40, 7, 6, 3), 30, 0.05), ((5, 8, 2), 30, 0.05), ((30, 4, 4, 4, 2), 9, 0.02), ((1, 1, 1), 1, 0.1)],
)
def test_it_is_the_direct_descent_after_300_steps(widths, samples, step):
    weights, X, Y = drawn(widths, samples, 5)
    fast, slow = gram_descent(weights, X, Y, 300, step=step), direct(weights, X, Y, 300, step)
    np.testing.assert_allclose(fast.observed, slow.observed, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(fast.losses, slow.losses, rtol=1e-10, atol=1e-13)
    for one, other in zip(fast.parameters, slow.parameters, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)
    np.testing.assert_array_equal(fast.t, slow.t)
    np.testing.assert_allclose(fast.time, slow.time, rtol=1e-12)
    assert fast.steps == slow.steps == 300


def test_the_layer_that_is_recovered_has_the_norm_that_was_added_up():
    weights, X, Y = drawn((40, 7, 6, 3), 30, 8)
    run = gram_descent(weights, X, Y, 500, step=0.1, every=7)
    assert np.sum(run.parameters[0] ** 2) == pytest.approx(run.observed[-1, 0], rel=1e-12)
    assert run.t[-1] == 500
    np.testing.assert_array_equal(run.t[:-1], np.arange(0, 500, 7))


def test_a_negative_sign_in_the_identity_would_be_seen(monkeypatch):
    weights, X, Y = drawn((40, 7, 6, 3), 30, 8)
    inner = sample_gram._inner
    monkeypatch.setattr(sample_gram, "_inner", lambda a, b, room: abs(inner(a, b, room)))
    run = gram_descent(weights, X, Y, 500, step=0.1)
    assert np.sum(run.parameters[0] ** 2) != pytest.approx(run.observed[-1, 0], rel=1e-6)


def test_single_precision_is_the_same_run_to_its_digits():
    weights, X, Y = drawn((40, 7, 6, 3), 30, 8)
    double, single = (
        gram_descent(weights, X, Y, 200, step=0.05, precision=kind) for kind in ("float64", "float32")
    )
    difference = np.max(np.abs(double.observed - single.observed))
    assert 0 < difference < 1e-4
    assert all(layer.dtype == np.float64 for layer in single.parameters)


class Counted(np.ndarray):
    """An array that counts the multiply-adds of the matrix products it takes part in."""

    total = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        if ufunc is np.matmul:
            Counted.total += plain[0].shape[0] * plain[0].shape[1] * plain[1].shape[1]
        result = getattr(ufunc, method)(*plain, **options)
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def counted_direct(weights, X, Y):
    """Multiply-adds of one evaluation of loss and gradients."""
    Counted.total = 0
    value_and_gradients(weights, None, [RELU] * (len(weights) - 1), X.view(Counted), Y)
    return Counted.total


def counted_gram(weights, X, Y, monkeypatch):
    """Multiply-adds of one more step: what is done once cancels."""
    totals = []
    for steps in (3, 4):
        count, matmul = [0], np.matmul

        def product(a, b, out, count=count, matmul=matmul):
            count[0] += a.shape[0] * a.shape[1] * b.shape[1]
            return matmul(a, b, out=out)

        with monkeypatch.context() as patch:
            patch.setattr(sample_gram.np, "matmul", product)
            gram_descent(weights, X, Y, steps, step=0.01)
        totals.append(count[0])
    return totals[1] - totals[0]


@pytest.mark.parametrize(("widths", "samples"), [((40, 7, 6, 3), 30), ((30, 4, 4, 4, 2), 9)])
def test_multiply_adds_are_those_that_are_made(widths, samples, monkeypatch):
    weights, X, Y = drawn(widths, samples, 1)
    said = multiply_adds(widths, samples)
    assert counted_direct(weights, X, Y) == said.direct
    assert counted_gram(weights, X, Y, monkeypatch) == said.gram


def test_at_the_size_of_figure_2_at_most_sixty_per_cent_are_left(monkeypatch):
    said = multiply_adds((1000, 100, 100, 10), 1000)
    assert said == (233_000_000, 133_000_000)
    assert said.gram <= 0.6 * said.direct
    weights, X, Y = problem("balanced", 0)
    assert counted_gram(weights, X, Y, monkeypatch) == said.gram


def test_many_samples_make_it_the_slower_way():
    assert multiply_adds((10, 5, 5, 2), 20) == (2 * 1000 + 2100, 2000 + 2100)
    assert multiply_adds((10, 5, 5, 2), 21).gram > multiply_adds((10, 5, 5, 2), 21).direct


def test_what_it_refuses():
    weights, X, Y = drawn((4, 3, 2), 5, 1)
    with pytest.raises(HypothesisError, match="step must be smaller, got 50"):
        gram_descent(weights, 10 * X, Y, 300, step=50.0)
    with pytest.raises(HypothesisError, match="precision must be one of float64, float32, got 'half'"):
        gram_descent(weights, X, Y, 3, step=0.1, precision="half")
    with pytest.raises(HypothesisError, match="weights must hold at least 2 layers, got 1"):
        gram_descent(weights[:1], X, Y, 3, step=0.1)
    with pytest.raises(HypothesisError, match="widths must hold at least 3 numbers, got 2"):
        multiply_adds((3, 2), 5)
