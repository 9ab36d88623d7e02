"""Algorithm 1 of Wang et al.: against a literal twin, its switch and re-initialisation, and tiny starts."""

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.dynamics.reinitialized_descent import reinitialized_descent
from flowbounds.dynamics.scalar_mode_step import fresh, iterate, reinitialized, step, working_rule
from flowbounds.models.scaled_components import Components, objective
from flowbounds.models.scaled_tensor_fit import gradient

SETTINGS = {"order": 3, "epochs": 4, "iterations": 60, "eta": 0.05, "lam": 0.03, "delta": 1e-2}


def target(d=6, r=2):
    return np.eye(d, r), np.full(r, r**-0.5)


def literal(U_star, c_star, m, *, order, epochs, iterations, eta, lam, delta, rng):
    """The pseudocode line by line, with U, c, c_hat and one flag for "for the first time"."""
    d = U_star.shape[0]
    first = np.sqrt(d * (m + epochs))

    def unit(count):
        draws = rng.normal(size=(d, count))
        return delta * draws / np.linalg.norm(draws, axis=0)

    U, a = unit(m), rng.choice([-1.0, 1.0], size=m)
    c, c_hat = first / np.linalg.norm(U, axis=0), 1 / np.linalg.norm(U, axis=0)
    switched, values = np.zeros(m, bool), []
    for _ in range(epochs):
        j = int(np.argmin(np.linalg.norm(U, axis=0)))
        U[:, j], a[j] = unit(1)[:, 0], rng.choice([-1.0, 1.0], size=1)[0]
        c[j], c_hat[j] = first / np.linalg.norm(U[:, j]), 1 / np.linalg.norm(U[:, j])
        switched[j] = False
        for _ in range(iterations):
            new = U - eta * gradient(U, c, c_hat, a, U_star, c_star, order, lam=lam)
            for i in range(m):
                old_length, length = np.linalg.norm(U[:, i]), np.linalg.norm(new[:, i])
                c[i], c_hat[i] = old_length / length * c[i], old_length / length * c_hat[i]
                if old_length <= 2 * np.sqrt(m + epochs) * delta < length and not switched[i]:
                    c[i], switched[i] = c[i] / first, True
            U = new
        values.append((U.copy(), c.copy()))
    return values


@pytest.mark.parametrize("order", [3, 4])
def test_the_run_is_the_pseudocode(order):
    given = {**SETTINGS, "order": order}
    run = reinitialized_descent(*target(), 3, **given, rng=np.random.default_rng(4))
    twin = literal(*target(), 3, **given, rng=np.random.default_rng(4))
    assert len(run.epochs) == len(twin)
    assert sum(epoch.switches for epoch in run.epochs) > 0
    for epoch, (U, c) in zip(run.epochs, twin, strict=True):
        np.testing.assert_allclose(epoch.end.U, U, atol=1e-11)
        np.testing.assert_allclose(epoch.end.modes / epoch.end.norms, c, rtol=1e-9)


def test_a_component_switches_once_and_only_upwards():
    d, m = 4, 3
    rule = working_rule(d, m, 5, order=3, eta=0.1, lam=0.0, delta=1e-3)
    U_star, c_star = target(d, 1)
    x = Components(
        np.array([0.99, 1.01, 0.99]) * rule.threshold,
        np.tile(np.eye(d)[:, :1], m),
        np.array([rule.s0, rule.s0, 1.0]),
        np.ones(m),
    )
    taken = step(x, U_star, c_star, rule)
    assert np.all(taken.moved.norms > rule.threshold)
    np.testing.assert_array_equal(taken.after.modes, [1.0, rule.s0, 1.0])


@pytest.mark.parametrize(("choice", "expected"), [("smallest", 1), ("largest", 2)])
def test_the_component_drawn_afresh_is_the_one_asked_for(choice, expected):
    rule = working_rule(5, 3, 2, order=3, eta=0.1, lam=0.0, delta=1e-3)
    rng = np.random.default_rng(1)
    x = fresh((5, 3), rule, rng)
    x = Components(np.array([0.3, 0.2, 0.4]), x.directions, np.ones(3), x.signs)
    y = reinitialized(x, choice, rule, rng)
    changed = y.norms != x.norms
    assert changed.sum() == 1
    assert changed[expected]
    assert (y.norms[expected], y.modes[expected]) == (rule.delta, rule.s0)
    assert np.linalg.norm(y.directions[:, expected]) == pytest.approx(1, abs=1e-14)
    assert reinitialized(x, None, rule, rng) is x


def test_a_batch_is_its_members():
    rng = np.random.default_rng(6)
    rule = working_rule(6, 3, 5, order=4, eta=0.05, lam=0.03, delta=1e-3)
    U_star, c_star = target()
    many = reinitialized(fresh((4, 6, 3), rule, rng), "smallest", rule, rng)
    ends = iterate(many, U_star, c_star, rule, 80)
    values = objective(ends, U_star, c_star, 4, 0.03)
    for k in range(4):
        one = Components(many.norms[k], many.directions[k], many.modes[k], many.signs[k])
        end = iterate(one, U_star, c_star, rule, 80)
        np.testing.assert_allclose(ends.U[k], end.U, atol=1e-12)
        assert float(values[k]) == pytest.approx(float(objective(end, U_star, c_star, 4, 0.03)), rel=1e-11)


@pytest.mark.parametrize("delta", [1e-8, 1e-100])
def test_tiny_starts_only_wait_longer(delta):
    """Components of norm 1e-100 are as good as those of 1e-8: nothing underflows on the way."""
    run = reinitialized_descent(
        *target(8, 1),
        3,
        **{**SETTINGS, "iterations": 4000, "delta": delta},
        rng=np.random.default_rng(2),
        eps=0.1,
    )
    assert run.reached
    assert run.errors[-1] == pytest.approx(0.03, abs=1e-9)


def test_the_fixed_point_of_an_orthonormal_target():
    """R = -lam sum u^l: the error is lam sqrt(r), and no switched component is left unswitched."""
    given = {**SETTINGS, "iterations": 600, "epochs": 20, "delta": 1e-6}
    run = reinitialized_descent(*target(), 4, **given, rng=np.random.default_rng(2), eps=0.1)
    assert run.errors[-1] == pytest.approx(0.03 * np.sqrt(2), abs=1e-6)


def test_without_re_initialisation_nothing_is_drawn_after_the_start():
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    run = reinitialized_descent(*target(), 3, **SETTINGS, rng=rng, reinitialize=None)
    fresh((6, 3), run.rule, other)
    assert rng.random() == other.random()
    assert run.epochs[0].start is run.epochs[0].opened


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reinitialize": "first"}, "reinitialize must be"),
        ({"s0": 0.0}, "s0 must be"),
        ({"order": 2}, "order must be an integer, at least 3"),
    ],
)
def test_bad_settings_name_the_argument(change, message):
    with pytest.raises(HypothesisError, match=message):
        reinitialized_descent(*target(), 3, **{**SETTINGS, **change}, rng=np.random.default_rng(0))


def test_a_start_of_another_shape_is_refused():
    rule = working_rule(6, 3, 2, order=3, eta=0.1, lam=0.0, delta=1e-3)
    start = fresh((6, 2), rule, np.random.default_rng(0))
    with pytest.raises(HypothesisError, match="start must have directions of shape"):
        reinitialized_descent(*target(), 3, **SETTINGS, start=start, rng=np.random.default_rng(0))
